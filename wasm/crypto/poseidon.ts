/**
 * The hash function Poseidon over the scalar field of bn254, as light-poseidon and circomlib have it: x^5, eight full rounds, widths 2 to 13.
 *
 *   state = (0, inputs)      round: state += constants;  s-box on all of it (full) or on the first (partial);  state = MDS state
 *   hash = first of the state
 *
 * The constants come out of the Grain generator (Grassi, Khovratovich, Rechberger, Roy, Schofnegger, "Poseidon", 2021, appendices E and F)
 * when a width is asked for the first time.
 */
import { heapKeep } from "../memory/heap";
import { montAdd9, montMul9 } from "./montgomery";

const LIMBS: u32 = 9;
const LIMB_BITS: u32 = 29;
const LIMB_MASK: u32 = 0x1fffffff;
/** Bytes of a number. */
const FR: usize = 36;
const FIELD_BITS: u32 = 254;
const MAX_WIDTH: u32 = 13;
const FULL_ROUNDS: u32 = 8;
/** By width, from 2. */
const PARTIAL_ROUNDS: usize = memory.data<u8>([56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65]);

/** r = 21888242871839275222246405745257275088548364400416034343698204186575808495617: r, 2r, -1/r (montgomery.ts). */
const MODULUS: usize = memory.data<u32>([
  268435457, 521120927, 240919632, 131109107, 361091715, 47923392, 10936641, 240920116, 3171406,
  2, 505370943, 481839265, 262218214, 185312518, 95846785, 21873282, 481840232, 6342812,
  268435455,
], 16);
/** R^2 modulo r: a product with it brings a number into the form times R. */
const R2: usize = memory.data<u32>([95853524, 102173274, 34397646, 498479371, 240439551, 486036963, 471195907, 131109217, 656714], 16);
/** A product with it takes a number out of the form. */
const ONE: usize = memory.data<u32>([1, 0, 0, 0, 0, 0, 0, 0, 0], 16);
const R_BYTES: usize = memory.data<u64>([0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029], 16);

/** By width: u32 address of its constants (rounds * width) and its matrix behind them (width * width), or 0. */
const parameters: usize = memory.data(56, 8);

const state: usize = memory.data(36 * 13, 16);
const next: usize = memory.data(36 * 13, 16);
const square: usize = memory.data(36, 16);
const product: usize = memory.data(36, 16);
const number: usize = memory.data(32, 16);

function isBelowR(bytes: usize): bool {
  for (let i: i32 = 24; i >= 0; i -= 8) {
    const a = load<u64>(bytes + i), b = load<u64>(R_BYTES + i);
    if (a != b) return a < b;
  }
  return false;
}

/** From 32 bytes, little-endian, below 2^256. */
function fromBytes(out: usize, bytes: usize): void {
  for (let i: u32 = 0, bit: u32 = 0; i < LIMBS; i++, bit += LIMB_BITS) {
    const word = bit >> 6, shift = bit & 63;
    let limb = load<u64>(bytes + (word << 3)) >> shift;
    if (shift > 64 - LIMB_BITS && word < 3) limb |= load<u64>(bytes + (word << 3), 8) << (64 - shift);
    store<u32>(out + (i << 2), <u32>limb & LIMB_MASK);
  }
  montMul9(out, out, R2, MODULUS);
}

/** The 32 bytes, little-endian, of the one number below r. */
function toBytes(out: usize, a: usize): void {
  montMul9(product, a, ONE, MODULUS); // at most r
  memory.fill(out, 0, 32);
  for (let i: u32 = 0, bit: u32 = 0; i < LIMBS; i++, bit += LIMB_BITS) {
    const word = bit >> 6, shift = bit & 63;
    const limb = <u64>load<u32>(product + (i << 2));
    store<u64>(out + (word << 3), load<u64>(out + (word << 3)) | (limb << shift));
    if (shift > 64 - LIMB_BITS && word < 3) store<u64>(out + (word << 3), load<u64>(out + (word << 3), 8) | (limb >> (64 - shift)), 8);
  }
  if (!isBelowR(out)) memory.fill(out, 0, 32); // it is r
}

// ── Grain ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** 80 bits, the oldest one lowest. */
let low: u64 = 0;
let high: u32 = 0;

function grainBit(): u32 {
  const bit = <u32>(low ^ (low >> 13) ^ (low >> 23) ^ (low >> 38) ^ (low >> 51) ^ (low >> 62)) & 1;
  low = (low >> 1) | (<u64>high << 63);
  high = (high >> 1) | (bit << 15);
  return bit;
}

let seedAt: u32 = 0;
/** Appends `bits` bits of a number to the first state, the highest first. */
function grainSeed(value: u32, bits: u32): void {
  for (let i: u32 = 0; i < bits; i++, seedAt++) {
    const bit = (value >> (bits - 1 - i)) & 1;
    if (seedAt < 64) low |= <u64>bit << seedAt;
    else high |= bit << (seedAt - 64);
  }
}

function grainInit(width: u32, partial: u32): void {
  low = 0;
  high = 0;
  seedAt = 0;
  grainSeed(1, 2); // a prime field
  grainSeed(0, 4); // x^5
  grainSeed(FIELD_BITS, 12);
  grainSeed(width, 12);
  grainSeed(FULL_ROUNDS, 10);
  grainSeed(partial, 10);
  grainSeed(0x3fffffff, 30);
  for (let i: u32 = 0; i < 160; i++) grainBit();
}

/** FIELD_BITS bits of the shrunk stream, the highest first, to `number`. */
function grainNumber(): void {
  memory.fill(number, 0, 32);
  for (let i: i32 = FIELD_BITS - 1; i >= 0; i--) {
    while (!grainBit()) grainBit();
    const at = number + ((i >> 6) << 3);
    store<u64>(at, load<u64>(at) | (<u64>grainBit() << (i & 63)));
  }
}

/** out = 1/a = a^(r-2). */
function invert(out: usize, a: usize): void {
  memory.copy(square, a, FR);
  let started = false;
  for (let i: i32 = FIELD_BITS - 1; i >= 0; i--) {
    if (started) montMul9(product, product, product, MODULUS);
    const word = load<u64>(R_BYTES + ((i >> 6) << 3)) - (i < 64 ? 2 : 0);
    if (!((word >> (i & 63)) & 1)) continue;
    if (started) montMul9(product, product, square, MODULUS);
    else memory.copy(product, square, FR);
    started = true;
  }
  memory.copy(out, product, FR);
}

function rounds(width: u32): u32 {
  return FULL_ROUNDS + load<u8>(PARTIAL_ROUNDS + width - 2);
}

/** Address of a width's constants. */
function parametersOf(width: u32): usize {
  const slot = parameters + (width << 2);
  if (load<u32>(slot)) return load<u32>(slot);
  const numConstants = rounds(width) * width;
  const out = heapKeep((numConstants + width * width) * FR);
  grainInit(width, rounds(width) - FULL_ROUNDS);
  for (let i: u32 = 0; i < numConstants; i++) {
    do grainNumber();
    while (!isBelowR(number));
    fromBytes(out + i * FR, number);
  }
  // The matrix 1 / (x_i + y_j); x and y are not rejected but taken modulo r.
  const matrix = out + numConstants * FR;
  for (let i: u32 = 0; i < 2 * width; i++) {
    grainNumber();
    fromBytes((i < width ? state : next) + (i < width ? i : i - width) * FR, number);
  }
  for (let i: u32 = 0; i < width; i++) {
    for (let j: u32 = 0; j < width; j++) {
      const m = matrix + (i * width + j) * FR;
      montAdd9(m, state + i * FR, next + j * FR, MODULUS);
      invert(m, m);
    }
  }
  store<u32>(slot, <u32>out);
  return out;
}

// ── the permutation ────────────────────────────────────────────────────────────────────────────────────────────────

/** x^5 */
function sbox(x: usize): void {
  montMul9(square, x, x, MODULUS);
  montMul9(square, square, square, MODULUS);
  montMul9(x, x, square, MODULUS);
}

function mix(width: u32, matrix: usize): void {
  for (let i: u32 = 0; i < width; i++) {
    const sum = next + i * FR;
    const row = matrix + i * width * FR;
    montMul9(sum, row, state, MODULUS);
    for (let j: u32 = 1; j < width; j++) {
      montMul9(product, row + j * FR, state + j * FR, MODULUS);
      montAdd9(sum, sum, product, MODULUS);
    }
  }
  memory.copy(state, next, width * FR);
}

/**
 * The hash of `count` numbers (1 to 12) of 32 bytes, one behind the other, little-endian; 32 bytes, little-endian. False: a number is not
 * below r.
 */
export function poseidon(out: usize, inputs: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (!isBelowR(inputs + (i << 5))) return false;
  const width = count + 1;
  assert(width <= MAX_WIDTH);
  const constants = parametersOf(width);
  const total = rounds(width);
  const matrix = constants + total * width * FR;
  memory.fill(state, 0, FR);
  for (let i: u32 = 0; i < count; i++) fromBytes(state + (i + 1) * FR, inputs + (i << 5));
  for (let round: u32 = 0; round < total; round++) {
    for (let i: u32 = 0; i < width; i++) {
      montAdd9(state + i * FR, state + i * FR, constants + (round * width + i) * FR, MODULUS);
    }
    const full = round < FULL_ROUNDS / 2 || round >= total - FULL_ROUNDS / 2;
    for (let i: u32 = 0, n: u32 = full ? width : 1; i < n; i++) sbox(state + i * FR);
    mix(width, matrix);
  }
  toBytes(out, state);
  return true;
}
