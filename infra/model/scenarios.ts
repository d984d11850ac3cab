/** The questions that the model answers, and the runs it is checked against. */
import { MAX_KNOWN } from "../../shared/protocol/limits.ts";
import type { Costs, MeasuredRun } from "./costs.ts";
import { WINDOW_MS } from "./flow.ts";
import { NetworkModel, type Outcome, type Scenario } from "./network.ts";

/** A network in production: every object on a machine of its own, a millisecond apart. */
export const PRODUCTION: Scenario = {
  edges: 24,
  lanes: 8,
  shards: 16,
  offeredPerSecond: 1_000_000,
  connections: 384,
  batch: 1_000,
  slotMs: 50,
  blockTransactions: 16_384,
  pipeline: 4,
  networkMs: 1,
  accounts: 1_000_000,
  skew: 0,
  crossShare: 0.5,
  oneProcess: false,
  watchedShare: 1,
  maxKnown: MAX_KNOWN,
  windowMs: WINDOW_MS,
  seconds: 3,
  transactions: 0,
  seed: 1,
};

/** The bench's own runs: one workerd process, four connections, batches of 1,000, as fast as it goes. */
export function benchScenario({ shards, crossShardShare }: Pick<MeasuredRun, "shards" | "crossShardShare">): Scenario {
  return {
    ...PRODUCTION,
    edges: 1,
    lanes: 1,
    shards,
    crossShare: crossShardShare,
    accounts: 20_000,
    offeredPerSecond: 1e9,
    connections: 4,
    networkMs: 0,
    oneProcess: true,
    watchedShare: 0,
    seconds: 10,
    transactions: 20_000,
  };
}

export const simulate = (scenario: Scenario, costs: Costs): Outcome => new NetworkModel(scenario, costs).run();

export interface Check {
  readonly shards: number;
  /** Transactions/s that the measured CPU time allows. */
  readonly measured: number;
  /** Transactions/s by the clock, on a machine with neighbours. */
  readonly byTheClock: number;
  readonly modelled: number;
  /** modelled / measured */
  readonly ratio: number;
}

export function check(costs: Costs): Check[] {
  return costs.runs.map((run) => {
    const modelled = simulate(benchScenario(run), costs).perSecond;
    const measured = 1e6 / run.cpuUs;
    return { shards: run.shards, measured, byTheClock: run.perSecond, modelled, ratio: modelled / measured };
  });
}

export interface Step {
  readonly what: string;
  readonly scenario: Scenario;
}

/** From one process to as far as the design goes: each step takes away what saturated before it. */
export function ladder(base: Scenario): Step[] {
  const step = (what: string, change: Partial<Scenario>): Step => ({ what, scenario: { ...base, ...change } });
  return [
    step("1 edge", { edges: 1, connections: 16, lanes: 1, shards: 4 }),
    step("4 edges", { edges: 4, connections: 64, lanes: 2, shards: 4 }),
    step("24 edges", { shards: 4 }),
    step("24 edges, 16 shards", {}),
    step("the same, 64 shards", { shards: 64 }),
    step("the same, nothing crosses", { crossShare: 0 }),
    step("the same, all cross", { crossShare: 1 }),
    step("the same, Zipf 0.8", { skew: 0.8 }),
    step("the same, Zipf 1.1", { skew: 1.1 }),
    step("the same, slots of 16 ms", { slotMs: 16 }),
  ];
}
