/**
 * Data of other shards' programs, by their BLAKE3 hash. Programs are lent to every shard that calls them, slot after slot, and seldom
 * change: a loan names the hash, and the data travel once (wasm/state/stub.ts).
 *
 * What the open slot uses stays where it is, whatever the limits say; of the rest the longest unused goes.
 */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyCopy, keyEquals } from "../memory/bytes";

/** Bytes that are kept beside what the open slot uses. */
const MAX_BYTES: u32 = 32 << 20;
const MAX_CODES: u32 = 1_024;

/** An entry: hash 32, u32 data, u32 length, u64 turn in which it was last used, u64 stamp. */
const CODE_DATA: usize = 32;
const CODE_LEN: usize = 36;
const CODE_USED: usize = 40;
const CODE_STAMP: usize = 48;
const CODE_SIZE: u32 = 56;
let codes: usize = 0;
let capacity: u32 = 0;
let count: u32 = 0;
let bytes: u64 = 0;
/** Counts slots: what was used in this turn stays. */
let turn: u64 = 1;
/** Of stamps, so that none is the slot of a change. */
const STAMP: u64 = 1 << 63;
let stamps: u64 = STAMP;
let stamp: u64 = 0;

// @ts-ignore: decorator
@inline
function at(i: u32): usize {
  return codes + i * CODE_SIZE;
}

/**
 * Of the data that were found or added last: no other data of this instance ever have it. A part of the hash would not do: 64 bits are
 * few enough to make two programs that share them.
 */
export function codeStamp(): u64 {
  return stamp;
}

/** Data with this hash and length, or 0. They stay where they are until the next codesTurn. */
export function codeFind(hash: usize, len: u32): usize {
  for (let i: u32 = 0; i < count; i++) {
    const code = at(i);
    if (load<u32>(code, CODE_LEN) != len || !keyEquals(code, hash)) continue;
    store<u64>(code, turn, CODE_USED);
    stamp = load<u64>(code, CODE_STAMP);
    return load<u32>(code, CODE_DATA);
  }
  return 0;
}

/** Keeps a copy of data that are not here, which have this hash. Returns where. */
export function codeAdd(hash: usize, data: usize, len: u32): usize {
  trim(len);
  if (count == capacity) grow();
  const block = heapAlloc(len);
  memory.copy(block, data, len);
  const code = at(count);
  keyCopy(code, hash);
  store<u32>(code, <u32>block, CODE_DATA);
  store<u32>(code, len, CODE_LEN);
  store<u64>(code, turn, CODE_USED);
  stamp = ++stamps;
  store<u64>(code, stamp, CODE_STAMP);
  count += 1;
  bytes += len;
  return block;
}

function grow(): void {
  const next: u32 = capacity ? capacity * 2 : 64;
  const fresh = heapAlloc(next * CODE_SIZE);
  if (capacity) {
    memory.copy(fresh, codes, count * CODE_SIZE);
    heapFree(codes, capacity * CODE_SIZE);
  }
  codes = fresh;
  capacity = next;
}

function remove(i: u32): void {
  const code = at(i);
  heapFree(load<u32>(code, CODE_DATA), load<u32>(code, CODE_LEN));
  bytes -= load<u32>(code, CODE_LEN);
  count -= 1;
  if (i != count) memory.copy(code, at(count), CODE_SIZE);
}

/** Makes room for `more` bytes, as far as nothing of this turn has to go. */
function trim(more: u32): void {
  while (count && (bytes + <u64>more > <u64>MAX_BYTES || count >= MAX_CODES)) {
    let oldest: u32 = 0;
    for (let i: u32 = 1; i < count; i++) if (load<u64>(at(i), CODE_USED) < load<u64>(at(oldest), CODE_USED)) oldest = i;
    if (load<u64>(at(oldest), CODE_USED) == turn) return;
    remove(oldest);
  }
}

/** The slot is over: nothing is in use any more. */
export function codesTurn(): void {
  turn += 1;
  trim(0);
}

/** Forgets everything: another shard, or something may have written where nothing may be written. */
export function codesForget(): void {
  while (count) remove(count - 1);
}

/** Bytes of the cache. */
export function engineCodeBytes(): u64 {
  return bytes;
}
