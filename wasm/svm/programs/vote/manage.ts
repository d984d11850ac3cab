/** A vote account's beginning, its node, its commission and its lamports: Agave 4.2 programs/vote/src/vote_state/mod.rs, vote_processor.rs. */
import { ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../../state/account";
import { keyCopy, keyEquals, keyIsZero } from "../../../memory/bytes";
import { WK_CLOCK, WK_RENT } from "../../../transaction/well-known";
import {
  ERR_ACCOUNT_ALREADY_INITIALIZED,
  ERR_ARITHMETIC_OVERFLOW,
  ERR_INSUFFICIENT_FUNDS,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_INVALID_ACCOUNT_OWNER,
  ERR_INVALID_ARGUMENT,
  ERR_INVALID_INSTRUCTION_DATA,
  ERR_MISSING_REQUIRED_SIGNATURE,
} from "../../errors";
import {
  accDataMut, accSetLamports, contextEpoch, failCustom, ixAcc, ixIsWritable, ixKey, lastError, rentExemptMinimum,
} from "../../runtime/context";
import { needAccounts, needSysvar } from "./accounts";
import { VOTE_ACTIVE_ACCOUNT_CLOSE } from "./error";
import { argAmount, argKey, argRole, INFLATION_REWARDS } from "./instruction";
import { signed } from "./signer";
import {
  credits, creditsCount, CREDITS_SIZE, state, STATE_INFLATION_BPS, STATE_INFLATION_COLLECTOR, STATE_NODE, STATE_PENDING_REWARDS, STATE_REVENUE_COLLECTOR,
  STATE_WITHDRAWER, stateKind, stateLoad, stateNew, stateStore, VOTE_STATE_SIZE,
} from "./state";

/** VoteInit: keys of node, voter, withdrawer, u8 commission. Accounts: 0 vote account, 1 Rent, 2 Clock; the node signs. */
export function initializeAccount(): i32 {
  let error = needSysvar(1, WK_RENT);
  if (error) return error;
  const record = ixAcc(0);
  const len = load<u32>(record, ACC_DATA_LEN);
  if (load<u64>(record, ACC_LAMPORTS) < rentExemptMinimum(len)) return ERR_INSUFFICIENT_FUNDS;
  error = needSysvar(2, WK_CLOCK);
  if (error) return error;
  if (len != VOTE_STATE_SIZE) return ERR_INVALID_ACCOUNT_DATA;
  const kind = stateKind();
  if (!kind) return ERR_INVALID_ACCOUNT_DATA;
  if (kind > 1) return ERR_ACCOUNT_ALREADY_INITIALIZED;
  if (!signed(argKey)) return ERR_MISSING_REQUIRED_SIGNATURE;
  stateNew(argKey, argKey + 32, contextEpoch(), argKey + 64, load<u8>(argKey, 96));
  return stateStore();
}

/** The state of account 0, whose withdrawer has signed. */
function loadForWithdrawer(): i32 {
  const error = stateLoad();
  if (error) return error;
  return signed(state() + STATE_WITHDRAWER) ? 0 : ERR_MISSING_REQUIRED_SIGNATURE;
}

/** Accounts: 0 vote account, 1 the node, which signs; the withdrawer signs. */
export function updateValidatorIdentity(): i32 {
  let error = needAccounts(2);
  if (!error) error = loadForWithdrawer();
  if (error) return error;
  if (!signed(ixKey(1))) return ERR_MISSING_REQUIRED_SIGNATURE;
  keyCopy(state() + STATE_NODE, ixKey(1));
  return stateStore();
}

function setCommission(basisPoints: u32): i32 {
  const error = loadForWithdrawer();
  if (error) return error;
  store<u16>(state(), <u16>basisPoints, STATE_INFLATION_BPS);
  return stateStore();
}

/** In percent, at any time: it counts an epoch later (SIMD-0249). */
export function updateCommission(): i32 {
  return setCommission(<u32>argAmount * 100);
}

/** That of the inflation rewards; block revenue is not shared yet (SIMD-0123). */
export function updateCommissionBps(): i32 {
  return argRole == INFLATION_REWARDS ? setCommission(<u32>argAmount) : ERR_INVALID_INSTRUCTION_DATA;
}

/** Who may collect: the vote account itself, or a wallet that is rent-exempt and not reserved (SIMD-0232). Account 1; 0 or an error. */
function checkCollector(): i32 {
  if (keyEquals(ixKey(1), ixKey(0))) return 0;
  const record = ixAcc(1);
  if (!keyIsZero(record + ACC_OWNER)) return ERR_INVALID_ACCOUNT_OWNER;
  if (load<u64>(record, ACC_LAMPORTS) < rentExemptMinimum(load<u32>(record, ACC_DATA_LEN))) return ERR_INSUFFICIENT_FUNDS;
  return ixIsWritable(1) ? 0 : ERR_INVALID_ARGUMENT;
}

/** Accounts: 0 vote account, 1 who collects the commission from now on; the withdrawer signs. */
export function updateCommissionCollector(): i32 {
  let error = needAccounts(3);
  if (!error) error = loadForWithdrawer();
  if (!error) error = checkCollector();
  if (error) return error;
  keyCopy(state() + (argRole == INFLATION_REWARDS ? STATE_INFLATION_COLLECTOR : STATE_REVENUE_COLLECTOR), ixKey(1));
  return stateStore();
}

/** The account gives all it has: it must not have earned credits in this epoch or the one before, and is then empty. */
function close(): i32 {
  if (load<u64>(state(), STATE_PENDING_REWARDS)) return ERR_INSUFFICIENT_FUNDS;
  if (creditsCount) {
    const last = load<u64>(credits + <usize>(creditsCount - 1) * CREDITS_SIZE);
    const now = contextEpoch();
    if (now < last || now - last < 2) return failCustom(VOTE_ACTIVE_ACCOUNT_CLOSE);
  }
  const at = accDataMut(0);
  if (!at) return lastError();
  memory.fill(at, 0, load<u32>(ixAcc(0), ACC_DATA_LEN));
  return 0;
}

function checkRemaining(remaining: u64): i32 {
  if (!remaining) return close();
  const pending = load<u64>(state(), STATE_PENDING_REWARDS);
  const least = rentExemptMinimum(load<u32>(ixAcc(0), ACC_DATA_LEN));
  if (least + pending < least) return ERR_ARITHMETIC_OVERFLOW;
  return remaining < least + pending ? ERR_INSUFFICIENT_FUNDS : 0;
}

/** Accounts: 0 vote account, 1 who gets the lamports; the withdrawer signs. */
export function withdraw(): i32 {
  let error = needAccounts(2);
  if (!error) error = loadForWithdrawer();
  if (error) return error;
  const balance = load<u64>(ixAcc(0), ACC_LAMPORTS);
  if (argAmount > balance) return ERR_INSUFFICIENT_FUNDS;
  error = checkRemaining(balance - argAmount);
  if (!error) error = accSetLamports(0, balance - argAmount);
  if (error) return error;
  const target = load<u64>(ixAcc(1), ACC_LAMPORTS);
  if (target + argAmount < target) return ERR_ARITHMETIC_OVERFLOW;
  return accSetLamports(1, target + argAmount);
}
