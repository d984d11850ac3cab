/**
 * Allocator over linear memory: slabs by size class for small blocks, units of 64 KiB for large ones, no garbage collector.
 *
 *   size <= 48 KiB : classes of 16, 24, 32, 48, 64, 96, 128, 192, ... (two steps a power of two), carved from units;
 *                    a free list a class
 *   larger         : whole units, first fit in one free list ordered by address; neighbours melt together again
 *
 * Memory only grows; what is freed is reused. Callers pass the size back on free, so a block has no header.
 */
import { assertThat } from "./assert";

/** 64 KiB: what large blocks are multiples of. */
const UNIT: u32 = 65536;
/** Sizes above it are large: the class above (64 KiB) is a unit anyway. */
const SMALL_MAX: u32 = 49152;
/** Two cache lines. */
const LINE: u32 = 128;
const CLASSES: u32 = 24;
/** One free-list head (u32) a class. */
const heads: usize = memory.data(<i32>(CLASSES * 4), 16);
/** Free large blocks in ascending order: {u32 next, u32 bytes} at the start of each. */
let largeHead: usize = 0;
let bumpAt: usize = 0;
let bumpEnd: usize = 0;
/** End of the last region taken from the runtime; 0 before the first one. */
let regionEnd: usize = 0;
/** What the runtime answers next if nobody else asks it meanwhile. */
let expected: usize = 0;
let liveBytes: u64 = 0;

/** Class of a size: classes 2k and 2k+1 hold 16*2^k and 24*2^k bytes (24 * 2^0 is rounded up to 32). */
// @ts-ignore: decorator
@inline
function classOf(size: u32): u32 {
  if (size <= 16) return 0;
  const bits: u32 = 31 - clz(size - 1); // 2^bits < size <= 2^(bits+1), bits >= 4
  const half: u32 = <u32>3 << (bits - 1); // 1.5 * 2^bits
  return size <= half && bits > 4 ? (bits - 4) * 2 + 1 : (bits - 3) * 2;
}

// @ts-ignore: decorator
@inline
function classSize(cls: u32): u32 {
  return (cls & 1 ? <u32>24 : <u32>16) << (cls >> 1);
}

/** Bytes the allocator really reserves for `size`. */
export function heapCapacity(size: u32): u32 {
  return size > SMALL_MAX ? (size + UNIT - 1) & ~(UNIT - 1) : classSize(classOf(size));
}

function largeFree(block: usize, bytes: u32): void {
  let previous: usize = 0;
  let next = largeHead;
  while (next && next < block) {
    previous = next;
    next = load<u32>(next);
  }
  if (next && block + bytes == next) {
    bytes += load<u32>(next, 4);
    next = load<u32>(next);
  }
  if (previous && previous + load<u32>(previous, 4) == block) {
    store<u32>(previous, <u32>next);
    store<u32>(previous, load<u32>(previous, 4) + bytes, 4);
    return;
  }
  store<u32>(block, <u32>next);
  store<u32>(block, bytes, 4);
  if (previous) store<u32>(previous, <u32>block);
  else largeHead = block;
}

/** Bytes of the free block at the end of the last region: a region that follows makes it longer. */
function tail(): u32 {
  let last = largeHead;
  while (last && load<u32>(last)) last = load<u32>(last);
  return last && last + load<u32>(last, 4) == regionEnd ? load<u32>(last, 4) : 0;
}

/** Takes `bytes` from the runtime's bump heap, for which memory is grown by what is missing: the runtime on its own would double it. */
function take(bytes: u32): usize {
  const next = expected ? expected : __heap_base;
  const missing = <i64>(((<u64>next + bytes + LINE + UNIT - 1) >> 16) - <u64>memory.size());
  if (missing > 0) memory.grow(<i32>missing);
  const given = heap.alloc(bytes);
  // AssemblyScript's std/assembly/rt/stub.ts: 4 bytes before each piece, pieces on boundaries of 16.
  expected = given + ((bytes + 4 + 15) & ~15);
  return given;
}

/** `size` bytes, 16-byte aligned, that are never given back: tables of a part that is used at last. */
export function heapKeep(size: u32): usize {
  regionEnd = 0;
  return take(size);
}

/**
 * A new region, by modest steps: an object has 128 MB. Regions that follow each other are one: the runtime's few bytes between them are given up.
 */
function region(bytes: u32): void {
  const step = min<u32>(max<u32>((<u32>memory.size() << 16) >> 3, 1 << 18), 1 << 22) & ~(UNIT - 1);
  const size = max(bytes - tail(), step);
  const behind = expected;
  const given = take(size + LINE);
  // On a boundary of 128 bytes, so that records and table groups lie in whole cache lines.
  const block = regionEnd && given == behind ? regionEnd : (given + LINE - 1) & ~(<usize>LINE - 1);
  regionEnd = block + size;
  largeFree(block, size);
}

function largeAlloc(bytes: u32): usize {
  // A region that does not follow the last one may be too short by its tail; one more follows it.
  for (let attempt = 0; attempt < 3; attempt++) {
    let previous: usize = 0;
    let block = largeHead;
    while (block) {
      const next = load<u32>(block);
      const size = load<u32>(block, 4);
      if (size >= bytes) {
        // The rest of a larger block stays in its place in the list.
        let rest: u32 = next;
        if (size > bytes) {
          rest = <u32>block + bytes;
          store<u32>(rest, next);
          store<u32>(rest, size - bytes, 4);
        }
        if (previous) store<u32>(previous, rest);
        else largeHead = rest;
        return block;
      }
      previous = block;
      block = next;
    }
    region(bytes);
  }
  return unreachable();
}

/** `size` bytes, 16-byte aligned, contents undefined. Traps only when linear memory cannot grow (the owner bounds its use). */
export function heapAlloc(size: u32): usize {
  const capacity = heapCapacity(size);
  liveBytes += capacity;
  if (size > SMALL_MAX) return largeAlloc(capacity);
  const head = heads + classOf(size) * 4;
  const free = load<u32>(head);
  if (free) {
    store<u32>(head, load<u32>(free));
    return free;
  }
  if (bumpAt + capacity > bumpEnd) {
    // What is left of the old unit serves the smaller classes.
    while (bumpEnd - bumpAt >= 16) {
      const left = <u32>(bumpEnd - bumpAt);
      let cls = classOf(left);
      if (classSize(cls) > left) cls -= cls == 2 ? 2 : 1;
      if (cls == 1) cls = 0;
      store<u32>(bumpAt, load<u32>(heads + cls * 4));
      store<u32>(heads + cls * 4, <u32>bumpAt);
      bumpAt += classSize(cls);
    }
    bumpAt = largeAlloc(UNIT);
    bumpEnd = bumpAt + UNIT;
  }
  const at = bumpAt;
  bumpAt += capacity;
  return at;
}

/** Gives a block back; `size` is what was asked for (or anything of the same capacity). */
export function heapFree(ptr: usize, size: u32): void {
  assertThat(ptr != 0);
  const capacity = heapCapacity(size);
  liveBytes -= capacity;
  if (size > SMALL_MAX) return largeFree(ptr, capacity);
  const head = heads + classOf(size) * 4;
  store<u32>(ptr, load<u32>(head));
  store<u32>(head, <u32>ptr);
}

/** Bytes handed out and not given back, rounded to their classes. */
export function heapLiveBytes(): u64 {
  return liveBytes;
}
