/** Which shard owns a key (docs/interfaces.md section 5). */
import { siphash24 } from "../crypto/siphash";

export const VIRTUAL_SHARDS: u32 = 4096;

let shardCount: u32 = 0;
let ownShard: u32 = 0;
let seed0: u64 = 0;
let seed1: u64 = 0;

export function shardSetup(index: u32, count: u32, s0: u64, s1: u64): void {
  ownShard = index;
  shardCount = count;
  seed0 = s0;
  seed1 = s1;
}
export function shardSeed0(): u64 {
  return seed0;
}
export function shardSeed1(): u64 {
  return seed1;
}
export function shardTotal(): u32 {
  return shardCount;
}
export function shardSelf(): u32 {
  return ownShard;
}
/** The virtual shard of a key: it depends on the genesis, not on how many shards there are. */
export function virtualShardOf(key: usize): u32 {
  return <u32>siphash24(seed0, seed1, key, 32) & (VIRTUAL_SHARDS - 1);
}
export function shardOf(key: usize): u32 {
  return shardCount == 1 ? 0 : (virtualShardOf(key) * shardCount) >> 12;
}
