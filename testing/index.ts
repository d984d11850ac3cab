/**
 * A network inside a test:
 *
 *   await using net = await startNetwork();
 *   await net.fund(address, 1_000_000_000n);
 *   await net.rpc.getBalance(address).send();
 */
export { Failure, type FailureCode } from "../infra/network/failure.ts";
export { infinisvm } from "./kit-plugin.ts";
export {
  type AccountUpdate,
  type ChainTime,
  type Journey,
  type SnapshotId,
  startNetwork,
  TestNetwork,
  type TokenAccountUpdate,
} from "./network.ts";
export type { AccountOption, ProgramOption, TestNetworkOptions } from "./options.ts";
export { customCode, errorName, type Outcome, outcomeOf } from "./outcome.ts";
export type { AccountState } from "./recorder.ts";
export { RpcFailure } from "./rpc.ts";
export { type AccountDiff, showCalls, type TokenBalance, type Trace, type TracedCall } from "./trace.ts";
