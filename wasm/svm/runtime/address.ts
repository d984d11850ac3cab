/** Program-derived addresses: sha256(seeds || program || marker), off the curve (solana-sdk address/src/{syscalls,lib}.rs). */
import { isOnCurve } from "../../crypto/curve";
import { sha256Final, sha256Init, sha256Update } from "../../crypto/sha256";
import { ERR_INVALID_SEEDS, ERR_MAX_SEED_LENGTH_EXCEEDED } from "../errors";

/** A seed: u32 pointer, u32 length. */
const SEED_LEN: usize = 4;
const MAX_SEEDS: u32 = 16;
const MAX_SEED_LEN: u32 = 32;
// "ProgramDerivedAddress"
const MARKER: usize = memory.data<u8>([
  80, 114, 111, 103, 114, 97, 109, 68, 101, 114, 105, 118, 101, 100, 65, 100, 100, 114, 101, 115, 115,
]);
const MARKER_LEN: u32 = 21;
const bumpByte: usize = memory.data(1);

function derive(program: usize, seeds: usize, num: u32, bump: i32, out: usize): i32 {
  if (num + (bump >= 0 ? 1 : 0) > MAX_SEEDS) return ERR_MAX_SEED_LENGTH_EXCEEDED;
  sha256Init();
  for (let i: u32 = 0; i < num; i++) {
    const len = load<u32>(seeds + i * 8, SEED_LEN);
    if (len > MAX_SEED_LEN) return ERR_MAX_SEED_LENGTH_EXCEEDED;
    sha256Update(load<u32>(seeds + i * 8), len);
  }
  if (bump >= 0) {
    store<u8>(bumpByte, <u8>bump);
    sha256Update(bumpByte, 1);
  }
  sha256Update(program, 32);
  sha256Update(MARKER, MARKER_LEN);
  sha256Final(out);
  return isOnCurve(out) ? ERR_INVALID_SEEDS : 0;
}

/** 0 and the address in `out`, or ERR_MAX_SEED_LENGTH_EXCEEDED, ERR_INVALID_SEEDS. seeds: num x {u32 ptr, u32 len}. */
export function createProgramAddress(program: usize, seeds: usize, num: u32, out: usize): i32 {
  return derive(program, seeds, num, -1, out);
}

/** The bump (255 downwards) and the address in `out`, or -1. */
export function findProgramAddress(program: usize, seeds: usize, num: u32, out: usize): i32 {
  for (let bump: i32 = 255; bump > 0; bump--) {
    const error = derive(program, seeds, num, bump, out);
    if (!error) return bump;
    if (error != ERR_INVALID_SEEDS) return -1;
  }
  return -1;
}
