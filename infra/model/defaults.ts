/** One full run of the bench, committed so that the model can be run anywhere. */
import type { Costs } from "./costs.ts";

export const DEFAULT_COSTS: Costs = {
  measuredOn: "2026-11-22, two cores of a shared virtual machine, Node 24.21, workerd 1.20261117",
  stages: {
    edgeUs: 17.5,
    laneUs: 0.35,
    admitUs: 0.44,
    cutUs: 0.58,
    builderUs: 2.2,
    leaseUs: 1.3,
    executeUs: 1.25,
    commitUs: 1.15,
    ledgerUs: 1.9,
  },
  platform: { callUs: 50, callNsPerByte: 0.68, rowUs: 425, rowNsPerByte: 4.76, requestUs: 150 },
  runs: [],
};
