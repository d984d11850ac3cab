/**
 * A lookup table's account (program/src/state.rs, bincode):
 *
 *   0 u32 kind (0 uninitialised, 1 table) | 4 u64 deactivation slot (u64::MAX: active) | 12 u64 slot of the last extension
 *   20 u8 first address of that extension | 21 u8 has authority | 22 key | (54 u16 padding) | 56 addresses
 */
import { keyCopy } from "../../../memory/bytes";
import { ERR_INVALID_ACCOUNT_DATA, ERR_UNINITIALIZED_ACCOUNT } from "../../errors";

export const TABLE_DEACTIVATION_SLOT: usize = 4;
export const TABLE_LAST_EXTENDED_SLOT: usize = 12;
export const TABLE_LAST_EXTENDED_START: usize = 20;
const TABLE_HAS_AUTHORITY: usize = 21;
export const TABLE_AUTHORITY: usize = 22;
export const TABLE_META: u32 = 56;
export const TABLE_MAX_ADDRESSES: u32 = 256;
export const NEVER: u64 = u64.MAX_VALUE;

/** 0 when `data` hold a table. */
export function readTable(data: usize, len: u32): i32 {
  if (len < 4) return ERR_INVALID_ACCOUNT_DATA;
  const kind = load<u32>(data);
  if (kind == 0) return ERR_UNINITIALIZED_ACCOUNT;
  // Shorter than the fixed part, an authority that is neither there nor not, half an address.
  if (kind != 1 || len < TABLE_META || load<u8>(data, TABLE_HAS_AUTHORITY) > 1 || (len - TABLE_META) & 31) return ERR_INVALID_ACCOUNT_DATA;
  return 0;
}

// @ts-ignore: decorator
@inline
export function hasAuthority(data: usize): bool {
  return load<u8>(data, TABLE_HAS_AUTHORITY) == 1;
}

/** Writes the fixed part anew; what its shorter form leaves over becomes zero. */
export function writeMeta(data: usize, deactivation: u64, lastExtended: u64, lastStart: u32, authority: usize): void {
  memory.fill(data, 0, TABLE_META);
  store<u32>(data, 1);
  store<u64>(data, deactivation, TABLE_DEACTIVATION_SLOT);
  store<u64>(data, lastExtended, TABLE_LAST_EXTENDED_SLOT);
  store<u8>(data, <u8>lastStart, TABLE_LAST_EXTENDED_START);
  if (!authority) return;
  store<u8>(data, 1, TABLE_HAS_AUTHORITY);
  keyCopy(data + TABLE_AUTHORITY, authority);
}
