/** SlotHashes as a list: the newest slot first, one entry for every slot. */
import { contextHash, contextHashCount, contextSlot } from "../../sysvars";

export function hashCount(): u32 {
  return contextHashCount();
}
/** Slot of entry `i`. */
export function hashSlot(i: u32): u64 {
  return contextSlot() - 1 - i;
}
export function hashOf(i: u32): usize {
  return contextHash(i);
}
