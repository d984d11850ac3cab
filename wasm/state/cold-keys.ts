/**
 * Which accounts a slot needs that are not in memory: keys of the shard's own that the table does not have. They may be in
 * storage or not exist at all; whoever owns the storage finds out before the slot is opened (wasm/state/cold.ts).
 *
 * The keys of the proposal in hand are remembered: an account that execution asks for, that is in neither memory nor this
 * set, was never looked for in storage, and the slot must fail rather than take it for one that does not exist.
 */
import { keyCopy, keyHash } from "../memory/bytes";
import { heapAlloc, heapFree } from "../memory/heap";
import { outBytes, outReset } from "../memory/io";
import { readsCopy } from "../transaction/carried";
import { isCarried, isStored, wellKnownIndex } from "../transaction/well-known";
import {
  afterCompact,
  REC_LEN,
  REC_NUM_LOOKUPS,
  REC_OFF_LOOKUPS,
  recordImplicit,
  recordKey,
  recordNumAccounts,
  recordNumImplicit,
  recordTx,
} from "../transaction/record";
import { ACC_USED, ENC_DATA_LEN } from "./account";
import { ENGINE_MALFORMED } from "./codes";
import { encodedSize, LIST_COUNT, LIST_HEADER } from "./encoding";
import { LEASE_KEY, LEASE_SIZE, PLACED_HEADER, PROP_NUM_LENDS, PROP_NUM_RECORDS, PROP_SLOT, proposalCheck, proposalLends, proposalRecords } from "./proposal";
import { rowCheck, rowLends, rowNumLends, rowWrites } from "./row-format";
import { shardOf, shardSelf } from "./shard";
import { SMALL_TABLE, smallAt, smallClear, smallCount, smallFind, smallInsert, smallPlaces } from "./small-table";
import { SORT_ENTRY, SORT_PAYLOAD, sortByKey, sortPut } from "./sort";
import { storeCold } from "./store";
import { tableFind, tableTouch } from "./table";

/** Keys of the proposal looked at last, copies in blocks of their own. */
const asked: usize = memory.data(SMALL_TABLE, 16);
/** The same for a question beside the open slot; emptied with the answer. */
const aside: usize = memory.data(SMALL_TABLE, 16);
const KEY: u32 = 32;

/** Whether storage was asked for this key, which is not in memory, before the slot was opened. */
export function coldAsked(key: usize, hash: u64): bool {
  return !storeCold() || smallFind(asked, key, hash) != 0;
}

function clear(t: usize): void {
  for (let i: u32 = 0, n = smallPlaces(t); i < n; i++) {
    const key = smallAt(t, i);
    if (key) heapFree(key, KEY);
  }
  smallClear(t);
}

/** Whether storage may have the key: all but what every instance makes itself. */
function mayBeStored(key: usize): bool {
  const known = wellKnownIndex(key);
  return isStored(known) || isCarried(known);
}

/** Low half of the slot for which is asked: what is in memory for it stays; 0: none. */
let forSlot: u32 = 0;

function note(t: usize, key: usize): void {
  const hash = keyHash(key);
  const found = tableFind(key, hash);
  if (found && forSlot) store<u32>(found, forSlot, ACC_USED);
  if (found || smallFind(t, key, hash) || !mayBeStored(key) || shardOf(key) != shardSelf()) return;
  const copy = heapAlloc(KEY);
  keyCopy(copy, key);
  smallInsert(t, copy, hash);
}

function outKeys(t: usize): void {
  const n = smallCount(t);
  const entries = heapAlloc(max<u32>(n, 1) * SORT_ENTRY);
  let entry = entries;
  for (let i: u32 = 0, places = smallPlaces(t); i < places; i++) {
    const key = smallAt(t, i);
    if (!key) continue;
    sortPut(entry, key, <u32>key);
    entry += SORT_ENTRY;
  }
  sortByKey(entries, n);
  for (let e = entries; e < entry; e += SORT_ENTRY) outBytes(load<u32>(e, SORT_PAYLOAD), KEY);
  heapFree(entries, max<u32>(n, 1) * SORT_ENTRY);
}

let touched: u64 = 0;

function noteRecord(record: usize): void {
  const accounts = recordNumAccounts(record);
  let sum: u64 = 0;
  for (let i: u32 = 0; i < accounts; i++) sum += tableTouch(keyHash(recordKey(record, i)));
  touched += sum;
  for (let i: u32 = 0; i < accounts; i++) {
    const key = recordKey(record, i);
    if (!readsCopy(record, i, wellKnownIndex(key))) note(asked, key);
  }
  for (let i: u32 = 0, n = recordNumImplicit(record); i < n; i++) note(asked, recordImplicit(record, i));
  let lookup = recordTx(record) + load<u16>(record, REC_OFF_LOOKUPS);
  for (let n: u32 = load<u8>(record, REC_NUM_LOOKUPS); n; n--) {
    note(asked, lookup);
    lookup = afterCompact(afterCompact(lookup + 32));
  }
}

/**
 * in: a shard proposal. out: keys of own accounts that its slot may need and that are not in memory, ascending. Nothing
 * while everything that exists is in memory; a proposal that engineBegin will refuse has none either. What is in memory counts as used in the
 * slot, so that it is there when the slot is opened, whatever is evicted for what is not.
 */
export function engineColdOfProposal(p: usize, len: u32): i32 {
  outReset();
  clear(asked);
  if (!storeCold()) return 0;
  if (!proposalCheck(p, len)) return ENGINE_MALFORMED;
  forSlot = <u32>load<u64>(p, PROP_SLOT);
  let lend = proposalLends(p) + LEASE_KEY;
  for (let n = load<u32>(p, PROP_NUM_LENDS); n; n--) {
    note(asked, lend);
    lend += LEASE_SIZE;
  }
  let at = proposalRecords(p);
  for (let n = load<u32>(p, PROP_NUM_RECORDS); n; n--) {
    noteRecord(at + PLACED_HEADER);
    at += PLACED_HEADER + load<u32>(at + PLACED_HEADER, REC_LEN);
  }
  forSlot = 0;
  outKeys(asked);
  return 0;
}

/** in: keys. out: those of own accounts that are not in memory, each once, ascending. */
export function engineColdOfKeys(p: usize, len: u32): i32 {
  outReset();
  if (len % KEY) return ENGINE_MALFORMED;
  if (!storeCold()) return 0;
  for (let key = p, end = p + len; key < end; key += KEY) note(aside, key);
  outKeys(aside);
  clear(aside);
  return 0;
}

/** in: a log row. out: keys of accounts that its replay needs and that are not in memory: what it changed, and what it lent. */
export function engineColdOfRow(p: usize, len: u32): i32 {
  outReset();
  if (!rowCheck(p, len)) return ENGINE_MALFORMED;
  if (!storeCold()) return 0;
  const writes = rowWrites(p);
  let at = writes + LIST_HEADER;
  for (let n = load<u32>(writes, LIST_COUNT); n; n--) {
    note(aside, at);
    at += encodedSize(load<u32>(at, ENC_DATA_LEN));
  }
  at = rowLends(p) + LEASE_KEY;
  for (let n = rowNumLends(p); n; n--) {
    note(aside, at);
    at += LEASE_SIZE;
  }
  outKeys(aside);
  clear(aside);
  return 0;
}
