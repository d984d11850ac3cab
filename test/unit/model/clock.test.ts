import { describe, expect, it } from "vitest";
import { Clock, Server } from "../../../infra/model/clock.ts";

describe("virtual time", () => {
  it("runs events by time, and those of one time in the order they were asked for", () => {
    const clock = new Clock();
    const seen: string[] = [];
    for (const [us, name] of [
      [30, "c"],
      [10, "a"],
      [20, "b1"],
      [20, "b2"],
      [20, "b3"],
    ] as const) {
      clock.after(us, () => seen.push(`${name}@${clock.now}`));
    }
    clock.run(25);
    expect(seen).toEqual(["a@10", "b1@20", "b2@20", "b3@20"]);
    expect(clock.now).toBe(25);
    clock.run(30);
    expect(seen.at(-1)).toBe("c@30");
  });

  it("keeps many events in order", () => {
    const clock = new Clock();
    const seen: number[] = [];
    for (let i = 0; i < 1000; i++) clock.after((i * 7919) % 1009, () => seen.push(clock.now));
    clock.run(2000);
    expect(seen).toHaveLength(1000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});

describe("a server", () => {
  it("does one thing after another and counts its work", () => {
    const clock = new Clock();
    const server = new Server(clock, "one");
    const done: number[] = [];
    server.work(5, () => done.push(clock.now));
    server.work(7, () => done.push(clock.now));
    clock.after(20, () => server.work(1, () => done.push(clock.now)));
    clock.run(100);
    expect(done).toEqual([5, 12, 21]);
    expect(server.busyUs).toBe(13);
  });
});
