/**
 * Sums of many multiples by Pippenger's buckets (Bernstein, Doumen, Lange, Oosterwijk, "Faster batch forgery
 * identification", 2012, section 4, gives the method and its signed digits):
 *
 *   scalar = sum digit_w 2^(c w),  -2^(c-1) <= digit_w < 2^(c-1)
 *   for every window w, from the top:  bucket[|digit|] += +-point, over all points
 *                                      window sum = sum m * bucket[m], by running sums
 *                                      out = 2^c out + window sum
 *
 * Scalars of 128 bits (the coefficients of R) reach only the lower half of the windows: their points come last.
 */
import { laneAdd, laneAddExtended, laneCopy, laneDouble, laneFromCached, laneIdentity } from "./lane-point";

const CACHED: usize = 160;
const LONG_BITS: u32 = 254; // scalars < 2^253, and a carry
const SHORT_BITS: u32 = 129; // < 2^128, and a carry
const MAX_WINDOW: u32 = 8; // a digit is one signed byte
const MIN_WINDOW: u32 = 4;
/** Bytes of digits a point needs at most. */
export const DIGIT_BYTES: usize = 64; // ceil(254 / MIN_WINDOW)

const buckets: usize = memory.data(160 * 129, 16);
const filled: usize = memory.data(144, 16);
const runningSum: usize = memory.data(160, 16);
const windowSum: usize = memory.data(160, 16);
const paddedScalar: usize = memory.data(48, 16);

/** The window width that costs least, counted in additions; a bucket costs two of them, half as dear again. */
function bestWidth(longCount: u32, shortCount: u32): u32 {
  let best: u32 = MIN_WINDOW, least: u32 = u32.MAX_VALUE;
  for (let c = MIN_WINDOW; c <= MAX_WINDOW; c++) {
    const windows = (LONG_BITS + c - 1) / c;
    const cost = windows * (longCount + (3 << (c - 1))) + shortCount * ((SHORT_BITS + c - 1) / c);
    if (cost < least) {
      least = cost;
      best = c;
    }
  }
  return best;
}

/** `windows` signed digits of c bits, `stride` bytes apart. */
function writeDigits(at: usize, stride: usize, scalar: usize, c: u32, windows: u32): void {
  memory.copy(paddedScalar, scalar, 32);
  const mask: u32 = (1 << c) - 1, half: u32 = 1 << (c - 1);
  let carry: u32 = 0;
  for (let w: u32 = 0, bit: u32 = 0; w < windows; w++, bit += c, at += stride) {
    const digit = ((load<u32>(paddedScalar + (bit >> 3)) >> (bit & 7)) & mask) + carry;
    carry = <u32>(digit >= half);
    store<i8>(at, <i8>(<i32>digit - <i32>(carry << c)));
  }
}

/** runningSum and windowSum over the filled buckets, from the dearest down. */
function sumBuckets(half: u32): void {
  laneIdentity(windowSum);
  let any = false;
  for (let m = half; m > 0; m--) {
    const bucket = buckets + <usize>m * CACHED;
    if (load<u8>(filled + m)) {
      if (any) laneAddExtended(runningSum, runningSum, bucket);
      else laneCopy(runningSum, bucket);
      any = true;
    }
    if (any) laneAddExtended(windowSum, windowSum, runningSum);
  }
}

/**
 * out = sum [scalars_i]points_i over longCount scalars < 2^253 and then shortCount scalars < 2^128. points: u32 addresses
 * of a cached point with its negative 160 bytes behind; scalars: 32 bytes each; digits: DIGIT_BYTES a point of scratch.
 */
export function pippenger(out: usize, points: usize, scalars: usize, longCount: u32, shortCount: u32, digits: usize): void {
  const count = longCount + shortCount;
  const c = bestWidth(longCount, shortCount), half: u32 = 1 << (c - 1);
  const longWindows = (LONG_BITS + c - 1) / c, shortWindows = (SHORT_BITS + c - 1) / c;
  for (let i: u32 = 0; i < count; i++) {
    writeDigits(digits + i, count, scalars + (i << 5), c, i < longCount ? longWindows : shortWindows);
  }
  laneIdentity(out);
  for (let w = <i32>longWindows - 1; w >= 0; w--) {
    memory.fill(filled, 0, half + 1);
    const row = digits + <usize>w * count;
    for (let i: u32 = 0, end = <u32>w < shortWindows ? count : longCount; i < end; i++) {
      const digit = <i32>load<i8>(row + i);
      if (digit == 0) continue;
      const sign = digit >> 31; // 0 or -1
      const m = <usize>((digit ^ sign) - sign);
      const point = <usize>load<u32>(points + (i << 2)) + (<usize>sign & CACHED);
      const bucket = buckets + m * CACHED;
      if (load<u8>(filled + m)) {
        laneAdd(bucket, bucket, point);
      } else {
        store<u8>(filled + m, 1);
        laneFromCached(bucket, point);
      }
    }
    if (w != <i32>longWindows - 1) for (let i: u32 = 0; i < c; i++) laneDouble(out, out);
    sumBuckets(half);
    laneAddExtended(out, out, windowSum);
  }
}
