/**
 * Points of y^2 = x^3 + a x + b, a = 0 or -3, of a curve over Fp or of its twist over Fp2, in Jacobian coordinates (X/Z^2, Y/Z^3); Z = 0: infinity. A coordinate
 * takes FP2 bytes in both; over Fp the second half is not used. Formulas: explicit-formulas database, dbl-2009-l, add-2007-bl.
 */
import { CURVE_B, CURVE_BETA, CURVE_TWIST_B } from "./constants";
import { curveConstant, curveHasMinusThree, curveIsBls, fpAdd, fpInv, fpIsZero, fpMul, fpNeg, fpOne, fpSub } from "./fp";
import { FP2, fp2Add, fp2Conjugate, fp2Copy, fp2Inv, fp2IsZero, fp2Mul, fp2Neg, fp2One, fp2Sqr, fp2Sub } from "./fp2";
import { gamma } from "./fp12";

export const POINT: usize = 336;
export const POINT_Y: usize = 112;
const POINT_Z: usize = 224;

/** Whether the twist is in use. */
let twist: bool = false;
export function pointsOnTwist(yes: bool): void {
  twist = yes;
}

function mul(out: usize, a: usize, b: usize): void {
  if (twist) fp2Mul(out, a, b);
  else fpMul(out, a, b);
}
function sqr(out: usize, a: usize): void {
  if (twist) fp2Sqr(out, a);
  else fpMul(out, a, a);
}
function add(out: usize, a: usize, b: usize): void {
  if (twist) fp2Add(out, a, b);
  else fpAdd(out, a, b);
}
function sub(out: usize, a: usize, b: usize): void {
  if (twist) fp2Sub(out, a, b);
  else fpSub(out, a, b);
}
function isZero(a: usize): bool {
  return twist ? fp2IsZero(a) : fpIsZero(a);
}

const t0: usize = memory.data(112, 16);
const t1: usize = memory.data(112, 16);
const t2: usize = memory.data(112, 16);
const t3: usize = memory.data(112, 16);
const t4: usize = memory.data(112, 16);
const t5: usize = memory.data(112, 16);
const t6: usize = memory.data(112, 16);
const t7: usize = memory.data(112, 16);

export function pointZero(out: usize): void {
  memory.fill(out, 0, POINT);
}
export function pointIsZero(p: usize): bool {
  return isZero(p + POINT_Z);
}
/** Z = 1 behind x and y that are there. */
export function pointFromAffine(p: usize): void {
  if (twist) fp2One(p + POINT_Z);
  else fpOne(p + POINT_Z);
}
export function pointCopy(out: usize, p: usize): void {
  memory.copy(out, p, POINT);
}
export function pointNeg(out: usize, p: usize): void {
  if (out != p) pointCopy(out, p);
  if (twist) fp2Neg(out + POINT_Y, out + POINT_Y);
  else fpNeg(out + POINT_Y, out + POINT_Y);
}

/** x^3 + a x + b. out is not x. */
export function curveCube(out: usize, x: usize): void {
  sqr(out, x);
  mul(out, out, x);
  if (curveHasMinusThree()) for (let i = 0; i < 3; i++) sub(out, out, x);
  add(out, out, curveConstant(twist ? CURVE_TWIST_B : CURVE_B));
}
/** Whether y^2 = x^3 + b, for x and y of p. */
export function pointOnCurve(p: usize): bool {
  curveCube(t0, p);
  sqr(t1, p + POINT_Y);
  sub(t0, t0, t1);
  return isZero(t0);
}

/** out = 2p */
export function pointDouble(out: usize, p: usize): void {
  const y = p + POINT_Y, z = p + POINT_Z;
  sqr(t0, p); // A
  sqr(t1, y); // B
  sqr(t2, t1); // C
  add(t3, p, t1);
  sqr(t3, t3);
  sub(t3, t3, t0);
  sub(t3, t3, t2);
  add(t3, t3, t3); // D
  add(t4, t0, t0);
  add(t4, t4, t0);
  if (curveHasMinusThree()) {
    sqr(t5, z);
    sqr(t5, t5);
    for (let i = 0; i < 3; i++) sub(t4, t4, t5);
  } // E = 3 X^2 + a Z^4
  sqr(t5, t4); // F
  mul(t6, y, z);
  add(out + POINT_Z, t6, t6);
  sub(t5, t5, t3);
  sub(out, t5, t3);
  sub(t3, t3, out);
  mul(t3, t3, t4);
  add(t2, t2, t2);
  add(t2, t2, t2);
  add(t2, t2, t2);
  sub(out + POINT_Y, t3, t2);
}

/** out = p + q. out may be p or q. */
export function pointAdd(out: usize, p: usize, q: usize): void {
  if (pointIsZero(p)) {
    pointCopy(out, q);
    return;
  }
  if (pointIsZero(q)) {
    pointCopy(out, p);
    return;
  }
  const y1 = p + POINT_Y, z1 = p + POINT_Z, y2 = q + POINT_Y, z2 = q + POINT_Z;
  sqr(t0, z1); // Z1Z1
  sqr(t1, z2); // Z2Z2
  mul(t2, p, t1); // U1
  mul(t3, q, t0); // U2
  mul(t4, y1, z2);
  mul(t4, t4, t1); // S1
  mul(t5, y2, z1);
  mul(t5, t5, t0); // S2
  sub(t3, t3, t2); // H
  sub(t5, t5, t4); // S2 - S1
  if (isZero(t3)) {
    if (isZero(t5)) pointDouble(out, p);
    else pointZero(out);
    return;
  }
  add(t5, t5, t5); // r
  add(t6, z1, z2);
  sqr(t6, t6);
  sub(t6, t6, t0);
  sub(t6, t6, t1);
  mul(out + POINT_Z, t6, t3);
  add(t6, t3, t3);
  sqr(t6, t6); // I
  mul(t3, t3, t6); // J
  mul(t2, t2, t6); // V
  sqr(t7, t5);
  sub(t7, t7, t3);
  sub(t7, t7, t2);
  sub(out, t7, t2);
  sub(t2, t2, out);
  mul(t2, t2, t5);
  mul(t4, t4, t3);
  add(t4, t4, t4);
  sub(out + POINT_Y, t2, t4);
}

/** x and y of a point that is not infinity; Z = 1. */
export function pointToAffine(p: usize): void {
  if (twist) fp2Inv(t0, p + POINT_Z);
  else fpInv(t0, p + POINT_Z);
  sqr(t1, t0);
  mul(p, p, t1);
  mul(t1, t1, t0);
  mul(p + POINT_Y, p + POINT_Y, t1);
  pointFromAffine(p);
}

function pointEquals(p: usize, q: usize): bool {
  const pZero = pointIsZero(p);
  if (pZero || pointIsZero(q)) return pZero && pointIsZero(q);
  sqr(t0, p + POINT_Z);
  sqr(t1, q + POINT_Z);
  mul(t2, p, t1);
  mul(t3, q, t0);
  sub(t2, t2, t3);
  if (!isZero(t2)) return false;
  mul(t0, t0, p + POINT_Z);
  mul(t1, t1, q + POINT_Z);
  mul(t2, p + POINT_Y, t1);
  mul(t3, q + POINT_Y, t0);
  sub(t2, t2, t3);
  return isZero(t2);
}

const WINDOW_POINTS: u32 = 16;
const table: usize = memory.data(336 * 16, 16);
const sum: usize = memory.data(336, 16);

/** out = k p, k: `len` bytes, little-endian. out may be p. Windows of four bits. */
export function pointMul(out: usize, p: usize, k: usize, len: u32): void {
  pointZero(table);
  pointCopy(table + POINT, p);
  for (let i: u32 = 2; i < WINDOW_POINTS; i++) {
    const at = table + <usize>i * POINT;
    if (i & 1) pointAdd(at, at - POINT, p);
    else pointDouble(at, table + <usize>(i >> 1) * POINT);
  }
  pointZero(sum);
  for (let i: i32 = (len << 1) - 1; i >= 0; i--) {
    if (!pointIsZero(sum)) for (let d: u32 = 0; d < 4; d++) pointDouble(sum, sum);
    const digit = (<u32>load<u8>(k + (i >> 1)) >> ((i & 1) << 2)) & 15;
    if (digit) pointAdd(sum, sum, table + <usize>digit * POINT);
  }
  pointCopy(out, sum);
}

// ── groups ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** |x| of BLS12-381, x < 0. */
const BLS_X: usize = memory.data<u64>([0xd201000000010000], 8);
/** 6 x^2 of bn254. */
const BN_SIX_X_SQUARED: usize = memory.data<u64>([0xf83e9682e87cfd46, 0x6f4d8248eeb859fb], 8);

const image: usize = memory.data(336, 16);
const multiple: usize = memory.data(336, 16);

/** out = psi(p) of an affine point of the twist: untwist, Frobenius, twist. bn254: (x' g^2, y' g^3); BLS12-381: (x' / g^2, y' / g^3). */
export function psi(out: usize, p: usize): void {
  fp2Conjugate(out, p);
  fp2Conjugate(out + POINT_Y, p + POINT_Y);
  if (curveIsBls()) {
    fp2Inv(t0, gamma(2));
    fp2Inv(t1, gamma(3));
  } else {
    fp2Copy(t0, gamma(2));
    fp2Copy(t1, gamma(3));
  }
  fp2Mul(out, out, t0);
  fp2Mul(out + POINT_Y, out + POINT_Y, t1);
  fp2One(out + POINT_Z);
}

/**
 * Whether an affine point of the curve is of the group of order r. Scott, "A note on group membership tests for G1, G2 and GT on BLS
 * pairing-friendly curves" (2021): phi(P) = -x^2 P in G1, psi(P) = x P in G2; Dai, Lin, Zhao, Zhou, "Fast subgroup membership testings" (2022):
 * psi(P) = 6 x^2 P in G2 of bn254, whose G1 is all of the curve.
 */
export function pointInGroup(p: usize): bool {
  if (!twist) {
    if (!curveIsBls()) return true;
    pointCopy(image, p);
    fpMul(image, image, curveConstant(CURVE_BETA));
    pointMul(multiple, p, BLS_X, 8);
    pointMul(multiple, multiple, BLS_X, 8);
    pointNeg(multiple, multiple);
    return pointEquals(multiple, image);
  }
  psi(image, p);
  if (curveIsBls()) {
    pointMul(multiple, p, BLS_X, 8);
    pointNeg(multiple, multiple);
  } else {
    pointMul(multiple, p, BN_SIX_X_SQUARED, 16);
  }
  return pointEquals(multiple, image);
}
