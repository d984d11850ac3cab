/**
 * One table of an index partition: a log-structured merge of sorted runs, so that a transaction costs a small part of a row.
 *
 *   batch ─▶ run of level 0 ─ `fanIn` of a level ─▶ one of the next level ...          a run = pages + a filter for each
 *            [ level 3 ────────────── ][ level 2 ── ][ 2 ── ][ 1 ][ 1 ][ 0 ][ 0 ]      oldest first, levels never rise
 *
 * A key costs one probe of a filter a run, and a page where the filter lets it through. Each level merges at most one group at a
 * time, and goes on with every batch at twice the speed at which its runs come in: so a level never has more than 2 * fanIn runs,
 * however long the history. What was merged is deleted in slices too.
 */
import type { Effect, StorageView } from "../protocol/actor.ts";
import type { ByteReader, ByteWriter } from "../protocol/bytes.ts";
import { mayHold } from "./index-filter.ts";
import { Merge } from "./index-merge.ts";
import { ENTRY_WORDS, findInRun, findInRunFrom, hitAt, type IndexHit, type IndexKey, isBefore } from "./index-run.ts";
import { bytesOf, FENCE_WORDS, INLINE_PAGES, type RunStore, type StoredRun } from "./index-store.ts";

export interface IndexShape {
  /** Entries of a page. */
  readonly pageEntries: number;
  /** Runs of a level that become one of the next. */
  readonly fanIn: number;
}

/** Entries merged on each level for each one that comes in. */
const MERGE_SPEED = 2;
/** Pages of merged runs deleted with each batch, at least. */
const SWEEP_PAGES = 16;

interface Garbage {
  readonly id: number;
  readonly pages: number;
  removed: number;
}

export interface FindOptions {
  /** Only places before this one. */
  readonly before?: IndexHit | undefined;
  /** Runs whose entries are all older may be left out. */
  readonly since?: number | undefined;
}

export class IndexTable {
  readonly #store: RunStore;
  readonly #shape: IndexShape;
  /** Oldest first. */
  #runs: StoredRun[] = [];
  #merges: Merge[] = [];
  #garbage: Garbage[] = [];
  #nextRun = 1;

  constructor(store: RunStore, shape: IndexShape) {
    this.#store = store;
    this.#shape = shape;
  }

  get runs(): number {
    return this.#runs.length;
  }

  /** Kept in memory, of all runs. */
  get fencesBytes(): number {
    const merging = this.#merges.reduce((sum, { out }) => sum + out.fences.byteLength, 0);
    return this.#runs.reduce((sum, { fences }) => sum + fences.byteLength, merging);
  }

  /** Bytes of the pages and filters of all runs; while runs are merged storage has up to twice as much. */
  get bytes(): number {
    return this.#runs.reduce((sum, { entries }) => sum + bytesOf(entries), 0);
  }

  /** `entries`: sorted by key, those of a key by time, of slots `from` + 1 to `to`. */
  add(entries: Uint32Array, from: number, to: number, storage: StorageView): Effect[] {
    const effects = this.#merge(entries.length / ENTRY_WORDS, storage);
    effects.push(...this.#sweep());
    if (entries.length === 0) return effects;
    const run = this.#newRun(0, from + 1, to);
    const words = this.#shape.pageEntries * ENTRY_WORDS;
    for (let at = 0; at < entries.length; at += words) {
      effects.push(...this.#store.append(run, entries.subarray(at, at + words)));
    }
    if (run.pages > INLINE_PAGES) effects.push(...this.#store.saveFences(run, 0));
    this.#runs.push(run);
    return effects;
  }

  #newRun(level: number, firstSlot: number, lastSlot: number): StoredRun {
    return { id: this.#nextRun++, level, firstSlot, lastSlot, entries: 0, pages: 0, fences: new Uint32Array(0) };
  }

  /** Begins merges of what was stored in earlier steps and goes on with those under way. */
  #merge(added: number, storage: StorageView): Effect[] {
    this.#beginMerges();
    const effects: Effect[] = [];
    for (const merge of this.#merges) {
      effects.push(...merge.advance(this.#store, this.#shape.pageEntries, added * MERGE_SPEED, storage));
      const { inputs, out } = merge;
      if (!merge.isDone || out.pages > INLINE_PAGES) effects.push(...merge.save(this.#store));
      if (!merge.isDone) continue;
      this.#runs.splice(this.#runs.indexOf(inputs[0]!), inputs.length, out);
      this.#garbage.push(...inputs.map(({ id, pages }) => ({ id, pages, removed: 0 })));
    }
    this.#merges = this.#merges.filter((merge) => !merge.isDone);
    return effects;
  }

  #beginMerges(): void {
    const { fanIn } = this.#shape;
    for (let first = 0; first < this.#runs.length; ) {
      const { level } = this.#runs[first]!;
      const ofLevel = this.#runs.filter((run) => run.level === level);
      first += ofLevel.length;
      const isMerging = this.#merges.some(({ inputs }) => inputs[0]!.level === level);
      if (isMerging || ofLevel.length < fanIn) continue;
      const inputs = ofLevel.slice(0, fanIn);
      const out = this.#newRun(level + 1, inputs[0]!.firstSlot, inputs.at(-1)!.lastSlot);
      this.#merges.push(new Merge(inputs, out));
    }
  }

  #sweep(): Effect[] {
    const effects: Effect[] = [];
    const merged = this.#merges.reduce((sum, { inputs }) => sum + inputs.length, 0);
    for (let left = SWEEP_PAGES + merged * 2; left > 0 && this.#garbage.length > 0; ) {
      const item = this.#garbage[0]!;
      const to = Math.min(item.pages, item.removed + left);
      effects.push(...this.#store.remove(item.id, item.removed, to, to === item.pages));
      left -= to - item.removed;
      item.removed = to;
      if (to === item.pages) this.#garbage.shift();
    }
    return effects;
  }

  /** Candidates for a key, newest first. */
  *find(key: IndexKey, storage: StorageView, { before, since = 0 }: FindOptions = {}): Generator<IndexHit> {
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i]!;
      if (run.lastSlot < since) return;
      if (before && run.firstSlot > before.slot) continue;
      for (let page = lastPage(run, key, before); page >= 0; page--) {
        if (run.fences[page * FENCE_WORDS + 1]! < key.high) break;
        if (!mayHold(this.#store.filter(run, page, storage), key)) continue;
        yield* findInRun(this.#store.page(run, page, storage), key, before);
      }
    }
  }

  /** Candidates for a key from a place on, itself within, oldest first. */
  *findFrom(key: IndexKey, storage: StorageView, from: IndexHit): Generator<IndexHit> {
    for (const run of this.#runs) {
      if (run.lastSlot < from.slot) continue;
      for (let page = Math.max(0, lastPage(run, key, from)); page < run.pages; page++) {
        if (run.fences[page * FENCE_WORDS]! > key.high) break;
        if (!mayHold(this.#store.filter(run, page, storage), key)) continue;
        yield* findInRunFrom(this.#store.page(run, page, storage), key, from);
      }
    }
  }

  encode(writer: ByteWriter): void {
    writer.u32(this.#nextRun).u32(this.#runs.length);
    for (const run of this.#runs) encodeRun(writer, run, run.pages <= INLINE_PAGES);
    writer.u32(this.#merges.length);
    for (const { inputs, cursors, out } of this.#merges) {
      writer.u32(inputs.length).u32(this.#runs.indexOf(inputs[0]!));
      for (const { page, entry } of cursors) writer.u32(page).u32(entry);
      encodeRun(writer, out, false);
    }
    writer.u32(this.#garbage.length);
    for (const { id, pages, removed } of this.#garbage) writer.u32(id).u32(pages).u32(removed);
  }

  decode(reader: ByteReader, storage: StorageView): void {
    this.#nextRun = reader.u32();
    this.#runs = Array.from({ length: reader.u32() }, () => this.#decodeRun(reader, storage));
    this.#merges = Array.from({ length: reader.u32() }, () => {
      const length = reader.u32();
      const first = reader.u32();
      const cursors = Array.from({ length }, () => ({ page: reader.u32(), entry: reader.u32() }));
      return new Merge(this.#runs.slice(first, first + length), this.#decodeRun(reader, storage), cursors);
    });
    this.#garbage = Array.from({ length: reader.u32() }, () => ({
      id: reader.u32(),
      pages: reader.u32(),
      removed: reader.u32(),
    }));
  }

  #decodeRun(reader: ByteReader, storage: StorageView): StoredRun {
    const [id, level, entries, pages] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
    const [firstSlot, lastSlot] = [Number(reader.u64()), Number(reader.u64())];
    const isInline = reader.u8() === 1;
    const fences = isInline
      ? Uint32Array.from({ length: pages * FENCE_WORDS }, () => reader.u32())
      : this.#store.loadFences(id, pages, storage);
    return { id, level, firstSlot, lastSlot, entries, pages, fences };
  }
}

function encodeRun(writer: ByteWriter, run: StoredRun, isInline: boolean): void {
  writer.u32(run.id).u32(run.level).u32(run.entries).u32(run.pages).u64(run.firstSlot).u64(run.lastSlot);
  writer.u8(isInline ? 1 : 0);
  if (isInline) for (let i = 0; i < run.pages * FENCE_WORDS; i++) writer.u32(run.fences[i]!);
}

/** The last page that may have a place of the key before `before`; -1: none. */
function lastPage({ fences, pages }: StoredRun, key: IndexKey, before: IndexHit | undefined): number {
  let low = 0;
  let high = pages;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = middle * FENCE_WORDS;
    const first = fences[at]!;
    const isLower = first < key.high || (first === key.high && (!before || isBefore(hitAt(fences, at), before)));
    if (isLower) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
