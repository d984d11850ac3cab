/**
 * Merges runs that follow each other in time into one, page by page: entries ascending by key, those of one key in order of
 * time. Goes on with each batch that comes in, never longer than a few pages at once, so runs of any size are merged in little memory.
 */
import type { Effect, StorageView } from "../protocol/actor.ts";
import { ENTRY_WORDS } from "./index-run.ts";
import type { RunStore, StoredRun } from "./index-store.ts";

interface Cursor {
  page: number;
  /** Of the next entry in that page. */
  entry: number;
}

export class Merge {
  readonly inputs: readonly StoredRun[];
  readonly cursors: readonly Cursor[];
  readonly out: StoredRun;
  /** Entries that may be written before more come in. */
  #credit = 0;
  /** Pages whose fences are stored. */
  #saved: number;

  constructor(inputs: readonly StoredRun[], out: StoredRun, cursors: readonly Cursor[] = inputs.map(startOf)) {
    this.inputs = inputs;
    this.out = out;
    this.cursors = cursors;
    this.#saved = out.pages;
  }

  get isDone(): boolean {
    return this.inputs.every((run, i) => this.cursors[i]!.page === run.pages);
  }

  /** Writes output pages for `credit` more entries. */
  advance(store: RunStore, pageEntries: number, credit: number, storage: StorageView): Effect[] {
    this.#credit += credit;
    const effects: Effect[] = [];
    while (this.#credit > 0 && !this.isDone) {
      const page = this.#nextPage(store, pageEntries, storage);
      this.#credit -= page.length / ENTRY_WORDS;
      effects.push(...store.append(this.out, page));
    }
    return effects;
  }

  /** Fences of what was written since the last call. */
  save(store: RunStore): Effect[] {
    if (this.#saved === this.out.pages) return [];
    const effects = store.saveFences(this.out, this.#saved);
    this.#saved = this.out.pages;
    return effects;
  }

  /** The next `pageEntries` entries of all inputs together. */
  #nextPage(store: RunStore, pageEntries: number, storage: StorageView): Uint32Array {
    const out = new Uint32Array(pageEntries * ENTRY_WORDS);
    const { inputs, cursors } = this;
    const open = inputs.map((run, i) => this.#open(store, run, cursors[i]!, storage));
    const heads = Float64Array.from(open, (page, i) => page?.[cursors[i]!.entry * ENTRY_WORDS] ?? END);
    let length = 0;
    while (length < out.length) {
      // The lowest key comes next, of the oldest run that has it, and what follows it there below every other run's key.
      let best = 0;
      let high = END;
      let limit = END;
      for (let i = 0; i < heads.length; i++) {
        const head = heads[i]!;
        if (head < high) {
          limit = high;
          high = head;
          best = i;
        } else if (head < limit) limit = head;
      }
      if (high === END) break;
      const cursor = cursors[best]!;
      const page = open[best]!;
      let at = cursor.entry * ENTRY_WORDS;
      do {
        out[length] = page[at]!;
        out[length + 1] = page[at + 1]!;
        out[length + 2] = page[at + 2]!;
        out[length + 3] = page[at + 3]!;
        length += ENTRY_WORDS;
        at += ENTRY_WORDS;
      } while (at < page.length && length < out.length && (page[at] === high || page[at]! < limit));
      cursor.entry = at / ENTRY_WORDS;
      if (at === page.length) {
        cursor.page++;
        cursor.entry = 0;
        open[best] = this.#open(store, inputs[best]!, cursor, storage);
      }
      heads[best] = open[best]?.[cursor.entry * ENTRY_WORDS] ?? END;
    }
    return out.subarray(0, length);
  }

  #open(store: RunStore, run: StoredRun, { page }: Cursor, storage: StorageView): Uint32Array | undefined {
    return page < run.pages ? store.page(run, page, storage) : undefined;
  }
}

/** The key of an input that has no more entries. */
const END = Number.POSITIVE_INFINITY;
const startOf = (): Cursor => ({ page: 0, entry: 0 });
