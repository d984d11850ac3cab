/**
 * A sorted run of the ledger's index: entries of four words, sorted by keyHigh, entries of the same keyHigh in order of time. A key is 8 bytes of a signature or a mix of an address: a hit is
 * a candidate that the block itself confirms.
 */
import { INDEX_ENTRY } from "../protocol/layouts/ledger.ts";

export const ENTRY_WORDS = INDEX_ENTRY.SIZE / 4;
/** Words of an entry. */
const KEY_LOW = INDEX_ENTRY.KEY_LOW / 4;
const SLOT_LOW = INDEX_ENTRY.SLOT_LOW / 4;
const PLACE = INDEX_ENTRY.PLACE / 4;
/** Positions in a block have 24 bits. */
export const LAST_INDEX = 0xffffff;

export interface IndexHit {
  readonly slot: number;
  readonly index: number;
}

export interface IndexKey {
  readonly high: number;
  readonly low: number;
}

/**
 * The first bytes of a signature's second half, which are uniformly random. Those of the first half (R) are what the signer
 * likes: many signatures that share them would make every lookup of one walk through all.
 */
export function signatureKey(bytes: DataView, at: number): IndexKey {
  return { high: bytes.getUint32(at + 32, true), low: bytes.getUint32(at + 36, true) };
}

/** Sysvars and vanity addresses share their first bytes: all 32 are mixed in. */
export function addressKey(bytes: DataView, at: number): IndexKey {
  let high = 0;
  let low = 0;
  for (let i = 0; i < 32; i += 8) {
    high = Math.imul(high ^ bytes.getUint32(at + i, true), 0x9e3779b1);
    low = Math.imul(low ^ bytes.getUint32(at + i + 4, true) ^ (high >>> 15), 0x85ebca6b);
    high ^= low >>> 13;
  }
  return { high: high >>> 0, low: low >>> 0 };
}

/** Collects the entries of one block, growing in place. */
export class RunBuilder {
  #words = new Uint32Array(1024);
  #length = 0;

  add(high: number, low: number, slot: number, index: number): void {
    if (this.#length + ENTRY_WORDS > this.#words.length) {
      const larger = new Uint32Array(this.#words.length * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[this.#length++] = high;
    this.#words[this.#length++] = low;
    this.#words[this.#length++] = slot >>> 0;
    this.#words[this.#length++] = (Math.floor(slot / 2 ** 32) << 24) | index;
  }

  /** The sorted run. */
  finish(): Uint32Array {
    return sortRun(this.#words.subarray(0, this.#length));
  }
}

/** Stable radix sort by keyHigh, 11 bits a pass. Returns a new array. */
export function sortRun(entries: Uint32Array): Uint32Array {
  let from = entries.slice();
  let to = new Uint32Array(entries.length);
  const counts = new Uint32Array(2048);
  for (let shift = 0; shift < 32; shift += 11) {
    counts.fill(0);
    for (let i = 0; i < from.length; i += ENTRY_WORDS) counts[(from[i]! >>> shift) & 2047]!++;
    let sum = 0;
    for (let d = 0; d < 2048; d++) {
      const count = counts[d]!;
      counts[d] = sum;
      sum += count;
    }
    for (let i = 0; i < from.length; i += ENTRY_WORDS) {
      const at = counts[(from[i]! >>> shift) & 2047]!++ * ENTRY_WORDS;
      to[at] = from[i]!;
      to[at + 1] = from[i + 1]!;
      to[at + 2] = from[i + 2]!;
      to[at + 3] = from[i + 3]!;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Several runs that follow each other in time, end to end: unsorted. */
export function joinRuns(runs: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(runs.reduce((sum, run) => sum + run.length, 0));
  let at = 0;
  for (const run of runs) {
    all.set(run, at);
    at += run.length;
  }
  return all;
}

/** Where an entry's transaction stands: slot and position among the block's landed transactions. */
export function hitAt(run: Uint32Array, at: number): IndexHit {
  const last = run[at + PLACE]!;
  return { slot: (last >>> 24) * 2 ** 32 + run[at + SLOT_LOW]!, index: last & 0xffffff };
}

/** Whether a place is before another in the chain. */
export function isBefore(a: IndexHit, b: IndexHit): boolean {
  return a.slot < b.slot || (a.slot === b.slot && a.index < b.index);
}

/** How many entries stand before a place of a key high; without a place: before those that come after the key high. */
function countBefore(run: Uint32Array, high: number, place: IndexHit | undefined): number {
  let from = 0;
  let to = run.length / ENTRY_WORDS;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const at = middle * ENTRY_WORDS;
    const isLower = run[at]! < high || (run[at] === high && (!place || isBefore(hitAt(run, at), place)));
    if (isLower) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Candidates for a key, newest first; `before`: only those before that place. Found by halving, however many share the key. */
export function* findInRun(run: Uint32Array, key: IndexKey, before?: IndexHit): Generator<IndexHit> {
  for (let i = countBefore(run, key.high, before) - 1; i >= 0 && run[i * ENTRY_WORDS] === key.high; i--) {
    if (run[i * ENTRY_WORDS + KEY_LOW] === key.low) yield hitAt(run, i * ENTRY_WORDS);
  }
}

/** The same from a place on, itself within, oldest first. */
export function* findInRunFrom(run: Uint32Array, key: IndexKey, from: IndexHit): Generator<IndexHit> {
  for (let at = countBefore(run, key.high, from) * ENTRY_WORDS; run[at] === key.high; at += ENTRY_WORDS) {
    if (run[at + KEY_LOW] === key.low) yield hitAt(run, at);
  }
}
