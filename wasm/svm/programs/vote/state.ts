/**
 * The vote state that an instruction works on: version 4, whatever the account holds. Lists are kept as they are stored.
 *
 *   version 4:  u32 3 | node, withdrawer, inflation rewards collector, block revenue collector: keys
 *               | u16 inflation rewards commission, u16 block revenue commission (basis points) | u64 pending delegator rewards
 *               | option BLS public key (48) | votes | option u64 root | voters | credits | u64 slot, i64 timestamp
 *   version 3:  u32 2 | node, withdrawer | u8 commission (percent) | votes | option u64 root | voters
 *               | 32 prior voters (48), u64 index, bool empty | credits | u64 slot, i64 timestamp
 *   1.14.11:    u32 1 | as 3, but votes without latency
 *
 *   votes: u64 count, {u8 latency, u64 slot, u32 confirmations}; voters: u64 count, {u64 epoch, key}, by epoch;
 *   credits: u64 count, {u64 epoch, u64 credits, u64 credits before the epoch}.
 *
 * Source: solana-sdk vote-interface/src/state/{vote_state_v4,vote_state_deserialize,vote_state_versions}.rs.
 */
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS } from "../../../state/account";
import { keyCopy } from "../../../memory/bytes";
import {
  ERR_ACCOUNT_DATA_TOO_SMALL,
  ERR_ACCOUNT_NOT_RENT_EXEMPT,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_UNINITIALIZED_ACCOUNT,
} from "../../errors";
import { accDataMut, accSetDataLen, ixAcc, ixKey, lastError, rentExemptMinimum, scratchAlloc } from "../../runtime/context";
import { readerBroken, readerOpen, take, takeBool, takeCount, takeU32, takeU64, takeU8 } from "./reader";

/** Bytes of an account with a vote state, of version 3 and of version 4. */
export const VOTE_STATE_SIZE: u32 = 3762;
const VERSION_1_14_11: u32 = 1;
const VERSION_3: u32 = 2;
const VERSION_4: u32 = 3;
const PRIOR_VOTERS: u32 = 32 * 48 + 8;

// What stands at the same place in every version 4, behind the u32.
export const STATE_NODE: usize = 0;
export const STATE_WITHDRAWER: usize = 32;
export const STATE_INFLATION_COLLECTOR: usize = 64;
export const STATE_REVENUE_COLLECTOR: usize = 96;
export const STATE_INFLATION_BPS: usize = 128; // u16
export const STATE_REVENUE_BPS: usize = 130; // u16
export const STATE_PENDING_REWARDS: usize = 132; // u64
const STATE_FIXED: u32 = 140;
/** Basis points: all of it. */
const DEFAULT_REVENUE_BPS: u16 = 10_000;

export const BLS_KEY_SIZE: u32 = 48;
export const LANDED_LATENCY: usize = 0; // u8
export const LANDED_SLOT: usize = 1; // u64
export const LANDED_CONFIRMATIONS: usize = 9; // u32
export const LANDED_SIZE: u32 = 13;
const LOCKOUT_SIZE: u32 = 12;
export const VOTER_SIZE: u32 = 40;
export const CREDITS_SIZE: u32 = 24;
/** Elements that one instruction can add: slots of a Vote instruction, the current and a coming voter, an epoch. */
const MORE_VOTES: u32 = 160;
const MORE_VOTERS: u32 = 2;
const MORE_CREDITS: u32 = 1;

const fixed: usize = memory.data(144, 8);
const blsKey: usize = memory.data(48, 8);
export let hasBlsKey: bool = false;
export let votes: usize = 0;
export let votesCount: u32 = 0;
export let hasRoot: bool = false;
export let root: u64 = 0;
export let voters: usize = 0;
export let votersCount: u32 = 0;
export let credits: usize = 0;
export let creditsCount: u32 = 0;
export let lastTimestampSlot: u64 = 0;
export let lastTimestamp: i64 = 0;

/** The fields STATE_... */
export function state(): usize {
  return fixed;
}
export function setVotes(at: usize, count: u32): void {
  votes = at;
  votesCount = count;
}
export function setRoot(has: bool, slot: u64): void {
  hasRoot = has;
  root = slot;
}
export function setVoters(at: usize, count: u32): void {
  voters = at;
  votersCount = count;
}
export function setCredits(at: usize, count: u32): void {
  credits = at;
  creditsCount = count;
}
export function setLastTimestamp(slot: u64, timestamp: i64): void {
  lastTimestampSlot = slot;
  lastTimestamp = timestamp;
}
export function setBlsKey(key: usize): void {
  hasBlsKey = true;
  memory.copy(blsKey, key, BLS_KEY_SIZE);
}
export function landed(i: u32): usize {
  return votes + <usize>i * LANDED_SIZE;
}

/** A list of `count` elements with room for `more`; the elements are copied where they are as they are kept. */
function list(count: u32, size: u32, more: u32, from: usize): usize {
  const at = scratchAlloc((count + more) * size);
  if (from) memory.copy(at, from, <usize>count * size);
  return at;
}

function readVotes(latency: bool): void {
  const size = latency ? LANDED_SIZE : LOCKOUT_SIZE;
  const count = takeCount(size);
  const from = take(count * size);
  votesCount = count;
  votes = list(count, LANDED_SIZE, MORE_VOTES, latency ? from : 0);
  if (latency) return;
  for (let i: u32 = 0; i < count; i++) {
    store<u8>(landed(i), 0, LANDED_LATENCY);
    memory.copy(landed(i) + LANDED_SLOT, from + <usize>i * LOCKOUT_SIZE, LOCKOUT_SIZE);
  }
}

/** Puts an epoch's voter in its place; one that is there is replaced. There must be room. */
export function insertVoter(epoch: u64, key: usize): void {
  let i = votersCount;
  while (i && load<u64>(voters + <usize>(i - 1) * VOTER_SIZE) > epoch) i -= 1;
  let at = voters + <usize>i * VOTER_SIZE;
  if (i && load<u64>(at - VOTER_SIZE) == epoch) {
    at -= VOTER_SIZE;
  } else {
    memory.copy(at + VOTER_SIZE, at, <usize>(votersCount - i) * VOTER_SIZE);
    votersCount += 1;
  }
  store<u64>(at, epoch);
  keyCopy(at + 8, key);
}

function readVoters(): void {
  const count = takeCount(VOTER_SIZE);
  const from = take(count * VOTER_SIZE);
  voters = list(count, VOTER_SIZE, MORE_VOTERS, 0);
  votersCount = 0;
  for (let i: u32 = 0; i < count; i++) {
    const entry = from + <usize>i * VOTER_SIZE;
    insertVoter(load<u64>(entry), entry + 8);
  }
}

function readFixed(version: u32, account: u32): void {
  hasBlsKey = false;
  if (version == VERSION_4) {
    memory.copy(fixed, take(STATE_FIXED), STATE_FIXED);
    hasBlsKey = takeBool();
    if (hasBlsKey) memory.copy(blsKey, take(BLS_KEY_SIZE), BLS_KEY_SIZE);
    return;
  }
  memory.copy(fixed, take(64), 64);
  defaults(account, takeU8());
}

/** What is not known of a state that is not of version 4 (SIMD-0185). */
function defaults(account: u32, commission: u32): void {
  keyCopy(fixed + STATE_INFLATION_COLLECTOR, ixKey(account));
  keyCopy(fixed + STATE_REVENUE_COLLECTOR, fixed + STATE_NODE);
  store<u16>(fixed, <u16>(commission * 100), STATE_INFLATION_BPS);
  store<u16>(fixed, DEFAULT_REVENUE_BPS, STATE_REVENUE_BPS);
  store<u64>(fixed, 0, STATE_PENDING_REWARDS);
}

/** Reads what account `account` of the instruction holds, of any version. False: it is no vote state. */
function read(account: u32): u32 {
  const record = ixAcc(account);
  readerOpen(load<u32>(record, ACC_DATA), load<u32>(record, ACC_DATA_LEN));
  const version = takeU32();
  if (version < VERSION_1_14_11 || version > VERSION_4) return 0;
  readFixed(version, account);
  readVotes(version != VERSION_1_14_11);
  hasRoot = takeBool();
  root = hasRoot ? takeU64() : 0;
  readVoters();
  if (version != VERSION_4) {
    take(PRIOR_VOTERS);
    takeBool();
  }
  creditsCount = takeCount(CREDITS_SIZE);
  credits = list(creditsCount, CREDITS_SIZE, MORE_CREDITS, take(creditsCount * CREDITS_SIZE));
  lastTimestampSlot = takeU64();
  lastTimestamp = <i64>takeU64();
  return readerBroken() ? 0 : version;
}

/** The state of account 0: 0 or an error. */
export function stateLoad(): i32 {
  const version = read(0);
  if (!version) return ERR_INVALID_ACCOUNT_DATA;
  return version != VERSION_4 && !votersCount ? ERR_UNINITIALIZED_ACCOUNT : 0;
}

/** Whether account 0 can become a vote account: 0 not, 1 it can, 2 it is one. */
export function stateKind(): u32 {
  const record = ixAcc(0);
  if (!load<u32>(load<u32>(record, ACC_DATA))) return 1;
  const version = read(0);
  if (!version) return 0;
  return version != VERSION_4 && !votersCount ? 1 : 2;
}

/** A new state: keys of the node, the voter from `epoch` on, the withdrawer, and a commission in percent. */
export function stateNew(node: usize, voter: usize, epoch: u64, withdrawer: usize, commission: u32): void {
  keyCopy(fixed + STATE_NODE, node);
  keyCopy(fixed + STATE_WITHDRAWER, withdrawer);
  defaults(0, commission);
  hasBlsKey = false;
  votesCount = 0;
  hasRoot = false;
  votersCount = 0;
  voters = scratchAlloc(VOTER_SIZE);
  insertVoter(epoch, voter);
  creditsCount = 0;
  lastTimestampSlot = 0;
  lastTimestamp = 0;
}

function storedSize(): u32 {
  const bls: u32 = hasBlsKey ? BLS_KEY_SIZE : 0;
  const lists = votesCount * LANDED_SIZE + votersCount * VOTER_SIZE + creditsCount * CREDITS_SIZE;
  return 4 + STATE_FIXED + 1 + bls + 8 + 1 + (hasRoot ? 8 : 0) + 8 + 8 + lists + 16;
}

function writeList(at: usize, from: usize, count: u32, size: u32): usize {
  store<u64>(at, count);
  memory.copy(at + 8, from, <usize>count * size);
  return at + 8 + <usize>count * size;
}

/** Stores the state in account 0, as version 4; bytes behind it stay as they are. 0 or an error. */
export function stateStore(): i32 {
  const record = ixAcc(0);
  if (load<u32>(record, ACC_DATA_LEN) < VOTE_STATE_SIZE) {
    if (load<u64>(record, ACC_LAMPORTS) < rentExemptMinimum(VOTE_STATE_SIZE)) return ERR_ACCOUNT_NOT_RENT_EXEMPT;
    if (accSetDataLen(0, VOTE_STATE_SIZE)) return ERR_ACCOUNT_NOT_RENT_EXEMPT;
  }
  let at = accDataMut(0);
  if (!at) return lastError();
  if (storedSize() > load<u32>(record, ACC_DATA_LEN)) return ERR_ACCOUNT_DATA_TOO_SMALL;
  store<u32>(at, VERSION_4);
  memory.copy(at + 4, fixed, STATE_FIXED);
  at += 4 + STATE_FIXED;
  store<u8>(at, <u8>hasBlsKey);
  at += 1;
  if (hasBlsKey) {
    memory.copy(at, blsKey, BLS_KEY_SIZE);
    at += BLS_KEY_SIZE;
  }
  at = writeList(at, votes, votesCount, LANDED_SIZE);
  store<u8>(at, <u8>hasRoot);
  at += 1;
  if (hasRoot) {
    store<u64>(at, root);
    at += 8;
  }
  at = writeList(at, voters, votersCount, VOTER_SIZE);
  at = writeList(at, credits, creditsCount, CREDITS_SIZE);
  store<u64>(at, lastTimestampSlot);
  store<i64>(at, lastTimestamp, 8);
  return 0;
}
