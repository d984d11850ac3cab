/**
 * Decoding of Vote instructions: u32 variant, then its fields; trailing bytes are ignored.
 * Source: solana-sdk vote-interface/src/instruction.rs, state/{mod,vote_instruction_data}.rs; limit of bincode's limited_deserialize.
 */
import { ixData, ixDataLen, scratchAlloc } from "../../runtime/context";
import {
  readerBreak, readerBroken, readerOpen, take, takeBool, takeCount, takeShortLength, takeStringLength, takeU16, takeU32, takeU64, takeU8, takeVarint,
} from "./reader";
import { LANDED_CONFIRMATIONS, LANDED_LATENCY, LANDED_SIZE, LANDED_SLOT } from "./state";

export const VOTE_INITIALIZE_ACCOUNT: u32 = 0;
export const VOTE_AUTHORIZE: u32 = 1;
export const VOTE_VOTE: u32 = 2;
export const VOTE_WITHDRAW: u32 = 3;
export const VOTE_UPDATE_VALIDATOR_IDENTITY: u32 = 4;
export const VOTE_UPDATE_COMMISSION: u32 = 5;
export const VOTE_VOTE_SWITCH: u32 = 6;
export const VOTE_AUTHORIZE_CHECKED: u32 = 7;
export const VOTE_UPDATE_VOTE_STATE: u32 = 8;
export const VOTE_UPDATE_VOTE_STATE_SWITCH: u32 = 9;
export const VOTE_AUTHORIZE_WITH_SEED: u32 = 10;
export const VOTE_AUTHORIZE_CHECKED_WITH_SEED: u32 = 11;
export const VOTE_COMPACT_UPDATE_VOTE_STATE: u32 = 12;
export const VOTE_COMPACT_UPDATE_VOTE_STATE_SWITCH: u32 = 13;
export const VOTE_TOWER_SYNC: u32 = 14;
export const VOTE_TOWER_SYNC_SWITCH: u32 = 15;
export const VOTE_UPDATE_COMMISSION_COLLECTOR: u32 = 17;
export const VOTE_UPDATE_COMMISSION_BPS: u32 = 18;

// VoteAuthorize
export const AUTHORIZE_VOTER: u32 = 0;
export const AUTHORIZE_WITHDRAWER: u32 = 1;
export const AUTHORIZE_VOTER_WITH_BLS: u32 = 2;
// CommissionKind
export const INFLATION_REWARDS: u32 = 0;
const BLOCK_REVENUE: u32 = 1;

/** Bytes of instruction data that are read at most (PACKET_DATA_SIZE). */
const DATA_LIMIT: u32 = 1232;
const LOCKOUT_SIZE: u32 = 12;

// What the last instruction held. Keys are pointers into the instruction data.
export let variant: u32 = 0;
export let argKey: usize = 0;
export let argAmount: u64 = 0;
/** VoteAuthorize or CommissionKind. */
export let argRole: u32 = 0;
export let argBlsKey: usize = 0;
export let argBlsProof: usize = 0;
export let argOwner: usize = 0;
export let argSeed: usize = 0;
export let argSeedLength: u32 = 0;
/** Slots of a Vote (u64 each), or lockouts as landed votes (state.ts) without latency. */
export let argVotes: usize = 0;
export let argVotesCount: u32 = 0;
export let argHasRoot: bool = false;
export let argRoot: u64 = 0;
export let argHash: usize = 0;
export let argHasTimestamp: bool = false;
export let argTimestamp: i64 = 0;

function takeRole(): void {
  argRole = takeU32();
  if (argRole > AUTHORIZE_VOTER_WITH_BLS) readerBreak();
  if (argRole != AUTHORIZE_VOTER_WITH_BLS) return;
  argBlsKey = take(48);
  argBlsProof = take(96);
}

function takeSeed(): void {
  takeRole();
  argOwner = take(32);
  argSeedLength = takeStringLength();
  argSeed = take(argSeedLength);
}

function takeHashAndTimestamp(): void {
  argHash = take(32);
  argHasTimestamp = takeBool();
  argTimestamp = argHasTimestamp ? <i64>takeU64() : 0;
}

function takeVote(): void {
  argVotesCount = takeCount(8);
  argVotes = take(argVotesCount * 8);
  takeHashAndTimestamp();
}

function putLockout(i: u32, slot: u64, confirmations: u32): void {
  const at = argVotes + <usize>i * LANDED_SIZE;
  store<u8>(at, 0, LANDED_LATENCY);
  store<u64>(at, slot, LANDED_SLOT);
  store<u32>(at, confirmations, LANDED_CONFIRMATIONS);
}

function takeStateUpdate(): void {
  argVotesCount = takeCount(LOCKOUT_SIZE);
  argVotes = scratchAlloc(argVotesCount * LANDED_SIZE);
  for (let i: u32 = 0; i < argVotesCount; i++) {
    const slot = takeU64();
    putLockout(i, slot, takeU32());
  }
  argHasRoot = takeBool();
  argRoot = argHasRoot ? takeU64() : 0;
  takeHashAndTimestamp();
}

/** Lockouts as differences of slots, from the root on; no root is the largest number. */
function takeCompact(): void {
  argRoot = takeU64();
  argHasRoot = argRoot != u64.MAX_VALUE;
  if (!argHasRoot) argRoot = 0;
  argVotesCount = takeShortLength();
  // A lockout has two bytes at least.
  if (argVotesCount > DATA_LIMIT / 2) readerBreak();
  if (readerBroken()) argVotesCount = 0;
  argVotes = scratchAlloc(argVotesCount * LANDED_SIZE);
  let slot = argRoot;
  for (let i: u32 = 0; i < argVotesCount; i++) {
    const offset = takeVarint();
    if (slot + offset < slot) readerBreak();
    slot += offset;
    putLockout(i, slot, takeU8());
  }
  takeHashAndTimestamp();
}

function takeCommissionKind(): void {
  argRole = takeU32();
  if (argRole > BLOCK_REVENUE) readerBreak();
}

function takeFields(): void {
  switch (variant) {
    case VOTE_INITIALIZE_ACCOUNT:
      argKey = take(97);
      return;
    case VOTE_AUTHORIZE:
      argKey = take(32);
      return takeRole();
    case VOTE_AUTHORIZE_CHECKED:
      return takeRole();
    case VOTE_AUTHORIZE_WITH_SEED:
      takeSeed();
      argKey = take(32);
      return;
    case VOTE_AUTHORIZE_CHECKED_WITH_SEED:
      return takeSeed();
    case VOTE_WITHDRAW:
      argAmount = takeU64();
      return;
    case VOTE_UPDATE_VALIDATOR_IDENTITY:
      return;
    case VOTE_UPDATE_COMMISSION:
      argAmount = takeU8();
      return;
    case VOTE_UPDATE_COMMISSION_BPS:
      argAmount = takeU16();
      return takeCommissionKind();
    case VOTE_UPDATE_COMMISSION_COLLECTOR:
      return takeCommissionKind();
    default:
      return takeVotes();
  }
}

function takeVotes(): void {
  switch (variant) {
    case VOTE_VOTE:
      return takeVote();
    case VOTE_VOTE_SWITCH:
      takeVote();
      break;
    case VOTE_UPDATE_VOTE_STATE:
      return takeStateUpdate();
    case VOTE_UPDATE_VOTE_STATE_SWITCH:
      takeStateUpdate();
      break;
    case VOTE_COMPACT_UPDATE_VOTE_STATE:
      return takeCompact();
    case VOTE_COMPACT_UPDATE_VOTE_STATE_SWITCH:
      takeCompact();
      break;
    case VOTE_TOWER_SYNC:
    case VOTE_TOWER_SYNC_SWITCH:
      takeCompact();
      take(32); // block id
      if (variant == VOTE_TOWER_SYNC) return;
      break;
    default:
      return readerBreak();
  }
  take(32); // proof of the switch: not looked at
}

/** False: the instruction is not well-formed, or none that is active. */
export function decodeVoteInstruction(): bool {
  readerOpen(ixData(), min(ixDataLen(), DATA_LIMIT));
  variant = takeU32();
  takeFields();
  return !readerBroken();
}
