/**
 * Four field elements side by side (layout and bounds: fe4-mul.ts): sums, lanes in and out, the power of a square root.
 */
import { fe4Multiply, fe4Square } from "./fe4-mul";

export const FE4_SIZE: usize = 160;

const partA: usize = memory.data(320, 16);
const partB: usize = memory.data(320, 16);
const partC: usize = memory.data(320, 16);

export function fe4Add(out: usize, a: usize, b: usize): void {
  for (let k: usize = 0; k < FE4_SIZE; k += 32) {
    v128.store(out + k, i16x8.add(v128.load(a + k), v128.load(b + k)));
    v128.store(out + k, i16x8.add(v128.load(a + k, 16), v128.load(b + k, 16)), 16);
  }
}

export function fe4Sub(out: usize, a: usize, b: usize): void {
  for (let k: usize = 0; k < FE4_SIZE; k += 32) {
    v128.store(out + k, i16x8.sub(v128.load(a + k), v128.load(b + k)));
    v128.store(out + k, i16x8.sub(v128.load(a + k, 16), v128.load(b + k, 16)), 16);
  }
}

export function fe4Negate(out: usize, a: usize): void {
  for (let k: usize = 0; k < FE4_SIZE; k += 16) v128.store(out + k, i16x8.neg(v128.load(a + k)));
}

/** Lane by lane: a where the u32 at `maskAddress` is all ones, b where it is zero. */
export function fe4Select(out: usize, a: usize, b: usize, maskAddress: usize): void {
  const mask = v128.load(maskAddress);
  for (let k: usize = 0; k < FE4_SIZE; k += 16) v128.store(out + k, v128.bitselect(v128.load(a + k), v128.load(b + k), mask));
}

/** Lane `lane` of out = the 255 low bits of 32 bytes. The limbs are not centred: two units. */
export function fe4SetLane(out: usize, lane: u32, bytes: usize): void {
  const w0 = load<u64>(bytes), w1 = load<u64>(bytes, 8), w2 = load<u64>(bytes, 16), w3 = load<u64>(bytes, 24) & 0x7fffffffffffffff;
  const at = out + (lane << 2);
  // Word k takes bits 26k .. 26k+25, split in the middle.
  store<u32>(at, spread(w0));
  store<u32>(at, spread(w0 >> 26), 16);
  store<u32>(at, spread((w0 >> 52) | (w1 << 12)), 32);
  store<u32>(at, spread(w1 >> 14), 48);
  store<u32>(at, spread((w1 >> 40) | (w2 << 24)), 64);
  store<u32>(at, spread(w2 >> 2), 80);
  store<u32>(at, spread(w2 >> 28), 96);
  store<u32>(at, spread((w2 >> 54) | (w3 << 10)), 112);
  store<u32>(at, spread(w3 >> 16), 128);
  store<u32>(at, spread(w3 >> 42), 144);
}

// @ts-ignore: decorator
@inline
function spread(bits: u64): u32 {
  const b = <u32>bits;
  return (b & 0x1fff) | ((b << 3) & 0x1fff0000);
}

// @ts-ignore: decorator
@inline
function wordValue(at: usize): i64 {
  const word = load<i32>(at);
  return <i64>((word << 16) >> 16) + ((<i64>(word >> 16)) << 13);
}

/** The canonical 32 bytes of lane `lane`; up to seven units. */
export function fe4GetLane(out: usize, a: usize, lane: u32): void {
  const at = a + (lane << 2);
  // Five limbs of 52 bits, plus 64 p = 2^261 - 1216 so that nothing is negative.
  let t0 = wordValue(at) + (wordValue(at + 16) << 26) - 1216;
  let t1 = wordValue(at + 32) + (wordValue(at + 48) << 26);
  let t2 = wordValue(at + 64) + (wordValue(at + 80) << 26);
  let t3 = wordValue(at + 96) + (wordValue(at + 112) << 26);
  let t4 = wordValue(at + 128) + (wordValue(at + 144) << 26) + ((<i64>1) << 53);
  const mask: i64 = 0xfffffffffffff;
  t1 += t0 >> 52;
  t2 += t1 >> 52;
  t3 += t2 >> 52;
  t4 += t3 >> 52;
  t0 = (t0 & mask) + 19 * (t4 >> 47); // bit 255 is bit 47 of the last limb
  t1 = (t1 & mask) + (t0 >> 52);
  t2 = (t2 & mask) + (t1 >> 52);
  t3 = (t3 & mask) + (t2 >> 52);
  t4 = (t4 & 0x7fffffffffff) + (t3 >> 52);
  t0 &= mask;
  // Now below 2^255 + a little; add 19 to see whether it is p or more.
  const over = (t4 + (((t3 & mask) + (((t2 & mask) + (((t1 & mask) + ((t0 + 19) >> 52)) >> 52)) >> 52)) >> 52)) >> 47;
  t0 += 19 * over;
  t1 = (t1 & mask) + (t0 >> 52);
  t2 = (t2 & mask) + (t1 >> 52);
  t3 = (t3 & mask) + (t2 >> 52);
  t4 = (t4 + (t3 >> 52)) & 0x7fffffffffff;
  t0 &= mask;
  t1 &= mask;
  t2 &= mask;
  t3 &= mask;
  store<u64>(out, t0 | (t1 << 52));
  store<u64>(out, (<u64>t1 >> 12) | (t2 << 40), 8);
  store<u64>(out, (<u64>t2 >> 24) | (t3 << 28), 16);
  store<u64>(out, (<u64>t3 >> 36) | (t4 << 16), 24);
}

// One or two elements in a row; two, because two independent chains fill the gaps that the carries of one leave.
function squareTimes(out: usize, a: usize, times: i32, two: bool): void {
  fe4Square(out, a);
  if (two) {
    fe4Square(out + FE4_SIZE, a + FE4_SIZE);
    for (let i = 1; i < times; i++) {
      fe4Square(out, out);
      fe4Square(out + FE4_SIZE, out + FE4_SIZE);
    }
  } else {
    for (let i = 1; i < times; i++) fe4Square(out, out);
  }
}

function multiplyBoth(out: usize, a: usize, b: usize, two: bool): void {
  fe4Multiply(out, a, b);
  if (two) fe4Multiply(out + FE4_SIZE, a + FE4_SIZE, b + FE4_SIZE);
}

/** out = a^((p-5)/8) = a^(2^252 - 3) for one element or two in a row: 251 squarings, 11 multiplications, as fe.ts does it. */
export function fe4Pow252m3(out: usize, a: usize, two: bool): void {
  squareTimes(partA, a, 1, two);
  squareTimes(partB, partA, 2, two);
  multiplyBoth(partB, partB, a, two); // a^9
  multiplyBoth(partA, partA, partB, two); // a^11
  squareTimes(partA, partA, 1, two);
  multiplyBoth(partA, partA, partB, two); // a^(2^5 - 1)
  squareTimes(partB, partA, 5, two);
  multiplyBoth(partA, partB, partA, two); // 2^10 - 1
  squareTimes(partB, partA, 10, two);
  multiplyBoth(partB, partB, partA, two); // 20
  squareTimes(partC, partB, 20, two);
  multiplyBoth(partB, partC, partB, two); // 40
  squareTimes(partB, partB, 10, two);
  multiplyBoth(partA, partB, partA, two); // 50
  squareTimes(partB, partA, 50, two);
  multiplyBoth(partB, partB, partA, two); // 100
  squareTimes(partC, partB, 100, two);
  multiplyBoth(partB, partC, partB, two); // 200
  squareTimes(partB, partB, 50, two);
  multiplyBoth(partA, partB, partA, two); // 250
  squareTimes(partA, partA, 2, two);
  multiplyBoth(out, partA, a, two); // 2^252 - 3
}

/** Fills `out` with four copies of ten words; returns `out`. For constants, when the module starts. */
export function fe4Splat(out: usize, words: usize): usize {
  for (let k: usize = 0; k < 10; k++) v128.store(out + (k << 4), v128.load32_splat(words + (k << 2)));
  return out;
}

/** d = -121665/121666, 2d, sqrt(-1), 1 in all lanes (the values: fe.ts). */
export const FE4_D: usize = fe4Splat(memory.data(160, 16), memory.data<u32>([0xfaccf8a3, 0xf69cf285, 0x0c56f75f, 0x09a80507, 0x0004f00a, 0x0ef4fa26, 0x03a00797, 0xffce0e33, 0x07710b70, 0x00a400db], 16));
export const FE4_2D: usize = fe4Splat(memory.data(160, 16), memory.data<u32>([0xf598f159, 0x0d37050a, 0xf8ab0ebd, 0xf3500a0f, 0x00070015, 0xfde8f44c, 0x07400f2f, 0xff9dfc66, 0x0ee3f6e0, 0x004801b6], 16));
export const FE4_SQRT_M1: usize = fe4Splat(memory.data(160, 16), memory.data<u32>([0xf07500b0, 0xfc3609d3, 0xf23c0c4f, 0x00d6f4c0, 0xf97a0318, 0xfbf8f5ea, 0x06800994, 0xfbe10cad, 0x04020fc2, 0x005700c9], 16));
export const FE4_ONE: usize = fe4Splat(memory.data(160, 16), memory.data<u32>([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 16));
