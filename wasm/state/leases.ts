/**
 * Loans and returns between shards (docs/interfaces.md section 6): one message each way for a pair of shards and a slot.
 */
import { keyEquals, keyHash } from "../memory/bytes";
import { outAt, outBytes, outLen, outReset, outU64, outZeros } from "../memory/io";
import {
  LeaseMessage,
  MESSAGE_DIGEST,
  MESSAGE_FROM,
  MESSAGE_HEADER,
  MESSAGE_LEN,
  MESSAGE_LIST,
  MESSAGE_MAGIC,
  MESSAGE_MAGIC_LOAN,
  MESSAGE_MAGIC_RETURN,
  MESSAGE_SLOT,
  MESSAGE_TAGS,
  MESSAGE_TO,
  MESSAGE_VIEW,
  PART_FLAGS,
  PART_HEADER,
  PART_LIST,
  PART_SHARD,
} from "../layouts/message";
import { ACC_STATE, ENC_DATA_LEN, ST_LENT, ST_SHARED } from "./account";
import {
  ENGINE_MALFORMED,
  ENGINE_NOT_EXECUTED,
  ENGINE_PLAN_BROKEN,
  ENGINE_UNEXPECTED,
  ENGINE_WRONG_SHARD,
} from "./codes";
import { coldAsked } from "./cold-keys";
import { encodedSize, encodeRecord, listCheck, LIST_COUNT, LIST_HEADER, outTombstone, recordEncodedSize } from "./encoding";
import { flagBytes, flagsCheck, partBody } from "./lease-format";
import { LEASE_KEY, LEASE_SHARD, LEASE_SIZE, LEASE_WRITABLE, PROP_NUM_BORROWS, PROP_NUM_LENDS, proposalBorrows, proposalLends } from "./proposal";
import { shardOf, shardSelf, shardTotal } from "./shard";
import {
  PARTNER_DONE,
  PARTNER_NONE,
  PHASE_EXECUTED,
  findCode,
  loanDone,
  loanState,
  loanWant,
  returnDone,
  returnState,
  returnWant,
  sessionOpen,
  sessionPhase,
  sessionProposal,
  slotFind,
  slotIs,
} from "./session";
import { isStub, loanedSize, loanListCheck, outCode, outLent, stubBorrow } from "./stub";
import { tableFind } from "./table";
import { flagsWrite, outTags, tagsBegin, tagsBorrowed, tagsIn, tagsLanded, tagsOf } from "./tags";
import {
  SLOT_DIGEST,
  SLOT_LENDS,
  SLOT_NUMBER,
  SLOT_NUM_LENDS,
  SLOT_RETURNS,
  SLOT_RETURNS_LEN,
  SLOT_VIEW,
  slotAlloc,
  slotCopy,
} from "./undo";
import { workspaceLease, workspaceLeased, workspaceOwn, workspaceReplace } from "./workspace";

/** Notes the lends and borrows of the proposal in hand, in the order of (shard, key). 0 or a code; then the slot is to be aborted. */
export function leasesBegin(): i32 {
  const slot = sessionOpen();
  const proposal = sessionProposal();
  tagsBegin(slot, proposal);
  const borrows = load<u32>(proposal, PROP_NUM_BORROWS);
  let p = proposalBorrows(proposal);
  for (let n = borrows; n; n--) {
    const shard: u32 = load<u16>(p, LEASE_SHARD);
    if (shardOf(p + LEASE_KEY) != shard) return ENGINE_WRONG_SHARD;
    loanWant(shard);
    p += LEASE_SIZE;
  }
  const lends = load<u32>(proposal, PROP_NUM_LENDS);
  if (!lends) return 0;
  p = slotCopy(slot, proposalLends(proposal), lends * LEASE_SIZE);
  store<u32>(slot, <u32>p, SLOT_LENDS);
  for (let n = lends; n; n--) {
    const key = p + LEASE_KEY;
    if (shardOf(key) != shardSelf()) return ENGINE_WRONG_SHARD;
    if (!tableFind(key, keyHash(key)) && !coldAsked(key, keyHash(key))) return ENGINE_PLAN_BROKEN;
    // One writer and nobody else, or any number of readers.
    const writable = load<u8>(p, LEASE_WRITABLE) != 0;
    const record = workspaceOwn(key);
    const state = load<u8>(record, ACC_STATE);
    store<u32>(slot, load<u32>(slot, SLOT_NUM_LENDS) + 1, SLOT_NUM_LENDS);
    if (state & ST_LENT || (writable && state & ST_SHARED)) return ENGINE_PLAN_BROKEN;
    store<u8>(record, state | (writable ? ST_LENT : ST_SHARED), ACC_STATE);
    if (writable) returnWant(load<u16>(p, LEASE_SHARD));
    p += LEASE_SIZE;
  }
  return 0;
}

function outMessage(magic: u32, slot: usize, to: u32): void {
  outReset();
  outZeros(MESSAGE_HEADER);
  const message = changetype<LeaseMessage>(outAt(0));
  message.magic = magic;
  message.slot = load<u64>(slot, SLOT_NUMBER);
  message.view = load<u64>(slot, SLOT_VIEW);
  memory.copy(message.digest, slot + SLOT_DIGEST, 32);
  message.from = shardSelf();
  message.to = to;
}
function outMessageEnd(list: u32, tags: u32): void {
  // The buffer may have moved: its length is known only now.
  const message = changetype<LeaseMessage>(outAt(0));
  message.len = outLen();
  message.list = list;
  message.tags = tags;
}

/** The loan of a slot, open or unstable, to a shard: what the accounts were before the slot. */
export function loanOut(number: u64, to: u32): i32 {
  const slot = slotFind(number);
  if (!slot) return findCode();
  outMessage(MESSAGE_MAGIC_LOAN, slot, to);
  let count: u32 = 0;
  outU64(0);
  let p: usize = load<u32>(slot, SLOT_LENDS);
  for (let n = load<u32>(slot, SLOT_NUM_LENDS); n; n--) {
    if (<u32>load<u16>(p, LEASE_SHARD) == to) {
      const record = tableFind(p + LEASE_KEY, keyHash(p + LEASE_KEY));
      if (record) outLent(record, number - 1, load<u8>(p, LEASE_WRITABLE) != 0);
      else outTombstone(p + LEASE_KEY);
      count += 1;
    }
    p += LEASE_SIZE;
  }
  if (!count) {
    outReset();
    return ENGINE_UNEXPECTED;
  }
  store<u32>(outAt(MESSAGE_HEADER), count, LIST_COUNT);
  const list = outLen() - MESSAGE_HEADER;
  outMessageEnd(list, outTags(slot, to));
  return 0;
}

/** out: hash 32, data: of an account that a slot, open or unstable, lends read-only to a shard, by the hash that its loan has. */
export function codeOut(number: u64, to: u32, hash: usize): i32 {
  outReset();
  const slot = slotFind(number);
  if (!slot) return findCode();
  let p: usize = load<u32>(slot, SLOT_LENDS);
  for (let n = load<u32>(slot, SLOT_NUM_LENDS); n; n--, p += LEASE_SIZE) {
    if (<u32>load<u16>(p, LEASE_SHARD) != to || load<u8>(p, LEASE_WRITABLE)) continue;
    const record = tableFind(p + LEASE_KEY, keyHash(p + LEASE_KEY));
    if (record && outCode(record, number - 1, hash)) return 0;
  }
  return ENGINE_UNEXPECTED;
}

/** The return of a slot, executed or applied but unstable, to the shard that lent. */
export function returnOut(number: u64, to: u32): i32 {
  const slot = slotFind(number);
  if (!slot) return findCode();
  if (slot == sessionOpen() && sessionPhase() != PHASE_EXECUTED) return ENGINE_NOT_EXECUTED;
  let p: usize = load<u32>(slot, SLOT_RETURNS);
  const end = p + load<u32>(slot, SLOT_RETURNS_LEN);
  while (p < end) {
    const body = <u32>partBody(p);
    if (load<u32>(p, PART_SHARD) == to) {
      outMessage(MESSAGE_MAGIC_RETURN, slot, to);
      outBytes(p + PART_HEADER, body);
      outMessageEnd(load<u32>(p, PART_LIST), load<u32>(p, PART_FLAGS));
      return 0;
    }
    p += PART_HEADER + body;
  }
  return ENGINE_UNEXPECTED;
}

/** Encodes what was borrowed writable, as it is after execution, and which messages landed, into the slot's own memory. */
export function returnsKeep(): void {
  const slot = sessionOpen();
  const proposal = sessionProposal();
  const first = proposalBorrows(proposal);
  const end = first + load<u32>(proposal, PROP_NUM_BORROWS) * LEASE_SIZE;
  let size: u32 = 0;
  let shard: u32 = u32.MAX_VALUE;
  for (let p = first; p < end; p += LEASE_SIZE) {
    if (!load<u8>(p, LEASE_WRITABLE)) continue;
    if (<u32>load<u16>(p, LEASE_SHARD) != shard) {
      shard = load<u16>(p, LEASE_SHARD);
      size += PART_HEADER + LIST_HEADER + flagBytes(tagsBorrowed(slot, shard));
    }
    size += recordEncodedSize(workspaceLeased(p + LEASE_KEY));
  }
  if (!size) return;
  const blob = slotAlloc(slot, size);
  store<u32>(slot, <u32>blob, SLOT_RETURNS);
  store<u32>(slot, size, SLOT_RETURNS_LEN);
  let at = blob;
  let part: usize = 0;
  for (let p = first; p < end; p += LEASE_SIZE) {
    if (!load<u8>(p, LEASE_WRITABLE)) continue;
    if (!part || <u32>load<u16>(p, LEASE_SHARD) != load<u32>(part, PART_SHARD)) {
      if (part) at = partEnd(slot, part, at);
      part = at;
      memory.fill(part, 0, PART_HEADER + LIST_HEADER);
      store<u32>(part, load<u16>(p, LEASE_SHARD), PART_SHARD);
      at += PART_HEADER + LIST_HEADER;
    }
    at += encodeRecord(at, workspaceLeased(p + LEASE_KEY));
    store<u32>(part + PART_HEADER, load<u32>(part + PART_HEADER, LIST_COUNT) + 1, LIST_COUNT);
  }
  partEnd(slot, part, at);
}

/** Ends the part of a shard whose account list ends at `at`. Returns where the next one starts. */
function partEnd(slot: usize, part: usize, at: usize): usize {
  const tags = tagsBorrowed(slot, load<u32>(part, PART_SHARD));
  store<u32>(part, <u32>(at - part) - PART_HEADER, PART_LIST);
  store<u32>(part, tags, PART_FLAGS);
  flagsWrite(slot, load<u32>(part, PART_SHARD), at);
  return at + flagBytes(tags);
}

/** What to do with a loan or return: 0 it is for the open slot, 1 nothing (a repetition), or a code. */
function messageCheck(magic: u32, from: u32, p: usize, len: u32): i32 {
  if (len < MESSAGE_HEADER + LIST_HEADER || load<u32>(p, MESSAGE_LEN) != len || load<u32>(p, MESSAGE_MAGIC) != magic) return ENGINE_MALFORMED;
  if (from >= shardTotal() || load<u32>(p, MESSAGE_FROM) != from || load<u32>(p, MESSAGE_TO) != shardSelf()) return ENGINE_WRONG_SHARD;
  const slot = slotFind(load<u64>(p, MESSAGE_SLOT));
  if (!slot) return findCode();
  const code = slotIs(slot, load<u64>(p, MESSAGE_VIEW), p + MESSAGE_DIGEST);
  if (code) return code;
  const tags = load<u32>(p, MESSAGE_TAGS);
  const tail: u64 = magic == MESSAGE_MAGIC_LOAN ? <u64>tags * 8 + ((<u64>tags + 7) & ~7) : (<u64>tags + 7) & ~7;
  if (<u64>load<u32>(p, MESSAGE_LIST) + tail != <u64>(len - MESSAGE_HEADER)) return ENGINE_MALFORMED;
  if (!flagsCheck(p + len - flagBytes(tags), tags)) return ENGINE_MALFORMED;
  return slot == sessionOpen() ? 0 : 1;
}

/** Whether the list has exactly the keys of the entries of `shard` (only the writable ones, if so asked), in their order. */
function matches(list: usize, entries: usize, n: u32, shard: u32, writableOnly: bool): bool {
  let left = load<u32>(list, LIST_COUNT);
  let p = list + LIST_HEADER;
  for (; n; n--, entries += LEASE_SIZE) {
    if (<u32>load<u16>(entries, LEASE_SHARD) != shard || (writableOnly && !load<u8>(entries, LEASE_WRITABLE))) continue;
    if (!left || !keyEquals(p, entries + LEASE_KEY)) return false;
    if (isStub(p) && load<u8>(entries, LEASE_WRITABLE)) return false;
    p += loanedSize(p);
    left -= 1;
  }
  return left == 0;
}

export function loanIn(from: u32, p: usize, len: u32): i32 {
  const code = messageCheck(MESSAGE_MAGIC_LOAN, from, p, len);
  if (code) return min(code, 0);
  if (loanState(from) == PARTNER_NONE) return ENGINE_UNEXPECTED;
  if (loanState(from) == PARTNER_DONE) return 0;
  const list = p + MESSAGE_HEADER;
  const listLen = load<u32>(p, MESSAGE_LIST);
  if (!loanListCheck(list, listLen)) return ENGINE_MALFORMED;
  const proposal = sessionProposal();
  const n = load<u32>(proposal, PROP_NUM_BORROWS);
  let entry = proposalBorrows(proposal);
  if (!matches(list, entry, n, from, false)) return ENGINE_UNEXPECTED;
  let at = list + LIST_HEADER;
  for (let i = n; i; i--, entry += LEASE_SIZE) {
    if (<u32>load<u16>(entry, LEASE_SHARD) != from) continue;
    if (isStub(at)) stubBorrow(at, from);
    else workspaceLease(at, load<u8>(entry, LEASE_WRITABLE) != 0);
    at += loanedSize(at);
  }
  tagsIn(sessionOpen(), from, list + listLen, load<u32>(p, MESSAGE_TAGS));
  loanDone(from);
  return 0;
}

export function returnIn(from: u32, p: usize, len: u32): i32 {
  const code = messageCheck(MESSAGE_MAGIC_RETURN, from, p, len);
  if (code) return min(code, 0);
  if (returnState(from) == PARTNER_NONE) return ENGINE_UNEXPECTED;
  if (returnState(from) == PARTNER_DONE) return 0;
  const list = p + MESSAGE_HEADER;
  const listLen = load<u32>(p, MESSAGE_LIST);
  if (!listCheck(list, listLen)) return ENGINE_MALFORMED;
  const slot = sessionOpen();
  if (load<u32>(p, MESSAGE_TAGS) != tagsOf(slot, from)) return ENGINE_UNEXPECTED;
  if (!matches(list, load<u32>(slot, SLOT_LENDS), load<u32>(slot, SLOT_NUM_LENDS), from, true)) return ENGINE_UNEXPECTED;
  let at = list + LIST_HEADER;
  for (let i = load<u32>(list, LIST_COUNT); i; i--) {
    workspaceReplace(at);
    at += encodedSize(load<u32>(at, ENC_DATA_LEN));
  }
  tagsLanded(slot, from, list + listLen);
  returnDone(from);
  return 0;
}
