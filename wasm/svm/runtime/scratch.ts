/**
 * Memory that lives for one transaction.
 *
 *   small : one block after the other is filled; the blocks stay for the next transaction
 *   large : a block of its own, which goes with the transaction: data of accounts come in every size up to 10 MiB, and what is kept
 *           for one would seldom do for the next
 */
import { heapAlloc, heapFree } from "../../memory/heap";

const BLOCK: u32 = 1 << 18;
/** Of a block: u32 next, u32 size. */
const BLOCK_BYTES: usize = 4;
const HEADER: u32 = 16;
let first: usize = 0;
let block: usize = 0;
let at: usize = 0;
let end: usize = 0;
let large: usize = 0;

function enter(b: usize): void {
  block = b;
  at = b + HEADER;
  end = b + load<u32>(b, BLOCK_BYTES);
}

export function scratchReset(): void {
  if (first) enter(first);
  while (large) {
    const next = load<u32>(large);
    heapFree(large, load<u32>(large, BLOCK_BYTES));
    large = next;
  }
}

function blockNew(next: usize, bytes: u32): usize {
  const fresh = heapAlloc(bytes);
  store<u32>(fresh, <u32>next);
  store<u32>(fresh, bytes, BLOCK_BYTES);
  return fresh;
}

/** `size` bytes, 16-byte aligned, contents undefined, valid until the transaction ends. */
export function scratchAlloc(size: u32): usize {
  const need: u32 = (max<u32>(size, 1) + 15) & ~15;
  if (need > BLOCK - HEADER) {
    large = blockNew(large, need + HEADER);
    return large + HEADER;
  }
  if (at + need > end) {
    const next: usize = block ? <usize>load<u32>(block) : first;
    if (next) {
      enter(next);
    } else {
      const fresh = blockNew(0, BLOCK);
      if (block) store<u32>(block, <u32>fresh);
      else first = fresh;
      enter(fresh);
    }
  }
  const p = at;
  at += need;
  return p;
}
