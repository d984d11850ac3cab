/**
 * Epoch records: the stakes of an epoch, which its slot contexts name by their hash (docs/interfaces.md section 3). Whoever gives a context
 * has given the record before; the last two are kept, so that a reader of the epoch before and one of this epoch need not take turns.
 */
import {
  EPOCH_RECORD_HEADER,
  EPOCH_RECORD_HISTORY_COUNT,
  EPOCH_RECORD_LEN,
  EPOCH_RECORD_MAGIC,
  EPOCH_RECORD_MAGIC_VALUE,
  EPOCH_RECORD_MAX_HISTORY,
  EPOCH_RECORD_MAX_VOTERS,
  EPOCH_RECORD_TOTAL_STAKE,
  EPOCH_RECORD_VOTER_COUNT,
  HISTORY_SIZE,
  VOTER_SIZE,
  VOTER_STAKE,
} from "../layouts/context";
import { keyCompare, keyCopy, keyEquals, keyIsZero } from "../memory/bytes";
import { heapAlloc, heapFree } from "../memory/heap";
import { sha256Final, sha256Init, sha256Update } from "../crypto/sha256";

/** Two places: {u32 record, u32 length, pad to 16, hash}. */
const PLACE: usize = 48;
const PLACE_LEN: usize = 4;
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
  if (len < EPOCH_RECORD_HEADER || load<u32>(p, EPOCH_RECORD_MAGIC) != EPOCH_RECORD_MAGIC_VALUE || load<u32>(p, EPOCH_RECORD_LEN) != len) return false;
  const entries = load<u32>(p, EPOCH_RECORD_HISTORY_COUNT);
  const voters = load<u32>(p, EPOCH_RECORD_VOTER_COUNT);
  if (entries > EPOCH_RECORD_MAX_HISTORY || voters > EPOCH_RECORD_MAX_VOTERS || len != EPOCH_RECORD_HEADER + entries * HISTORY_SIZE + voters * VOTER_SIZE) return false;
  let voter = p + EPOCH_RECORD_HEADER + entries * HISTORY_SIZE;
  for (let i: u32 = 1; i < voters; i++, voter += VOTER_SIZE) if (keyCompare(voter, voter + VOTER_SIZE) >= 0) return false;
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
  if (load<u32>(place)) heapFree(load<u32>(place), load<u32>(place, PLACE_LEN));
  const copy = heapAlloc(len);
  memory.copy(copy, p, len);
  store<u32>(place, <u32>copy);
  store<u32>(place, len, PLACE_LEN);
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
  return used ? load<u32>(used, EPOCH_RECORD_HISTORY_COUNT) : 0;
}
/** The newest entry. */
export function epochHistory(): usize {
  return used + EPOCH_RECORD_HEADER;
}
/** Active stake of all vote accounts, lamports. */
export function epochTotalStake(): u64 {
  return used ? load<u64>(used, EPOCH_RECORD_TOTAL_STAKE) : 0;
}
/** Active stake of a vote account, lamports; 0 for any other key. */
export function epochStakeOf(key: usize): u64 {
  if (!used) return 0;
  const first = used + EPOCH_RECORD_HEADER + load<u32>(used, EPOCH_RECORD_HISTORY_COUNT) * HISTORY_SIZE;
  let low: u32 = 0;
  let high = load<u32>(used, EPOCH_RECORD_VOTER_COUNT);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = keyCompare(first + middle * VOTER_SIZE, key);
    if (!order) return load<u64>(first + middle * VOTER_SIZE, VOTER_STAKE);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return 0;
}
