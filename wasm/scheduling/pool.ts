/**
 * Transactions that wait, in the order they came: an array of entries, and their records in chunks. A chunk goes back when its last
 * record has left; when less than half of the chunks' bytes is in use the rest is moved together.
 */
import { assertThat } from "../memory/assert";
import { wordsCopy } from "../memory/bytes";
import { setAdd, setClear, setRemove } from "../memory/hash-set";
import { heapAlloc, heapFree } from "../memory/heap";
import { MAX_IMPLICIT, REC_FLAGS, REC_LEN, REC_NUM_IMPLICIT, recordNumImplicit } from "../transaction/record";
import { MAX_RECORD_BYTES } from "../transaction/parse";
import { MAX_POOL_CHUNKS, MAX_WAITING, POOL_CHUNK_BYTES } from "./limits";

/** u32 record (0: has left) */
export const ENTRY_RECORD: usize = 0;
/** u16: number of the chunk */
const ENTRY_CHUNK: usize = 4;
/** u64: the last slot that can hold it */
export const ENTRY_LAST_SLOT: usize = 8;
/** u64: of its message (transaction/tag.ts) */
export const ENTRY_TAG: usize = 16;
/** u64: number of its admission */
export const ENTRY_NUMBER: usize = 24;
/** u16: KiB of data of accounts that it makes */
export const ENTRY_ALLOCATES: usize = 6;
export const ENTRY_SIZE: u32 = 32;

const CHUNK_LIVE: usize = 4;
/** A chunk: u32 pointer (0: not there), u32 records of it that wait. Two more than the limit: moveTogether opens one before it empties another. */
const chunks: usize = memory.data(258 * 8, 16);
const CHUNK_SLOTS: u32 = MAX_POOL_CHUNKS + 2;
let numChunks: u32 = 0;
let current: u32 = 0; // the chunk that is being filled
let filled: u32 = POOL_CHUNK_BYTES; // bytes used of it
let liveBytes: u32 = 0;
/** Tags of what waits. */
const tags: usize = memory.data(16, 16);
let entries: usize = 0;
let numEntries: u32 = 0;

export function poolInit(): void {
  if (!entries) entries = heapAlloc(MAX_WAITING * ENTRY_SIZE);
  for (let i: u32 = 0; i < CHUNK_SLOTS; i++) freeChunk(i);
  setClear(tags);
  numEntries = 0;
  liveBytes = 0;
  filled = POOL_CHUNK_BYTES;
}

/** Notes the tag of a record that poolAdd is about to get; false: the same message waits already. */
export function poolAddTag(tag: u64): bool {
  return setAdd(tags, tag);
}

export function poolCount(): u32 {
  return numEntries;
}
// @ts-ignore: decorator
@inline
export function poolEntry(i: u32): usize {
  return entries + i * ENTRY_SIZE;
}

function freeChunk(i: u32): void {
  const chunk = chunks + i * 8;
  if (!load<u32>(chunk)) return;
  heapFree(load<u32>(chunk), POOL_CHUNK_BYTES);
  store<u64>(chunk, 0);
  numChunks--;
}

/** A record of the pool with all implicit keys it can have. */
const MAX_RECORD: u32 = MAX_RECORD_BYTES + MAX_IMPLICIT * 32;

/** Whether `count` records of `bytes` in all, implicit keys included, are sure to find room. */
export function poolHasRoom(count: u32, bytes: u32): bool {
  if (count > MAX_WAITING - numEntries) return false;
  if (bytes <= POOL_CHUNK_BYTES - filled) return true;
  return bytes / (POOL_CHUNK_BYTES - MAX_RECORD) + 1 <= MAX_POOL_CHUNKS - numChunks;
}

function openChunk(): void {
  if (load<u32>(chunks + current * 8, CHUNK_LIVE) == 0) freeChunk(current); // nothing of it waits any more
  let i: u32 = 0;
  while (load<u32>(chunks + i * 8)) i++;
  assertThat(i < CHUNK_SLOTS);
  store<u32>(chunks + i * 8, <u32>heapAlloc(POOL_CHUNK_BYTES));
  store<u32>(chunks + i * 8, 0, CHUNK_LIVE);
  numChunks++;
  current = i;
  filled = 0;
}

/** Makes room for a record of `size` bytes and points the entry at it. */
function room(entry: usize, size: u32): usize {
  if (size > POOL_CHUNK_BYTES - filled) openChunk();
  const chunk = chunks + current * 8;
  const at: usize = load<u32>(chunk) + filled;
  filled += size;
  liveBytes += size;
  store<u32>(chunk, load<u32>(chunk, CHUNK_LIVE) + 1, CHUNK_LIVE);
  store<u32>(entry, <u32>at, ENTRY_RECORD);
  store<u16>(entry, <u16>current, ENTRY_CHUNK);
  return at;
}

/**
 * Appends a copy of the record with these implicit keys (32 bytes each) in place of those it has, and with the flags `flags` too; there
 * must be room. Returns the entry, whose other fields the caller fills.
 */
export function poolAdd(record: usize, keys: usize, numKeys: u32, flags: u8): usize {
  const entry = poolEntry(numEntries++);
  const own = load<u32>(record, REC_LEN) - recordNumImplicit(record) * 32;
  const size = own + numKeys * 32;
  const at = room(entry, size);
  wordsCopy(at, record, own);
  if (numKeys) memory.copy(at + own, keys, numKeys * 32);
  store<u32>(at, size, REC_LEN);
  store<u8>(at, <u8>numKeys, REC_NUM_IMPLICIT);
  store<u8>(at, load<u8>(record, REC_FLAGS) | flags, REC_FLAGS);
  return entry;
}

/** The entry's record leaves; the entry itself goes with the next poolCompact. */
export function poolRelease(entry: usize): void {
  const record: usize = load<u32>(entry, ENTRY_RECORD);
  const i = <u32>load<u16>(entry, ENTRY_CHUNK);
  const chunk = chunks + i * 8;
  liveBytes -= load<u32>(record, REC_LEN);
  setRemove(tags, load<u64>(entry, ENTRY_TAG));
  store<u32>(entry, 0, ENTRY_RECORD);
  const left = load<u32>(chunk, CHUNK_LIVE) - 1;
  store<u32>(chunk, left, CHUNK_LIVE);
  if (left) return;
  if (i == current) filled = 0;
  else freeChunk(i);
}

/** Closes the gaps that poolRelease left, in order. */
export function poolCompact(): void {
  let to: u32 = 0;
  for (let i: u32 = 0; i < numEntries; i++) {
    if (!load<u32>(poolEntry(i), ENTRY_RECORD)) continue;
    if (to != i) memory.copy(poolEntry(to), poolEntry(i), ENTRY_SIZE);
    to++;
  }
  numEntries = to;
  if (numChunks > 8 && liveBytes < (numChunks * POOL_CHUNK_BYTES) >> 1) moveTogether();
}

/** Copies all records into as few chunks as they need; the old chunks empty themselves on the way. */
function moveTogether(): void {
  filled = POOL_CHUNK_BYTES;
  for (let i: u32 = 0; i < numEntries; i++) {
    const entry = poolEntry(i);
    const record: usize = load<u32>(entry, ENTRY_RECORD);
    const chunk = <u32>load<u16>(entry, ENTRY_CHUNK);
    const size = load<u32>(record, REC_LEN);
    wordsCopy(room(entry, size), record, size);
    liveBytes -= size;
    const left = load<u32>(chunks + chunk * 8, CHUNK_LIVE) - 1;
    store<u32>(chunks + chunk * 8, left, CHUNK_LIVE);
    if (!left) freeChunk(chunk);
  }
}
