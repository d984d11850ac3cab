/**
 * System calls on curves that are named by a number: validation, group operations, sums of multiples. Curve25519 is here, BLS12-381 in
 * bls12-381.ts. Agave 4.2 syscalls/src/lib.rs SyscallCurve{PointValidation,GroupOps,MultiscalarMultiplication}; costs: execution_budget.rs.
 */
import { CURVE25519_MAX_POINTS, curve25519Add, curve25519Sum, curve25519Validate } from "../../../crypto/curve25519";
import { consume } from "../../runtime/invoke";
import { faultBudget, faultSyscall } from "../fault";
import { sysSlice } from "../vm";
import { blsGroupOp, blsValidate, isBlsPointCurve } from "./bls12-381";
import { sysRead } from "./translate";

const RISTRETTO: u64 = 1;
export const CURVE_ADD: u64 = 0;
export const CURVE_SUBTRACT: u64 = 1;
export const CURVE_MULTIPLY: u64 = 2;
const SIZE: u64 = 32;

const EDWARDS_VALIDATE_COST: u64 = 159;
const EDWARDS_ADD_COST: u64 = 473;
const EDWARDS_SUBTRACT_COST: u64 = 475;
const EDWARDS_MULTIPLY_COST: u64 = 2_177;
const EDWARDS_SUM_COST: u64 = 2_273;
const EDWARDS_SUM_COST_EACH: u64 = 758;
const RISTRETTO_VALIDATE_COST: u64 = 169;
const RISTRETTO_ADD_COST: u64 = 521;
const RISTRETTO_SUBTRACT_COST: u64 = 519;
const RISTRETTO_MULTIPLY_COST: u64 = 2_208;
const RISTRETTO_SUM_COST: u64 = 2_303;
const RISTRETTO_SUM_COST_EACH: u64 = 788;

/** Two encodings, and a result. */
const pair: usize = memory.data(64, 16);
const result: usize = memory.data(32, 16);

/** sol_curve_validate_point(curve, point): 0 it is one, 1 not. */
export function sysCurveValidatePoint(curve: u64, point: u64, c: u64, d: u64, e: u64): u64 {
  if (isBlsPointCurve(curve)) return blsValidate(curve, point);
  if (curve > RISTRETTO) return faultSyscall("InvalidAttribute");
  const ristretto = curve == RISTRETTO;
  if (!consume(ristretto ? RISTRETTO_VALIDATE_COST : EDWARDS_VALIDATE_COST)) return faultBudget();
  const bytes = sysRead(point, SIZE);
  if (!bytes) return 0;
  return curve25519Validate(ristretto, bytes) ? 0 : 1;
}

function groupCost(ristretto: bool, operation: u64): u64 {
  if (operation == CURVE_ADD) return ristretto ? RISTRETTO_ADD_COST : EDWARDS_ADD_COST;
  if (operation == CURVE_SUBTRACT) return ristretto ? RISTRETTO_SUBTRACT_COST : EDWARDS_SUBTRACT_COST;
  return ristretto ? RISTRETTO_MULTIPLY_COST : EDWARDS_MULTIPLY_COST;
}

/** Where a result goes is looked at only when there is one. */
function answer(good: bool, out: u64): u64 {
  if (!good) return 1;
  const to = sysSlice(out, SIZE, 1, true);
  if (to) memory.copy(to, result, 32);
  return 0;
}

/** sol_curve_group_op(curve, operation, left, right, out result): 0, or 1: an input is no point, or no scalar. */
export function sysCurveGroupOp(curve: u64, operation: u64, left: u64, right: u64, out: u64): u64 {
  if (isBlsPointCurve(curve)) return blsGroupOp(curve, operation, left, right, out);
  if (curve > RISTRETTO || operation > CURVE_MULTIPLY) return faultSyscall("InvalidAttribute");
  const ristretto = curve == RISTRETTO;
  if (!consume(groupCost(ristretto, operation))) return faultBudget();
  const a = sysRead(left, SIZE);
  if (!a) return 0;
  const b = sysRead(right, SIZE);
  if (!b) return 0;
  if (operation == CURVE_MULTIPLY) return answer(curve25519Sum(ristretto, result, a, b, 1), out);
  memory.copy(pair, a, 32);
  memory.copy(pair + 32, b, 32);
  return answer(curve25519Add(ristretto, result, pair, operation == CURVE_SUBTRACT), out);
}

/** sol_curve_multiscalar_mul(curve, scalars, points, number of them, out result): 0, or 1: one is no point, or no scalar. */
export function sysCurveMultiscalarMul(curve: u64, scalars: u64, points: u64, count: u64, out: u64): u64 {
  if (count > CURVE25519_MAX_POINTS) return faultSyscall("InvalidLength");
  if (curve > RISTRETTO) return faultSyscall("InvalidAttribute");
  const ristretto = curve == RISTRETTO;
  const more = count ? count - 1 : 0;
  const cost = ristretto
    ? RISTRETTO_SUM_COST + RISTRETTO_SUM_COST_EACH * more
    : EDWARDS_SUM_COST + EDWARDS_SUM_COST_EACH * more;
  if (!consume(cost)) return faultBudget();
  const a = sysRead(scalars, count * SIZE);
  if (!a) return 0;
  const b = sysRead(points, count * SIZE);
  if (!b) return 0;
  return answer(curve25519Sum(ristretto, result, a, b, <u32>count), out);
}
