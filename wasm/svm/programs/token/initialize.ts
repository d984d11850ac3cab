/**
 * InitializeMint(2), InitializeAccount(1, 2, 3), InitializeMultisig(1, 2), InitializeImmutableOwner.
 * The numbered forms differ in where the owner and the Rent sysvar come from: an account, the data, or the runtime.
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/shared/initialize_{mint,account,multisig}.rs.
 */
import { keyCopy, keyEquals } from "../../../memory/bytes";
import { ERR_INVALID_ACCOUNT_DATA, ERR_NOT_ENOUGH_ACCOUNT_KEYS } from "../../errors";
import { bpfData, bpfDataLen, bpfDataMut, bpfLamports, ixKey, rentExemptMinimum } from "../../runtime/context";
import { checkOwner, checkRentSysvar } from "./accounts";
import { also, alsoMembers, FREEZE_AUTHORITY_GIVEN, NATIVE_ACCOUNT, NATIVE_ACCOUNT_FORM_1 } from "./compute-units";
import {
  ALREADY_IN_USE,
  INVALID_INSTRUCTION,
  INVALID_MINT,
  INVALID_NUMBER_OF_PROVIDED_SIGNERS,
  INVALID_NUMBER_OF_REQUIRED_SIGNERS,
  NOT_RENT_EXEMPT,
} from "./error";
import { KEY_NATIVE_MINT } from "./keys";
import {
  ACCOUNT_AMOUNT,
  ACCOUNT_IS_NATIVE,
  ACCOUNT_MINT,
  ACCOUNT_NATIVE_RESERVE,
  ACCOUNT_OWNER,
  ACCOUNT_SIZE,
  ACCOUNT_STATE,
  checkMint,
  MAX_SIGNERS,
  MINT_AUTHORITY,
  MINT_DECIMALS,
  MINT_FREEZE_AUTHORITY,
  MINT_INITIALIZED,
  MINT_SIZE,
  MULTISIG_INITIALIZED,
  MULTISIG_M,
  MULTISIG_N,
  MULTISIG_SIGNERS,
  MULTISIG_SIZE,
  setOption,
  STATE_FROZEN,
  STATE_INITIALIZED,
} from "./state";

/** 0 when `data` has the size and its state byte at `at` says: not initialised yet. */
function checkUnused(data: usize, len: u32, size: u32, at: usize, highest: u8): i32 {
  if (len != size) return ERR_INVALID_ACCOUNT_DATA;
  const state = load<u8>(data + at);
  if (state == 0) return 0;
  return state <= highest ? ALREADY_IN_USE : ERR_INVALID_ACCOUNT_DATA;
}

/** Data: u8 decimals, key mint authority, u8 has freeze authority, key freeze authority. Accounts: mint, (rent). */
export function initializeMint(first: u32, end: u32, data: usize, len: u32, rentGiven: bool): i32 {
  if (len < 35) return INVALID_INSTRUCTION;
  const hasFreeze = load<u8>(data, 34);
  if (hasFreeze > 1 || (hasFreeze == 1 && len < 67)) return INVALID_INSTRUCTION;
  const needed: u32 = rentGiven ? 2 : 1;
  if (end - first < needed) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  let bad = rentGiven ? checkRentSysvar(first + 1) : 0;
  if (bad) return bad;
  const size = bpfDataLen(first);
  bad = checkUnused(bpfData(first), size, MINT_SIZE, MINT_INITIALIZED, 1);
  if (bad) return bad;
  if (bpfLamports(first) < rentExemptMinimum(size)) return NOT_RENT_EXEMPT;
  const mint = bpfDataMut(first);
  store<u8>(mint, 1, MINT_INITIALIZED);
  setOption(mint + MINT_AUTHORITY, data + 2);
  store<u8>(mint, load<u8>(data, 1), MINT_DECIMALS);
  if (hasFreeze) {
    also(FREEZE_AUTHORITY_GIVEN);
    setOption(mint + MINT_FREEZE_AUTHORITY, data + 35);
  }
  return 0;
}

/** Accounts: account, mint, owner, rent. */
export function initializeAccount(first: u32, end: u32): i32 {
  if (end - first < 3) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  return openAccount(first, end, ixKey(first + 2), first + 3, true);
}

/** Data: key owner. Accounts: account, mint, (rent). */
export function initializeAccountFor(first: u32, end: u32, data: usize, len: u32, rentGiven: bool): i32 {
  if (len < 33) return INVALID_INSTRUCTION;
  if (end - first < 2) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  return openAccount(first, end, data + 1, first + 2, rentGiven);
}

// @ts-ignore: decorator
@inline
function openAccount(first: u32, end: u32, owner: usize, rent: u32, rentGiven: bool): i32 {
  let bad = 0;
  if (rentGiven) {
    if (rent >= end) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
    bad = checkRentSysvar(rent);
    if (bad) return bad;
  }
  const size = bpfDataLen(first);
  bad = checkUnused(bpfData(first), size, ACCOUNT_SIZE, ACCOUNT_STATE, STATE_FROZEN);
  if (bad) return bad;
  const lamports = bpfLamports(first);
  const reserve = rentExemptMinimum(size);
  if (lamports < reserve) return NOT_RENT_EXEMPT;
  const mintKey = ixKey(first + 1);
  const native = keyEquals(mintKey, KEY_NATIVE_MINT);
  if (!native) {
    bad = checkOwner(first + 1);
    if (bad) return bad;
    if (checkMint(bpfData(first + 1), bpfDataLen(first + 1))) return INVALID_MINT;
  }
  const account = bpfDataMut(first);
  store<u8>(account, STATE_INITIALIZED, ACCOUNT_STATE);
  keyCopy(account + ACCOUNT_MINT, mintKey);
  keyCopy(account + ACCOUNT_OWNER, owner);
  if (native) {
    also(rent == first + 3 ? NATIVE_ACCOUNT_FORM_1 : NATIVE_ACCOUNT);
    store<u8>(account, 1, ACCOUNT_IS_NATIVE);
    store<u64>(account, reserve, ACCOUNT_NATIVE_RESERVE);
    store<u64>(account, lamports - reserve, ACCOUNT_AMOUNT);
  }
  return 0;
}

/** Data: u8 m. Accounts: multisig, (rent), members... */
export function initializeMultisig(first: u32, end: u32, data: usize, len: u32, rentGiven: bool): i32 {
  if (len < 2) return INVALID_INSTRUCTION;
  const members = first + (rentGiven ? 2 : 1);
  if (end < members) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  let bad = rentGiven ? checkRentSysvar(first + 1) : 0;
  if (bad) return bad;
  const size = bpfDataLen(first);
  bad = checkUnused(bpfData(first), size, MULTISIG_SIZE, MULTISIG_INITIALIZED, 1);
  if (bad) return bad;
  if (bpfLamports(first) < rentExemptMinimum(size)) return NOT_RENT_EXEMPT;
  const n = end - members;
  const m = load<u8>(data, 1);
  if (n < 1 || n > MAX_SIGNERS) return INVALID_NUMBER_OF_PROVIDED_SIGNERS;
  if (m < 1 || m > <u8>MAX_SIGNERS) return INVALID_NUMBER_OF_REQUIRED_SIGNERS;
  alsoMembers(n, rentGiven);
  const multisig = bpfDataMut(first);
  store<u8>(multisig, m, MULTISIG_M);
  store<u8>(multisig, <u8>n, MULTISIG_N);
  for (let i: u32 = 0; i < n; i++) keyCopy(multisig + MULTISIG_SIGNERS + (<usize>i << 5), ixKey(members + i));
  store<u8>(multisig, 1, MULTISIG_INITIALIZED);
  return 0;
}

/** Only checks that the account is still free: every Token account's owner can be changed, whatever this says. */
export function initializeImmutableOwner(first: u32, end: u32): i32 {
  if (end == first) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  return checkUnused(bpfData(first), bpfDataLen(first), ACCOUNT_SIZE, ACCOUNT_STATE, STATE_FROZEN);
}
