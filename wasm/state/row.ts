/**
 * The log row of a slot: everything a restart needs to stand where the shard stood, and to answer the slot's partners
 * again (layout: wasm/state/row-format.ts).
 */
import { keyHash } from "../memory/bytes";
import { heapAlloc, heapFree } from "../memory/heap";
import { outAdvance, outAt, outBytes, outEnsure, outLen, outReset, outZeros } from "../memory/io";
import { blake3 } from "../crypto/blake3";
import { ACC_USED, ENC_DATA_LEN } from "./account";
import { ENGINE_APPLIED, ENGINE_CORRUPT, ENGINE_MALFORMED, ENGINE_WRONG_PREVIOUS, ENGINE_WRONG_SHARD } from "./codes";
import { effectsKeep, effectsOrdered, sortPutEffect } from "./effects";
import { encodedSize, encodeRecord, LIST_COUNT, LIST_HEADER, recordEncodedSize } from "./encoding";
import { LANDED_HEIGHT, LANDED_SIZE, LANDED_TAG, landedAdd, landedOpen } from "./known";
import { LEASE_KEY, LEASE_SIZE, TAG_SIZE } from "./proposal";
import {
  LogRow,
  ROW_DIGEST,
  ROW_EFFECT_HASH,
  ROW_FEES,
  ROW_HEADER,
  ROW_HEIGHT,
  ROW_LAMPORTS,
  ROW_LEN_LANDED,
  ROW_LEN_LENDS,
  ROW_LEN_RESULTS,
  ROW_LEN_RETURNS,
  ROW_LEN_TAGS,
  ROW_MAGIC_VALUE,
  ROW_PREVIOUS,
  ROW_SLOT,
  ROW_VIEW,
  rowCheck,
  rowLanded,
  rowLends,
  rowResults,
  rowReturns,
  rowTags,
  rowWrites,
} from "./row-format";
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
import { SORT_ENTRY, SORT_PAYLOAD, sortByKey } from "./sort";
import { storeCount, storeLamports } from "./store";
import { tableFind } from "./table";
import {
  IMG_NEXT,
  IMG_RECORD,
  SLOT_COUNT,
  SLOT_DIGEST,
  SLOT_EFFECTS,
  SLOT_EFFECTS_LEN,
  SLOT_FEES,
  SLOT_HEIGHT,
  SLOT_IMAGES,
  SLOT_LAMPORTS,
  SLOT_LANDED,
  SLOT_LENDS,
  SLOT_NUMBER,
  SLOT_NUM_LANDED,
  SLOT_NUM_LENDS,
  SLOT_NUM_TAGS,
  SLOT_PREVIOUS,
  SLOT_RESULTS,
  SLOT_RESULTS_LEN,
  SLOT_RETURNS,
  SLOT_RETURNS_LEN,
  SLOT_TAGS,
  SLOT_VIEW,
  slotCopy,
  slotFree,
  slotNew,
} from "./undo";
import { workspaceReplace } from "./workspace";

/** What the slot lent was used in it: it stays in memory as long as the loan may have to be repeated. */
function keepLent(lends: usize, n: u32, number: u64): void {
  for (let key = lends + LEASE_KEY; n; n--, key += LEASE_SIZE) {
    const record = tableFind(key, keyHash(key));
    if (record) store<u32>(record, <u32>number, ACC_USED);
  }
}

/** Appends the accounts that the open slot changed, by virtual shard and key, and makes room for `more` bytes that follow. */
function outWrites(more: u32): void {
  const n = sessionChanged();
  const entries = heapAlloc(max<u32>(n, 1) * SORT_ENTRY);
  let entry = entries;
  let size = LIST_HEADER;
  for (let image: usize = load<u32>(sessionOpen(), SLOT_IMAGES); image; image = load<u32>(image, IMG_NEXT)) {
    const record: usize = load<u32>(image, IMG_RECORD);
    sortPutEffect(entry, record);
    entry += SORT_ENTRY;
    size += recordEncodedSize(record);
  }
  sortByKey(entries, n);
  const start = outEnsure(size + more);
  store<u64>(start, n, LIST_COUNT);
  let at = start + LIST_HEADER;
  for (let e = entries; e < entry; e += SORT_ENTRY) at += encodeRecord(at, load<u32>(e, SORT_PAYLOAD));
  effectsKeep(sessionOpen(), start, entries);
  outAdvance(size);
  heapFree(entries, max<u32>(n, 1) * SORT_ENTRY);
}

/** Commits the open slot, which is executed and has all its returns; out: its row. */
export function rowCommit(): void {
  const slot = sessionOpen();
  outReset();
  outZeros(ROW_HEADER);
  const lenLends = load<u32>(slot, SLOT_NUM_LENDS) * LEASE_SIZE;
  const lenTags = load<u32>(slot, SLOT_NUM_TAGS) * TAG_SIZE;
  const lenLanded = load<u32>(slot, SLOT_NUM_LANDED) * LANDED_SIZE;
  // All at once: a buffer that grows is there twice.
  outWrites(load<u32>(slot, SLOT_RETURNS_LEN) + lenLends + lenTags + lenLanded + load<u32>(slot, SLOT_RESULTS_LEN));
  const lenWrites = outLen() - ROW_HEADER;
  sessionPromote();
  store<u64>(slot, storeLamports(), SLOT_LAMPORTS);
  store<u32>(slot, storeCount(), SLOT_COUNT);
  outBytes(load<u32>(slot, SLOT_RETURNS), load<u32>(slot, SLOT_RETURNS_LEN));
  outBytes(load<u32>(slot, SLOT_LENDS), lenLends);
  outBytes(load<u32>(slot, SLOT_TAGS), lenTags);
  outBytes(load<u32>(slot, SLOT_LANDED), lenLanded);
  outBytes(load<u32>(slot, SLOT_RESULTS), load<u32>(slot, SLOT_RESULTS_LEN));
  const row = changetype<LogRow>(outAt(0));
  row.len = outLen();
  row.magic = ROW_MAGIC_VALUE;
  row.slot = load<u64>(slot, SLOT_NUMBER);
  row.view = load<u64>(slot, SLOT_VIEW);
  memory.copy(row.digest, slot + SLOT_DIGEST, 32);
  row.previous = load<u64>(slot, SLOT_PREVIOUS);
  row.lamports = load<u64>(slot, SLOT_LAMPORTS);
  row.fees = load<u64>(slot, SLOT_FEES);
  blake3(load<u32>(slot, SLOT_EFFECTS), load<u32>(slot, SLOT_EFFECTS_LEN), row.effectHash);
  row.height = load<u64>(slot, SLOT_HEIGHT);
  row.lenWrites = lenWrites;
  row.lenReturns = load<u32>(slot, SLOT_RETURNS_LEN);
  row.lenLends = lenLends;
  row.lenTags = lenTags;
  row.lenLanded = lenLanded;
  row.lenResults = load<u32>(slot, SLOT_RESULTS_LEN);
}

/** Whether every account of the list is this shard's, each once, in order. */
function ownSorted(list: usize): bool {
  let p = list + LIST_HEADER;
  for (let n = load<u32>(list, LIST_COUNT); n; n--) {
    if (!tableFind(p, keyHash(p)) && shardOf(p) != shardSelf()) return false;
    p += encodedSize(load<u32>(p, ENC_DATA_LEN));
  }
  return effectsOrdered(list);
}

const hashed: usize = memory.data(32, 16);

/** Applies a row as if its slot had been committed just now. No slot is open. */
export function rowReplay(p: usize, len: u32): i32 {
  if (!rowCheck(p, len)) return ENGINE_MALFORMED;
  const lenReturns = load<u32>(p, ROW_LEN_RETURNS);
  const lenLends = load<u32>(p, ROW_LEN_LENDS);
  const lenResults = load<u32>(p, ROW_LEN_RESULTS);
  const writes = rowWrites(p);
  const returns = rowReturns(p);
  const lends = rowLends(p);
  const lenTags = load<u32>(p, ROW_LEN_TAGS);
  const numLanded = load<u32>(p, ROW_LEN_LANDED) / LANDED_SIZE;
  const results = rowResults(p);
  const number = load<u64>(p, ROW_SLOT);
  const previous = load<u64>(p, ROW_PREVIOUS);
  if (number <= sessionApplied()) return ENGINE_APPLIED;
  // After a checkpoint the applied slot may be one in which this shard had no part.
  if (sessionIsBare() ? previous > sessionBase() : previous != sessionApplied()) return ENGINE_WRONG_PREVIOUS;
  if (!ownSorted(writes)) return ENGINE_WRONG_SHARD;
  const slot = slotNew();
  effectsKeep(slot, writes, 0);
  blake3(load<u32>(slot, SLOT_EFFECTS), load<u32>(slot, SLOT_EFFECTS_LEN), hashed);
  if (memory.compare(hashed, p + ROW_EFFECT_HASH, 32)) {
    slotFree(slot);
    return ENGINE_CORRUPT;
  }
  store<u64>(slot, number, SLOT_NUMBER);
  store<u64>(slot, load<u64>(p, ROW_VIEW), SLOT_VIEW);
  memory.copy(slot + SLOT_DIGEST, p + ROW_DIGEST, 32);
  store<u64>(slot, previous, SLOT_PREVIOUS);
  store<u64>(slot, load<u64>(p, ROW_FEES), SLOT_FEES);
  store<u64>(slot, load<u64>(p, ROW_HEIGHT), SLOT_HEIGHT);
  landedOpen(slot, numLanded);
  sessionStart(slot, 0, 0);
  let at = writes + LIST_HEADER;
  for (let n = load<u32>(writes, LIST_COUNT); n; n--) {
    workspaceReplace(at);
    at += encodedSize(load<u32>(at, ENC_DATA_LEN));
  }
  let twice = false;
  let entry = rowLanded(p);
  for (let n = numLanded; n; n--, entry += LANDED_SIZE) {
    if (!landedAdd(slot, load<u32>(entry, LANDED_HEIGHT), load<u64>(entry, LANDED_TAG))) twice = true;
  }
  if (twice || sessionChanged() != load<u32>(writes, LIST_COUNT)) {
    sessionAbort();
    return ENGINE_CORRUPT;
  }
  sessionPromote();
  store<u64>(slot, storeLamports(), SLOT_LAMPORTS);
  store<u32>(slot, storeCount(), SLOT_COUNT);
  if (storeLamports() != load<u64>(p, ROW_LAMPORTS)) {
    sessionRevert();
    return ENGINE_CORRUPT;
  }
  store<u32>(slot, <u32>slotCopy(slot, returns, lenReturns), SLOT_RETURNS);
  store<u32>(slot, lenReturns, SLOT_RETURNS_LEN);
  store<u32>(slot, <u32>slotCopy(slot, lends, lenLends), SLOT_LENDS);
  store<u32>(slot, lenLends / LEASE_SIZE, SLOT_NUM_LENDS);
  store<u32>(slot, <u32>slotCopy(slot, rowTags(p), lenTags), SLOT_TAGS);
  store<u32>(slot, lenTags / TAG_SIZE, SLOT_NUM_TAGS);
  keepLent(lends, lenLends / LEASE_SIZE, number);
  store<u32>(slot, <u32>slotCopy(slot, results, lenResults), SLOT_RESULTS);
  store<u32>(slot, lenResults, SLOT_RESULTS_LEN);
  return 0;
}
