/**
 * One point in four lanes: the extended coordinates X, Z, T, Y in lanes 0 to 3 of one four-lane element. The formulas
 * of Hisil, Wong, Carter, Dawson ("Twisted Edwards curves revisited", 2008, sections 3.1, 3.2 and 4.2 on doing four
 * multiplications at a time) are then two four-lane multiplications each, with sums across the lanes before them.
 *
 *   cached point, ready to be added:  (y-x, 2z, 2dt, y+x)
 *
 * Sums across lanes cost a few instructions a word; ten words hold all four coordinates. Units (fe4-mul.ts) are
 * written behind the lines.
 */
import { fe4GetLane, FE4_SIZE } from "./fe4";
import { fe4Multiply } from "./fe4-mul";

const left: usize = memory.data(160, 16);
const right: usize = memory.data(160, 16);
const products: usize = memory.data(160, 16);
const cachedOperand: usize = memory.data(160, 16);
const bytesX: usize = memory.data(32, 16);
const bytesY: usize = memory.data(32, 16);
const bytesZ: usize = memory.data(32, 16);

// Factors of the lanes (-1 0 0 1), (1 2 2 1), (1 1 -1 1), for both limbs of a word. Loaded, because a constant would be
// built anew in every turn of a loop.
const MINUS_PLUS: usize = memory.data<u32>([0xffffffff, 0, 0, 0x00010001], 16);
const DOUBLE_MIDDLE: usize = memory.data<u32>([0x00010001, 0x00020002, 0x00020002, 0x00010001], 16);
const NEGATE_THIRD: usize = memory.data<u32>([0x00010001, 0x00010001, 0xffffffff, 0x00010001], 16);

// (1, 1, 2d, 1): what turns (Y-X, 2Z, T, Y+X) into a cached point.
const LANE_CACHE: usize = laneCacheFactor(memory.data(160, 16), memory.data<u32>([0xf598f159, 0x0d37050a, 0xf8ab0ebd, 0xf3500a0f, 0x00070015, 0xfde8f44c, 0x07400f2f, 0xff9dfc66, 0x0ee3f6e0, 0x004801b6], 16));

function laneCacheFactor(out: usize, twoD: usize): usize {
  memory.fill(out, 0, FE4_SIZE);
  v128.store(out, i32x4(1, 1, 0, 1));
  for (let k: usize = 0; k < 10; k++) store<u32>(out + (k << 4), load<u32>(twoD + (k << 2)), 8);
  return out;
}

export function laneIdentity(out: usize): void {
  memory.fill(out, 0, FE4_SIZE);
  v128.store(out, i32x4(0, 1, 0, 1));
}

export function laneCopy(out: usize, p: usize): void {
  memory.copy(out, p, FE4_SIZE);
}

/** (A, D, C, B) in `products` -> right (F, F, H, H), left (E, G, E, G) -> out = (EF, FG, EH, GH) = (X, Z, T, Y). */
// @ts-ignore: decorator
@inline
function finishAddition(out: usize, products: usize): void {
  for (let k: usize = 0; k < FE4_SIZE; k += 16) {
    const v = v128.load(products + k);
    const w = i32x4.shuffle(v, v, 3, 2, 1, 0);
    const sum = i16x8.add(w, v); // H = B+A, G = D+C, G, H: 2 units
    const difference = i16x8.sub(w, v); // E = B-A, -F = C-D, F = D-C, -E: 2 units
    v128.store(right + k, i32x4.shuffle(difference, sum, 2, 2, 4, 4));
    v128.store(left + k, i32x4.shuffle(difference, sum, 0, 5, 0, 5));
  }
  fe4Multiply(out, left, right);
}

/** out = p + q, q cached: "add-2008-hwcd-3", complete. */
export function laneAdd(out: usize, p: usize, q: usize): void {
  const signs = v128.load(MINUS_PLUS);
  for (let k: usize = 0; k < FE4_SIZE; k += 16) {
    const v = v128.load(p + k);
    // (Y-X, Z, T, Y+X): 2 1 1 2 units
    v128.store(left + k, i16x8.add(i32x4.shuffle(v, v, 3, 1, 2, 3), i16x8.mul(i32x4.shuffle(v, v, 0, 0, 0, 0), signs)));
  }
  fe4Multiply(products, left, q);
  finishAddition(out, products);
}

/** out = identity + q, q cached: the products of the addition are q itself, with C = 0. */
export function laneFromCached(out: usize, q: usize): void {
  const keep = i32x4(-1, -1, 0, -1);
  for (let k: usize = 0; k < FE4_SIZE; k += 16) v128.store(products + k, v128.and(v128.load(q + k), keep));
  finishAddition(out, products);
}

/** out = 2p: "dbl-2008-hwcd" with F and H turned, which negates all four coordinates. */
export function laneDouble(out: usize, p: usize): void {
  const doubled = v128.load(DOUBLE_MIDDLE);
  for (let k: usize = 0; k < FE4_SIZE; k += 16) {
    const v = v128.load(p + k);
    v128.store(left + k, i32x4.shuffle(v, v, 0, 1, 0, 3)); // X Z X Y
    v128.store(right + k, i16x8.mul(i32x4.shuffle(v, v, 0, 1, 3, 3), doubled)); // X 2Z 2Y Y
  }
  fe4Multiply(products, left, right); // A = X^2, C = 2Z^2, E = 2XY, B = Y^2
  for (let k: usize = 0; k < FE4_SIZE; k += 16) {
    const v = v128.load(products + k);
    const w = i32x4.shuffle(v, v, 3, 2, 1, 0);
    const sum = i16x8.add(w, v); // lane 0: H = A + B, 2 units
    const difference = i16x8.sub(w, v); // lane 0: G = B - A, 2 units
    const f = i16x8.sub(i32x4.shuffle(v, v, 1, 1, 1, 1), i32x4.shuffle(difference, difference, 0, 0, 0, 0)); // F = C - G, 3 units
    v128.store(right + k, i32x4.shuffle(f, sum, 0, 0, 4, 4)); // F F H H
    v128.store(left + k, i32x4.shuffle(v, difference, 2, 4, 2, 4)); // E G E G
  }
  fe4Multiply(out, left, right); // at most 2 * 3 units
}

/** out = p, cached. */
export function laneToCached(out: usize, p: usize): void {
  const signs = v128.load(MINUS_PLUS);
  const withZ = i16x8(0, 0, 1, 1, 0, 0, 0, 0);
  for (let k: usize = 0; k < FE4_SIZE; k += 16) {
    const v = v128.load(p + k);
    const base = i16x8.add(i32x4.shuffle(v, v, 3, 1, 2, 3), i16x8.mul(v, withZ));
    v128.store(left + k, i16x8.add(base, i16x8.mul(i32x4.shuffle(v, v, 0, 0, 0, 0), signs)));
  }
  fe4Multiply(out, left, LANE_CACHE); // one unit again
}

/** out = p + q for two extended points. */
export function laneAddExtended(out: usize, p: usize, q: usize): void {
  laneToCached(cachedOperand, q);
  laneAdd(out, p, cachedOperand);
}

/** out = -q, both cached: (y-x, 2z, 2dt, y+x) -> (y+x, 2z, -2dt, y-x). */
export function laneNegateCached(out: usize, q: usize): void {
  const signs = v128.load(NEGATE_THIRD);
  for (let k: usize = 0; k < FE4_SIZE; k += 16) {
    const v = v128.load(q + k);
    v128.store(out + k, i16x8.mul(i32x4.shuffle(v, v, 3, 1, 2, 0), signs));
  }
}

/** Whether p is (0 : 1 : 1 : 0). */
export function laneIsIdentity(p: usize): bool {
  fe4GetLane(bytesX, p, 0);
  fe4GetLane(bytesZ, p, 1);
  fe4GetLane(bytesY, p, 3);
  return (load<u64>(bytesX) | load<u64>(bytesX, 8) | load<u64>(bytesX, 16) | load<u64>(bytesX, 24)) == 0
    && load<u64>(bytesY) == load<u64>(bytesZ) && load<u64>(bytesY, 8) == load<u64>(bytesZ, 8)
    && load<u64>(bytesY, 16) == load<u64>(bytesZ, 16) && load<u64>(bytesY, 24) == load<u64>(bytesZ, 24);
}

/** Whether p is of small order: 8p is the identity. */
export function laneIsTorsion(p: usize): bool {
  laneDouble(cachedOperand, p);
  laneDouble(cachedOperand, cachedOperand);
  laneDouble(cachedOperand, cachedOperand);
  return laneIsIdentity(cachedOperand);
}
