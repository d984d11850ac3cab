/** Lists of leases, and the accounts that a slot returns: the checks that they are well-formed. */
import { keyCompare } from "../memory/bytes";
import { listCheck } from "./encoding";
import { LEASE_KEY, LEASE_SHARD, LEASE_SIZE, LEASE_WRITABLE } from "./proposal";
import { shardSelf, shardTotal } from "./shard";

/** In front of each account list in a slot's returns: u32 shard, u32 length. */
export const PART_HEADER: u32 = 8;

/** Whether n entries are in strictly ascending (shard, key) order, name other shards, and are canonical. */
export function leasesOrdered(p: usize, n: u32): bool {
  let previous: usize = 0;
  for (; n; n--) {
    const shard: u32 = load<u16>(p, LEASE_SHARD);
    if (shard >= shardTotal() || shard == shardSelf()) return false;
    if (load<u8>(p, LEASE_WRITABLE) > 1 || load<u32>(p, 4) != 0 || load<u8>(p, 3) != 0) return false;
    if (previous) {
      const before: u32 = load<u16>(previous, LEASE_SHARD);
      if (before > shard || (before == shard && keyCompare(previous + LEASE_KEY, p + LEASE_KEY) >= 0)) return false;
    }
    previous = p;
    p += LEASE_SIZE;
  }
  return true;
}

/** Whether [p, p+len) is a slot's returns: ascending shards, account lists. */
export function returnsCheck(p: usize, len: u32): bool {
  let previous: i64 = -1;
  while (len) {
    if (len < PART_HEADER) return false;
    const shard = load<u32>(p);
    const size = load<u32>(p, 4);
    if (<i64>shard <= previous || shard >= shardTotal() || size > len - PART_HEADER || !listCheck(p + PART_HEADER, size)) return false;
    previous = shard;
    p += PART_HEADER + size;
    len -= PART_HEADER + size;
  }
  return true;
}
