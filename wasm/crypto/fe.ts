/**
 * The field of p = 2^255 - 19: everything but multiplication (fe-mul.ts). An element is ten i64 limbs, 80 bytes.
 * Nothing here needs constant time: verification handles public data only.
 */
import { feMul, feSquare } from "./fe-mul";

export const FE_SIZE: usize = 80;

/** d = -121665/121666 (RFC 8032, 5.1) and sqrt(-1) = 2^((p-1)/4). */
export const FE_D: usize = memory.data<i64>([56195235, 13857412, 51736253, 6949390, 114729, 24766616, 60832955, 30306712, 48412415, 21499315], 16);
export const FE_SQRT_M1: usize = memory.data<i64>([34513072, 25610706, 9377949, 3500415, 12389472, 33281959, 41962654, 31548777, 326685, 11406482], 16);

const carried: usize = memory.data(80, 16);
const bytesLeft: usize = memory.data(32, 16);
const bytesRight: usize = memory.data(32, 16);
const powA: usize = memory.data(80, 16);
const powB: usize = memory.data(80, 16);
const powC: usize = memory.data(80, 16);
const inverted: usize = memory.data(80, 16);
const cubed: usize = memory.data(80, 16);

/** Sums and differences are not carried: at most one of them may stand between two multiplications. */
export function feAdd(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < FE_SIZE; i += 16) {
    v128.store(out + i, i64x2.add(v128.load(a + i), v128.load(b + i)));
  }
}

export function feSub(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < FE_SIZE; i += 16) {
    v128.store(out + i, i64x2.sub(v128.load(a + i), v128.load(b + i)));
  }
}

export function feNeg(out: usize, a: usize): void {
  for (let i: usize = 0; i < FE_SIZE; i += 16) v128.store(out + i, i64x2.neg(v128.load(a + i)));
}

/** Reads 255 bits little-endian; the top bit (the sign of x in an encoded point) is ignored; values >= p are taken modulo p. */
export function feFromBytes(out: usize, bytes: usize): void {
  const a = load<u64>(bytes), b = load<u64>(bytes, 8), c = load<u64>(bytes, 16), d = load<u64>(bytes, 24);
  store<i64>(out, a & 0x3ffffff);
  store<i64>(out, (a >> 26) & 0x1ffffff, 8);
  store<i64>(out, ((a >> 51) | (b << 13)) & 0x3ffffff, 16);
  store<i64>(out, (b >> 13) & 0x1ffffff, 24);
  store<i64>(out, (b >> 38) & 0x3ffffff, 32);
  store<i64>(out, c & 0x1ffffff, 40);
  store<i64>(out, (c >> 25) & 0x3ffffff, 48);
  store<i64>(out, ((c >> 51) | (d << 13)) & 0x1ffffff, 56);
  store<i64>(out, (d >> 12) & 0x3ffffff, 64);
  store<i64>(out, (d >> 38) & 0x1ffffff, 72);
}

/** The canonical 32 bytes, in [0, p). Takes limbs up to 2^62. */
export function feToBytes(out: usize, a: usize): void {
  // Floor carries leave limbs in range and the value in [0, 2^255) after at most three rounds (a negative value borrows
  // 19 through the wrap); one conditional subtraction of p, written as +19 and dropping bit 255, ends it.
  memory.copy(carried, a, FE_SIZE);
  for (let round = 0; round < 4; round++) floorCarry();
  let plus: i64 = 19;
  for (let i: usize = 0; i < 10; i++) plus = (load<i64>(carried + (i << 3)) + plus) >> (26 - (i & 1));
  store<i64>(carried, load<i64>(carried) + 19 * plus); // plus is 1 if the value was >= p
  let c: i64 = 0;
  for (let i: usize = 0; i < 10; i++) {
    const limb = load<i64>(carried + (i << 3)) + c;
    c = limb >> (26 - (i & 1));
    store<i64>(carried + (i << 3), limb & ((1 << (26 - (i & 1))) - 1));
  }
  const h0 = load<u64>(carried), h1 = load<u64>(carried, 8), h2 = load<u64>(carried, 16), h3 = load<u64>(carried, 24), h4 = load<u64>(carried, 32);
  const h5 = load<u64>(carried, 40), h6 = load<u64>(carried, 48), h7 = load<u64>(carried, 56), h8 = load<u64>(carried, 64), h9 = load<u64>(carried, 72);
  store<u64>(out, h0 | (h1 << 26) | (h2 << 51));
  store<u64>(out, (h2 >> 13) | (h3 << 13) | (h4 << 38), 8);
  store<u64>(out, h5 | (h6 << 25) | (h7 << 51), 16);
  store<u64>(out, (h7 >> 13) | (h8 << 12) | (h9 << 38), 24);
}

function floorCarry(): void {
  let c: i64 = 0;
  for (let i: usize = 0; i < 10; i++) {
    const limb = load<i64>(carried + (i << 3)) + c;
    c = limb >> (26 - (i & 1));
    store<i64>(carried + (i << 3), limb & ((1 << (26 - (i & 1))) - 1));
  }
  store<i64>(carried, load<i64>(carried) + 19 * c);
}

export function feEqual(a: usize, b: usize): bool {
  feToBytes(bytesLeft, a);
  feToBytes(bytesRight, b);
  return equal32(bytesLeft, bytesRight);
}

/** The low bit of the canonical value: the "sign" of RFC 8032, 5.1.2. */
export function feIsOdd(a: usize): bool {
  feToBytes(bytesLeft, a);
  return (load<u8>(bytesLeft) & 1) != 0;
}

export function equal32(a: usize, b: usize): bool {
  return ((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8))
    | (load<u64>(a, 16) ^ load<u64>(b, 16)) | (load<u64>(a, 24) ^ load<u64>(b, 24))) == 0;
}

function squareTimes(out: usize, a: usize, times: i32): void {
  feSquare(out, a);
  for (let i = 1; i < times; i++) feSquare(out, out);
}

/** out = a^((p-5)/8) = a^(2^252 - 3): 251 squarings, 11 multiplications. */
export function fePow252m3(out: usize, a: usize): void {
  // powA..C hold a^(2^n - 1); each line names the n it reaches.
  feSquare(powA, a); // a^2
  squareTimes(powB, powA, 2); // a^8
  feMul(powB, powB, a); // a^9
  feMul(powA, powA, powB); // a^11
  feSquare(powA, powA); // a^22
  feMul(powA, powA, powB); // n = 5: a^31
  squareTimes(powB, powA, 5);
  feMul(powA, powB, powA); // 10
  squareTimes(powB, powA, 10);
  feMul(powB, powB, powA); // 20
  squareTimes(powC, powB, 20);
  feMul(powB, powC, powB); // 40
  squareTimes(powB, powB, 10);
  feMul(powA, powB, powA); // 50
  squareTimes(powB, powA, 50);
  feMul(powB, powB, powA); // 100
  squareTimes(powC, powB, 100);
  feMul(powB, powC, powB); // 200
  squareTimes(powB, powB, 50);
  feMul(powA, powB, powA); // 250
  squareTimes(powA, powA, 2); // 2^252 - 4
  feMul(out, powA, a); // 2^252 - 3
}

/** out = 1/a = a^(p-2), 0 for 0: p - 2 = 8 (2^252 - 3) + 3. */
export function feInvert(out: usize, a: usize): void {
  feSquare(inverted, a);
  feMul(cubed, inverted, a); // a^3
  fePow252m3(inverted, a);
  squareTimes(inverted, inverted, 3);
  feMul(out, inverted, cubed);
}
