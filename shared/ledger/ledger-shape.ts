/** How large generations of ledger and index are, and how much of the past is kept, as NETWORK says it or by default. */
import { MAX_PARTITIONS } from "./catalog.ts";
import type { LedgerShape } from "./ledger-machine.ts";

/** An object has 10 GB of storage: room for one more block, and for what SQLite needs itself. */
export const MAX_GENERATION_BYTES = 8_000_000_000;
/** Merging keeps input and output of a merge for a while: this and twice as much again fit into an object. */
export const MAX_INDEX_BYTES = 3_000_000_000;
/** Of what is kept; so much more may be kept than was asked for. */
const PARTS_OF_BYTES = 8;
/** A batch for the index takes 4 MiB, but for its last block; 32 MiB wait at most, and one block. */
const FEED = { blocks: 64, entries: 1 << 18, waiting: 1 << 21 };

/** All absent: everything is kept. */
export interface LedgerSettings {
  /** Bytes of blocks and index entries to keep, about. */
  readonly keepBytes?: number | undefined;
  readonly keepSeconds?: number | undefined;
  /** Smaller generations than an object could hold: for tests. */
  readonly generationBytes?: number | undefined;
  readonly indexBytes?: number | undefined;
  /** Partitions of the first generation of the index: a power of two. */
  readonly indexPartitions?: number | undefined;
}

export function ledgerShape(settings: LedgerSettings = {}): LedgerShape {
  const { keepBytes, keepSeconds, indexPartitions = 1 } = settings;
  const part = keepBytes === undefined ? Number.POSITIVE_INFINITY : Math.ceil(keepBytes / PARTS_OF_BYTES);
  return {
    generationBytes: Math.min(settings.generationBytes ?? MAX_GENERATION_BYTES, part),
    indexBytes: Math.min(settings.indexBytes ?? MAX_INDEX_BYTES, part),
    partitions: Math.min(MAX_PARTITIONS, indexPartitions),
    feed: FEED,
    // The newest generation is a part too: with it no more than what was asked for.
    keep: { bytes: keepBytes, seconds: keepSeconds },
  };
}
