/**
 * The curve BLS12-381 as Solana's system calls have it (SIMD-0388), with the encodings and checks of the crate solana-bls12-381-syscall 0.1.1,
 * which stands on blst.
 *
 *   Big-endian: the Zcash encoding: coordinates of 48 bytes, x of G2 as x1, x0, flags in the first byte:
 *   0x80 compressed, 0x40 infinity (everything else is 0), 0x20 y is the larger of y and -y (compressed only).
 *   Little-endian: every coordinate (48 bytes in G1, 96 in G2) turned around, so that the flags are in the last byte of x.
 *
 * Inside, everything is little-endian. blst reads no point with x = 0: none is in the groups.
 */
import { allZero, turned } from "./bytes";
import { BLS12_381, CURVE_ORDER } from "./constants";
import { curveConstant, curveUse, FP, fpFromWords, fpIsCanonical, fpIsLarger, fpIsZero, fpNeg, fpSqrt, fpToWords } from "./fp";
import { fp2IsLarger, fp2IsZero, fp2Neg, fp2Sqrt, FP2 } from "./fp2";
import { PAIR, PAIR_G2, pairingProduct } from "./pairing";
import {
  curveCube, pointAdd, pointFromAffine, pointInGroup, pointIsZero, pointMul, pointNeg, pointOnCurve, pointsOnTwist, pointToAffine, pointZero,
  POINT_Y,
} from "./point";

const FLAG_COMPRESSED: u32 = 0x80;
const FLAG_INFINITY: u32 = 0x40;
const FLAG_LARGER: u32 = 0x20;
const FLAGS: u32 = 0xe0;
const GT: u32 = 576;
/** Pairs of one pairing product. */
export const BLS_MAX_PAIRS: u32 = 8;

const buffer: usize = memory.data(192, 16);
const result: usize = memory.data(576, 16);
const scalar: usize = memory.data(32, 16);
const number: usize = memory.data(48, 16);
const p: usize = memory.data(336, 16);
const q: usize = memory.data(336, 16);
const pairs: usize = memory.data(6272, 16);

/** An element of Fp from 48 bytes; false: p or more. */
function readFp(out: usize, from: usize): bool {
  memory.copy(number, from, 48);
  if (!fpIsCanonical(number)) return false;
  fpFromWords(out, number);
  return true;
}

/** Coordinate `i` of an encoding, little-endian. */
function readCoordinate(out: usize, from: usize, g2: bool): bool {
  return g2 ? readFp(out, from) && readFp(out + FP, from + 48) : readFp(out, from);
}
function coordinateIsZero(a: usize, g2: bool): bool {
  return g2 ? fp2IsZero(a) : fpIsZero(a);
}

/** Little-endian bytes, in `buffer`, of a point of the curve; `inGroup`: of the group of order r. */
function readPoint(out: usize, from: usize, g2: bool, big: bool, inGroup: bool): bool {
  const size: u32 = g2 ? 96 : 48;
  if (big) turned(buffer, from, 2 * size, size);
  else memory.copy(buffer, from, 2 * size);
  pointsOnTwist(g2);
  pointZero(out);
  const flagByte = buffer + size - 1;
  const flags = load<u8>(flagByte) & FLAGS;
  if (flags == FLAG_INFINITY) {
    store<u8>(flagByte, load<u8>(flagByte) & 0x1f);
    return allZero(buffer, 2 * size);
  }
  if (flags) return false;
  if (!readCoordinate(out, buffer, g2) || !readCoordinate(out + POINT_Y, buffer + size, g2)) return false;
  pointFromAffine(out);
  return !coordinateIsZero(out, g2) && pointOnCurve(out) && (!inGroup || pointInGroup(out));
}

function writeCoordinate(out: usize, a: usize, g2: bool): void {
  fpToWords(out, a);
  if (g2) fpToWords(out + 48, a + FP);
}
function writePoint(out: usize, a: usize, g2: bool, big: bool): void {
  const size: u32 = g2 ? 96 : 48;
  memory.fill(result, 0, 2 * size);
  if (pointIsZero(a)) {
    store<u8>(result + size - 1, <u8>FLAG_INFINITY);
  } else {
    pointToAffine(a);
    writeCoordinate(result, a, g2);
    writeCoordinate(result + size, a + POINT_Y, g2);
  }
  if (big) turned(out, result, 2 * size, size);
  else memory.copy(out, result, 2 * size);
}

export function blsPointValid(point: usize, g2: bool, big: bool): bool {
  curveUse(BLS12_381);
  return readPoint(p, point, g2, big, true);
}

/** out = left + right, or left - right, on the whole curve. False: refused, nothing is written. */
export function blsAdd(out: usize, left: usize, right: usize, g2: bool, big: bool, subtract: bool): bool {
  curveUse(BLS12_381);
  if (!readPoint(p, left, g2, big, false) || !readPoint(q, right, g2, big, false)) return false;
  if (subtract) pointNeg(q, q);
  pointAdd(p, p, q);
  writePoint(out, p, g2, big);
  return true;
}

/** out = k point, in the group; k: 32 bytes, below r. */
export function blsMultiply(out: usize, k: usize, point: usize, g2: bool, big: bool): bool {
  curveUse(BLS12_381);
  if (big) turned(scalar, k, 32, 32);
  else memory.copy(scalar, k, 32);
  if (!isBelowOrder(scalar) || !readPoint(p, point, g2, big, true)) return false;
  pointMul(p, p, scalar, 32);
  writePoint(out, p, g2, big);
  return true;
}
function isBelowOrder(k: usize): bool {
  for (let i: i32 = 24; i >= 0; i -= 8) {
    const a = load<u64>(k + i), b = load<u64>(curveConstant(CURVE_ORDER) + i);
    if (a != b) return a < b;
  }
  return false;
}

/** out = the point of the group that x and the flags of y at `from` stand for. */
export function blsDecompress(out: usize, from: usize, g2: bool, big: bool): bool {
  curveUse(BLS12_381);
  const size: u32 = g2 ? 96 : 48;
  if (big) turned(buffer, from, size, size);
  else memory.copy(buffer, from, size);
  pointsOnTwist(g2);
  pointZero(p);
  const flagByte = buffer + size - 1;
  const flags = load<u8>(flagByte) & FLAGS;
  if (!(flags & FLAG_COMPRESSED)) return false;
  store<u8>(flagByte, load<u8>(flagByte) & 0x1f);
  if (flags & FLAG_INFINITY) {
    if (flags & FLAG_LARGER || !allZero(buffer, size)) return false;
    writePoint(out, p, g2, big);
    return true;
  }
  if (!readCoordinate(p, buffer, g2)) return false;
  curveCube(q, p);
  const y = p + POINT_Y;
  if (!(g2 ? fp2Sqrt(y, q) : fpSqrt(y, q))) return false;
  const larger = g2 ? fp2IsLarger(y) : fpIsLarger(y);
  if (larger != ((flags & FLAG_LARGER) != 0)) {
    if (g2) fp2Neg(y, y);
    else fpNeg(y, y);
  }
  pointFromAffine(p);
  if (!pointInGroup(p)) return false;
  writePoint(out, p, g2, big);
  return true;
}

/**
 * out = e(P1, Q1) ... e(Pn, Qn), n <= BLS_MAX_PAIRS: 576 bytes, twelve numbers, the constant one first; big-endian: all turned around. False:
 * a point is refused, nothing is written.
 */
export function blsPairing(out: usize, g1: usize, g2: usize, count: u32, big: bool): bool {
  curveUse(BLS12_381);
  let filled: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const pair = pairs + <usize>filled * PAIR;
    if (!readPoint(p, g1 + i * 96, false, big, true)) return false;
    const skip = pointIsZero(p);
    if (!readPoint(q, g2 + i * 192, true, big, true)) return false;
    if (skip || pointIsZero(q)) continue;
    memory.copy(pair, p, PAIR_G2);
    memory.copy(pair + PAIR_G2, q, PAIR_G2);
    filled += 1;
  }
  const e = pairingProduct(pairs, filled, false);
  for (let i: usize = 0; i < 6; i++) writeCoordinate(result + i * 96, e + i * FP2, true);
  if (big) turned(out, result, GT, GT);
  else memory.copy(out, result, GT);
  return true;
}
