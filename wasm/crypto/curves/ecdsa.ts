/**
 * ECDSA (SEC 1, 4.1.4 and 4.1.6) over secp256k1, recovery of the key, and over secp256r1, verification, by the rules of what Agave calls:
 * libsecp256k1 0.7 and agave-precompiles 4.2 src/secp256r1.rs. Bytes are big-endian; inside, numbers are 48 bytes, little-endian.
 */
import { turned } from "./bytes";
import { CURVE_P, SECP256K1, SECP256K1_ORDER, SECP256R1, SECP256R1_ORDER } from "./constants";
import { curveConstant, curveUse, fpFromWords, fpInv, fpIsCanonical, fpMul, fpNeg, fpSqrt, fpToWords } from "./fp";
import { curveCube, pointAdd, pointFromAffine, pointIsZero, pointMul, pointsOnTwist, pointToAffine, pointZero, POINT_Y } from "./point";

/** x and y of the base points. */
const K1_BASE: usize = memory.data<u64>([
  0x59f2815b16f81798, 0x29bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac, 0x0, 0x0,
  0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465, 0x0, 0x0,
], 16);
const R1_BASE: usize = memory.data<u64>([
  0xf4a13945d898c296, 0x77037d812deb33a0, 0xf8bce6e563a440f2, 0x6b17d1f2e12c4247, 0x0, 0x0,
  0xcbb6406837bf51f5, 0x2bce33576b315ece, 0x8ee7eb4a7c0f9e16, 0x4fe342e2fe1a7f9b, 0x0, 0x0,
], 16);
const WORDS: usize = 48;

const r: usize = memory.data(48, 16);
const s: usize = memory.data(48, 16);
const h: usize = memory.data(48, 16);
const x: usize = memory.data(48, 16);
const u1: usize = memory.data(48, 16);
const u2: usize = memory.data(48, 16);
const a: usize = memory.data(56, 16);
const b: usize = memory.data(56, 16);
const c: usize = memory.data(56, 16);
const p: usize = memory.data(336, 16);
const q: usize = memory.data(336, 16);
const square: usize = memory.data(112, 16);

/** A number from 32 bytes, big-endian. */
function read(out: usize, bytes: usize): void {
  memory.fill(out, 0, WORDS);
  turned(out, bytes, 32, 32);
}
function isZero(words: usize): bool {
  return (load<u64>(words) | load<u64>(words, 8) | load<u64>(words, 16) | load<u64>(words, 24)) == 0;
}
/** a += b over 48 bytes. */
function addWords(to: usize, more: usize): void {
  let carry: u64 = 0;
  for (let i: usize = 0; i < WORDS; i += 8) {
    const m = load<u64>(more + i), t = load<u64>(to + i) + m;
    const sum = t + carry;
    carry = <u64>(t < m) + <u64>(sum < t);
    store<u64>(to + i, sum);
  }
}
/** a -= b over 48 bytes, a >= b. */
function subWords(from: usize, less: usize): void {
  let borrow: u64 = 0;
  for (let i: usize = 0; i < WORDS; i += 8) {
    const v = load<u64>(from + i), l = load<u64>(less + i);
    const t = v - l;
    store<u64>(from + i, t - borrow);
    borrow = <u64>(v < l) | <u64>(t < borrow);
  }
}
/** Of the field in use: words modulo its p, for words below 2p. */
function reduce(words: usize): void {
  if (!fpIsCanonical(words)) subWords(words, curveConstant(CURVE_P));
}

/** p = the point with x (below the field's p) whose y is odd or even; false: there is none. The curve's field is in use. */
function lift(xWords: usize, odd: bool): bool {
  pointsOnTwist(false);
  pointZero(p);
  fpFromWords(p, xWords);
  curveCube(square, p);
  if (!fpSqrt(p + POINT_Y, square)) return false;
  fpToWords(h, p + POINT_Y);
  if (((load<u8>(h) & 1) != 0) != odd) fpNeg(p + POINT_Y, p + POINT_Y);
  pointFromAffine(p);
  return true;
}

/** q = u1 base + u2 p, affine; false: infinity. */
function sum(base: usize): bool {
  pointZero(q);
  fpFromWords(q, base);
  fpFromWords(q + POINT_Y, base + WORDS);
  pointFromAffine(q);
  pointMul(q, q, u1, 32);
  pointMul(p, p, u2, 32);
  pointAdd(q, q, p);
  if (pointIsZero(q)) return false;
  pointToAffine(q);
  return true;
}

/** out = v w modulo the order in use, for v in the field's form. */
function product(out: usize, words: usize, w: usize): void {
  fpFromWords(b, words);
  fpMul(b, b, w);
  fpToWords(out, b);
}

/** Whether r and s, 32 bytes each, are below the order of secp256k1. */
export function secp256k1InRange(signature: usize): bool {
  curveUse(SECP256K1_ORDER);
  read(r, signature);
  read(s, signature + 32);
  return fpIsCanonical(r) && fpIsCanonical(s);
}

/**
 * out = x and y, 32 bytes each, of the key that signed the hash (32 bytes) with r and s (64 bytes), s high or low; recovery id 0 to 3: bit 0
 * y of r's point is odd, bit 1 its x is r + n. False: there is no such key, nothing is written.
 */
export function secp256k1Recover(out: usize, hash: usize, signature: usize, recoveryId: u32): bool {
  if (!secp256k1InRange(signature) || isZero(r) || isZero(s)) return false;
  read(u1, hash);
  reduce(u1);
  memory.copy(x, r, WORDS);
  if (recoveryId & 2) addWords(x, curveConstant(CURVE_P));
  fpFromWords(a, r);
  fpInv(a, a);
  product(u2, s, a);
  fpNeg(c, a);
  product(u1, u1, c);
  curveUse(SECP256K1);
  if (!fpIsCanonical(x) || !lift(x, (recoveryId & 1) != 0) || !sum(K1_BASE)) return false;
  fpToWords(x, q);
  turned(out, x, 32, 32);
  fpToWords(x, q + POINT_Y);
  turned(out + 32, x, 32, 32);
  return true;
}

export const ECDSA_GOOD: u32 = 0;
export const ECDSA_BAD_SIGNATURE: u32 = 1;
export const ECDSA_BAD_KEY: u32 = 2;

/** Half of the order of secp256r1: s must not be above. */
const R1_HALF_ORDER: usize = memory.data<u64>([0x79dce5617e3192a8, 0xde737d56d38bcf42, 0x7fffffffffffffff, 0x7fffffff80000000], 16);

/**
 * A signature (r, s: 64 bytes) of a hash (32 bytes) by a compressed key (33 bytes). r and s are looked at before the key: r in 1..n-1,
 * s in 1..n/2.
 */
export function secp256r1Verify(hash: usize, signature: usize, key: usize): u32 {
  curveUse(SECP256R1_ORDER);
  read(r, signature);
  read(s, signature + 32);
  if (isZero(r) || isZero(s) || !fpIsCanonical(r) || isAboveHalf(s)) return ECDSA_BAD_SIGNATURE;
  curveUse(SECP256R1);
  const first: u32 = load<u8>(key);
  read(x, key + 1);
  if (first < 2 || first > 3 || !fpIsCanonical(x) || !lift(x, first == 3)) return ECDSA_BAD_KEY;
  curveUse(SECP256R1_ORDER);
  fpFromWords(a, s);
  fpInv(a, a);
  read(u1, hash);
  reduce(u1);
  product(u1, u1, a);
  product(u2, r, a);
  curveUse(SECP256R1);
  if (!sum(R1_BASE)) return ECDSA_BAD_SIGNATURE;
  fpToWords(x, q);
  curveUse(SECP256R1_ORDER);
  reduce(x);
  return memory.compare(x, r, 32) == 0 ? ECDSA_GOOD : ECDSA_BAD_SIGNATURE;
}
function isAboveHalf(words: usize): bool {
  for (let i: i32 = 24; i >= 0; i -= 8) {
    const v = load<u64>(words + i), half = load<u64>(R1_HALF_ORDER + i);
    if (v != half) return v > half;
  }
  return false;
}
