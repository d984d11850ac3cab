/**
 * BLS12-381 in the system calls (SIMD-0388). Curves 5 and 6 are G1 and G2, 4 is the pairing; | 0x80: big-endian. Encodings and checks:
 * crypto/curves/bls12-381.ts. Agave 4.2 syscalls/src/lib.rs SyscallCurve{PointValidation,Decompress,GroupOps,PairingMap}.
 */
import { BLS_MAX_PAIRS, blsAdd, blsDecompress, blsMultiply, blsPairing, blsPointValid } from "../../../crypto/curves/bls12-381";
import { consume } from "../../runtime/invoke";
import { faultBudget, faultSyscall } from "../fault";
import { sysSlice } from "../vm";
import { sysRead } from "./translate";

const BIG_ENDIAN: u64 = 0x80;
const PAIRING: u64 = 4;
const G1: u64 = 5;
const G2: u64 = 6;
const MULTIPLY: u64 = 2;

const SCALAR_SIZE: u32 = 32;
const GT_SIZE: u32 = 576;

const G1_VALIDATE_COST: u64 = 1_565;
const G1_ADD_COST: u64 = 128;
const G1_SUBTRACT_COST: u64 = 129;
const G1_MULTIPLY_COST: u64 = 4_627;
const G1_DECOMPRESS_COST: u64 = 2_100;
const G2_VALIDATE_COST: u64 = 1_968;
const G2_ADD_COST: u64 = 203;
const G2_SUBTRACT_COST: u64 = 204;
const G2_MULTIPLY_COST: u64 = 8_255;
const G2_DECOMPRESS_COST: u64 = 3_050;
const ONE_PAIR_COST: u64 = 25_445;
const MORE_PAIRS_COST: u64 = 13_023;

const output: usize = memory.data(576, 16);

/** Whether a number stands for G1 or G2 in one of the endiannesses. */
export function isBlsPointCurve(curve: u64): bool {
  const group = curve & ~BIG_ENDIAN;
  return group == G1 || group == G2;
}

// @ts-ignore: decorator
@inline
function inG2(curve: u64): bool {
  return (curve & ~BIG_ENDIAN) == G2;
}

/** Bytes of a point: x and y. */
function pointSize(curve: u64): u32 {
  return inG2(curve) ? 192 : 96;
}

// @ts-ignore: decorator
@inline
function isBig(curve: u64): bool {
  return (curve & BIG_ENDIAN) != 0;
}

/** Where a result goes is looked at only when there is one. */
function answer(good: bool, out: u64, size: u32): u64 {
  if (!good) return 1;
  const to = sysSlice(out, size, 1, true);
  if (to) memory.copy(to, output, size);
  return 0;
}

export function blsValidate(curve: u64, point: u64): u64 {
  if (!consume(inG2(curve) ? G2_VALIDATE_COST : G1_VALIDATE_COST)) return faultBudget();
  const bytes = sysRead(point, pointSize(curve));
  if (!bytes) return 0;
  return blsPointValid(bytes, inG2(curve), isBig(curve)) ? 0 : 1;
}

function groupCost(g2: bool, operation: u64): u64 {
  if (!operation) return g2 ? G2_ADD_COST : G1_ADD_COST;
  if (operation == 1) return g2 ? G2_SUBTRACT_COST : G1_SUBTRACT_COST;
  return g2 ? G2_MULTIPLY_COST : G1_MULTIPLY_COST;
}

export function blsGroupOp(curve: u64, operation: u64, left: u64, right: u64, out: u64): u64 {
  if (operation > MULTIPLY) return faultSyscall("InvalidAttribute");
  if (!consume(groupCost(inG2(curve), operation))) return faultBudget();
  const size = pointSize(curve);
  const multiply = operation == MULTIPLY;
  // Of a multiplication, the scalar is on the left.
  const a = sysRead(left, multiply ? SCALAR_SIZE : size);
  if (!a) return 0;
  const b = sysRead(right, size);
  if (!b) return 0;
  const good = multiply
    ? blsMultiply(output, a, b, inG2(curve), isBig(curve))
    : blsAdd(output, a, b, inG2(curve), isBig(curve), operation == 1);
  return answer(good, out, size);
}

/** sol_curve_decompress(curve, compressed point, out point): 0, or 1: not the encoding of a point of the group. */
export function sysCurveDecompress(curve: u64, point: u64, out: u64, d: u64, e: u64): u64 {
  if (!isBlsPointCurve(curve)) return faultSyscall("InvalidAttribute");
  if (!consume(inG2(curve) ? G2_DECOMPRESS_COST : G1_DECOMPRESS_COST)) return faultBudget();
  const size = pointSize(curve);
  const bytes = sysRead(point, size >> 1);
  if (!bytes) return 0;
  return answer(blsDecompress(output, bytes, inG2(curve), isBig(curve)), out, size);
}

/** sol_curve_pairing_map(curve, number of pairs, points of G1, points of G2, out product of the pairings): 0, or 1: a point is refused. */
export function sysCurvePairingMap(curve: u64, pairs: u64, g1: u64, g2: u64, out: u64): u64 {
  if ((curve & ~BIG_ENDIAN) != PAIRING) return faultSyscall("InvalidAttribute");
  const more = pairs ? pairs - 1 : 0;
  // What is beyond any meter must not wrap.
  if (!consume(more > u32.MAX_VALUE ? u64.MAX_VALUE : ONE_PAIR_COST + MORE_PAIRS_COST * more)) return faultBudget();
  const a = sysRead(g1, pairs * 96);
  if (!a) return 0;
  const b = sysRead(g2, pairs * 192);
  if (!b) return 0;
  if (pairs > BLS_MAX_PAIRS) return 1;
  return answer(blsPairing(output, a, b, <u32>pairs, isBig(curve)), out, GT_SIZE);
}
