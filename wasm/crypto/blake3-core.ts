/**
 * BLAKE3's constants, rotations and compression function (the paper, section 2.2), for blake3.ts and blake3-lanes.ts.
 */

export const BLAKE3_IV: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
], 16);

export const CHUNK_START: u32 = 1;
export const CHUNK_END: u32 = 2;
export const PARENT: u32 = 4;
export const ROOT: u32 = 8;
export const BLOCK_BYTES: u32 = 64;
export const CHUNK_BYTES: u32 = 1024;

/** The byte order that turns every u32 right by 8; loaded, because a constant is built anew wherever it is used. */
export const ROTATE8_ORDER: usize = memory.data<u32>([0x00030201, 0x04070605, 0x080b0a09, 0x0c0f0e0d], 16);

// @ts-ignore: decorator
@inline
export function rotate16(x: v128): v128 {
  return i16x8.shuffle(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
}
// @ts-ignore: decorator
@inline
export function rotate12(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 12), i32x4.shl(x, 20));
}
// @ts-ignore: decorator
@inline
export function rotate8(x: v128, order: v128): v128 {
  return i8x16.swizzle(x, order);
}
// @ts-ignore: decorator
@inline
export function rotate7(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 7), i32x4.shl(x, 25));
}

/**
 * The compression function (section 2.2); the first half of its output, the new chaining value, goes to `out`, which
 * may be `cv`. The 4x4 state is four row vectors, so that one step does four G functions; between the column and the
 * diagonal step rows b, c and d rotate. The message stays in registers, sorted by the step that takes it, and is
 * permuted there between rounds.
 */
export function compressBlock(cv: usize, message: usize, counter: u64, length: u32, flags: u32, out: usize): void {
  let a = v128.load(cv), b = v128.load(cv, 16), c = v128.load(BLAKE3_IV);
  let d = i32x4.replace_lane(i32x4.replace_lane(i64x2.splat(counter), 2, length), 3, flags);
  let w0 = v128.load(message), w1 = v128.load(message, 16), w2 = v128.load(message, 32), w3 = v128.load(message, 48);
  // Round 1 takes the words in order: columns 0 2 4 6 and 1 3 5 7, diagonals 8 10 12 14 and 9 11 13 15.
  let x = i32x4.shuffle(w0, w1, 0, 2, 4, 6);
  let y = i32x4.shuffle(w0, w1, 1, 3, 5, 7);
  let z = i32x4.shuffle(w2, w3, 0, 2, 4, 6);
  let u = i32x4.shuffle(w2, w3, 1, 3, 5, 7);
  const turn = v128.load(ROTATE8_ORDER);
  for (let round = 0; ; round++) {
    a = i32x4.add(i32x4.add(a, b), x);
    d = rotate16(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate12(v128.xor(b, c));
    a = i32x4.add(i32x4.add(a, b), y);
    d = rotate8(v128.xor(d, a), turn);
    c = i32x4.add(c, d);
    b = rotate7(v128.xor(b, c));
    // Diagonals: rows b, c, d turn left by 1, 2, 3 lanes.
    b = i32x4.shuffle(b, b, 1, 2, 3, 0);
    c = i32x4.shuffle(c, c, 2, 3, 0, 1);
    d = i32x4.shuffle(d, d, 3, 0, 1, 2);
    a = i32x4.add(i32x4.add(a, b), z);
    d = rotate16(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate12(v128.xor(b, c));
    a = i32x4.add(i32x4.add(a, b), u);
    d = rotate8(v128.xor(d, a), turn);
    c = i32x4.add(c, d);
    b = rotate7(v128.xor(b, c));
    b = i32x4.shuffle(b, b, 3, 0, 1, 2);
    c = i32x4.shuffle(c, c, 2, 3, 0, 1);
    d = i32x4.shuffle(d, d, 1, 2, 3, 0);
    if (round == 6) break;
    // The permutation 2 6 3 10 7 0 4 13 1 11 12 5 9 14 15 8 (section 2.2), on words held as
    // x = 0 2 4 6, y = 1 3 5 7, z = 8 10 12 14, u = 9 11 13 15:
    // new x = 2 3 7 4, new y = 6 10 0 13, new z = 1 12 9 15, new u = 11 5 14 8.
    const x2 = i32x4.shuffle(x, y, 1, 5, 7, 2);
    const y2 = i32x4.shuffle(i32x4.shuffle(x, z, 3, 5, 0, 0), u, 0, 1, 2, 6);
    const z2 = i32x4.shuffle(i32x4.shuffle(y, z, 0, 6, 0, 0), u, 0, 1, 4, 7);
    const u2 = i32x4.shuffle(i32x4.shuffle(y, z, 2, 7, 4, 0), u, 5, 0, 1, 2);
    x = x2;
    y = y2;
    z = z2;
    u = u2;
  }
  v128.store(out, v128.xor(a, c));
  v128.store(out, v128.xor(b, d), 16);
}
