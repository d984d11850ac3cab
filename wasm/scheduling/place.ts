/**
 * Conflict groups of the chosen transactions, and where each of them runs.
 *
 *   t1 {A,b} t2 {C,b} t3 {A,D}      capital: written        groups: {t1 t3} (A ties them), {t2} (b is only read by both)
 *
 * A group runs on the shard that owns most of its bytes; written accounts count twice, because they would travel there and back. Equal
 * weights go to the shard with less work so far, then to the lower number: the same input always gives the same plan. What the group
 * touches of other shards is lent to it. A written account is in one group only, so it is lent at most once and to one shard; an account
 * that is only read in the whole block may be lent to many, and all of them see it as it was before the slot.
 */
import { REC_COST } from "../transaction/record";
import {
  accountBytes, accountJoin, accountRoot, accountShard, accountShards, CUT_FLAGS, CUT_GROUP, CUT_KEY, CUT_LENT, CUT_WEIGHED, CUT_WRITTEN, cutAccount,
} from "./accounts";
import { SORT_ENTRY, SORT_KEY, SORT_PAYLOAD, sortByKey, sortPut } from "../state/sort";
import { MAX_SHARDS } from "./limits";
import { chosenAt, refAt, selectCount, TX_FIRST, TX_GROUP, TX_RECORD, TX_REFS, TX_SHARD } from "./select";
import { scratchEnsure } from "./scratch";

let numGroups: u32 = 0;
let numCrossShard: u32 = 0;
let largestGroup: u32 = 0;

/** A lease is an entry of state/sort.ts; its payload is u8 owner, u8 borrower, u8 writable. */
export const LEASE_OWNER: usize = SORT_PAYLOAD;
export const LEASE_BORROWER: usize = SORT_PAYLOAD + 1;
export const LEASE_IS_WRITABLE: usize = SORT_PAYLOAD + 2;
export const LEASE_KEY_PTR: usize = SORT_KEY;
const leasesHead: usize = memory.data(8, 8);
let leases: usize = 0;
let numLeases: u32 = 0;

/** A group: u32 first place in `order`, u32 transactions, u64 cost. */
const GROUP_COUNT: usize = 4;
const GROUP_COST: usize = 8;
const GROUP_SIZE: u32 = 16;
const groupsHead: usize = memory.data(8, 8);
const orderHead: usize = memory.data(8, 8);
/** Transactions sorted by group, in block order within it. */
let order: usize = 0;
let groups: usize = 0;

/** u64 each: bytes of the group that the shard owns; work placed on the shard so far. */
const weights: usize = memory.data(64 * 8, 16);
const loads: usize = memory.data(64 * 8, 16);

export function groupCount(): u32 {
  return numGroups;
}
export function crossShardCount(): u32 {
  return numCrossShard;
}
export function largestGroupSize(): u32 {
  return largestGroup;
}
export function leaseCount(): u32 {
  return numLeases;
}
// @ts-ignore: decorator
@inline
export function leaseAt(i: u32): usize {
  return leases + i * SORT_ENTRY;
}

/** Ties every transaction to the accounts of it that the block writes. Its fee payer is always one of them. */
function joinAccounts(): void {
  for (let t: u32 = 0, n = selectCount(); t < n; t++) {
    const tx = chosenAt(t);
    const first = load<u32>(tx, TX_FIRST);
    const payer = refAt(first) >> 1;
    for (let r = first + 1, end = first + load<u32>(tx, TX_REFS); r < end; r++) {
      const account = refAt(r) >> 1;
      if (load<u8>(cutAccount(account), CUT_FLAGS) & CUT_WRITTEN) accountJoin(payer, account);
    }
  }
}

/** Numbers the groups by their first transaction and sorts the transactions by group. */
function formGroups(): void {
  const n = selectCount();
  numGroups = 0;
  groups = scratchEnsure(groupsHead, n * GROUP_SIZE, 0);
  order = scratchEnsure(orderHead, n * 4, 0);
  for (let t: u32 = 0; t < n; t++) {
    const tx = chosenAt(t);
    const root = cutAccount(accountRoot(refAt(load<u32>(tx, TX_FIRST)) >> 1));
    let group = load<u32>(root, CUT_GROUP);
    if (!group) {
      group = ++numGroups;
      store<u32>(root, group, CUT_GROUP);
      memory.fill(groups + (group - 1) * GROUP_SIZE, 0, GROUP_SIZE);
    }
    store<u32>(tx, group - 1, TX_GROUP);
    const g = groups + (group - 1) * GROUP_SIZE;
    store<u32>(g, load<u32>(g, GROUP_COUNT) + 1, GROUP_COUNT);
    store<u64>(g, load<u64>(g, GROUP_COST) + <u64>load<u32>(load<u32>(tx, TX_RECORD), REC_COST), GROUP_COST);
  }
  largestGroup = 0;
  for (let i: u32 = 0, at: u32 = 0; i < numGroups; i++) {
    const g = groups + i * GROUP_SIZE;
    store<u32>(g, at);
    at += load<u32>(g, GROUP_COUNT);
    largestGroup = max(largestGroup, load<u32>(g, GROUP_COUNT));
  }
  for (let t: u32 = 0; t < n; t++) {
    const g = groups + load<u32>(chosenAt(t), TX_GROUP) * GROUP_SIZE;
    store<u32>(order + load<u32>(g) * 4, t);
    store<u32>(g, load<u32>(g) + 1); // moves to the end, put back by placeGroup
  }
}

function bestShard(shardCount: u32): u32 {
  let best: u32 = 0;
  for (let s: u32 = 1; s < shardCount; s++) {
    const weight = load<u64>(weights + s * 8);
    const most = load<u64>(weights + best * 8);
    if (weight > most || (weight == most && load<u64>(loads + s * 8) < load<u64>(loads + best * 8))) best = s;
  }
  return best;
}

/** Adds up what each shard owns of the group's accounts, each account once; counts the transactions of more than one shard. */
function weigh(group: u32, from: u32, to: u32): void {
  for (let k = from; k < to; k++) {
    const tx = chosenAt(load<u32>(order + k * 4));
    const first = load<u32>(tx, TX_FIRST);
    const home = accountShard(refAt(first) >> 1);
    let crosses: u32 = 0;
    for (let r = first, end = first + load<u32>(tx, TX_REFS); r < end; r++) {
      const account = refAt(r) >> 1;
      const shard = accountShard(account);
      if (shard != home) crosses = 1;
      const a = cutAccount(account);
      if (load<u32>(a, CUT_WEIGHED) == group + 1) continue;
      store<u32>(a, group + 1, CUT_WEIGHED);
      const bytes: u64 = accountBytes(account);
      const weight = weights + shard * 8;
      store<u64>(weight, load<u64>(weight) + (load<u8>(a, CUT_FLAGS) & CUT_WRITTEN ? bytes * 2 : bytes));
    }
    numCrossShard += crosses;
  }
}

/** Places the group's transactions on `shard` and leases what they touch of other shards, each account once. */
function settle(from: u32, to: u32, shard: u32): void {
  const bit: u64 = (<u64>1) << (<u64>shard);
  for (let k = from; k < to; k++) {
    const tx = chosenAt(load<u32>(order + k * 4));
    store<u32>(tx, shard, TX_SHARD);
    const first = load<u32>(tx, TX_FIRST);
    for (let r = first, end = first + load<u32>(tx, TX_REFS); r < end; r++) {
      const account = refAt(r) >> 1;
      const owner = accountShard(account);
      if (owner == shard) continue;
      const a = cutAccount(account);
      if (load<u64>(a, CUT_LENT) & bit) continue;
      store<u64>(a, load<u64>(a, CUT_LENT) | bit, CUT_LENT);
      leases = scratchEnsure(leasesHead, (numLeases + 1) * SORT_ENTRY, numLeases * SORT_ENTRY);
      const writable: u32 = load<u8>(a, CUT_FLAGS) & CUT_WRITTEN;
      sortPut(leaseAt(numLeases++), load<u32>(a, CUT_KEY), owner | (shard << 8) | (writable << 16));
    }
  }
}

/** Groups the chosen transactions and gives each its shard; leases are in the order of their keys. */
export function placeAll(shardCount: u32): void {
  numLeases = 0;
  numCrossShard = 0;
  memory.fill(loads, 0, MAX_SHARDS * 8);
  joinAccounts();
  formGroups();
  if (shardCount > 1) accountShards();
  for (let i: u32 = 0; i < numGroups; i++) {
    const g = groups + i * GROUP_SIZE;
    const to = load<u32>(g);
    const from = to - load<u32>(g, GROUP_COUNT);
    if (shardCount == 1) {
      settle(from, to, 0);
      continue;
    }
    memory.fill(weights, 0, shardCount * 8);
    weigh(i, from, to);
    const shard = bestShard(shardCount);
    store<u64>(loads + shard * 8, load<u64>(loads + shard * 8) + load<u64>(g, GROUP_COST));
    settle(from, to, shard);
  }
  sortByKey(leases, numLeases);
}
