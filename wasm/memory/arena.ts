/** Bump memory that lives for one call: one transaction, one message. Blocks never move; a reset reuses them all. */
import { heapAlloc } from "./heap";

const BLOCK: u32 = 1 << 18;
let firstBlock: usize = 0;
let block: usize = 0; // header: u32 next, u32 size
let at: usize = 0;
let end: usize = 0;

function enter(b: usize): void {
  block = b;
  at = b + 16;
  end = b + load<u32>(b, 4);
}

export function arenaReset(): void {
  if (firstBlock) enter(firstBlock);
}

/** `size` bytes, 16-byte aligned, contents undefined, valid until the next arenaReset */
export function arenaAlloc(size: u32): usize {
  const need: usize = (<usize>size + 15) & ~15;
  while (at + need > end) {
    const next: usize = block ? load<u32>(block) : firstBlock;
    if (next) {
      enter(next);
      continue;
    }
    const bytes: u32 = max(BLOCK, (<u32>need + 16 + 65535) & ~65535);
    const fresh = heapAlloc(bytes);
    store<u32>(fresh, 0);
    store<u32>(fresh, bytes, 4);
    if (block) store<u32>(block, <u32>fresh);
    else firstBlock = fresh;
    enter(fresh);
  }
  const p = at;
  at += need;
  return p;
}
