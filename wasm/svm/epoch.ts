/**
 * Epoch records: the stakes of an epoch, which its slot contexts name by their hash (docs/interfaces.md section 3). Whoever gives a context
 * has given the record before; the last two are kept, so that a reader of the epoch before and one of this epoch need not take turns.
 *
 *    0 u32 magic   4 u32 length of all   8 u64 epoch   16 u64 active stake of all vote accounts   24 u32 history entries   28 u32 voters
 *   32 history, newest first: {u64 epoch, u64 effective, u64 activating, u64 deactivating}, then voters, ascending: {key, u64 active stake}
 */
import { keyCompare, keyCopy, keyEquals, keyIsZero } from "../memory/bytes";
import { heapAlloc, heapFree } from "../memory/heap";
import { sha256Final, sha256Init, sha256Update } from "../crypto/sha256";

const MAGIC: u32 = 0x31435045; // "EPC1"
const TOTAL: usize = 16;
const HISTORY_COUNT: usize = 24;
const VOTERS: usize = 28;
const HEADER: u32 = 32;
export const HISTORY_ENTRY: u32 = 32;
export const MAX_HISTORY: u32 = 512;
const VOTER: u32 = 40;
/** Twin: shared/stake/epoch-record.ts. */
const MAX_VOTERS: u32 = 8192;

/** Two places: {u32 record, u32 length, pad to 16, hash}. */
const PLACE: usize = 48;
const PLACE_HASH: usize = 16;
const places: usize = memory.data(96, 16);
const fresh: usize = memory.data(32, 16);
/** The record of the context that was set last; 0: the empty one, which has a hash of zeros. */
let used: usize = 0;
/** Counts the changes of `used`. */
let changes: u32 = 0;

function placeOf(hash: usize): usize {
  for (let place = places; place < places + 2 * PLACE; place += PLACE) {
    if (load<u32>(place) && keyEquals(place + PLACE_HASH, hash)) return place;
  }
  return 0;
}

function isRecord(p: usize, len: u32): bool {
  if (len < HEADER || load<u32>(p) != MAGIC || load<u32>(p, 4) != len) return false;
  const entries = load<u32>(p, HISTORY_COUNT);
  const voters = load<u32>(p, VOTERS);
  if (entries > MAX_HISTORY || voters > MAX_VOTERS || len != HEADER + entries * HISTORY_ENTRY + voters * VOTER) return false;
  let voter = p + HEADER + entries * HISTORY_ENTRY;
  for (let i: u32 = 1; i < voters; i++, voter += VOTER) if (keyCompare(voter, voter + VOTER) >= 0) return false;
  return true;
}

/** Keeps a record; false: it is none. */
export function epochKeep(p: usize, len: u32): bool {
  if (!isRecord(p, len)) return false;
  sha256Init();
  sha256Update(p, len);
  sha256Final(fresh);
  if (placeOf(fresh)) return true;
  // The one in use stays.
  const place = load<u32>(places) && <usize>load<u32>(places) == used ? places + PLACE : places;
  if (load<u32>(place)) heapFree(load<u32>(place), load<u32>(place, 4));
  const copy = heapAlloc(len);
  memory.copy(copy, p, len);
  store<u32>(place, <u32>copy);
  store<u32>(place, len, 4);
  keyCopy(place + PLACE_HASH, fresh);
  return true;
}

/** Whether the record with this hash is here. */
export function epochKnown(hash: usize): bool {
  return keyIsZero(hash) || placeOf(hash) != 0;
}

/** From now on the stakes are those of this record, which is here; if it is not, those of the empty one. */
export function epochUse(hash: usize): void {
  const place = keyIsZero(hash) ? 0 : placeOf(hash);
  const record: usize = place ? load<u32>(place) : 0;
  if (record == used) return;
  used = record;
  changes += 1;
}

export function epochChanges(): u32 {
  return changes;
}
export function epochHistoryCount(): u32 {
  return used ? load<u32>(used, HISTORY_COUNT) : 0;
}
/** The newest entry. */
export function epochHistory(): usize {
  return used + HEADER;
}
/** Active stake of all vote accounts, lamports. */
export function epochTotalStake(): u64 {
  return used ? load<u64>(used, TOTAL) : 0;
}
/** Active stake of a vote account, lamports; 0 for any other key. */
export function epochStakeOf(key: usize): u64 {
  if (!used) return 0;
  const first = used + HEADER + load<u32>(used, HISTORY_COUNT) * HISTORY_ENTRY;
  let low: u32 = 0;
  let high = load<u32>(used, VOTERS);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = keyCompare(first + middle * VOTER, key);
    if (!order) return load<u64>(first + middle * VOTER, 32);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return 0;
}
