/** The shard's own accounts: the table, their totals, and the tombstones that wait for a checkpoint. */
import { keyHash } from "../memory/bytes";
import { heapCapacity } from "../memory/heap";
import { outAdvance, outEnsure } from "../memory/io";
import { ACC_DATA_LEN, ACC_GENESIS, ACC_LAMPORTS, ACC_MODIFIED, ACC_NEXT, ACC_STATE, ACC_SIZE, ACC_UNDO, ST_QUEUED, ST_STORED } from "./account";
import { dataDrop } from "./data";
import { decodeInto, encodeRecord, recordEncodedSize } from "./encoding";
import { recordFree, recordNew, recordsReset } from "./records";
import { tableFind, tableInsert, tableRemove, tableReset } from "./table";
import { IMG_LAMPORTS, IMG_MODIFIED, imageAsOf, imageEncode, imageEncodedSize } from "./undo";

let lamports: u64 = 0;
let live: u32 = 0;
/** Accounts that exist and are only in storage (wasm/state/cold.ts). */
let cold: u32 = 0;
/** Bytes of the records in the table, their data and their places in it. */
let bytes: u64 = 0;
/** Queue of records without lamports, linked by ACC_NEXT. Some may have come back to life since. */
let tombFirst: usize = 0;
let tombLast: usize = 0;
let tombs: u32 = 0;

/** Forgets everything; data blocks must have been dropped before. */
export function storeReset(): void {
  recordsReset();
  tableReset();
  lamports = 0;
  live = 0;
  cold = 0;
  bytes = 0;
  tombFirst = 0;
  tombLast = 0;
  tombs = 0;
}
export function storeLamports(): u64 {
  return lamports;
}
export function storeCount(): u32 {
  return live;
}

export function storeCold(): u32 {
  return cold;
}
export function storeBytes(): u64 {
  return bytes;
}

/** A place in the table: about 8 bytes, with what a segment keeps free. */
const PLACE: u32 = 8;
/** Memory of an account with so many bytes of data. */
export function memoryOf(dataLen: u32): u32 {
  return ACC_SIZE + PLACE + (dataLen ? heapCapacity(dataLen) : 0);
}
/** Keeps the sum of the memory when a stored account changes; 0 for one that is not in memory. */
export function storeResized(before: u32, after: u32): void {
  bytes += <u64>after - <u64>before;
}

/** Totals of an empty store whose accounts are all in storage. */
export function storeTotals(sum: u64, count: u32): void {
  lamports = sum;
  live = count;
  cold = count;
}
/** Puts an account that storage has into memory. The totals count it already. */
export function storeFetched(p: usize, hash: u64, slot: u64): void {
  const record = recordNew(p, ST_STORED);
  decodeInto(record, p);
  store<u64>(record, slot, ACC_MODIFIED);
  tableInsert(record, hash);
  bytes += memoryOf(load<u32>(record, ACC_DATA_LEN));
  cold -= 1;
}
/** Takes an account out of memory that storage has. */
export function storeEvict(record: usize): void {
  cold += <u32>(load<u64>(record, ACC_LAMPORTS) != 0);
  storeRemove(record);
}
function storeRemove(record: usize): void {
  bytes -= memoryOf(load<u32>(record, ACC_DATA_LEN));
  tableRemove(record, keyHash(record));
  dataDrop(record);
  recordFree(record);
}

/** Keeps the totals when the balance of a stored account changes. */
export function storeBalance(before: u64, after: u64): void {
  lamports += after - before;
  live += <u32>(after != 0) - <u32>(before != 0);
}

/** Makes a record with a key that is not in the table an own account. */
export function storeInsert(record: usize, hash: u64): void {
  store<u8>(record, ST_STORED, ACC_STATE);
  tableInsert(record, hash);
}

/** Notes that a stored record has no lamports: it goes once a checkpoint covers that. */
export function tombstoneQueue(record: usize): void {
  const state = load<u8>(record, ACC_STATE);
  if (state & ST_QUEUED) return;
  store<u8>(record, state | ST_QUEUED, ACC_STATE);
  store<u32>(record, 0, ACC_NEXT);
  if (tombLast) store<u32>(tombLast, <u32>record, ACC_NEXT);
  else tombFirst = record;
  tombLast = record;
  tombs += 1;
}

/**
 * Drops the tombstones that a checkpoint up to `slot` covers and that no unstable slot needs. Those of genesis accounts
 * stay: the genesis is loaded before any checkpoint.
 */
export function tombstonesDrop(slot: u64): void {
  for (let n = tombs; n; n--) {
    const record = tombFirst;
    tombFirst = load<u32>(record, ACC_NEXT);
    if (!tombFirst) tombLast = 0;
    tombs -= 1;
    store<u8>(record, load<u8>(record, ACC_STATE) & ~ST_QUEUED, ACC_STATE);
    if (load<u64>(record, ACC_LAMPORTS)) continue;
    const idle = load<u8>(record, ACC_STATE) == ST_STORED && !load<u32>(record, ACC_UNDO) && !load<u8>(record, ACC_GENESIS);
    if (!idle || load<u64>(record, ACC_MODIFIED) > slot) {
      tombstoneQueue(record);
      continue;
    }
    storeRemove(record);
  }
}

/** Sets an own account from a checked encoded account, no questions asked. */
export function storeSet(p: usize, slot: u64): void {
  const hash = keyHash(p);
  let record = tableFind(p, hash);
  const after = load<u64>(p, ACC_LAMPORTS);
  if (!record) {
    if (!after) return;
    record = recordNew(p, ST_STORED);
    tableInsert(record, hash);
    bytes += memoryOf(0);
  }
  storeBalance(load<u64>(record, ACC_LAMPORTS), after);
  bytes -= memoryOf(load<u32>(record, ACC_DATA_LEN));
  decodeInto(record, p);
  bytes += memoryOf(load<u32>(record, ACC_DATA_LEN));
  store<u64>(record, slot, ACC_MODIFIED);
  if (slot == 0) store<u8>(record, 1, ACC_GENESIS);
  if (!after) tombstoneQueue(record);
}

/** Lamports and slot of the last change as of a slot. */
export function lamportsAsOf(record: usize, asOf: u64): u64 {
  const image = imageAsOf(record, asOf);
  return image ? load<u64>(image, IMG_LAMPORTS) : load<u64>(record, ACC_LAMPORTS);
}
export function modifiedAsOf(record: usize, asOf: u64): u64 {
  const image = imageAsOf(record, asOf);
  return image ? load<u64>(image, IMG_MODIFIED) : load<u64>(record, ACC_MODIFIED);
}
export function sizeAsOf(record: usize, asOf: u64): u32 {
  const image = imageAsOf(record, asOf);
  return image ? imageEncodedSize(image) : recordEncodedSize(record);
}
/** Appends a stored account as of a slot to the output. */
export function outAsOf(record: usize, asOf: u64): void {
  const image = imageAsOf(record, asOf);
  if (image) outAdvance(imageEncode(outEnsure(imageEncodedSize(image)), image));
  else outAdvance(encodeRecord(outEnsure(recordEncodedSize(record)), record));
}
