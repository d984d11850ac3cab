/**
 * The field of a curve, or of its order. One at a time is in use (curveUse); elements are FP bytes for both, in the form of montgomery.ts,
 * below 2p. Nothing here needs constant time: programs' data is public.
 */
import { montAdd14, montAdd9, montMul14, montMul9, montSub14, montSub9 } from "../montgomery";
import { BLS12_381, SECP256R1, CURVE_INVERT, CURVE_MODULUS, CURVE_ONE, CURVE_P, CURVE_R2, CURVE_SQRT } from "./constants";

export const FP: usize = 56;
/** Bytes of a number as it comes in and goes out, little-endian; the upper 16 of bn254's are zero. */
export const FP_WORDS: usize = 48;

let curve: usize = 0;
let wide: bool = false;
let limbs: u32 = 0;
let bits: u32 = 0;
let mask: i64 = 0;
/** Rounds of inversion: 2 (bits of p) - 1 bits, `bits` a round. */
let rounds: u32 = 0;

/** BN254, BLS12_381, SECP256K1, ... of constants.ts. */
export function curveUse(constants: usize): void {
  curve = constants;
  wide = constants == BLS12_381;
  limbs = wide ? 14 : 9;
  bits = wide ? 28 : 29;
  mask = (<i64>1 << bits) - 1;
  rounds = wide ? 28 : 18;
}
/** Whether the equation is y^2 = x^3 - 3x + b, without -3x otherwise. */
// @ts-ignore: decorator
@inline
export function curveHasMinusThree(): bool {
  return curve == SECP256R1;
}
// @ts-ignore: decorator
@inline
export function curveIsBls(): bool {
  return wide;
}
/** Address of a constant. */
// @ts-ignore: decorator
@inline
export function curveConstant(offset: usize): usize {
  return curve + offset;
}

export function fpMul(out: usize, a: usize, b: usize): void {
  if (wide) montMul14(out, a, b, curve);
  else montMul9(out, a, b, curve);
}
export function fpAdd(out: usize, a: usize, b: usize): void {
  if (wide) montAdd14(out, a, b, curve);
  else montAdd9(out, a, b, curve);
}
export function fpSub(out: usize, a: usize, b: usize): void {
  if (wide) montSub14(out, a, b, curve);
  else montSub9(out, a, b, curve);
}

const ZERO: usize = memory.data(56, 16);
const ONE: usize = memory.data<u32>([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 16);
const plain: usize = memory.data(56, 16);
const power: usize = memory.data(56, 16);
const word: usize = memory.data(48, 16);

export function fpNeg(out: usize, a: usize): void {
  fpSub(out, ZERO, a);
}
export function fpCopy(out: usize, a: usize): void {
  memory.copy(out, a, FP);
}
export function fpZero(out: usize): void {
  memory.fill(out, 0, FP);
}
export function fpOne(out: usize): void {
  memory.copy(out, curve + CURVE_ONE, FP);
}

/** out = a, below p, for a below 2p. */
function normalize(out: usize, a: usize): void {
  let c: i64 = 0;
  for (let i: u32 = 0; i < limbs; i++) {
    c += <i64>load<u32>(a + (i << 2)) - <i64>load<u32>(curve + CURVE_MODULUS + (i << 2));
    store<u32>(plain + (i << 2), <u32>(c & (i + 1 < limbs ? mask : -1)));
    c >>= bits;
  }
  memory.copy(out, c < 0 ? a : plain, FP);
}

export function fpIsZero(a: usize): bool {
  normalize(power, a);
  let any: u32 = 0;
  for (let i: u32 = 0; i < limbs; i++) any |= load<u32>(power + (i << 2));
  return any == 0;
}

/** Whether 48 bytes, little-endian, are below p. */
export function fpIsCanonical(words: usize): bool {
  for (let i: i32 = 40; i >= 0; i -= 8) {
    const a = load<u64>(words + i), b = load<u64>(curve + CURVE_P + i);
    if (a != b) return a < b;
  }
  return false;
}

/** From 48 bytes, little-endian, below p. */
export function fpFromWords(out: usize, words: usize): void {
  for (let i: u32 = 0, bit: u32 = 0; i < limbs; i++, bit += bits) {
    const at = words + ((bit >> 6) << 3), shift = bit & 63;
    let limb = load<u64>(at) >> shift;
    if (shift + bits > 64 && bit < 320) limb |= load<u64>(at, 8) << (64 - shift);
    store<u32>(out + (i << 2), <u32>(limb & <u64>mask));
  }
  fpMul(out, out, curve + CURVE_R2);
}

/** The 48 bytes, little-endian, of the number below p. */
export function fpToWords(out: usize, a: usize): void {
  fpMul(power, a, ONE);
  normalize(power, power);
  memory.fill(out, 0, FP_WORDS);
  for (let i: u32 = 0, bit: u32 = 0; i < limbs; i++, bit += bits) {
    const at = out + ((bit >> 6) << 3), shift = bit & 63;
    const limb = <u64>load<u32>(power + (i << 2));
    store<u64>(at, load<u64>(at) | (limb << shift));
    if (shift + bits > 64 && bit < 320) store<u64>(at, load<u64>(at, 8) | (limb >> (64 - shift)), 8);
  }
}

/** Whether a > -a, as numbers below p: the larger of two square roots. */
export function fpIsLarger(a: usize): bool {
  // a > (p - 1) / 2, that is 2a > p: the sum of the numbers themselves.
  fpToWords(word, a);
  let above: i32 = 0;
  let carry: u64 = 0;
  for (let i: i32 = 0; i < 48; i += 8) {
    const v = load<u64>(word + i);
    const doubled = (v << 1) | carry;
    carry = v >> 63;
    const m = load<u64>(curve + CURVE_P + i);
    if (doubled != m) above = doubled > m ? 1 : -1;
  }
  return above > 0;
}

/** out = a^e, e: 48 bytes, little-endian. */
function fpPow(out: usize, a: usize, exponent: usize): void {
  memory.copy(base, a, FP);
  let started = false;
  for (let i: i32 = 383; i >= 0; i--) {
    if (started) fpMul(result, result, result);
    if (!((load<u64>(exponent + ((i >> 6) << 3)) >> (i & 63)) & 1)) continue;
    if (started) fpMul(result, result, base);
    else memory.copy(result, base, FP);
    started = true;
  }
  memory.copy(out, result, FP);
}
const base: usize = memory.data(56, 16);
const result: usize = memory.data(56, 16);
const square: usize = memory.data(56, 16);

/** out = a square root of a, or false: there is none. p = 3 modulo 4. out is not a. */
export function fpSqrt(out: usize, a: usize): bool {
  fpPow(out, a, curve + CURVE_SQRT);
  fpMul(square, out, out);
  fpSub(square, square, a);
  return fpIsZero(square);
}

// ── inversion ──────────────────────────────────────────────────────────────────────────────────────────────────────
// Pornin, "Optimized Binary GCD for Modular Inversion" (2020), algorithm 2, with `bits` steps a round, so that the division of a round is a
// limb less. a = y u k, b = y v k modulo p throughout, k = 2^(bits rounds); u and v are kept below p plus a little.

const a: usize = memory.data(56, 16);
const b: usize = memory.data(56, 16);
const u: usize = memory.data(56, 16);
const v: usize = memory.data(56, 16);
const nextA: usize = memory.data(56, 16);
const nextB: usize = memory.data(56, 16);

/** out = (x f + y g) / 2^bits, absolute; whether it was negative. */
function combine(out: usize, x: usize, f: i64, y: usize, g: i64): bool {
  let c: i64 = (<i64>load<u32>(x) * f + <i64>load<u32>(y) * g) >> bits;
  const last = (limbs - 1) << 2;
  for (let i: u32 = 4; i <= last; i += 4) {
    c += <i64>load<u32>(x + i) * f + <i64>load<u32>(y + i) * g;
    store<u32>(out + i - 4, <u32>(c & mask));
    c >>= bits;
  }
  store<u32>(out + last, <u32>c);
  if (c >= 0) return false;
  c = 0;
  for (let i: u32 = 0; i <= last; i += 4) {
    c -= i == last ? <i64>load<i32>(out + i) : <i64>load<u32>(out + i);
    store<u32>(out + i, <u32>(i == last ? c : c & mask));
    c >>= bits;
  }
  return true;
}

/** out = (x f + y g) / 2^(2 bits) modulo p, not negative. */
function combineModulo(out: usize, x: usize, f: i64, y: usize, g: i64): void {
  const m = curve + CURVE_MODULUS;
  const inverse = <i64>load<u32>(m + (limbs << 3));
  const m0 = <i64>load<u32>(m);
  let c: i64 = <i64>load<u32>(x) * f + <i64>load<u32>(y) * g;
  const q0 = (c * inverse) & mask;
  c = (c + q0 * m0) >> bits;
  c += <i64>load<u32>(x, 4) * f + <i64>load<u32>(y, 4) * g + q0 * <i64>load<u32>(m, 4);
  const q1 = (c * inverse) & mask;
  c = (c + q1 * m0) >> bits;
  const last = (limbs - 1) << 2;
  for (let i: u32 = 8; i <= last; i += 4) {
    c += <i64>load<u32>(x + i) * f + <i64>load<u32>(y + i) * g + q0 * <i64>load<u32>(m + i) + q1 * <i64>load<u32>(m + i - 4);
    store<u32>(out + i - 8, <u32>(c & mask));
    c >>= bits;
  }
  c += q1 * <i64>load<u32>(m + last);
  store<u32>(out + last - 4, <u32>(c & mask));
  c >>= bits;
  store<u32>(out + last, <u32>c);
  if (c >= 0) return;
  c = 0;
  for (let i: u32 = 0; i <= last; i += 4) {
    c += (i == last ? <i64>load<i32>(out + i) : <i64>load<u32>(out + i)) + <i64>load<u32>(m + i);
    store<u32>(out + i, <u32>(i == last ? c : c & mask));
    c >>= bits;
  }
}

/** The lowest `bits` and the highest bits + 2 bits below bit `length` of x. */
function approximate(x: usize, length: u32): u64 {
  const from = length - (bits + 2);
  const limb = from / bits, shift = from % bits;
  // Three limbs hold bits + 2 bits from any place.
  let top = <u64>load<u32>(x + (limb << 2)) >> shift;
  if (limb + 1 < limbs) top |= <u64>load<u32>(x + (limb << 2), 4) << (bits - shift);
  if (limb + 2 < limbs) top |= <u64>load<u32>(x + (limb << 2), 8) << (2 * bits - shift);
  top &= (<u64>1 << (bits + 2)) - 1;
  return <u64>load<u32>(x) | (top << bits);
}

/** out = 1/y, 0 for 0. */
export function fpInv(out: usize, y: usize): void {
  normalize(a, y);
  memory.copy(b, curve + CURVE_MODULUS, limbs << 2);
  memory.copy(u, ONE, FP);
  fpZero(v);
  for (let round: u32 = 0; round < rounds; round++) {
    let top = limbs - 1;
    while (top && !(load<u32>(a + (top << 2)) | load<u32>(b + (top << 2)))) top -= 1;
    const length = max(top * bits + 32 - <u32>clz<u32>(load<u32>(a + (top << 2)) | load<u32>(b + (top << 2))), 2 * bits + 2);
    let x = approximate(a, length), z = approximate(b, length);
    let f0: i64 = 1, g0: i64 = 0, f1: i64 = 0, g1: i64 = 1;
    for (let i: u32 = 0; i < bits; i++) {
      if (x & 1) {
        if (x < z) {
          const x0 = x, f = f0, g = g0;
          x = z;
          z = x0;
          f0 = f1;
          g0 = g1;
          f1 = f;
          g1 = g;
        }
        x -= z;
        f0 -= f1;
        g0 -= g1;
      }
      x >>= 1;
      f1 <<= 1;
      g1 <<= 1;
    }
    if (combine(nextA, a, f0, b, g0)) {
      f0 = -f0;
      g0 = -g0;
    }
    if (combine(nextB, a, f1, b, g1)) {
      f1 = -f1;
      g1 = -g1;
    }
    memory.copy(a, nextA, FP);
    memory.copy(b, nextB, FP);
    combineModulo(nextA, u, f0, v, g0);
    combineModulo(nextB, u, f1, v, g1);
    memory.copy(u, nextA, FP);
    memory.copy(v, nextB, FP);
  }
  fpMul(out, v, curve + CURVE_INVERT);
}
