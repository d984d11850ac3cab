/** A slot between its proposal and the ledger's answer for its block. */

import { EMPTY_FRAME } from "../protocol/block.ts";
import type { Deferred } from "./deferred-book.ts";
import type { ProposalRow } from "./proposal-row.ts";
import type { Committed } from "./seal.ts";

export interface InFlight {
  row: ProposalRow;
  readonly committed: Map<number, Committed>;
  /** The sealed block on its way to the ledger. */
  block: Uint8Array | undefined;
  /** What execution has put off, once sealed. */
  deferred: Deferred | undefined;
  /** Cost units of its heavy transactions, as far as this incarnation cut it. */
  heavy: number;
  sentAt: number;
  /** When the oldest of its transactions came in, if they came to this incarnation. */
  readonly arrivedAt: number | undefined;
}

/** Cost units of heavy transactions that are not executed yet. */
export function heavyInFlight(items: Iterable<InFlight>): number {
  let heavy = 0;
  for (const item of items) if (!item.block) heavy += item.heavy;
  return heavy;
}

/** Once a slot is sealed, its block has all that may have to be sent again: frame, proposals and results go. */
export function keepBlock(item: InFlight, block: Uint8Array): void {
  item.block = block;
  item.row = { ...item.row, frame: EMPTY_FRAME, shards: [] };
  item.committed.clear();
}
