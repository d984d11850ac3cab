/**
 * Mints and token accounts of the SPL Token program, read from account data (spl-token-interface, state.rs: Mint 82 bytes,
 * Account 165, Multisig 355). Token-2022 data carries the same base and its extensions after it (token-extensions.ts).
 */
import { viewOf } from "../protocol/bytes.ts";

export const MINT_SIZE = 82;
export const TOKEN_ACCOUNT_SIZE = 165;
export const MULTISIG_SIZE = 355;
/** Of the confidential extensions (solana-zk-sdk-pod). */
export const AE_CIPHERTEXT_SIZE = 36;
export const ELGAMAL_KEY_SIZE = 32;
export const ELGAMAL_CIPHERTEXT_SIZE = 64;
const MAX_SIGNERS = 11;
/** Of data longer than an account: what byte 165 says it is (Token-2022). */
export const TYPE_MINT = 1;
export const TYPE_ACCOUNT = 2;

export interface Mint {
  readonly mintAuthority: Uint8Array | null;
  readonly supply: bigint;
  readonly decimals: number;
  readonly freezeAuthority: Uint8Array | null;
}

export interface TokenAccount {
  readonly mint: Uint8Array;
  readonly owner: Uint8Array;
  readonly amount: bigint;
  readonly delegate: Uint8Array | null;
  readonly state: (typeof ACCOUNT_STATES)[number];
  /** Rent-exempt reserve of a native account. */
  readonly isNative: bigint | null;
  readonly delegatedAmount: bigint;
  readonly closeAuthority: Uint8Array | null;
}

export interface Multisig {
  readonly required: number;
  readonly valid: number;
  readonly signers: readonly Uint8Array[];
}

/** COption: u32 tag, then the value. `undefined`: no valid tag. */
function optionKey(data: Uint8Array, at: number): Uint8Array | null | undefined {
  const tag = viewOf(data).getUint32(at, true);
  if (tag > 1) return undefined;
  return tag === 1 ? data.subarray(at + 4, at + 36) : null;
}

function hasType(data: Uint8Array, baseSize: number, type: number): boolean {
  if (data.length === baseSize) return true;
  if (data.length <= TOKEN_ACCOUNT_SIZE || data.length === MULTISIG_SIZE) return false;
  return data[TOKEN_ACCOUNT_SIZE] === type && data.subarray(baseSize, TOKEN_ACCOUNT_SIZE).every((byte) => byte === 0);
}

/** `null`: not an initialised mint. */
export function readMint(data: Uint8Array): Mint | null {
  if (!hasType(data, MINT_SIZE, TYPE_MINT) || data[45] !== 1) return null;
  const mintAuthority = optionKey(data, 0);
  const freezeAuthority = optionKey(data, 46);
  if (mintAuthority === undefined || freezeAuthority === undefined) return null;
  return { mintAuthority, supply: viewOf(data).getBigUint64(36, true), decimals: data[44]!, freezeAuthority };
}

export const ACCOUNT_STATES = ["uninitialized", "initialized", "frozen"] as const;

/** `null`: not an initialised token account. */
export function readTokenAccount(data: Uint8Array): TokenAccount | null {
  if (!hasType(data, TOKEN_ACCOUNT_SIZE, TYPE_ACCOUNT)) return null;
  const view = viewOf(data);
  const state = ACCOUNT_STATES[data[108]!];
  const delegate = optionKey(data, 72);
  const closeAuthority = optionKey(data, 129);
  const nativeTag = view.getUint32(109, true);
  if (state === undefined || state === "uninitialized") return null;
  if (delegate === undefined || closeAuthority === undefined || nativeTag > 1) return null;
  return {
    mint: data.subarray(0, 32),
    owner: data.subarray(32, 64),
    amount: view.getBigUint64(64, true),
    delegate,
    state,
    isNative: nativeTag === 1 ? view.getBigUint64(113, true) : null,
    delegatedAmount: view.getBigUint64(121, true),
    closeAuthority,
  };
}

export function readMultisig(data: Uint8Array): Multisig | null {
  if (data.length !== MULTISIG_SIZE || data[2] !== 1) return null;
  const signers = Array.from({ length: MAX_SIGNERS }, (_, i) => data.subarray(3 + i * 32, 35 + i * 32));
  return { required: data[0]!, valid: data[1]!, signers: signers.filter((key) => key.some((byte) => byte !== 0)) };
}
