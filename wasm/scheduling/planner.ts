/**
 * The builder's planner (docs/interfaces.md section 8): a bounded pool of verified transactions, and cuts of blocks from it.
 *
 *   frames -> admit: blockhash usable? waits already? -> pool -> cut: select -> groups -> placement -> frame + a proposal for each shard
 *
 * What has landed it does not know: that is in the state, and the shard that executes a message again answers AlreadyProcessed.
 * Pure: no clock, no randomness; the same calls give the same bytes.
 */
import { keyCopy, wordsCopy } from "../memory/bytes";
import {
  CONTEXT_FLAGS, CONTEXT_HASH_COUNT, CONTEXT_HEIGHT, CONTEXT_MAX_HASHES, CONTEXT_RECENT, CONTEXT_RECENT_COUNT, CONTEXT_SIZE, CONTEXT_SLOT,
} from "../layouts/context";
import { LARGE_BYTES, LARGE_SIZE, PLANNED_HEADER, PlannedBlock, Share, SHARE_HEADER } from "../layouts/planner";
import {
  LEASE_KEY, LEASE_SHARD, LEASE_SIZE, LEASE_WRITABLE, PLACED_BLOCK_INDEX, PLACED_HEADER, PROP_HEADER, PROP_MAGIC_VALUE, Proposal, Tag, TAG_SHARD,
  TAG_SIZE,
} from "../layouts/proposal";
import { FRAME_COUNT, FRAME_HEADER, VERDICTS_HEADER } from "../layouts/record";
import { outAdvance, outAt, outBytes, outEnsure, outLen, outReset, outU32, outZeros } from "../memory/io";
import { transactionCheck } from "../state/proposal";
import { REC_FLAG_COMPLETE, REC_LEN, recordKey, recordSignatures } from "../transaction/record";
import { budgetAllocates } from "../transaction/budget";
import { recordAllocates, recordMatchesWire, recordSound } from "../transaction/sound";
import { messageTag } from "../transaction/tag";
import { isDemoted, realProgramsSet, wellKnownIndex } from "../transaction/well-known";
import { accountsClear, accountShard, accountsInit } from "./accounts";
import { implicitInit, implicitKeys, implicitOf, noteProgram } from "./implicit";
import { PLANNER_FULL, PLANNER_MALFORMED, PLANNER_NOT_INITIALISED } from "./codes";
import { agesInit, agesReady, agesSetContext, HEIGHT_NONCE, HEIGHT_NONE, lastHeightOf, nextHeight, usableHeight } from "./ages";
import { BLOCKHASH_HEIGHTS, MAX_SHARDS, MAX_WAITING } from "./limits";
import {
  crossShardCount, groupCount, largestGroupSize, leaseAt, leaseCount, LEASE_BORROWER, LEASE_IS_WRITABLE, LEASE_KEY_PTR, LEASE_OWNER,
  placeAll,
} from "./place";
import {
  ENTRY_ALLOCATES, ENTRY_LAST_SLOT, ENTRY_NUMBER, ENTRY_RECORD, ENTRY_TAG, poolAdd, poolAddTag, poolCompact, poolCount, poolEntry, poolHasRoom, poolInit, poolRelease,
} from "./pool";
import { largeWritten } from "./large";
import { scratchEnsure } from "./scratch";
import { sizeNote, sizesOut } from "./sizes";
import { DECIDED_NEVER, DECIDED_STOP, chosenAt, refAt, selectBegin, selectBytes, selectCost, selectCount, selectHeavy, selectLimits, selectTry, TX_ASKED, TX_ENTRY, TX_FIRST, TX_HEIGHT, TX_RECORD, TX_SHARD } from "./select";

/** Verdicts of plannerAdmit. */
const WAITING: u8 = 0;
const DUPLICATE: u8 = 1;
const TOO_OLD: u8 = 2;
const MALFORMED: u8 = 4;

const context: usize = memory.data(<i32>CONTEXT_SIZE, 16);

let shardCount: u32 = 0;
let tagSeed0: u64 = 0;
let tagSeed1: u64 = 0;
/** Transactions that came so far, taken or refused: the number of the next one. */
let admitted: u64 = 0;

/** First signatures (64 bytes) of what waited until its blockhash was too old, until plannerDropExpired takes them. */
const expiredHead: usize = memory.data(8, 8);
let numExpired: u32 = 0;

/** Sets up an empty planner for `shards` shards (1..64), with the limits of a block (shared/protocol/block-limits.ts). 0 or PLANNER_MALFORMED. */
export function plannerInit(
  shards: u32, seed0: u64, seed1: u64, transactions: u32, bytes: u32, cost: u32, accountCost: u32, accountBytes: u32,
): i32 {
  if (shards == 0 || shards > MAX_SHARDS || !transactions || !bytes || !accountBytes) return PLANNER_MALFORMED;
  selectLimits(transactions, bytes, cost, accountCost, accountBytes);
  shardCount = shards;
  admitted = 0;
  numExpired = 0;
  poolInit();
  agesInit();
  tagSeed0 = seed0;
  tagSeed1 = seed1;
  accountsInit(shards, seed0, seed1);
  implicitInit();
  return 0;
}

/** in: the slot context of the next slot. */
export function plannerSetContext(ptr: usize, len: u32): i32 {
  if (!shardCount) return PLANNER_NOT_INITIALISED;
  if (len != CONTEXT_SIZE || load<u32>(ptr, CONTEXT_HASH_COUNT) > CONTEXT_MAX_HASHES || load<u32>(ptr, CONTEXT_RECENT_COUNT) > BLOCKHASH_HEIGHTS || load<u64>(ptr, CONTEXT_SLOT) == 0) return PLANNER_MALFORMED;
  memory.copy(context, ptr, len);
  realProgramsSet(load<u32>(ptr, CONTEXT_FLAGS));
  agesSetContext(load<u64>(ptr, CONTEXT_HEIGHT), ptr + CONTEXT_RECENT, load<u32>(ptr, CONTEXT_RECENT_COUNT));
  return 0;
}

/** Number of records of a frame whose lengths add up, or -1. */
function frameCount(ptr: usize, len: u32): i32 {
  if (len < FRAME_HEADER) return -1;
  const n = load<u32>(ptr, FRAME_COUNT);
  let at = ptr + FRAME_HEADER;
  const end = ptr + len;
  for (let left = n; left; left--) {
    const size = recordSound(at, <u32>(end - at));
    if (!size) return -1;
    at += size;
  }
  return at == end ? n : -1;
}

function admit(record: usize): u8 {
  const number = admitted++;
  // Read once more: a record that lies about its transaction would break the plan of a whole block.
  if (!recordMatchesWire(record) || isDemoted(wellKnownIndex(recordKey(record, 0)))) return MALFORMED;
  const height = usableHeight(record);
  if (height == HEIGHT_NONE) return TOO_OLD;
  const allocates = budgetAllocates();
  const tag = messageTag(tagSeed0, tagSeed1, record);
  if (!poolAddTag(tag)) return DUPLICATE;
  const keys = implicitOf(record, false);
  addEntry(poolAdd(record, implicitKeys(), keys, 0), number, tag, height, allocates);
  return WAITING;
}

function addEntry(entry: usize, number: u64, tag: u64, height: u64, allocates: u32): void {
  store<u64>(entry, lastHeightOf(height), ENTRY_LAST_SLOT);
  store<u64>(entry, tag, ENTRY_TAG);
  store<u64>(entry, number, ENTRY_NUMBER);
  store<u16>(entry, <u16>(allocates >> 10), ENTRY_ALLOCATES);
}

/** Implicit keys are at most as many as the accounts of a record, each of which is a key in it: with them it is less than twice as long. */
function hasRoom(n: u32, len: u32): bool {
  return len < 0x80000000 && poolHasRoom(n, len * 2);
}

/** Every record of a frame by admit, or again by readmit, its verdict in the output; or nothing of it. */
// @ts-ignore: decorator
@inline
function takeFrame(ptr: usize, len: u32, again: bool): i32 {
  outReset();
  if (!shardCount || !agesReady()) return PLANNER_NOT_INITIALISED;
  const n = frameCount(ptr, len);
  if (n < 0) return PLANNER_MALFORMED;
  if (!hasRoom(n, len)) return PLANNER_FULL;
  outU32(n);
  outZeros(n);
  let record = ptr + FRAME_HEADER;
  for (let i = 0; i < n; i++) {
    store<u8>(outAt(VERDICTS_HEADER + i), again ? readmit(record) : admit(record));
    record += load<u32>(record, REC_LEN);
  }
  return n;
}

/**
 * in: a frame of verified, resolved transactions. All of it is taken, or, for want of room, nothing (PLANNER_FULL).
 * out: `u32 n`, n x `u8`: 0 waits, 1 duplicate, 2 blockhash too old or unknown, 4 malformed (not what its transaction parses to, an account twice, or a payer that is no account of a user).
 * Returns n.
 */
export function plannerAdmit(ptr: usize, len: u32): i32 {
  return takeFrame(ptr, len, false);
}

/** A record of an earlier block, which waits again, now with the programdata of every account it names; whatever copy of it waits meanwhile. */
function readmit(record: usize): u8 {
  const number = admitted++;
  // As the shard that gets it will look: one that it refuses would be in every proposal to it from now on.
  if (!transactionCheck(record, load<u32>(record, REC_LEN))) return MALFORMED;
  const height = usableHeight(record);
  if (height == HEIGHT_NONE) return TOO_OLD;
  const tag = messageTag(tagSeed0, tagSeed1, record);
  poolAddTag(tag);
  const keys = implicitOf(record, true);
  addEntry(poolAdd(record, implicitKeys(), keys, REC_FLAG_COMPLETE), number, tag, height, recordAllocates(record));
  return WAITING;
}

/**
 * in: a frame of records of earlier blocks that execution has deferred: they wait again. All of it is taken, or, for want of room,
 * nothing (PLANNER_FULL). out: as plannerAdmit, 0, 2 or 4. Returns n.
 */
export function plannerReadmit(ptr: usize, len: u32): i32 {
  return takeFrame(ptr, len, true);
}

/** in: keys of accounts that execution has found to be programs: their programdata is leased along from now on. */
export function plannerNoteProgram(ptr: usize, len: u32): i32 {
  if (!shardCount) return PLANNER_NOT_INITIALISED;
  if (len % 32) return PLANNER_MALFORMED;
  for (let key = ptr, end = ptr + len; key < end; key += 32) noteProgram(key);
  return 0;
}

function noteExpired(record: usize): void {
  // A client that never asks bounds it too: the oldest are dropped with the list.
  if (numExpired == MAX_WAITING) numExpired = 0;
  const list = scratchEnsure(expiredHead, (numExpired + 1) * 64, numExpired * 64);
  memory.copy(list + numExpired * 64, recordSignatures(record), 64);
  numExpired++;
}

/** Lets go what has expired, and chooses the block; the chosen ones are still in the pool afterwards. */
function choose(heavy: u32, room: u32): u32 {
  selectBegin(heavy, room);
  const height = nextHeight();
  let expired: u32 = 0;
  let full = false;
  for (let i: u32 = 0, n = poolCount(); i < n; i++) {
    const entry = poolEntry(i);
    const record: usize = load<u32>(entry, ENTRY_RECORD);
    if (load<u64>(entry, ENTRY_LAST_SLOT) < height) {
      noteExpired(record);
      poolRelease(entry);
      expired++;
    } else if (!full) {
      const decided = selectTry(i, record, <u32>load<u16>(entry, ENTRY_ALLOCATES) << 10);
      full = decided == DECIDED_STOP;
      if (decided == DECIDED_NEVER) {
        noteExpired(record);
        poolRelease(entry);
        expired++;
      }
    }
  }
  return expired;
}

/** out: first signatures of what has expired since the last call, in plannerCut or now. Returns their number. */
export function plannerDropExpired(): i32 {
  outReset();
  const height = nextHeight();
  for (let i: u32 = 0, n = poolCount(); i < n; i++) {
    const entry = poolEntry(i);
    if (load<u64>(entry, ENTRY_LAST_SLOT) >= height) continue;
    noteExpired(load<u32>(entry, ENTRY_RECORD));
    poolRelease(entry);
  }
  poolCompact();
  outBytes(load<u32>(expiredHead), numExpired * 64);
  const n = numExpired;
  numExpired = 0;
  return n;
}

/** What goes into the proposal of a shard. */
// @ts-ignore: decorator
@unmanaged
class Total {
  records: u32;
  /** Of them, with their places. */
  recordBytes: u32;
  lends: u32;
  borrows: u32;
  tags: u32;
}
const TOTALS: u32 = offsetof<Total>();
const totals: usize = memory.data(64 * 20, 16);
// @ts-ignore: decorator
@inline
function totalOf(shard: u32): Total {
  return changetype<Total>(totals + shard * TOTALS);
}

/** Notes which shard is to say whether the message of a chosen transaction is known: the payer's owner, unless it runs there or has a nonce. */
function noteAsked(tx: usize): u32 {
  store<u32>(tx, 0, TX_ASKED);
  const owner = accountShard(refAt(load<u32>(tx, TX_FIRST)) >> 1);
  if (owner == load<u32>(tx, TX_SHARD)) return 0;
  const height = usableHeight(load<u32>(tx, TX_RECORD));
  if (height == HEIGHT_NONCE) return 0;
  store<u32>(tx, owner + 1, TX_ASKED);
  store<u32>(tx, <u32>height, TX_HEIGHT);
  return owner + 1;
}

function addUp(): u32 {
  memory.fill(totals, 0, MAX_SHARDS * TOTALS);
  for (let t: u32 = 0, n = selectCount(); t < n; t++) {
    const total = totalOf(load<u32>(chosenAt(t), TX_SHARD));
    total.records += 1;
    total.recordBytes += PLACED_HEADER + load<u32>(load<u32>(chosenAt(t), TX_RECORD), REC_LEN);
    const asked = noteAsked(chosenAt(t));
    if (!asked) continue;
    totalOf(asked - 1).tags += 1;
  }
  for (let i: u32 = 0, n = leaseCount(); i < n; i++) {
    totalOf(load<u8>(leaseAt(i), LEASE_OWNER)).lends += 1;
    totalOf(load<u8>(leaseAt(i), LEASE_BORROWER)).borrows += 1;
  }
  let involved: u32 = 0;
  for (let s: u32 = 0; s < shardCount; s++) if (proposalBytes(s)) involved++;
  return involved;
}

/** Bytes of a shard's proposal; 0 when the shard has no part in the block. */
function proposalBytes(shard: u32): u32 {
  const total = totalOf(shard);
  const leased = total.lends + total.borrows;
  if (!(total.records | leased)) return 0;
  return PROP_HEADER + CONTEXT_SIZE + leased * LEASE_SIZE + total.tags * TAG_SIZE + total.recordBytes;
}

/** Where the next one of a shard's goes in the out buffer. */
// @ts-ignore: decorator
@unmanaged
class Cursor {
  lend: u32;
  borrow: u32;
  record: u32;
  tag: u32;
}
const CURSORS: u32 = offsetof<Cursor>();
const cursors: usize = memory.data(64 * 16, 16);
// @ts-ignore: decorator
@inline
function cursorOf(shard: u32): Cursor {
  return changetype<Cursor>(cursors + shard * CURSORS);
}

/** Header and context of a shard's proposal, zeros where lists and records go; sets the shard's cursors. */
function startProposal(shard: u32): void {
  const bytes = proposalBytes(shard);
  const total = totalOf(shard);
  outZeros(SHARE_HEADER + PROP_HEADER);
  const share = changetype<Share>(outAt(outLen() - SHARE_HEADER - PROP_HEADER));
  share.shard = shard;
  share.len = bytes;
  const proposal = changetype<Proposal>(changetype<usize>(share) + SHARE_HEADER);
  proposal.len = bytes;
  proposal.magic = PROP_MAGIC_VALUE;
  proposal.shard = shard;
  proposal.numRecords = total.records;
  proposal.numLends = total.lends;
  proposal.numBorrows = total.borrows;
  proposal.numTags = total.tags;
  outBytes(context, CONTEXT_SIZE);
  const cursor = cursorOf(shard);
  cursor.lend = outLen();
  cursor.borrow = cursor.lend + total.lends * LEASE_SIZE;
  cursor.tag = cursor.borrow + total.borrows * LEASE_SIZE;
  cursor.record = cursor.tag + total.tags * TAG_SIZE;
  outEnsure(bytes - PROP_HEADER - CONTEXT_SIZE);
  outAdvance(bytes - PROP_HEADER - CONTEXT_SIZE);
}

// @ts-ignore: decorator
@inline
function writeLease(cursor: usize, other: u32, lease: usize): void {
  const entry = outAt(load<u32>(cursor));
  // Shard, writable and zeros are one word.
  store<u64>(entry, (<u64>other << (LEASE_SHARD << 3)) | (<u64>load<u8>(lease, LEASE_IS_WRITABLE) << (LEASE_WRITABLE << 3)));
  keyCopy(entry + LEASE_KEY, load<u32>(lease, LEASE_KEY_PTR));
  store<u32>(cursor, load<u32>(cursor) + LEASE_SIZE);
}

/** Pairs (a, b) of shards: u32 place of the next lease of the pair in `sorted`. */
const pairs: usize = memory.data(64 * 64 * 4, 16);
const sortedHead: usize = memory.data(8, 8);

/** Writes lends (by owner, then borrower) and borrows (by borrower, then owner), within a pair by key. */
function writeLeases(major: usize, minor: usize, cursorField: usize): void {
  const n = leaseCount();
  if (!n) return;
  const sorted = scratchEnsure(sortedHead, n * 4, 0);
  memory.fill(pairs, 0, MAX_SHARDS * MAX_SHARDS * 4);
  for (let i: u32 = 0; i < n; i++) {
    const pair = pairs + (<u32>load<u8>(leaseAt(i) + major) * MAX_SHARDS + <u32>load<u8>(leaseAt(i) + minor)) * 4;
    store<u32>(pair, load<u32>(pair) + 1);
  }
  for (let k: u32 = 0, at: u32 = 0; k < MAX_SHARDS * MAX_SHARDS; k++) {
    const size = load<u32>(pairs + k * 4);
    store<u32>(pairs + k * 4, at);
    at += size;
  }
  for (let i: u32 = 0; i < n; i++) {
    const pair = pairs + (<u32>load<u8>(leaseAt(i) + major) * MAX_SHARDS + <u32>load<u8>(leaseAt(i) + minor)) * 4;
    store<u32>(sorted + load<u32>(pair) * 4, i);
    store<u32>(pair, load<u32>(pair) + 1);
  }
  for (let k: u32 = 0; k < n; k++) {
    const lease = leaseAt(load<u32>(sorted + k * 4));
    writeLease(cursors + <u32>load<u8>(lease + major) * CURSORS + cursorField, load<u8>(lease + minor), lease);
  }
}

function writeFrame(): void {
  const n = selectCount();
  outU32(n);
  for (let t: u32 = 0; t < n; t++) {
    const record: usize = load<u32>(chosenAt(t), TX_RECORD);
    const size = load<u32>(record, REC_LEN);
    wordsCopy(outEnsure(size), record, size);
    outAdvance(size);
  }
}

function writeProposals(): void {
  for (let s: u32 = 0; s < shardCount; s++) if (proposalBytes(s)) startProposal(s);
  writeLeases(LEASE_OWNER, LEASE_BORROWER, offsetof<Cursor>("lend"));
  writeLeases(LEASE_BORROWER, LEASE_OWNER, offsetof<Cursor>("borrow"));
  for (let t: u32 = 0, n = selectCount(); t < n; t++) {
    const tx = chosenAt(t);
    const record: usize = load<u32>(tx, TX_RECORD);
    const size = load<u32>(record, REC_LEN);
    const cursor = cursorOf(load<u32>(tx, TX_SHARD));
    const placed = outAt(cursor.record);
    store<u64>(placed, t, PLACED_BLOCK_INDEX); // and the zeros behind it
    wordsCopy(placed + PLACED_HEADER, record, size);
    cursor.record += PLACED_HEADER + size;
    const asked = load<u32>(tx, TX_ASKED);
    if (asked) writeTag(cursorOf(asked - 1), tx);
  }
}

/** To the shard that owns the fee payer: the tag of a transaction that runs elsewhere. */
function writeTag(cursor: Cursor, tx: usize): void {
  const tag = changetype<Tag>(outAt(cursor.tag));
  tag.value = load<u64>(poolEntry(load<u32>(tx, TX_ENTRY)), ENTRY_TAG);
  tag.height = load<u32>(tx, TX_HEIGHT);
  store<u32>(changetype<usize>(tag), load<u32>(tx, TX_SHARD), TAG_SHARD); // and not known
  cursor.tag += TAG_SIZE;
}

/** The chosen transactions leave the pool. */
function leavePool(): void {
  for (let t: u32 = 0, n = selectCount(); t < n; t++) poolRelease(poolEntry(load<u32>(chosenAt(t), TX_ENTRY)));
  accountsClear();
  poolCompact();
}

/**
 * Chooses the next block, with heavy transactions of about `heavy` cost units (select.ts), which may write `room` bytes of large accounts
 * (large.ts). out: PLANNED, the frame, then for each shard with a part, ascending, a SHARE: its proposal with slot context, but slot, view,
 * digest, previous and stable zero (docs/interfaces.md section 8). Returns the number of transactions.
 */
export function plannerCut(heavy: u32, room: u32): i32 {
  outReset();
  if (!shardCount || !agesReady()) return PLANNER_NOT_INITIALISED;
  const expired = choose(heavy, room);
  const n = selectCount();
  placeAll(shardCount);
  const involved = addUp();
  outEnsure(PLANNED_HEADER + selectBytes() * 2 + n * PLACED_HEADER + involved * (SHARE_HEADER + PROP_HEADER + CONTEXT_SIZE) + leaseCount() * LEASE_SIZE * 2 + n * TAG_SIZE);
  outZeros(PLANNED_HEADER);
  writeFrame();
  const frameLen = outLen() - PLANNED_HEADER;
  writeProposals();
  leavePool();
  const planned = changetype<PlannedBlock>(outAt(0));
  planned.shards = involved;
  planned.transactions = n;
  planned.expired = expired;
  planned.frameLen = frameLen;
  planned.groups = groupCount();
  planned.crossShard = crossShardCount();
  planned.oldestWaiting = plannerOldestWaiting();
  planned.cost = selectCost();
  planned.largestGroup = largestGroupSize();
  planned.heavy = <u32>selectHeavy();
  planned.accountBytes = largeWritten();
  return n;
}

/** Transactions that wait. */
export function plannerWaiting(): u32 {
  return poolCount();
}
/** Number (from 0, in order of admission) of the oldest transaction that waits; plannerAdmitted() when none does. */
export function plannerOldestWaiting(): u64 {
  return poolCount() ? load<u64>(poolEntry(0), ENTRY_NUMBER) : admitted;
}
/** Transactions that came so far, taken or refused. */
export function plannerAdmitted(): u64 {
  return admitted;
}
/** in: LargeAccount each. */
export function plannerNoteSizes(ptr: usize, len: u32): i32 {
  if (!shardCount) return PLANNER_NOT_INITIALISED;
  if (len % LARGE_SIZE) return PLANNER_MALFORMED;
  for (let p = ptr, end = ptr + len; p < end; p += LARGE_SIZE) sizeNote(p, load<u32>(p, LARGE_BYTES));
  return 0;
}
/** out: LargeAccount each, all that are known. Returns 1 when any has changed since the last call, else 0. */
export function plannerSizes(): i32 {
  return shardCount ? <i32>sizesOut() : PLANNER_NOT_INITIALISED;
}
