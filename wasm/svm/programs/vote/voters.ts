/**
 * Who may vote in which epoch. A voter stays until another's epoch begins. Version 4 keeps those from the epoch before the current one on.
 * Source: solana-sdk vote-interface/src/authorized_voters.rs, Agave 4.2 programs/vote/src/vote_state/handler.rs.
 */
import { keyCopy } from "../../../memory/bytes";
import { ERR_INVALID_ACCOUNT_DATA, ERR_MISSING_REQUIRED_SIGNATURE } from "../../errors";
import { contextEpoch, failCustom } from "../../runtime/context";
import { VOTE_TOO_SOON_TO_REAUTHORIZE } from "./error";
import { signed } from "./signer";
import { insertVoter, setVoters, VOTER_SIZE, voters, votersCount } from "./state";

const voter: usize = memory.data(32, 8);

/** The current epoch's voter, who is then in the list, and those of epochs gone by no longer; 0: the list begins later. */
export function currentVoter(): usize {
  const epoch = contextEpoch();
  let i = votersCount;
  while (i && load<u64>(voters + <usize>(i - 1) * VOTER_SIZE) > epoch) i -= 1;
  if (!i) return 0;
  keyCopy(voter, voters + <usize>(i - 1) * VOTER_SIZE + 8);
  insertVoter(epoch, voter);
  const first = epoch ? epoch - 1 : 0;
  while (load<u64>(voters) < first) setVoters(voters + VOTER_SIZE, votersCount - 1);
  return voter;
}

/** Makes `key` the voter from the epoch on whose leaders are not known yet; `byWithdrawer`: the withdrawer has signed. 0 or an error. */
export function setNextVoter(key: usize, byWithdrawer: bool): i32 {
  const current = currentVoter();
  if (!current) return ERR_INVALID_ACCOUNT_DATA;
  if (!byWithdrawer && !signed(current)) return ERR_MISSING_REQUIRED_SIGNATURE;
  // The Clock's leader schedule epoch, which is the next one, and 1.
  const epoch = contextEpoch() + 2;
  for (let i: u32 = 0; i < votersCount; i++) {
    if (load<u64>(voters + <usize>i * VOTER_SIZE) == epoch) return failCustom(VOTE_TOO_SOON_TO_REAUTHORIZE);
  }
  insertVoter(epoch, key);
  return 0;
}
