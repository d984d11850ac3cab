/**
 * Executes the transactions of the open slot, one after another, in one go or in slices.
 *
 *   slice ─▶ results of it ─▶ kept ─▶ ... ─▶ the last slice: all results in the out buffer
 *
 * Between slices the engine answers reads as at any time: what the open slot has changed has images of what was there before. Where it stands is
 * kept here, and forgotten when the slot ends.
 */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyHash } from "../memory/bytes";
import { outAt, outBytes, outLen, outReset, outU32 } from "../memory/io";
import { runtimeExecute, runtimeSetContext } from "../svm/runtime/transaction";
import { REC_LEN, recordKey, recordNumAccounts } from "../transaction/record";
import { RESULT_COMPUTE_UNITS, RESULT_FEE, RESULT_LANDED } from "../layouts/result";
import { ACC_DATA, ACC_DATA_LEN, ACC_KEY, ACC_LAMPORTS, ACC_STATE, ST_LENT } from "./account";
import { ENGINE_PLAN_BROKEN, ENGINE_UNBALANCED } from "./codes";
import { PLACED_BLOCK_INDEX, PLACED_HEADER, PROP_CONTEXT, PROP_FLAG_DETAIL, PROP_FLAGS, PROP_NUM_RECORDS, proposalRecords } from "./proposal";
import { tableFind, tableGuess, tableTouch } from "./table";
import { IMG_LAMPORTS, IMG_NEXT, IMG_RECORD, SLOT_FEES, SLOT_IMAGES } from "./undo";
import { workspaceFault, workspaceHint } from "./workspace";

/** What a transaction takes beside its compute units: 5 us, where a thousand units take as long. */
const TRANSACTION_UNITS: u64 = 1_000;

export const EXECUTION_MORE: i32 = 1;

/** Index in the block of the transaction that broke the plan. */
let failedIndex: u32 = 0;
export function executionFailedIndex(): u32 {
  return failedIndex;
}

/** The next transaction: its place in the proposal, 0 before the first, and its number. */
let next: usize = 0;
let nextIndex: u32 = 0;
let fees: u64 = 0;
/** Results of the slices before this one. */
let kept: usize = 0;
let keptLen: u32 = 0;
let keptCap: u32 = 0;

/** Also of a slot that ends without having been executed to its end. */
export function executionEnd(): void {
  if (kept) heapFree(kept, keptCap);
  kept = 0;
  keptLen = 0;
  keptCap = 0;
  next = 0;
  nextIndex = 0;
  fees = 0;
}

/** Puts what is in the out buffer behind the results of earlier slices. */
function keepOut(): void {
  const len = outLen();
  if (keptLen + len > keptCap) {
    const capacity = max<u32>(keptCap << 1, keptLen + len);
    const larger = heapAlloc(capacity);
    if (kept) {
      memory.copy(larger, kept, keptLen);
      heapFree(kept, keptCap);
    }
    kept = larger;
    keptCap = capacity;
  }
  memory.copy(kept + keptLen, outAt(0), len);
  keptLen += len;
}

/** Sum over everything this slot changed here, lent accounts aside, of balance after - balance before. */
function balanceOf(slot: usize): u64 {
  let sum: u64 = 0;
  for (let image: usize = load<u32>(slot, SLOT_IMAGES); image; image = load<u32>(image, IMG_NEXT)) {
    const record: usize = load<u32>(image, IMG_RECORD);
    if (!(load<u8>(record, ACC_STATE) & ST_LENT)) sum += load<u64>(record, ACC_LAMPORTS) - load<u64>(image, IMG_LAMPORTS);
  }
  return sum;
}

/** Transactions looked ahead at, and the keys of them at most: {u64 hash, u32 key, u32 record} each. */
const AHEAD_KEY: usize = 8;
const AHEAD_RECORD: usize = 12;
const AHEAD_SIZE: u32 = 16;
const AHEAD: u32 = 16;
const AHEAD_KEYS: u32 = 256;
const ahead: usize = memory.data(4096, 16);
/** Keeps the reads below from being dropped. */
let touched: u64 = 0;
/**
 * Looks up the accounts of the next transactions together. Each lookup waits for memory several times; done side by side
 * the waits overlap, and execution then finds everything in the cache.
 */
function lookAhead(p: usize, transactions: u32): void {
  let n: u32 = 0;
  let sum: u64 = 0;
  for (; transactions; transactions--) {
    const record = p + PLACED_HEADER;
    const accounts = recordNumAccounts(record);
    for (let i: u32 = 0; i < accounts && n < AHEAD_KEYS; i++, n++) {
      const key = recordKey(record, i);
      const hash = keyHash(key);
      sum += tableTouch(hash);
      const entry = ahead + n * AHEAD_SIZE;
      store<u64>(entry, hash);
      store<u32>(entry, <u32>key, AHEAD_KEY);
    }
    p += PLACED_HEADER + load<u32>(record, REC_LEN);
  }
  const end = ahead + n * AHEAD_SIZE;
  for (let entry = ahead; entry < end; entry += AHEAD_SIZE) {
    const record = tableGuess(load<u64>(entry));
    if (record) sum += load<u64>(record, ACC_KEY) + load<u64>(record, ACC_LAMPORTS);
  }
  for (let entry = ahead; entry < end; entry += AHEAD_SIZE) {
    const key: usize = load<u32>(entry, AHEAD_KEY);
    const found = tableFind(key, load<u64>(entry));
    store<u32>(entry, <u32>found, AHEAD_RECORD);
    if (found) workspaceHint(key, found);
  }
  for (let entry = ahead; entry < end; entry += AHEAD_SIZE) {
    const found: usize = load<u32>(entry, AHEAD_RECORD);
    if (!found) continue;
    // The cache lines that a token account has; of larger data only the head is sure to be read.
    const len = load<u32>(found, ACC_DATA_LEN);
    const data: usize = load<u32>(found, ACC_DATA);
    if (len) sum += load<u8>(data);
    if (len > 64) sum += load<u8>(data + 64);
    if (len > 128) sum += load<u8>(data + 128);
  }
  touched += sum;
}

/** 0: done, all results are out. EXECUTION_MORE: a slice of about `units` is done. Or a code. */
export function executionGoOn(slot: usize, proposal: usize, units: u64): i32 {
  const detail = (load<u32>(proposal, PROP_FLAGS) & PROP_FLAG_DETAIL) != 0;
  const n = load<u32>(proposal, PROP_NUM_RECORDS);
  // What was asked in between may have set another.
  runtimeSetContext(proposal + PROP_CONTEXT);
  outReset();
  if (!next) {
    next = proposalRecords(proposal);
    outU32(n);
    outU32(0);
  }
  let spent: u64 = 0;
  for (let isFirst = true; nextIndex < n; isFirst = false) {
    if (spent >= units) {
      keepOut();
      outReset();
      return EXECUTION_MORE;
    }
    const ahead = nextIndex % AHEAD;
    if (isFirst || ahead == 0) lookAhead(next, min(AHEAD - ahead, n - nextIndex));
    const at = outLen();
    runtimeExecute(next + PLACED_HEADER, load<u32>(next, PLACED_BLOCK_INDEX), detail, 0);
    if (workspaceFault()) {
      failedIndex = load<u32>(next, PLACED_BLOCK_INDEX);
      return ENGINE_PLAN_BROKEN;
    }
    const result = outAt(at);
    if (load<u8>(result, RESULT_LANDED)) fees += load<u64>(result, RESULT_FEE);
    spent += TRANSACTION_UNITS + load<u32>(result, RESULT_COMPUTE_UNITS);
    next += PLACED_HEADER + load<u32>(next + PLACED_HEADER, REC_LEN);
    nextIndex += 1;
  }
  if (kept) {
    keepOut();
    outReset();
    outBytes(kept, keptLen);
  }
  if (balanceOf(slot) + fees != 0) return ENGINE_UNBALANCED;
  store<u64>(slot, fees, SLOT_FEES);
  return 0;
}
