/**
 * Sums and multiples of points of edwards25519, from bytes and to bytes, as curve25519-dalek 4.1 has them for Solana's system calls.
 * Points are decompressed as in curve.ts: a y >= p and a zero x with a sign are points too. An encoding written here is canonical.
 */
import { decompress4 } from "./decompress-lanes";
import { fe4GetLane } from "./fe4";
import { feFromBytes, feInvert, feIsOdd, feToBytes } from "./fe";
import { feMul } from "./fe-mul";
import { laneNegateCached } from "./lane-point";

/** A cached point (lane-point.ts) and, 160 bytes behind it, its negative. */
export const EDWARDS_POINT: usize = 320;

const encodings: usize = memory.data(16, 16);
const outputs: usize = memory.data(16, 16);
const spare: usize = memory.data(160, 16);
const bytes: usize = memory.data(32, 16);
const x: usize = memory.data(80, 16);
const y: usize = memory.data(80, 16);
const z: usize = memory.data(80, 16);

/** Decompresses `count` encodings of 32 bytes to EDWARDS_POINT bytes each; false: one of them is no point. */
export function edwardsDecode(out: usize, from: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i += 4) {
    const n = min<u32>(4, count - i);
    for (let k: u32 = 0; k < 4; k++) {
      // Free lanes repeat the first encoding.
      const e = i + (k < n ? k : 0);
      store<u32>(encodings + (k << 2), <u32>(from + (e << 5)));
      store<u32>(outputs + (k << 2), <u32>(k < n ? out + <usize>e * EDWARDS_POINT : spare));
    }
    if (decompress4(encodings, outputs) != 15) return false;
  }
  for (let i: u32 = 0; i < count; i++) {
    const p = out + <usize>i * EDWARDS_POINT;
    laneNegateCached(p + 160, p);
  }
  return true;
}

/** Coordinate `lane` of an extended point (X Z T Y) as a field element. */
export function edwardsCoordinate(out: usize, p: usize, lane: u32): void {
  fe4GetLane(bytes, p, lane);
  feFromBytes(out, bytes);
}

/** The 32 bytes of an extended point: y, and the sign of x on top. */
export function edwardsEncode(out: usize, p: usize): void {
  edwardsCoordinate(z, p, 1);
  feInvert(z, z);
  edwardsCoordinate(x, p, 0);
  feMul(x, x, z);
  edwardsCoordinate(y, p, 3);
  feMul(y, y, z);
  feToBytes(out, y);
  if (feIsOdd(x)) store<u8>(out, load<u8>(out, 31) | 0x80, 31);
}
