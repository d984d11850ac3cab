/**
 * Layout of the three kinds of account that the Token program owns, and the checks made when one is opened.
 *
 *   mint (82)      0 u32 has mint authority | 4 key | 36 u64 supply | 44 u8 decimals | 45 u8 initialised | 46 u32 has freeze authority | 50 key
 *   account (165)  0 key mint | 32 key owner | 64 u64 amount | 72 u32 has delegate | 76 key | 108 u8 state | 109 u32 is native
 *                  113 u64 native reserve | 121 u64 delegated amount | 129 u32 has close authority | 133 key
 *   multisig (355) 0 u8 m | 1 u8 n | 2 u8 initialised | 3 eleven keys
 *
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/interface/src/state/{account,mint,multisig,mod}.rs. As there, an optional key is
 * present when the first byte of its tag is 1, and clearing it leaves the key where it is.
 */
import { keyCopy } from "../../../memory/bytes";
import { ERR_INVALID_ACCOUNT_DATA, ERR_UNINITIALIZED_ACCOUNT } from "../../errors";

export const MINT_AUTHORITY: usize = 0;
export const MINT_SUPPLY: usize = 36;
export const MINT_DECIMALS: usize = 44;
export const MINT_INITIALIZED: usize = 45;
export const MINT_FREEZE_AUTHORITY: usize = 46;
export const MINT_SIZE: u32 = 82;

export const ACCOUNT_MINT: usize = 0;
export const ACCOUNT_OWNER: usize = 32;
export const ACCOUNT_AMOUNT: usize = 64;
export const ACCOUNT_DELEGATE: usize = 72;
export const ACCOUNT_STATE: usize = 108;
export const ACCOUNT_IS_NATIVE: usize = 109;
export const ACCOUNT_NATIVE_RESERVE: usize = 113;
export const ACCOUNT_DELEGATED_AMOUNT: usize = 121;
export const ACCOUNT_CLOSE_AUTHORITY: usize = 129;
export const ACCOUNT_SIZE: u32 = 165;

export const STATE_INITIALIZED: u8 = 1;
export const STATE_FROZEN: u8 = 2;

export const MULTISIG_M: usize = 0;
export const MULTISIG_N: usize = 1;
export const MULTISIG_INITIALIZED: usize = 2;
export const MULTISIG_SIGNERS: usize = 3;
export const MULTISIG_SIZE: u32 = 355;
export const MAX_SIGNERS: u32 = 11;

/** Key of an optional-key field, behind its four-byte tag. */
export const OPTION_KEY: usize = 4;

// @ts-ignore: decorator
@inline
export function hasOption(field: usize): bool {
  return load<u8>(field) == 1;
}

// @ts-ignore: decorator
@inline
export function setOption(field: usize, key: usize): void {
  store<u8>(field, 1);
  keyCopy(field + OPTION_KEY, key);
}

/** `key` 0 = none: only the first byte of the tag changes. */
export function putOption(field: usize, key: usize): void {
  if (key) setOption(field, key);
  else store<u8>(field, 0);
}

/** 0 when `data` is an initialised token account. */
// @ts-ignore: decorator
@inline
export function checkAccount(data: usize, len: u32): i32 {
  if (len != ACCOUNT_SIZE) return ERR_INVALID_ACCOUNT_DATA;
  return checkStateByte(load<u8>(data, ACCOUNT_STATE), STATE_FROZEN);
}

/** 0 when `data` is an initialised mint. */
// @ts-ignore: decorator
@inline
export function checkMint(data: usize, len: u32): i32 {
  if (len != MINT_SIZE) return ERR_INVALID_ACCOUNT_DATA;
  return checkStateByte(load<u8>(data, MINT_INITIALIZED), 1);
}

/** 0 when `data` (of MULTISIG_SIZE bytes) is an initialised multisig. */
// @ts-ignore: decorator
@inline
export function checkMultisig(data: usize): i32 {
  return checkStateByte(load<u8>(data, MULTISIG_INITIALIZED), 1);
}

// @ts-ignore: decorator
@inline
function checkStateByte(state: u8, highest: u8): i32 {
  if (<u8>(state - 1) < highest) return 0;
  return state == 0 ? ERR_UNINITIALIZED_ACCOUNT : ERR_INVALID_ACCOUNT_DATA;
}

// @ts-ignore: decorator
@inline
export function isFrozen(account: usize): bool {
  return load<u8>(account, ACCOUNT_STATE) == STATE_FROZEN;
}

// @ts-ignore: decorator
@inline
export function isNative(account: usize): bool {
  return load<u8>(account, ACCOUNT_IS_NATIVE) == 1;
}
