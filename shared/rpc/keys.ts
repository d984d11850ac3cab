/** Addresses that the RPC layer knows by name, in base58. */
import { decodeBase58 } from "./base58.ts";

export const SYSTEM_PROGRAM = "11111111111111111111111111111111";
export const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
export const ASSOCIATED_TOKEN_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
export const MEMO_V1_PROGRAM = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo";
export const MEMO_V3_PROGRAM = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
export const ADDRESS_LOOKUP_TABLE_PROGRAM = "AddressLookupTab1e1111111111111111111111111";
export const NATIVE_MINT = "So11111111111111111111111111111111111111112";
export const SYSVAR_OWNER = "Sysvar1111111111111111111111111111111111111";
export const SYSVAR_CLOCK = "SysvarC1ock11111111111111111111111111111111";
export const SYSVAR_EPOCH_REWARDS = "SysvarEpochRewards1111111111111111111111111";
export const SYSVAR_EPOCH_SCHEDULE = "SysvarEpochSchedu1e111111111111111111111111";
export const SYSVAR_FEES = "SysvarFees111111111111111111111111111111111";
export const SYSVAR_LAST_RESTART_SLOT = "SysvarLastRestartS1ot1111111111111111111111";
export const SYSVAR_RECENT_BLOCKHASHES = "SysvarRecentB1ockHashes11111111111111111111";
export const SYSVAR_RENT = "SysvarRent111111111111111111111111111111111";
export const SYSVAR_REWARDS = "SysvarRewards111111111111111111111111111111";
export const SYSVAR_SLOT_HASHES = "SysvarS1otHashes111111111111111111111111111";
export const SYSVAR_STAKE_HISTORY = "SysvarStakeHistory1111111111111111111111111";

/** The 32 bytes of a known address. */
export function keyBytes(address: string): Uint8Array {
  const bytes = decodeBase58(address);
  if (bytes?.length !== 32) throw new Error(`not an address: ${address}`);
  return bytes;
}

export function isTokenProgram(address: string): boolean {
  return address === TOKEN_PROGRAM || address === TOKEN_2022_PROGRAM;
}
