/**
 * Messages that landed (wasm/state/known.ts), beyond the log: what makes "at most once" outlive a checkpoint.
 *
 *   log rows  ── 97 ── 98 ── 99 ── 100        each has what landed in its slot
 *   checkpoint as of 98: row 98 of table `known` { u32 magic, u32 height, what landed in 97 and 98 }, log rows 97 and 98 go
 *
 * `height` is that of the newest blockhash that the last of these slots could use: what landed by then names a blockhash of at most that
 * height, so once a stable slot can use none of them the row goes.
 */
import type { Effect, StorageView } from "../protocol/actor.ts";
import { ByteWriter, concatBytes, viewOf } from "../protocol/bytes.ts";
import { KNOWN, KNOWN_MAGIC_VALUE, ROW } from "../protocol/layouts/row.ts";
import { BLOCKHASH_WINDOW } from "../protocol/limits.ts";

const TABLE = "known";
const LENGTHS = [ROW.LEN_WRITES, ROW.LEN_RETURNS, ROW.LEN_LENDS, ROW.LEN_TAGS];

interface Landed {
  readonly slot: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

function landedOf(slot: number, row: Uint8Array): Landed {
  const view = viewOf(row);
  const start = LENGTHS.reduce((sum, at) => sum + view.getUint32(at, true), ROW.HEADER as number);
  const bytes = row.slice(start, start + view.getUint32(ROW.LEN_LANDED, true));
  return { slot, height: Number(view.getBigUint64(ROW.HEIGHT, true)), bytes };
}

export class KnownRows {
  /** What landed in the slots that have log rows, oldest first. */
  #logged: Landed[] = [];
  /** Stored rows, oldest first. */
  #rows: { readonly id: number; readonly height: number }[] = [];

  /** What the rows have, oldest first: for the engine, before log rows are replayed. */
  *boot(storage: StorageView): Generator<Uint8Array> {
    for (const { id, bytes } of storage.list(TABLE)) {
      const view = viewOf(bytes);
      if (bytes.length < KNOWN.HEADER || view.getUint32(KNOWN.MAGIC, true) !== KNOWN_MAGIC_VALUE)
        throw new Error(`row ${id} of known is damaged`);
      this.#rows.push({ id, height: view.getUint32(KNOWN.HEIGHT, true) });
      yield bytes.subarray(KNOWN.HEADER);
    }
  }

  /** A log row was written or replayed. */
  logged(slot: number, row: Uint8Array): void {
    this.#logged.push(landedOf(slot, row));
  }

  /** The log rows up to `upTo`, a stable slot, go: a row of what landed in them comes, rows that no slot can ask for any more go. */
  checkpoint(upTo: number): Effect[] {
    const done = this.#logged.filter(({ slot }) => slot <= upTo);
    const height = done.at(-1)?.height;
    if (height === undefined) return [];
    this.#logged = this.#logged.filter(({ slot }) => slot > upTo);
    const effects: Effect[] = [];
    const gone = this.#rows.filter((row) => row.height + BLOCKHASH_WINDOW <= height);
    if (gone.length > 0) effects.push({ type: "delete", table: TABLE, from: gone[0]!.id, to: gone.at(-1)!.id });
    this.#rows = this.#rows.slice(gone.length);
    const landed = concatBytes(...done.map(({ bytes }) => bytes));
    if (landed.length === 0) return effects;
    this.#rows.push({ id: upTo, height });
    const header = new ByteWriter().u32(KNOWN_MAGIC_VALUE).u32(height).bytes();
    return [...effects, { type: "put", table: TABLE, id: upTo, bytes: concatBytes(header, landed) }];
  }
}
