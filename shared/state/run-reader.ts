/** Reading sorted runs: the newest version of some keys, or of all accounts in order. */
import { compareKeys, viewOf } from "../protocol/bytes.ts";
import { LIST } from "../protocol/layouts/account.ts";
import { LIST_HEADER } from "./accounts.ts";
import { hashKey, isTombstone, type Part, sizeAt } from "./part.ts";
import type { Run } from "./runs.ts";

const KEY = 32;

/** The account list of a page. */
export type ReadPage = (part: Part, page: number) => Uint8Array;

/** Collects encoded accounts into an account list. */
export class ListBuilder {
  readonly #parts: Uint8Array[] = [];
  #count = 0;
  #bytes: number = LIST_HEADER;

  get bytes(): number {
    return this.#bytes;
  }
  add(account: Uint8Array): void {
    this.#parts.push(account);
    this.#count++;
    this.#bytes += account.length;
  }
  /** All accounts of a list. */
  addList(list: Uint8Array): void {
    const body = list.subarray(LIST_HEADER);
    this.#parts.push(body);
    this.#count += viewOf(list).getUint32(LIST.COUNT, true);
    this.#bytes += body.length;
  }
  finish(): Uint8Array {
    const out = new Uint8Array(this.#bytes);
    viewOf(out).setUint32(LIST.COUNT, this.#count, true);
    let at: number = LIST_HEADER;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

/** The part of a run in which the key would be. */
function partOf(run: Run, key: DataView, at: number): Part | undefined {
  let low = 0;
  let high = run.parts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (run.parts[middle]!.reaches(key, at)) high = middle;
    else low = middle + 1;
  }
  return run.parts[low];
}

/** False: none of the runs has the key. Their filters are asked, no page is read. */
export function mayBeIn(runs: readonly Run[], key: Uint8Array): boolean {
  const view = viewOf(key);
  const hash = new Uint32Array(2);
  hashKey(view, 0, hash);
  return runs.some((run) => {
    const part = partOf(run, view, 0);
    const page = part ? part.pageOf(view, 0) : -1;
    return page >= 0 && part!.mayHave(page, hash);
  });
}

export class RunLookup {
  readonly #runs: readonly Run[];
  readonly #read: ReadPage;
  readonly #hash = new Uint32Array(2);
  readonly #found = new ListBuilder();
  /** Bytes of accounts nobody asked for that may come along, because their page was read anyway. */
  #spare: number;
  readonly #limit: number;

  constructor(runs: readonly Run[], read: ReadPage, spareBytes: number, limitBytes = Number.POSITIVE_INFINITY) {
    this.#runs = runs;
    this.#read = read;
    this.#spare = spareBytes;
    this.#limit = limitBytes;
  }

  /**
   * An account list of those of the keys (ascending) that storage has, tombstones left out, and of what came along; null when it
   * is over the limit.
   */
  find(keys: Uint8Array): Uint8Array | null {
    const view = viewOf(keys);
    let left: number[] = [];
    for (let at = 0; at < keys.length; at += KEY) left.push(at);
    for (let i = this.#runs.length - 1; i >= 0 && left.length > 0; i--) left = this.#inRun(i, view, left);
    return this.#found.bytes > this.#limit ? null : this.#found.finish();
  }

  /** Returns the keys, as offsets, that this run does not have. */
  #inRun(index: number, keys: DataView, wanted: readonly number[]): number[] {
    const run = this.#runs[index]!;
    const missing: number[] = [];
    let group: number[] = [];
    let part: Part | undefined;
    let page = -1;
    const flush = (): void => {
      if (group.length > 0) this.#inPage(index, this.#read(part!, page), keys, group, missing);
      group = [];
    };
    for (const at of wanted) {
      if (this.#found.bytes > this.#limit) return [];
      const itsPart = partOf(run, keys, at);
      const itsPage = itsPart?.pageOf(keys, at) ?? -1;
      if (itsPage < 0) {
        missing.push(at);
        continue;
      }
      hashKey(keys, at, this.#hash);
      if (!itsPart!.mayHave(itsPage, this.#hash)) {
        missing.push(at);
        continue;
      }
      if (itsPart !== part || itsPage !== page) flush();
      part = itsPart;
      page = itsPage;
      group.push(at);
    }
    flush();
    // A page is looked at after the keys behind it that the filters refused: order matters to the next run.
    return missing.sort((a, b) => a - b);
  }

  #inPage(index: number, list: Uint8Array, keys: DataView, wanted: readonly number[], missing: number[]): void {
    const view = viewOf(list);
    let next = 0;
    for (let at: number = LIST_HEADER; at < list.length; ) {
      const size = sizeAt(view, at);
      let order = 1;
      while (next < wanted.length) {
        order = compareKeys(keys, wanted[next]!, view, at);
        if (order >= 0) break;
        missing.push(wanted[next++]!);
      }
      const isWanted = next < wanted.length && order === 0;
      if (isWanted) next++;
      if (!isTombstone(view, at) && (isWanted || this.#comesAlong(index, view, at, size))) {
        this.#found.add(list.subarray(at, at + size));
      }
      at += size;
    }
    while (next < wanted.length) missing.push(wanted[next++]!);
  }

  /** Whether an account may be taken although nobody asked for it: there is room, and no newer run can have it. */
  #comesAlong(index: number, view: DataView, at: number, size: number): boolean {
    if (this.#spare < size) return false;
    for (let i = index + 1; i < this.#runs.length; i++) {
      const part = partOf(this.#runs[i]!, view, at);
      const page = part?.pageOf(view, at) ?? -1;
      if (page < 0) continue;
      hashKey(view, at, this.#hash);
      if (part!.mayHave(page, this.#hash)) return false;
    }
    this.#spare -= size;
    return true;
  }
}

const NO_LIST = new Uint8Array(0);

/**
 * Walks a run's accounts in order. A page is read when something of it is wanted beyond its first key, which the directory has: where runs
 * have many versions of a large account, each on a page of its own, only one of them is in memory.
 */
class RunCursor {
  readonly #run: Run;
  readonly #read: ReadPage;
  #part = 0;
  #page = -1;
  /** Empty: the page is not read yet, and the account is its first. */
  #list: Uint8Array = NO_LIST;
  #view: DataView = viewOf(NO_LIST);
  #at = 0;
  done = false;

  constructor(run: Run, read: ReadPage, after: Uint8Array | undefined) {
    this.#run = run;
    this.#read = read;
    if (after) this.#seek(viewOf(after));
    else this.next();
  }

  #seek(after: DataView): void {
    const part = partOf(this.#run, after, 0);
    if (!part) {
      this.done = true;
      return;
    }
    this.#part = this.#run.parts.indexOf(part);
    this.#page = Math.max(0, part.pageOf(after, 0)) - 1;
    do this.next();
    while (!this.done && this.compare(after, 0) <= 0);
  }

  #load(): void {
    if (this.#list.length > 0) return;
    this.#list = this.#read(this.#run.parts[this.#part]!, this.#page);
    this.#view = viewOf(this.#list);
    this.#at = LIST_HEADER;
  }

  get list(): Uint8Array {
    this.#load();
    return this.#list;
  }
  get view(): DataView {
    this.#load();
    return this.#view;
  }
  get at(): number {
    this.#load();
    return this.#at;
  }
  get size(): number {
    return sizeAt(this.view, this.#at);
  }

  /** memcmp of the account's key and another. */
  compare(key: DataView, at: number): number {
    if (this.#list.length > 0) return compareKeys(this.#view, this.#at, key, at);
    const [view, first] = this.#run.parts[this.#part]!.firstKey(this.#page);
    return compareKeys(view, first, key, at);
  }
  compareWith(other: RunCursor): number {
    if (this.#list.length > 0) return -other.compare(this.#view, this.#at);
    return -other.compare(...this.#run.parts[this.#part]!.firstKey(this.#page));
  }

  next(): void {
    if (this.#page >= 0) {
      this.#at = this.at + this.size;
      if (this.#at < this.#list.length) return;
    }
    this.#list = NO_LIST;
    for (;;) {
      const part = this.#run.parts[this.#part];
      if (!part) {
        this.done = true;
        return;
      }
      if (++this.#page < part.pages) return;
      this.#part++;
      this.#page = -1;
    }
  }
}

/** The newest version of every account of some runs (oldest first) behind a key, ascending, tombstones too. */
export class MergedRuns {
  /** Newest first. */
  readonly #cursors: RunCursor[];
  #current: RunCursor | undefined;
  /** Bytes of all versions passed. */
  consumed = 0;

  constructor(runs: readonly Run[], read: ReadPage, after?: Uint8Array) {
    this.#cursors = runs.map((run) => new RunCursor(run, read, after)).reverse();
    this.#choose();
  }

  /** Where the present account is, at `at` of `list`; undefined at the end. */
  get current(): Pick<RunCursor, "list" | "view" | "at" | "size"> | undefined {
    return this.#current;
  }

  #choose(): void {
    this.#current = undefined;
    for (const cursor of this.#cursors) {
      if (cursor.done) continue;
      const best = this.#current as RunCursor | undefined;
      if (!best || cursor.compareWith(best) < 0) this.#current = cursor;
    }
  }

  next(): void {
    const passed = this.#current!;
    for (const cursor of this.#cursors) {
      if (cursor === passed || cursor.done || cursor.compareWith(passed) !== 0) continue;
      this.consumed += cursor.size;
      cursor.next();
    }
    this.consumed += passed.size;
    passed.next();
    this.#choose();
  }
}
