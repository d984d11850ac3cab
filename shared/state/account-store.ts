/**
 * A shard's accounts in storage: sorted runs of parts (shared/state/{runs,part}.ts) under one manifest row.
 *
 *   checkpoint ──▶ a new run          lookup: newest run first, filter, one page
 *   maintain   ──▶ a slice of a merge, a few parts of garbage: bounded work, so that no step waits for a whole merge
 *
 * A step's writes can be read only after the step. So what it changes becomes visible with `settle`, which its owner calls
 * when the next step begins; a step has at most one checkpoint and one slice, and ends them with `seal`. Until it is settled
 * all lookups go to what was there before, which no step deletes while it is still in use.
 */
import type { Effect, StorageView } from "../protocol/actor.ts";
import { viewOf } from "../protocol/bytes.ts";
import { LIST_HEADER } from "./accounts.ts";
import { type Codec, pack, unpack } from "./pack.ts";
import { isTombstone, MAX_PAGES, Part, PartWriter, sizeAt } from "./part.ts";
import { ListBuilder, MergedRuns, mayBeIn, RunLookup } from "./run-reader.ts";
import { decodeManifest, encodeManifest, mergeFrom, runOf, type StoredState } from "./runs.ts";

export interface StoreConfig {
  /** Bytes of accounts in a page, before compression: what one cold account costs to read. */
  readonly pageBytes: number;
  /** Bytes of accounts under one directory row. */
  readonly partBytes: number;
  /** Bytes read by a slice of a merge, at least. */
  readonly mergeBytes: number;
}

export interface Totals {
  readonly lamports: bigint;
  readonly count: number;
}

/** Tables of a store: an object may have more than one. */
export interface StoreTables {
  readonly manifest: string;
  readonly parts: string;
  readonly pages: string;
}
const TABLES: StoreTables = { manifest: "manifest", parts: "parts", pages: "pages" };

/** Bytes that a slice of a merge reads at the most: what it writes is in memory together. */
const MERGE_MOST = 12 << 20;
/** Parts removed in a step. */
const GARBAGE_PARTS = 4;
/** Bytes of accounts in one list of `lists`. */
const LIST_BYTES = 1 << 20;
/** Bytes of accounts that are looked up together. */
const FOUND_BYTES = 4 << 20;
const KEY = 32;

const NOTHING: StoredState = {
  upTo: 0,
  lamports: 0n,
  count: 0,
  nextPart: 1,
  runs: [],
  job: undefined,
  garbage: [],
};

export class AccountStore {
  readonly #config: StoreConfig;
  readonly #codec: Codec | undefined;
  #storage: StorageView | undefined;
  #state = NOTHING;
  /** What is there after this step. */
  #next: StoredState | undefined;
  #sealed = false;

  readonly #tables: StoreTables;

  constructor(config: StoreConfig, codec: Codec | undefined, tables = TABLES) {
    this.#tables = tables;
    this.#config = config;
    this.#codec = codec;
  }

  /** Reads manifest and directories. False: nothing was ever stored. */
  boot(storage: StorageView): boolean {
    this.#storage = storage;
    const { manifest: table, parts } = this.#tables;
    const manifest = storage.get(table, 0);
    if (!manifest) return false;
    this.#state = decodeManifest(manifest, (id) => new Part(id, this.#get(parts, id)));
    return true;
  }

  /** A new step begins: what the last one wrote is there. True when it wrote something. */
  settle(): boolean {
    if (!this.#next) return false;
    this.#state = this.#next;
    this.#next = undefined;
    this.#sealed = false;
    return true;
  }

  /** Whether this step has sealed a change: then it may not make another. */
  get busy(): boolean {
    return this.#sealed;
  }
  get upTo(): number {
    return this.#state.upTo;
  }
  get totals(): Totals {
    return (this.#next ?? this.#state) as Totals;
  }
  /** Bytes of accounts in all runs, old versions too. */
  get bytes(): number {
    return this.#state.runs.reduce((sum, run) => sum + run.bytes, 0);
  }
  get runs(): number {
    return this.#state.runs.length;
  }
  /** Parts of old runs that are still there. */
  get garbage(): number {
    return this.#state.garbage.length;
  }

  #get(table: string, id: number): Uint8Array {
    const bytes = this.#storage!.get(table, id);
    if (!bytes) throw new Error(`${table} ${id} is missing`);
    return bytes;
  }
  readonly #page = (part: Part, page: number): Uint8Array =>
    unpack(this.#get(this.#tables.pages, part.pageId(page)), this.#codec);

  /** Account list of the keys (ascending) that exist, and of up to `spareBytes` that were on the way. */
  find(keys: Uint8Array, spareBytes = 0): Uint8Array {
    return new RunLookup(this.#state.runs, this.#page, spareBytes).find(keys)!;
  }
  /** The same in lists of which none is much larger than FOUND_BYTES, unless one account is: only one of them is in memory. */
  *found(keys: Uint8Array, spareBytes = 0): Generator<Uint8Array> {
    const whole = keys.length <= KEY;
    const limit = whole ? Number.POSITIVE_INFINITY : FOUND_BYTES + spareBytes;
    const list = new RunLookup(this.#state.runs, this.#page, spareBytes, limit).find(keys);
    if (list) {
      yield list;
      return;
    }
    const half = Math.ceil(keys.length / KEY / 2) * KEY;
    yield* this.found(keys.subarray(0, half));
    yield* this.found(keys.subarray(half));
  }
  /** The same without company; null when it is more than `limitBytes`. */
  findBounded(keys: Uint8Array, limitBytes: number): Uint8Array | null {
    return new RunLookup(this.#state.runs, this.#page, 0, limitBytes).find(keys);
  }

  /** False: storage certainly has nothing of this key, the last seal's changes included. No page is read. */
  mayHave(key: Uint8Array): boolean {
    const { runs } = this.#next ?? this.#state;
    return runs.length > 0 && mayBeIn(runs, key);
  }

  /** Every stored account that exists, ascending, in account lists of about so many bytes. */
  *lists(listBytes = LIST_BYTES): Generator<Uint8Array> {
    const merged = new MergedRuns(this.#state.runs, this.#page);
    let list = new ListBuilder();
    for (let now = merged.current; now; now = merged.current) {
      if (!isTombstone(now.view, now.at)) list.add(now.list.subarray(now.at, now.at + now.size));
      if (list.bytes >= listBytes) {
        yield list.finish();
        list = new ListBuilder();
      }
      merged.next();
    }
    yield list.finish();
  }

  /** Ends this step's changes with the row that makes them count. */
  seal(): Effect[] {
    if (!this.#next || this.#sealed) return [];
    this.#sealed = true;
    return [{ type: "put", table: this.#tables.manifest, id: 0, bytes: encodeManifest(this.#next) }];
  }

  #writer(): PartWriter {
    return new PartWriter(this.#config.pageBytes, (list) => pack(list, this.#codec));
  }

  #finishPart(writer: PartWriter, id: number, effects: Effect[]): Part | undefined {
    const written = writer.finish();
    if (!written) return undefined;
    effects.push({ type: "put", table: this.#tables.parts, id, bytes: written.directory });
    for (const [i, bytes] of written.pages.entries()) {
      effects.push({ type: "put", table: this.#tables.pages, id: id * MAX_PAGES + i, bytes });
    }
    return new Part(id, written.directory);
  }

  #full(writer: PartWriter): boolean {
    return writer.bytes >= this.#config.partBytes || !writer.open;
  }

  /** Stores what changed up to slot `upTo`: account lists, ascending from one to the next, tombstones too. */
  checkpoint(upTo: number, totals: Totals, lists: Iterable<Uint8Array>): Effect[] {
    const state = this.#state;
    const effects: Effect[] = [];
    const parts: Part[] = [];
    let writer = this.#writer();
    let nextPart = state.nextPart;
    const finish = (): void => {
      const part = this.#finishPart(writer, nextPart, effects);
      if (part) parts.push(part);
      if (part) nextPart++;
      writer = this.#writer();
    };
    for (const list of lists) {
      const view = viewOf(list);
      for (let at = LIST_HEADER; at < list.length; ) {
        const size = sizeAt(view, at);
        // A tombstone hides an account of an older run. Without one there is nothing to hide.
        if (state.runs.length > 0 || !isTombstone(view, at)) writer.add(list, view, at, size);
        if (this.#full(writer)) finish();
        at += size;
      }
    }
    finish();
    const runs = parts.length > 0 ? [...state.runs, runOf(parts)] : state.runs;
    this.#next = { ...state, upTo, ...totals, nextPart, runs };
    return effects;
  }

  /**
   * Some of the work that checkpoints leave behind. `bytes`: how much a slice of a merge reads, if that is more than the usual.
   * A run of this step's checkpoint cannot be read yet and has no part in it. `keep`: nothing is deleted, somebody reads old runs.
   */
  maintain(bytes: number, keep = false): Effect[] {
    const state = this.#next ?? this.#state;
    const effects: Effect[] = [];
    const gone = keep ? [] : state.garbage.slice(0, GARBAGE_PARTS);
    for (const id of gone) {
      const { pages, parts } = this.#tables;
      effects.push({ type: "delete", table: pages, from: id * MAX_PAGES, to: id * MAX_PAGES + MAX_PAGES - 1 });
      effects.push({ type: "delete", table: parts, from: id, to: id });
    }
    const cleaned = { ...state, garbage: state.garbage.slice(gone.length) };
    const { runs } = this.#state;
    const from = state.job ? undefined : mergeFrom(runs);
    const started =
      from === undefined ? cleaned : { ...cleaned, job: { from, to: runs.length, output: [], after: undefined } };
    if (started.job) this.#next = this.#mergeSlice(started, bytes, effects);
    else if (gone.length > 0) this.#next = cleaned;
    return effects;
  }

  #mergeSlice(state: StoredState, bytes: number, effects: Effect[]): StoredState {
    const job = state.job!;
    const inputs = state.runs.slice(job.from, job.to);
    const merged = new MergedRuns(inputs, this.#page, job.after);
    const budget = Math.max(Math.min(bytes, MERGE_MOST), this.#config.mergeBytes);
    const output = [...job.output];
    let last = job.after && { list: job.after, at: 0 };
    let nextPart = state.nextPart;
    let writer = this.#writer();
    const finish = (): void => {
      const part = this.#finishPart(writer, nextPart, effects);
      if (part) output.push(part);
      if (part) nextPart++;
      writer = this.#writer();
    };
    let now = merged.current;
    for (; now && merged.consumed < budget; now = merged.current) {
      // A large account is left to the next slice rather than added to what this one has.
      if (merged.consumed > 0 && merged.consumed + now.size > MERGE_MOST) break;
      if (job.from > 0 || !isTombstone(now.view, now.at)) writer.add(now.list, now.view, now.at, now.size);
      last = { list: now.list, at: now.at };
      if (this.#full(writer)) finish();
      merged.next();
    }
    finish();
    const after = last?.list.slice(last.at, last.at + 32);
    if (now) return { ...state, nextPart, job: { ...job, output, after } };
    const run = output.length > 0 ? [runOf(output)] : [];
    return {
      ...state,
      nextPart,
      runs: [...state.runs.slice(0, job.from), ...run, ...state.runs.slice(job.to)],
      job: undefined,
      garbage: [...state.garbage, ...inputs.flatMap(({ parts }) => parts.map(({ id }) => id))],
    };
  }
}
