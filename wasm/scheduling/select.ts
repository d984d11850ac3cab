/**
 * Which waiting transactions the next block gets.
 *
 *   pool, oldest first:   t1   t2   t3   t4   t5 ...
 *   writes                H    H    HA   A    B
 *   H is full after t1:   in   WAIT WAIT WAIT in      t3 writes H too; t4 would overtake t3 on A; t5 has nothing to do with them
 *
 * The rule (serial fairness): a transaction is chosen when it fits the limits and shares no account that either of them writes with an
 * earlier one that has to wait. So conflicting transactions are always executed in the order they were admitted, an account at its
 * limit delays only those that touch it (and those that conflict with these), and everybody else goes on. The limits of the block as a
 * whole end the search: what comes later waits in order. Heavy transactions, which call programs, have a part of the block that the builder
 * names for each cut (shared/scheduling/pace.ts): beyond it they wait, as at an account's limit, and what is small goes on.
 */
import { FRAME_HEADER } from "../layouts/record";
import {
  afterCompact, REC_COST, REC_LEN, REC_NUM_LOOKUPS, REC_OFF_LOOKUPS, recordImplicit, recordKey, recordNumAccounts, recordNumImplicit, recordRequestsWrite,
  recordTx,
} from "../transaction/record";
import { readsCopy } from "../transaction/carried";
import { isDemoted, isReplicated, wellKnownIndex } from "../transaction/well-known";
import {
  accountOf, accountsClear, accountsCount, CUT_BLOCKED_READ, CUT_BLOCKED_WRITE, CUT_COST, CUT_FLAGS, CUT_WRITTEN, cutAccount,
} from "./accounts";
import { LARGE_NEVER, largeBegin, largeLimit, largeTake, largeWaits } from "./large";
import { HEAVY_COST, MAX_CUT_ACCOUNTS } from "./limits";
import { scratchEnsure } from "./scratch";

/**
 * A chosen transaction: u32 pool entry, u32 record, u32 first reference, u32 references, u32 group, u32 shard, u32 shard + 1 that is asked for its
 * tag (0: none), u32 height of its blockhash. Group and what follows are filled in once the block is chosen.
 */
export const TX_ENTRY: usize = 0;
export const TX_RECORD: usize = 4;
export const TX_FIRST: usize = 8;
export const TX_REFS: usize = 12;
export const TX_GROUP: usize = 16;
export const TX_SHARD: usize = 20;
export const TX_ASKED: usize = 24;
export const TX_HEIGHT: usize = 28;
export const TX_SIZE: u32 = 32;

/** Accounts of one transaction: its own and their programdata (64 at most of each) and its lookup tables (36 fit a packet). */
const MAX_REFS: u32 = 192;

/** Limits of a block (shared/protocol/block-limits.ts): constants of the genesis. */
let maxTransactions: u32 = 0;
let maxBytes: u32 = 0;
let maxCost: u64 = 0;
let maxAccountCost: u64 = 0;

export function selectLimits(transactions: u32, bytes: u32, cost: u64, accountCost: u64, accountBytes: u32): void {
  largeLimit(accountBytes);
  maxTransactions = transactions;
  maxBytes = bytes;
  maxCost = cost;
  maxAccountCost = accountCost;
}

const chosenHead: usize = memory.data(8, 8);
const refsHead: usize = memory.data(8, 8);
let chosen: usize = 0;
let numChosen: u32 = 0;
/** u32 account << 1 | written, of all chosen transactions after each other. */
let refs: usize = 0;
let numRefs: u32 = 0;
let blockCost: u64 = 0;
let blockBytes: u32 = 0;
/** Cost that heavy transactions may have in this block, and what those chosen have. */
let maxHeavy: u64 = 0;
let heavyCost: u64 = 0;

/**
 * `heavy`: what the heavy transactions of the block may cost; the first may cost more, unless it is 0. `room`: bytes of large accounts that the
 * block may write.
 */
export function selectBegin(heavy: u32, room: u32): void {
  largeBegin(room);
  maxHeavy = heavy;
  heavyCost = 0;
  accountsClear();
  numChosen = 0;
  numRefs = 0;
  blockCost = 0;
  blockBytes = FRAME_HEADER;
}
export function selectHeavy(): u64 {
  return heavyCost;
}
export function selectCount(): u32 {
  return numChosen;
}
export function selectBytes(): u32 {
  return blockBytes;
}
export function selectCost(): u64 {
  return blockCost;
}
// @ts-ignore: decorator
@inline
export function chosenAt(i: u32): usize {
  return chosen + i * TX_SIZE;
}
// @ts-ignore: decorator
@inline
export function refAt(i: u32): u32 {
  return load<u32>(refs + i * 4);
}

/** Appends the references of a record behind those of the chosen ones; returns their number. */
function collect(record: usize): u32 {
  refs = scratchEnsure(refsHead, (numRefs + MAX_REFS) * 4, numRefs * 4);
  let to = refs + numRefs * 4;
  for (let i: u32 = 0, n = recordNumAccounts(record); i < n; i++) {
    const key = recordKey(record, i);
    const known = wellKnownIndex(key);
    if (readsCopy(record, i, known)) continue; // every shard has it
    store<u32>(to, (accountOf(key) << 1) | (recordRequestsWrite(record, i) && !isDemoted(known) ? 1 : 0));
    to += 4;
  }
  for (let i: u32 = 0, n = recordNumImplicit(record); i < n; i++) {
    store<u32>(to, accountOf(recordImplicit(record, i)) << 1);
    to += 4;
  }
  let lookup = recordTx(record) + load<u16>(record, REC_OFF_LOOKUPS);
  for (let n: u32 = load<u8>(record, REC_NUM_LOOKUPS); n; n--) {
    if (!isReplicated(lookup)) {
      store<u32>(to, accountOf(lookup) << 1);
      to += 4;
    }
    lookup = afterCompact(afterCompact(lookup + 32));
  }
  return <u32>((to - refs) >> 2) - numRefs;
}

const DECIDED_WAIT: i32 = 0;
const DECIDED_TAKE: i32 = 1;
export const DECIDED_STOP: i32 = -1;
/** It is too large for any block. */
export const DECIDED_NEVER: i32 = -2;

/** 1: chosen, 0: has to wait, -1: the block is full (nothing later may be chosen either), -2: no block ever has room for it. `allocates`: bytes of accounts that it makes. */
export function selectTry(entry: u32, record: usize, allocates: u32): i32 {
  const cost = load<u32>(record, REC_COST);
  const bytes = load<u32>(record, REC_LEN);
  if (
    numChosen == maxTransactions ||
    blockCost + <u64>cost > maxCost ||
    blockBytes + bytes > maxBytes ||
    accountsCount() + MAX_REFS > MAX_CUT_ACCOUNTS
  ) {
    return DECIDED_STOP;
  }
  const n = collect(record);
  const first = refs + numRefs * 4;
  const isHeavy = cost >= HEAVY_COST;
  let waits = isHeavy && (heavyCost ? heavyCost + cost > maxHeavy : !maxHeavy);
  for (let r = first, end = first + n * 4; r < end; r += 4) {
    const ref = load<u32>(r);
    const a = cutAccount(ref >> 1);
    const flags = load<u8>(a, CUT_FLAGS);
    if (flags & CUT_BLOCKED_WRITE) waits = true;
    else if (ref & 1) waits = waits || (flags & CUT_BLOCKED_READ) != 0 || <u64>load<u32>(a, CUT_COST) + cost > maxAccountCost;
  }
  const large = largeWaits(first, n, allocates, waits);
  if (large == LARGE_NEVER) return DECIDED_NEVER;
  if (waits || large != 0) {
    for (let r = first, end = first + n * 4; r < end; r += 4) {
      const a = cutAccount(load<u32>(r) >> 1);
      store<u8>(a, load<u8>(a, CUT_FLAGS) | (load<u32>(r) & 1 ? CUT_BLOCKED_WRITE : CUT_BLOCKED_READ), CUT_FLAGS);
    }
    return DECIDED_WAIT;
  }
  for (let r = first, end = first + n * 4; r < end; r += 4) {
    if (!(load<u32>(r) & 1)) continue;
    const a = cutAccount(load<u32>(r) >> 1);
    store<u8>(a, load<u8>(a, CUT_FLAGS) | CUT_WRITTEN, CUT_FLAGS);
    store<u32>(a, load<u32>(a, CUT_COST) + cost, CUT_COST);
  }
  largeTake(first, n);
  chosen = scratchEnsure(chosenHead, (numChosen + 1) * TX_SIZE, numChosen * TX_SIZE);
  const tx = chosenAt(numChosen++);
  store<u32>(tx, entry, TX_ENTRY);
  store<u32>(tx, <u32>record, TX_RECORD);
  store<u32>(tx, numRefs, TX_FIRST);
  store<u32>(tx, n, TX_REFS);
  numRefs += n;
  blockCost += cost;
  blockBytes += bytes;
  if (isHeavy) heavyCost += cost;
  return DECIDED_TAKE;
}
