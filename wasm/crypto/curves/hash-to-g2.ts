/**
 * Hashing to the group G2 of BLS12-381: RFC 9380, suite BLS12381G2_XMD:SHA-256_SSWU_RO_ (section 8.8.2), with any domain separation tag.
 *
 *   bytes ──expand_message_xmd (5.3.1)──▶ 256 bytes ──hash_to_field (5.2)──▶ u0, u1 of Fp2
 *   u ──simplified SWU (6.6.2)──▶ point of E': y^2 = x^3 + 240 u x + 1012 (1 + u) ──3-isogeny (appendix E.3)──▶ point of the twist
 *   the sum of both points ──times h_eff──▶ point of the group
 *
 * Names of the steps are the RFC's.
 */
import { sha256Final, sha256Init, sha256Update } from "../sha256";
import { turned } from "./bytes";
import { BLS12_381 } from "./constants";
import { curveUse, FP, fpAdd, fpFromWords, fpIsZero, fpMul, fpToWords } from "./fp";
import { FP2, fp2Add, fp2Inv, fp2IsZero, fp2Mul, fp2Neg, fp2One, fp2Sqr, fp2Sqrt } from "./fp2";
import { POINT_Y, pointAdd, pointFromAffine, pointMul, pointsOnTwist, pointToAffine } from "./point";

// Elements of Fp2 below are c0, c1 of six words each, the lowest first. The highest coefficients of the denominators are 1.
const X_NUMERATOR: usize = memory.data<u64>([
  0x6238aaaaaaaa97d6, 0x5c2638e343d9c71c, 0x88b58423c50ae15d, 0x32c52d39fd3a042a, 0xbb5b7a9a47d7ed85, 0x5c759507e8e333e,
  0x6238aaaaaaaa97d6, 0x5c2638e343d9c71c, 0x88b58423c50ae15d, 0x32c52d39fd3a042a, 0xbb5b7a9a47d7ed85, 0x5c759507e8e333e,
  0, 0, 0, 0, 0, 0,
  0x26a9ffffffffc71a, 0x1472aaa9cb8d5555, 0x9a208c6b4f20a418, 0x984f87adf7ae0c7f, 0x32126fced787c88f, 0x11560bf17baa99bc,
  0x26a9ffffffffc71e, 0x1472aaa9cb8d5555, 0x9a208c6b4f20a418, 0x984f87adf7ae0c7f, 0x32126fced787c88f, 0x11560bf17baa99bc,
  0x9354ffffffffe38d, 0xa395554e5c6aaaa, 0xcd104635a790520c, 0xcc27c3d6fbd7063f, 0x190937e76bc3e447, 0x8ab05f8bdd54cde,
  0x88e2aaaaaaaa5ed1, 0x7098e38d0f671c71, 0x22d6108f142b8575, 0xcb14b4e7f4e810aa, 0xed6dea691f5fb614, 0x171d6541fa38ccfa,
  0, 0, 0, 0, 0, 0,
], 8);
const X_DENOMINATOR: usize = memory.data<u64>([
  0, 0, 0, 0, 0, 0,
  0xb9feffffffffaa63, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624, 0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a,
  0xc, 0, 0, 0, 0, 0,
  0xb9feffffffffaa9f, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624, 0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a,
], 8);
const Y_NUMERATOR: usize = memory.data<u64>([
  0x12cfc71c71c6d706, 0xfc8c25ebf8c92f68, 0xf54439d87d27e500, 0xf7da5d4a07f649b, 0x59a4c18b076d1193, 0x1530477c7ab4113b,
  0x12cfc71c71c6d706, 0xfc8c25ebf8c92f68, 0xf54439d87d27e500, 0xf7da5d4a07f649b, 0x59a4c18b076d1193, 0x1530477c7ab4113b,
  0, 0, 0, 0, 0, 0,
  0x6238aaaaaaaa97be, 0x5c2638e343d9c71c, 0x88b58423c50ae15d, 0x32c52d39fd3a042a, 0xbb5b7a9a47d7ed85, 0x5c759507e8e333e,
  0x26a9ffffffffc71c, 0x1472aaa9cb8d5555, 0x9a208c6b4f20a418, 0x984f87adf7ae0c7f, 0x32126fced787c88f, 0x11560bf17baa99bc,
  0x9354ffffffffe38f, 0xa395554e5c6aaaa, 0xcd104635a790520c, 0xcc27c3d6fbd7063f, 0x190937e76bc3e447, 0x8ab05f8bdd54cde,
  0xe1b371c71c718b10, 0x4e79097a56dc4bd9, 0xb0e977c69aa27452, 0x761b0f37a1e26286, 0xfbf7043de3811ad0, 0x124c9ad43b6cf79b,
  0, 0, 0, 0, 0, 0,
], 8);
const Y_DENOMINATOR: usize = memory.data<u64>([
  0xb9feffffffffa8fb, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624, 0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a,
  0xb9feffffffffa8fb, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624, 0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a,
  0, 0, 0, 0, 0, 0,
  0xb9feffffffffa9d3, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624, 0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a,
  0x12, 0, 0, 0, 0, 0,
  0xb9feffffffffaa99, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624, 0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a,
], 8);
const SWU_A: usize = memory.data<u64>([0, 0, 0, 0, 0, 0, 240, 0, 0, 0, 0, 0], 8);
const SWU_B: usize = memory.data<u64>([1012, 0, 0, 0, 0, 0, 1012, 0, 0, 0, 0, 0], 8);
/** -Z = 2 + u */
const SWU_MINUS_Z: usize = memory.data<u64>([2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], 8);
const TWO_TO_256: usize = memory.data<u64>([0, 0, 0, 0, 1, 0], 8);
const EFFECTIVE_COFACTOR: usize = memory.data<u64>([
  0xe8020005aaa95551, 0x59894c0adebbf6b4, 0xe954cbc06689f6a3, 0x2ec0ec69d7477c1a, 0x6d82bf015d1212b0,
  0x329c2f178731db95, 0x9986ff031508ffe1, 0x88e2a8e9145ad768, 0x584c6a0ea91b3528, 0xbc69f08f2ee75b3,
], 8);

const UNIFORM: u32 = 256;
const BLOCK: u32 = 32;
const zeroPad: usize = memory.data(64, 8);
const uniform: usize = memory.data(256, 16);
const first: usize = memory.data(32, 8);
const small: usize = memory.data(8, 8);
const number: usize = memory.data(48, 16);

/** H(what was fed || byte || tag || its length). */
function finish(byte: u32, tag: usize, tagLength: u32, out: usize): void {
  store<u8>(small, <u8>byte);
  sha256Update(small, 1);
  sha256Update(tag, tagLength);
  store<u8>(small, <u8>tagLength);
  sha256Update(small, 1);
  sha256Final(out);
}

function expandMessage(message: usize, length: u32, tag: usize, tagLength: u32): void {
  sha256Init();
  sha256Update(zeroPad, 64);
  sha256Update(message, length);
  store<u16>(small, <u16>(UNIFORM >> 8)); // the length of the output, big-endian
  sha256Update(small, 2);
  finish(0, tag, tagLength, first);
  for (let i: u32 = 0; i < UNIFORM / BLOCK; i++) {
    const out = uniform + <usize>i * BLOCK;
    memory.copy(out, first, BLOCK);
    if (i) for (let j: usize = 0; j < 32; j += 8) store<u64>(out + j, load<u64>(out + j) ^ load<u64>(out - BLOCK + j));
    sha256Init();
    sha256Update(out, BLOCK);
    finish(i + 1, tag, tagLength, out);
  }
}

/** Big-endian bytes, 32 of them. */
function readHalf(out: usize, from: usize): void {
  memory.fill(number, 0, 48);
  turned(number, from, 32, 32);
  fpFromWords(out, number);
}

const shift: usize = memory.data(56, 16);
const low: usize = memory.data(56, 16);

/** 64 bytes, big-endian, modulo p. */
function readWide(out: usize, from: usize): void {
  fpFromWords(shift, TWO_TO_256);
  readHalf(out, from);
  readHalf(low, from + 32);
  fpMul(out, out, shift);
  fpAdd(out, out, low);
}

function constant(out: usize, words: usize): void {
  fpFromWords(out, words);
  fpFromWords(out + FP, words + 48);
}

function isOdd(a: usize): bool {
  fpToWords(number, a);
  return (load<u8>(number) & 1) != 0;
}
/** sgn0 (4.1) */
function sign(a: usize): bool {
  return fpIsZero(a) ? isOdd(a + FP) : isOdd(a);
}

const u: usize = memory.data(112, 16);
const coefficientA: usize = memory.data(112, 16);
const coefficientB: usize = memory.data(112, 16);
const zuu: usize = memory.data(112, 16);
const t: usize = memory.data(112, 16);
const x: usize = memory.data(112, 16);
const y: usize = memory.data(112, 16);
const cube: usize = memory.data(112, 16);

/** y = a root of x^3 + A x + B, or false: there is none. */
function rootOnSwuCurve(): bool {
  fp2Sqr(cube, x);
  fp2Add(cube, cube, coefficientA);
  fp2Mul(cube, cube, x);
  fp2Add(cube, cube, coefficientB);
  return fp2Sqrt(y, cube);
}

/** x, y = the point of E' of u. Z is no square, so that one of the two candidates is on the curve. */
function mapToSwuCurve(): void {
  constant(coefficientA, SWU_A);
  constant(coefficientB, SWU_B);
  constant(t, SWU_MINUS_Z);
  fp2Neg(t, t);
  fp2Sqr(zuu, u);
  fp2Mul(zuu, zuu, t); // Z u^2
  fp2Sqr(x, zuu);
  fp2Add(x, x, zuu); // Z^2 u^4 + Z u^2
  if (fp2IsZero(x)) {
    fp2Mul(x, coefficientA, t);
    fp2Inv(x, x);
  } else {
    fp2Inv(x, x);
    fp2One(t);
    fp2Add(x, x, t);
    fp2Inv(t, coefficientA);
    fp2Mul(x, x, t);
    fp2Neg(x, x);
  }
  fp2Mul(x, x, coefficientB);
  if (!rootOnSwuCurve()) {
    fp2Mul(x, x, zuu);
    rootOnSwuCurve();
  }
  if (sign(u) != sign(y)) fp2Neg(y, y);
}

/** out = c0 + c1 x + ..., the `count` coefficients at `words` and, if `monic`, a last one of 1. */
function polynomial(out: usize, words: usize, count: u32, monic: bool): void {
  if (monic) fp2One(out);
  else constant(out, words + <usize>(count - 1) * 96);
  for (let i: i32 = <i32>count - (monic ? 1 : 2); i >= 0; i--) {
    fp2Mul(out, out, x);
    constant(t, words + <usize>i * 96);
    fp2Add(out, out, t);
  }
}

const denominator: usize = memory.data(112, 16);

/** out = the image of x, y on the twist. */
function isogeny(out: usize): void {
  polynomial(out, X_NUMERATOR, 4, false);
  polynomial(denominator, X_DENOMINATOR, 2, true);
  fp2Inv(denominator, denominator);
  fp2Mul(out, out, denominator);
  polynomial(out + POINT_Y, Y_NUMERATOR, 4, false);
  polynomial(denominator, Y_DENOMINATOR, 3, true);
  fp2Inv(denominator, denominator);
  fp2Mul(out + POINT_Y, out + POINT_Y, denominator);
  fp2Mul(out + POINT_Y, out + POINT_Y, y);
  pointFromAffine(out);
}

/** out = the point of the 128 bytes at `from`, which stand for an element of Fp2. */
function mapToCurve(out: usize, from: usize): void {
  readWide(u, from);
  readWide(u + FP, from + 64);
  mapToSwuCurve();
  isogeny(out);
}

const p: usize = memory.data(336, 16);
const q: usize = memory.data(336, 16);
const words: usize = memory.data(192, 16);

/** out = the point of a message: 192 bytes, big-endian (bls12-381.ts). `tag`: at most 255 bytes. */
export function blsHashToG2(out: usize, message: usize, length: u32, tag: usize, tagLength: u32): void {
  curveUse(BLS12_381);
  pointsOnTwist(true);
  expandMessage(message, length, tag, tagLength);
  mapToCurve(p, uniform);
  mapToCurve(q, uniform + 128);
  pointAdd(p, p, q);
  pointMul(p, p, EFFECTIVE_COFACTOR, 80);
  pointToAffine(p);
  for (let i: usize = 0; i < 2; i++) {
    fpToWords(words + i * 96, p + i * FP2);
    fpToWords(words + i * 96 + 48, p + i * FP2 + FP);
  }
  turned(out, words, 192, 96);
}
