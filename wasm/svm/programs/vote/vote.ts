/** Vote and VoteSwitch: slots that are voted for one after another. Agave 4.2 programs/vote/src/vote_state/{mod,handler}.rs. */
import { keyEquals } from "../../../memory/bytes";
import { WK_CLOCK, WK_SLOT_HASHES } from "../../../transaction/well-known";
import { failCustom } from "../../runtime/context";
import { needSysvar } from "./accounts";
import { creditsOf, earn, latencyOf, noteTimestamp } from "./credits";
import { VOTE_ALL_TOO_OLD, VOTE_EMPTY_SLOTS, VOTE_SLOT_HASH_MISMATCH, VOTE_SLOTS_MISMATCH, VOTE_TOO_OLD } from "./error";
import { argHasTimestamp, argHash, argTimestamp, argVotes, argVotesCount } from "./instruction";
import { lastLockedOut, loadForVoter, MAX_VOTES } from "./lockout";
import { hashCount, hashOf, hashSlot } from "./slot-hashes";
import {
  LANDED_CONFIRMATIONS, LANDED_LATENCY, LANDED_SIZE, LANDED_SLOT, landed, setRoot, setVotes, stateStore, votes, votesCount,
} from "./state";

// @ts-ignore: decorator
@inline
function slotAt(i: u32): u64 {
  return load<u64>(argVotes + <usize>i * 8);
}

function alreadyVoted(slot: u64): bool {
  return votesCount != 0 && slot <= load<u64>(landed(votesCount - 1), LANDED_SLOT);
}

/** Slots that are too old for SlotHashes do not count; `first`: the oldest that does. The slots from `skip` on that count, checked. */
function checkSlots(first: u64): i32 {
  let i: u32 = 0;
  let j = hashCount();
  while (i < argVotesCount && j) {
    const slot = slotAt(i);
    if (slot < first || alreadyVoted(slot)) {
      i += 1;
      continue;
    }
    j -= 1;
    if (slot == hashSlot(j)) i += 1;
  }
  if (j == hashCount()) return failCustom(VOTE_TOO_OLD);
  while (i < argVotesCount && slotAt(i) < first) i += 1;
  if (i != argVotesCount) return failCustom(VOTE_SLOTS_MISMATCH);
  return keyEquals(hashOf(j), argHash) ? 0 : failCustom(VOTE_SLOT_HASH_MISMATCH);
}

/** A vote that has enough votes on top of it gets one more confirmation. */
function doubleLockouts(): void {
  for (let i: u32 = 0; i < votesCount; i++) {
    const confirmations = load<u32>(landed(i), LANDED_CONFIRMATIONS);
    if (<u64>votesCount > <u64>i + confirmations) store<u32>(landed(i), confirmations + 1, LANDED_CONFIRMATIONS);
  }
}

function voteFor(slot: u64): void {
  if (alreadyVoted(slot)) return;
  while (votesCount && lastLockedOut(landed(votesCount - 1)) < slot) setVotes(votes, votesCount - 1);
  if (votesCount == MAX_VOTES) {
    const earned = creditsOf(0);
    setRoot(true, load<u64>(votes, LANDED_SLOT));
    setVotes(votes + LANDED_SIZE, votesCount - 1);
    earn(earned);
  }
  setVotes(votes, votesCount + 1);
  const vote = landed(votesCount - 1);
  store<u8>(vote, <u8>latencyOf(slot), LANDED_LATENCY);
  store<u64>(vote, slot, LANDED_SLOT);
  store<u32>(vote, 1, LANDED_CONFIRMATIONS);
  doubleLockouts();
}

function voteForAll(): i32 {
  if (!argVotesCount) return failCustom(VOTE_EMPTY_SLOTS);
  const first = hashCount() ? hashSlot(hashCount() - 1) : 0;
  let newest: u64 = 0;
  for (let i: u32 = 0; i < argVotesCount; i++) newest = max(newest, slotAt(i));
  if (newest < first) return failCustom(VOTE_ALL_TOO_OLD);
  const error = checkSlots(first);
  if (error) return error;
  for (let i: u32 = 0; i < argVotesCount; i++) if (slotAt(i) >= first) voteFor(slotAt(i));
  return argHasTimestamp ? noteTimestamp(newest, argTimestamp) : 0;
}

/** Accounts: 0 vote account, 1 SlotHashes, 2 Clock; the voter signs. */
export function vote(): i32 {
  let error = needSysvar(1, WK_SLOT_HASHES);
  if (!error) error = needSysvar(2, WK_CLOCK);
  if (!error) error = loadForVoter();
  if (!error) error = voteForAll();
  return error ? error : stateStore();
}
