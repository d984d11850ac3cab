/** Who may vote and who may withdraw: Agave 4.2 programs/vote/src/vote_state/mod.rs authorize, vote_processor.rs. */
import { keyCopy } from "../../../memory/bytes";
import { WK_CLOCK } from "../../../transaction/well-known";
import { ERR_INVALID_INSTRUCTION_DATA, ERR_MISSING_REQUIRED_SIGNATURE } from "../../errors";
import { ixKey } from "../../runtime/context";
import { needAccounts, needNewAuthority, needSysvar } from "./accounts";
import { proveBlsKey } from "./bls";
import {
  AUTHORIZE_VOTER, AUTHORIZE_VOTER_WITH_BLS, AUTHORIZE_WITHDRAWER, argBlsKey, argBlsProof, argKey, argOwner, argRole, argSeed, argSeedLength,
} from "./instruction";
import { signed, signedBySeed } from "./signer";
import { hasBlsKey, setBlsKey, state, STATE_WITHDRAWER, stateLoad, stateStore } from "./state";
import { setNextVoter } from "./voters";

function authorizeVoter(key: usize): i32 {
  // Of a voter with a BLS key, the next one has a BLS key too.
  if (hasBlsKey) return ERR_INVALID_INSTRUCTION_DATA;
  return setNextVoter(key, signed(state() + STATE_WITHDRAWER));
}

function authorizeVoterWithBls(key: usize): i32 {
  let error = proveBlsKey(argBlsKey, argBlsProof);
  if (!error) error = setNextVoter(key, signed(state() + STATE_WITHDRAWER));
  if (!error) setBlsKey(argBlsKey);
  return error;
}

function authorizeWithdrawer(key: usize): i32 {
  if (!signed(state() + STATE_WITHDRAWER)) return ERR_MISSING_REQUIRED_SIGNATURE;
  keyCopy(state() + STATE_WITHDRAWER, key);
  return 0;
}

function change(key: usize): i32 {
  switch (argRole) {
    case AUTHORIZE_VOTER:
      return authorizeVoter(key);
    case AUTHORIZE_WITHDRAWER:
      return authorizeWithdrawer(key);
    case AUTHORIZE_VOTER_WITH_BLS:
      return authorizeVoterWithBls(key);
    default:
      return ERR_INVALID_INSTRUCTION_DATA;
  }
}

function authorizeKey(key: usize): i32 {
  let error = stateLoad();
  if (!error) error = change(key);
  return error ? error : stateStore();
}

/** Accounts: 0 vote account, 1 Clock; the authority signs. */
export function authorize(): i32 {
  const error = needSysvar(1, WK_CLOCK);
  return error ? error : authorizeKey(argKey);
}

/** Accounts: 0 vote account, 1 Clock, 2 authority, 3 the new one, which signs too. */
export function authorizeChecked(): i32 {
  let error = needNewAuthority();
  if (!error) error = needSysvar(1, WK_CLOCK);
  return error ? error : authorizeKey(ixKey(3));
}

function authorizeBySeed(key: usize): i32 {
  let error = needSysvar(1, WK_CLOCK);
  if (!error) error = signedBySeed(2, argSeed, argSeedLength, argOwner);
  return error ? error : authorizeKey(key);
}

/** Accounts: 0 vote account, 1 Clock, 2 the key that the authority is derived from. */
export function authorizeWithSeed(): i32 {
  const error = needAccounts(3);
  return error ? error : authorizeBySeed(argKey);
}

/** As authorizeWithSeed; 3 the new authority, which signs too. */
export function authorizeCheckedWithSeed(): i32 {
  const error = needNewAuthority();
  return error ? error : authorizeBySeed(ixKey(3));
}
