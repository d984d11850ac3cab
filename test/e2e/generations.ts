/** Settings of the ledger with which a suite runs over many generations of it, and of its index. */
import type { LedgerSettings } from "../../shared/ledger/ledger-shape.ts";

/** A few blocks a generation, a few batches an index partition. */
export const TINY_GENERATIONS: LedgerSettings = { generationBytes: 12_000, indexBytes: 6_000, indexPartitions: 2 };
