/**
 * A small table of records by key, for the accounts of one slot or of one simulation: linear probing, at most half full.
 * The table itself is three words at `t`: u32 pointer, u32 mask, u32 count; an entry is {u32 hash, u32 record}.
 */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyEquals } from "../memory/bytes";

export const SMALL_TABLE: i32 = 16;
const FIRST: u32 = 64;

export function smallCount(t: usize): u32 {
  return load<u32>(t, 8);
}

export function smallFind(t: usize, key: usize, hash: u64): usize {
  const entries: usize = load<u32>(t);
  const mask = load<u32>(t, 4);
  if (!entries) return 0;
  let i = <u32>hash & mask;
  let record: usize = load<u32>(entries + (i << 3), 4);
  while (record && !(load<u32>(entries + (i << 3)) == <u32>hash && keyEquals(record, key))) {
    i = (i + 1) & mask;
    record = load<u32>(entries + (i << 3), 4);
  }
  return record;
}

function put(entries: usize, mask: u32, hash: u32, record: u32): void {
  let i = hash & mask;
  while (load<u32>(entries + (i << 3), 4)) i = (i + 1) & mask;
  store<u32>(entries + (i << 3), hash);
  store<u32>(entries + (i << 3), record, 4);
}

/** Adds a record whose key is not in the table. */
export function smallInsert(t: usize, record: usize, hash: u64): void {
  const count = load<u32>(t, 8) + 1;
  store<u32>(t, count, 8);
  let mask = load<u32>(t, 4);
  const old: usize = load<u32>(t);
  if (!old || count * 2 > mask + 1) {
    const size = old ? (mask + 1) * 2 : FIRST;
    const fresh = heapAlloc(size << 3);
    memory.fill(fresh, 0, size << 3);
    if (old) {
      for (let i: u32 = 0; i <= mask; i++) {
        const moved = load<u32>(old + (i << 3), 4);
        if (moved) put(fresh, size - 1, load<u32>(old + (i << 3)), moved);
      }
      heapFree(old, (mask + 1) << 3);
    }
    mask = size - 1;
    store<u32>(t, <u32>fresh);
    store<u32>(t, mask, 4);
  }
  put(load<u32>(t), mask, <u32>hash, <u32>record);
}

/** Number of places, and the record at place `i` or 0: for walking, in no meaningful order. */
export function smallPlaces(t: usize): u32 {
  return load<u32>(t) ? load<u32>(t, 4) + 1 : 0;
}
export function smallAt(t: usize, i: u32): usize {
  return load<u32>(<usize>load<u32>(t) + (i << 3), 4);
}

export function smallClear(t: usize): void {
  const entries: usize = load<u32>(t);
  if (entries) heapFree(entries, (load<u32>(t, 4) + 1) << 3);
  memory.fill(t, 0, 12);
}
