/**
 * Optimal ate pairings of both curves, as products over many pairs:
 *
 *   f = product of Miller functions of 6x + 2 (bn254) or |x| (BLS12-381), one chain of squarings for all pairs
 *   e = f^((p^12 - 1) / r)   (of BLS12-381 its cube, as blst and zkcrypto have it)
 *
 * Steps and lines in homogeneous coordinates: Costello, Lange, Naehrig, "Faster pairing computations on curves with high-degree twists" (2010);
 * Aranha, Karabina, Longa, Gebotys, Lopez, "Faster explicit formulas for computing pairings over ordinary curves" (2011).
 */
import { CURVE_TWIST_B } from "./constants";
import { curveConstant, curveIsBls } from "./fp";
import { FP2, fp2Add, fp2Copy, fp2Half, fp2Mul, fp2Neg, fp2One, fp2Scale, fp2Sqr, fp2Sub } from "./fp2";
import {
  fp12Conjugate, fp12Copy, fp12CyclotomicSqr, fp12Frobenius, fp12Inv, fp12Mul, fp12MulLineD, fp12MulLineM, fp12One, fp12Sqr,
} from "./fp12";
import { POINT_Y, psi } from "./point";

/** A pair: x, y of G1 (FP2 bytes each, the second half unused), x, y of G2, then the running point of the twist: X, Y, Z. */
export const PAIR: usize = 784;
export const PAIR_G2: usize = 224;
const PAIR_RUNNING: usize = 448;

/** 6x + 2, signed digits, the lowest first. */
const BN_LOOP: usize = memory.data<i8>([
  0, 0, 0, 1, 0, 1, 0, -1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1, 0, -1, 0, 0, 0, 1, 0, -1, 0, 0, 0, 0, -1, 0, 0,
  1, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, -1, 0, 0, -1, 0, 1, 0, -1, 0, 0, 0, -1, 0, -1, 0, 0, 0, 1, 0, -1, 0, 1,
]);
const BN_LOOP_LENGTH: i32 = 66;
const BN_X: u64 = 4965661367192848881;
const BLS_X: u64 = 0xd201000000010000;

const f: usize = memory.data(672, 16);
const t0: usize = memory.data(112, 16);
const t1: usize = memory.data(112, 16);
const t2: usize = memory.data(112, 16);
const t3: usize = memory.data(112, 16);
const t4: usize = memory.data(112, 16);
const l0: usize = memory.data(112, 16);
const l1: usize = memory.data(112, 16);
const l2: usize = memory.data(112, 16);
const minusY: usize = memory.data(112, 16);
const image: usize = memory.data(336, 16);
const image2: usize = memory.data(336, 16);

/** f = f times the line l0 + l1 x + l2 y through the pair's point of G1. */
function applyLine(pair: usize): void {
  fp2Scale(l1, l1, pair);
  fp2Scale(l2, l2, pair + FP2);
  if (curveIsBls()) fp12MulLineM(f, l0, l1, l2);
  else fp12MulLineD(f, l2, l1, l0);
}

function doublingStep(pair: usize): void {
  const x = pair + PAIR_RUNNING, y = x + FP2, z = y + FP2;
  fp2Sqr(t0, y);
  fp2Sqr(t1, z);
  fp2Add(t2, t1, t1);
  fp2Add(t2, t2, t1);
  fp2Mul(t2, t2, curveConstant(CURVE_TWIST_B)); // 3 b Z^2
  fp2Add(t3, t2, t2);
  fp2Add(t3, t3, t2); // 9 b Z^2
  fp2Add(t4, y, z);
  fp2Sqr(t4, t4);
  fp2Sub(t4, t4, t1);
  fp2Sub(t4, t4, t0); // 2 Y Z
  fp2Sub(l0, t2, t0);
  fp2Sqr(l1, x);
  fp2Add(l2, l1, l1);
  fp2Add(l1, l2, l1); // 3 X^2
  fp2Neg(l2, t4);
  fp2Sub(t1, t0, t3);
  fp2Mul(t1, t1, x);
  fp2Mul(t1, t1, y);
  fp2Half(x, t1);
  fp2Add(t3, t0, t3);
  fp2Half(t3, t3);
  fp2Sqr(t3, t3);
  fp2Sqr(t2, t2);
  fp2Sub(t3, t3, t2);
  fp2Sub(t3, t3, t2);
  fp2Sub(y, t3, t2);
  fp2Mul(z, t0, t4);
  applyLine(pair);
}

function additionStep(pair: usize, qx: usize, qy: usize): void {
  const x = pair + PAIR_RUNNING, y = x + FP2, z = y + FP2;
  fp2Mul(t0, qy, z);
  fp2Sub(t0, y, t0); // Y - y Z
  fp2Mul(t1, qx, z);
  fp2Sub(t1, x, t1); // X - x Z
  fp2Mul(l0, t0, qx);
  fp2Mul(t2, t1, qy);
  fp2Sub(l0, l0, t2);
  fp2Neg(l1, t0);
  fp2Copy(l2, t1);
  fp2Sqr(t2, t1);
  fp2Mul(t3, t2, t1);
  fp2Mul(t4, t2, x);
  fp2Sqr(t0, t0);
  fp2Mul(t0, t0, z);
  fp2Add(t0, t0, t3);
  fp2Sub(t0, t0, t4);
  fp2Sub(t0, t0, t4); // T^3 - 2 T^2 X + (Y - y Z)^2 Z
  fp2Mul(x, t1, t0);
  fp2Sub(t4, t4, t0);
  fp2Neg(t0, l1);
  fp2Mul(t4, t4, t0);
  fp2Mul(t0, t3, y);
  fp2Sub(y, t4, t0);
  fp2Mul(z, z, t3);
  applyLine(pair);
}

/** The last two lines of bn254: psi(Q) and -psi^2(Q). */
function finishBn(pair: usize): void {
  psi(image, pair + PAIR_G2);
  additionStep(pair, image, image + POINT_Y);
  psi(image2, image);
  fp2Neg(image2 + POINT_Y, image2 + POINT_Y);
  additionStep(pair, image2, image2 + POINT_Y);
}

/** f = the Miller functions of the pairs; of BLS12-381 conjugated, as x < 0. */
function miller(pairs: usize, count: u32): void {
  fp12One(f);
  for (let i: u32 = 0; i < count; i++) {
    const pair = pairs + <usize>i * PAIR;
    memory.copy(pair + PAIR_RUNNING, pair + PAIR_G2, 2 * FP2);
    fp2One(pair + PAIR_RUNNING + 2 * FP2);
  }
  const bls = curveIsBls();
  for (let bit: i32 = bls ? 62 : BN_LOOP_LENGTH - 2; bit >= 0; bit--) {
    fp12Sqr(f, f);
    const digit: i32 = bls ? <i32>(BLS_X >> bit) & 1 : <i32>load<i8>(BN_LOOP + bit);
    for (let i: u32 = 0; i < count; i++) {
      const pair = pairs + <usize>i * PAIR;
      doublingStep(pair);
      if (!digit) continue;
      const q = pair + PAIR_G2;
      if (digit < 0) fp2Neg(minusY, q + FP2);
      additionStep(pair, q, digit < 0 ? minusY : q + FP2);
    }
  }
  if (bls) fp12Conjugate(f, f); // x < 0
  else for (let i: u32 = 0; i < count; i++) finishBn(pairs + <usize>i * PAIR);
}

// ── final exponentiation ───────────────────────────────────────────────────────────────────────────────────────────

const e0: usize = memory.data(672, 16);
const e1: usize = memory.data(672, 16);
const e2: usize = memory.data(672, 16);
const e3: usize = memory.data(672, 16);
const e4: usize = memory.data(672, 16);
const e5: usize = memory.data(672, 16);
const e6: usize = memory.data(672, 16);
const powered: usize = memory.data(672, 16);

/** out = a^(-x) for the positive x of bn254, a^x for the negative one of BLS12-381: the conjugate of a^|x|. */
function power(out: usize, a: usize): void {
  const k = curveIsBls() ? BLS_X : BN_X;
  fp12Copy(powered, a);
  for (let bit: i32 = 62 - <i32>clz(k); bit >= 0; bit--) {
    fp12CyclotomicSqr(powered, powered);
    if ((k >> bit) & 1) fp12Mul(powered, powered, a);
  }
  fp12Conjugate(out, powered);
}

/** f^((p^6 - 1)(p^2 + 1)) */
function easyPart(): void {
  fp12Inv(e0, f);
  fp12Conjugate(f, f);
  fp12Mul(f, f, e0);
  fp12Frobenius(e0, f);
  fp12Frobenius(e0, e0);
  fp12Mul(f, f, e0);
}

/** Fuentes-Castaneda, Knapp, Rodriguez-Henriquez, "Faster hashing to G2" (2011), section 5. */
function hardPartBn(): void {
  power(e0, f);
  fp12CyclotomicSqr(e0, e0); // y1 = f^(-2x)
  fp12CyclotomicSqr(e1, e0);
  fp12Mul(e1, e1, e0); // y2 = f^(-6x)
  power(e2, e1); // y4 = f^(6x^2)
  fp12CyclotomicSqr(e3, e2);
  power(e3, e3); // y6 = f^(-12x^3)
  fp12Conjugate(e3, e3);
  fp12Mul(e3, e3, e2);
  fp12Conjugate(e1, e1);
  fp12Mul(e3, e3, e1); // y8 = f^(12x^3 + 6x^2 + 6x)
  fp12Mul(e0, e3, e0); // y9 = y8 f^(-2x)
  fp12Mul(e1, e3, e2);
  fp12Mul(e1, e1, f); // y8 y4 f
  fp12Frobenius(e2, e0);
  fp12Mul(e1, e1, e2);
  fp12Frobenius(e3, e3);
  fp12Frobenius(e3, e3);
  fp12Mul(e1, e1, e3);
  fp12Conjugate(f, f);
  fp12Mul(f, f, e0);
  for (let i = 0; i < 3; i++) fp12Frobenius(f, f);
  fp12Mul(f, f, e1);
}

/** Hayashida, Hayasaka, Teruya, "Efficient final exponentiation via cyclotomic structure" (2020): three times (p^4 - p^2 + 1) / r. */
function hardPartBls(): void {
  power(e2, f); // t2 = f^x
  fp12CyclotomicSqr(e3, f);
  fp12Conjugate(e3, e3);
  fp12Mul(e3, e3, e2); // t3 = f^(x - 2)
  power(e4, e3); // t4
  power(e5, e4); // t5
  power(e6, e5);
  fp12CyclotomicSqr(e0, e2);
  fp12Mul(e6, e6, e0); // t6
  power(e1, e6); // t7
  fp12Mul(e0, e2, e5);
  fp12Frobenius(e0, e0);
  fp12Frobenius(e0, e0);
  fp12Mul(e4, e4, f);
  for (let i = 0; i < 3; i++) fp12Frobenius(e4, e4);
  fp12Mul(e0, e0, e4);
  fp12Conjugate(e2, f);
  fp12Mul(e6, e6, e2);
  fp12Frobenius(e6, e6);
  fp12Mul(e0, e0, e6);
  fp12Conjugate(e3, e3);
  fp12Mul(e1, e1, e3);
  fp12Mul(e1, e1, f);
  fp12Mul(f, e0, e1);
}

/** What earlier groups of pairs have come to, before the final exponentiation. */
const earlier: usize = memory.data(672, 16);

/** The Miller functions of `count` pairs of points that are not infinity, kept for the pairingProduct or pairingMore that follows. */
export function pairingMore(pairs: usize, count: u32, first: bool): void {
  miller(pairs, count);
  if (first) fp12Copy(earlier, f);
  else fp12Mul(earlier, earlier, f);
}

/** Product of the pairings of `count` pairs, and of those kept before if `more`; FP12 bytes, valid until the next call. */
export function pairingProduct(pairs: usize, count: u32, more: bool): usize {
  miller(pairs, count);
  if (more) fp12Mul(f, f, earlier);
  easyPart();
  if (curveIsBls()) hardPartBls();
  else hardPartBn();
  return f;
}
