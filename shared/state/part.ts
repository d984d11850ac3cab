/**
 * A part: accounts ascending by key in pages, and a directory that says in which page a key would be. Never changed once written.
 *
 *   table "parts"  id p           directory: first key and filter of each page
 *   table "pages"  id p * 1024 + i  page i: an account list, packed (shared/state/pack.ts)
 *
 * The filter is a Bloom filter of 10 bits and 6 probes a key: of a hundred keys that are not there it lets one through.
 * So a key that no part has costs no read, and one that some part has costs one page.
 */
import { compareKeys, viewOf } from "../protocol/bytes.ts";
import { ENC, LIST } from "../protocol/layouts/account.ts";
import { DIRECTORY, DIRECTORY_MAGIC_VALUE, PAGE } from "../protocol/layouts/stored.ts";
import { LIST_HEADER } from "./accounts.ts";

export const MAX_PAGES = 1024;
const BITS_A_KEY = 10;
const PROBES = 6;
const KEY = 32;

/** Two hashes of a key for the filters; the same forever, they are stored. */
export function hashKey(view: DataView, at: number, out: Uint32Array): void {
  let a = 0x2f0b4c47;
  let b = 0x61c88647;
  for (let i = 0; i < KEY; i += 4) {
    const word = view.getInt32(at + i, true);
    a = Math.imul(a ^ word, 0x5bd1e995);
    a ^= a >>> 15;
    b = Math.imul(b + word, 0x1b873593);
    b ^= b >>> 13;
  }
  out[0] = a;
  out[1] = b | 1;
}

function filterOf(hashes: Uint32Array): Uint8Array {
  const bits = filterBits(hashes.length / 2);
  const filter = new Uint8Array(bits / 8);
  for (let i = 0; i < hashes.length; i += 2) {
    let h = hashes[i]!;
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = h % bits;
      filter[bit >>> 3]! |= 1 << (bit & 7);
      h = (h + hashes[i + 1]!) >>> 0;
    }
  }
  return filter;
}
const filterBits = (keys: number): number => Math.max(64, (keys * BITS_A_KEY + 7) & ~7);

/** A part in memory: its directory. */
export class Part {
  readonly id: number;
  readonly pages: number;
  readonly accounts: number;
  /** Bytes of its accounts. */
  readonly bytes: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(id: number, directory: Uint8Array) {
    const view = viewOf(directory);
    if (directory.length < DIRECTORY.HEADER || view.getUint32(DIRECTORY.MAGIC, true) !== DIRECTORY_MAGIC_VALUE)
      throw new Error(`part ${id} has no directory`);
    this.id = id;
    this.pages = view.getUint32(DIRECTORY.PAGES, true);
    this.accounts = view.getUint32(DIRECTORY.ACCOUNTS, true);
    this.bytes = view.getUint32(DIRECTORY.ACCOUNT_BYTES, true);
    this.#bytes = directory;
    this.#view = view;
  }

  pageId(page: number): number {
    return this.id * MAX_PAGES + page;
  }
  /** Where the first key of a page is. */
  firstKey(page: number): readonly [view: DataView, at: number] {
    return [this.#view, DIRECTORY.HEADER + page * PAGE.SIZE + PAGE.FIRST];
  }
  /** Whether the key is not after the last one. */
  reaches(key: DataView, at: number): boolean {
    return compareKeys(key, at, this.#view, DIRECTORY.LAST) <= 0;
  }
  /** The page in which the key would be, -1 when it is before the first one. */
  pageOf(key: DataView, at: number): number {
    let low = 0;
    let high = this.pages;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#view, DIRECTORY.HEADER + middle * PAGE.SIZE + PAGE.FIRST, key, at) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
  mayHave(page: number, hash: Uint32Array): boolean {
    const entry = DIRECTORY.HEADER + page * PAGE.SIZE;
    const offset = this.#view.getUint32(entry + PAGE.FILTER_AT, true);
    const bits = this.#view.getUint32(entry + PAGE.FILTER_BITS, true);
    let h = hash[0]!;
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = h % bits;
      if ((this.#bytes[offset + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return false;
      h = (h + hash[1]!) >>> 0;
    }
    return true;
  }
}

export interface WrittenPart {
  readonly directory: Uint8Array;
  /** Account lists, packed. */
  readonly pages: readonly Uint8Array[];
}

interface WrittenPage {
  readonly packed: Uint8Array;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  readonly hashes: Uint32Array;
}

/** Puts accounts, which come in ascending order, into pages. A page is packed as soon as it is full: what is kept is small. */
export class PartWriter {
  readonly #pageBytes: number;
  readonly #pack: (list: Uint8Array) => Uint8Array;
  #page: Uint8Array;
  #at: number = LIST_HEADER;
  /** Where the last account is. */
  #last: number = LIST_HEADER;
  #count = 0;
  #hashes = new Uint32Array(256);
  readonly #pages: WrittenPage[] = [];
  readonly #hash = new Uint32Array(2);
  #accounts = 0;
  /** Bytes of the accounts so far. */
  bytes = 0;

  constructor(pageBytes: number, pack: (list: Uint8Array) => Uint8Array) {
    this.#pageBytes = pageBytes;
    this.#pack = pack;
    this.#page = new Uint8Array(pageBytes);
  }

  /** Whether there is room for another account. */
  get open(): boolean {
    return this.#pages.length < MAX_PAGES - 1;
  }

  /** The encoded account of `size` bytes at `at`. */
  add(source: Uint8Array, view: DataView, at: number, size: number): void {
    if (this.#count > 0 && this.#at + size > this.#pageBytes) this.#close();
    if (this.#at + size > this.#page.length) this.#page = new Uint8Array(this.#at + size);
    this.#page.set(source.subarray(at, at + size), this.#at);
    this.#last = this.#at;
    hashKey(view, at, this.#hash);
    if (this.#count * 2 === this.#hashes.length) {
      const larger = new Uint32Array(this.#hashes.length * 2);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes.set(this.#hash, this.#count * 2);
    this.#at += size;
    this.#count++;
    this.#accounts++;
    this.bytes += size;
  }

  #close(): void {
    const list = this.#page.subarray(0, this.#at);
    viewOf(list).setUint32(LIST.COUNT, this.#count, true);
    this.#pages.push({
      packed: this.#pack(list),
      firstKey: list.slice(LIST_HEADER, LIST_HEADER + KEY),
      lastKey: list.slice(this.#last, this.#last + KEY),
      hashes: this.#hashes.slice(0, this.#count * 2),
    });
    if (this.#page.length > this.#pageBytes) this.#page = new Uint8Array(this.#pageBytes);
    this.#at = LIST_HEADER;
    this.#count = 0;
  }

  /** Undefined when nothing was added. */
  finish(): WrittenPart | undefined {
    if (this.#count > 0) this.#close();
    const pages = this.#pages;
    if (pages.length === 0) return undefined;
    const filters = pages.map(({ hashes }) => filterOf(hashes));
    const size = filters.reduce((sum, filter) => sum + filter.length, DIRECTORY.HEADER + PAGE.SIZE * pages.length);
    const directory = new Uint8Array(size);
    const view = viewOf(directory);
    view.setUint32(DIRECTORY.MAGIC, DIRECTORY_MAGIC_VALUE, true);
    view.setUint32(DIRECTORY.PAGES, pages.length, true);
    view.setUint32(DIRECTORY.ACCOUNTS, this.#accounts, true);
    view.setUint32(DIRECTORY.ACCOUNT_BYTES, this.bytes, true);
    directory.set(pages.at(-1)!.lastKey, DIRECTORY.LAST);
    let offset = DIRECTORY.HEADER + PAGE.SIZE * pages.length;
    for (const [i, { firstKey }] of pages.entries()) {
      const entry = DIRECTORY.HEADER + i * PAGE.SIZE;
      const filter = filters[i]!;
      directory.set(firstKey, entry + PAGE.FIRST);
      view.setUint32(entry + PAGE.FILTER_AT, offset, true);
      view.setUint32(entry + PAGE.FILTER_BITS, filter.length * 8, true);
      directory.set(filter, offset);
      offset += filter.length;
    }
    return { directory, pages: pages.map(({ packed }) => packed) };
  }
}

/** Bytes of the encoded account at `at` of a list that was checked when it was written. */
export function sizeAt(view: DataView, at: number): number {
  return ENC.HEADER + ((view.getUint32(at + ENC.DATA_LEN, true) + 7) & ~7);
}
/** The upper half of the lamports: two words are cheaper to look at than a bigint. */
const LAMPORTS_HIGH = ENC.LAMPORTS + 4;
/** Whether the account at `at` says that there is none. */
export function isTombstone(view: DataView, at: number): boolean {
  return view.getUint32(at + ENC.LAMPORTS, true) === 0 && view.getUint32(at + LAMPORTS_HIGH, true) === 0;
}
