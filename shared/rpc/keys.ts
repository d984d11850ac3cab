/** Addresses that the RPC layer knows by name, in base58. */
import { decodeBase58 } from "./base58.ts";

export const SYSTEM_PROGRAM = "11111111111111111111111111111111";
export const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
export const ASSOCIATED_TOKEN_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
export const MEMO_V1_PROGRAM = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo";
export const MEMO_V3_PROGRAM = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
export const MEMO_V4_PROGRAM = "Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH";
export const ADDRESS_LOOKUP_TABLE_PROGRAM = "AddressLookupTab1e1111111111111111111111111";
/** Programdata of Token and of Address Lookup Table. */
export const TOKEN_PROGRAM_DATA = "3gvYRKWyXRR9xKWe1ZjPhLY5ZJRN7KDB4rFZFGoJfFk2";
export const ADDRESS_LOOKUP_TABLE_DATA = "4zSpbk5jGQyMmUrqCSjFZbRKwsrMXBPsyTzjhJEAsefG";
export const VOTE_PROGRAM = "Vote111111111111111111111111111111111111111";
export const STAKE_PROGRAM = "Stake11111111111111111111111111111111111111";
export const STAKE_CONFIG = "StakeConfig11111111111111111111111111111111";
export const CONFIG_PROGRAM = "Config1111111111111111111111111111111111111";
/** Marks accounts of the Config program that describe a validator (Agave's account-decoder, validator_info.rs). */
export const VALIDATOR_INFO = "Va1idator1nfo111111111111111111111111111111";
export const FEATURE_PROGRAM = "Feature111111111111111111111111111111111111";
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
export const SYSVAR_SLOT_HISTORY = "SysvarS1otHistory11111111111111111111111111";
export const SYSVAR_STAKE_HISTORY = "SysvarStakeHistory1111111111111111111111111";

export const BPF_LOADER = "BPFLoader1111111111111111111111111111111111";
/** Of networks for development: wasm/svm/programs/dev-network. */
export const DEV_NETWORK_PROGRAM = "DevNetwork111111111111111111111111111111111";
export const BPF_LOADER_2 = "BPFLoader2111111111111111111111111111111111";
export const BPF_LOADER_UPGRADEABLE = "BPFLoaderUpgradeab1e11111111111111111111111";

/** Agave's reserved account keys: a write lock that a message asks for on one of them is a read lock. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set([
  SYSTEM_PROGRAM,
  ADDRESS_LOOKUP_TABLE_PROGRAM,
  BPF_LOADER_UPGRADEABLE,
  SYSVAR_OWNER,
  SYSVAR_CLOCK,
  SYSVAR_EPOCH_REWARDS,
  SYSVAR_EPOCH_SCHEDULE,
  SYSVAR_FEES,
  SYSVAR_LAST_RESTART_SLOT,
  SYSVAR_RECENT_BLOCKHASHES,
  SYSVAR_RENT,
  SYSVAR_REWARDS,
  SYSVAR_SLOT_HASHES,
  SYSVAR_SLOT_HISTORY,
  SYSVAR_STAKE_HISTORY,
  "ComputeBudget111111111111111111111111111111",
  BPF_LOADER,
  BPF_LOADER_2,
  "LoaderV411111111111111111111111111111111111",
  VOTE_PROGRAM,
  STAKE_PROGRAM,
  STAKE_CONFIG,
  CONFIG_PROGRAM,
  FEATURE_PROGRAM,
  "Ed25519SigVerify111111111111111111111111111",
  "KeccakSecp256k11111111111111111111111111111",
  "Secp256r1SigVerify1111111111111111111111111",
  "ZkE1Gama1Proof11111111111111111111111111111",
  "ZkTokenProof1111111111111111111111111111111",
  "NativeLoader1111111111111111111111111111111",
  "Sysvar1nstructions1111111111111111111111111",
]);

/** Reserved keys whose accounts a shard stores like any other (twin: wasm/transaction/well-known.ts). */
export const STORED_RESERVED_KEYS: ReadonlySet<string> = new Set([
  STAKE_PROGRAM,
  STAKE_CONFIG,
  CONFIG_PROGRAM,
  FEATURE_PROGRAM,
]);

/** The 32 bytes of a known address. */
export function keyBytes(address: string): Uint8Array {
  const bytes = decodeBase58(address);
  if (bytes?.length !== 32) throw new Error(`not an address: ${address}`);
  return bytes;
}

export function isTokenProgram(address: string): boolean {
  return address === TOKEN_PROGRAM || address === TOKEN_2022_PROGRAM;
}
