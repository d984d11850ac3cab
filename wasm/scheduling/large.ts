/**
 * Bytes of large accounts in a block. A shard has what a block writes in memory several times: as it is, as it was, in its log row.
 *
 *   in flight: what earlier blocks write ─▶ room = limit - that ─▶ this block: written <= room, read <= READ_FACTOR x limit
 *
 * What takes more than there is room for waits, and with it every later transaction that would bring a large account into the block, so
 * that it is not overtaken for ever; what has none goes on. One that is over the limit by itself comes alone: nothing large beside it.
 *
 * Policy: one that needs more than ALONE_FACTOR times as much is never taken. Agave executes it, in more memory than an object has.
 */
import { CUT_COUNTED_READ, CUT_COUNTED_WRITE, CUT_FLAGS, cutAccount, knownSize } from "./accounts";
import { sizesAny } from "./sizes";

/** What is only read is in memory once, and goes before the next block where that is short. */
const READ_FACTOR: u64 = 2;
/** An upgrade writes two accounts of the largest size. */
const ALONE_FACTOR: u64 = 2;

let limit: u64 = 0;
let room: u64 = 0;
let blockWritten: u64 = 0;
let blockRead: u64 = 0;
let waiting: bool = false;
/** Of the transaction that was looked at last. */
let written: u64 = 0;
let read: u64 = 0;

export function largeLimit(bytes: u32): void {
  limit = bytes;
}
/** A cut begins. `bytes`: how much it may write, at most the limit. */
export function largeBegin(bytes: u32): void {
  room = min<u64>(bytes, limit);
  blockWritten = 0;
  blockRead = 0;
  waiting = false;
}
/** Bytes of large accounts that the block writes. */
export function largeWritten(): u64 {
  return blockWritten;
}

export const LARGE_FITS: i32 = 0;
export const LARGE_WAITS: i32 = 1;
export const LARGE_NEVER: i32 = 2;

/**
 * Whether a transaction must wait for the large accounts that it would bring into the block. `refs`: its references (select.ts);
 * `allocates`: bytes of data of accounts that it makes. `waits`: it does for another reason.
 */
export function largeWaits(refs: usize, n: u32, allocates: u32, waits: bool): i32 {
  written = allocates;
  read = 0;
  if (sizesAny()) {
    for (let r = refs, end = refs + n * 4; r < end; r += 4) {
      const size = knownSize(load<u32>(r) >> 1);
      if (!size) continue;
      const counted = load<u8>(cutAccount(load<u32>(r) >> 1), CUT_FLAGS);
      if (load<u32>(r) & 1) written += counted & CUT_COUNTED_WRITE ? 0 : size;
      else read += counted & (CUT_COUNTED_WRITE | CUT_COUNTED_READ) ? 0 : size;
    }
  }
  if (!(written | read)) return LARGE_FITS;
  if (written > limit * ALONE_FACTOR || read > limit * READ_FACTOR * ALONE_FACTOR) return LARGE_NEVER;
  if (!waiting) {
    const fits = blockWritten + written <= room && blockRead + read <= limit * READ_FACTOR;
    const alone = !(blockWritten | blockRead) && room == limit;
    waiting = !fits && (!alone || waits);
  }
  return waiting ? LARGE_WAITS : LARGE_FITS;
}

/** The transaction that was looked at last is in the block. */
export function largeTake(refs: usize, n: u32): void {
  if (!(written | read)) return;
  blockWritten += written;
  blockRead += read;
  for (let r = refs, end = refs + n * 4; r < end; r += 4) {
    if (!knownSize(load<u32>(r) >> 1)) continue;
    const a = cutAccount(load<u32>(r) >> 1);
    store<u8>(a, load<u8>(a, CUT_FLAGS) | (load<u32>(r) & 1 ? CUT_COUNTED_WRITE : CUT_COUNTED_READ), CUT_FLAGS);
  }
}
