/**
 * Decoding of System instructions: u32 variant, then its fields; strings are `u64 length, bytes`; trailing bytes are ignored.
 * Source: solana-sdk system-interface/src/instruction.rs; limits of bincode's limited_deserialize (PACKET_DATA_SIZE).
 */
import { ixData, ixDataLen } from "../../runtime/context";

export const SYS_CREATE_ACCOUNT: u32 = 0;
export const SYS_ASSIGN: u32 = 1;
export const SYS_TRANSFER: u32 = 2;
export const SYS_CREATE_ACCOUNT_WITH_SEED: u32 = 3;
export const SYS_ADVANCE_NONCE: u32 = 4;
export const SYS_WITHDRAW_NONCE: u32 = 5;
export const SYS_INITIALIZE_NONCE: u32 = 6;
export const SYS_AUTHORIZE_NONCE: u32 = 7;
export const SYS_ALLOCATE: u32 = 8;
export const SYS_ALLOCATE_WITH_SEED: u32 = 9;
export const SYS_ASSIGN_WITH_SEED: u32 = 10;
export const SYS_TRANSFER_WITH_SEED: u32 = 11;
export const SYS_UPGRADE_NONCE: u32 = 12;
export const SYS_CREATE_ACCOUNT_ALLOW_PREFUND: u32 = 13;

/** Bytes of instruction data that are read at most. */
const DATA_LIMIT: u32 = 1232;

let at: usize = 0;
let end: usize = 0;
let broken: bool = false;

// What the last instruction held. Keys are pointers into the instruction data.
export let variant: u32 = 0;
export let lamports: u64 = 0;
export let space: u64 = 0;
export let owner: usize = 0;
export let base: usize = 0;
export let seed: usize = 0;
export let seedLen: u32 = 0;

function take(n: u32): usize {
  const p = at;
  if (<usize>n > end - at) {
    broken = true;
    at = end;
    return ixData();
  }
  at += n;
  return p;
}

function takeU64(): u64 {
  const p = take(8);
  return broken ? 0 : load<u64>(p);
}

/** A length of bytes that begin well-formed UTF-8 at p, or 0. */
function utf8Step(p: usize, left: usize): u32 {
  const a: u32 = load<u8>(p);
  if (a < 0x80) return 1;
  if (a < 0xc2 || a > 0xf4 || left < 2) return 0;
  const b: u32 = load<u8>(p, 1);
  if (a < 0xe0) return (b & 0xc0) == 0x80 ? 2 : 0;
  if (left < 3 || (<u32>load<u8>(p, 2) & 0xc0) != 0x80) return 0;
  if (a < 0xf0) {
    const low: u32 = a == 0xe0 ? 0xa0 : 0x80;
    const high: u32 = a == 0xed ? 0x9f : 0xbf;
    return b >= low && b <= high ? 3 : 0;
  }
  const low: u32 = a == 0xf0 ? 0x90 : 0x80;
  const high: u32 = a == 0xf4 ? 0x8f : 0xbf;
  return left >= 4 && b >= low && b <= high && (<u32>load<u8>(p, 3) & 0xc0) == 0x80 ? 4 : 0;
}

function takeSeed(): void {
  const length = takeU64();
  if (broken || length > <u64>(end - at)) {
    broken = true;
    return;
  }
  seedLen = <u32>length;
  seed = take(seedLen);
  for (let i: u32 = 0; i < seedLen; ) {
    const step = utf8Step(seed + i, seedLen - i);
    if (!step) {
      broken = true;
      return;
    }
    i += step;
  }
}

/** Reads the running instruction; false where Agave answers InvalidInstructionData. */
export function decodeSystemInstruction(): bool {
  at = ixData();
  end = at + min(ixDataLen(), DATA_LIMIT);
  broken = false;
  const tag = take(4);
  if (broken) return false;
  variant = load<u32>(tag);
  switch (variant) {
    case SYS_CREATE_ACCOUNT:
    case SYS_CREATE_ACCOUNT_ALLOW_PREFUND:
      lamports = takeU64();
      space = takeU64();
      owner = take(32);
      break;
    case SYS_ASSIGN:
    case SYS_INITIALIZE_NONCE:
    case SYS_AUTHORIZE_NONCE:
      owner = take(32);
      break;
    case SYS_TRANSFER:
    case SYS_WITHDRAW_NONCE:
      lamports = takeU64();
      break;
    case SYS_ALLOCATE:
      space = takeU64();
      break;
    case SYS_CREATE_ACCOUNT_WITH_SEED:
      base = take(32);
      takeSeed();
      lamports = takeU64();
      space = takeU64();
      owner = take(32);
      break;
    case SYS_ALLOCATE_WITH_SEED:
      base = take(32);
      takeSeed();
      space = takeU64();
      owner = take(32);
      break;
    case SYS_ASSIGN_WITH_SEED:
      base = take(32);
      takeSeed();
      owner = take(32);
      break;
    case SYS_TRANSFER_WITH_SEED:
      lamports = takeU64();
      takeSeed();
      owner = take(32);
      break;
    case SYS_ADVANCE_NONCE:
    case SYS_UPGRADE_NONCE:
      break;
    default:
      return false;
  }
  return !broken;
}
