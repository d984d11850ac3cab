/** A slot between its proposal and the ledger's answer for its block. */
import type { Effect } from "../protocol/actor.ts";
import { EMPTY_FRAME } from "../protocol/block.ts";
import type { Message } from "../protocol/messages.ts";
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
  /** Bytes of large accounts that it writes. */
  readonly accountBytes: number;
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

/** A proposal that is durable and not sent yet. `arrivedAt`: of its oldest transaction. `takes`: what the planner says that it takes. */
export function track(
  row: ProposalRow,
  now: number,
  arrivedAt: number | undefined,
  { heavy, accountBytes }: Pick<InFlight, "heavy" | "accountBytes">,
): InFlight {
  const nothing = { block: undefined, deferred: undefined };
  return { row, committed: new Map(), ...nothing, heavy, accountBytes, sentAt: now, arrivedAt };
}

/** Proposals to the shards that have not committed. `epochFor`: the record that a shard needs with its proposal, if any. */
export function proposalsOf(
  item: InFlight,
  epochFor: (slot: number, proposal: Uint8Array) => Uint8Array | undefined,
): Effect[] {
  const { slot, view, blockhash: digest, shards } = item.row;
  return shards
    .filter(({ shard }) => !item.committed.has(shard))
    .map(({ shard, proposal }) => {
      const epoch = epochFor(slot, proposal);
      const message: Message = { type: "proposal", slot, view, digest, proposal, ...(epoch && { epoch }) };
      return { type: "send", to: `shard-${shard}` as const, message };
    });
}
