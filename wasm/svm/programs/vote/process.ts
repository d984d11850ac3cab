/**
 * The Vote program, Vote111111111111111111111111111111111111111: accounts in which validators vote, and to which stake is delegated.
 * Source: Agave 4.2 programs/vote/src/vote_processor.rs with mainnet's features: states of version 4 (SIMD-0185), BLS keys (SIMD-0387),
 * commissions in basis points (SIMD-0291), collectors of commissions (SIMD-0232). Not active, and refused as what is not well-formed:
 * InitializeAccountV2 (16), DepositDelegatorRewards (19).
 */
import { ACC_OWNER } from "../../../state/account";
import { keyEquals } from "../../../memory/bytes";
import {
  ERR_COMPUTATIONAL_BUDGET_EXCEEDED,
  ERR_INVALID_ACCOUNT_OWNER,
  ERR_INVALID_INSTRUCTION_DATA,
  ERR_MISSING_ACCOUNT,
} from "../../errors";
import { consume, ixAcc, ixNumAccounts, ixProgramId } from "../../runtime/context";
import { authorize, authorizeChecked, authorizeCheckedWithSeed, authorizeWithSeed } from "./authorize";
import {
  decodeVoteInstruction, variant, VOTE_AUTHORIZE, VOTE_AUTHORIZE_CHECKED, VOTE_AUTHORIZE_CHECKED_WITH_SEED, VOTE_AUTHORIZE_WITH_SEED,
  VOTE_INITIALIZE_ACCOUNT, VOTE_UPDATE_COMMISSION, VOTE_UPDATE_COMMISSION_BPS, VOTE_UPDATE_COMMISSION_COLLECTOR, VOTE_UPDATE_VALIDATOR_IDENTITY, VOTE_VOTE, VOTE_VOTE_SWITCH,
  VOTE_WITHDRAW,
} from "./instruction";
import { initializeAccount, updateCommission, updateCommissionBps, updateCommissionCollector, updateValidatorIdentity, withdraw } from "./manage";
import { signersReset } from "./signer";
import { syncTower } from "./tower";
import { vote } from "./vote";

const COMPUTE_UNITS: u64 = 2_100;

function dispatch(): i32 {
  switch (variant) {
    case VOTE_INITIALIZE_ACCOUNT:
      return initializeAccount();
    case VOTE_AUTHORIZE:
      return authorize();
    case VOTE_AUTHORIZE_CHECKED:
      return authorizeChecked();
    case VOTE_AUTHORIZE_WITH_SEED:
      return authorizeWithSeed();
    case VOTE_AUTHORIZE_CHECKED_WITH_SEED:
      return authorizeCheckedWithSeed();
    case VOTE_WITHDRAW:
      return withdraw();
    case VOTE_UPDATE_VALIDATOR_IDENTITY:
      return updateValidatorIdentity();
    case VOTE_UPDATE_COMMISSION:
      return updateCommission();
    case VOTE_UPDATE_COMMISSION_BPS:
      return updateCommissionBps();
    case VOTE_UPDATE_COMMISSION_COLLECTOR:
      return updateCommissionCollector();
    case VOTE_VOTE:
    case VOTE_VOTE_SWITCH:
      return vote();
    default:
      return syncTower();
  }
}

export function processVote(): i32 {
  if (!consume(COMPUTE_UNITS)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  if (!ixNumAccounts()) return ERR_MISSING_ACCOUNT;
  if (!keyEquals(ixAcc(0) + ACC_OWNER, ixProgramId())) return ERR_INVALID_ACCOUNT_OWNER;
  signersReset();
  return decodeVoteInstruction() ? dispatch() : ERR_INVALID_INSTRUCTION_DATA;
}
