/** What an account earns by its votes: Agave 4.2 programs/vote/src/vote_state/handler.rs, SIMD-0033. */
import { contextEpoch, contextSlot, failCustom } from "../../runtime/context";
import { VOTE_TIMESTAMP_TOO_OLD } from "./error";
import {
  credits, creditsCount, CREDITS_SIZE, LANDED_LATENCY, landed, lastTimestamp, lastTimestampSlot, setCredits, setLastTimestamp,
} from "./state";

/** Slots until a vote lands that cost nothing, credits of a vote at most, epochs that are kept. */
const GRACE_SLOTS: u32 = 2;
const MOST_CREDITS: u32 = 16;
const MAX_EPOCHS: u32 = 64;

/** Slots between the one that is voted for and this one, 255 at most. */
export function latencyOf(slot: u64): u32 {
  const now = contextSlot();
  return now > slot ? <u32>min<u64>(now - slot, 255) : 0;
}

/** Credits of vote `i` of the state. */
export function creditsOf(i: u32): u32 {
  const latency: u32 = load<u8>(landed(i), LANDED_LATENCY);
  // Votes of old had no latency.
  if (!latency) return 1;
  if (latency <= GRACE_SLOTS) return MOST_CREDITS;
  const late = latency - GRACE_SLOTS;
  return late < MOST_CREDITS ? MOST_CREDITS - late : 1;
}

function append(epoch: u64, all: u64): void {
  const at = credits + <usize>creditsCount * CREDITS_SIZE;
  store<u64>(at, epoch);
  store<u64>(at, all, 8);
  store<u64>(at, all, 16);
  setCredits(credits, creditsCount + 1);
}

/** Opens the current epoch in the list; one without credits is not kept. */
function enterEpoch(epoch: u64): void {
  if (!creditsCount) return append(epoch, 0);
  const last = credits + <usize>(creditsCount - 1) * CREDITS_SIZE;
  if (load<u64>(last) == epoch) return;
  const all = load<u64>(last, 8);
  if (all != load<u64>(last, 16)) append(epoch, all);
  else store<u64>(last, epoch);
  if (creditsCount > MAX_EPOCHS) setCredits(credits + CREDITS_SIZE, creditsCount - 1);
}

export function earn(earned: u64): void {
  enterEpoch(contextEpoch());
  const last = credits + <usize>(creditsCount - 1) * CREDITS_SIZE;
  const all = load<u64>(last, 8);
  store<u64>(last, all + earned < all ? u64.MAX_VALUE : all + earned, 8);
}

/** The validator's clock never goes back, and says one time a slot. 0 or an error. */
export function noteTimestamp(slot: u64, timestamp: i64): i32 {
  const old = slot < lastTimestampSlot || timestamp < lastTimestamp;
  const other = slot == lastTimestampSlot && timestamp != lastTimestamp && lastTimestampSlot != 0;
  if (old || other) return failCustom(VOTE_TIMESTAMP_TOO_OLD);
  setLastTimestamp(slot, timestamp);
  return 0;
}
