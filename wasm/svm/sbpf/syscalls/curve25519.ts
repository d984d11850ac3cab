import { faultSyscall } from "../fault";

export function sysCurveValidatePoint(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_curve_validate_point");
}
export function sysCurveGroupOp(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_curve_group_op");
}
export function sysCurveMultiscalarMul(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_curve_multiscalar_mul");
}
