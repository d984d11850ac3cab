/** Runs of the bench, committed so that the model can be run anywhere. */
import type { Costs } from "./costs.ts";

/**
 * Stages: CPU time, `--only stages`, five rounds. Platform: CPU time of workerd for thousands of calls and rows;
 * what a row waits for is of `--only platform` on the quiet machine. Runs: `--only scale` of the full run, with seven
 * runnable processes on the two cores.
 */
export const DEFAULT_COSTS: Costs = {
  measuredOn: "2026-11-22, two cores of a shared virtual machine, Node 24.21, Miniflare 5.20261117",
  stages: {
    edgeUs: 17.21,
    laneUs: 0.4,
    admitUs: 0.26,
    cutUs: 0.7,
    builderUs: 2.38,
    leaseUs: 1.54,
    executeUs: 0.68,
    commitUs: 0.8,
    ledgerUs: 0.95,
  },
  platform: { callUs: 35, callNsPerByte: 0.68, rowUs: 425, rowNsPerByte: 3.5, rowCpuUs: 420, requestUs: 150 },
  runs: [
    { shards: 1, perSecond: 15_213, cpuUs: 35.1, crossShardShare: 0 },
    { shards: 2, perSecond: 13_822, cpuUs: 32.6, crossShardShare: 0.5 },
    { shards: 4, perSecond: 9_736, cpuUs: 36.0, crossShardShare: 0.5 },
    { shards: 8, perSecond: 5_118, cpuUs: 53.5, crossShardShare: 0.5 },
  ],
  // 2026-11-30: the generator as it is now; the processes of the full run before.
  load: { loadCpuUs: 1.4, oneCpuUs: 26.75, twoCpuUs: [15.75, 9.5] },
};
