/** System instructions as bytes, every field free to be wrong. */
import type { Instruction } from "@solana/kit";
import { instruction, type Key, keyBytes, SYSTEM } from "./harness.ts";

export const u32 = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
export const u64 = (n: bigint): number[] => Array.from({ length: 8 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
export const text = (s: string | Uint8Array): number[] => {
  const bytes = typeof s === "string" ? new TextEncoder().encode(s) : s;
  return [...u64(BigInt(bytes.length)), ...bytes];
};
const key = (k: Key): number[] => [...keyBytes(k)];

export const RECENT_BLOCKHASHES = "SysvarRecentB1ockHashes11111111111111111111";
export const RENT = "SysvarRent111111111111111111111111111111111";

export type Accounts = readonly [Key, string][];
export const system = (accounts: Accounts, data: ArrayLike<number>): Instruction => instruction(SYSTEM, accounts, data);

export const createAccount = (accounts: Accounts, lamports: bigint, space: bigint, owner: Key): Instruction =>
  system(accounts, [...u32(0), ...u64(lamports), ...u64(space), ...key(owner)]);
export const assign = (accounts: Accounts, owner: Key): Instruction => system(accounts, [...u32(1), ...key(owner)]);
export const transfer = (accounts: Accounts, lamports: bigint): Instruction =>
  system(accounts, [...u32(2), ...u64(lamports)]);
/** A transfer signed by `from`. */
export const move = (from: Key, to: Key, lamports: bigint): Instruction =>
  transfer(
    [
      [from, "ws"],
      [to, "w"],
    ],
    lamports,
  );
export const createAccountWithSeed = (
  accounts: Accounts,
  base: Key,
  seed: string | Uint8Array,
  lamports: bigint,
  space: bigint,
  owner: Key,
): Instruction =>
  system(accounts, [...u32(3), ...key(base), ...text(seed), ...u64(lamports), ...u64(space), ...key(owner)]);
export const advanceNonce = (accounts: Accounts): Instruction => system(accounts, u32(4));
export const withdrawNonce = (accounts: Accounts, lamports: bigint): Instruction =>
  system(accounts, [...u32(5), ...u64(lamports)]);
export const initializeNonce = (accounts: Accounts, authority: Key): Instruction =>
  system(accounts, [...u32(6), ...key(authority)]);
export const authorizeNonce = (accounts: Accounts, authority: Key): Instruction =>
  system(accounts, [...u32(7), ...key(authority)]);
export const allocate = (accounts: Accounts, space: bigint): Instruction =>
  system(accounts, [...u32(8), ...u64(space)]);
export const allocateWithSeed = (
  accounts: Accounts,
  base: Key,
  seed: string | Uint8Array,
  space: bigint,
  owner: Key,
): Instruction => system(accounts, [...u32(9), ...key(base), ...text(seed), ...u64(space), ...key(owner)]);
export const assignWithSeed = (accounts: Accounts, base: Key, seed: string | Uint8Array, owner: Key): Instruction =>
  system(accounts, [...u32(10), ...key(base), ...text(seed), ...key(owner)]);
export const transferWithSeed = (
  accounts: Accounts,
  lamports: bigint,
  seed: string | Uint8Array,
  owner: Key,
): Instruction => system(accounts, [...u32(11), ...u64(lamports), ...text(seed), ...key(owner)]);
export const upgradeNonce = (accounts: Accounts): Instruction => system(accounts, u32(12));
export const createAccountAllowPrefund = (
  accounts: Accounts,
  lamports: bigint,
  space: bigint,
  owner: Key,
): Instruction => system(accounts, [...u32(13), ...u64(lamports), ...u64(space), ...key(owner)]);
