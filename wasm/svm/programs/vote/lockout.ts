/** How long a vote binds: solana-sdk vote-interface/src/state/mod.rs Lockout. */
import { ERR_INVALID_ACCOUNT_DATA, ERR_MISSING_REQUIRED_SIGNATURE } from "../../errors";
import { signed } from "./signer";
import { LANDED_CONFIRMATIONS, LANDED_SLOT, stateLoad } from "./state";
import { currentVoter } from "./voters";

/** Votes that an account keeps, and confirmations of one: the next is a root. */
export const MAX_VOTES: u32 = 31;

/** The last slot of another fork that a landed vote keeps its voter from: slot + 2^confirmations. */
export function lastLockedOut(vote: usize): u64 {
  const slot = load<u64>(vote, LANDED_SLOT);
  const last = slot + (<u64>1 << <u64>min(load<u32>(vote, LANDED_CONFIRMATIONS), MAX_VOTES));
  return last < slot ? u64.MAX_VALUE : last;
}

/** The state of account 0, whose voter has signed: 0 or an error. */
export function loadForVoter(): i32 {
  const error = stateLoad();
  if (error) return error;
  const voter = currentVoter();
  if (!voter) return ERR_INVALID_ACCOUNT_DATA;
  return signed(voter) ? 0 : ERR_MISSING_REQUIRED_SIGNATURE;
}
