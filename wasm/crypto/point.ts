/**
 * Points of edwards25519 in extended coordinates (X : Y : Z : T), x = X/Z, y = Y/Z, T = XY/Z (Hisil, Wong, Carter,
 * Dawson, "Twisted Edwards curves revisited", 2008). 320 bytes, four field elements.
 * A point to be added again and again is kept as (Y+X, Y-X, 2dT, 2Z): "cached" below.
 */
import { FE_2D, feAdd, feCopy, feIsZero, feNeg, feSmall, feSub } from "./fe";
import { feMul, feSquare } from "./fe-mul";

export const POINT_SIZE: usize = 320;

// The base point: y = 4/5, x even (RFC 8032, 5.1).
const BASE_X: usize = memory.data<i64>([52811034, 25909283, 16144682, 17082669, 27570973, 30858332, 40966398, 8378388, 20764389, 8758491], 16);
const BASE_Y: usize = memory.data<i64>([40265304, 26843545, 13421772, 20132659, 26843545, 6710886, 53687091, 13421772, 40265318, 26843545], 16);

const a: usize = memory.data(80, 16);
const b: usize = memory.data(80, 16);
const c: usize = memory.data(80, 16);
const e: usize = memory.data(80, 16);
const f: usize = memory.data(80, 16);
const g: usize = memory.data(80, 16);
const h: usize = memory.data(80, 16);
const twice: usize = memory.data(320, 16);
const twiceCached: usize = memory.data(320, 16);
const sum: usize = memory.data(320, 16);

export function pointIdentity(out: usize): void {
  memory.fill(out, 0, POINT_SIZE);
  store<i64>(out, 1, 80);
  store<i64>(out, 1, 160);
}

export function pointFromAffine(out: usize, x: usize, y: usize): void {
  feMul(out + 240, x, y);
  feCopy(out, x);
  feCopy(out + 80, y);
  feSmall(out + 160, 1);
}

export function pointBase(out: usize): void {
  pointFromAffine(out, BASE_X, BASE_Y);
}

/** out = -out. */
export function pointNegate(out: usize): void {
  feNeg(out, out);
  feNeg(out + 240, out + 240);
}

// (E, F, G, H) -> (EF : GH : FG : EH), the end of both formulas.
function finish(out: usize): void {
  feMul(out, e, f);
  feMul(out + 80, g, h);
  feMul(out + 160, f, g);
  feMul(out + 240, e, h);
}

/** out = 2p, "dbl-2008-hwcd" with all signs turned: 4M + 4S. */
export function pointDouble(out: usize, p: usize): void {
  feSquare(a, p);
  feSquare(b, p + 80);
  feSquare(c, p + 160);
  feAdd(h, a, b);
  feAdd(e, p, p + 80);
  feSquare(e, e);
  feSub(e, h, e); // -2XY
  feSub(g, a, b);
  feAdd(c, c, c);
  feAdd(f, c, g);
  finish(out);
}

export function pointToCached(out: usize, p: usize): void {
  feAdd(out, p + 80, p);
  feSub(out + 80, p + 80, p);
  feMul(out + 160, p + 240, FE_2D);
  feAdd(out + 240, p + 160, p + 160);
}

/** out = p + q, q cached, or p - q if `negative`: "add-2008-hwcd-3", complete, 8M. -q swaps Y+X with Y-X and turns 2dT. */
export function pointAddCached(out: usize, p: usize, q: usize, negative: bool): void {
  feSub(a, p + 80, p);
  feAdd(b, p + 80, p);
  feMul(a, a, negative ? q : q + 80);
  feMul(b, b, negative ? q + 80 : q);
  feMul(c, p + 240, q + 160);
  feMul(g, p + 160, q + 240); // D
  feSub(e, b, a);
  feAdd(h, b, a);
  if (negative) {
    feAdd(f, g, c);
    feSub(g, g, c);
  } else {
    feSub(f, g, c);
    feAdd(g, g, c);
  }
  finish(out);
}

/** `count` cached entries of 320 bytes: p, 3p, 5p, ... */
export function pointOddMultiples(table: usize, p: usize, count: u32): void {
  pointDouble(twice, p);
  pointToCached(twiceCached, twice);
  memory.copy(sum, p, POINT_SIZE);
  for (let i: u32 = 0; i < count; i++, table += POINT_SIZE) {
    pointToCached(table, sum);
    pointAddCached(sum, sum, twiceCached, false);
  }
}

/** Whether 8p is the identity (0 : 1 : 1 : 0), that is, p is of small order. */
export function pointIsTorsion(p: usize): bool {
  pointDouble(sum, p);
  pointDouble(sum, sum);
  pointDouble(sum, sum);
  feSub(a, sum + 80, sum + 160);
  return feIsZero(sum) && feIsZero(a);
}
