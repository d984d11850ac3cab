/**
 * Limits of a block. Constants of the genesis: whoever judges a block knows them, whatever number of shards or lanes he has. The builder's
 * planner keeps to them.
 * Bytes of accounts are what a shard has in memory several times (docs/architecture.md, Memory).
 */
export interface BlockLimits {
  /** Transactions: 1 to 65,536. */
  readonly transactions: number;
  /** Bytes of the frame, its records: 65,536 (more than any transaction has) to 16 MiB. */
  readonly bytes: number;
  /** Cost units of all transactions, and of those that write one account: 2,000,000 (more than any transaction has) to 2^31. */
  readonly cost: number;
  readonly accountCost: number;
  /**
   * Bytes of data of large accounts that blocks in flight may write together, and half of what one may read: 1 to 64 MiB. A transaction that
   * is over it by itself comes alone.
   */
  readonly accountBytes: number;
}

/** Cost as Agave: raise_block_limits_to_100m, and 40 % of it for an account (raise_account_cu_limit). */
export const DEFAULT_BLOCK_LIMITS: BlockLimits = {
  transactions: 16_384,
  bytes: 8 << 20,
  cost: 100_000_000,
  accountCost: 40_000_000,
  accountBytes: 12 << 20,
};

export const BLOCK_LIMIT_RANGES: Readonly<Record<keyof BlockLimits, readonly [number, number]>> = {
  transactions: [1, 65_536],
  bytes: [65_536, 16 << 20],
  cost: [2_000_000, 2 ** 31],
  accountCost: [2_000_000, 2 ** 31],
  accountBytes: [1 << 20, 64 << 20],
};
