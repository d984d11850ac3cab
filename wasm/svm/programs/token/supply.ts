/**
 * MintTo, MintToChecked, Burn, BurnChecked: what changes a mint's supply.
 *   MintTo: mint, destination, authority, members...     Burn: source, mint, authority, members...
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/shared/{mint_to,burn}.rs.
 */
import { keyEquals } from "../../../memory/bytes";
import { ERR_NOT_ENOUGH_ACCOUNT_KEYS } from "../../errors";
import { bpfData, bpfDataLen, bpfDataMut, ixKey } from "../../runtime/context";
import { KEY_INCINERATOR, KEY_SYSTEM } from "./keys";
import { checkOwner } from "./accounts";
import { checkAuthority } from "./authority";
import {
  also,
  BURN_BY_DELEGATE,
  BURN_IGNORED_DELEGATE,
  OWNERLESS_BURN,
  ZERO_BURN,
  ZERO_MINT_TO,
} from "./compute-units";
import { spendAllowance } from "./delegate";
import {
  ACCOUNT_FROZEN,
  FIXED_SUPPLY,
  INSUFFICIENT_FUNDS,
  INVALID_INSTRUCTION,
  MINT_DECIMALS_MISMATCH,
  MINT_MISMATCH,
  NATIVE_NOT_SUPPORTED,
  OVERFLOW,
} from "./error";
import {
  ACCOUNT_AMOUNT,
  ACCOUNT_DELEGATE,
  ACCOUNT_DELEGATED_AMOUNT,
  ACCOUNT_MINT,
  ACCOUNT_OWNER,
  checkAccount,
  checkMint,
  hasOption,
  isFrozen,
  isNative,
  MINT_AUTHORITY,
  MINT_DECIMALS,
  MINT_SUPPLY,
  OPTION_KEY,
} from "./state";

export function mintTo(first: u32, end: u32, data: usize, len: u32): i32 {
  return len < 9 ? INVALID_INSTRUCTION : issue(first, end, load<u64>(data, 1), 0);
}

export function mintToChecked(first: u32, end: u32, data: usize, len: u32): i32 {
  return len < 10 ? INVALID_INSTRUCTION : issue(first, end, load<u64>(data, 1), data + 9);
}

/** `decimals`: pointer to the expected decimals, or 0. */
// @ts-ignore: decorator
@inline
function issue(first: u32, end: u32, amount: u64, decimals: usize): i32 {
  if (end - first < 3) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  const to = first + 1;
  const destination = bpfData(to);
  let bad = checkAccount(destination, bpfDataLen(to));
  if (bad) return bad;
  if (isFrozen(destination)) return ACCOUNT_FROZEN;
  if (isNative(destination)) return NATIVE_NOT_SUPPORTED;
  if (!keyEquals(ixKey(first), destination + ACCOUNT_MINT)) return MINT_MISMATCH;
  const mint = bpfData(first);
  bad = checkMint(mint, bpfDataLen(first));
  if (bad) return bad;
  if (decimals && load<u8>(mint, MINT_DECIMALS) != load<u8>(decimals)) return MINT_DECIMALS_MISMATCH;
  if (!hasOption(mint + MINT_AUTHORITY)) return FIXED_SUPPLY;
  bad = checkAuthority(mint + MINT_AUTHORITY + OPTION_KEY, first + 2, end);
  if (bad) return bad;
  if (amount == 0) {
    also(ZERO_MINT_TO);
    bad = checkOwner(first);
    return bad ? bad : checkOwner(to);
  }
  const supply = load<u64>(mint, MINT_SUPPLY) + amount;
  if (supply < amount) return OVERFLOW;
  const mintMut = bpfDataMut(first);
  store<u64>(mintMut, supply, MINT_SUPPLY);
  const destinationMut = bpfDataMut(to);
  store<u64>(destinationMut, load<u64>(destinationMut, ACCOUNT_AMOUNT) + amount, ACCOUNT_AMOUNT);
  return 0;
}

export function burn(first: u32, end: u32, data: usize, len: u32): i32 {
  return len < 9 ? INVALID_INSTRUCTION : destroy(first, end, load<u64>(data, 1), 0);
}

export function burnChecked(first: u32, end: u32, data: usize, len: u32): i32 {
  return len < 10 ? INVALID_INSTRUCTION : destroy(first, end, load<u64>(data, 1), data + 9);
}

/** Anybody may burn what belongs to the System program or the incinerator. */
export function isOwnerless(account: usize): bool {
  return keyEquals(account + ACCOUNT_OWNER, KEY_SYSTEM) || keyEquals(account + ACCOUNT_OWNER, KEY_INCINERATOR);
}

function destroy(first: u32, end: u32, amount: u64, decimals: usize): i32 {
  if (end - first < 3) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  const source = bpfData(first);
  let bad = checkAccount(source, bpfDataLen(first));
  if (bad) return bad;
  const mintIndex = first + 1;
  const mint = bpfData(mintIndex);
  bad = checkMint(mint, bpfDataLen(mintIndex));
  if (bad) return bad;
  if (isFrozen(source)) return ACCOUNT_FROZEN;
  if (isNative(source)) return NATIVE_NOT_SUPPORTED;
  const balance = load<u64>(source, ACCOUNT_AMOUNT);
  if (balance < amount) return INSUFFICIENT_FUNDS;
  if (!keyEquals(ixKey(mintIndex), source + ACCOUNT_MINT)) return MINT_MISMATCH;
  if (decimals && load<u8>(mint, MINT_DECIMALS) != load<u8>(decimals)) return MINT_DECIMALS_MISMATCH;
  if (!isOwnerless(source)) {
    bad = payFor(first, source, end, amount);
    if (bad) return bad;
  } else {
    also(OWNERLESS_BURN);
  }
  if (amount == 0) {
    also(ZERO_BURN);
    bad = checkOwner(first);
    return bad ? bad : checkOwner(mintIndex);
  }
  const sourceMut = bpfDataMut(first);
  store<u64>(sourceMut, balance - amount, ACCOUNT_AMOUNT);
  const mintMut = bpfDataMut(mintIndex);
  store<u64>(mintMut, load<u64>(mintMut, MINT_SUPPLY) - amount, MINT_SUPPLY);
  return 0;
}

/** The delegate pays with the allowance, the owner with the signature. */
function payFor(first: u32, source: usize, end: u32, amount: u64): i32 {
  const authority = first + 2;
  const delegate = source + ACCOUNT_DELEGATE;
  if (!hasOption(delegate) || !keyEquals(delegate + OPTION_KEY, ixKey(authority))) {
    if (hasOption(delegate)) also(BURN_IGNORED_DELEGATE);
    return checkAuthority(source + ACCOUNT_OWNER, authority, end);
  }
  also(BURN_BY_DELEGATE);
  const bad = checkAuthority(delegate + OPTION_KEY, authority, end);
  if (bad) return bad;
  if (load<u64>(source, ACCOUNT_DELEGATED_AMOUNT) < amount) return INSUFFICIENT_FUNDS;
  spendAllowance(first, amount);
  return 0;
}
