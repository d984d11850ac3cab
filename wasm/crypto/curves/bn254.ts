/**
 * The curve bn254 (alt_bn128) as Solana's system calls have it, with the encodings and checks of the crate solana-bn254 3.2.1, which reads and
 * writes by arkworks' ark-serialize. Both endiannesses; inside, everything is little-endian:
 *
 *   G1  x, y                 32 bytes each         big-endian: each number turned around (EIP-196)
 *   G2  x0, x1, y0, y1       x = x0 + x1 u         big-endian: x and y turned around as 64 bytes each, so x1 comes first (EIP-197)
 *   the top two bits of y (of x where compressed): 0x80 y is the larger of y and -y, 0x40 the point at infinity, both: malformed
 */
import { allZero, turned } from "./bytes";
import { BN254 } from "./constants";
import { curveUse, FP, fpFromWords, fpIsCanonical, fpIsLarger, fpNeg, fpSqrt, fpToWords } from "./fp";
import { fp12IsOne } from "./fp12";
import { fp2IsLarger, fp2Neg, fp2Sqrt } from "./fp2";
import { PAIR, PAIR_G2, pairingMore, pairingProduct } from "./pairing";
import {
  curveCube, pointAdd, pointFromAffine, pointInGroup, pointIsZero, pointMul, pointOnCurve, pointsOnTwist, pointToAffine, pointZero, POINT_Y,
} from "./point";

export const BN254_LITTLE_ENDIAN: u32 = 0x80;
const G1_ADD: u32 = 0;
const G1_MULTIPLY: u32 = 2;
const PAIRING: u32 = 3;
const G2_ADD: u32 = 4;
const G2_MULTIPLY: u32 = 6;
const FLAG_NEGATIVE: u32 = 0x80;
const FLAG_INFINITY: u32 = 0x40;
const PAIR_BYTES: u32 = 192;
/** Pairs that share one chain of squarings; more are done in turns, and multiplied. */
const PAIRS_AT_ONCE: u32 = 8;

const buffer: usize = memory.data(256, 16);
const result: usize = memory.data(128, 16);
const number: usize = memory.data(48, 16);
const p: usize = memory.data(336, 16);
const q: usize = memory.data(336, 16);
const pairs: usize = memory.data(6272, 16);

/** An element of Fp from 32 bytes; false: p or more. */
function readFp(out: usize, from: usize): bool {
  memory.copy(number, from, 32);
  memory.fill(number + 32, 0, 16);
  if (!fpIsCanonical(number)) return false;
  fpFromWords(out, number);
  return true;
}
/** The same with flags on top; the flags, or -1. */
function readFlagged(out: usize, from: usize): i32 {
  memory.copy(number, from, 32);
  memory.fill(number + 32, 0, 16);
  const flags = load<u8>(number, 31) & (FLAG_NEGATIVE | FLAG_INFINITY);
  if (flags == (FLAG_NEGATIVE | FLAG_INFINITY)) return -1;
  store<u8>(number, load<u8>(number, 31) & 0x3f, 31);
  if (!fpIsCanonical(number)) return -1;
  fpFromWords(out, number);
  return flags;
}
function writeFp(out: usize, a: usize): void {
  fpToWords(number, a);
  memory.copy(out, number, 32);
}

/** x and y as they are written, not checked; false: malformed. Infinity is Z = 0. */
function readAffine(out: usize, from: usize, g2: bool): bool {
  pointZero(out);
  if (allZero(from, g2 ? 128 : 64)) return true;
  let flags: i32 = 0;
  if (g2) {
    if (!readFp(out, from) || !readFp(out + FP, from + 32) || !readFp(out + POINT_Y, from + 64)) return false;
    flags = readFlagged(out + POINT_Y + FP, from + 96);
  } else {
    if (!readFp(out, from)) return false;
    flags = readFlagged(out + POINT_Y, from + 32);
  }
  if (flags < 0) return false;
  if (flags & FLAG_INFINITY) pointZero(out);
  else pointFromAffine(out);
  return true;
}

/** A point of the curve or of the twist; `inGroup`: of the group of order r. */
function readPoint(out: usize, from: usize, g2: bool, inGroup: bool): bool {
  pointsOnTwist(g2);
  if (!readAffine(out, from, g2)) return false;
  if (pointIsZero(out)) return true;
  return pointOnCurve(out) && (!inGroup || pointInGroup(out));
}

function writeCoordinate(out: usize, a: usize, g2: bool): void {
  writeFp(out, a);
  if (g2) writeFp(out + 32, a + FP);
}
function writePoint(out: usize, a: usize, g2: bool): void {
  const size: usize = g2 ? 64 : 32;
  memory.fill(out, 0, 2 * size);
  if (pointIsZero(a)) return;
  pointToAffine(a);
  writeCoordinate(out, a, g2);
  writeCoordinate(out + size, a + POINT_Y, g2);
}

/** `input` in little-endian order, at most 256 bytes. */
function group(operation: u32, input: usize): bool {
  const g2 = operation >= G2_ADD;
  const size: usize = g2 ? 128 : 64;
  const multiply = operation == G1_MULTIPLY || operation == G2_MULTIPLY;
  // Only the sum of two points of the twist may leave the group.
  if (!readPoint(p, input, g2, multiply)) return false;
  if (multiply) {
    pointMul(p, p, input + size, 32);
  } else {
    if (!readPoint(q, input + size, g2, false)) return false;
    pointAdd(p, p, q);
  }
  writePoint(result, p, g2);
  return true;
}

/** out = 1 or 0, 32 bytes: whether the product of the pairings is one. False: a point is refused. */
function pairing(input: usize, len: u32, little: bool, out: usize): bool {
  let filled: u32 = 0;
  let pending = false;
  for (let at: u32 = 0; at < len; at += PAIR_BYTES) {
    if (little) {
      memory.copy(buffer, input + at, PAIR_BYTES);
    } else {
      turned(buffer, input + at, 64, 32);
      turned(buffer + 64, input + at + 64, 128, 64);
    }
    if (!readPoint(p, buffer, false, false)) return false;
    const skip = pointIsZero(p);
    const pair = pairs + <usize>filled * PAIR;
    if (!readPoint(q, buffer + 64, true, true)) return false;
    if (skip || pointIsZero(q)) continue;
    memory.copy(pair, p, PAIR_G2);
    memory.copy(pair + PAIR_G2, q, PAIR_G2);
    filled += 1;
    if (filled == PAIRS_AT_ONCE) {
      pairingMore(pairs, filled, !pending);
      pending = true;
      filled = 0;
    }
  }
  memory.fill(out, 0, 32);
  if (fp12IsOne(pairingProduct(pairs, filled, pending))) store<u8>(out + (little ? 0 : 31), 1);
  return true;
}

/**
 * sol_alt_bn128_group_op: 0 G1 add, 2 G1 multiply, 3 pairing check, 4 G2 add, 6 G2 multiply, | 0x80 little-endian. A shorter big-endian
 * input of operations 0 and 2 is filled up with zeros. out: 64, 32 or 128 bytes. False: refused, nothing is written.
 */
export function bn254Group(op: u32, input: usize, len: u32, out: usize): bool {
  curveUse(BN254);
  const little = (op & BN254_LITTLE_ENDIAN) != 0;
  const operation = op & ~BN254_LITTLE_ENDIAN;
  if (operation == PAIRING) return len % PAIR_BYTES == 0 && pairing(input, len, little, out);
  const g2 = operation >= G2_ADD;
  const point: u32 = g2 ? 128 : 64;
  const size: u32 = operation == G1_ADD || operation == G2_ADD ? 2 * point : point + 32;
  if (little || g2 ? len != size : len > size) return false;
  if (little) {
    memory.copy(buffer, input, len);
  } else {
    memory.fill(padded, 0, size);
    memory.copy(padded, input, len);
    const chunk = point >> 1;
    turned(buffer, padded, point, chunk);
    turned(buffer + point, padded + point, size - point, size - point == 32 ? 32 : chunk);
  }
  if (!group(operation, buffer)) return false;
  if (little) memory.copy(out, result, point);
  else turned(out, result, point, point >> 1);
  return true;
}
const padded: usize = memory.data(256, 16);

/** x with the flags of y on top; of a point not checked. */
function compress(input: usize, g2: bool): bool {
  const size: usize = g2 ? 64 : 32;
  pointsOnTwist(g2);
  if (!readAffine(p, input, g2)) return false;
  memory.fill(result, 0, size);
  if (pointIsZero(p)) {
    store<u8>(result + size - 1, <u8>FLAG_INFINITY);
    return true;
  }
  writeCoordinate(result, p, g2);
  const larger = g2 ? fp2IsLarger(p + POINT_Y) : fpIsLarger(p + POINT_Y);
  if (larger) store<u8>(result + size - 1, load<u8>(result + size - 1) | <u8>FLAG_NEGATIVE);
  return true;
}

/** A point of the curve or of the twist from x and the flags of y. */
function decompress(input: usize, g2: bool): bool {
  const size: usize = g2 ? 64 : 32;
  pointsOnTwist(g2);
  pointZero(p);
  if (g2 && !readFp(p, input)) return false;
  const flags = readFlagged(g2 ? p + FP : p, input + size - 32);
  if (flags < 0) return false;
  memory.fill(result, 0, 2 * size);
  if (flags & FLAG_INFINITY) return true;
  curveCube(q, p);
  const y = p + POINT_Y;
  if (!(g2 ? fp2Sqrt(y, q) : fpSqrt(y, q))) return false;
  const larger = g2 ? fp2IsLarger(y) : fpIsLarger(y);
  if (larger != ((flags & FLAG_NEGATIVE) != 0)) {
    if (g2) fp2Neg(y, y);
    else fpNeg(y, y);
  }
  writeCoordinate(result, p, g2);
  writeCoordinate(result + size, y, g2);
  return true;
}

/**
 * sol_alt_bn128_compression: 0 compress G1, 1 decompress G1, 2 compress G2, 3 decompress G2, | 0x80 little-endian. Zeros stay zeros. False:
 * refused, nothing is written.
 */
export function bn254Compression(op: u32, input: usize, len: u32, out: usize): bool {
  curveUse(BN254);
  const little = (op & BN254_LITTLE_ENDIAN) != 0;
  const operation = op & ~BN254_LITTLE_ENDIAN;
  const g2 = operation >= 2;
  const chunk: u32 = g2 ? 64 : 32;
  const compressing = (operation & 1) == 0;
  const size = compressing ? 2 * chunk : chunk;
  const outSize = compressing ? chunk : 2 * chunk;
  if (len != size) return false;
  if (allZero(input, len)) {
    memory.fill(out, 0, outSize);
    return true;
  }
  if (little) memory.copy(buffer, input, len);
  else turned(buffer, input, len, chunk);
  if (!(compressing ? compress(buffer, g2) : decompress(buffer, g2))) return false;
  if (little) memory.copy(out, result, outSize);
  else turned(out, result, outSize, chunk);
  return true;
}
