/**
 * What moves lamports: CloseAccount, SyncNative, WithdrawExcessLamports, UnwrapLamports.
 *   source, destination, authority, members...     (SyncNative: account, (rent))
 * Sums wrap as in the real program; the runtime refuses an instruction whose lamports do not balance.
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/{close_account,sync_native,withdraw_excess_lamports,
 * unwrap_lamports}.rs.
 */
import { keyEquals } from "../../../memory/bytes";
import { ERR_INVALID_ACCOUNT_DATA, ERR_MISSING_REQUIRED_SIGNATURE, ERR_NOT_ENOUGH_ACCOUNT_KEYS } from "../../errors";
import {
  bpfData,
  bpfDataLen,
  bpfDataMut,
  bpfLamports,
  bpfRealloc,
  bpfSetLamports,
  bpfSetOwner,
  ixIsSigner,
  ixKey,
  rentExemptMinimum,
} from "../../runtime/context";
import { KEY_INCINERATOR, KEY_SYSTEM } from "./keys";
import { checkOwner, checkRentSysvar, sameAccount } from "./accounts";
import { checkAuthority } from "./authority";
import {
  also,
  CLOSE_BY_CLOSE_AUTHORITY,
  CLOSE_NATIVE,
  IGNORED_DELEGATE,
  RENT_ACCOUNT_IN_SYNC,
  UNWRAP_AMOUNT_GIVEN,
  UNWRAP_BY_DELEGATE,
  UNWRAP_TO_ITSELF,
  WITHDRAW_FROM_MINT,
} from "./compute-units";
import { spendAllowance } from "./delegate";
import {
  AUTHORITY_TYPE_NOT_SUPPORTED,
  INSUFFICIENT_FUNDS,
  INVALID_INSTRUCTION,
  INVALID_STATE,
  NATIVE_NOT_SUPPORTED,
  NON_NATIVE_HAS_BALANCE,
  NON_NATIVE_NOT_SUPPORTED,
  NOT_RENT_EXEMPT,
  OVERFLOW,
} from "./error";
import {
  ACCOUNT_AMOUNT,
  ACCOUNT_CLOSE_AUTHORITY,
  ACCOUNT_DELEGATE,
  ACCOUNT_DELEGATED_AMOUNT,
  ACCOUNT_NATIVE_RESERVE,
  ACCOUNT_OWNER,
  ACCOUNT_SIZE,
  checkAccount,
  checkMint,
  hasOption,
  isNative,
  MINT_AUTHORITY,
  MINT_SIZE,
  MULTISIG_SIZE,
  OPTION_KEY,
} from "./state";
import { isOwnerless } from "./supply";

function moveLamports(from: u32, to: u32, amount: u64): void {
  bpfSetLamports(from, bpfLamports(from) - amount);
  bpfSetLamports(to, bpfLamports(to) + amount);
}

export function closeAccount(first: u32, end: u32): i32 {
  if (end - first < 3) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  const to = first + 1;
  if (sameAccount(first, to)) return ERR_INVALID_ACCOUNT_DATA;
  const account = bpfData(first);
  let bad = checkAccount(account, bpfDataLen(first));
  if (bad) return bad;
  if (!isNative(account) && load<u64>(account, ACCOUNT_AMOUNT) != 0) return NON_NATIVE_HAS_BALANCE;
  if (isNative(account)) also(CLOSE_NATIVE);
  if (!isOwnerless(account)) {
    const closer = account + ACCOUNT_CLOSE_AUTHORITY;
    if (hasOption(closer)) also(CLOSE_BY_CLOSE_AUTHORITY);
    bad = checkAuthority(hasOption(closer) ? closer + OPTION_KEY : account + ACCOUNT_OWNER, first + 2, end);
    if (bad) return bad;
  } else if (!keyEquals(ixKey(to), KEY_INCINERATOR)) {
    return ERR_INVALID_ACCOUNT_DATA;
  }
  moveLamports(first, to, bpfLamports(first));
  bpfSetOwner(first, KEY_SYSTEM);
  return bpfRealloc(first, 0);
}

/** Takes up lamports that were sent to wrapped SOL, and a rent-exempt reserve that has changed. */
export function syncNative(first: u32, end: u32): i32 {
  if (end == first) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  let bad = checkOwner(first);
  if (bad) return bad;
  if (end - first > 1) {
    also(RENT_ACCOUNT_IN_SYNC);
    bad = checkRentSysvar(first + 1);
    if (bad) return bad;
  }
  const size = bpfDataLen(first);
  const account = bpfData(first);
  bad = checkAccount(account, size);
  if (bad) return bad;
  if (!isNative(account)) return NON_NATIVE_NOT_SUPPORTED;
  const lamports = bpfLamports(first);
  const reserve = rentExemptMinimum(size);
  if (lamports < reserve) return OVERFLOW;
  const changed = bpfDataMut(first);
  store<u64>(changed, reserve, ACCOUNT_NATIVE_RESERVE);
  store<u64>(changed, lamports - reserve, ACCOUNT_AMOUNT);
  return 0;
}

/** Lamports above the rent-exempt minimum of a token account (not wrapped SOL), a mint or a multisig. */
export function withdrawExcessLamports(first: u32, end: u32): i32 {
  if (end - first < 3) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  const size = bpfDataLen(first);
  const bad = checkWithdrawal(first, end, size);
  if (bad) return bad;
  const lamports = bpfLamports(first);
  const reserve = rentExemptMinimum(size);
  if (lamports < reserve) return NOT_RENT_EXEMPT;
  moveLamports(first, first + 1, lamports - reserve);
  return 0;
}

function checkWithdrawal(first: u32, end: u32, size: u32): i32 {
  const data = bpfData(first);
  const authority = first + 2;
  if (size == ACCOUNT_SIZE) {
    const bad = checkAccount(data, size);
    if (bad) return bad;
    return isNative(data) ? NATIVE_NOT_SUPPORTED : checkAuthority(data + ACCOUNT_OWNER, authority, end);
  }
  if (size == MINT_SIZE) {
    also(WITHDRAW_FROM_MINT);
    const bad = checkMint(data, size);
    if (bad) return bad;
    if (hasOption(data + MINT_AUTHORITY)) return checkAuthority(data + MINT_AUTHORITY + OPTION_KEY, authority, end);
    // A mint without authority acts for itself, with its own key.
    if (!sameAccount(first, authority)) return AUTHORITY_TYPE_NOT_SUPPORTED;
    return ixIsSigner(authority) ? 0 : ERR_MISSING_REQUIRED_SIGNATURE;
  }
  return size == MULTISIG_SIZE ? checkAuthority(ixKey(first), authority, end) : INVALID_STATE;
}

/** Data: u8 has amount, u64 amount (all when absent). Sends lamports out of wrapped SOL to any account. */
export function unwrapLamports(first: u32, end: u32, data: usize, len: u32): i32 {
  if (len < 2) return INVALID_INSTRUCTION;
  const given = load<u8>(data, 1);
  if (given > 1 || (given == 1 && len < 10)) return INVALID_INSTRUCTION;
  if (end - first < 3) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  const account = bpfData(first);
  let bad = checkAccount(account, bpfDataLen(first));
  if (bad) return bad;
  if (!isNative(account)) return NON_NATIVE_NOT_SUPPORTED;
  const balance = load<u64>(account, ACCOUNT_AMOUNT);
  const amount = given ? load<u64>(data, 2) : balance;
  if (given) also(UNWRAP_AMOUNT_GIVEN);
  if (balance < amount) return INSUFFICIENT_FUNDS;
  bad = payWith(first, end, amount);
  if (bad) return bad;
  if (amount == 0) return checkOwner(first);
  store<u64>(bpfDataMut(first), balance - amount, ACCOUNT_AMOUNT);
  if (!sameAccount(first, first + 1)) moveLamports(first, first + 1, amount);
  else also(UNWRAP_TO_ITSELF);
  return 0;
}

function payWith(first: u32, end: u32, amount: u64): i32 {
  const account = bpfData(first);
  const authority = first + 2;
  const delegate = account + ACCOUNT_DELEGATE;
  if (!hasOption(delegate) || !keyEquals(delegate + OPTION_KEY, ixKey(authority))) {
    if (hasOption(delegate)) also(IGNORED_DELEGATE);
    return checkAuthority(account + ACCOUNT_OWNER, authority, end);
  }
  also(UNWRAP_BY_DELEGATE);
  const bad = checkAuthority(delegate + OPTION_KEY, authority, end);
  if (bad) return bad;
  if (load<u64>(account, ACCOUNT_DELEGATED_AMOUNT) < amount) return INSUFFICIENT_FUNDS;
  spendAllowance(first, amount);
  return 0;
}
