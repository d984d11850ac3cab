/**
 * Transfer and TransferChecked.
 *   Transfer:        source, destination, authority, members...        TransferChecked: source, mint, destination, authority, members...
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/shared/transfer.rs (order of the checks).
 */
import { keyEquals } from "../../../memory/bytes";
import { ERR_NOT_ENOUGH_ACCOUNT_KEYS } from "../../errors";
import { bpfData, bpfDataLen, bpfDataMut, bpfLamports, bpfSetLamports, ixKey } from "../../runtime/context";
import { checkOwner, sameAccount } from "./accounts";
import { checkAuthority } from "./authority";
import {
  also,
  BY_DELEGATE,
  IGNORED_DELEGATE,
  LAST_OF_ALLOWANCE,
  NATIVE_TRANSFER,
  ZERO_TRANSFER,
} from "./compute-units";
import { spendAllowance } from "./delegate";
import { ACCOUNT_FROZEN, INSUFFICIENT_FUNDS, INVALID_INSTRUCTION, MINT_DECIMALS_MISMATCH, MINT_MISMATCH } from "./error";
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
  MINT_DECIMALS,
  OPTION_KEY,
} from "./state";

export function transfer(first: u32, end: u32, data: usize, len: u32): i32 {
  if (len < 9) return INVALID_INSTRUCTION;
  if (end - first < 3) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  return move(first, first + 1, first + 2, end, load<u64>(data, 1), 0, 0);
}

export function transferChecked(first: u32, end: u32, data: usize, len: u32): i32 {
  if (len < 10) return INVALID_INSTRUCTION;
  if (end - first < 4) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  return move(first, first + 2, first + 3, end, load<u64>(data, 1), first + 1, data + 9);
}

/** `decimals`: pointer to the expected decimals, 0 when the mint is not given. */
// @ts-ignore: decorator
@inline
function move(from: u32, to: u32, authority: u32, end: u32, amount: u64, mint: u32, decimals: usize): i32 {
  const source = bpfData(from);
  let bad = checkAccount(source, bpfDataLen(from));
  if (bad) return bad;
  const self = sameAccount(from, to);
  if (!self) {
    bad = checkAccount(bpfData(to), bpfDataLen(to));
    if (bad) return bad;
  }
  const destination = bpfData(to);
  if (isFrozen(source) || isFrozen(destination)) return ACCOUNT_FROZEN;
  const balance = load<u64>(source, ACCOUNT_AMOUNT);
  if (balance < amount) return INSUFFICIENT_FUNDS;
  if (!keyEquals(source + ACCOUNT_MINT, destination + ACCOUNT_MINT)) return MINT_MISMATCH;
  if (decimals) {
    bad = checkDecimals(source, mint, load<u8>(decimals));
    if (bad) return bad;
  }
  bad = hasOption(source + ACCOUNT_DELEGATE)
    ? checkEither(from, source, authority, end, amount, self)
    : checkAuthority(source + ACCOUNT_OWNER, authority, end);
  if (bad) return bad;
  if (self || amount == 0) {
    also(self ? 0 : ZERO_TRANSFER);
    bad = checkOwner(from);
    return bad ? bad : checkOwner(to);
  }
  const sourceMut = bpfDataMut(from);
  store<u64>(sourceMut, balance - amount, ACCOUNT_AMOUNT);
  const destinationMut = bpfDataMut(to);
  store<u64>(destinationMut, load<u64>(destinationMut, ACCOUNT_AMOUNT) + amount, ACCOUNT_AMOUNT);
  if (isNative(sourceMut)) {
    also(NATIVE_TRANSFER);
    bpfSetLamports(from, bpfLamports(from) - amount);
    bpfSetLamports(to, bpfLamports(to) + amount);
  }
  return 0;
}

/** The account has a delegate: who acts is the delegate, with the allowance, or the owner. */
function checkEither(from: u32, source: usize, authority: u32, end: u32, amount: u64, self: bool): i32 {
  const delegate = source + ACCOUNT_DELEGATE + OPTION_KEY;
  if (!keyEquals(delegate, ixKey(authority))) {
    also(IGNORED_DELEGATE);
    return checkAuthority(source + ACCOUNT_OWNER, authority, end);
  }
  const bad = checkAuthority(delegate, authority, end);
  if (bad) return bad;
  const allowance = load<u64>(source, ACCOUNT_DELEGATED_AMOUNT);
  if (allowance < amount) return INSUFFICIENT_FUNDS;
  if (self) return 0;
  also(allowance == amount ? BY_DELEGATE + LAST_OF_ALLOWANCE : BY_DELEGATE);
  spendAllowance(from, amount);
  return 0;
}

function checkDecimals(source: usize, mint: u32, decimals: u8): i32 {
  if (!keyEquals(ixKey(mint), source + ACCOUNT_MINT)) return MINT_MISMATCH;
  const data = bpfData(mint);
  const bad = checkMint(data, bpfDataLen(mint));
  if (bad) return bad;
  return load<u8>(data, MINT_DECIMALS) == decimals ? 0 : MINT_DECIMALS_MISMATCH;
}
