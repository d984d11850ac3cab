/**
 * Nonce accounts: u32 version (0 legacy, 1 current), u32 state (0 uninitialised, 1 initialised), authority, value, u64 lamports per signature.
 * 80 bytes; an uninitialised state may be shorter. Source: solana-sdk nonce/src/{state,versions}.rs.
 */
import { ACC_DATA, ACC_DATA_LEN } from "../../state/account";

export const NONCE_SIZE: u32 = 80;
export const NONCE_VERSION: usize = 0;
export const NONCE_STATE: usize = 4;
export const NONCE_AUTHORITY: usize = 8;
export const NONCE_VALUE: usize = 40;
export const NONCE_LAMPORTS_PER_SIGNATURE: usize = 72;

export const NONCE_INVALID: i32 = -1;
export const NONCE_UNINITIALIZED: i32 = 0;
export const NONCE_INITIALIZED: i32 = 1;

/** State of the account's data; NONCE_INVALID where they do not decode. */
export function nonceState(record: usize): i32 {
  const len = load<u32>(record, ACC_DATA_LEN);
  const data: usize = load<u32>(record, ACC_DATA);
  if (len < 8 || load<u32>(data, NONCE_VERSION) > 1) return NONCE_INVALID;
  const state = load<u32>(data, NONCE_STATE);
  if (state == 0) return NONCE_UNINITIALIZED;
  return state == 1 && len >= NONCE_SIZE ? NONCE_INITIALIZED : NONCE_INVALID;
}

/** Writes an initialised state of the current version; authority and value may already be in place. */
export function nonceWrite(data: usize, authority: usize, value: usize, lamportsPerSignature: u64): void {
  store<u32>(data, 1, NONCE_VERSION);
  store<u32>(data, 1, NONCE_STATE);
  memory.copy(data + NONCE_AUTHORITY, authority, 32);
  memory.copy(data + NONCE_VALUE, value, 32);
  store<u64>(data, lamportsPerSignature, NONCE_LAMPORTS_PER_SIGNATURE);
}
