/** Fp2 = Fp[u] / (u^2 + 1) of both curves: c0, c1. xi, which the tower above is built on, is 9 + u for bn254 and 1 + u for BLS12-381. */
import { CURVE_HALF } from "./constants";
import {
  curveConstant, curveIsBls, FP, fpAdd, fpCopy, fpInv, fpIsLarger, fpIsZero, fpMul, fpNeg, fpOne, fpSqrt, fpSub, fpZero,
} from "./fp";

export const FP2: usize = 112;

const t0: usize = memory.data(56, 16);
const t1: usize = memory.data(56, 16);
const t2: usize = memory.data(56, 16);
const t3: usize = memory.data(56, 16);

export function fp2Add(out: usize, a: usize, b: usize): void {
  fpAdd(out, a, b);
  fpAdd(out + FP, a + FP, b + FP);
}
export function fp2Sub(out: usize, a: usize, b: usize): void {
  fpSub(out, a, b);
  fpSub(out + FP, a + FP, b + FP);
}
export function fp2Neg(out: usize, a: usize): void {
  fpNeg(out, a);
  fpNeg(out + FP, a + FP);
}
/** c0 - c1 u */
export function fp2Conjugate(out: usize, a: usize): void {
  fpCopy(out, a);
  fpNeg(out + FP, a + FP);
}
export function fp2Copy(out: usize, a: usize): void {
  memory.copy(out, a, FP2);
}
export function fp2Zero(out: usize): void {
  memory.fill(out, 0, FP2);
}
export function fp2One(out: usize): void {
  fpOne(out);
  fpZero(out + FP);
}
export function fp2IsZero(a: usize): bool {
  return fpIsZero(a) && fpIsZero(a + FP);
}

export function fp2Mul(out: usize, a: usize, b: usize): void {
  fpAdd(t2, a, a + FP);
  fpAdd(t3, b, b + FP);
  fpMul(t0, a, b);
  fpMul(t1, a + FP, b + FP);
  fpMul(t2, t2, t3);
  fpSub(t2, t2, t0);
  fpSub(out + FP, t2, t1);
  fpSub(out, t0, t1);
}
/** (c0 + c1)(c0 - c1), 2 c0 c1 */
export function fp2Sqr(out: usize, a: usize): void {
  fpAdd(t0, a, a + FP);
  fpSub(t1, a, a + FP);
  fpMul(t2, a, a + FP);
  fpMul(out, t0, t1);
  fpAdd(out + FP, t2, t2);
}
/** By an element of Fp. */
export function fp2Scale(out: usize, a: usize, k: usize): void {
  fpMul(out, a, k);
  fpMul(out + FP, a + FP, k);
}
export function fp2Half(out: usize, a: usize): void {
  fp2Scale(out, a, curveConstant(CURVE_HALF));
}
export function fp2MulXi(out: usize, a: usize): void {
  if (curveIsBls()) {
    fpSub(t0, a, a + FP);
    fpAdd(out + FP, a, a + FP);
    fpCopy(out, t0);
    return;
  }
  // 9 a0 - a1, 9 a1 + a0
  fpAdd(t0, a, a);
  fpAdd(t0, t0, t0);
  fpAdd(t0, t0, t0);
  fpAdd(t0, t0, a);
  fpSub(t0, t0, a + FP);
  fpAdd(t1, a + FP, a + FP);
  fpAdd(t1, t1, t1);
  fpAdd(t1, t1, t1);
  fpAdd(t1, t1, a + FP);
  fpAdd(out + FP, t1, a);
  fpCopy(out, t0);
}
/** (c0 - c1 u) / (c0^2 + c1^2) */
export function fp2Inv(out: usize, a: usize): void {
  fpMul(t0, a, a);
  fpMul(t1, a + FP, a + FP);
  fpAdd(t0, t0, t1);
  fpInv(t0, t0);
  fpMul(out, a, t0);
  fpNeg(t0, t0);
  fpMul(out + FP, a + FP, t0);
}

/** out = a^e, e: 48 bytes, little-endian. */
export function fp2Pow(out: usize, a: usize, exponent: usize): void {
  fp2Copy(base, a);
  let started = false;
  for (let i: i32 = 383; i >= 0; i--) {
    if (started) fp2Sqr(result, result);
    if (!((load<u64>(exponent + ((i >> 6) << 3)) >> (i & 63)) & 1)) continue;
    if (started) fp2Mul(result, result, base);
    else fp2Copy(result, base);
    started = true;
  }
  fp2Copy(out, result);
}
const base: usize = memory.data(112, 16);
const result: usize = memory.data(112, 16);
const norm: usize = memory.data(56, 16);
const root: usize = memory.data(56, 16);
const half: usize = memory.data(56, 16);
const check: usize = memory.data(112, 16);

/**
 * out = a square root, or false: there is none. With n^2 = c0^2 + c1^2: x0^2 = (c0 + n)/2 or (c0 - n)/2, x1 = c1 / (2 x0)
 * (Adj and Rodriguez-Henriquez, "Square root computation over even extension fields", 2012, the complex method).
 */
export function fp2Sqrt(out: usize, a: usize): bool {
  if (fpIsZero(a + FP)) {
    fpZero(result + FP);
    if (fpSqrt(result, a)) {
      fp2Copy(out, result);
      return true;
    }
    fpNeg(half, a);
    fpZero(result);
    const found = fpSqrt(result + FP, half);
    fp2Copy(out, result);
    return found;
  }
  fpMul(norm, a, a);
  fpMul(root, a + FP, a + FP);
  fpAdd(norm, norm, root);
  if (!fpSqrt(root, norm)) return false;
  fpAdd(half, a, root);
  fpMul(half, half, curveConstant(CURVE_HALF));
  if (!fpSqrt(result, half)) {
    fpSub(half, half, root);
    if (!fpSqrt(result, half)) return false;
  }
  fpAdd(half, result, result);
  fpInv(half, half);
  fpMul(result + FP, a + FP, half);
  fp2Sqr(check, result);
  fp2Sub(check, check, a);
  fp2Copy(out, result);
  return fp2IsZero(check);
}

/** The larger of two roots: by c1, then by c0. */
export function fp2IsLarger(a: usize): bool {
  return fpIsZero(a + FP) ? fpIsLarger(a) : fpIsLarger(a + FP);
}
