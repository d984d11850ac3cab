/**
 * SetAuthority. Data: u8 type (0 mint, 1 freeze, 2 owner, 3 close), u8 has key, key. Accounts: account or mint, authority, members...
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/set_authority.rs.
 */
import { keyCopy } from "../../../memory/bytes";
import { ERR_INVALID_ARGUMENT, ERR_NOT_ENOUGH_ACCOUNT_KEYS } from "../../errors";
import { bpfData, bpfDataLen, bpfDataMut } from "../../runtime/context";
import { checkAuthority } from "./authority";
import { also, alsoAuthorityType, NO_NEW_AUTHORITY } from "./compute-units";
import {
  ACCOUNT_FROZEN,
  AUTHORITY_TYPE_NOT_SUPPORTED,
  FIXED_SUPPLY,
  INVALID_INSTRUCTION,
  MINT_CANNOT_FREEZE,
} from "./error";
import {
  ACCOUNT_CLOSE_AUTHORITY,
  ACCOUNT_DELEGATE,
  ACCOUNT_DELEGATED_AMOUNT,
  ACCOUNT_OWNER,
  ACCOUNT_SIZE,
  checkAccount,
  checkMint,
  hasOption,
  isFrozen,
  isNative,
  MINT_AUTHORITY,
  MINT_FREEZE_AUTHORITY,
  MINT_SIZE,
  OPTION_KEY,
  putOption,
} from "./state";

const MINT_TOKENS: u8 = 0;
const FREEZE_ACCOUNT: u8 = 1;
const ACCOUNT_OWNER_TYPE: u8 = 2;
const CLOSE_ACCOUNT: u8 = 3;

export function setAuthority(first: u32, end: u32, data: usize, len: u32): i32 {
  if (len < 3) return INVALID_INSTRUCTION;
  const type = load<u8>(data, 1);
  const given = load<u8>(data, 2);
  if (type > CLOSE_ACCOUNT || given > 1 || (given == 1 && len < 35)) return INVALID_INSTRUCTION;
  if (end - first < 2) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  const next = given ? data + 3 : 0;
  alsoAuthorityType(type);
  if (!given) also(NO_NEW_AUTHORITY);
  const size = bpfDataLen(first);
  if (size == ACCOUNT_SIZE) return ofAccount(first, end, type, next);
  return size == MINT_SIZE ? ofMint(first, end, type, next) : ERR_INVALID_ARGUMENT;
}

/** `next`: pointer to the new key, or 0. */
function ofAccount(first: u32, end: u32, type: u8, next: usize): i32 {
  const account = bpfData(first);
  const bad = checkAccount(account, ACCOUNT_SIZE);
  if (bad) return bad;
  if (isFrozen(account)) return ACCOUNT_FROZEN;
  if (type == ACCOUNT_OWNER_TYPE) return setOwner(first, end, next);
  if (type != CLOSE_ACCOUNT) return AUTHORITY_TYPE_NOT_SUPPORTED;
  const closer = account + ACCOUNT_CLOSE_AUTHORITY;
  const denied = checkAuthority(hasOption(closer) ? closer + OPTION_KEY : account + ACCOUNT_OWNER, first + 1, end);
  if (denied) return denied;
  putOption(bpfDataMut(first) + ACCOUNT_CLOSE_AUTHORITY, next);
  return 0;
}

/** A new owner starts without a delegate; wrapped SOL without a close authority too. */
function setOwner(first: u32, end: u32, next: usize): i32 {
  const denied = checkAuthority(bpfData(first) + ACCOUNT_OWNER, first + 1, end);
  if (denied) return denied;
  if (!next) return INVALID_INSTRUCTION;
  const account = bpfDataMut(first);
  keyCopy(account + ACCOUNT_OWNER, next);
  putOption(account + ACCOUNT_DELEGATE, 0);
  store<u64>(account, 0, ACCOUNT_DELEGATED_AMOUNT);
  if (isNative(account)) putOption(account + ACCOUNT_CLOSE_AUTHORITY, 0);
  return 0;
}

/** An authority that was given up cannot be set again. */
function ofMint(first: u32, end: u32, type: u8, next: usize): i32 {
  const mint = bpfData(first);
  const bad = checkMint(mint, MINT_SIZE);
  if (bad) return bad;
  if (type > FREEZE_ACCOUNT) return AUTHORITY_TYPE_NOT_SUPPORTED;
  const field = type == MINT_TOKENS ? MINT_AUTHORITY : MINT_FREEZE_AUTHORITY;
  if (!hasOption(mint + field)) return type == MINT_TOKENS ? FIXED_SUPPLY : MINT_CANNOT_FREEZE;
  const denied = checkAuthority(mint + field + OPTION_KEY, first + 1, end);
  if (denied) return denied;
  putOption(bpfDataMut(first) + field, next);
  return 0;
}
