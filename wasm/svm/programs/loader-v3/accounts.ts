/** How the upgradeable loader's instructions reach their accounts, with the checks of Agave's instruction and borrowed accounts. */
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../../state/account";
import { keyEquals } from "../../../memory/bytes";
import { wellKnownKey } from "../../../transaction/well-known";
import { ERR_ARITHMETIC_OVERFLOW, ERR_INVALID_ARGUMENT, ERR_MISSING_ACCOUNT } from "../../errors";
import { accSetLamports, ixAcc, ixKey, ixNumAccounts, ixProgramId } from "../../runtime/context";

export function needAccounts(n: u32): i32 {
  return ixNumAccounts() < n ? ERR_MISSING_ACCOUNT : 0;
}

/** Account `i` must be a sysvar (sysvar_cache.rs get_sysvar_with_account_check). */
export function needSysvar(i: u32, index: i32): i32 {
  if (ixNumAccounts() <= i) return ERR_MISSING_ACCOUNT;
  return keyEquals(ixKey(i), wellKnownKey(index)) ? 0 : ERR_INVALID_ARGUMENT;
}

/** Whether two accounts of the instruction are one: Agave cannot borrow it twice (AccountBorrowFailed). */
export function sameAccount(i: u32, j: u32): bool {
  return ixAcc(i) == ixAcc(j);
}

export function ownedByLoader(i: u32): bool {
  return keyEquals(ixAcc(i) + ACC_OWNER, ixProgramId());
}
export function lamportsOf(i: u32): u64 {
  return load<u64>(ixAcc(i), ACC_LAMPORTS);
}
export function dataOf(i: u32): usize {
  return load<u32>(ixAcc(i), ACC_DATA);
}
export function dataLenOf(i: u32): u32 {
  return load<u32>(ixAcc(i), ACC_DATA_LEN);
}

export function addLamports(i: u32, lamports: u64): i32 {
  const held = lamportsOf(i);
  return held + lamports < held ? ERR_ARITHMETIC_OVERFLOW : accSetLamports(i, held + lamports);
}

/** Whether a stored authority (0: none) is this key. */
export function authorityIs(stored: usize, key: usize): bool {
  return stored != 0 && keyEquals(stored, key);
}
