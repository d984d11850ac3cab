/**
 * BLAKE3 on four inputs at a time: lane i of every vector belongs to input i ("hash many" of the BLAKE3 paper, 5.3).
 *
 *   four blocks of 16 words -> turned into 16 vectors of four lanes -> the seven rounds, word for word as in the paper
 */
import { BLAKE3_IV, BLOCK_BYTES, CHUNK_BYTES, CHUNK_END, CHUNK_START, ROOT, rotate12, rotate16, rotate7, rotate8, ROTATE8_ORDER } from "./blake3-core";

// The message permutation of section 2.2 applied 0 to 6 times; entries are byte offsets of message vectors.
const ORDER: usize = memory.data<u8>([
  0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240,
  32, 96, 48, 160, 112, 0, 64, 208, 16, 176, 192, 80, 144, 224, 240, 128,
  48, 64, 160, 192, 208, 32, 112, 224, 96, 80, 144, 0, 176, 240, 128, 16,
  160, 112, 192, 144, 224, 48, 208, 240, 64, 0, 176, 32, 80, 128, 16, 96,
  192, 208, 144, 176, 240, 160, 224, 128, 112, 32, 80, 48, 0, 16, 96, 64,
  144, 224, 176, 80, 128, 192, 240, 16, 208, 48, 0, 160, 32, 96, 64, 112,
  176, 240, 80, 0, 16, 144, 128, 96, 224, 160, 32, 192, 48, 64, 112, 208,
], 16);

const message: usize = memory.data(256, 16);
const chaining: usize = memory.data(128, 16);
const tails: usize = memory.data(256, 16); // padded last blocks

// @ts-ignore: decorator
@inline
function word(order: usize, i: usize): v128 {
  return v128.load(message + <usize>load<u8>(order + i));
}

/** Turns words 4k .. 4k+3 of four blocks, one vector of each, into four message vectors at `to`. */
function turn4(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5), cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7), cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 16);
  v128.store(to, i64x2.shuffle(ab2, cd2, 0, 2), 32);
  v128.store(to, i64x2.shuffle(ab2, cd2, 1, 3), 48);
}

/** The compression of four blocks into the chaining values in `chaining`; counters are low words, high words are 0. */
function compress4(p0: usize, p1: usize, p2: usize, p3: usize, firstCounter: u32, counterStep: u32, length: u32, flags: u32): void {
  for (let i: usize = 0; i < 64; i += 16) {
    turn4(message + (i << 2), v128.load(p0 + i), v128.load(p1 + i), v128.load(p2 + i), v128.load(p3 + i));
  }
  const turn = v128.load(ROTATE8_ORDER);
  let s0 = v128.load(chaining, 0);
  let s1 = v128.load(chaining, 16);
  let s2 = v128.load(chaining, 32);
  let s3 = v128.load(chaining, 48);
  let s4 = v128.load(chaining, 64);
  let s5 = v128.load(chaining, 80);
  let s6 = v128.load(chaining, 96);
  let s7 = v128.load(chaining, 112);
  let s8 = v128.load32_splat(BLAKE3_IV + 0);
  let s9 = v128.load32_splat(BLAKE3_IV + 4);
  let s10 = v128.load32_splat(BLAKE3_IV + 8);
  let s11 = v128.load32_splat(BLAKE3_IV + 12);
  let s12 = i32x4.add(i32x4.splat(firstCounter), i32x4.mul(i32x4.splat(counterStep), i32x4(0, 1, 2, 3)));
  let s13 = i32x4.splat(0);
  let s14 = i32x4.splat(length);
  let s15 = i32x4.splat(flags);
  for (let order = ORDER, end = ORDER + 112; order < end; order += 16) {
    s0 = i32x4.add(i32x4.add(s0, s4), word(order, 0)); s12 = rotate16(v128.xor(s12, s0)); s8 = i32x4.add(s8, s12); s4 = rotate12(v128.xor(s4, s8));
    s0 = i32x4.add(i32x4.add(s0, s4), word(order, 1)); s12 = rotate8(v128.xor(s12, s0), turn); s8 = i32x4.add(s8, s12); s4 = rotate7(v128.xor(s4, s8));
    s1 = i32x4.add(i32x4.add(s1, s5), word(order, 2)); s13 = rotate16(v128.xor(s13, s1)); s9 = i32x4.add(s9, s13); s5 = rotate12(v128.xor(s5, s9));
    s1 = i32x4.add(i32x4.add(s1, s5), word(order, 3)); s13 = rotate8(v128.xor(s13, s1), turn); s9 = i32x4.add(s9, s13); s5 = rotate7(v128.xor(s5, s9));
    s2 = i32x4.add(i32x4.add(s2, s6), word(order, 4)); s14 = rotate16(v128.xor(s14, s2)); s10 = i32x4.add(s10, s14); s6 = rotate12(v128.xor(s6, s10));
    s2 = i32x4.add(i32x4.add(s2, s6), word(order, 5)); s14 = rotate8(v128.xor(s14, s2), turn); s10 = i32x4.add(s10, s14); s6 = rotate7(v128.xor(s6, s10));
    s3 = i32x4.add(i32x4.add(s3, s7), word(order, 6)); s15 = rotate16(v128.xor(s15, s3)); s11 = i32x4.add(s11, s15); s7 = rotate12(v128.xor(s7, s11));
    s3 = i32x4.add(i32x4.add(s3, s7), word(order, 7)); s15 = rotate8(v128.xor(s15, s3), turn); s11 = i32x4.add(s11, s15); s7 = rotate7(v128.xor(s7, s11));
    s0 = i32x4.add(i32x4.add(s0, s5), word(order, 8)); s15 = rotate16(v128.xor(s15, s0)); s10 = i32x4.add(s10, s15); s5 = rotate12(v128.xor(s5, s10));
    s0 = i32x4.add(i32x4.add(s0, s5), word(order, 9)); s15 = rotate8(v128.xor(s15, s0), turn); s10 = i32x4.add(s10, s15); s5 = rotate7(v128.xor(s5, s10));
    s1 = i32x4.add(i32x4.add(s1, s6), word(order, 10)); s12 = rotate16(v128.xor(s12, s1)); s11 = i32x4.add(s11, s12); s6 = rotate12(v128.xor(s6, s11));
    s1 = i32x4.add(i32x4.add(s1, s6), word(order, 11)); s12 = rotate8(v128.xor(s12, s1), turn); s11 = i32x4.add(s11, s12); s6 = rotate7(v128.xor(s6, s11));
    s2 = i32x4.add(i32x4.add(s2, s7), word(order, 12)); s13 = rotate16(v128.xor(s13, s2)); s8 = i32x4.add(s8, s13); s7 = rotate12(v128.xor(s7, s8));
    s2 = i32x4.add(i32x4.add(s2, s7), word(order, 13)); s13 = rotate8(v128.xor(s13, s2), turn); s8 = i32x4.add(s8, s13); s7 = rotate7(v128.xor(s7, s8));
    s3 = i32x4.add(i32x4.add(s3, s4), word(order, 14)); s14 = rotate16(v128.xor(s14, s3)); s9 = i32x4.add(s9, s14); s4 = rotate12(v128.xor(s4, s9));
    s3 = i32x4.add(i32x4.add(s3, s4), word(order, 15)); s14 = rotate8(v128.xor(s14, s3), turn); s9 = i32x4.add(s9, s14); s4 = rotate7(v128.xor(s4, s9));
  }
  v128.store(chaining, v128.xor(s0, s8), 0);
  v128.store(chaining, v128.xor(s1, s9), 16);
  v128.store(chaining, v128.xor(s2, s10), 32);
  v128.store(chaining, v128.xor(s3, s11), 48);
  v128.store(chaining, v128.xor(s4, s12), 64);
  v128.store(chaining, v128.xor(s5, s13), 80);
  v128.store(chaining, v128.xor(s6, s14), 96);
  v128.store(chaining, v128.xor(s7, s15), 112);
}

/**
 * Hashes four inputs of `len` <= 1024 bytes as chunks number firstCounter, firstCounter + counterStep, ...; writes 32 bytes
 * each to o0 .. o3. `finalFlags` is ROOT if each is a whole message.
 */
export function hashChunks4(p0: usize, p1: usize, p2: usize, p3: usize, len: u32, firstCounter: u32, counterStep: u32, finalFlags: u32, o0: usize, o1: usize, o2: usize, o3: usize): void {
  for (let i: usize = 0; i < 8; i++) v128.store(chaining + (i << 4), v128.load32_splat(BLAKE3_IV + (i << 2)));
  let flags = CHUNK_START;
  let at: usize = 0;
  for (; len > BLOCK_BYTES; len -= BLOCK_BYTES, at += BLOCK_BYTES) {
    compress4(p0 + at, p1 + at, p2 + at, p3 + at, firstCounter, counterStep, BLOCK_BYTES, flags);
    flags = 0;
  }
  p0 += at;
  p1 += at;
  p2 += at;
  p3 += at;
  if (len < BLOCK_BYTES) {
    memory.fill(tails, 0, 256);
    memory.copy(tails, p0, len);
    memory.copy(tails + 64, p1, len);
    memory.copy(tails + 128, p2, len);
    memory.copy(tails + 192, p3, len);
    p0 = tails;
    p1 = tails + 64;
    p2 = tails + 128;
    p3 = tails + 192;
  }
  compress4(p0, p1, p2, p3, firstCounter, counterStep, len, flags | CHUNK_END | finalFlags);
  turn4(message, v128.load(chaining), v128.load(chaining, 16), v128.load(chaining, 32), v128.load(chaining, 48));
  turn4(message + 64, v128.load(chaining, 64), v128.load(chaining, 80), v128.load(chaining, 96), v128.load(chaining, 112));
  v128.store(o0, v128.load(message));
  v128.store(o0, v128.load(message, 64), 16);
  v128.store(o1, v128.load(message, 16));
  v128.store(o1, v128.load(message, 80), 16);
  v128.store(o2, v128.load(message, 32));
  v128.store(o2, v128.load(message, 96), 16);
  v128.store(o3, v128.load(message, 48));
  v128.store(o3, v128.load(message, 112), 16);
}

/** BLAKE3 of four messages of the same length <= 1024: inPtrs and outPtrs are the addresses of four u32 addresses each. */
export function blake3Many4(inPtrs: usize, len: u32, outPtrs: usize): void {
  assert(len <= CHUNK_BYTES);
  hashChunks4(
    load<u32>(inPtrs), load<u32>(inPtrs, 4), load<u32>(inPtrs, 8), load<u32>(inPtrs, 12), len, 0, 0, ROOT,
    load<u32>(outPtrs), load<u32>(outPtrs, 4), load<u32>(outPtrs, 8), load<u32>(outPtrs, 12),
  );
}
