/**
 * Cold accounts: those that are in storage and not in memory.
 *
 *   changed since the last checkpoint ──engineClean──▶ clean ──engineEvict: not used for long──▶ cold
 *            ▲───────── a slot changes it ───────────────┘ ◀────── engineFetch: a slot needs it ───┘
 *
 * The engine reads no storage. Before a slot is opened it names the keys it does not have (wasm/state/cold-keys.ts);
 * whoever owns the storage gives what is there, and the rest does not exist. Totals count cold accounts. What an unstable
 * slot used, changed or lent stays in memory until the slot is stable: a cold account has had one value since the base, so
 * that what storage has is right as of every slot that may be asked for.
 */
import { COLD_SCAN_HEADER, COLD_SCAN_LEN } from "../layouts/engine";
import { keyHash } from "../memory/bytes";
import { outAt, outBytes, outReset, outU64 } from "../memory/io";
import {
  ACC_MODIFIED,
  ACC_STATE,
  ACC_UNDO,
  ACC_USED,
  ENC_DATA_LEN,
  ENC_HEADER,
  ENC_KEY,
  ENC_LAMPORTS,
  ENC_OWNER,
  ST_STORED,
} from "./account";
import { ENGINE_BUSY, ENGINE_MALFORMED, ENGINE_NOT_INITIALISED, ENGINE_WRONG_SHARD } from "./codes";
import { encodedSize, LIST_COUNT, LIST_HEADER, listCheck } from "./encoding";
import { filtersCheck, passes } from "./query";
import { recordAt, recordsEnd } from "./records";
import {
  sessionApplied,
  sessionBase,
  sessionBaseCount,
  sessionBaseLamports,
  sessionInitialised,
  sessionIsBare,
  sessionOpen,
  sessionSetApplied,
} from "./session";
import { shardOf, shardSelf } from "./shard";
import { storeBytes, storeCold, storeEvict, storeFetched, storeTotals, tombstonesDrop } from "./store";
import { tableFind } from "./table";

/** Eviction goes on until an eighth of the limit is free, so that it is not called for every account. */
const FREE_SHIFT: u32 = 3;
const AGE_MAX: u32 = 1 << 16;

/** Storage has every account as of this slot. */
let clean: u64 = 0;
/** Where the clock's hand is, in the pool of records. */
let hand: u32 = 0;
/** Accounts used in the last so many slots stay: halved when a turn of the hand frees too little, doubled when less than half a turn does. */
let age: u32 = 64;
/** When a whole turn has freed too little: nothing is tried until so many bytes are in memory. */
let stuckUntil: u64 = 0;

/** A checkpoint has tombstones that are still in memory. */
let tombstonesDue: bool = false;

/** Nothing is in storage. */
export function coldReset(): void {
  clean = 0;
  hand = 0;
  age = 64;
  stuckUntil = 0;
  tombstonesDue = false;
}

/** An empty shard gets its totals as of `slot`; every account is cold. */
export function engineRestore(slot: u64, lamports: u64, count: u32): i32 {
  if (!sessionInitialised()) return ENGINE_NOT_INITIALISED;
  if (!sessionIsBare()) return ENGINE_BUSY;
  storeTotals(lamports, count);
  sessionSetApplied(slot);
  clean = slot;
  stuckUntil = 0;
  return 0;
}

/** Storage has a checkpoint as of `slot`: accounts not changed since may leave memory, tombstones do, once no slot is open. */
export function engineClean(slot: u64): void {
  clean = slot;
  stuckUntil = 0;
  tombstonesDue = true;
  dropTombstones();
}

/** The open slot may need an account that it has not asked storage for because a tombstone says that it does not exist. */
function dropTombstones(): void {
  if (!tombstonesDue || sessionOpen()) return;
  tombstonesDue = false;
  tombstonesDrop(min(clean, sessionBase()));
}

/** out: u64 lamports, u64 accounts as of the base: what a checkpoint as of it must say. */
export function engineTotals(): i32 {
  outReset();
  outU64(sessionBaseLamports());
  outU64(sessionBaseCount());
  return 0;
}

/** Accounts that exist and are not in memory. */
export function engineColdCount(): u32 {
  return storeCold();
}
/** Bytes of the accounts in memory, with records and table. */
export function engineMemory(): u64 {
  return storeBytes();
}

/** in: an account list from storage, current as of the last checkpoint. What is in memory already is left as it is. */
export function engineFetch(p: usize, len: u32): i32 {
  if (!sessionInitialised()) return ENGINE_NOT_INITIALISED;
  if (sessionOpen()) return ENGINE_BUSY;
  if (!listCheck(p, len)) return ENGINE_MALFORMED;
  let at = p + LIST_HEADER;
  for (let n = load<u32>(p, LIST_COUNT); n; n--) {
    const size = encodedSize(load<u32>(at, ENC_DATA_LEN));
    const hash = keyHash(at);
    if (load<u64>(at, ENC_LAMPORTS) && !tableFind(at, hash)) {
      if (shardOf(at) != shardSelf()) return ENGINE_WRONG_SHARD;
      storeFetched(at, hash, clean);
    }
    at += size;
  }
  return 0;
}

function evictable(record: usize): bool {
  return (
    load<u8>(record, ACC_STATE) == ST_STORED &&
    !load<u32>(record, ACC_UNDO) &&
    load<u64>(record, ACC_MODIFIED) <= clean &&
    <i32>(load<u32>(record, ACC_USED) - <u32>sessionBase()) <= 0
  );
}

/** Slots were taken back: nothing was last used after the last one that is left. */
export function coldRollback(): void {
  const last = <u32>sessionApplied();
  for (let i: u32 = 0, n = recordsEnd(); i < n; i++) {
    const record = recordAt(i);
    if (<i32>(load<u32>(record, ACC_USED) - last) > 0) store<u32>(record, last, ACC_USED);
  }
}

/** Frees memory until the accounts take no more than `limit` bytes, as far as accounts are clean and not in use. */
export function engineEvict(limit: u32): i32 {
  if (sessionOpen()) return ENGINE_BUSY;
  dropTombstones();
  if (storeBytes() <= <u64>limit || storeBytes() < stuckUntil) return 0;
  const goal: u64 = limit - (limit >> FREE_SHIFT);
  const now = <u32>sessionApplied();
  const end = recordsEnd();
  let walked: u64 = 0;
  for (;;) {
    for (let n: u32 = 0; n < end && storeBytes() > goal; n++, walked++) {
      if (++hand >= end) hand = 0;
      const record = recordAt(hand);
      if (evictable(record) && now - load<u32>(record, ACC_USED) >= age) storeEvict(record);
    }
    if (storeBytes() <= goal || !age) break;
    age >>= 1;
  }
  if (storeBytes() > goal) stuckUntil = storeBytes() + (limit >> FREE_SHIFT);
  else if (walked < end >> 1 && age < AGE_MAX) age = age << 1 | 1;
  return 0;
}

/**
 * in: u32 length of a scan request, u32 0, the request padded to 8 bytes, an account list from storage. out: the accounts of
 * the list that pass and are not in memory (those are engineScan's).
 */
export function engineScanCold(p: usize, len: u32): i32 {
  outReset();
  if (len < COLD_SCAN_HEADER) return ENGINE_MALFORMED;
  const size = load<u32>(p, COLD_SCAN_LEN);
  if (size > len - COLD_SCAN_HEADER) return ENGINE_MALFORMED;
  const request = p + COLD_SCAN_HEADER;
  const skip: u32 = COLD_SCAN_HEADER + ((size + 7) & ~7);
  if (!filtersCheck(request, size) || skip > len || !listCheck(p + skip, len - skip)) return ENGINE_MALFORMED;
  let at = p + skip;
  let found: u32 = 0;
  const n = load<u32>(at, LIST_COUNT);
  outU64(0);
  at += LIST_HEADER;
  for (let i: u32 = 0; i < n; i++) {
    const dataLen = load<u32>(at, ENC_DATA_LEN);
    const bytes = encodedSize(dataLen);
    if (load<u64>(at, ENC_LAMPORTS) && passes(request, at + ENC_KEY, at + ENC_OWNER, at + ENC_HEADER, dataLen) && !tableFind(at, keyHash(at))) {
      outBytes(at, bytes);
      found += 1;
    }
    at += bytes;
  }
  store<u32>(outAt(0), found, LIST_COUNT);
  return 0;
}
