/** Compute budget program: what it says was read when the transaction was parsed; running it costs 150 units and does nothing. */
import { ERR_COMPUTATIONAL_BUDGET_EXCEEDED } from "../../errors";
import { consume } from "../../runtime/context";

const COMPUTE_UNITS: u64 = 150;

export function processComputeBudget(): i32 {
  return consume(COMPUTE_UNITS) ? 0 : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
}
