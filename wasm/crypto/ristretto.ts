/**
 * Ristretto255 (RFC 9496, section 4): a group of prime order out of edwards25519, with one encoding an element. Names of variables and
 * constants are the document's; an internal representation is an extended point (lane-point.ts: X Z T Y).
 */
import { equal32, FE_D, FE_SQRT_M1, feAdd, feEqual, feFromBytes, feIsOdd, feNeg, fePow252m3, feSub, feToBytes } from "./fe";
import { feMul, feSquare } from "./fe-mul";
import { edwardsCoordinate, EDWARDS_POINT } from "./edwards";
import { FE4_ONE, FE4_SIZE, fe4SetLane } from "./fe4";
import { fe4Multiply } from "./fe4-mul";
import { laneNegateCached } from "./lane-point";

const FE: usize = 80;
const ONE: usize = memory.data<i64>([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 16);
/** 54469307008909316920995813868745141605393597292927456921205312896311721017578 = 1/sqrt(a - d), a = -1. */
const INVSQRT_A_MINUS_D: usize = memory.data<i64>([6111466, 4156064, 39310137, 12243467, 41204824, 120896, 20826367, 26493656, 6093567, 31568420], 16);

// of sqrtRatio
const v3: usize = memory.data(80, 16);
const check: usize = memory.data(80, 16);
const power: usize = memory.data(80, 16);
// of decoding and encoding
const s: usize = memory.data(80, 16);
const u1: usize = memory.data(80, 16);
const u2: usize = memory.data(80, 16);
const u2Squared: usize = memory.data(80, 16);
const v: usize = memory.data(80, 16);
const invSqrt: usize = memory.data(80, 16);
const den1: usize = memory.data(80, 16);
const den2: usize = memory.data(80, 16);
const x: usize = memory.data(80, 16);
const y: usize = memory.data(80, 16);
const z: usize = memory.data(80, 16);
const t: usize = memory.data(80, 16);
const rotated: usize = memory.data(80, 16);
const bytes: usize = memory.data(32, 16);

/** IS_NEGATIVE(a) is the low bit; out = CT_ABS(a). */
function feAbs(out: usize, a: usize): void {
  if (feIsOdd(a)) feNeg(out, a);
  else memory.copy(out, a, FE);
}

/** SQRT_RATIO_M1(1, w) (section 4.2): out = 1/sqrt(w), or of i w; whether w is a square (and not 0). */
function inverseSquareRoot(out: usize, w: usize): bool {
  feSquare(v3, w);
  feMul(v3, v3, w); // w^3
  feSquare(power, v3);
  feMul(power, power, w); // w^7
  fePow252m3(power, power);
  feMul(out, v3, power);
  feSquare(check, out);
  feMul(check, check, w);
  let square = feEqual(check, ONE);
  feNeg(power, ONE);
  const flipped = feEqual(check, power);
  feMul(power, power, FE_SQRT_M1); // -i
  if (flipped || feEqual(check, power)) feMul(out, out, FE_SQRT_M1);
  square = square || flipped;
  feAbs(out, out);
  return square;
}

/** Writes the cached point with affine x, y and, behind it, its negative. */
function cachePoint(out: usize, px: usize, py: usize): void {
  feSub(t, py, px);
  feToBytes(bytes, t);
  fe4SetLane(out, 0, bytes);
  feAdd(t, ONE, ONE);
  feToBytes(bytes, t);
  fe4SetLane(out, 1, bytes);
  feMul(t, px, py);
  feMul(t, t, FE_D);
  feAdd(t, t, t);
  feToBytes(bytes, t);
  fe4SetLane(out, 2, bytes);
  feAdd(t, py, px);
  feToBytes(bytes, t);
  fe4SetLane(out, 3, bytes);
  fe4Multiply(out, out, FE4_ONE); // to one unit
  laneNegateCached(out + FE4_SIZE, out);
}

/** Decode (section 4.3.1): writes EDWARDS_POINT bytes; false: no encoding of an element. */
export function ristrettoDecode(out: usize, encoding: usize): bool {
  feFromBytes(s, encoding);
  feToBytes(bytes, s);
  if (!equal32(bytes, encoding) || load<u8>(encoding) & 1) return false;
  feSquare(t, s); // ss
  feSub(u1, ONE, t);
  feAdd(u2, ONE, t);
  feSquare(u2Squared, u2);
  // v = -(d u1^2) - u2^2
  feSquare(v, u1);
  feMul(v, v, FE_D);
  feAdd(v, v, u2Squared);
  feNeg(v, v);
  feMul(t, v, u2Squared);
  if (!inverseSquareRoot(invSqrt, t)) return false;
  feMul(den1, invSqrt, u2); // den_x
  feMul(den2, invSqrt, den1);
  feMul(den2, den2, v); // den_y
  feAdd(x, s, s);
  feMul(x, x, den1);
  feAbs(x, x);
  feMul(y, u1, den2);
  feMul(t, x, y);
  feToBytes(bytes, y);
  if (feIsOdd(t) || (load<u64>(bytes) | load<u64>(bytes, 8) | load<u64>(bytes, 16) | load<u64>(bytes, 24)) == 0) return false;
  cachePoint(out, x, y);
  return true;
}

/** Encode (section 4.3.2): 32 bytes of an extended point. */
export function ristrettoEncode(out: usize, p: usize): void {
  edwardsCoordinate(x, p, 0);
  edwardsCoordinate(z, p, 1);
  edwardsCoordinate(t, p, 2);
  edwardsCoordinate(y, p, 3);
  feAdd(u1, z, y);
  feSub(u2, z, y);
  feMul(u1, u1, u2);
  feMul(u2, x, y);
  feSquare(v, u2);
  feMul(v, v, u1);
  inverseSquareRoot(invSqrt, v); // u1 u2^2 is a square for every point of the group
  feMul(den1, invSqrt, u1);
  feMul(den2, invSqrt, u2);
  feMul(rotated, den1, den2);
  feMul(rotated, rotated, t); // z_inv
  feMul(v, t, rotated);
  if (feIsOdd(v)) {
    feMul(u1, x, FE_SQRT_M1); // ix
    feMul(x, y, FE_SQRT_M1); // iy
    memory.copy(y, u1, FE);
    feMul(den2, den1, INVSQRT_A_MINUS_D);
  }
  feMul(v, x, rotated);
  if (feIsOdd(v)) feNeg(y, y);
  feSub(s, z, y);
  feMul(s, s, den2);
  feAbs(s, s);
  feToBytes(out, s);
}
