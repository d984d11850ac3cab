/**
 * Sorting of entries {u64 prefix, u32 key pointer, u32 payload} by the 32-byte key: the prefix is the key's first eight
 * bytes, most significant first, so that most comparisons touch no key.
 *
 * Keys are mostly random: one pass distributes the entries by their top bits into buckets of a few, which are sorted by
 * insertion. A bucket that is large (keys chosen by somebody) is merge sorted, so that it is n log n whatever the keys.
 */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyCompare } from "../memory/bytes";

export const SORT_ENTRY: u32 = 16;
export const SORT_KEY: usize = 8;
export const SORT_PAYLOAD: usize = 12;
const RUN: u32 = 8;
const BUCKET_BITS: u32 = 11;
const BUCKETS: u32 = 1 << BUCKET_BITS;
/** Fewer entries are merge sorted at once. */
const DISTRIBUTE_MIN: u32 = 256;
/** u32 each: where the next entry of a bucket goes. */
const places: usize = memory.data(8192, 16);

// @ts-ignore: decorator
@inline
export function sortPut(entry: usize, key: usize, payload: u32): void {
  store<u64>(entry, bswap(load<u64>(key)));
  store<u32>(entry, <u32>key, SORT_KEY);
  store<u32>(entry, payload, SORT_PAYLOAD);
}

// @ts-ignore: decorator
@inline
function less(a: usize, b: usize): bool {
  const x = load<u64>(a);
  const y = load<u64>(b);
  return x != y ? x < y : keyCompare(load<u32>(a, SORT_KEY), load<u32>(b, SORT_KEY)) < 0;
}

export function sortByKey(entries: usize, n: u32): void {
  if (n < DISTRIBUTE_MIN) return mergeSort(entries, n);
  memory.fill(places, 0, BUCKETS << 2);
  const end = entries + (n << 4);
  for (let e = entries; e < end; e += 16) {
    const place = bucketOf(e);
    store<u32>(place, load<u32>(place) + 1);
  }
  let sum: u32 = 0;
  for (let place = places; place < places + (BUCKETS << 2); place += 4) {
    const count = load<u32>(place);
    store<u32>(place, sum);
    sum += count;
  }
  const other = heapAlloc(n << 4);
  for (let e = entries; e < end; e += 16) {
    const place = bucketOf(e);
    const at = load<u32>(place);
    store<u32>(place, at + 1);
    v128.store(other + (at << 4), v128.load(e));
  }
  memory.copy(entries, other, n << 4);
  heapFree(other, n << 4);
  // `places` now holds where each bucket ends.
  let start: u32 = 0;
  for (let place = places; place < places + (BUCKETS << 2); place += 4) {
    const stop = load<u32>(place);
    if (stop - start > 1) mergeSort(entries + (start << 4), stop - start);
    start = stop;
  }
}

// @ts-ignore: decorator
@inline
function bucketOf(entry: usize): usize {
  return places + (<usize>(load<u64>(entry) >> (64 - BUCKET_BITS)) << 2);
}

function mergeSort(entries: usize, n: u32): void {
  for (let start: u32 = 0; start < n; start += RUN) {
    const end = min(n, start + RUN);
    for (let i = start + 1; i < end; i++) {
      let j = entries + (i << 4);
      const value = v128.load(j);
      const first = entries + (start << 4);
      while (j > first && lessValue(value, j - 16)) {
        v128.store(j, v128.load(j - 16));
        j -= 16;
      }
      v128.store(j, value);
    }
  }
  if (n <= RUN) return;
  const other = heapAlloc(n << 4);
  let from = entries;
  let to = other;
  for (let width = RUN; width < n; width <<= 1) {
    for (let start: u32 = 0; start < n; start += width << 1) {
      const middle = from + (min(n, start + width) << 4);
      const end = from + (min(n, start + (width << 1)) << 4);
      let a = from + (start << 4);
      let b = middle;
      let out = to + (start << 4);
      while (a < middle && b < end) {
        const takeB = less(b, a);
        v128.store(out, v128.load(takeB ? b : a));
        out += 16;
        if (takeB) b += 16;
        else a += 16;
      }
      if (a < middle) memory.copy(out, a, middle - a);
      else if (b < end) memory.copy(out, b, end - b);
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != entries) memory.copy(entries, from, n << 4);
  heapFree(other, n << 4);
}

// @ts-ignore: decorator
@inline
function lessValue(value: v128, b: usize): bool {
  const x = <u64>i64x2.extract_lane(value, 0);
  const y = load<u64>(b);
  return x != y ? x < y : keyCompare(i32x4.extract_lane(value, 2), load<u32>(b, SORT_KEY)) < 0;
}
