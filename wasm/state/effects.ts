/**
 * What a slot changed, as the header commits to it: a hash for each virtual shard in which an account changed.
 *
 *   accounts as they are afterwards, by (virtual shard, key):   v7: a b   v9: c   v4000: d e
 *   effects:   {7, BLAKE3(a b)}   {9, BLAKE3(c)}   {4000, BLAKE3(d e)}      header: SHA-256 of those of all shards
 *
 * A shard owns a range of virtual shards, so the entries of all shards behind each other are the same whatever their number, and whichever
 * of them executed what.
 */
import { blake3 } from "../crypto/blake3";
import { keyCompare } from "../memory/bytes";
import { ACC_VSHARD, ENC_DATA_LEN } from "./account";
import { EFFECT_HASH, EFFECT_SIZE, EFFECT_VIRTUAL_SHARD } from "../layouts/row";
import { encodedSize, LIST_COUNT, LIST_HEADER } from "./encoding";
import { SORT_ENTRY, SORT_KEY, SORT_PAYLOAD } from "./sort";
import { shardTotal, virtualShardOf, VIRTUAL_SHARDS } from "./shard";
import { SLOT_EFFECTS, SLOT_EFFECTS_LEN, slotAlloc } from "./undo";

/** The virtual shard of an own account, which its record remembers. */
export function recordVirtualShard(record: usize): u32 {
  let found: u32 = load<u16>(record, ACC_VSHARD);
  if (!found) {
    found = virtualShardOf(record) + 1;
    store<u16>(record, <u16>found, ACC_VSHARD);
  }
  return found - 1;
}

/** An entry of sort.ts that is ordered by virtual shard, then key: the place in this shard's range, so that all buckets are used. */
// @ts-ignore: decorator
@inline
export function sortPutEffect(entry: usize, record: usize): void {
  const place = (recordVirtualShard(record) * shardTotal()) & (VIRTUAL_SHARDS - 1);
  store<u64>(entry, (<u64>place << 52) | (bswap(load<u64>(record)) >> 12));
  store<u32>(entry, <u32>record, SORT_KEY);
  store<u32>(entry, <u32>record, SORT_PAYLOAD);
}

/** Whether the keys of an account list ascend by virtual shard, then key. */
export function effectsOrdered(list: usize): bool {
  let previous: usize = 0;
  let before: u32 = 0;
  let p = list + LIST_HEADER;
  for (let n = load<u32>(list, LIST_COUNT); n; n--) {
    const virtual = virtualShardOf(p);
    if (previous && (virtual < before || (virtual == before && keyCompare(previous, p) >= 0))) return false;
    previous = p;
    before = virtual;
    p += encodedSize(load<u32>(p, ENC_DATA_LEN));
  }
  return true;
}

/** Keeps the effects of an ordered account list with the slot. `entries`: of sort.ts, for the same accounts, or 0. */
export function effectsKeep(slot: usize, list: usize, entries: usize): void {
  const n = load<u32>(list, LIST_COUNT);
  if (!n) return;
  const at = slotAlloc(slot, n * EFFECT_SIZE);
  let to = at;
  let p = list + LIST_HEADER;
  let first = p;
  let virtual = virtualOf(entries, 0, p);
  for (let i: u32 = 1; i <= n; i++) {
    p += encodedSize(load<u32>(p, ENC_DATA_LEN));
    const next = i < n ? virtualOf(entries, i, p) : u32.MAX_VALUE;
    if (next == virtual) continue;
    store<u16>(to, <u16>virtual, EFFECT_VIRTUAL_SHARD);
    blake3(first, <u32>(p - first), to + EFFECT_HASH);
    to += EFFECT_SIZE;
    first = p;
    virtual = next;
  }
  store<u32>(slot, <u32>at, SLOT_EFFECTS);
  store<u32>(slot, <u32>(to - at), SLOT_EFFECTS_LEN);
}

// @ts-ignore: decorator
@inline
function virtualOf(entries: usize, i: u32, account: usize): u32 {
  return entries ? recordVirtualShard(load<u32>(entries + i * SORT_ENTRY, SORT_PAYLOAD)) : virtualShardOf(account);
}
