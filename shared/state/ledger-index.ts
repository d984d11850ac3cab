/**
 * Index of the ledger: a log-structured merge of sorted runs, so that a transaction costs a small part of a row.
 *
 *   newest blocks: one run each, in memory (rebuilt from the blocks after a restart)
 *      └─ 64 of them ─▶ a stored run of level 1, in pages of 1 MiB ─ 8 of a level ─▶ one of the next level ...
 */
import type { Effect, StorageView } from "../protocol/actor.ts";
import { ByteReader, ByteWriter } from "../protocol/bytes.ts";
import { ENTRY_WORDS, findInRun, type IndexHit, type IndexKey, mergeRuns } from "./index-run.ts";

const MEMORY_BLOCKS = 64;
const MEMORY_ENTRIES = 1 << 18;
const FAN_IN = 8;
/** Entries of a stored run beyond which it is merged no further: a merge holds all of it in memory. */
const MAX_RUN_ENTRIES = 1 << 20;
const PAGE_ENTRIES = 1 << 16;

interface Page {
  readonly id: number;
  readonly firstHigh: number;
  readonly lastHigh: number;
}
interface StoredRun {
  readonly level: number;
  readonly upTo: number;
  readonly entries: number;
  readonly pages: readonly Page[];
}

export class LedgerIndex {
  readonly #name: string;
  #recent: { readonly slot: number; readonly run: Uint32Array }[] = [];
  #recentEntries = 0;
  #runs: StoredRun[] = [];
  #nextPage = 1;

  /** `name`: prefix of the tables. */
  constructor(name: string) {
    this.#name = name;
  }

  boot(storage: StorageView): void {
    const directory = storage.get(`${this.#name}-runs`, 0);
    if (!directory) return;
    const reader = new ByteReader(directory);
    this.#nextPage = reader.u32();
    this.#runs = Array.from({ length: reader.u32() }, () => ({
      level: reader.u32(),
      upTo: Number(reader.u64()),
      entries: reader.u32(),
      pages: Array.from({ length: reader.u32() }, () => ({
        id: reader.u32(),
        firstHigh: reader.u32(),
        lastHigh: reader.u32(),
      })),
    }));
  }

  /** Blocks up to this slot are in stored runs; later ones must be added again after a restart. */
  get storedUpTo(): number {
    return this.#runs.at(-1)?.upTo ?? -1;
  }

  add(slot: number, run: Uint32Array, storage: StorageView): Effect[] {
    this.#recent.push({ slot, run });
    this.#recentEntries += run.length / ENTRY_WORDS;
    if (this.#recent.length < MEMORY_BLOCKS && this.#recentEntries < MEMORY_ENTRIES) return [];
    const merged = mergeRuns(this.#recent.map((block) => block.run));
    this.#recent = [];
    this.#recentEntries = 0;
    return this.#store(1, slot, merged, storage);
  }

  /** Candidates for a key, newest first; later ones than `newest` may be left out. */
  *find(key: IndexKey, storage: StorageView, newest = Number.POSITIVE_INFINITY): Generator<IndexHit> {
    for (let i = this.#recent.length - 1; i >= 0; i--) {
      if (this.#recent[i]!.slot <= newest) yield* findInRun(this.#recent[i]!.run, key);
    }
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      // Where the run before it reaches that far, all of this one is later.
      if (i > 0 && this.#runs[i - 1]!.upTo >= newest) continue;
      const { pages } = this.#runs[i]!;
      for (let p = pages.length - 1; p >= 0; p--) {
        const page = pages[p]!;
        if (page.firstHigh <= key.high && key.high <= page.lastHigh) yield* findInRun(this.#load(page, storage), key);
      }
    }
  }

  /** The same, oldest first; earlier ones than `oldest` may be left out. */
  *findOldest(key: IndexKey, storage: StorageView, oldest = 0): Generator<IndexHit> {
    for (const { upTo, pages } of this.#runs) {
      if (upTo < oldest) continue;
      for (const page of pages) {
        if (page.firstHigh > key.high || key.high > page.lastHigh) continue;
        yield* findInRun(this.#load(page, storage), key, true);
      }
    }
    for (const { slot, run } of this.#recent) if (slot >= oldest) yield* findInRun(run, key, true);
  }

  #load(page: Page, storage: StorageView): Uint32Array {
    const bytes = storage.get(`${this.#name}-pages`, page.id);
    if (!bytes) throw new Error(`index page ${page.id} of ${this.#name} is missing`);
    return new Uint32Array(bytes.slice().buffer);
  }

  #store(level: number, upTo: number, run: Uint32Array, storage: StorageView): Effect[] {
    const siblings: StoredRun[] = [];
    let entries = run.length / ENTRY_WORDS;
    while (siblings.length < FAN_IN - 1) {
      const previous = this.#runs[this.#runs.length - 1 - siblings.length];
      if (!previous || previous.level !== level || entries + previous.entries > MAX_RUN_ENTRIES) break;
      siblings.unshift(previous);
      entries += previous.entries;
    }
    const effects: Effect[] = [];
    if (siblings.length === FAN_IN - 1) {
      const older = siblings.map((sibling) => mergePages(sibling.pages.map((page) => this.#load(page, storage))));
      this.#runs.splice(-siblings.length);
      for (const page of siblings.flatMap((sibling) => sibling.pages)) {
        effects.push({ type: "delete", table: `${this.#name}-pages`, from: page.id, to: page.id });
      }
      return [...effects, ...this.#store(level + 1, upTo, mergeRuns([...older, run]), storage)];
    }
    const pages: Page[] = [];
    const words = PAGE_ENTRIES * ENTRY_WORDS;
    for (let at = 0; at < run.length; at += words) {
      const part = run.slice(at, at + words);
      const page = { id: this.#nextPage++, firstHigh: part[0]!, lastHigh: part[part.length - ENTRY_WORDS]! };
      effects.push({ type: "put", table: `${this.#name}-pages`, id: page.id, bytes: new Uint8Array(part.buffer) });
      pages.push(page);
    }
    this.#runs.push({ level, upTo, entries: run.length / ENTRY_WORDS, pages });
    effects.push({ type: "put", table: `${this.#name}-runs`, id: 0, bytes: this.#directory() });
    return effects;
  }

  #directory(): Uint8Array {
    const writer = new ByteWriter().u32(this.#nextPage).u32(this.#runs.length);
    for (const run of this.#runs) {
      writer.u32(run.level).u64(run.upTo).u32(run.entries).u32(run.pages.length);
      for (const page of run.pages) writer.u32(page.id).u32(page.firstHigh).u32(page.lastHigh);
    }
    return writer.bytes();
  }
}

/** Pages of a run follow each other in order of the key: no sorting needed. */
function mergePages(pages: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(pages.reduce((sum, page) => sum + page.length, 0));
  let at = 0;
  for (const page of pages) {
    all.set(page, at);
    at += page.length;
  }
  return all;
}
