import { faultSyscall } from "../fault";

export function sysAbort(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: abort");
}
export function sysPanic(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_panic_");
}
export function sysLog(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_log_");
}
export function sysLog64(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_log_64_");
}
export function sysLogPubkey(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_log_pubkey");
}
export function sysLogComputeUnits(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_log_compute_units_");
}
export function sysLogData(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_log_data");
}
