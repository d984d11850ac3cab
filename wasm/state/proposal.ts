/** Shape of a shard proposal (docs/interfaces.md section 7), and the proof that walking one cannot leave it. */
import {
  MAX_IMPLICIT,
  REC_HEADER,
  REC_LEN,
  REC_NUM_INSTRUCTIONS,
  REC_NUM_LOOKUPS,
  REC_NUM_READONLY_LOADED,
  REC_NUM_READONLY_SIGNED,
  REC_NUM_READONLY_UNSIGNED,
  REC_NUM_REQUIRED,
  REC_NUM_SIGNATURES,
  REC_NUM_STATIC,
  REC_NUM_WRITABLE_LOADED,
  REC_OFF_BLOCKHASH,
  REC_OFF_INSTRUCTIONS,
  REC_OFF_KEYS,
  REC_OFF_LOOKUPS,
  REC_OFF_MESSAGE,
  REC_TX_LEN,
  REC_VERSION,
  V1_INSTRUCTION_ACCOUNTS,
  V1_INSTRUCTION_DATA,
  V1_INSTRUCTION_HEADER,
  V1_OFF_BLOCKHASH,
  V1_OFF_KEYS,
  VERSION_1,
  VERSION_LEGACY,
  recordNumAccounts,
  recordNumImplicit,
} from "../transaction/record";

import {
  CONTEXT_HASH_COUNT,
  CONTEXT_MAX_HASHES,
  CONTEXT_MAX_RECENT,
  CONTEXT_RECENT_COUNT,
  CONTEXT_SIZE,
  CONTEXT_SLOT,
} from "../layouts/context";
import {
  LEASE_SIZE,
  PLACED_BLOCK_INDEX,
  PLACED_HEADER,
  PLACED_PAD,
  PROP_HEADER,
  PROP_LEN,
  PROP_MAGIC,
  PROP_MAGIC_VALUE,
  PROP_NUM_BORROWS,
  PROP_NUM_LENDS,
  PROP_NUM_RECORDS,
  PROP_NUM_TAGS,
  PROP_SLOT,
  TAG_SIZE,
} from "../layouts/proposal";

export * from "../layouts/context";
export * from "../layouts/proposal";

/** Where the slot context is. */
export const PROP_CONTEXT: usize = PROP_HEADER;

const MAX_TX: u32 = 1232;
const MAX_V1_TX: u32 = 4096;
/** What the runtime has room for. */
const MAX_INSTRUCTIONS: u32 = 64;

export function contextCheck(p: usize, len: u32): bool {
  return len >= CONTEXT_SIZE && load<u32>(p, CONTEXT_HASH_COUNT) <= CONTEXT_MAX_HASHES && load<u32>(p, CONTEXT_RECENT_COUNT) <= CONTEXT_MAX_RECENT;
}

export function proposalLends(p: usize): usize {
  return p + PROP_CONTEXT + CONTEXT_SIZE;
}
export function proposalBorrows(p: usize): usize {
  return proposalLends(p) + load<u32>(p, PROP_NUM_LENDS) * LEASE_SIZE;
}
export function proposalTags(p: usize): usize {
  return proposalBorrows(p) + load<u32>(p, PROP_NUM_BORROWS) * LEASE_SIZE;
}
export function proposalRecords(p: usize): usize {
  return proposalTags(p) + load<u32>(p, PROP_NUM_TAGS) * TAG_SIZE;
}

let cursor: u32 = 0;
/** Reads a compact-u16 at `cursor`, which it moves; -1 when it does not end within `end` or does not fit 16 bits. */
function compactU16(p: usize, end: u32): i32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 21; shift += 7) {
    if (cursor >= end) return -1;
    const byte: u32 = load<u8>(p + cursor++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value > 0xffff ? -1 : <i32>value;
  }
  return -1;
}

/** Whether the parts of a version 1 transaction fill its `len` bytes: its numbers are checked already. */
function partsCheckV1(r: usize, len: u32, statics: u32, signatures: u32): bool {
  if (load<u16>(r, REC_OFF_MESSAGE) != 0 || <u32>load<u16>(r, REC_OFF_BLOCKHASH) != V1_OFF_BLOCKHASH) return false;
  if (<u32>load<u16>(r, REC_OFF_KEYS) != V1_OFF_KEYS || load<u8>(r, REC_NUM_LOOKUPS) || recordNumAccounts(r) != statics) return false;
  const tx = r + REC_HEADER;
  const headers: u32 = load<u16>(r, REC_OFF_INSTRUCTIONS);
  const count: u32 = load<u8>(r, REC_NUM_INSTRUCTIONS);
  if (headers < V1_OFF_KEYS + statics * 32) return false;
  let at = headers + count * V1_INSTRUCTION_HEADER;
  if (at > len) return false;
  for (let i: u32 = 0; i < count; i++) {
    const header = tx + headers + i * V1_INSTRUCTION_HEADER;
    if (<u32>load<u8>(header) >= statics) return false;
    const end = at + load<u8>(header, V1_INSTRUCTION_ACCOUNTS);
    if (end > len) return false;
    for (; at < end; at++) if (<u32>load<u8>(tx + at) >= statics) return false;
    at += load<u16>(header, V1_INSTRUCTION_DATA);
    if (at > len) return false;
  }
  return at + signatures * 64 == len;
}

/**
 * Size of the transaction record at `r`, or 0 when it is not one within `available` bytes. Checks that every offset,
 * count and account index stays inside, not what the record means: the edge that made it parsed the transaction.
 */
export function transactionCheck(r: usize, available: u32): u32 {
  if (available < REC_HEADER) return 0;
  const size = load<u32>(r, REC_LEN);
  const len: u32 = load<u16>(r, REC_TX_LEN);
  const writableLoaded: u32 = load<u8>(r, REC_NUM_WRITABLE_LOADED);
  const readonlyLoaded: u32 = load<u8>(r, REC_NUM_READONLY_LOADED);
  const implicit = recordNumImplicit(r);
  const isV1 = load<u8>(r, REC_VERSION) == VERSION_1;
  if (len > (isV1 ? MAX_V1_TX : MAX_TX) || size > available || implicit > MAX_IMPLICIT) return 0;
  if (size != REC_HEADER + ((len + 7) & ~7) + (writableLoaded + readonlyLoaded + implicit) * 32) return 0;
  const tx = r + REC_HEADER;
  const signatures: u32 = load<u8>(r, REC_NUM_SIGNATURES);
  const statics: u32 = load<u8>(r, REC_NUM_STATIC);
  const accounts = recordNumAccounts(r);
  const legacy = load<u8>(r, REC_VERSION) == VERSION_LEGACY;
  const keys: u32 = load<u16>(r, REC_OFF_KEYS);
  const message: u32 = load<u16>(r, REC_OFF_MESSAGE);
  if (<u32>load<u8>(r, REC_NUM_INSTRUCTIONS) > MAX_INSTRUCTIONS) return 0;
  if (!signatures || signatures > statics || load<u8>(r, REC_NUM_REQUIRED) != signatures || accounts > 256) return 0;
  if (<u32>load<u8>(r, REC_NUM_READONLY_SIGNED) >= signatures) return 0;
  if (<u32>load<u8>(r, REC_NUM_READONLY_UNSIGNED) > statics - signatures) return 0;
  if (isV1) return partsCheckV1(r, len, statics, signatures) ? size : 0;
  if (message != 1 + signatures * 64 || keys <= message || keys + statics * 32 > len) return 0;
  if (<u32>load<u16>(r, REC_OFF_BLOCKHASH) != keys + statics * 32 || keys + statics * 32 + 32 > len) return 0;
  cursor = load<u16>(r, REC_OFF_INSTRUCTIONS);
  if (cursor <= keys + statics * 32 + 32) return 0;
  for (let n: u32 = load<u8>(r, REC_NUM_INSTRUCTIONS); n; n--) {
    if (cursor >= len || <u32>load<u8>(tx + cursor++) >= accounts) return 0;
    const metas = compactU16(tx, len);
    if (metas < 0 || cursor + <u32>metas > len) return 0;
    for (let end = cursor + <u32>metas; cursor < end; cursor++) if (<u32>load<u8>(tx + cursor) >= accounts) return 0;
    const data = compactU16(tx, len);
    if (data < 0) return 0;
    cursor += <u32>data;
    if (cursor > len) return 0;
  }
  const lookups: u32 = load<u8>(r, REC_NUM_LOOKUPS);
  if (legacy) return lookups == 0 && writableLoaded + readonlyLoaded == 0 && cursor == len ? size : 0;
  if (<u32>load<u16>(r, REC_OFF_LOOKUPS) <= cursor) return 0;
  cursor = load<u16>(r, REC_OFF_LOOKUPS);
  let writable: u32 = 0;
  let readonly: u32 = 0;
  for (let n = lookups; n; n--) {
    cursor += 32;
    if (cursor > len) return 0;
    const w = compactU16(tx, len);
    if (w < 0) return 0;
    cursor += <u32>w;
    const ro = compactU16(tx, len);
    if (ro < 0) return 0;
    cursor += <u32>ro;
    if (cursor > len) return 0;
    writable += <u32>w;
    readonly += <u32>ro;
  }
  return writable == writableLoaded && readonly == readonlyLoaded && cursor == len ? size : 0;
}

/** Whether [p, p+len) has the shape of a shard proposal, records included; the keys of its lists are not looked at. */
export function proposalCheck(p: usize, len: u32): bool {
  if (len < <u32>PROP_CONTEXT + CONTEXT_SIZE || load<u32>(p, PROP_LEN) != len || load<u32>(p, PROP_MAGIC) != PROP_MAGIC_VALUE) return false;
  if (!contextCheck(p + PROP_CONTEXT, CONTEXT_SIZE)) return false;
  if (load<u64>(p + PROP_CONTEXT, CONTEXT_SLOT) != load<u64>(p, PROP_SLOT)) return false;
  const leases = (<u64>load<u32>(p, PROP_NUM_LENDS) + load<u32>(p, PROP_NUM_BORROWS)) * LEASE_SIZE;
  const tags = <u64>load<u32>(p, PROP_NUM_TAGS) * TAG_SIZE;
  if (leases + tags > <u64>(len - <u32>PROP_CONTEXT - CONTEXT_SIZE)) return false;
  let at = proposalRecords(p);
  const end = p + len;
  let previous: i64 = -1;
  for (let n = load<u32>(p, PROP_NUM_RECORDS); n; n--) {
    if (end - at < PLACED_HEADER) return false;
    const index = <i64>load<u32>(at, PLACED_BLOCK_INDEX);
    if (index <= previous || load<u32>(at, PLACED_PAD) != 0) return false;
    previous = index;
    const size = transactionCheck(at + PLACED_HEADER, <u32>(end - at) - PLACED_HEADER);
    if (!size) return false;
    at += PLACED_HEADER + size;
  }
  return at == end;
}
