/** Limits of the builder's planner. None is consensus; those of a block are constants of the genesis (select.ts). */

/** Transactions waiting, and the memory for their records. What comes beyond is refused by the frame. */
export const MAX_WAITING: u32 = 65_536;
export const POOL_CHUNK_BYTES: u32 = 262_144;
export const MAX_POOL_CHUNKS: u32 = 108; // 27 MiB: 65,536 transfers take 18

/** Different accounts that one cut looks at; a full block has fewer (32 bytes each). */
export const MAX_CUT_ACCOUNTS: u32 = 393_216;

/** Cost units from which on a transaction is heavy: an sBPF instruction's default compute units. Twin: shared/scheduling/pace.ts. */
export const HEAVY_COST: u32 = 200_000;

/** Shards a planner can place on: a set of shards is one u64. */
export const MAX_SHARDS: u32 = 64;

/**
 * Slots in which a blockhash can be used: its own + 1 ... its own + 150, the block height up to which clients are told to
 * wait. The runtime would take one more.
 */
export const BLOCKHASH_HEIGHTS: u32 = 150;
/** Bytes that an account is taken to have when nothing is known of it, header included. */
export const ACCOUNT_BYTES: u32 = 256;
/** Programdata addresses remembered, a power of two: a derivation is a few hashes and square roots. */
export const DERIVED_PLACES: u32 = 1_024;
/** Programs that execution has told of, a power of two; a newer one displaces an older one, whose next call is then deferred. */
export const NOTED_PLACES: u32 = 4_096;
/**
 * Derivations for one transaction when it is admitted: program ids cost their sender nothing. Where it has more programs that are new
 * here, it may be deferred.
 */
export const MAX_DERIVED: u32 = 4;

/** Places for sizes of large accounts, a power of two. */
export const SIZE_HINTS: u32 = 16_384;
