import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bundlesEnded, bundleWorkers } from "../../../infra/network/bundle.ts";

function file(source: string): string {
  const folder = mkdtempSync(join(tmpdir(), "infinisvm-bundle-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "entry.ts"), source);
  return join(folder, "entry.ts");
}

test("bundlesEnded waits for every bundle that is being made, good or bad", async () => {
  const done: string[] = [];
  const good = bundleWorkers(file("export const answer: number = ANSWER;"), { ANSWER: "42" });
  const bad = bundleWorkers(file("export const = 1;"), {});
  good.then(() => done.push("good"));
  bad.catch(() => done.push("bad"));
  await bundlesEnded();
  await new Promise(setImmediate);
  expect(done.toSorted()).toEqual(["bad", "good"]);
  const [main] = await good;
  expect([main!.type, main!.path]).toEqual(["ESModule", "/index.js"]);
  expect(main!.contents).toContain("42");
  await bundlesEnded();
});
