/**
 * A set of 64-bit hashes: open addressing, 8 bytes an entry, from 3/5 to 3/4 full as it grows. The values 0 and 1 mean "empty" and
 * "removed", so hashes 0 and 1 stand in for 2 and 3.
 *
 * Layout of the 16-byte head: u32 table, u32 capacity (0: no table yet), u32 used (removed ones included), u32 live.
 */
import { heapAlloc, heapFree } from "./heap";

export const SET_HEAD: u32 = 16;
const TABLE: usize = 0;
const CAPACITY: usize = 4;
const USED: usize = 8;
const LIVE: usize = 12;
const FIRST_CAPACITY: u32 = 64;

// @ts-ignore: decorator
@inline
function valueOf(hash: u64): u64 {
  return hash < 2 ? hash + 2 : hash;
}

/** Where `value` is, or the empty place where the search ends. The table is never full. */
function place(table: usize, capacity: u32, value: u64): usize {
  // The upper half of the hash as a fraction of the table: any capacity will do.
  let i: u32 = <u32>(((value >> 32) * capacity) >> 32);
  while (true) {
    const at = table + (<usize>i << 3);
    const found = load<u64>(at);
    if (found == value || found == 0) return at;
    if (++i == capacity) i = 0;
  }
}

export function setHas(set: usize, hash: u64): bool {
  const capacity = load<u32>(set, CAPACITY);
  if (!capacity) return false;
  return load<u64>(place(load<u32>(set, TABLE), capacity, valueOf(hash))) != 0;
}

function rebuild(set: usize): void {
  const old = load<u32>(set, TABLE);
  const oldCapacity = load<u32>(set, CAPACITY);
  const live = load<u32>(set, LIVE);
  const capacity = max<u32>(FIRST_CAPACITY, live + (live / 3) * 2 + 2);
  const table = heapAlloc(capacity << 3);
  memory.fill(table, 0, capacity << 3);
  for (let at: usize = old, end: usize = old + (oldCapacity << 3); at < end; at += 8) {
    const value = load<u64>(at);
    if (value > 1) store<u64>(place(table, capacity, value), value);
  }
  if (oldCapacity) heapFree(old, oldCapacity << 3);
  store<u32>(set, <u32>table, TABLE);
  store<u32>(set, capacity, CAPACITY);
  store<u32>(set, load<u32>(set, LIVE), USED);
}

/** Adds the hash; false when it was there already. */
export function setAdd(set: usize, hash: u64): bool {
  const capacity = load<u32>(set, CAPACITY);
  if (load<u32>(set, USED) + 1 > capacity - (capacity >> 2)) rebuild(set);
  const at = place(load<u32>(set, TABLE), load<u32>(set, CAPACITY), valueOf(hash));
  if (load<u64>(at)) return false;
  store<u64>(at, valueOf(hash));
  store<u32>(set, load<u32>(set, USED) + 1, USED);
  store<u32>(set, load<u32>(set, LIVE) + 1, LIVE);
  return true;
}

/** Removes the hash; false when it was not there. */
export function setRemove(set: usize, hash: u64): bool {
  const capacity = load<u32>(set, CAPACITY);
  if (!capacity) return false;
  const at = place(load<u32>(set, TABLE), capacity, valueOf(hash));
  if (!load<u64>(at)) return false;
  store<u64>(at, 1);
  store<u32>(set, load<u32>(set, LIVE) - 1, LIVE);
  return true;
}

export function setSize(set: usize): u32 {
  return load<u32>(set, LIVE);
}

/** Gives the memory back; the set is empty afterwards. */
export function setClear(set: usize): void {
  const capacity = load<u32>(set, CAPACITY);
  if (capacity) heapFree(load<u32>(set, TABLE), capacity << 3);
  memory.fill(set, 0, SET_HEAD);
}
