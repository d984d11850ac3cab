/** The slot that a shard is working on, and what it waits for. */
export interface SlotWork {
  readonly slot: number;
  readonly view: number;
  readonly digest: Uint8Array;
  readonly stable: number;
  readonly lendsTo: readonly number[];
  readonly borrowsFrom: readonly number[];
  readonly returnsTo: readonly number[];
  /** Shards whose loan is still missing. */
  readonly loansMissing: Set<number>;
  /** Shards whose return is still missing. */
  readonly returnsMissing: Set<number>;
  executed: boolean;
}
