/** Stored runs of the index: their pages, filters and fences, and a cache of pages bounded by bytes. */
import type { Effect, StorageView } from "../protocol/actor.ts";
import { filterBytes, makeFilter } from "./index-filter.ts";
import { ENTRY_WORDS } from "./index-run.ts";

/** Words of a fence: high of a page's first entry, of its last, and the first entry's two words of slot and index. */
export const FENCE_WORDS = 4;
/** Pages of one run, and fences of one row. */
const MAX_PAGES = 1 << 20;
const FENCES_PER_ROW = 256;
const FENCE_ROWS = MAX_PAGES / FENCES_PER_ROW;
/** A run of so few pages has its fences in the manifest: it costs no row of its own. */
export const INLINE_PAGES = 4;

/** A run in storage, or the one that a merge is writing. Pages ascending by key; entries of one key high in order of time. */
export interface StoredRun {
  readonly id: number;
  readonly level: number;
  /** Slots of its entries. */
  readonly firstSlot: number;
  readonly lastSlot: number;
  entries: number;
  pages: number;
  /** FENCE_WORDS a page; may be longer. */
  fences: Uint32Array;
}

/** What was read last, least recently used first, up to a number of bytes. */
export class ByteCache {
  readonly #limit: number;
  readonly #items = new Map<number, Uint32Array>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What nobody will ask for again. */
  forget(key: number): void {
    const item = this.#items.get(key);
    if (item && this.#items.delete(key)) this.#bytes -= item.byteLength;
  }

  get(key: number): Uint32Array | undefined {
    const item = this.#items.get(key);
    if (!item) return undefined;
    this.#items.delete(key);
    this.#items.set(key, item);
    return item;
  }

  /** Keeps what was just read; at least that. */
  add(key: number, item: Uint32Array): void {
    this.#items.set(key, item);
    this.#bytes += item.byteLength;
    if (this.#bytes <= this.#limit) return;
    for (const [oldest, { byteLength }] of this.#items) {
      if (this.#bytes <= this.#limit || oldest === key) break;
      this.#items.delete(oldest);
      this.#bytes -= byteLength;
    }
  }
}

export class RunStore {
  readonly #name: string;
  readonly #number: number;
  readonly #pages: ByteCache;
  readonly #filters: ByteCache;

  /** `name`: prefix of the tables; `number`: 0 or 1, of the stores that share the caches. */
  constructor(name: string, number: number, pages: ByteCache, filters: ByteCache) {
    this.#name = name;
    this.#number = number;
    this.#pages = pages;
    this.#filters = filters;
  }

  page(run: StoredRun, page: number, storage: StorageView): Uint32Array {
    return this.#read(this.#pages, "pages", run.id * MAX_PAGES + page, storage);
  }

  filter(run: StoredRun, page: number, storage: StorageView): Uint32Array {
    return this.#read(this.#filters, "filters", run.id * MAX_PAGES + page, storage);
  }

  /** In a cache that two stores share. */
  #keyOf(id: number): number {
    return id * 2 + this.#number;
  }

  #read(cache: ByteCache, kind: "pages" | "filters", id: number, storage: StorageView): Uint32Array {
    const key = this.#keyOf(id);
    const known = cache.get(key);
    if (known) return known;
    const table = `${this.#name}-${kind}`;
    const bytes = storage.get(table, id);
    if (!bytes) throw new Error(`row ${id} of ${table} is missing`);
    const item = wordsOf(bytes);
    cache.add(key, item);
    return item;
  }

  /** Writes the next page of a run. */
  append(run: StoredRun, page: Uint32Array): Effect[] {
    if (run.pages === MAX_PAGES) throw new RangeError("a run of the index has too many pages");
    const at = run.pages * FENCE_WORDS;
    if (at + FENCE_WORDS > run.fences.length) {
      const larger = new Uint32Array(Math.max(INLINE_PAGES * FENCE_WORDS, run.fences.length * 2));
      larger.set(run.fences);
      run.fences = larger;
    }
    run.fences.set([page[0]!, page[page.length - ENTRY_WORDS]!, page[2]!, page[3]!], at);
    const id = run.id * MAX_PAGES + run.pages;
    run.pages++;
    run.entries += page.length / ENTRY_WORDS;
    const put = (table: string, words: Uint32Array): Effect => ({
      type: "put",
      table: `${this.#name}-${table}`,
      id,
      bytes: new Uint8Array(words.buffer, words.byteOffset, words.byteLength).slice(),
    });
    return [put("pages", page), put("filters", makeFilter(page))];
  }

  /** Writes the rows of fences from that of page `from` on. */
  saveFences(run: StoredRun, from: number): Effect[] {
    const effects: Effect[] = [];
    for (let row = Math.floor(from / FENCES_PER_ROW); row * FENCES_PER_ROW < run.pages; row++) {
      const end = Math.min(run.pages, (row + 1) * FENCES_PER_ROW) * FENCE_WORDS;
      const words = run.fences.slice(row * FENCES_PER_ROW * FENCE_WORDS, end);
      const bytes = new Uint8Array(words.buffer);
      effects.push({ type: "put", table: `${this.#name}-fences`, id: run.id * FENCE_ROWS + row, bytes });
    }
    return effects;
  }

  loadFences(id: number, pages: number, storage: StorageView): Uint32Array {
    const fences = new Uint32Array(pages * FENCE_WORDS);
    for (let row = 0; row * FENCES_PER_ROW < pages; row++) {
      const bytes = storage.get(`${this.#name}-fences`, id * FENCE_ROWS + row);
      if (!bytes) throw new Error(`fences ${row} of run ${id} of ${this.#name} are missing`);
      fences.set(
        new Uint32Array(bytes.slice().buffer).subarray(0, (pages - row * FENCES_PER_ROW) * FENCE_WORDS),
        row * FENCES_PER_ROW * FENCE_WORDS,
      );
    }
    return fences;
  }

  /** Deletes pages `from` to `to` - 1 of a run that nobody reads any more; with its last page its fences. */
  remove(id: number, from: number, to: number, isLast: boolean): Effect[] {
    const range = (table: string, first: number, last: number): Effect => ({
      type: "delete",
      table: `${this.#name}-${table}`,
      from: first,
      to: last,
    });
    for (let page = from; page < to; page++) {
      this.#pages.forget(this.#keyOf(id * MAX_PAGES + page));
      this.#filters.forget(this.#keyOf(id * MAX_PAGES + page));
    }
    const first = id * MAX_PAGES + from;
    const last = id * MAX_PAGES + to - 1;
    const effects = [range("pages", first, last), range("filters", first, last)];
    if (isLast) effects.push(range("fences", id * FENCE_ROWS, (id + 1) * FENCE_ROWS - 1));
    return effects;
  }
}

/** What storage hands out is the reader's own; only where it does not fill its buffer it is copied, or more would be kept than is counted. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const isWhole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return new Uint32Array(isWhole ? bytes.buffer : bytes.slice().buffer);
}

/** Bytes of a run's pages and filters in storage. */
export function bytesOf(entries: number): number {
  return entries * ENTRY_WORDS * 4 + filterBytes(entries);
}
