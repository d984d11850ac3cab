/**
 * Integers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point (RFC 8032, 5.1).
 * A scalar is 32 bytes little-endian, read as eight u32 words.
 *
 * Reduction is Barrett's (Menezes, van Oorschot, Vanstone, "Handbook of Applied Cryptography", algorithm 14.42) with
 * b = 2^32, k = 8:  q = ((x >> 224) * mu) >> 288, mu = floor(2^512 / L);  r = x - q L, at most two more subtractions.
 */

export const L: usize = memory.data<u32>([
  0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0x00000000, 0x00000000, 0x00000000, 0x10000000, 0x00000000,
], 16);
const MU: usize = memory.data<u32>([
  0x0a2c131b, 0xed9ce5a3, 0x086329a7, 0x2106215d, 0xffffffeb, 0xffffffff, 0xffffffff, 0xffffffff, 0x0000000f,
], 16);

const product: usize = memory.data(4 * 18, 16);
const quotientTimesL: usize = memory.data(4 * 18, 16);
const wide: usize = memory.data(64, 16);
const padded: usize = memory.data(48, 16);

/** out = a * b, schoolbook; aWords + bWords words are written. out overlaps neither. */
function multiplyWords(out: usize, a: usize, aWords: u32, b: usize, bWords: u32): void {
  memory.fill(out, 0, (aWords + bWords) << 2);
  for (let i: u32 = 0; i < aWords; i++, out += 4) {
    const word = <u64>load<u32>(a + (i << 2));
    let carry: u64 = 0;
    for (let j: u32 = 0; j < bWords; j++) {
      const sum = word * <u64>load<u32>(b + (j << 2)) + <u64>load<u32>(out + (j << 2)) + carry;
      store<u32>(out + (j << 2), <u32>sum);
      carry = sum >> 32;
    }
    store<u32>(out + (bWords << 2), <u32>carry);
  }
}

/** a -= b over nine words; returns whether it borrowed. */
function subtract9(a: usize, b: usize): bool {
  let borrow: i64 = 0;
  for (let i: usize = 0; i < 36; i += 4) {
    const difference = <i64>load<u32>(a + i) - <i64>load<u32>(b + i) + borrow;
    store<u32>(a + i, <u32>difference);
    borrow = difference >> 32;
  }
  return borrow != 0;
}

/** Whether nine words are less than L. */
function lessThanL(a: usize): bool {
  for (let i: i32 = 32; i >= 0; i -= 4) {
    const x = load<u32>(a + i), y = load<u32>(L + i);
    if (x != y) return x < y;
  }
  return false;
}

/** out = the 64 bytes at x, modulo L. */
export function scalarReduce(out: usize, x: usize): void {
  multiplyWords(product, x + 28, 9, MU, 9);
  multiplyWords(quotientTimesL, product + 36, 9, L, 9);
  memory.copy(product, x, 36);
  subtract9(product, quotientTimesL);
  while (!lessThanL(product)) subtract9(product, L);
  memory.copy(out, product, 32);
}

/** out = a * b modulo L, for a of aWords <= 8 words. */
export function scalarMultiply(out: usize, a: usize, aWords: u32, b: usize): void {
  memory.fill(wide, 0, 64);
  multiplyWords(wide, a, aWords, b, 8);
  scalarReduce(out, wide);
}

/** Whether the 32 bytes are a number below L (RFC 8032, 5.1.7: otherwise the signature is refused). */
export function scalarIsCanonical(bytes: usize): bool {
  memory.copy(padded, bytes, 32);
  store<u32>(padded, 0, 32);
  return lessThanL(padded);
}

/**
 * Width-w non-adjacent form of a scalar < 2^253 (Hankerson, Menezes, Vanstone, algorithm 3.35): 256 signed
 * bytes, `stride` apart and zero before the call, become zero or odd, |digit| < 2^(w-1), at least w-1 zeros after each; sum digit_i 2^i = scalar.
 */
export function nonAdjacentForm(digits: usize, stride: usize, scalar: usize, width: u32): void {
  memory.copy(padded, scalar, 32);
  store<u64>(padded, 0, 32);
  const mask: u32 = (1 << width) - 1;
  let carry: u32 = 0;
  for (let at: u32 = 0; at < 256; ) {
    const window = ((load<u32>(padded + (at >> 3)) >> (at & 7)) & mask) + carry;
    if ((window & 1) == 0) {
      at += 1;
      continue;
    }
    carry = window >> (width - 1); // a digit past the middle is taken negative, one is carried on
    store<i8>(digits + <usize>at * stride, <i8>(<i32>window - <i32>(carry << width)));
    at += width;
  }
}

/** out = L - a, for a < L; L itself for a = 0, which stands for the same multiple of a point of order L. */
export function scalarNegate(out: usize, a: usize): void {
  memory.copy(product, L, 36);
  memory.copy(padded, a, 32);
  store<u32>(padded, 0, 32);
  subtract9(product, padded);
  memory.copy(out, product, 32);
}

/** out = a + b modulo L, for a, b < L. */
export function scalarAdd(out: usize, a: usize, b: usize): void {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    const sum = <u64>load<u32>(a + i) + <u64>load<u32>(b + i) + carry;
    store<u32>(product + i, <u32>sum);
    carry = sum >> 32;
  }
  store<u32>(product, <u32>carry, 32);
  if (!lessThanL(product)) subtract9(product, L);
  memory.copy(out, product, 32);
}
