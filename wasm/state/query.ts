/** Reading accounts as of a slot: by key, by owner and filters, by last change. */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyEquals, keyHash } from "../memory/bytes";
import { outAt, outLen, outReset, outU32 } from "../memory/io";
import { generatedAccount } from "../svm/sysvars";
import {
  ACC_DATA,
  ACC_DATA_LEN,
  ACC_KEY,
  ACC_LAMPORTS,
  ACC_OWNER,
  ACC_STATE,
  ST_STORED,
} from "./account";
import {
  MEMCMP_HEADER,
  MEMCMP_LEN,
  MEMCMP_OFFSET,
  RANGE_FIRST,
  RANGE_LAST,
  SCAN_DATA_SIZE,
  SCAN_EVERY_OWNER,
  SCAN_HAS_DATA_SIZE,
  SCAN_HEADER,
  SCAN_LIMIT,
  SCAN_NUM_MEMCMP,
  SCAN_OWNER,
} from "../layouts/engine";
import { ENGINE_MALFORMED, ENGINE_TOO_LARGE, ENGINE_TOO_OLD, ENGINE_WRONG_SHARD } from "./codes";
import { bytesEqual } from "./data";
import { LIST_COUNT, LIST_HEADER, outRecord, outTombstone } from "./encoding";
import { recordAt, recordsEnd } from "./records";
import { sessionApplied, sessionBase } from "./session";
import { shardOf, shardSelf } from "./shard";
import { SORT_ENTRY, SORT_PAYLOAD, sortByKey, sortPut } from "./sort";
import { modifiedAsOf, outAsOf, sizeAsOf } from "./store";
import { isKnown, outKnown, STUB_SIZE } from "./stub";
import { tableFind } from "./table";
import { IMG_DATA_LEN, IMG_LAMPORTS, IMG_OWNER, imageAsOf, imageData } from "./undo";

/** An account list with its count still to come. */
function outListBegin(): void {
  outReset();
  outU32(0);
  outU32(0);
}

/** Bytes of the largest answer to a read: what a transaction may load (64 MiB) with keys and headers. Twin: shared/state/accounts.ts. */
const MAX_READ_BYTES: u32 = 68 << 20;

/** `known`: after each key comes the hash that its data have as far as the reader knows, or zeros. What is so is answered as a stub. */
export function queryRead(asOf: u64, p: usize, len: u32, known: bool): i32 {
  const step: u32 = known ? 64 : 32;
  if (len % step) return ENGINE_MALFORMED;
  if (asOf < sessionBase()) return ENGINE_TOO_OLD;
  asOf = min(asOf, sessionApplied());
  outListBegin();
  for (let key = p, end = p + len; key < end; key += step) {
    const record = tableFind(key, keyHash(key));
    if (record) {
      const stub = known && isKnown(record, asOf, key + 32);
      if (outLen() + (stub ? STUB_SIZE : sizeAsOf(record, asOf)) > MAX_READ_BYTES) {
        outReset();
        return ENGINE_TOO_LARGE;
      }
      if (stub) outKnown(record, asOf);
      else outAsOf(record, asOf);
      continue;
    }
    const generated = generatedAccount(key);
    if (generated) outRecord(generated);
    else if (shardOf(key) == shardSelf()) outTombstone(key);
    else {
      outReset();
      return ENGINE_WRONG_SHARD;
    }
  }
  store<u32>(outAt(0), len / step, LIST_COUNT);
  return 0;
}

/** Whether [p, p+len) is a scan request (docs/interfaces.md section 6). */
export function filtersCheck(p: usize, len: u32): bool {
  if (len < SCAN_HEADER || load<u8>(p, SCAN_HAS_DATA_SIZE) > 1 || load<u8>(p, SCAN_EVERY_OWNER) > 1) return false;
  let at = SCAN_HEADER;
  for (let n: u32 = load<u8>(p, SCAN_NUM_MEMCMP); n; n--) {
    if (len - at < MEMCMP_HEADER) return false;
    const size = MEMCMP_HEADER + (<u32>(load<u16>(p + at, MEMCMP_LEN) + 3) & ~3);
    if (size > len - at) return false;
    at += size;
  }
  return at == len;
}

/** Whether an account that exists, given by its parts, passes. */
export function passes(p: usize, key: usize, owner: usize, data: usize, dataLen: u32): bool {
  if (load<u8>(p, SCAN_EVERY_OWNER)) {
    const prefix = bswap<u16>(load<u16>(key));
    if (prefix < bswap<u16>(load<u16>(p, SCAN_OWNER + RANGE_FIRST))) return false;
    if (prefix > bswap<u16>(load<u16>(p, SCAN_OWNER + RANGE_LAST))) return false;
  } else if (!keyEquals(owner, p + SCAN_OWNER)) {
    return false;
  }
  if (load<u8>(p, SCAN_HAS_DATA_SIZE) && <u64>dataLen != load<u64>(p, SCAN_DATA_SIZE)) return false;
  let filter = p + SCAN_HEADER;
  for (let n: u32 = load<u8>(p, SCAN_NUM_MEMCMP); n; n--) {
    const offset = load<u32>(filter, MEMCMP_OFFSET);
    const len: u32 = load<u16>(filter, MEMCMP_LEN);
    if (<u64>offset + len > <u64>dataLen || !bytesEqual(data + offset, filter + MEMCMP_HEADER, len)) return false;
    filter += MEMCMP_HEADER + ((len + 3) & ~3);
  }
  return true;
}

/** A list of records to put out sorted: grows by doubling. */
let picked: usize = 0;
let pickedCap: u32 = 0;
let pickedCount: u32 = 0;

function pick(record: usize): void {
  if (pickedCount == pickedCap) {
    const capacity = max<u32>(256, pickedCap << 1);
    const fresh = heapAlloc(capacity * SORT_ENTRY);
    if (picked) {
      memory.copy(fresh, picked, pickedCount * SORT_ENTRY);
      heapFree(picked, pickedCap * SORT_ENTRY);
    }
    picked = fresh;
    pickedCap = capacity;
  }
  sortPut(picked + pickedCount * SORT_ENTRY, record, <u32>record);
  pickedCount += 1;
}
function pickedDrop(): void {
  if (picked) heapFree(picked, pickedCap * SORT_ENTRY);
  picked = 0;
  pickedCap = 0;
  pickedCount = 0;
}
function outPicked(asOf: u64): void {
  sortByKey(picked, pickedCount);
  outListBegin();
  for (let i: u32 = 0; i < pickedCount; i++) outAsOf(load<u32>(picked + i * SORT_ENTRY, SORT_PAYLOAD), asOf);
  store<u32>(outAt(0), pickedCount, LIST_COUNT);
  pickedDrop();
}

export function queryScan(asOf: u64, p: usize, len: u32): i32 {
  if (!filtersCheck(p, len)) return ENGINE_MALFORMED;
  if (asOf < sessionBase()) return ENGINE_TOO_OLD;
  asOf = min(asOf, sessionApplied());
  const limit: u64 = load<u32>(p, SCAN_LIMIT);
  let bytes: u64 = LIST_HEADER;
  for (let i: u32 = 0, n = recordsEnd(); i < n; i++) {
    const record = recordAt(i);
    if (!(load<u8>(record, ACC_STATE) & ST_STORED)) continue;
    const image = imageAsOf(record, asOf);
    const exists = (image ? load<u64>(image, IMG_LAMPORTS) : load<u64>(record, ACC_LAMPORTS)) != 0;
    if (!exists) continue;
    const good = image
      ? passes(p, record + ACC_KEY, image + IMG_OWNER, imageData(image), load<u32>(image, IMG_DATA_LEN))
      : passes(p, record + ACC_KEY, record + ACC_OWNER, load<u32>(record, ACC_DATA), load<u32>(record, ACC_DATA_LEN));
    if (!good) continue;
    bytes += sizeAsOf(record, asOf);
    if (bytes > limit) {
      pickedDrop();
      outReset();
      return ENGINE_TOO_LARGE;
    }
    pick(record);
  }
  outPicked(asOf);
  return 0;
}

/** What a walk of queryCollect goes through: entries of sort.ts, from its first call to its last. */
let collected: usize = 0;
let collectedCap: u32 = 0;
let collectedCount: u32 = 0;

function collectedDrop(): void {
  if (collected) heapFree(collected, collectedCap * SORT_ENTRY);
  collected = 0;
  collectedCap = 0;
  collectedCount = 0;
}

/**
 * Accounts as of `asOf` changed after `since`, tombstones too, ascending by key, in lists of about `maxBytes`: cursor 0 begins, the answer is
 * the next cursor, 0 at the end. One walk at a time, and nothing changes meanwhile.
 */
export function queryCollect(since: u64, asOf: u64, cursor: u32, maxBytes: u32): i32 {
  if (asOf < sessionBase()) return ENGINE_TOO_OLD;
  asOf = min(asOf, sessionApplied());
  if (!cursor) {
    collectedDrop();
    for (let i: u32 = 0, end = recordsEnd(); i < end; i++) {
      const record = recordAt(i);
      if (load<u8>(record, ACC_STATE) & ST_STORED && modifiedAsOf(record, asOf) > since) pick(record);
    }
    sortByKey(picked, pickedCount);
    collected = picked;
    collectedCap = pickedCap;
    collectedCount = pickedCount;
    picked = 0;
    pickedDrop();
  }
  if (cursor > collectedCount) return ENGINE_MALFORMED;
  outListBegin();
  let bytes: u64 = LIST_HEADER;
  let i = cursor;
  for (; i < collectedCount; i++) {
    const record: usize = load<u32>(collected + i * SORT_ENTRY, SORT_PAYLOAD);
    bytes += sizeAsOf(record, asOf);
    if (bytes > <u64>maxBytes && i > cursor) break;
    outAsOf(record, asOf);
  }
  store<u32>(outAt(0), i - cursor);
  if (i < collectedCount) return <i32>i;
  collectedDrop();
  return 0;
}
