/**
 * Four points at a time from their encodings (formulas: curve.ts), each to a cached point (lane-point.ts):
 *
 *   encodings e0 e1 e2 e3  ->  four-lane x, y  ->  four-lane y-x, 2dxy, y+x  ->  turned: one cached point for each
 */
import {
  FE4_2D, FE4_D, FE4_ONE, FE4_SIZE, FE4_SQRT_M1, fe4Add, fe4GetLane, fe4Negate, fe4Pow252m3, fe4Select, fe4SetLane, fe4Sub,
} from "./fe4";
import { fe4Multiply, fe4Square } from "./fe4-mul";

const x: usize = memory.data(160, 16);
const y: usize = memory.data(160, 16);
const u: usize = memory.data(160, 16);
const v: usize = memory.data(160, 16);
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

/** Sets lane masks in laneMask: all ones where a is zero; returns them as four bits. */
function zeroLanes(a: usize): u32 {
  let bits: u32 = 0;
  for (let lane: u32 = 0; lane < 4; lane++) {
    const zero = <u32>laneIsZero(a, lane);
    bits |= zero << lane;
    store<u32>(laneMask + (lane << 2), 0 - zero);
  }
  return bits;
}

/**
 * Decompresses the encodings at e0 .. e3 and writes cached points to o0 .. o3 (160 bytes each). Returns four bits: bit i
 * is set if encoding i is a point; what is written for the others has no meaning.
 */
export function decompress4(e0: usize, e1: usize, e2: usize, e3: usize, o0: usize, o1: usize, o2: usize, o3: usize): u32 {
  fe4SetLane(y, 0, e0);
  fe4SetLane(y, 1, e1);
  fe4SetLane(y, 2, e2);
  fe4SetLane(y, 3, e3);
  fe4Multiply(y, y, FE4_ONE); // to one unit
  fe4Square(t, y);
  fe4Sub(u, t, FE4_ONE);
  fe4Multiply(v, t, FE4_D);
  fe4Add(v, v, FE4_ONE);
  fe4Square(t, v);
  fe4Multiply(t, t, v); // v^3
  fe4Square(w, t);
  fe4Multiply(w, w, v); // v^7
  fe4Multiply(w, w, u);
  fe4Pow252m3(w, w);
  fe4Multiply(w, w, t);
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
    const encoding = lane == 0 ? e0 : lane == 1 ? e1 : lane == 2 ? e2 : e3;
    const flip = (<u32>load<u8>(bytes) ^ (<u32>load<u8>(encoding, 31) >> 7)) & 1;
    store<u32>(laneMask + (lane << 2), 0 - flip);
  }
  fe4Select(x, w, x, laneMask);

  fe4Multiply(t, x, y);
  fe4Multiply(t, t, FE4_2D);
  fe4Sub(u, y, x);
  fe4Add(v, y, x);
  // Turn: word k of point e is (y-x, 2, 2dxy, y+x) of lane e.
  for (let k: usize = 0; k < FE4_SIZE; k += 16) {
    const a = v128.load(u + k), c = v128.load(t + k), b = v128.load(v + k);
    const two = k == 0 ? i32x4.splat(2) : i32x4.splat(0);
    const low = i32x4.shuffle(a, two, 0, 4, 1, 5), high = i32x4.shuffle(a, two, 2, 6, 3, 7);
    const low2 = i32x4.shuffle(c, b, 0, 4, 1, 5), high2 = i32x4.shuffle(c, b, 2, 6, 3, 7);
    v128.store(o0 + k, i64x2.shuffle(low, low2, 0, 2));
    v128.store(o1 + k, i64x2.shuffle(low, low2, 1, 3));
    v128.store(o2 + k, i64x2.shuffle(high, high2, 0, 2));
    v128.store(o3 + k, i64x2.shuffle(high, high2, 1, 3));
  }
  return plus | minus;
}
