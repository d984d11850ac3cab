/** Lists of leases, and the accounts that a slot returns: the checks that they are well-formed. */
import { keyCompare } from "../memory/bytes";
import { listCheck } from "./encoding";
import { PART_FLAGS, PART_HEADER, PART_LIST, PART_PAD, PART_SHARD } from "../layouts/message";
import {
  LEASE_KEY,
  LEASE_PAD,
  LEASE_PAD_REST,
  LEASE_SHARD,
  LEASE_SIZE,
  LEASE_WRITABLE,
  TAG_KNOWN,
  TAG_PAD,
  TAG_SHARD,
  TAG_SIZE,
} from "../layouts/proposal";
import { shardSelf, shardTotal } from "./shard";

export { PART_FLAGS, PART_HEADER, PART_LIST, PART_SHARD };

/** Bytes of a part of a slot's returns behind its header. */
export function partBody(part: usize): u64 {
  return <u64>load<u32>(part, PART_LIST) + ((<u64>load<u32>(part, PART_FLAGS) + 7) & ~7);
}

/** Whether n tags name other shards and are canonical; `answered`: they may be marked as known. */
export function tagsCheck(p: usize, n: u32, answered: bool): bool {
  for (; n; n--, p += TAG_SIZE) {
    const shard: u32 = load<u16>(p, TAG_SHARD);
    if (shard >= shardTotal() || shard == shardSelf()) return false;
    if (load<u8>(p, TAG_KNOWN) > (answered ? 1 : 0) || load<u8>(p, TAG_PAD)) return false;
  }
  return true;
}

/** Whether n entries are in strictly ascending (shard, key) order, name other shards, and are canonical. */
export function leasesOrdered(p: usize, n: u32): bool {
  let previous: usize = 0;
  for (; n; n--) {
    const shard: u32 = load<u16>(p, LEASE_SHARD);
    if (shard >= shardTotal() || shard == shardSelf()) return false;
    if (load<u8>(p, LEASE_WRITABLE) > 1 || load<u32>(p, LEASE_PAD_REST) != 0 || load<u8>(p, LEASE_PAD) != 0) return false;
    if (previous) {
      const before: u32 = load<u16>(previous, LEASE_SHARD);
      if (before > shard || (before == shard && keyCompare(previous + LEASE_KEY, p + LEASE_KEY) >= 0)) return false;
    }
    previous = p;
    p += LEASE_SIZE;
  }
  return true;
}

/** Whether [p, p+len) is a slot's returns: ascending shards, account lists, flags. */
export function returnsCheck(p: usize, len: u32): bool {
  let previous: i64 = -1;
  while (len) {
    if (len < PART_HEADER) return false;
    const shard = load<u32>(p, PART_SHARD);
    const list = load<u32>(p, PART_LIST);
    const body = partBody(p);
    if (<i64>shard <= previous || shard >= shardTotal() || load<u32>(p, PART_PAD)) return false;
    if (body > <u64>(len - PART_HEADER) || !listCheck(p + PART_HEADER, list)) return false;
    if (!flagsCheck(p + PART_HEADER + list, load<u32>(p, PART_FLAGS))) return false;
    previous = shard;
    p += PART_HEADER + <usize>body;
    len -= PART_HEADER + <u32>body;
  }
  return true;
}

/** Bytes of `n` flags. */
export function flagBytes(n: u32): u32 {
  return (n + 7) & ~7;
}
/** Whether [p, p + flagBytes(n)) is flags, 0 or 1, and zeros. */
export function flagsCheck(p: usize, n: u32): bool {
  let i: u32 = 0;
  for (; i < n; i++) if (load<u8>(p + i) > 1) return false;
  for (; i < flagBytes(n); i++) if (load<u8>(p + i)) return false;
  return true;
}
