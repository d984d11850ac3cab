/** Calls of System and Token that the Associated Token program makes. */
import { keyCopy, keyEquals } from "../../../memory/bytes";
import { WK_SYSTEM, wellKnownKey } from "../../../transaction/well-known";
import { invoke } from "../../runtime/context";
import { KEY_TOKEN, KEY_TOKEN_2022 } from "../token/keys";

const META_BYTES: u32 = 40;
const READ: u32 = 0;
const SIGN: u32 = 1;
const WRITE: u32 = 2;
const metas: usize = memory.data(160, 8);
const data: usize = memory.data(56, 8);

function meta(i: u32, key: usize, role: u32): void {
  const m = metas + i * META_BYTES;
  keyCopy(m, key);
  store<u64>(m, (role & SIGN) | (role & WRITE ? 256 : 0), 32);
}

// ── System: u32 instruction, then its fields ───────────────────────────────────────────────────────────────────────────

function system(accounts: u32, len: u32, pda: usize): i32 {
  return invoke(wellKnownKey(WK_SYSTEM), metas, accounts, data, len, pda, pda ? 1 : 0);
}

export function systemCreateAccount(payer: usize, account: usize, lamports: u64, space: u64, owner: usize): i32 {
  meta(0, payer, WRITE | SIGN);
  meta(1, account, WRITE | SIGN);
  store<u32>(data, 0);
  store<u64>(data, lamports, 4);
  store<u64>(data, space, 12);
  keyCopy(data + 20, owner);
  return system(2, 52, account);
}

export function systemTransfer(from: usize, to: usize, lamports: u64): i32 {
  meta(0, from, WRITE | SIGN);
  meta(1, to, WRITE);
  store<u32>(data, 2);
  store<u64>(data, lamports, 4);
  return system(2, 12, 0);
}

export function systemAllocate(account: usize, space: u64): i32 {
  meta(0, account, WRITE | SIGN);
  store<u32>(data, 8);
  store<u64>(data, space, 4);
  return system(1, 12, account);
}

export function systemAssign(account: usize, owner: usize): i32 {
  meta(0, account, WRITE | SIGN);
  store<u32>(data, 1);
  keyCopy(data + 4, owner);
  return system(1, 36, account);
}

/** Token or Token-2022: no other program is asked. */
export function isTokenProgram(program: usize): bool {
  return keyEquals(program, KEY_TOKEN) || keyEquals(program, KEY_TOKEN_2022);
}

// ── Token: u8 instruction, then its fields ─────────────────────────────────────────────────────────────────────────────

/** GetAccountDataSize of an account with an immutable owner (extension 7); the size is the return data. */
export function tokenAccountSize(program: usize, mint: usize): i32 {
  meta(0, mint, READ);
  store<u32>(data, 21 | (7 << 8));
  return invoke(program, metas, 1, data, 3, 0, 0);
}

export function tokenInitializeImmutableOwner(program: usize, account: usize): i32 {
  meta(0, account, WRITE);
  store<u8>(data, 22);
  return invoke(program, metas, 1, data, 1, 0, 0);
}

export function tokenInitializeAccount3(program: usize, account: usize, mint: usize, owner: usize): i32 {
  meta(0, account, WRITE);
  meta(1, mint, READ);
  store<u8>(data, 18);
  keyCopy(data + 1, owner);
  return invoke(program, metas, 2, data, 33, 0, 0);
}

export function tokenTransferChecked(
  program: usize,
  from: usize,
  mint: usize,
  to: usize,
  owner: usize,
  amount: u64,
  decimals: u32,
): i32 {
  meta(0, from, WRITE);
  meta(1, mint, READ);
  meta(2, to, WRITE);
  meta(3, owner, SIGN);
  store<u8>(data, 12);
  store<u64>(data, amount, 1);
  store<u8>(data, <u8>decimals, 9);
  return invoke(program, metas, 4, data, 10, owner, 1);
}

export function tokenCloseAccount(program: usize, account: usize, to: usize, owner: usize): i32 {
  meta(0, account, WRITE);
  meta(1, to, WRITE);
  meta(2, owner, SIGN);
  store<u8>(data, 9);
  return invoke(program, metas, 3, data, 1, owner, 1);
}
