import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_COSTS } from "../../../infra/model/defaults.ts";
import { generatorCost, limitsOf, OBJECT_STORAGE_BYTES, objectFlows } from "../../../infra/model/flow.ts";
import { KnownMessages } from "../../../infra/model/known.ts";
import { MEMORY_TARGET_BYTES, memoryTable } from "../../../infra/model/memory.ts";
import { PRODUCTION, simulate } from "../../../infra/model/scenarios.ts";
import { MAX_KNOWN } from "../../../shared/protocol/limits.ts";

const flowsOf = (perSecond: number, change = {}) =>
  Object.fromEntries(
    objectFlows({ ...PRODUCTION, ...change }, perSecond, 10_000).map((flow) => [flow.object, flow] as const),
  );

describe("memory of an object", () => {
  it("is at most 100 MB of 128, in every kind of object of the network that is modelled", () => {
    const tables = memoryTable(PRODUCTION);
    expect(tables.map(({ object }) => object)).toEqual([
      "lane",
      "builder",
      "shard",
      "ledger",
      "index",
      "subscriptions",
    ]);
    for (const { object, rows, totalBytes } of tables) {
      expect(rows.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(totalBytes);
      expect(totalBytes, object).toBeLessThanOrEqual(MEMORY_TARGET_BYTES);
    }
  });

  it("says when a network asks for more", () => {
    const total = (change: object, name: string) =>
      memoryTable({ ...PRODUCTION, ...change }).find(({ object }) => object === name)!.totalBytes;
    expect(total({ blockTransactions: 32_768 }, "shard")).toBeGreaterThan(MEMORY_TARGET_BYTES);
    expect(total({ lanes: 16 }, "builder") - total({ lanes: 8 }, "builder")).toBe(16 * (3 << 20) - 108 * 262_144);
  });
});

describe("what a rate means for each object", () => {
  it("requests a second follow from batches, frames and blocks", () => {
    const flows = flowsOf(240_000);
    // 240 requests and 24 blocks a second; 16 shards, half of the transfers cross.
    expect(flows.edge!.requestsPerSecond).toBe(10);
    expect(flows.lane!.requestsPerSecond).toBe(240 / 8 + 24);
    expect(flows.builder!.requestsPerSecond).toBe(240 + 240 + 24 * 17);
    expect(flows.shard!.requestsPerSecond).toBe(24 * (1 + 2 * 15));
    expect(flowsOf(240_000, { crossShare: 0 }).shard!.requestsPerSecond).toBe(24);
    expect(flows.subscriptions!.requestsPerSecond).toBe(24 + 240);
    expect(flowsOf(240_000, { watchedShare: 0 }).subscriptions!.requestsPerSecond).toBe(24);
  });

  it("no object is ever full: ledger and index go on in the next ones", () => {
    for (const flow of Object.values(flowsOf(1_000_000))) {
      expect(flow.secondsUntilFull).toBe(null);
      expect(flow.storedBytes ?? 0).toBeLessThanOrEqual(OBJECT_STORAGE_BYTES);
    }
    expect(flowsOf(1_000_000).ledger!.secondsUntilHandover).toBeCloseTo(8e9 / 552 / 1e6, 6);
    expect(flowsOf(0).ledger!.secondsUntilHandover).toBe(null);
    expect(flowsOf(1, { accounts: 1e9, shards: 1 }).shard!.secondsUntilFull).toBe(0);
  });

  it("known messages are the limit that all shards have together", () => {
    const limits = limitsOf(PRODUCTION, 1e6, Object.values(flowsOf(1e6)));
    expect(limits.knownPerSecond).toBeCloseTo((MAX_KNOWN * 16) / 60, 6);
    expect(limits.sustainedPerSecond).toBe(limits.knownPerSecond);
    expect(limits.transactionsUntilFull).toBe(null);
    expect(limitsOf(PRODUCTION, 1_000, []).sustainedPerSecond).toBe(1_000);
    // What the builder alone could know before: 2,621,440 messages.
    expect(limitsOf({ ...PRODUCTION, shards: 1, maxKnown: 2_621_440 }, 1e6, []).sustainedPerSecond).toBeCloseTo(
      43_690.67,
    );
  });

  it("five million messages find room in one window on four shards", () => {
    expect(limitsOf({ ...PRODUCTION, shards: 4 }, 1e6, []).knownPerSecond * 60).toBeGreaterThan(5_000_000);
  });

  it("the generator takes its part of two cores", () => {
    const even = { oneCpuUs: 24, twoCpuUs: [10, 10] };
    expect(generatorCost({ loadCpuUs: 0, ...even }).twoProcessBound).toBeCloseTo(2.4);
    expect(generatorCost({ loadCpuUs: 10, ...even }).twoProcessBound).toBeCloseTo(1.6);
    expect(generatorCost({ loadCpuUs: 0, oneCpuUs: 24, twoCpuUs: [16, 4] }).twoProcessBound).toBeCloseTo(1.5);
  });
});

describe("a run longer than the blockhash window", () => {
  it("forgets what can land no more, and takes a frame a height while a shard is full", () => {
    const known = new KnownMessages({ shards: 2, maxKnown: 10, windowMs: 1_000 });
    known.add(0, 9, 0);
    expect(known.takes(1)).toBe(true);
    known.add(0, 1, 100_000);
    expect([known.takes(400_000), known.takes(500_000), known.takes(800_000)]).toEqual([true, false, true]);
    expect(known.takes(1_000_000)).toBe(true);
    known.add(1, 3, 1_000_000);
    expect(known.most).toBe(10);
  });

  it("slows down to what the shards can know", () => {
    const change = { seconds: 6, windowMs: 2_000, maxKnown: 10_000, shards: 4, edges: 4, lanes: 2, connections: 16 };
    const limited = simulate({ ...PRODUCTION, ...change, accounts: 10_000 }, DEFAULT_COSTS);
    const free = simulate({ ...PRODUCTION, ...change, accounts: 10_000, maxKnown: 1e9 }, DEFAULT_COSTS);
    expect(free.perSecond).toBeGreaterThan(100_000);
    // In each window what fits, what was taken before the builder heard of it (two lanes' windows of 11,234), and a frame a height: 2,500/s.
    expect(limited.perSecond).toBeLessThan(1.1 * ((4 * 10_000 + 2 * 11_234) / 2 + 2_500));
    expect(limited.perSecond).toBeGreaterThan(5_000);
    expect(limited.known).toBeGreaterThanOrEqual(10_000);
  });
});

it("npm run model -- --json has all of it", () => {
  const main = join(import.meta.dirname, "../../../infra/model/main.ts");
  const args = ["--json", "--rate", "20000", "--edges", "1", "--lanes", "1", "--shards", "2", "--seconds", "1"];
  const { outcomes, memory, generator, checks } = JSON.parse(
    execFileSync(process.execPath, [main, ...args], { encoding: "utf8" }),
  );
  expect(checks).toEqual([]);
  expect(outcomes).toHaveLength(1);
  const [{ outcome, objects, limits }] = outcomes;
  expect(objects.map(({ object }: { object: string }) => object)).toEqual(Object.keys(flowsOf(1)));
  expect(limits.sustainedPerSecond).toBe(outcome.perSecond);
  expect(limits.knownPerSecond).toBeCloseTo((MAX_KNOWN * 2) / 60);
  expect(memory.map(({ object }: { object: string }) => object)).toContain("builder");
  expect(generator.loadCpuUs).toBe(DEFAULT_COSTS.load.loadCpuUs);
});
