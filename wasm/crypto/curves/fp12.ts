/**
 * Fp12 = Fp6[w] / (w^2 - v) over Fp6 = Fp2[v] / (v^3 - xi), of both curves: six elements of Fp2,
 *
 *   a = (a0 + a1 v + a2 v^2) + (b0 + b1 v + b2 v^2) w
 *
 * Devegili, O hEigeartaigh, Scott, Dahab, "Multiplication and squaring on pairing-friendly fields" (2006).
 */
import { CURVE_GAMMA } from "./constants";
import { curveConstant, curveIsBls } from "./fp";
import {
  FP2, fp2Add, fp2Conjugate, fp2Copy, fp2Inv, fp2IsZero, fp2Mul, fp2MulXi, fp2Neg, fp2One, fp2Pow, fp2Sqr, fp2Sub,
} from "./fp2";

const FP6: usize = 336;
export const FP12: usize = 672;

// ── Fp6 ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const s0: usize = memory.data(112, 16);
const s1: usize = memory.data(112, 16);
const s2: usize = memory.data(112, 16);
const s3: usize = memory.data(112, 16);
const m0: usize = memory.data(112, 16);
const m1: usize = memory.data(112, 16);
const m2: usize = memory.data(112, 16);

function fp6Add(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < FP6; i += FP2) fp2Add(out + i, a + i, b + i);
}
function fp6Sub(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < FP6; i += FP2) fp2Sub(out + i, a + i, b + i);
}
function fp6Neg(out: usize, a: usize): void {
  for (let i: usize = 0; i < FP6; i += FP2) fp2Neg(out + i, a + i);
}
function fp6Mul(out: usize, a: usize, b: usize): void {
  const a1 = a + FP2, a2 = a + 2 * FP2, b1 = b + FP2, b2 = b + 2 * FP2;
  fp2Mul(m0, a, b);
  fp2Mul(m1, a1, b1);
  fp2Mul(m2, a2, b2);
  fp2Add(s0, a1, a2);
  fp2Add(s1, b1, b2);
  fp2Mul(s0, s0, s1); // (a1 + a2)(b1 + b2)
  fp2Add(s1, a, a1);
  fp2Add(s2, b, b1);
  fp2Mul(s1, s1, s2); // (a0 + a1)(b0 + b1)
  fp2Add(s2, a, a2);
  fp2Add(s3, b, b2);
  fp2Mul(s2, s2, s3); // (a0 + a2)(b0 + b2)
  fp2Sub(s0, s0, m1);
  fp2Sub(s0, s0, m2);
  fp2MulXi(s0, s0);
  fp2Add(out, s0, m0);
  fp2Sub(s1, s1, m0);
  fp2Sub(s1, s1, m1);
  fp2MulXi(s3, m2);
  fp2Add(out + FP2, s1, s3);
  fp2Sub(s2, s2, m0);
  fp2Sub(s2, s2, m2);
  fp2Add(out + 2 * FP2, s2, m1);
}
/** By v: (xi a2, a0, a1). out may be a. */
function fp6MulV(out: usize, a: usize): void {
  fp2MulXi(s0, a + 2 * FP2);
  memory.copy(out + FP2, a, 2 * FP2);
  fp2Copy(out, s0);
}
/** By b0 + b1 v. out is not a. */
function fp6MulTwo(out: usize, a: usize, b0: usize, b1: usize): void {
  const a1 = a + FP2, a2 = a + 2 * FP2;
  fp2Mul(m0, a, b0);
  fp2Mul(m1, a1, b1);
  fp2Add(s0, a1, a2);
  fp2Mul(s0, s0, b1);
  fp2Sub(s0, s0, m1);
  fp2MulXi(s0, s0);
  fp2Add(out, s0, m0);
  fp2Add(s0, a, a1);
  fp2Add(s1, b0, b1);
  fp2Mul(s0, s0, s1);
  fp2Sub(s0, s0, m0);
  fp2Sub(out + FP2, s0, m1);
  fp2Add(s0, a, a2);
  fp2Mul(s0, s0, b0);
  fp2Sub(s0, s0, m0);
  fp2Add(out + 2 * FP2, s0, m1);
}
/** out is not a. */
function fp6Inv(out: usize, a: usize): void {
  const a1 = a + FP2, a2 = a + 2 * FP2;
  // A = a0^2 - xi a1 a2, B = xi a2^2 - a0 a1, C = a1^2 - a0 a2
  fp2Sqr(m0, a);
  fp2Mul(s0, a1, a2);
  fp2MulXi(s0, s0);
  fp2Sub(m0, m0, s0);
  fp2Sqr(m1, a2);
  fp2MulXi(m1, m1);
  fp2Mul(s0, a, a1);
  fp2Sub(m1, m1, s0);
  fp2Sqr(m2, a1);
  fp2Mul(s0, a, a2);
  fp2Sub(m2, m2, s0);
  // a0 A + xi (a2 B + a1 C)
  fp2Mul(s0, a2, m1);
  fp2Mul(s1, a1, m2);
  fp2Add(s0, s0, s1);
  fp2MulXi(s0, s0);
  fp2Mul(s1, a, m0);
  fp2Add(s0, s0, s1);
  fp2Inv(s0, s0);
  fp2Mul(out, m0, s0);
  fp2Mul(out + FP2, m1, s0);
  fp2Mul(out + 2 * FP2, m2, s0);
}

// ── Fp12 ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const x0: usize = memory.data(336, 16);
const x1: usize = memory.data(336, 16);
const x2: usize = memory.data(336, 16);
const x3: usize = memory.data(336, 16);

export function fp12One(out: usize): void {
  memory.fill(out, 0, FP12);
  fp2One(out);
}
export function fp12Copy(out: usize, a: usize): void {
  memory.copy(out, a, FP12);
}
export function fp12IsOne(a: usize): bool {
  fp2One(s0);
  fp2Sub(s0, a, s0);
  if (!fp2IsZero(s0)) return false;
  for (let i: usize = FP2; i < FP12; i += FP2) if (!fp2IsZero(a + i)) return false;
  return true;
}
export function fp12Mul(out: usize, a: usize, b: usize): void {
  fp6Add(x2, a, a + FP6);
  fp6Add(x3, b, b + FP6);
  fp6Mul(x2, x2, x3);
  fp6Mul(x0, a, b);
  fp6Mul(x1, a + FP6, b + FP6);
  fp6Sub(x2, x2, x0);
  fp6Sub(out + FP6, x2, x1);
  fp6MulV(x1, x1);
  fp6Add(out, x0, x1);
}
/** (a + b)(a + v b) - ab - v ab, 2ab */
export function fp12Sqr(out: usize, a: usize): void {
  fp6Mul(x0, a, a + FP6);
  fp6Add(x1, a, a + FP6);
  fp6MulV(x2, a + FP6);
  fp6Add(x2, x2, a);
  fp6Mul(x1, x1, x2);
  fp6Sub(x1, x1, x0);
  fp6MulV(x2, x0);
  fp6Sub(out, x1, x2);
  fp6Add(out + FP6, x0, x0);
}
/** a^(p^6) */
export function fp12Conjugate(out: usize, a: usize): void {
  if (out != a) memory.copy(out, a, FP6);
  fp6Neg(out + FP6, a + FP6);
}
export function fp12Inv(out: usize, a: usize): void {
  fp6Mul(x0, a, a);
  fp6Mul(x1, a + FP6, a + FP6);
  fp6MulV(x1, x1);
  fp6Sub(x0, x0, x1);
  fp6Inv(x1, x0);
  fp6Mul(out, a, x1);
  fp6Neg(x1, x1);
  fp6Mul(out + FP6, a + FP6, x1);
}
/** By l0 + l1 v + l2 v w, the line of a multiplicative twist. */
export function fp12MulLineM(f: usize, l0: usize, l1: usize, l2: usize): void {
  fp6MulTwo(x0, f, l0, l1);
  // b l2 v
  fp2Mul(x1, f + FP6 + 2 * FP2, l2);
  fp2MulXi(x1, x1);
  fp2Mul(x1 + FP2, f + FP6, l2);
  fp2Mul(x1 + 2 * FP2, f + FP6 + FP2, l2);
  fp6Add(x2, f, f + FP6);
  fp2Add(lineSum, l1, l2);
  fp6MulTwo(x3, x2, l0, lineSum);
  fp6Sub(x3, x3, x0);
  fp6Sub(f + FP6, x3, x1);
  fp6MulV(x1, x1);
  fp6Add(f, x0, x1);
}
/** By l0 + l1 w + l2 v w, the line of a divisive twist. */
export function fp12MulLineD(f: usize, l0: usize, l1: usize, l2: usize): void {
  for (let i: usize = 0; i < FP6; i += FP2) fp2Mul(x0 + i, f + i, l0);
  fp6MulTwo(x1, f + FP6, l1, l2);
  fp6Add(x2, f, f + FP6);
  fp2Add(lineSum, l0, l1);
  fp6MulTwo(x3, x2, lineSum, l2);
  fp6Sub(x3, x3, x0);
  fp6Sub(f + FP6, x3, x1);
  fp6MulV(x1, x1);
  fp6Add(f, x0, x1);
}
const lineSum: usize = memory.data(112, 16);

const q0: usize = memory.data(112, 16);
const q1: usize = memory.data(112, 16);
const q2: usize = memory.data(112, 16);
const cyclotomic: usize = memory.data(672, 16);

/** outA = a^2 + xi b^2, outB = 2ab: a square in Fp4. */
function fp4Sqr(outA: usize, outB: usize, a: usize, b: usize): void {
  fp2Sqr(q0, a);
  fp2Sqr(q1, b);
  fp2Add(q2, a, b);
  fp2Sqr(q2, q2);
  fp2Sub(q2, q2, q0);
  fp2Sub(outB, q2, q1);
  fp2MulXi(q1, q1);
  fp2Add(outA, q0, q1);
}
/** out = 3 t - 2 a, or 3 t + 2 a. */
function triple(out: usize, t: usize, a: usize, plus: bool): void {
  if (plus) fp2Add(q0, t, a);
  else fp2Sub(q0, t, a);
  fp2Add(q0, q0, q0);
  fp2Add(out, q0, t);
}
/** a^2 for a of the cyclotomic subgroup (Granger and Scott, "Faster squaring in the cyclotomic subgroup", 2009). */
export function fp12CyclotomicSqr(out: usize, a: usize): void {
  const b = a + FP6;
  const t = cyclotomic;
  fp4Sqr(t, t + FP2, a, b + FP2);
  fp4Sqr(t + 2 * FP2, t + 3 * FP2, b, a + 2 * FP2);
  fp4Sqr(t + 4 * FP2, t + 5 * FP2, a + FP2, b + 2 * FP2);
  fp2MulXi(t + 5 * FP2, t + 5 * FP2);
  triple(out, t, a, false);
  triple(out + FP2, t + 2 * FP2, a + FP2, false);
  triple(out + 2 * FP2, t + 4 * FP2, a + 2 * FP2, false);
  triple(out + FP6, t + 5 * FP2, b, true);
  triple(out + FP6 + FP2, t + FP2, b + FP2, true);
  triple(out + FP6 + 2 * FP2, t + 3 * FP2, b + 2 * FP2, true);
}

// ── Frobenius ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** xi^(i (p-1)/6), i = 0..5, of bn254 and behind them of BLS12-381. */
const gammas: usize = memory.data(1344, 16);
const gammasReady: usize = memory.data(2, 8);

/** xi^(i (p-1)/6) of the curve in use. */
export function gamma(i: u32): usize {
  const table = gammas + (curveIsBls() ? 6 * FP2 : 0);
  if (!load<u8>(gammasReady + <usize>curveIsBls())) {
    fp2One(table);
    fp2MulXi(table + FP2, table);
    fp2Pow(table + FP2, table + FP2, curveConstant(CURVE_GAMMA));
    for (let k: usize = 2; k < 6; k++) fp2Mul(table + k * FP2, table + (k - 1) * FP2, table + FP2);
    store<u8>(gammasReady + <usize>curveIsBls(), 1);
  }
  return table + <usize>i * FP2;
}
/** out = a^p. Coefficients of w^0, w^2, w^4, then of w, w^3, w^5. */
export function fp12Frobenius(out: usize, a: usize): void {
  for (let i: u32 = 0; i < 6; i++) {
    const at = <usize>i * FP2;
    fp2Conjugate(q0, a + at);
    fp2Mul(out + at, q0, gamma(i < 3 ? 2 * i : 2 * (i - 3) + 1));
  }
}
