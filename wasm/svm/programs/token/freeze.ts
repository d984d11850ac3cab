/**
 * FreezeAccount and ThawAccount. Accounts: account, mint, freeze authority, members...
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/processor/shared/toggle_account_state.rs.
 */
import { keyEquals } from "../../../memory/bytes";
import { ERR_NOT_ENOUGH_ACCOUNT_KEYS } from "../../errors";
import { bpfData, bpfDataLen, bpfDataMut, ixKey } from "../../runtime/context";
import { checkAuthority } from "./authority";
import { INVALID_STATE, MINT_CANNOT_FREEZE, MINT_MISMATCH, NATIVE_NOT_SUPPORTED } from "./error";
import {
  ACCOUNT_MINT,
  ACCOUNT_STATE,
  checkAccount,
  checkMint,
  hasOption,
  isFrozen,
  isNative,
  MINT_FREEZE_AUTHORITY,
  OPTION_KEY,
  STATE_FROZEN,
  STATE_INITIALIZED,
} from "./state";

export function toggleFrozen(first: u32, end: u32, freeze: bool): i32 {
  if (end - first < 3) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  const account = bpfData(first);
  let bad = checkAccount(account, bpfDataLen(first));
  if (bad) return bad;
  if (isFrozen(account) == freeze) return INVALID_STATE;
  if (isNative(account)) return NATIVE_NOT_SUPPORTED;
  const mintIndex = first + 1;
  if (!keyEquals(ixKey(mintIndex), account + ACCOUNT_MINT)) return MINT_MISMATCH;
  const mint = bpfData(mintIndex);
  bad = checkMint(mint, bpfDataLen(mintIndex));
  if (bad) return bad;
  if (!hasOption(mint + MINT_FREEZE_AUTHORITY)) return MINT_CANNOT_FREEZE;
  bad = checkAuthority(mint + MINT_FREEZE_AUTHORITY + OPTION_KEY, first + 2, end);
  if (bad) return bad;
  store<u8>(bpfDataMut(first), freeze ? STATE_FROZEN : STATE_INITIALIZED, ACCOUNT_STATE);
  return 0;
}
