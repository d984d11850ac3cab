/**
 * Whether the slots of a tower are of this chain: every one must be in SlotHashes, or be older than what it has; of those that are older the
 * ones that the account did not have yet are left out. Source: Agave 4.2 programs/vote/src/vote_state/mod.rs check_and_filter_proposed_vote_state.
 */
import { keyEquals } from "../../../memory/bytes";
import { failCustom } from "../../runtime/context";
import {
  VOTE_EMPTY_SLOTS, VOTE_ROOT_ON_DIFFERENT_FORK, VOTE_SLOT_HASH_MISMATCH, VOTE_SLOTS_MISMATCH, VOTE_SLOTS_NOT_ORDERED, VOTE_TOO_OLD,
} from "./error";
import { argHash, argHasRoot, argRoot, argVotes, argVotesCount } from "./instruction";
import { hashCount, hashOf, hashSlot } from "./slot-hashes";
import { hasRoot, LANDED_SIZE, LANDED_SLOT, landed, root, votesCount } from "./state";

/** The tower after the check: votes as in the state, and its root (0 without one). */
export let proposalCount: u32 = 0;
export let proposalHasRoot: bool = false;
export let proposalRoot: u64 = 0;

export function proposed(i: u32): usize {
  return argVotes + <usize>i * LANDED_SIZE;
}

// @ts-ignore: decorator
@inline
function slotOf(vote: usize): u64 {
  return load<u64>(vote, LANDED_SLOT);
}

/** A root that is too old to be known is replaced by the newest old vote up to it, or else by the old root. */
function settleRoot(first: u64): void {
  proposalHasRoot = argHasRoot;
  proposalRoot = argRoot;
  if (!argHasRoot || argRoot >= first) return;
  proposalHasRoot = hasRoot;
  proposalRoot = root;
  for (let i = votesCount; i; i--) {
    if (slotOf(landed(i - 1)) > argRoot) continue;
    proposalHasRoot = true;
    proposalRoot = slotOf(landed(i - 1));
    return;
  }
}

/** Rust's binary search, which is also defined where the votes are not in order. */
function alreadyVoted(slot: u64): bool {
  let size = votesCount;
  let base: u32 = 0;
  while (size > 1) {
    const half = size >> 1;
    if (slotOf(landed(base + half)) <= slot) base += half;
    size -= half;
  }
  return size != 0 && slotOf(landed(base)) == slot;
}

let kept: u32 = 0;

/** Moves vote `i` to the end of those that stay. */
function keep(i: u32): void {
  if (kept != i) memory.copy(proposed(kept), proposed(i), LANDED_SIZE);
  kept += 1;
}

/** Compares the root, if there is one, and then all votes with SlotHashes, both from the oldest on. */
function compareSlots(): i32 {
  const n = hashCount();
  let checkRoot = proposalHasRoot;
  let previous: u64 = 0;
  let i: u32 = 0;
  let j = n;
  kept = 0;
  while (i < argVotesCount && j) {
    const slot = checkRoot ? proposalRoot : slotOf(proposed(i));
    if (!checkRoot && i && slot <= previous) return failCustom(VOTE_SLOTS_NOT_ORDERED);
    const known = hashSlot(j - 1);
    if (slot > known) {
      j -= 1;
      continue;
    }
    if (slot < known && j != n) return failCustom(checkRoot ? VOTE_ROOT_ON_DIFFERENT_FORK : VOTE_SLOTS_MISMATCH);
    if (checkRoot) {
      checkRoot = false;
      continue;
    }
    previous = slot;
    if (slot == known) j -= 1;
    if (slot == known || alreadyVoted(slot)) keep(i);
    i += 1;
  }
  if (i != argVotesCount) return failCustom(VOTE_SLOTS_MISMATCH);
  return keyEquals(hashOf(j), argHash) ? 0 : failCustom(VOTE_SLOT_HASH_MISMATCH);
}

/** 0 and the tower that counts, or an error. */
export function checkProposal(): i32 {
  if (!argVotesCount) return failCustom(VOTE_EMPTY_SLOTS);
  const last = slotOf(proposed(argVotesCount - 1));
  if (votesCount && last <= slotOf(landed(votesCount - 1))) return failCustom(VOTE_TOO_OLD);
  const n = hashCount();
  if (!n) return failCustom(VOTE_SLOTS_MISMATCH);
  const first = hashSlot(n - 1);
  if (last < first) return failCustom(VOTE_TOO_OLD);
  settleRoot(first);
  const error = compareSlots();
  proposalCount = kept;
  return error;
}
