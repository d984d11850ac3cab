/**
 * How many bytes of data large accounts have, as far as shards have told: a place by the account's hash. Of two accounts of one place the
 * larger stays, for it is what a block must not have too many of.
 */
import { heapAlloc } from "../memory/heap";
import { keyCopy, keyEquals, keyHash } from "../memory/bytes";
import { LARGE_BYTES, LARGE_SIZE } from "../layouts/planner";
import { outBytes, outReset } from "../memory/io";
import { SIZE_HINTS } from "./limits";

/** LargeAccount each; a place without bytes is free. */
let hints: usize = 0;
/** A bit for each place that is taken: small enough to stay in the first cache. */
const taken: usize = memory.data(<i32>(SIZE_HINTS / 8), 16);
let any: bool = false;
let changed: bool = false;

export function sizesInit(): void {
  if (!hints) hints = heapAlloc(SIZE_HINTS * LARGE_SIZE);
  memory.fill(hints, 0, SIZE_HINTS * LARGE_SIZE);
  memory.fill(taken, 0, SIZE_HINTS / 8);
  any = false;
  changed = false;
}

/** Whether any size is known: else nobody needs to look. */
// @ts-ignore: decorator
@inline
export function sizesAny(): bool {
  return any;
}

/** Bytes of data of the account with this key, whose hash has `tag` as its upper half; 0: not known to be large. */
export function sizeOf(key: usize, tag: u32): u32 {
  const place = tag & (SIZE_HINTS - 1);
  if (!((load<u8>(taken + (place >> 3)) >> <u8>(place & 7)) & 1)) return 0;
  const hint = hints + place * LARGE_SIZE;
  return keyEquals(hint, key) ? load<u32>(hint, LARGE_BYTES) : 0;
}

export function sizeNote(key: usize, bytes: u32): void {
  const place = <u32>(keyHash(key) >> 32) & (SIZE_HINTS - 1);
  const hint = hints + place * LARGE_SIZE;
  const known = load<u32>(hint, LARGE_BYTES);
  const same = known != 0 && keyEquals(hint, key);
  if (same ? known == bytes : known >= bytes) return;
  any = true;
  changed = true;
  keyCopy(hint, key);
  store<u32>(hint, bytes, LARGE_BYTES);
  const bit: u8 = <u8>1 << <u8>(place & 7);
  const at = taken + (place >> 3);
  store<u8>(at, bytes ? load<u8>(at) | bit : load<u8>(at) & ~bit);
}

/** out: all that is known, entries as they are told, where any has changed since the last time. Answers whether it has. */
export function sizesOut(): bool {
  outReset();
  if (!changed) return false;
  for (let i: u32 = 0; any && i < SIZE_HINTS; i++) {
    const hint = hints + i * LARGE_SIZE;
    if (!load<u32>(hint, LARGE_BYTES)) continue;
    outBytes(hint, LARGE_SIZE);
  }
  changed = false;
  return true;
}
