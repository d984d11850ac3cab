/**
 * Token accounts and mints as the Associated Token program reads them: spl-token-2022 0.5, StateWithExtensions::unpack. It is stricter than the
 * Token program about tags and it takes accounts with extensions.
 *
 *   base (account 165, mint 82) | zeros up to 165 | u8 kind (1 mint, 2 account) | extensions
 */
import { ERR_INVALID_ACCOUNT_DATA, ERR_UNINITIALIZED_ACCOUNT } from "../../errors";

const ACCOUNT_BYTES: u32 = 165;
const MINT_BYTES: u32 = 82;
const MULTISIG_BYTES: u32 = 355;
const KIND_MINT: u8 = 1;
const KIND_ACCOUNT: u8 = 2;

export const ACCOUNT_MINT: usize = 0;
export const ACCOUNT_OWNER: usize = 32;
export const ACCOUNT_AMOUNT: usize = 64;
export const MINT_DECIMALS: usize = 44;

// @ts-ignore: decorator
@inline
function isTag(p: usize): bool {
  return load<u32>(p) <= 1;
}

/** Whether what follows the base says that it is of this kind. */
function kindIs(data: usize, len: u32, base: u32, kind: u8): bool {
  if (len == base) return true;
  if (len <= ACCOUNT_BYTES + 1) return false; // a kind and nothing behind it is refused too
  for (let i = base; i < ACCOUNT_BYTES; i++) if (load<u8>(data + i)) return false;
  return load<u8>(data + ACCOUNT_BYTES) == kind;
}

/** 0 when `data` hold an initialised token account. */
export function readAccount(data: usize, len: u32): i32 {
  if (len == MULTISIG_BYTES || len < ACCOUNT_BYTES) return ERR_INVALID_ACCOUNT_DATA;
  const state = load<u8>(data, 108);
  if (!isTag(data + 72) || !isTag(data + 109) || !isTag(data + 129) || state > 2) return ERR_INVALID_ACCOUNT_DATA;
  if (!state) return ERR_UNINITIALIZED_ACCOUNT;
  return kindIs(data, len, ACCOUNT_BYTES, KIND_ACCOUNT) ? 0 : ERR_INVALID_ACCOUNT_DATA;
}

/** 0 when `data` hold an initialised mint. */
export function readMint(data: usize, len: u32): i32 {
  if (len == MULTISIG_BYTES || len < MINT_BYTES) return ERR_INVALID_ACCOUNT_DATA;
  const initialised = load<u8>(data, 45);
  if (!isTag(data) || !isTag(data + 46) || initialised > 1) return ERR_INVALID_ACCOUNT_DATA;
  if (!initialised) return ERR_UNINITIALIZED_ACCOUNT;
  return kindIs(data, len, MINT_BYTES, KIND_MINT) ? 0 : ERR_INVALID_ACCOUNT_DATA;
}
