/** What the shard machine needs of an engine; the WASM one is shared/state/shard-engine.ts. Codes: 0 ok, negative an error. */
import type { Totals } from "./account-store.ts";

export interface SlotOutcome {
  readonly view: number;
  readonly digest: Uint8Array;
  /** u32 count, u32 0, results (docs/interfaces.md section 4). */
  readonly results: Uint8Array;
  /** For each virtual shard with an account that changed, ascending: u16 virtual shard, hash (wasm/state/effects.ts). */
  readonly effects: Uint8Array;
  /** Lamports of the shard's own accounts after the slot. */
  readonly lamports: bigint;
}

export interface MissingCode {
  /** Who lends it. */
  readonly shard: number;
  readonly hash: Uint8Array;
}

/** Of executeSome: in between others have their turn, and reads are answered. */
export const MORE_TO_EXECUTE = 1;

export interface ShardEnginePort {
  /** Last slot that is executed and committed in memory. */
  applied(): number;
  /** Nothing is in memory: the totals of what is in storage, as of the end of `slot`. */
  restore(slot: number, totals: Totals): void;
  /** What landed in slots that have no log row any more (shared/state/known-rows.ts); before any row is replayed. */
  loadKnown(landed: Uint8Array): void;
  /** Messages that are kept from landing again. */
  known(): number;
  /** A log row of an earlier incarnation, in order. */
  replay(row: Uint8Array): number;
  /** An epoch record (shared/stake/epoch-record.ts): before the first proposal whose context names it. */
  keepEpoch(record: Uint8Array): void;
  begin(proposal: Uint8Array): number;
  /** What the proposal in hand lends to another shard. */
  loan(toShard: number): Uint8Array;
  receiveLoan(fromShard: number, accounts: Uint8Array): number;
  /** What the loans that are in have hashes for, and nobody has sent yet. Execution waits for it. */
  codesMissing(): MissingCode[];
  /** Hash and data of a lent program. */
  receiveCode(code: Uint8Array): number;
  /** The same of a slot that is open or not yet stable, for the shard that borrows; undefined when nothing it borrows has this hash. */
  codeAt(slot: number, toShard: number, hash: Uint8Array): Uint8Array | undefined;
  /** Executes about so many compute units, one transaction at least: MORE_TO_EXECUTE when there is more. Once done it answers 0 again and again. */
  executeSome(units: number): number;
  returned(toShard: number): Uint8Array;
  receiveReturn(fromShard: number, accounts: Uint8Array): number;
  /** The log row of the slot, where it lies: valid until the next call. */
  commit(): Uint8Array;
  /** Sizes of the large accounts that the slot of the last commit used (shared/state/account-sizes.ts). */
  large(): Uint8Array;
  /** The same for a committed slot that is not yet stable; undefined when it is gone or never was. */
  loanAt(slot: number, toShard: number): Uint8Array | undefined;
  returnedAt(slot: number, toShard: number): Uint8Array | undefined;
  outcomeAt(slot: number): SlotOutcome | undefined;
  /** What is only needed for slots up to this one may go. */
  stable(slot: number): void;
  /** Account lists of everything changed after `since`, as of the end of slot `asOf` (not before the stable slot). */
  collect(since: number, asOf: number, listBytes?: number): Iterable<Uint8Array>;
  lamports(): bigint;
  /** Accounts that exist, cold ones too. */
  count(): number;

  /** Totals as of the last stable slot. */
  totals(): Totals;
  /** Storage has everything as of `slot`: what has not changed since may leave memory. */
  clean(slot: number): void;
  /** Lets accounts go until the rest takes no more than `limit` bytes, as far as it can. No slot is open. */
  evict(limit: number): void;
  /** Bytes of the accounts in memory. */
  memory(): number;
  /** Bytes of other shards' programs that are kept. */
  codeBytes(): number;
  /** Accounts that exist and are not in memory. */
  coldCount(): number;
  /** Accounts from storage, current as of the last checkpoint. */
  fetch(accounts: Uint8Array): void;
  /** Keys, ascending, of own accounts that a proposal needs and that are not in memory. They may not exist at all. */
  coldOfProposal(proposal: Uint8Array): Uint8Array;
  /** The same for the replay of a log row. */
  coldOfRow(row: Uint8Array): Uint8Array;
  coldOfKeys(keys: Uint8Array): Uint8Array;
  /** Null when the answer is larger than MAX_READ_BYTES. `known`: hashes, 32 bytes a key or zeros, of data that need no answer. */
  readBounded(keys: Uint8Array, asOf: number, known?: Uint8Array): Uint8Array | null;
  scan(request: Uint8Array, asOf: number): Uint8Array | null;
  /** Accounts in memory with the most lamports: 40 bytes each, key and u64 lamports, descending. */
  largest(asOf: number): Uint8Array;
  /** The same with those of a list from storage. */
  largestCold(accounts: Uint8Array): Uint8Array;
  /** Those of a list from storage that pass and are not in memory. */
  scanCold(request: Uint8Array, accounts: Uint8Array): Uint8Array;
}
