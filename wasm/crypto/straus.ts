/**
 * Sums of a few multiples by Straus's interleaving (Hankerson, Menezes, Vanstone, algorithm 3.51):
 *
 *   out = [b]B + sum [s_i]P_i       one chain of doublings for all; odd multiples of every point, non-adjacent forms
 *
 * Some 180 multiplications a pair of a key and a commitment, plus the doublings: less than pippenger.ts up to some
 * eighty such pairs.
 */
import { laneAdd, laneDouble, laneFromCached, laneIdentity, laneNegateCached, laneToCached } from "./lane-point";
import { decompress4 } from "./decompress-lanes";
import { nonAdjacentForm } from "./scalar";

/** Most points a call may bring. */
export const STRAUS_MAX: u32 = 160;

const WIDTH: u32 = 5; // digits +-1, 3 .. 15: eight multiples a point
const BASE_WIDTH: u32 = 8; // the base point's multiples are made once: 1, 3 .. 127
const CACHED: usize = 160;
const TABLE: usize = CACHED * 8;

const tables: usize = memory.data(160 * 8 * 160, 16);
const digits: usize = memory.data(256 * 160, 16); // a row of `count` for every bit
const baseTable: usize = memory.data(160 * 64, 16);
const baseDigits: usize = memory.data(256, 16);
const negative: usize = memory.data(160, 16);
const running: usize = memory.data(160, 16);
const twice: usize = memory.data(160, 16);
const fourEncodings: usize = memory.data(16, 16);
const fourOutputs: usize = memory.data(16, 16);
let baseReady: bool = false;

// y = 4/5, x even (RFC 8032, 5.1).
const BASE_ENCODING: usize = memory.data<u64>([0x6666666666666658, 0x6666666666666666, 0x6666666666666666, 0x6666666666666666], 16);

/** Writes `count` cached points: p, 3p, 5p, ...; p is cached. */
function oddMultiples(table: usize, p: usize, count: u32): void {
  memory.copy(table, p, CACHED);
  laneFromCached(running, p);
  laneDouble(twice, running);
  laneToCached(twice, twice);
  for (let i: u32 = 1; i < count; i++) {
    table += CACHED;
    laneAdd(running, running, twice);
    laneToCached(table, running);
  }
}

/** The base point, cached. */
export function basePoint(): usize {
  if (!baseReady) {
    for (let i: usize = 0; i < 16; i += 4) {
      store<u32>(fourEncodings + i, <u32>BASE_ENCODING);
      store<u32>(fourOutputs + i, <u32>negative);
    }
    decompress4(fourEncodings, fourOutputs);
    oddMultiples(baseTable, negative, 64);
    baseReady = true;
  }
  return baseTable;
}

function addMultiple(out: usize, table: usize, digit: i32): void {
  if (digit > 0) {
    laneAdd(out, out, table + <usize>(digit >> 1) * CACHED);
  } else {
    laneNegateCached(negative, table + <usize>(-digit >> 1) * CACHED);
    laneAdd(out, out, negative);
  }
}

/** out = [baseScalar]B + sum [scalars_i]points_i; points: `count` <= STRAUS_MAX u32 addresses of cached points; scalars: 32 bytes each, < 2^253. */
export function straus(out: usize, baseScalar: usize, points: usize, scalars: usize, count: u32): void {
  assert(count <= STRAUS_MAX);
  basePoint();
  memory.fill(baseDigits, 0, 256);
  nonAdjacentForm(baseDigits, 1, baseScalar, BASE_WIDTH);
  memory.fill(digits, 0, 256 * count);
  for (let i: u32 = 0; i < count; i++) {
    oddMultiples(tables + <usize>i * TABLE, load<u32>(points + (i << 2)), 8);
    nonAdjacentForm(digits + i, count, scalars + (i << 5), WIDTH);
  }
  laneIdentity(out);
  let started = false;
  for (let bit: i32 = 255; bit >= 0; bit--) {
    if (started) laneDouble(out, out);
    const baseDigit = <i32>load<i8>(baseDigits + bit);
    if (baseDigit != 0) {
      addMultiple(out, baseTable, baseDigit);
      started = true;
    }
    const row = digits + <usize>bit * count;
    for (let i: u32 = 0; i < count; i++) {
      const digit = <i32>load<i8>(row + i);
      if (digit == 0) continue;
      addMultiple(out, tables + <usize>i * TABLE, digit);
      started = true;
    }
  }
}
