/**
 * Slab allocator over linear memory: blocks by size class, a free list a class, no garbage collector.
 *
 *   size <= 64 KiB : classes of 16, 32, 48, 64, 96, 128, 192, 256, ... (two steps a power of two), carved from 64 KiB chunks
 *   larger         : whole multiples of 64 KiB, kept on a free list by page count (first fit)
 *
 * Memory only grows; what is freed is reused by its class. Callers pass the size back on free, so a block has no header.
 */
import { assertThat } from "./assert";

const CHUNK: u32 = 65536;
const CLASSES: u32 = 48;
/** One free-list head (u32) a class. */
const heads: usize = memory.data(<i32>(CLASSES * 4), 16);
let largeHead: usize = 0;
let bumpAt: usize = 0;
let bumpEnd: usize = 0;
let liveBytes: u64 = 0;

/** Class of a size: classes 2k and 2k+1 hold 16*2^k and 24*2^k bytes. */
// @ts-ignore: decorator
@inline
function classOf(size: u32): u32 {
  if (size <= 16) return 0;
  const bits: u32 = 31 - clz(size - 1); // 2^bits < size <= 2^(bits+1), bits >= 4
  const half: u32 = <u32>3 << (bits - 1); // 1.5 * 2^bits
  return size <= half ? (bits - 4) * 2 + 1 : (bits - 3) * 2;
}

// @ts-ignore: decorator
@inline
function classSize(cls: u32): u32 {
  return (cls & 1 ? <u32>24 : <u32>16) << (cls >> 1);
}

/** Bytes the allocator really reserves for `size`. */
export function heapCapacity(size: u32): u32 {
  return size > CHUNK ? (size + CHUNK - 1) & ~(CHUNK - 1) : classSize(classOf(size));
}

function bump(size: u32): usize {
  // heap.alloc of the stub runtime only ever grows, which is all that is needed underneath.
  if (bumpAt + size > bumpEnd) {
    const chunk: u32 = CHUNK;
    bumpAt = heap.alloc(chunk);
    bumpEnd = bumpAt + chunk;
  }
  const at = bumpAt;
  bumpAt += size;
  return at;
}

/** `size` bytes, 16-byte aligned, contents undefined. Traps only when linear memory cannot grow (the owner bounds its use). */
export function heapAlloc(size: u32): usize {
  const capacity = heapCapacity(size);
  liveBytes += capacity;
  if (size > CHUNK) {
    let previous: usize = 0;
    let block = largeHead;
    while (block) {
      const next = load<u32>(block);
      if (load<u32>(block, 4) == capacity) {
        if (previous) store<u32>(previous, next);
        else largeHead = next;
        return block;
      }
      previous = block;
      block = next;
    }
    return heap.alloc(capacity);
  }
  const head = heads + classOf(size) * 4;
  const free = load<u32>(head);
  if (free) {
    store<u32>(head, load<u32>(free));
    return free;
  }
  return capacity == CHUNK ? heap.alloc(CHUNK) : bump(capacity);
}

/** Gives a block back; `size` is what was asked for (or anything of the same class). */
export function heapFree(ptr: usize, size: u32): void {
  assertThat(ptr != 0);
  const capacity = heapCapacity(size);
  liveBytes -= capacity;
  if (size > CHUNK) {
    store<u32>(ptr, <u32>largeHead);
    store<u32>(ptr, capacity, 4);
    largeHead = ptr;
    return;
  }
  const head = heads + classOf(size) * 4;
  store<u32>(ptr, load<u32>(head));
  store<u32>(head, <u32>ptr);
}

/** Bytes handed out and not given back, rounded to their classes. */
export function heapLiveBytes(): u64 {
  return liveBytes;
}
