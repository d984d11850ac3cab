/**
 * Everything the RPC layer needs from the chain. The edge worker implements it with Durable Object stubs, tests with an
 * in-memory chain. Byte formats are those of docs/interfaces.md.
 */

import type { AddressPage, AddressQuery, FoundEntry } from "../ledger/address-page.ts";
import type { PerformanceSample } from "../ledger/performance-samples.ts";
import type { SubmitAnswer } from "../protocol/actor.ts";
import type { ClockCommand } from "../scheduling/dev-clock.ts";
import type { EpochRecord } from "../stake/epoch-record.ts";
import type { Account } from "../state/accounts.ts";
import type { LoadedAccount } from "../state/stubs.ts";

/** The tip as clients may see it. One commitment for now: a sealed block is processed, confirmed and finalized at once. */
export interface Head {
  /** Newest sealed block: executed and durable on every shard concerned, and stored in the ledger. */
  readonly slot: bigint;
  /** Its block height. Busy chains raise it every few slots only: shared/protocol/limits.ts, MAX_HEIGHT_STRIDE. */
  readonly blockHeight: bigint;
  /** The newest blockhash that transactions can use, 32 bytes: up to block height `blockHeight + 150`. */
  readonly blockhash: Uint8Array;
  /** Unix seconds of that block. */
  readonly blockTime: bigint;
  /** Slot context (section 3) for simulations on the accounts after block `slot`, behind it the epoch record that it names. */
  readonly context: Uint8Array;
  /** Slot context that shows the sysvars as they are after block `slot`, behind it the epoch record. */
  readonly sysvars: Uint8Array;
  /** Transactions landed since genesis. */
  readonly transactionCount: bigint;
  /** Total lamports in existence after that block. */
  readonly capitalization: bigint;
}

export interface ChainInfo {
  readonly genesisHash: Uint8Array;
  /** Identity of the elected builder. */
  readonly identity: Uint8Array;
  readonly shardCount: number;
  readonly slotMs: number;
  /** The faucet's address, absent on a network without one. */
  readonly faucet?: Uint8Array;
}

/** A transaction as the ledger has it. */
export interface StoredTransaction {
  readonly slot: bigint;
  readonly blockTime: bigint;
  /** Position among the block's landed transactions. */
  readonly index: number;
  /** Transaction record (section 2). */
  readonly record: Uint8Array;
  /** Result (section 4). */
  readonly result: Uint8Array;
}

export interface StoredBlock {
  readonly slot: bigint;
  readonly parentSlot: bigint;
  readonly blockHeight: bigint;
  readonly blockhash: Uint8Array;
  readonly previousBlockhash: Uint8Array;
  readonly blockTime: bigint;
  /** Landed transactions in block order. */
  readonly transactions: readonly StoredTransaction[];
}

export interface SignatureStatus {
  readonly slot: bigint;
  /** Fields txError, instruction or account index, instructionError, customCode of the result (section 4). */
  readonly txError: number;
  readonly errorIndex: number;
  readonly instructionError: number;
  readonly customCode: number;
}

/** One entry of an address's history; memo text as Solana's RPC gives it ("[len] text; ..."), null without. */
export type AddressEntry = FoundEntry;

/** What a block's transactions paid above the base fee. */
export interface BlockPriorityFee {
  readonly slot: bigint;
  /** Micro-lamports a compute unit. */
  readonly price: bigint;
}

export interface LargestAccounts {
  /** As of this slot, which may be a while ago: they are remembered. */
  readonly slot: bigint;
  /** Descending by lamports, then by address. */
  readonly accounts: readonly { readonly key: Uint8Array; readonly lamports: bigint }[];
}

export interface AccountFilter {
  readonly dataSize?: bigint;
  readonly memcmp: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

/** Refused: the lane is full, or the storage. Nothing of the frame was taken. */
export type SubmitResult = SubmitAnswer;

/** What an account shall be; what is absent stays as it is. */
export interface AccountDecree {
  readonly key: Uint8Array;
  /** Absent: at least as many as are rent-exempt. 0: the account goes. */
  readonly lamports?: bigint | undefined;
  readonly owner?: Uint8Array | undefined;
  readonly executable?: boolean | undefined;
  readonly rentEpoch?: bigint | undefined;
  readonly data?: Uint8Array | undefined;
  /** It stays as it is where it is there when the transaction runs. */
  readonly missingOnly?: boolean;
}

/** Which token accounts: of an owner or a delegate, of a mint or of a token program. */
export interface TokenAccountsQuery {
  readonly by: "owner" | "delegate";
  readonly key: Uint8Array;
  readonly of: "mint" | "program";
  readonly filter: Uint8Array;
}

/**
 * On a network that is forked from another one (its upstream): what nobody here has comes from there, through blocks, before what wants it.
 * Each resolves when the chain shows it, and says whether anything came. What upstream cannot tell is as if it were not there.
 */
export interface Fork {
  /** At most a few thousand keys; those that the chain itself makes are passed over. */
  fetch(keys: readonly Uint8Array[]): Promise<boolean>;
  /** What upstream has there now, as of this chain; with the code of a program. Undefined: it cannot be asked. Nothing is set. */
  again(key: Uint8Array): Promise<readonly Account[] | undefined>;
  fetchTokenAccounts(query: TokenAccountsQuery): Promise<boolean>;
}

/** What only the developer of a network for development can do. Each resolves when the chain shows it. */
export interface DevBackend {
  setAccount(decree: AccountDecree): Promise<void>;
  /** In this order; throws RpcError for the first one that cannot be set. */
  setAccounts(decrees: readonly AccountDecree[]): Promise<void>;
  /** Throws RpcError for a time or slot that has passed. */
  setClock(command: ClockCommand): Promise<void>;
  genesisAccounts(): readonly Account[];
  /**
   * Account list of all accounts whose keys begin with two bytes in [first, last], as they are now, sorted by key; null: larger than 24 MiB, or
   * more is stored than may be walked.
   */
  everyAccount(first: number, last: number): Promise<Uint8Array | null>;
}

export interface Backend {
  info(): Promise<ChainInfo>;
  /** The tip. Also tells the builder that somebody is looking, so that an idle chain ticks while it is watched. */
  head(): Promise<Head>;
  /** A tip that was the newest at most so many milliseconds ago, where one is at hand. For what need not be exact: whether a blockhash is known. */
  headLately?(ms: number): Head | undefined;
  /** Head.sysvars of one of the newest blocks; undefined where that is not known any more. Unset: those of the tip have to do. */
  sysvarsAt?(block: { readonly slot: bigint; readonly blockTime: bigint }): Uint8Array | undefined;
  /** The stakes of the tip's epoch: lamports that count, of each vote account that has any, and the history of the epochs before. */
  epochStakes(): Promise<EpochRecord>;
  /** Account list (section 5) with one entry for each key, in order, as of the end of slot `asOf`; a missing account has lamports 0. */
  readAccounts(keys: readonly Uint8Array[], asOf: bigint): Promise<Uint8Array>;
  /** Lamports of an account as of the end of slot `asOf`, 0 where there is none. Unset: readAccounts has to do. */
  balance?(key: Uint8Array, asOf: bigint): Promise<bigint>;
  /**
   * The accounts of these keys as of the end of slot `asOf`, in order, for a simulation, and behind them others that it is expected to need.
   * Data that the backend has already do not come anew, and have their hash. Unset: readAccounts has to do.
   */
  loadAccounts?(keys: readonly Uint8Array[], asOf: bigint): Promise<readonly LoadedAccount[]>;
  /** Account list of all accounts that `owner` owns and the filter lets through, sorted by key. `null`: larger than 24 MiB. */
  scanAccounts(owner: Uint8Array, filter: AccountFilter, asOf: bigint): Promise<Uint8Array | null>;
  /** A frame (section 2) of verified, resolved transactions. Resolves once a lane has it durably. */
  submit(frame: Uint8Array): Promise<SubmitResult>;
  /**
   * A record that nobody has verified, with its lookups resolved. The lane checks its signatures with those of others; as `submit`, or
   * "unsigned" when one is bad. Unset: whoever sends verifies and submits.
   */
  submitUnverified?(record: Uint8Array): Promise<SubmitResult | "unsigned">;
  /**
   * As loadAccounts, and whether the record's message has landed, as the shard of its payer knows it; its blockhash is usable in
   * `head`. Unset: loadAccounts and statuses have to do.
   */
  loadForPreflight?(
    keys: readonly Uint8Array[],
    head: Head,
    record: Uint8Array,
  ): Promise<{ readonly accounts: readonly LoadedAccount[]; readonly hasLanded: boolean }>;
  /**
   * In the order of `signatures` (64 bytes each); null where the ledger has none. Unless `history` says so, transactions may be left out
   * that landed more than 300 block heights ago.
   */
  statuses(signatures: readonly Uint8Array[], history?: boolean): Promise<(SignatureStatus | null)[]>;
  transaction(signature: Uint8Array): Promise<StoredTransaction | null>;
  block(slot: bigint): Promise<StoredBlock | null>;
  /** Slots of stored blocks in [from, to], ascending, at most `limit`. */
  blocks(from: bigint, to: bigint, limit: number): Promise<bigint[]>;
  /** Oldest slot that the ledger still has. */
  firstBlock(): Promise<bigint>;
  /** Blocks in [from, to], both within, up to the tip. */
  countBlocks(from: bigint, to: bigint): Promise<bigint>;
  /** Transactions that name an address, a page at a time. */
  addressPage(query: AddressQuery): Promise<AddressPage>;
  /** Of the newest 150 blocks with transactions, oldest first; with addresses: what writing all of them cost. */
  priorityFees(addresses: readonly Uint8Array[]): Promise<readonly BlockPriorityFee[]>;
  /** Newest first, at most `limit` (0 to 720). */
  samples(limit: number): Promise<readonly PerformanceSample[]>;
  /** The 20 accounts with most lamports. `null`: more accounts in storage than may be walked. */
  largestAccounts(): Promise<LargestAccounts | null>;
  /** On a network for development only. */
  readonly dev?: DevBackend;
  /** On a forked network for development only. */
  readonly fork?: Fork;
  /**
   * Signs a transfer from the faucet and submits it; its signature. `client`: who asks, where that is known. Throws RpcError beyond the
   * faucet's limits. Unset: there is no faucet.
   */
  airdrop?(to: Uint8Array, lamports: bigint, client?: string): Promise<Uint8Array>;
}
