/**
 * Points from their encodings (formulas: curve.ts), four or eight at a time, each to a cached point (lane-point.ts):
 *
 *   encodings e0 e1 e2 e3  ->  four-lane x, y  ->  four-lane y-x, 2dxy, y+x  ->  turned: one cached point for each
 *
 * Eight are two four-lane elements whose long powers run side by side.
 */
import {
  FE4_2D, FE4_D, FE4_ONE, FE4_SIZE, FE4_SQRT_M1, fe4Add, fe4GetLane, fe4Negate, fe4Pow252m3, fe4Select, fe4SetLane, fe4Sub,
} from "./fe4";
import { fe4Multiply, fe4Square } from "./fe4-mul";

// Two elements each: of the first and of the second four.
const ys: usize = memory.data(320, 16);
const us: usize = memory.data(320, 16);
const vs: usize = memory.data(320, 16);
const cubes: usize = memory.data(320, 16); // v^3
const powers: usize = memory.data(320, 16); // u v^7, and its power

const x: usize = memory.data(160, 16);
const t: usize = memory.data(160, 16);
const w: usize = memory.data(160, 16);
const bytes: usize = memory.data(32, 16);
const laneMask: usize = memory.data(16, 16);

// @ts-ignore: decorator
@inline
function laneIsZero(a: usize, lane: u32): bool {
  fe4GetLane(bytes, a, lane);
  return (load<u64>(bytes) | load<u64>(bytes, 8) | load<u64>(bytes, 16) | load<u64>(bytes, 24)) == 0;
}

/** Sets laneMask to all ones where a is zero; returns the same as four bits. */
function zeroLanes(a: usize): u32 {
  let bits: u32 = 0;
  for (let lane: u32 = 0; lane < 4; lane++) {
    const zero = <u32>laneIsZero(a, lane);
    bits |= zero << lane;
    store<u32>(laneMask + (lane << 2), 0 - zero);
  }
  return bits;
}

/** Up to the long power, for the four encodings listed at `encodings`; `at` is 0 or FE4_SIZE. */
function beforePower(encodings: usize, at: usize): void {
  const y = ys + at, u = us + at, v = vs + at, cube = cubes + at, power = powers + at;
  for (let lane: u32 = 0; lane < 4; lane++) fe4SetLane(y, lane, load<u32>(encodings + (lane << 2)));
  fe4Multiply(y, y, FE4_ONE); // to one unit
  fe4Square(t, y);
  fe4Sub(u, t, FE4_ONE);
  fe4Multiply(v, t, FE4_D);
  fe4Add(v, v, FE4_ONE);
  fe4Square(t, v);
  fe4Multiply(cube, t, v);
  fe4Square(w, cube);
  fe4Multiply(w, w, v);
  fe4Multiply(power, w, u);
}

/** From the long power to cached points at the four addresses listed at `outputs`; which of them are points. */
function afterPower(encodings: usize, outputs: usize, at: usize): u32 {
  const y = ys + at, u = us + at, v = vs + at;
  fe4Multiply(w, powers + at, cubes + at);
  fe4Multiply(x, w, u);
  fe4Square(t, x);
  fe4Multiply(t, t, v); // v x^2
  fe4Add(w, t, u);
  const minus = zeroLanes(w); // v x^2 = -u: x needs the factor sqrt(-1)
  fe4Multiply(w, x, FE4_SQRT_M1);
  fe4Select(x, w, x, laneMask);
  fe4Sub(w, t, u);
  const plus = zeroLanes(w);
  fe4Negate(w, x);
  for (let lane: u32 = 0; lane < 4; lane++) {
    fe4GetLane(bytes, x, lane);
    const flip = (<u32>load<u8>(bytes) ^ (<u32>load<u8>(load<u32>(encodings + (lane << 2)), 31) >> 7)) & 1;
    store<u32>(laneMask + (lane << 2), 0 - flip);
  }
  fe4Select(x, w, x, laneMask);

  fe4Multiply(t, x, y);
  fe4Multiply(t, t, FE4_2D);
  fe4Sub(u, y, x);
  fe4Add(v, y, x);
  // Turn: word k of point e is (y-x, 2, 2dxy, y+x) of lane e.
  const o0 = <usize>load<u32>(outputs), o1 = <usize>load<u32>(outputs, 4), o2 = <usize>load<u32>(outputs, 8), o3 = <usize>load<u32>(outputs, 12);
  for (let k: usize = 0; k < FE4_SIZE; k += 16) {
    const a = v128.load(u + k), c = v128.load(t + k), b = v128.load(v + k);
    const two = i32x4.splat(k == 0 ? 2 : 0);
    const low = i32x4.shuffle(a, two, 0, 4, 1, 5), high = i32x4.shuffle(a, two, 2, 6, 3, 7);
    const low2 = i32x4.shuffle(c, b, 0, 4, 1, 5), high2 = i32x4.shuffle(c, b, 2, 6, 3, 7);
    v128.store(o0 + k, i64x2.shuffle(low, low2, 0, 2));
    v128.store(o1 + k, i64x2.shuffle(low, low2, 1, 3));
    v128.store(o2 + k, i64x2.shuffle(high, high2, 0, 2));
    v128.store(o3 + k, i64x2.shuffle(high, high2, 1, 3));
  }
  return plus | minus;
}

/**
 * Decompresses the four encodings whose addresses are listed at `encodings` (u32 each) to cached points of 160 bytes at the
 * addresses listed at `outputs`. Bit i of the result is set if encoding i is a point; what is written for the others has no
 * meaning.
 */
export function decompress4(encodings: usize, outputs: usize): u32 {
  beforePower(encodings, 0);
  fe4Pow252m3(powers, powers, false);
  return afterPower(encodings, outputs, 0);
}

/** The same for eight. */
export function decompress8(encodings: usize, outputs: usize): u32 {
  beforePower(encodings, 0);
  beforePower(encodings + 16, FE4_SIZE);
  fe4Pow252m3(powers, powers, true);
  const low = afterPower(encodings, outputs, 0);
  return low | (afterPower(encodings + 16, outputs + 16, FE4_SIZE) << 4);
}
