/**
 * The large accounts that a slot used or changed, for the builder, which bounds what a block has of them. Told, not relied upon: of two
 * accounts of one place the later stays, and is told of; the other is the next time.
 */
import { keyCopy, keyHash } from "../memory/bytes";
import { LARGE_BYTES, LARGE_SIZE } from "../layouts/planner";
import { outBytes, outReset } from "../memory/io";

/** Bytes of data from which on an account counts as large. Twin: shared/state/account-sizes.ts. */
export const LARGE_DATA: u32 = 16 << 10;
/** A power of two. */
const PLACES: u32 = 512;
/** LargeAccount each, and by place the turn in which it was noted. */
const notes: usize = memory.data(<i32>(PLACES * LARGE_SIZE), 16);
const turns: usize = memory.data(<i32>(PLACES * 4), 16);
/** Counts slots; a place of another turn is free. */
let turn: u32 = 1;
let count: u32 = 0;

/** A slot opens. */
export function largeTurn(): void {
  turn += 1;
  count = 0;
}

/** Notes that an account has, or had, so many bytes of data and is large with them. */
export function largeNote(key: usize, bytes: u32): void {
  const place = <u32>(keyHash(key) >> 32) & (PLACES - 1);
  const note = notes + place * LARGE_SIZE;
  if (load<u32>(turns + (place << 2)) != turn) count += 1;
  store<u32>(turns + (place << 2), turn);
  keyCopy(note, key);
  store<u32>(note, bytes, LARGE_BYTES);
}

/** out: LargeAccount each: the large accounts of the slot that was opened last. */
export function engineLarge(): i32 {
  outReset();
  for (let i: u32 = 0; count && i < PLACES; i++) {
    if (load<u32>(turns + (i << 2)) == turn) outBytes(notes + i * LARGE_SIZE, LARGE_SIZE);
  }
  return 0;
}
