/** What the builder needs of a planner; the WASM one is shared/scheduling/planner.ts. */

export interface Cut {
  /** Transactions in the block; 0 for an empty one. */
  readonly numTransactions: number;
  readonly numGroups: number;
  /** Transactions whose accounts are owned by more than one shard. */
  readonly numCrossShard: number;
  /** Cost units of its heavy transactions. */
  readonly heavy: number;
  /** Bytes of large accounts that the block writes, as far as the planner knows them. */
  readonly accountBytes: number;
  /** Frame of the block, in block order. */
  readonly frame: Uint8Array;
  /** One for each shard concerned: a shard proposal whose slot, view, digest, prevSlot, stable and context are not yet filled in. */
  readonly shards: readonly { readonly shard: number; readonly proposal: Uint8Array }[];
}

export interface PlannerPort {
  /** Slot context of the next slot: which blockhashes are usable. */
  setContext(context: Uint8Array): void;
  /** Takes a frame into the pool, or nothing of it when the pool lacks room (false). */
  admit(frame: Uint8Array): boolean;
  /**
   * Lets transactions of earlier blocks wait again that execution has put off, now with all programdata there can be; false when the
   * pool lacks room for all of them. What has expired meanwhile is dropped.
   */
  readmit(frame: Uint8Array): boolean;
  /** Keys (32 bytes each) of programs: from now on whoever names one has its programdata leased along. */
  noteProgram(keys: Uint8Array): void;
  /** Sizes of large accounts (shared/state/account-sizes.ts): what a block has of them is bounded. */
  noteSizes(sizes: Uint8Array): void;
  /** All that are known; undefined when none has changed since the last call. */
  newSizes(): Uint8Array | undefined;
  /**
   * Chooses the next block from the pool and drops what has expired. `heavy`: cost units that its heavy transactions may have (pace.ts); the first
   * of them may have more, unless it is 0. Unset: as the block's limits allow. `room`: bytes of large accounts that it may write; unset: the limit.
   */
  cut(heavy?: number, room?: number): Cut;
  waiting(): number;
  /** Number of the oldest transaction still waiting, counting admissions from 0; equals `admitted()` when none waits. */
  oldestWaiting(): number;
  /** Transactions admitted or rejected so far. */
  admitted(): number;
}
