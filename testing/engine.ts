/** What runs a network inside a test: within this process, or workerd. */
import type { Rpc, RpcSubscriptions, SolanaRpcApi, SolanaRpcSubscriptionsApi } from "@solana/kit";

export interface Urls {
  readonly http: string;
  readonly webSocket: string;
}

/** All that a network is at one moment. */
export type Moment = unknown;

export interface Engine {
  readonly rpcSubscriptions: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  /** JSON-RPC: a body and its answer. */
  call(body: string): Promise<string>;
  urls(): Promise<Urls>;
  /** Lets a manual clock run; false: the clock is not manual. */
  advance(milliseconds: number): Promise<boolean>;
  snapshot(): Promise<Moment>;
  revert(moment: Moment): Promise<void>;
  /** A network of its own that goes on from here. */
  fork(): Promise<Engine>;
  close(): Promise<void>;
}

export type TestRpc = Rpc<SolanaRpcApi>;
