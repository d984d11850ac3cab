/**
 * A small table of records by key, for the accounts of one slot or of one simulation: linear probing, at most half full.
 * The table itself is three words, an entry two.
 */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyEquals } from "../memory/bytes";

export const SMALL_TABLE: i32 = 16;
const TABLE_ENTRIES: usize = 0; // u32 pointer
const TABLE_MASK: usize = 4; // u32
const TABLE_COUNT: usize = 8; // u32
const ENTRY_HASH: usize = 0; // u32
const ENTRY_RECORD: usize = 4; // u32 pointer
const FIRST: u32 = 64;

export function smallCount(t: usize): u32 {
  return load<u32>(t, TABLE_COUNT);
}

export function smallFind(t: usize, key: usize, hash: u64): usize {
  const entries: usize = load<u32>(t, TABLE_ENTRIES);
  const mask = load<u32>(t, TABLE_MASK);
  if (!entries) return 0;
  let i = <u32>hash & mask;
  let record: usize = load<u32>(entries + (i << 3), ENTRY_RECORD);
  while (record && !(load<u32>(entries + (i << 3), ENTRY_HASH) == <u32>hash && keyEquals(record, key))) {
    i = (i + 1) & mask;
    record = load<u32>(entries + (i << 3), ENTRY_RECORD);
  }
  return record;
}

function put(entries: usize, mask: u32, hash: u32, record: u32): void {
  let i = hash & mask;
  while (load<u32>(entries + (i << 3), ENTRY_RECORD)) i = (i + 1) & mask;
  store<u32>(entries + (i << 3), hash, ENTRY_HASH);
  store<u32>(entries + (i << 3), record, ENTRY_RECORD);
}

/** Adds a record whose key is not in the table. */
export function smallInsert(t: usize, record: usize, hash: u64): void {
  const count = load<u32>(t, TABLE_COUNT) + 1;
  store<u32>(t, count, TABLE_COUNT);
  let mask = load<u32>(t, TABLE_MASK);
  const old: usize = load<u32>(t, TABLE_ENTRIES);
  if (!old || count * 2 > mask + 1) {
    const size = old ? (mask + 1) * 2 : FIRST;
    const fresh = heapAlloc(size << 3);
    memory.fill(fresh, 0, size << 3);
    if (old) {
      for (let i: u32 = 0; i <= mask; i++) {
        const moved = load<u32>(old + (i << 3), ENTRY_RECORD);
        if (moved) put(fresh, size - 1, load<u32>(old + (i << 3), ENTRY_HASH), moved);
      }
      heapFree(old, (mask + 1) << 3);
    }
    mask = size - 1;
    store<u32>(t, <u32>fresh, TABLE_ENTRIES);
    store<u32>(t, mask, TABLE_MASK);
  }
  put(load<u32>(t, TABLE_ENTRIES), mask, <u32>hash, <u32>record);
}

/** Number of places, and the record at place `i` or 0: for walking, in no meaningful order. */
export function smallPlaces(t: usize): u32 {
  return load<u32>(t, TABLE_ENTRIES) ? load<u32>(t, TABLE_MASK) + 1 : 0;
}
export function smallAt(t: usize, i: u32): usize {
  return load<u32>(<usize>load<u32>(t, TABLE_ENTRIES) + (i << 3), ENTRY_RECORD);
}

export function smallClear(t: usize): void {
  const entries: usize = load<u32>(t, TABLE_ENTRIES);
  if (entries) heapFree(entries, (load<u32>(t, TABLE_MASK) + 1) << 3);
  memory.fill(t, 0, 12);
}
