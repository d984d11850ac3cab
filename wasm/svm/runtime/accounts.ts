/**
 * The accounts of the running transaction. Changes are made in the store's records at once; what was there before is kept
 * here, the header at loading, the data when they are first changed, so that a failed transaction can be undone.
 *
 *   entry i (ENTRY bytes) : record, flags, key, header as it was ──▶ record (wasm/state/account.ts) ──▶ data block
 *                                            └── copy of the data in scratch memory, only if they were changed
 *
 * Rules and limits: Agave transaction-context/src/{transaction_accounts,instruction_accounts,lib}.rs.
 */
import {
  ACC_DATA,
  ACC_DATA_CAP,
  ACC_DATA_LEN,
  ACC_FLAGS,
  ACC_FLAG_EXECUTABLE,
  ACC_LAMPORTS,
  ACC_OWNER,
  ACC_RENT_EPOCH,
} from "../../state/account";
import { slotTouch, slotTouchData } from "../../state/workspace";
import { assertThat } from "../../memory/assert";
import { keyCopy } from "../../memory/bytes";
import { heapAlloc, heapCapacity, heapFree } from "../../memory/heap";
import { ERR_INVALID_REALLOC, ERR_MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED } from "../errors";
import { scratchAlloc } from "./scratch";

/** Bytes of data an account may have, bytes by which all accounts of a transaction may grow together. */
export const MAX_ACCOUNT_DATA_LEN: u32 = 10 * 1024 * 1024;
const MAX_GROWTH_PER_TRANSACTION: i64 = 2 * 10 * 1024 * 1024;
/** More than any transaction can lock (128 with the larger limit) and one byte of index. */
export const MAX_TX_ACCOUNTS: u32 = 256;

const TXA_RECORD: usize = 0; // u32
const TXA_KEY: usize = 4; // u32 pointer
const TXA_SIGNER: usize = 8; // u8
const TXA_WRITABLE: usize = 9; // u8, after demotion
const TXA_TOUCHED: usize = 10; // u8, the store was told
const TXA_DATA_KEPT: usize = 11; // u8
const TXA_KEPT_DATA: usize = 12; // u32 pointer
const TXA_KEPT_LEN: usize = 16; // u32
const TXA_KEPT_FLAGS: usize = 20; // u8
const TXA_DECREED: usize = 21; // u8
const TXA_LAMPORTS: usize = 24; // u64, before the transaction (before the fee)
const TXA_RENT_EPOCH: usize = 32; // u64
const TXA_OWNER: usize = 40; // key
const ENTRY: usize = 72;

const table: usize = memory.data(18432, 16); // MAX_TX_ACCOUNTS * ENTRY
let count: u32 = 0;
let resizeDelta: i64 = 0;
/** Sum of all lamport changes since the last check, a 128-bit integer. */
let deltaLow: u64 = 0;
let deltaHigh: i64 = 0;

export function accountsReset(): void {
  count = 0;
  resizeDelta = 0;
  deltaLow = 0;
  deltaHigh = 0;
}

// @ts-ignore: decorator
@inline
function entry(i: u32): usize {
  return table + <usize>i * ENTRY;
}

export function accountsCount(): u32 {
  return count;
}

/** Adds the next account; its header is kept. */
export function accountsPush(record: usize, key: usize, signer: bool, writable: bool): void {
  assertThat(count < MAX_TX_ACCOUNTS);
  const e = entry(count);
  count += 1;
  store<u32>(e, <u32>record, TXA_RECORD);
  store<u32>(e, <u32>key, TXA_KEY);
  store<u32>(e, <u32>signer | (<u32>writable << 8), TXA_SIGNER);
  store<u32>(e, load<u32>(record, ACC_DATA_LEN), TXA_KEPT_LEN);
  store<u16>(e, load<u8>(record, ACC_FLAGS), TXA_KEPT_FLAGS); // and not decreed
  store<u64>(e, load<u64>(record, ACC_LAMPORTS), TXA_LAMPORTS);
  store<u64>(e, load<u64>(record, ACC_RENT_EPOCH), TXA_RENT_EPOCH);
  keyCopy(e + TXA_OWNER, record + ACC_OWNER);
}

export function txaRecord(i: u32): usize {
  return load<u32>(entry(i), TXA_RECORD);
}
export function txaKey(i: u32): usize {
  return load<u32>(entry(i), TXA_KEY);
}
export function txaSigner(i: u32): bool {
  return load<u8>(entry(i), TXA_SIGNER) != 0;
}
export function txaWritable(i: u32): bool {
  return load<u8>(entry(i), TXA_WRITABLE) != 0;
}
/** Lamports, length and owner as they were before the transaction. */
export function txaPreLamports(i: u32): u64 {
  return load<u64>(entry(i), TXA_LAMPORTS);
}
export function txaPreOwner(i: u32): usize {
  return entry(i) + TXA_OWNER;
}
export function txaPreDataLen(i: u32): u32 {
  return load<u32>(entry(i), TXA_KEPT_LEN);
}
export function txaTouched(i: u32): bool {
  return load<u8>(entry(i), TXA_TOUCHED) != 0;
}

/** From now on no rule about rent applies to account `i` at the end of the transaction. */
export function txaDecree(i: u32): void {
  store<u8>(entry(i), 1, TXA_DECREED);
}
export function txaDecreed(i: u32): bool {
  return load<u8>(entry(i), TXA_DECREED) != 0;
}

/** Must precede any change of the record of account `i`. */
// @ts-ignore: decorator
@inline
export function txaTouch(i: u32): void {
  const e = entry(i);
  if (load<u8>(e, TXA_TOUCHED)) return;
  store<u8>(e, 1, TXA_TOUCHED);
  slotTouch(load<u32>(e, TXA_RECORD));
}

/** Must precede any change of the data of account `i`: keeps a copy. */
export function txaTouchData(i: u32): void {
  txaTouch(i);
  const e = entry(i);
  if (load<u8>(e, TXA_DATA_KEPT)) return;
  store<u8>(e, 1, TXA_DATA_KEPT);
  const record: usize = load<u32>(e, TXA_RECORD);
  let copy = slotTouchData(record);
  if (!copy) {
    const len = load<u32>(record, ACC_DATA_LEN);
    copy = scratchAlloc(len);
    memory.copy(copy, load<u32>(record, ACC_DATA), len);
  }
  store<u32>(e, <u32>copy, TXA_KEPT_DATA);
}

export function txaSetLamports(i: u32, v: u64): void {
  txaTouch(i);
  const record = txaRecord(i);
  const old = load<u64>(record, ACC_LAMPORTS);
  store<u64>(record, v, ACC_LAMPORTS);
  if (v >= old) {
    const low = deltaLow;
    deltaLow = low + (v - old);
    if (deltaLow < low) deltaHigh += 1;
  } else {
    const low = deltaLow;
    deltaLow = low - (old - v);
    if (deltaLow > low) deltaHigh -= 1;
  }
}

/** Whether the changes of balances since the last reset do not add up to zero. */
export function accountsUnbalanced(): bool {
  return (deltaLow | <u64>deltaHigh) != 0;
}

export function txaSetOwner(i: u32, key: usize): void {
  txaTouch(i);
  keyCopy(txaRecord(i) + ACC_OWNER, key);
}

export function txaSetExecutable(i: u32, executable: bool): void {
  txaTouch(i);
  const record = txaRecord(i);
  const rest = load<u8>(record, ACC_FLAGS) & ~ACC_FLAG_EXECUTABLE;
  store<u8>(record, rest | (executable ? ACC_FLAG_EXECUTABLE : 0), ACC_FLAGS);
}

/** Whether data of account `i` may get `len` bytes: 0 or the error. */
export function txaCanResize(i: u32, len: u32): i32 {
  if (len > MAX_ACCOUNT_DATA_LEN) return ERR_INVALID_REALLOC;
  const growth = <i64>len - <i64>load<u32>(txaRecord(i), ACC_DATA_LEN);
  return resizeDelta + growth > MAX_GROWTH_PER_TRANSACTION ? ERR_MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED : 0;
}

/** Gives a record room for `len` bytes of data, of which the first `keep` stay. */
function reserve(record: usize, len: u32, keep: u32): void {
  const capacity = load<u32>(record, ACC_DATA_CAP);
  if (len <= capacity) return;
  const room = heapCapacity(len);
  const block = heapAlloc(room);
  if (keep) memory.copy(block, load<u32>(record, ACC_DATA), keep);
  if (capacity) heapFree(load<u32>(record, ACC_DATA), capacity);
  store<u32>(record, <u32>block, ACC_DATA);
  store<u32>(record, room, ACC_DATA_CAP);
}

/** Sets the length of the data; new bytes are zero. Checks are the caller's. */
export function txaResize(i: u32, len: u32): void {
  const record = txaRecord(i);
  const old = load<u32>(record, ACC_DATA_LEN);
  if (len == old) return;
  txaTouchData(i);
  resizeDelta += <i64>len - <i64>old;
  if (len > old) {
    reserve(record, len, old);
    memory.fill(<usize>load<u32>(record, ACC_DATA) + old, 0, len - old);
  }
  store<u32>(record, len, ACC_DATA_LEN);
}

/** Everything but the touch mark as it was before the transaction. */
export function txaRestore(i: u32): void {
  const e = entry(i);
  if (!load<u8>(e, TXA_TOUCHED)) return;
  const record: usize = load<u32>(e, TXA_RECORD);
  keyCopy(record + ACC_OWNER, e + TXA_OWNER);
  store<u64>(record, load<u64>(e, TXA_LAMPORTS), ACC_LAMPORTS);
  store<u64>(record, load<u64>(e, TXA_RENT_EPOCH), ACC_RENT_EPOCH);
  store<u8>(record, load<u8>(e, TXA_KEPT_FLAGS), ACC_FLAGS);
  if (!load<u8>(e, TXA_DATA_KEPT)) return;
  const len = load<u32>(e, TXA_KEPT_LEN);
  reserve(record, len, 0);
  memory.copy(load<u32>(record, ACC_DATA), load<u32>(e, TXA_KEPT_DATA), len);
  store<u32>(record, len, ACC_DATA_LEN);
}

/** An account without lamports does not exist: no data, system owner, not executable. */
export function txaClear(i: u32): void {
  txaTouchData(i);
  const record = txaRecord(i);
  const capacity = load<u32>(record, ACC_DATA_CAP);
  if (capacity) heapFree(load<u32>(record, ACC_DATA), capacity);
  store<u32>(record, 0, ACC_DATA);
  store<u32>(record, 0, ACC_DATA_CAP);
  store<u32>(record, 0, ACC_DATA_LEN);
  store<u8>(record, load<u8>(record, ACC_FLAGS) & ~ACC_FLAG_EXECUTABLE, ACC_FLAGS);
  memory.fill(record + ACC_OWNER, 0, 32);
}
