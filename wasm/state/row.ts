/**
 * The log row of a slot: everything a restart needs to stand where the shard stood, and to answer the slot's partners
 * again (docs/interfaces.md section 6).
 *
 *    0 u32 length   4 u32 magic   8 u64 slot   16 u64 view   24 hash digest   56 u64 previous slot of this shard
 *   64 u64 lamports of the shard after   72 u64 fees burned here   80 hash effectHash = BLAKE3(writes)
 *  112 u32 x 4: lengths of   writes │ returns │ lends │ results   which follow at 128
 */
import { keyCompare, keyHash } from "../memory/bytes";
import { heapAlloc, heapFree } from "../memory/heap";
import { outAdvance, outAt, outBytes, outEnsure, outLen, outReset, outU32, outU64 } from "../memory/io";
import { blake3 } from "../crypto/blake3";
import { ENC_DATA_LEN } from "./account";
import { ENGINE_APPLIED, ENGINE_CORRUPT, ENGINE_MALFORMED, ENGINE_WRONG_PREVIOUS, ENGINE_WRONG_SHARD } from "./codes";
import { decodeInto, encodedSize, encodeRecord, listCheck, LIST_HEADER, recordEncodedSize } from "./encoding";
import { leasesOrdered, returnsCheck } from "./leases";
import { LEASE_SIZE } from "./proposal";
import {
  sessionAbort,
  sessionApplied,
  sessionBase,
  sessionChanged,
  sessionIsBare,
  sessionOpen,
  sessionPromote,
  sessionRevert,
  sessionStart,
} from "./session";
import { shardOf, shardSelf } from "./shard";
import { SORT_ENTRY, SORT_PAYLOAD, sortByKey, sortPut } from "./sort";
import { storeLamports } from "./store";
import { tableFind } from "./table";
import {
  IMG_NEXT,
  IMG_RECORD,
  SLOT_DIGEST,
  SLOT_EFFECT_HASH,
  SLOT_FEES,
  SLOT_IMAGES,
  SLOT_LAMPORTS,
  SLOT_LENDS,
  SLOT_NUMBER,
  SLOT_NUM_LENDS,
  SLOT_PREVIOUS,
  SLOT_RESULTS,
  SLOT_RESULTS_LEN,
  SLOT_RETURNS,
  SLOT_RETURNS_LEN,
  SLOT_VIEW,
  slotCopy,
  slotNew,
} from "./undo";
import { workspaceOwn, workspaceTouch } from "./workspace";

const ROW_MAGIC: u32 = 0x31574f52; // "ROW1"
const ROW_SLOT: usize = 8;
const ROW_VIEW: usize = 16;
const ROW_DIGEST: usize = 24;
const ROW_PREVIOUS: usize = 56;
const ROW_LAMPORTS: usize = 64;
const ROW_FEES: usize = 72;
const ROW_EFFECT_HASH: usize = 80;
const ROW_LEN_WRITES: usize = 112;
const ROW_LEN_RETURNS: usize = 116;
const ROW_LEN_LENDS: usize = 120;
const ROW_LEN_RESULTS: usize = 124;
const ROW_HEADER: u32 = 128;
/** The fixed part of a result (section 4): nothing shorter is one. */
const RESULT_MIN: u32 = 48;

/** Appends the accounts that the open slot changed, sorted by key. */
function outWrites(): void {
  const n = sessionChanged();
  const entries = heapAlloc(max<u32>(n, 1) * SORT_ENTRY);
  let entry = entries;
  let size = LIST_HEADER;
  for (let image: usize = load<u32>(sessionOpen(), SLOT_IMAGES); image; image = load<u32>(image, IMG_NEXT)) {
    const record: usize = load<u32>(image, IMG_RECORD);
    sortPut(entry, record, <u32>record);
    entry += SORT_ENTRY;
    size += recordEncodedSize(record);
  }
  sortByKey(entries, n);
  const start = outEnsure(size);
  store<u64>(start, n);
  let at = start + LIST_HEADER;
  for (let e = entries; e < entry; e += SORT_ENTRY) at += encodeRecord(at, load<u32>(e, SORT_PAYLOAD));
  outAdvance(size);
  heapFree(entries, max<u32>(n, 1) * SORT_ENTRY);
}

/** Commits the open slot, which is executed and has all its returns; out: its row. */
export function rowCommit(): void {
  const slot = sessionOpen();
  outReset();
  outU32(0);
  outU32(ROW_MAGIC);
  outU64(load<u64>(slot, SLOT_NUMBER));
  outU64(load<u64>(slot, SLOT_VIEW));
  outBytes(slot + SLOT_DIGEST, 32);
  outU64(load<u64>(slot, SLOT_PREVIOUS));
  memory.fill(outEnsure(ROW_HEADER), 0, ROW_HEADER - <u32>ROW_LAMPORTS);
  outAdvance(ROW_HEADER - <u32>ROW_LAMPORTS);
  outWrites();
  const lenWrites = outLen() - ROW_HEADER;
  blake3(outAt(ROW_HEADER), lenWrites, slot + SLOT_EFFECT_HASH);
  sessionPromote();
  store<u64>(slot, storeLamports(), SLOT_LAMPORTS);
  const lenLends = load<u32>(slot, SLOT_NUM_LENDS) * LEASE_SIZE;
  outBytes(load<u32>(slot, SLOT_RETURNS), load<u32>(slot, SLOT_RETURNS_LEN));
  outBytes(load<u32>(slot, SLOT_LENDS), lenLends);
  outBytes(load<u32>(slot, SLOT_RESULTS), load<u32>(slot, SLOT_RESULTS_LEN));
  const row = outAt(0);
  store<u32>(row, outLen());
  store<u64>(row, load<u64>(slot, SLOT_LAMPORTS), ROW_LAMPORTS);
  store<u64>(row, load<u64>(slot, SLOT_FEES), ROW_FEES);
  memory.copy(row + ROW_EFFECT_HASH, slot + SLOT_EFFECT_HASH, 32);
  store<u32>(row, lenWrites, ROW_LEN_WRITES);
  store<u32>(row, load<u32>(slot, SLOT_RETURNS_LEN), ROW_LEN_RETURNS);
  store<u32>(row, lenLends, ROW_LEN_LENDS);
  store<u32>(row, load<u32>(slot, SLOT_RESULTS_LEN), ROW_LEN_RESULTS);
}

function resultsCheck(p: usize, len: u32): bool {
  if (len < 8) return false;
  let at: u32 = 8;
  for (let n = load<u32>(p); n; n--) {
    if (len - at < RESULT_MIN) return false;
    const size = load<u32>(p + at);
    if (size < RESULT_MIN || size > len - at) return false;
    at += size;
  }
  return at == len;
}

/** Whether every account of the list is this shard's, each once, in order. */
function ownSorted(list: usize): bool {
  let previous: usize = 0;
  let p = list + LIST_HEADER;
  for (let n = load<u32>(list); n; n--) {
    if (previous && keyCompare(previous, p) >= 0) return false;
    if (!tableFind(p, keyHash(p)) && shardOf(p) != shardSelf()) return false;
    previous = p;
    p += encodedSize(load<u32>(p, ENC_DATA_LEN));
  }
  return true;
}

const hashed: usize = memory.data(32, 16);

/** Applies a row as if its slot had been committed just now. No slot is open. */
export function rowReplay(p: usize, len: u32): i32 {
  if (len < ROW_HEADER || load<u32>(p) != len || load<u32>(p, 4) != ROW_MAGIC) return ENGINE_MALFORMED;
  const lenWrites = load<u32>(p, ROW_LEN_WRITES);
  const lenReturns = load<u32>(p, ROW_LEN_RETURNS);
  const lenLends = load<u32>(p, ROW_LEN_LENDS);
  const lenResults = load<u32>(p, ROW_LEN_RESULTS);
  if (<u64>lenWrites + lenReturns + lenLends + lenResults != <u64>(len - ROW_HEADER)) return ENGINE_MALFORMED;
  const writes = p + ROW_HEADER;
  const returns = writes + lenWrites;
  const lends = returns + lenReturns;
  const results = lends + lenLends;
  if (!listCheck(writes, lenWrites) || !returnsCheck(returns, lenReturns) || !resultsCheck(results, lenResults)) return ENGINE_MALFORMED;
  if (lenLends % LEASE_SIZE || !leasesOrdered(lends, lenLends / LEASE_SIZE)) return ENGINE_MALFORMED;
  const number = load<u64>(p, ROW_SLOT);
  const previous = load<u64>(p, ROW_PREVIOUS);
  if (number <= sessionApplied()) return ENGINE_APPLIED;
  // After a checkpoint the applied slot may be one in which this shard had no part.
  if (sessionIsBare() ? previous > sessionBase() : previous != sessionApplied()) return ENGINE_WRONG_PREVIOUS;
  if (!ownSorted(writes)) return ENGINE_WRONG_SHARD;
  blake3(writes, lenWrites, hashed);
  if (memory.compare(hashed, p + ROW_EFFECT_HASH, 32)) return ENGINE_CORRUPT;

  const slot = slotNew();
  store<u64>(slot, number, SLOT_NUMBER);
  store<u64>(slot, load<u64>(p, ROW_VIEW), SLOT_VIEW);
  memory.copy(slot + SLOT_DIGEST, p + ROW_DIGEST, 32);
  store<u64>(slot, previous, SLOT_PREVIOUS);
  store<u64>(slot, load<u64>(p, ROW_FEES), SLOT_FEES);
  memory.copy(slot + SLOT_EFFECT_HASH, hashed, 32);
  sessionStart(slot, 0, 0);
  let at = writes + LIST_HEADER;
  for (let n = load<u32>(writes); n; n--) {
    const record = workspaceOwn(at);
    workspaceTouch(record);
    decodeInto(record, at);
    at += encodedSize(load<u32>(at, ENC_DATA_LEN));
  }
  if (sessionChanged() != load<u32>(writes)) {
    sessionAbort();
    return ENGINE_CORRUPT;
  }
  sessionPromote();
  store<u64>(slot, storeLamports(), SLOT_LAMPORTS);
  if (storeLamports() != load<u64>(p, ROW_LAMPORTS)) {
    sessionRevert();
    return ENGINE_CORRUPT;
  }
  store<u32>(slot, <u32>slotCopy(slot, returns, lenReturns), SLOT_RETURNS);
  store<u32>(slot, lenReturns, SLOT_RETURNS_LEN);
  store<u32>(slot, <u32>slotCopy(slot, lends, lenLends), SLOT_LENDS);
  store<u32>(slot, lenLends / LEASE_SIZE, SLOT_NUM_LENDS);
  store<u32>(slot, <u32>slotCopy(slot, results, lenResults), SLOT_RESULTS);
  store<u32>(slot, lenResults, SLOT_RESULTS_LEN);
  return 0;
}
