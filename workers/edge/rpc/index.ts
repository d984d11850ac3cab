/** Solana's JSON-RPC over HTTP, served from a Backend. */
import type { Backend } from "../../../shared/rpc/backend.ts";
import { createEngine, type EngineOptions, type Rpc } from "../../../shared/rpc/engine.ts";
import type { Methods } from "../../../shared/rpc/method.ts";
import type { RpcServices } from "../../../shared/rpc/services.ts";
import { accountMethods } from "./accounts.ts";
import { addressTransactionMethods } from "./address-transactions.ts";
import { chainMethods } from "./chain.ts";
import { devMethods } from "./dev.ts";
import { feeMethods } from "./fees.ts";
import { historyMethods } from "./history.ts";
import { leaderMethods } from "./leaders.ts";
import { stakingMethods } from "./staking.ts";
import { tokenMethods } from "./tokens.ts";
import { transactionMethods } from "./transactions.ts";
import { voteMethods } from "./vote-accounts.ts";

export { MAX_BODY_BYTES, type Rpc, type RpcResponse } from "../../../shared/rpc/engine.ts";

export function rpcMethods(): Methods {
  return {
    ...chainMethods,
    ...leaderMethods,
    ...stakingMethods,
    ...voteMethods,
    ...accountMethods,
    ...tokenMethods,
    ...transactionMethods,
    ...feeMethods,
    ...historyMethods,
    ...addressTransactionMethods,
    ...devMethods,
  };
}

export function createRpc(backend: Backend, services: RpcServices, options?: EngineOptions): Rpc {
  return createEngine(rpcMethods(), backend, services, options);
}
