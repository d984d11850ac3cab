import { expect, test } from "vitest";
import { LatencyWindow } from "../../../shared/scheduling/latency-window.ts";

test("nothing measured, no median", () => {
  expect(new LatencyWindow().median()).toBe(null);
});

test("the median is of the latest values, as numbers", () => {
  const window = new LatencyWindow();
  for (const ms of [100, 9, 20]) window.add(ms);
  expect(window.median()).toBe(20);
  for (let i = 0; i < 128; i++) window.add(5);
  expect(window.median()).toBe(5);
});
