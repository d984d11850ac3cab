/**
 * Which record a key has: extendible hashing, so that growing never moves more than one segment.
 *
 *   hash (64 bits) = [ directory index, top bits | ... | group (32 bits from bit 7) | tag (7 bits) ]
 *
 *   directory (2^depth pointers) ──▶ segment: u32 used, live, depth, overflow, pad │ 95 groups
 *   group, one cache line        : 12 record pointers │ 12 tags │ 4 bytes 0
 *
 * A segment shared by several directory entries is split when it is 7/8 full; a lookup compares 12 tags at a time and
 * stops at a group with an empty one. Keys that were ground to fall into one segment end in a chain of overflow
 * segments: slow for them, still right. About 8 bytes a key.
 */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyEquals, keyHash } from "../memory/bytes";
import { assertThat } from "../memory/assert";

const GROUPS: u32 = 95;
const WAYS: u32 = 12;
const SLOTS: u32 = GROUPS * WAYS;
/** A slab class of the heap: 64 * (1 + GROUPS). */
const SEGMENT: u32 = 6144;
const SEG_USED: usize = 0;
const SEG_LIVE: usize = 4;
const SEG_DEPTH: usize = 8;
const SEG_OVERFLOW: usize = 12;
const SEG_GROUPS: usize = 64;
const GROUP_BITS: u32 = 6;
const GROUP_TAGS: usize = 48;
/** The tags of a group in the bit mask of the 16 bytes at GROUP_TAGS. */
const WAY_MASK: u32 = 0xfff;
const FULL: u32 = SLOTS - SLOTS / 8;
/** A fuller segment is split, an emptier one only cleaned of deleted marks. */
const CLEAN: u32 = FULL - FULL / 4;
const MAX_DEPTH: u32 = 16;
const TAG_EMPTY: u8 = 0;
const TAG_DELETED: u8 = 1;

let directory: usize = 0;
let depth: u32 = 0;

function segmentNew(segmentDepth: u32): usize {
  const segment = heapAlloc(SEGMENT);
  memory.fill(segment, 0, SEGMENT);
  store<u32>(segment, segmentDepth, SEG_DEPTH);
  return segment;
}

export function tableReset(): void {
  if (directory) {
    let previous: usize = 0;
    for (let i: u32 = 0; i < <u32>1 << depth; i++) {
      let segment: usize = load<u32>(directory + (i << 2));
      if (segment == previous) continue; // the entries of one segment are neighbours
      previous = segment;
      while (segment) {
        const next = load<u32>(segment, SEG_OVERFLOW);
        heapFree(segment, SEGMENT);
        segment = next;
      }
    }
    heapFree(directory, <u32>4 << depth);
  }
  depth = 0;
  directory = heapAlloc(4);
  store<u32>(directory, <u32>segmentNew(0));
}

// @ts-ignore: decorator
@inline
function segmentOf(hash: u64): usize {
  return load<u32>(directory + (depth ? <usize>(hash >> (64 - depth)) << 2 : 0));
}
// @ts-ignore: decorator
@inline
function groupOf(hash: u64): u32 {
  return <u32>((((hash >> 7) & 0xffffffff) * GROUPS) >> 32);
}
// @ts-ignore: decorator
@inline
function tagOf(hash: u64): u8 {
  return <u8>(hash | 0x80);
}

/** Tags of a group that are equal to the splatted one, as a bit mask. */
// @ts-ignore: decorator
@inline
function matching(group: usize, tag: v128): u32 {
  return i8x16.bitmask(i8x16.eq(v128.load(group, GROUP_TAGS), tag)) & WAY_MASK;
}
// @ts-ignore: decorator
@inline
function groupAt(segment: usize, group: u32): usize {
  return segment + SEG_GROUPS + (group << GROUP_BITS);
}

/** The record with this key, or 0. */
export function tableFind(key: usize, hash: u64): usize {
  const tag = i8x16.splat(<i8>tagOf(hash));
  let segment = segmentOf(hash);
  do {
    let index = groupOf(hash);
    for (let n: u32 = 0; n < GROUPS; n++) {
      const group = groupAt(segment, index);
      let hits = matching(group, tag);
      while (hits) {
        const record: usize = load<u32>(group + (ctz(hits) << 2));
        if (keyEquals(record, key)) return record;
        hits &= hits - 1;
      }
      if (matching(group, i8x16.splat(0))) break;
      if (++index == GROUPS) index = 0;
    }
    segment = load<u32>(segment, SEG_OVERFLOW);
  } while (segment);
  return 0;
}

/** Reads the memory in which a lookup of this hash starts, so that it is in the cache when the lookup comes. */
// @ts-ignore: decorator
@inline
export function tableTouch(hash: u64): u32 {
  return load<u32>(groupAt(segmentOf(hash), groupOf(hash)));
}

/** The record that a lookup of this hash compares first, or 0: likely the one it finds, so its memory can be asked for early. */
export function tableGuess(hash: u64): usize {
  const group = groupAt(segmentOf(hash), groupOf(hash));
  const hits = matching(group, i8x16.splat(<i8>tagOf(hash)));
  return hits ? <usize>load<u32>(group + (ctz(hits) << 2)) : 0;
}

/** Puts a record into a segment that has room. */
function place(segment: usize, record: usize, hash: u64): void {
  let index = groupOf(hash);
  for (;;) {
    const group = groupAt(segment, index);
    // Empty and deleted tags have no top bit.
    const open: u32 = ~i8x16.bitmask(v128.load(group, GROUP_TAGS)) & WAY_MASK;
    if (open) {
      const way: u32 = ctz(open);
      if (load<u8>(group + way, GROUP_TAGS) == TAG_EMPTY) store<u32>(segment, load<u32>(segment) + 1);
      store<u8>(group + way, tagOf(hash), GROUP_TAGS);
      store<u32>(group + (way << 2), <u32>record);
      store<u32>(segment, load<u32>(segment, SEG_LIVE) + 1, SEG_LIVE);
      return;
    }
    if (++index == GROUPS) index = 0;
  }
}

function pointTo(hash: u64, segmentDepth: u32, segment: usize): void {
  const first: u32 = segmentDepth ? <u32>(hash >> (64 - segmentDepth)) << (depth - segmentDepth) : 0;
  const span: u32 = 1 << (depth - segmentDepth);
  for (let i: u32 = 0; i < span; i++) store<u32>(directory + ((first + i) << 2), <u32>segment);
}

/** Distributes a segment over two of the next depth, or over one of its own (which only drops deleted marks). */
function rebuild(segment: usize, hash: u64, split: bool): void {
  let segmentDepth = load<u32>(segment, SEG_DEPTH);
  if (split && segmentDepth == depth) {
    const size: u32 = 1 << depth;
    const wider = heapAlloc(size << 3);
    for (let i: u32 = 0; i < size; i++) {
      const pointer = load<u32>(directory + (i << 2));
      store<u32>(wider + (i << 3), pointer);
      store<u32>(wider + (i << 3) + sizeof<u32>(), pointer);
    }
    heapFree(directory, size << 2);
    directory = wider;
    depth += 1;
  }
  if (split) segmentDepth += 1;
  const low = segmentNew(segmentDepth);
  const high = split ? segmentNew(segmentDepth) : low;
  const bit = split ? <u64>1 << (64 - segmentDepth) : 0;
  for (let index: u32 = 0; index < GROUPS; index++) {
    const group = groupAt(segment, index);
    for (let used: u32 = i8x16.bitmask(v128.load(group, GROUP_TAGS)) & WAY_MASK; used; used &= used - 1) {
      const record: usize = load<u32>(group + (ctz(used) << 2));
      const h = keyHash(record);
      place(h & bit ? high : low, record, h);
    }
  }
  if (split) {
    pointTo(hash & ~bit, segmentDepth, low);
    pointTo(hash | bit, segmentDepth, high);
  } else {
    store<u32>(low, load<u32>(segment, SEG_OVERFLOW), SEG_OVERFLOW);
    pointTo(hash, segmentDepth, low);
  }
  heapFree(segment, SEGMENT);
}

/** Adds a record whose key is not in the table. */
export function tableInsert(record: usize, hash: u64): void {
  let segment = segmentOf(hash);
  while (load<u32>(segment) >= FULL) {
    const overflow = load<u32>(segment, SEG_OVERFLOW);
    if (!overflow && load<u32>(segment, SEG_DEPTH) < MAX_DEPTH && load<u32>(segment, SEG_LIVE) >= CLEAN) rebuild(segment, hash, true);
    else if (segment == segmentOf(hash) && load<u32>(segment, SEG_LIVE) < CLEAN) rebuild(segment, hash, false);
    else {
      if (!overflow) store<u32>(segment, <u32>segmentNew(MAX_DEPTH), SEG_OVERFLOW);
      segment = load<u32>(segment, SEG_OVERFLOW);
      continue;
    }
    segment = segmentOf(hash);
  }
  place(segment, record, hash);
}

/** Takes a record out; it must be in. */
export function tableRemove(record: usize, hash: u64): void {
  const tag = i8x16.splat(<i8>tagOf(hash));
  let segment = segmentOf(hash);
  while (segment) {
    let index = groupOf(hash);
    for (let n: u32 = 0; n < GROUPS; n++) {
      const group = groupAt(segment, index);
      const empty = matching(group, i8x16.splat(0));
      for (let hits = matching(group, tag); hits; hits &= hits - 1) {
        const way: u32 = ctz(hits);
        if (load<u32>(group + (way << 2)) != <u32>record) continue;
        // A group that still has an empty tag stops every lookup: no mark is needed.
        store<u8>(group + way, empty ? TAG_EMPTY : TAG_DELETED, GROUP_TAGS);
        if (empty) store<u32>(segment, load<u32>(segment) - 1);
        store<u32>(segment, load<u32>(segment, SEG_LIVE) - 1, SEG_LIVE);
        return;
      }
      if (empty) break;
      if (++index == GROUPS) index = 0;
    }
    segment = load<u32>(segment, SEG_OVERFLOW);
  }
  assertThat(false);
}

/** Bytes of the table itself. */
export function tableBytes(): u32 {
  let bytes: u32 = <u32>4 << depth;
  let previous: usize = 0;
  for (let i: u32 = 0; i < <u32>1 << depth; i++) {
    let segment: usize = load<u32>(directory + (i << 2));
    if (segment == previous) continue;
    previous = segment;
    while (segment) {
      bytes += SEGMENT;
      segment = load<u32>(segment, SEG_OVERFLOW);
    }
  }
  return bytes;
}
