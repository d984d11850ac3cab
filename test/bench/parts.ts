/** What a part of the benchmark is given, and what it answers. */
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { BenchClient } from "./client.ts";
import { type BenchNetwork, fundWallets } from "./setup.ts";

/** The figures of `--json`; each is a number of this run or not there. */
export const FIGURES = [
  "ed25519BatchRatio",
  "ed25519RepeatRatio",
  "ed25519SingleRatio",
  "parseNs",
  "planUniformNs",
  "planZipfNs",
  "solTransfersPerSecond",
  "tokenTransfersPerSecond",
  "sbpfLoopNs",
  "sbpfProgramNs",
  "litesvmUnverifiedPerSecond",
  "litesvmVerifiedPerSecond",
  "endToEndPerSecond",
  "endToEndRatio",
  "twoProcessRatio",
  "rowsPerTransaction",
  "bytesWrittenPerTransfer",
  "loadCpuUs",
  "usdPerMillionTransfers",
  "storeOverheadBytes",
  "restartMillionAccountsMs",
  "builderRestartMs",
  "lookupAfterHistoryRatio",
  "confirmIdleP50Ms",
  "confirmIdleP99Ms",
  "sendPerSecond",
  "sendPreflightPerSecond",
  "sendAfterHistoryRatio",
  "getSlotPerSecond",
  "getLatestBlockhashPerSecond",
  "getBalancePerSecond",
  "bareNoCallPerSecond",
  "bareOneCallPerSecond",
  "kit200Ms",
  "testStartMs",
  "testStartFirstMs",
  "testTransferUs",
] as const;
export type Figure = (typeof FIGURES)[number];

export interface Row {
  readonly name: string;
  readonly value: string;
  /** What it is held against: a target, a reference of the same run. */
  readonly beside?: string;
}

export interface PartResult {
  readonly figures: { readonly [name in Figure]?: number };
  /** Everything measured, for `--json`. */
  readonly detail: object;
  readonly rows: readonly Row[];
}

export interface Sizes {
  readonly rounds: number;
  readonly storeAccounts: number;
  readonly indexedTransactions: number;
  /** Of the builder, before its restart: seconds, and transactions of a block. */
  readonly busySeconds: number;
  readonly blockTransactions: number;
  readonly networkAccounts: number;
  readonly tokenAccounts: number;
  readonly transfers: number;
  readonly litesvmTransfers: number;
  /** Calls of one measurement of the part `rpc`, and transactions before the one on an old network. */
  readonly rpcCalls: number;
  readonly rpcHistory: number;
  readonly confirmations: number;
  readonly trickleSeconds: number;
  readonly scaleAccounts: number;
}

export const FULL: Sizes = {
  rounds: 5,
  storeAccounts: 1_000_000,
  indexedTransactions: 10_000_000,
  busySeconds: 60,
  blockTransactions: 1_825,
  networkAccounts: 100_000,
  tokenAccounts: 10_000,
  transfers: 40_000,
  litesvmTransfers: 10_000,
  rpcCalls: 6_000,
  rpcHistory: 1_500_000,
  confirmations: 1_000,
  trickleSeconds: 30,
  scaleAccounts: 20_000,
};

export const QUICK: Sizes = {
  rounds: 1,
  storeAccounts: 50_000,
  indexedTransactions: 500_000,
  busySeconds: 5,
  blockTransactions: 500,
  networkAccounts: 2_000,
  tokenAccounts: 500,
  transfers: 10_000,
  litesvmTransfers: 2_000,
  rpcCalls: 1_000,
  rpcHistory: 20_000,
  confirmations: 20,
  trickleSeconds: 5,
  scaleAccounts: 2_000,
};

export const SHARDS = 4;
export const SLOT_MS = 50;

/** Shared by the parts of one run: networks are started when a part first asks, and stopped at the end. */
export class Bench {
  readonly sizes: Sizes;
  readonly say: (line: string) => void;
  #networks: Network[] = [];
  #main: Promise<BenchNetwork> | undefined;

  constructor(sizes: Sizes, say: (line: string) => void) {
    this.sizes = sizes;
    this.say = say;
  }

  async startNetwork(shards: number, accounts: number, processes = 1): Promise<BenchNetwork> {
    const network = await startNetwork({ shards, processes, slotMs: SLOT_MS });
    this.#networks.push(network);
    const client = new BenchClient(network.rpcUrl, network.wsUrl);
    this.say(`funding ${accounts} accounts on ${shards} shards${processes > 1 ? `, ${processes} processes` : ""}`);
    return { network, client, wallets: await fundWallets(network, client, accounts) };
  }

  /** The network of the end-to-end parts. */
  network(): Promise<BenchNetwork> {
    this.#main ??= this.startNetwork(SHARDS, this.sizes.networkAccounts);
    return this.#main;
  }

  async stop(): Promise<void> {
    for (const network of this.#networks) await network.stop();
  }
}

export type Part = (bench: Bench) => Promise<PartResult>;
