/** A slot between its proposal and the ledger's answer for its block. */
import type { Deferred } from "./deferred-book.ts";
import type { ProposalRow } from "./proposal-row.ts";
import type { Committed } from "./seal.ts";

export interface InFlight {
  readonly row: ProposalRow;
  readonly committed: Map<number, Committed>;
  /** The sealed block on its way to the ledger. */
  block: Uint8Array | undefined;
  /** What execution has put off, once sealed. */
  deferred: Deferred | undefined;
  sentAt: number;
  /** When the oldest of its transactions came in, if they came to this incarnation. */
  readonly arrivedAt: number | undefined;
}
