/**
 * A bounded cache of decompressed public keys: SETS sets of WAYS entries, each the 32 bytes of the key and its cached point
 * (lane-point.ts). A key that meets a full set replaces the oldest there. Keys chosen to crowd one set cost their
 * owner the cache, nothing else; a verdict never depends on what is cached.
 */
import { heapKeep } from "../memory/heap";
import { equal32 } from "./fe";

const SETS: usize = 1024;
const WAYS: usize = 4;
const ENTRY: usize = 192; // 32 bytes of key, 160 of point
let entries: usize = 0; // allocated at first use: 768 KiB
let next: usize = 0; // a byte a set: the way to replace

// @ts-ignore: decorator
@inline
function setOf(key: usize): usize {
  return <usize>((load<u64>(key) * 0x9e3779b97f4a7c15) >> 54); // 10 bits
}

/** The address of the cached point of this key, or 0. */
export function keyCacheFind(key: usize): usize {
  if (entries == 0) return 0;
  let entry = entries + setOf(key) * (WAYS * ENTRY);
  for (let way: usize = 0; way < WAYS; way++, entry += ENTRY) {
    if (equal32(entry, key)) return entry + 32;
  }
  return 0;
}

/** Remembers a key that is a point and passed the rule's encoding test (so that the zero bytes of an empty entry match no key). */
export function keyCacheInsert(key: usize, point: usize): void {
  if (entries == 0) {
    entries = heapKeep(SETS * WAYS * ENTRY);
    next = heapKeep(SETS);
    memory.fill(entries, 0, SETS * WAYS * ENTRY);
    memory.fill(next, 0, SETS);
  }
  const set = setOf(key);
  const way = <usize>load<u8>(next + set);
  store<u8>(next + set, <u8>((way + 1) % WAYS));
  const entry = entries + (set * WAYS + way) * ENTRY;
  memory.copy(entry, key, 32);
  memory.copy(entry + 32, point, 160);
}

/** Forgets all keys: for measurements of the cold case. */
export function keyCacheClear(): void {
  if (entries != 0) memory.fill(entries, 0, SETS * WAYS * ENTRY);
}
