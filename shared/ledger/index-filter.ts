/**
 * Bloom filter of one page of the index: 16 bits an entry, 6 probes by double hashing over the key's two words. About 0.1 % of the
 * keys that a page has not pass it. Keys are uniform already (signatures, mixed addresses), so a multiplication is hash enough.
 * A filter's size says how many bits it has: those written with 10 an entry are read as they are.
 */
import { ENTRY_WORDS, type IndexKey } from "./index-run.ts";

const BITS_PER_ENTRY = 16;
const PROBES = 6;

/** Bytes of the filter of a page of so many entries: whole words, at least one. */
export function filterBytes(entries: number): number {
  return Math.max(1, Math.ceil((entries * BITS_PER_ENTRY) / 32)) * 4;
}

const first = ({ high, low }: IndexKey): number => Math.imul(high ^ (low >>> 15), 0x9e3779b1) >>> 0;
const stride = ({ high, low }: IndexKey): number => (Math.imul(low ^ (high >>> 13), 0x85ebca6b) | 1) >>> 0;

/** The filter of the entries of a page. */
export function makeFilter(page: Uint32Array): Uint32Array {
  const filter = new Uint32Array(filterBytes(page.length / ENTRY_WORDS) / 4);
  const bits = filter.length * 32;
  const key = { high: 0, low: 0 };
  for (let at = 0; at < page.length; at += ENTRY_WORDS) {
    key.high = page[at]!;
    key.low = page[at + 1]!;
    const step = stride(key);
    for (let i = 0, bit = first(key); i < PROBES; i++, bit = (bit + step) >>> 0) {
      const place = bit % bits;
      filter[place >>> 5]! |= 1 << (place & 31);
    }
  }
  return filter;
}

/** False: the page has no entry of this key. */
export function mayHold(filter: Uint32Array, key: IndexKey): boolean {
  const bits = filter.length * 32;
  const step = stride(key);
  for (let i = 0, bit = first(key); i < PROBES; i++, bit = (bit + step) >>> 0) {
    const place = bit % bits;
    if ((filter[place >>> 5]! & (1 << (place & 31))) === 0) return false;
  }
  return true;
}
