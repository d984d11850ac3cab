/** The System program, called by the loader in its own name: no compute units of a call, and it may sign for a programdata address. */
import { keyCopy } from "../../../memory/bytes";
import { WK_SYSTEM, wellKnownKey } from "../../../transaction/well-known";
import { invoke } from "../../runtime/context";

const SYSTEM_CREATE_ACCOUNT: u32 = 0; // u64 lamports, u64 space, key owner
const SYSTEM_TRANSFER: u32 = 2; // u64 lamports
const META_BYTES: u32 = 40;
const SIGNS: u64 = 1;
const WRITES: u64 = 256;
const metas: usize = memory.data(120, 8);
const data: usize = memory.data(56, 8);

function meta(i: u32, key: usize, flags: u64): void {
  const m = metas + i * META_BYTES;
  keyCopy(m, key);
  store<u64>(m, flags, 32);
}

/**
 * Creates `account`, for which the loader signs, out of the payer's lamports. `drained` is named as well: its lamports are with the payer
 * already, and the sum over the accounts of the call must be what it was.
 */
export function createProgramdata(
  payer: usize,
  account: usize,
  drained: usize,
  lamports: u64,
  space: u64,
  owner: usize,
): i32 {
  store<u32>(data, SYSTEM_CREATE_ACCOUNT);
  store<u64>(data, lamports, 4);
  store<u64>(data, space, 12);
  keyCopy(data + 20, owner);
  meta(0, payer, SIGNS | WRITES);
  meta(1, account, SIGNS | WRITES);
  meta(2, drained, WRITES);
  return invoke(wellKnownKey(WK_SYSTEM), metas, 3, data, 52, account, 1);
}

export function transferLamports(from: usize, to: usize, lamports: u64): i32 {
  store<u32>(data, SYSTEM_TRANSFER);
  store<u64>(data, lamports, 4);
  meta(0, from, SIGNS | WRITES);
  meta(1, to, WRITES);
  return invoke(wellKnownKey(WK_SYSTEM), metas, 2, data, 12, 0, 0);
}
