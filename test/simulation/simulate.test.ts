/** Many seeds. SIM_SEEDS: how many (2000), SIM_FROM: the first one (1). A failure prints its seed and the smallest run that fails. */
import { describe, expect, it } from "vitest";
import { Coverage } from "./coverage.ts";
import { describeFailure, reduced } from "./minimise.ts";
import { type RunOptions, runSeed } from "./run.ts";

const SEEDS = Number(process.env.SIM_SEEDS ?? 2000);
const FROM = Number(process.env.SIM_FROM ?? 1);
const PART = 250;

/** What every part of the seeds must have come through, or the simulator has gone blind. */
const RARE = [
  "busy",
  "loanWanted",
  "checkpoint loaded",
  "first checkpoint",
  "cold account fetched",
  "account evicted",
  "cold account of a log row",
  "checkpoint on top of others",
  "log row replayed",
  "proposal repeated",
  "loan repeated",
  "return repeated",
  "block repeated",
  "loan of a committed slot again",
  "return of a committed slot again",
  "codeWanted",
  "code received",
  "code of a committed slot",
  "handover",
  "begun",
  "moved",
  "drop",
  "dropped",
  "index runs merged",
  "a wider index",
];
/** What not every part comes through, but so many seeds do. */
const SELDOM = ["code that nobody waits for"];
const SELDOM_SEEDS = 1_000;

describe("the network is safe under faults and lives after them", () => {
  const seldom = new Map<string, number>();
  for (let from = FROM; from < FROM + SEEDS; from += PART) {
    const to = Math.min(from + PART, FROM + SEEDS);
    it(`seeds ${from} to ${to - 1}`, () => {
      let landed = 0;
      let crashes = 0;
      let deferred = 0;
      let gaps = 0;
      const coverage = new Coverage();
      for (let seed = from; seed < to; seed++) {
        coverage.nextRun();
        const options: RunOptions = { seed, sabotage: coverage.observer };
        const report = runSeed(options);
        if (report.failure) throw new Error(describeFailure(options, report));
        landed += report.verdict!.landed;
        crashes += report.crashes;
        deferred += report.verdict!.deferred;
        gaps += report.verdict!.gaps;
      }
      for (const path of SELDOM) seldom.set(path, (seldom.get(path) ?? 0) + (coverage.counts.get(path) ?? 0));
      // Of a network that does nothing everything is true.
      expect(landed).toBeGreaterThan(5 * (to - from));
      if (to - from < PART) return;
      expect(crashes).toBeGreaterThan(PART);
      expect(deferred).toBeGreaterThan(PART / 4);
      expect(gaps).toBeGreaterThan(PART / 10);
      for (const path of RARE) expect(coverage.counts.get(path) ?? 0, path).toBeGreaterThan(0);
    });
  }

  it.skipIf(SEEDS < SELDOM_SEEDS)("all seeds together come through what is seldom", () => {
    for (const path of SELDOM) expect(seldom.get(path) ?? 0, path).toBeGreaterThan(0);
  });
});

it("a seed gives the same run again", () => {
  const trace = (): string[] => {
    const lines: string[] = [];
    runSeed({ seed: 5, trace: (line) => lines.push(line) });
    return lines;
  };
  const first = trace();
  expect(first.length).toBeGreaterThan(50);
  expect(trace()).toEqual(first);
});

it("a failing run is reduced to what it needs", () => {
  expect(reduced([1, 2, 3, 4, 5, 6, 7], (items) => items.includes(3) && items.includes(6))).toEqual([3, 6]);
  expect(reduced([1, 2, 3], () => true)).toEqual([]);
});
