import { faultSyscall } from "../fault";

export function sysGetProcessedSiblingInstruction(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_processed_sibling_instruction");
}
export function sysGetStackHeight(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_stack_height");
}
export function sysSetReturnData(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_set_return_data");
}
export function sysGetReturnData(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_return_data");
}
export function sysRemainingComputeUnits(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_remaining_compute_units");
}
