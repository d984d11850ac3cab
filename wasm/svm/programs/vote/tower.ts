/**
 * TowerSync and its older forms: the validator sends all of its votes, its tower, and the account takes them over where they can follow from
 * what it has. First the slots must be of this chain (slots.ts), then the votes must be in order among themselves and against the old ones.
 *
 *   tower: oldest vote first; slots rise, confirmations fall; each vote is locked out until the next (slot + 2^confirmations >= next slot)
 *
 * Source: Agave 4.2 programs/vote/src/vote_state/mod.rs process_new_vote_state.
 */
import { failCustom } from "../../runtime/context";
import { creditsOf, earn, latencyOf, noteTimestamp } from "./credits";
import {
  VOTE_CONFIRMATION_ROLL_BACK, VOTE_CONFIRMATION_TOO_LARGE, VOTE_CONFIRMATIONS_NOT_ORDERED, VOTE_LOCKOUT_CONFLICT,
  VOTE_NEW_STATE_LOCKOUT_MISMATCH, VOTE_ROOT_ROLL_BACK, VOTE_SLOT_SMALLER_THAN_ROOT, VOTE_SLOTS_NOT_ORDERED, VOTE_TOO_MANY_VOTES,
  VOTE_ZERO_CONFIRMATIONS,
} from "./error";
import { argHasTimestamp, argTimestamp } from "./instruction";
import { lastLockedOut, loadForVoter, MAX_VOTES } from "./lockout";
import { checkProposal, proposalCount, proposalHasRoot, proposalRoot, proposed } from "./slots";
import {
  hasRoot, LANDED_CONFIRMATIONS, LANDED_LATENCY, LANDED_SLOT, landed, root, setRoot, setVotes, stateStore, votesCount,
} from "./state";

// @ts-ignore: decorator
@inline
function slotOf(vote: usize): u64 {
  return load<u64>(vote, LANDED_SLOT);
}
// @ts-ignore: decorator
@inline
function confirmationsOf(vote: usize): u32 {
  return load<u32>(vote, LANDED_CONFIRMATIONS);
}

/** One vote of the tower by itself. Slot 0 as a root is none: validators without a root sent it. */
function checkVote(vote: usize): i32 {
  const confirmations = confirmationsOf(vote);
  if (!confirmations) return failCustom(VOTE_ZERO_CONFIRMATIONS);
  if (confirmations > MAX_VOTES) return failCustom(VOTE_CONFIRMATION_TOO_LARGE);
  if (proposalHasRoot && proposalRoot && slotOf(vote) <= proposalRoot) return failCustom(VOTE_SLOT_SMALLER_THAN_ROOT);
  return 0;
}

function checkFollows(previous: usize, vote: usize): i32 {
  if (slotOf(previous) >= slotOf(vote)) return failCustom(VOTE_SLOTS_NOT_ORDERED);
  if (confirmationsOf(previous) <= confirmationsOf(vote)) return failCustom(VOTE_CONFIRMATIONS_NOT_ORDERED);
  return slotOf(vote) > lastLockedOut(previous) ? failCustom(VOTE_NEW_STATE_LOCKOUT_MISMATCH) : 0;
}

function checkOrder(): i32 {
  if (proposalCount > MAX_VOTES) return failCustom(VOTE_TOO_MANY_VOTES);
  if (hasRoot && (!proposalHasRoot || proposalRoot < root)) return failCustom(VOTE_ROOT_ROLL_BACK);
  for (let i: u32 = 0; i < proposalCount; i++) {
    let error = checkVote(proposed(i));
    if (!error && i) error = checkFollows(proposed(i - 1), proposed(i));
    if (error) return error;
  }
  return 0;
}

/** Old votes up to the new root: they earn their credits. */
function rootedVotes(): u32 {
  let n: u32 = 0;
  while (proposalHasRoot && n < votesCount && slotOf(landed(n)) <= proposalRoot) n += 1;
  return n;
}

/** Old votes from `i` on that the tower does not have must have expired; what it has keeps its latency. */
function checkAgainstOld(i: u32): i32 {
  let j: u32 = 0;
  while (i < votesCount && j < proposalCount) {
    const old = landed(i);
    const vote = proposed(j);
    if (slotOf(old) < slotOf(vote)) {
      if (lastLockedOut(old) >= slotOf(vote)) return failCustom(VOTE_LOCKOUT_CONFLICT);
      i += 1;
    } else if (slotOf(old) > slotOf(vote)) {
      j += 1;
    } else {
      if (confirmationsOf(vote) < confirmationsOf(old)) return failCustom(VOTE_CONFIRMATION_ROLL_BACK);
      store<u8>(vote, load<u8>(old, LANDED_LATENCY), LANDED_LATENCY);
      i += 1;
      j += 1;
    }
  }
  return 0;
}

function take(rooted: u32): i32 {
  let earned: u64 = 0;
  for (let i: u32 = 0; i < rooted; i++) earned += creditsOf(i);
  for (let i: u32 = 0; i < proposalCount; i++) {
    const vote = proposed(i);
    if (!load<u8>(vote, LANDED_LATENCY)) store<u8>(vote, <u8>latencyOf(slotOf(vote)), LANDED_LATENCY);
  }
  if (hasRoot != proposalHasRoot || root != proposalRoot) earn(earned);
  if (argHasTimestamp) {
    const error = noteTimestamp(slotOf(proposed(proposalCount - 1)), argTimestamp);
    if (error) return error;
  }
  setRoot(proposalHasRoot, proposalRoot);
  setVotes(proposed(0), proposalCount);
  return 0;
}

/** Accounts: 0 vote account; the voter signs. */
export function syncTower(): i32 {
  let error = loadForVoter();
  if (!error) error = checkProposal();
  if (!error) error = checkOrder();
  if (error) return error;
  const rooted = rootedVotes();
  error = checkAgainstOld(rooted);
  if (!error) error = take(rooted);
  return error ? error : stateStore();
}
