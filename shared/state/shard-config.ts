/** How a shard keeps its accounts. */
import { COST, SLICE } from "../turns/costs.ts";
import type { StoreConfig } from "./account-store.ts";

export interface ShardConfig extends StoreConfig {
  readonly shard: number;
  /** Log bytes after which a checkpoint is taken. */
  readonly checkpointBytes: number;
  /** Log rows after which a checkpoint is taken. */
  readonly checkpointRows: number;
  /** Bytes of accounts in memory, and of programs of other shards, beyond which those longest unused are let go. */
  readonly memoryBytes: number;
  /** Compute units that are executed in one step, with what a transaction takes beside them; what is left comes in the next. */
  readonly stepUnits: number;
}

/** Five milliseconds: a thousand compute units take 5 us (shared/turns/costs.ts). */
export const STEP_UNITS = (SLICE / COST.thousandComputeUnits) * 1_000;

export const DEFAULT_CHECKPOINT = {
  checkpointBytes: 8 << 20,
  checkpointRows: 128,
  memoryBytes: 32 << 20,
  pageBytes: 64 << 10,
  partBytes: 4 << 20,
  mergeBytes: 256 << 10,
  stepUnits: STEP_UNITS,
} as const;

/** A checkpoint for want of memory comes after this part of the usual log. */
export const EARLIER = 8;
/** A slice of a merge reads so many times what the slot's log row has: merges keep up with whatever load. */
export const MERGE_PACE = 8;
/**
 * With a log row of more bytes a step has either a checkpoint or a slice of a merge: all that it writes is in memory together. For a larger list
 * of accounts from storage room is made before it comes in.
 */
export const LARGE = 4 << 20;
/** A store of no more bytes is fetched as a whole where it fits. */
export const SMALL_STORE = 4 << 20;
/** A scan walks no more than this in storage, bytes: each account is read. */
export const MAX_SCAN_STORED = 512 << 20;
