/**
 * Approve, ApproveChecked and Revoke, and what a delegate's spending does.
 *   Approve: source, delegate, owner, members...     ApproveChecked: source, mint, delegate, owner, members...     Revoke: source, authority, members...
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/{shared/approve,revoke}.rs.
 */
import { keyEquals } from "../../../memory/bytes";
import { ERR_NOT_ENOUGH_ACCOUNT_KEYS } from "../../errors";
import { bpfData, bpfDataLen, bpfDataMut, ixKey } from "../../runtime/context";
import { checkAuthority } from "./authority";
import { also, REVOKE_BY_DELEGATE, REVOKE_DELEGATE } from "./compute-units";
import { ACCOUNT_FROZEN, INVALID_INSTRUCTION, MINT_DECIMALS_MISMATCH, MINT_MISMATCH } from "./error";
import {
  ACCOUNT_DELEGATE,
  ACCOUNT_DELEGATED_AMOUNT,
  ACCOUNT_MINT,
  ACCOUNT_OWNER,
  checkAccount,
  checkMint,
  hasOption,
  isFrozen,
  MINT_DECIMALS,
  OPTION_KEY,
  setOption,
} from "./state";

/** Takes `amount` (at most the allowance) off the allowance; the delegate goes with the last of it. */
export function spendAllowance(account: u32, amount: u64): void {
  const data = bpfDataMut(account);
  const left = load<u64>(data, ACCOUNT_DELEGATED_AMOUNT) - amount;
  store<u64>(data, left, ACCOUNT_DELEGATED_AMOUNT);
  if (left == 0) store<u8>(data, 0, ACCOUNT_DELEGATE);
}

export function approve(first: u32, end: u32, data: usize, len: u32): i32 {
  if (len < 9) return INVALID_INSTRUCTION;
  if (end - first < 3) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  return allow(first, first + 1, first + 2, end, load<u64>(data, 1), 0, 0);
}

export function approveChecked(first: u32, end: u32, data: usize, len: u32): i32 {
  if (len < 10) return INVALID_INSTRUCTION;
  if (end - first < 4) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  return allow(first, first + 2, first + 3, end, load<u64>(data, 1), first + 1, data + 9);
}

/** `decimals`: pointer to the expected decimals, 0 when the mint is not given. */
function allow(source: u32, delegate: u32, owner: u32, end: u32, amount: u64, mint: u32, decimals: usize): i32 {
  const account = bpfData(source);
  let bad = checkAccount(account, bpfDataLen(source));
  if (bad) return bad;
  if (isFrozen(account)) return ACCOUNT_FROZEN;
  if (decimals) {
    if (!keyEquals(ixKey(mint), account + ACCOUNT_MINT)) return MINT_MISMATCH;
    const mintData = bpfData(mint);
    bad = checkMint(mintData, bpfDataLen(mint));
    if (bad) return bad;
    if (load<u8>(mintData, MINT_DECIMALS) != load<u8>(decimals)) return MINT_DECIMALS_MISMATCH;
  }
  bad = checkAuthority(account + ACCOUNT_OWNER, owner, end);
  if (bad) return bad;
  const changed = bpfDataMut(source);
  setOption(changed + ACCOUNT_DELEGATE, ixKey(delegate));
  store<u64>(changed, amount, ACCOUNT_DELEGATED_AMOUNT);
  return 0;
}

/** The owner takes the allowance back, or the delegate gives it up. The account is opened before the authority is missed. */
export function revoke(first: u32, end: u32): i32 {
  if (end - first < 1) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  const account = bpfData(first);
  let bad = checkAccount(account, bpfDataLen(first));
  if (bad) return bad;
  if (end - first < 2) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  if (isFrozen(account)) return ACCOUNT_FROZEN;
  const authority = first + 1;
  const delegate = account + ACCOUNT_DELEGATE;
  if (hasOption(delegate)) also(REVOKE_DELEGATE);
  const byDelegate = hasOption(delegate) && keyEquals(delegate + OPTION_KEY, ixKey(authority));
  if (byDelegate) also(REVOKE_BY_DELEGATE - REVOKE_DELEGATE);
  bad = checkAuthority(byDelegate ? delegate + OPTION_KEY : account + ACCOUNT_OWNER, authority, end);
  if (bad) return bad;
  const changed = bpfDataMut(first);
  store<u8>(changed, 0, ACCOUNT_DELEGATE);
  store<u64>(changed, 0, ACCOUNT_DELEGATED_AMOUNT);
  return 0;
}
