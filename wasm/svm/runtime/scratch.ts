/** Bump memory that lives for one transaction. */
const BLOCK: u32 = 1 << 18;
let first: usize = 0;
let block: usize = 0; // header: u32 next, u32 size
let at: usize = 0;
let end: usize = 0;

function enter(b: usize): void {
  block = b;
  at = b + 16;
  end = b + load<u32>(b, 4);
}

export function scratchReset(): void {
  if (first) enter(first);
}

/** `size` bytes, 16-byte aligned, contents undefined, valid until the transaction ends. */
export function scratchAlloc(size: u32): usize {
  const need: usize = (<usize>size + 15) & ~15;
  while (at + need > end) {
    const next: usize = block ? <usize>load<u32>(block) : first;
    if (next) {
      enter(next);
      continue;
    }
    const bytes: u32 = max(BLOCK, <u32>need + 16);
    const fresh = heap.alloc(bytes);
    store<u32>(fresh, 0);
    store<u32>(fresh, bytes, 4);
    if (block) store<u32>(block, <u32>fresh);
    else first = fresh;
    enter(fresh);
  }
  const p = at;
  at += need;
  return p;
}
