/**
 * Points of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2, from their 32 bytes (RFC 8032, 5.1.3): y, and the sign of x on top.
 *
 *   x^2 = u/v,  u = y^2 - 1,  v = d y^2 + 1          (v is never 0: -1/d is no square)
 *   x   = u v^3 (u v^7)^((p-5)/8), right up to a factor sqrt(-1); u/v is a square iff v x^2 = u or v x^2 = -u
 *
 * Decompression here is that of curve25519-dalek 4.1 (`CompressedEdwardsY::decompress`), which Solana's
 * program-derived addresses are defined by: the sign bit is masked off, a y >= p is taken modulo p, and "minus zero"
 * (x = 0 with the sign bit set) is accepted. RFC 8032 refuses the last two; the signature rule does so separately
 * (encoding.ts).
 */
import { FE_D, FE_SQRT_M1, feAdd, feEqual, feFromBytes, feIsOdd, feNeg, fePow252m3, feSub } from "./fe";
import { feMul, feSquare } from "./fe-mul";

const one: usize = memory.data<i64>([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 16);
const scratchX: usize = memory.data(80, 16);
const scratchY: usize = memory.data(80, 16);
const u: usize = memory.data(80, 16);
const v: usize = memory.data(80, 16);
const t: usize = memory.data(80, 16);
const w: usize = memory.data(80, 16);

/** Writes affine x and y (80-byte field elements); false if `bytes` is no point. */
export function decompress(x: usize, y: usize, bytes: usize): bool {
  feFromBytes(y, bytes);
  feSquare(t, y);
  feSub(u, t, one);
  feMul(v, t, FE_D);
  feAdd(v, v, one);
  feSquare(t, v);
  feMul(t, t, v); // v^3
  feSquare(w, t);
  feMul(w, w, v); // v^7
  feMul(w, w, u);
  fePow252m3(w, w);
  feMul(w, w, t);
  feMul(x, w, u);
  feSquare(t, x);
  feMul(t, t, v); // v x^2
  if (!feEqual(t, u)) {
    feNeg(u, u);
    if (!feEqual(t, u)) return false;
    feMul(x, x, FE_SQRT_M1);
  }
  const sign = (load<u8>(bytes, 31) >> 7) != 0;
  if (feIsOdd(x) != sign) feNeg(x, x);
  return true;
}

/** Whether the 32 bytes at `ptr` decompress to a point: Solana's off-curve test for program-derived addresses, negated. */
export function isOnCurve(ptr: usize): bool {
  return decompress(scratchX, scratchY, ptr);
}
