/** Accounts that one cut has met: a table by key, nodes of the union-find that makes conflict groups. */
import { heapAlloc, heapFree } from "../memory/heap";
import { keyEquals, keyHash } from "../memory/bytes";
import { siphash24, siphash24Pair, siphash24Second } from "../crypto/siphash";
import { ACCOUNT_BYTES } from "./limits";
import { scratchEnsure } from "./scratch";
import { sizeOf, sizesAny, sizesInit } from "./sizes";

/** u32 pointer to the key, in a waiting record */
export const CUT_KEY: usize = 0;
/** u32: upper half of the key's hash */
const CUT_TAG: usize = 4;
/** u32: parent in the union-find */
const CUT_PARENT: usize = 8;
/** u32: cost of the chosen transactions that write it */
export const CUT_COST: usize = 12;
/** u8 flags, u16 owner shard + 1 (0: not looked up yet) */
export const CUT_FLAGS: usize = 16;
const CUT_SHARD: usize = 18;
/** u32: of a root: group + 1 */
export const CUT_GROUP: usize = 20;
/** u64: shards it is lent to */
export const CUT_LENT: usize = 24;
/** u32: group + 1 that weighed it last */
export const CUT_WEIGHED: usize = 32;
/** u32: its place in the index, to clear it */
const CUT_PLACE: usize = 36;
const CUT_SIZE: u32 = 40;

/** A chosen transaction writes it. */
export const CUT_WRITTEN: u8 = 1;
/** An earlier transaction that must wait writes it: nothing may overtake. */
export const CUT_BLOCKED_WRITE: u8 = 2;
/** An earlier transaction that must wait reads it: no writer may overtake. */
export const CUT_BLOCKED_READ: u8 = 4;
/** Its data count in the block already (large.ts). */
export const CUT_COUNTED_WRITE: u8 = 8;
export const CUT_COUNTED_READ: u8 = 16;

const accountsHead: usize = memory.data(8, 8);
let accounts: usize = 0;
let count: u32 = 0;
/** Accounts that fit. */
let room: u32 = 0;
/** u32 account + 1 by hash, at most half full. */
let index: usize = 0;
let indexSize: u32 = 0;
let shardCount: u32 = 1;
let seed0: u64 = 0;
let seed1: u64 = 0;

export function accountsInit(shards: u32, s0: u64, s1: u64): void {
  shardCount = shards;
  seed0 = s0;
  seed1 = s1;
  sizesInit();
  accountsClear();
}

export function accountsClear(): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(index + load<u32>(cutAccount(i), CUT_PLACE) * 4, 0);
  count = 0;
}

export function accountsCount(): u32 {
  return count;
}
// @ts-ignore: decorator
@inline
export function cutAccount(i: u32): usize {
  return accounts + i * CUT_SIZE;
}

function growIndex(): void {
  const size: u32 = indexSize ? indexSize * 2 : 4096;
  const fresh = heapAlloc(size * 4);
  memory.fill(fresh, 0, size * 4);
  if (indexSize) heapFree(index, indexSize * 4);
  index = fresh;
  indexSize = size;
  for (let i: u32 = 0; i < count; i++) {
    const a = cutAccount(i);
    let place = load<u32>(a, CUT_TAG) & (size - 1);
    while (load<u32>(index + place * 4)) place = (place + 1) & (size - 1);
    store<u32>(index + place * 4, i + 1);
    store<u32>(a, place, CUT_PLACE);
  }
}

/** Number of the account with this key; a new one when the cut has not met it. `key` must stay where it is until the end of the cut. */
export function accountOf(key: usize): u32 {
  if (count * 2 >= indexSize) growIndex();
  const tag = <u32>(keyHash(key) >> 32);
  let place = tag & (indexSize - 1);
  for (let entry = load<u32>(index + place * 4); entry; entry = load<u32>(index + place * 4)) {
    const a = cutAccount(entry - 1);
    if (load<u32>(a, CUT_TAG) == tag && keyEquals(load<u32>(a), key)) return entry - 1;
    place = (place + 1) & (indexSize - 1);
  }
  if (count == room) {
    room = count ? count * 2 : 1024;
    accounts = scratchEnsure(accountsHead, room * CUT_SIZE, count * CUT_SIZE);
  }
  const a = cutAccount(count);
  for (let i: u32 = 0; i < CUT_SIZE; i += 8) store<u64>(a + i, 0);
  store<u32>(a, <u32>key, CUT_KEY);
  store<u32>(a, tag, CUT_TAG);
  store<u32>(a, count, CUT_PARENT);
  store<u32>(a, place, CUT_PLACE);
  store<u32>(index + place * 4, count + 1);
  return count++;
}

/** Shard that owns the account (docs/interfaces.md section 5). */
export function accountShard(i: u32): u32 {
  if (shardCount == 1) return 0;
  const a = cutAccount(i);
  const found: u32 = load<u16>(a, CUT_SHARD);
  if (found) return found - 1;
  const shard = ((<u32>siphash24(seed0, seed1, load<u32>(a), 32) & 4095) * shardCount) >> 12;
  store<u16>(a, <u16>(shard + 1), CUT_SHARD);
  return shard;
}

/** Looks up the shards of all accounts: two at a time, which accountShard cannot. */
export function accountShards(): void {
  for (let i: u32 = 0; i + 1 < count; i += 2) {
    const a = cutAccount(i);
    const first = siphash24Pair(seed0, seed1, load<u32>(a), load<u32>(a + CUT_SIZE));
    noteShard(a, first);
    noteShard(a + CUT_SIZE, siphash24Second());
  }
}
// @ts-ignore: decorator
@inline
function noteShard(account: usize, hash: u64): void {
  store<u16>(account, <u16>((((<u32>hash & 4095) * shardCount) >> 12) + 1), CUT_SHARD);
}

/** Root of the account's group; halves the path on its way. */
export function accountRoot(i: u32): u32 {
  while (true) {
    const a = cutAccount(i);
    const parent = load<u32>(a, CUT_PARENT);
    if (parent == i) return i;
    const above = load<u32>(cutAccount(parent), CUT_PARENT);
    store<u32>(a, above, CUT_PARENT);
    i = above;
  }
}

/** Joins two groups; the older root stays, so that the outcome does not depend on the order of joining. */
export function accountJoin(i: u32, j: u32): void {
  const a = accountRoot(i);
  const b = accountRoot(j);
  if (a < b) store<u32>(cutAccount(b), a, CUT_PARENT);
  else if (b < a) store<u32>(cutAccount(a), b, CUT_PARENT);
}

/** Bytes of the account's data, where it is known to be large; else 0. */
export function knownSize(i: u32): u32 {
  const a = cutAccount(i);
  return sizeOf(load<u32>(a), load<u32>(a, CUT_TAG));
}

/** Bytes that moving the account is taken to cost. */
export function accountBytes(i: u32): u32 {
  return sizesAny() ? ACCOUNT_BYTES + knownSize(i) : ACCOUNT_BYTES;
}
