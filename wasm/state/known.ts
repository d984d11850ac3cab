/**
 * Messages that have landed and whose blockhash can still be used: at most once, as part of the state of the shard that owns the fee payer.
 *
 *   window of a blockhash (its height) ─▶ set of tags      149 windows before the newest usable one are asked, whole windows go
 *   slot ─▶ list of { u64 tag, u32 height }                 what landed in it: goes into its log row, is taken back with it
 *
 * No entry is ever searched for to expire. A window goes once a stable slot can no longer use its blockhash: slots that may yet be repeated or
 * taken back find what they found the first time. Nonce transactions have no tag: their nonce advances, landed or failed.
 */
import { assertThat } from "../memory/assert";
import { setAdd, setClear, setHas, setRemove, setSize } from "../memory/hash-set";
import { LANDED_HEIGHT, LANDED_SIZE, LANDED_TAG } from "../layouts/row";
import { slotAlloc, SLOT_LANDED, SLOT_LANDED_ROOM, SLOT_NUM_LANDED } from "./undo";

export { LANDED_HEIGHT, LANDED_SIZE, LANDED_TAG };

/** Heights whose blockhashes a slot can use, the newest one included. */
export const BLOCKHASH_HEIGHTS: u32 = 150;
/** Windows, by the height of their blockhash modulo this: those in use and one for each unstable slot, of which there are far fewer than 106. */
const WINDOWS: u32 = 256;
const sets: usize = memory.data(256 * 16, 16);
/** u64: the height that a window is of, plus one; 0: none. */
const heights: usize = memory.data(256 * 8, 16);
let count: u32 = 0;
/** Windows of heights below are gone. */
let oldest: u64 = 0;

// @ts-ignore: decorator
@inline
function setOf(height: u64): usize {
  return sets + ((<usize>height & (WINDOWS - 1)) << 4);
}
// @ts-ignore: decorator
@inline
function heightAt(height: u64): usize {
  return heights + ((<usize>height & (WINDOWS - 1)) << 3);
}

export function knownReset(): void {
  for (let w: u64 = 0; w < WINDOWS; w++) setClear(setOf(w));
  memory.fill(heights, 0, WINDOWS * 8);
  count = 0;
  oldest = 0;
}

/** Tags that are kept. */
export function knownCount(): u32 {
  return count;
}

export function knownHas(height: u64, tag: u64): bool {
  return load<u64>(heightAt(height)) == height + 1 && setHas(setOf(height), tag);
}

function windowClear(height: u64): void {
  count -= setSize(setOf(height));
  setClear(setOf(height));
  store<u64>(heightAt(height), 0);
}

/** Adds a tag; false when it is there. Of a window that is gone nothing is kept: no slot can ask for it. */
export function knownAdd(height: u64, tag: u64): bool {
  const held = load<u64>(heightAt(height));
  if (height < oldest || held > height + 1) return true;
  if (held != height + 1) {
    if (held) windowClear(held - 1);
    store<u64>(heightAt(height), height + 1);
  }
  if (!setAdd(setOf(height), tag)) return false;
  count++;
  return true;
}

export function knownRemove(height: u64, tag: u64): void {
  if (load<u64>(heightAt(height)) == height + 1 && setRemove(setOf(height), tag)) count--;
}

/** `newest`: height of the newest blockhash that a stable slot could use: what no slot after it can use goes. */
export function knownStable(newest: u64): void {
  if (newest < BLOCKHASH_HEIGHTS) return;
  const first = newest - BLOCKHASH_HEIGHTS + 1;
  if (first <= oldest) return;
  for (let w: u64 = 0; w < WINDOWS; w++) {
    const held = load<u64>(heightAt(w));
    if (held && held - 1 < first) windowClear(held - 1);
  }
  oldest = first;
}

// ── what landed in a slot ──────────────────────────────────────────────────────────────────────────────────────────

/** Room for the tags of `room` transactions in a slot that opens. */
export function landedOpen(slot: usize, room: u32): void {
  if (!room) return;
  store<u32>(slot, <u32>slotAlloc(slot, room * LANDED_SIZE), SLOT_LANDED);
  store<u32>(slot, room, SLOT_LANDED_ROOM);
}

/** A message landed in the slot: false when it had landed before. */
export function landedAdd(slot: usize, height: u64, tag: u64): bool {
  if (!knownAdd(height, tag)) return false;
  const n = load<u32>(slot, SLOT_NUM_LANDED);
  assertThat(n < load<u32>(slot, SLOT_LANDED_ROOM));
  const entry: usize = <usize>load<u32>(slot, SLOT_LANDED) + n * LANDED_SIZE;
  store<u64>(entry, tag, LANDED_TAG);
  store<u32>(entry, <u32>height, LANDED_HEIGHT);
  store<u32>(slot, n + 1, SLOT_NUM_LANDED);
  return true;
}

/** Takes back what landed in the slot. */
export function landedUndo(slot: usize): void {
  let entry: usize = load<u32>(slot, SLOT_LANDED);
  for (let n = load<u32>(slot, SLOT_NUM_LANDED); n; n--, entry += LANDED_SIZE) {
    knownRemove(load<u32>(entry, LANDED_HEIGHT), load<u64>(entry, LANDED_TAG));
  }
  store<u32>(slot, 0, SLOT_NUM_LANDED);
}

/** in: entries as a slot has them. Adds them to the state without a slot: after a restart, the oldest first. 0 or -1: not whole entries. */
export function knownLoad(p: usize, len: u32): i32 {
  if (len % LANDED_SIZE) return -1;
  for (const end = p + len; p < end; p += LANDED_SIZE) knownAdd(load<u32>(p, LANDED_HEIGHT), load<u64>(p, LANDED_TAG));
  return 0;
}
