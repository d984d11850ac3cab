/**
 * Transactions that execution has put off because the programdata of one of their programs was not leased along (docs/svm.md). They
 * are in a block, so no lane has them any more: it is the builder that must not lose them.
 *
 *   sealed: a row of them, durable before the ledger gets the block ─▶ stored: they wait again ─▶ in a proposal's row, or expired: gone
 *
 * They wait again only when their block is stored. After a restart all that is in the rows of stored blocks waits again: what a later
 * proposal has already is executed twice, and lands once. What is in other blocks comes up when their block is sealed again.
 */
import type { Effect, StorageView } from "../protocol/actor.ts";
import { ByteReader, concatBytes, u32Bytes } from "../protocol/bytes.ts";
import type { PlannerPort } from "./planner-port.ts";

/** What of a block was put off. */
export interface Deferred {
  /** Their records. */
  readonly frame: Uint8Array;
  /** Keys (32 bytes each) of the programs that were in the way. */
  readonly programs: Uint8Array;
}

const TABLE = "deferred";

interface Batch {
  readonly slot: number;
  readonly deferred: Deferred;
  /** The planner's admission count behind them; undefined: they do not wait yet. */
  end: number | undefined;
}

export function deferredRow(slot: number, { programs, frame }: Deferred): Effect {
  return { type: "put", table: TABLE, id: slot, bytes: concatBytes(u32Bytes(programs.length), programs, frame) };
}

export class DeferredBook {
  #batches: Batch[] = [];

  /** Of a block that is stored from now on. */
  add(slot: number, deferred: Deferred): void {
    this.#batches.push({ slot, deferred, end: undefined });
  }

  /** Whether something is yet to be taken into the planner's pool. */
  get pending(): boolean {
    return this.#batches.some(({ end }) => end === undefined);
  }

  /** Lets them wait again, as far as there is room; the planner has its context. */
  admit(planner: PlannerPort): void {
    for (const batch of this.#batches) {
      if (batch.end !== undefined) continue;
      planner.noteProgram(batch.deferred.programs);
      if (!planner.readmit(batch.deferred.frame)) return;
      batch.end = planner.admitted();
    }
  }

  /** Everything admitted before number `oldestWaiting` is in a proposal's row, at the latest with the effects of this step, or has expired. */
  settle(oldestWaiting: number): Effect[] {
    const isGone = ({ end }: Batch): boolean => end !== undefined && end <= oldestWaiting;
    const gone = this.#batches.filter(isGone);
    this.#batches = this.#batches.filter((batch) => !isGone(batch));
    return gone.map(({ slot }) => ({ type: "delete", table: TABLE, from: slot, to: slot }));
  }

  /** After a restart: what is in the rows of slots up to `stored`. */
  restore(storage: StorageView, stored: number): void {
    this.#batches = [...storage.list(TABLE, 0, stored)].map(({ id, bytes }) => {
      const reader = new ByteReader(bytes);
      const programs = reader.blob().slice();
      return { slot: id, deferred: { programs, frame: bytes.slice(4 + programs.length) }, end: undefined };
    });
  }
}
