/** Epochs as RPC answers need them, in slots. */
import { SLOTS_PER_EPOCH } from "../protocol/limits.ts";
import { U64_MAX } from "./params.ts";

export const EPOCH = BigInt(SLOTS_PER_EPOCH);

export const epochOf = (slot: bigint): bigint => slot / EPOCH;

/** No more than U64_MAX. */
export function firstSlotOf(epoch: bigint): bigint {
  const slot = epoch * EPOCH;
  return slot > U64_MAX ? U64_MAX : slot;
}
