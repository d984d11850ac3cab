/** What the shard machine needs of an engine; the WASM one is shared/state/shard-engine.ts. Codes: 0 ok, negative an error. */

export interface SlotOutcome {
  readonly digest: Uint8Array;
  /** u32 count, u32 0, results (docs/interfaces.md section 4). */
  readonly results: Uint8Array;
  readonly effectHash: Uint8Array;
  /** Lamports of the shard's own accounts after the slot. */
  readonly lamports: bigint;
}

export interface ShardEnginePort {
  /** Last slot that is executed and committed in memory. */
  applied(): number;
  /** Accounts of the genesis or of a checkpoint, valid as of `slot`. */
  load(accounts: Uint8Array, slot: number): void;
  /** A log row of an earlier incarnation, in order. */
  replay(row: Uint8Array): number;
  begin(proposal: Uint8Array): number;
  /** What the proposal in hand lends to another shard. */
  loan(toShard: number): Uint8Array;
  receiveLoan(fromShard: number, accounts: Uint8Array): number;
  execute(): number;
  returned(toShard: number): Uint8Array;
  receiveReturn(fromShard: number, accounts: Uint8Array): number;
  /** The log row of the slot. */
  commit(): Uint8Array;
  /** The same for a committed slot that is not yet stable; undefined when it is gone or never was. */
  loanAt(slot: number, toShard: number): Uint8Array | undefined;
  returnedAt(slot: number, toShard: number): Uint8Array | undefined;
  outcomeAt(slot: number): SlotOutcome | undefined;
  /** What is only needed for slots up to this one may go. */
  stable(slot: number): void;
  /** Account lists of everything changed after `since`, as of the end of slot `asOf` (not before the stable slot). */
  collect(since: number, asOf: number): Iterable<Uint8Array>;
  /** Tombstones up to `slot` may go: one checkpoint since genesis (`collect(0, slot)`) replaces all earlier ones. */
  forget(slot: number): void;
  lamports(): bigint;
}
