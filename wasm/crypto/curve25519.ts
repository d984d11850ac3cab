/**
 * The group operations of Solana's system calls on encodings of 32 bytes, in edwards25519 or in Ristretto255 (solana-curve25519 4.0,
 * curve25519-dalek 4.1). Every function answers whether its inputs are points, and canonical scalars; only then is anything written.
 */
import { heapKeep } from "../memory/heap";
import { isOnCurve } from "./curve";
import { EDWARDS_POINT, edwardsDecode, edwardsEncode } from "./edwards";
import { laneAdd, laneFromCached } from "./lane-point";
import { DIGIT_BYTES, pippenger } from "./pippenger";
import { ristrettoDecode, ristrettoEncode } from "./ristretto";
import { scalarIsCanonical } from "./scalar";
import { straus } from "./straus";

/** Points of one sum. */
export const CURVE25519_MAX_POINTS: u32 = 512;
/** Sums of more points than this are cheaper with buckets. */
const STRAUS_BEST: u32 = 110;

const zero: usize = memory.data(32, 16);
const sum: usize = memory.data(160, 16);

// Working memory for the largest sum, allocated when the first is asked for.
let points: usize = 0; // EDWARDS_POINT each
let addresses: usize = 0; // u32 each
let digits: usize = 0; // DIGIT_BYTES each

function working(): usize {
  if (!points) {
    points = heapKeep(CURVE25519_MAX_POINTS * EDWARDS_POINT);
    addresses = heapKeep(CURVE25519_MAX_POINTS * 4);
    digits = heapKeep(CURVE25519_MAX_POINTS * DIGIT_BYTES);
    for (let i: u32 = 0; i < CURVE25519_MAX_POINTS; i++) {
      store<u32>(addresses + (i << 2), <u32>(points + <usize>i * EDWARDS_POINT));
    }
  }
  return points;
}

function decode(ristretto: bool, from: usize, count: u32): bool {
  const out = working();
  if (!ristretto) return edwardsDecode(out, from, count);
  for (let i: u32 = 0; i < count; i++) if (!ristrettoDecode(out + <usize>i * EDWARDS_POINT, from + (i << 5))) return false;
  return true;
}

function encode(ristretto: bool, out: usize): void {
  if (ristretto) ristrettoEncode(out, sum);
  else edwardsEncode(out, sum);
}

export function curve25519Validate(ristretto: bool, point: usize): bool {
  return ristretto ? decode(true, point, 1) : isOnCurve(point);
}

/** out = left + right, or left - right. `pair`: the two encodings, one behind the other. */
export function curve25519Add(ristretto: bool, out: usize, pair: usize, subtract: bool): bool {
  if (!decode(ristretto, pair, 2)) return false;
  laneFromCached(sum, points);
  laneAdd(sum, sum, points + EDWARDS_POINT + (subtract ? 160 : 0));
  encode(ristretto, out);
  return true;
}

/** out = sum of scalar_i point_i, `count` <= CURVE25519_MAX_POINTS of each, 32 bytes each. */
export function curve25519Sum(ristretto: bool, out: usize, scalars: usize, from: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (!scalarIsCanonical(scalars + (i << 5))) return false;
  if (!decode(ristretto, from, count)) return false;
  if (count <= STRAUS_BEST) straus(sum, zero, addresses, scalars, count);
  else pippenger(sum, addresses, scalars, count, 0, digits);
  encode(ristretto, out);
  return true;
}
