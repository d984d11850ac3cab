import { faultSyscall } from "../fault";

export function sysInvokeSignedC(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_invoke_signed_c");
}
export function sysInvokeSignedRust(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_invoke_signed_rust");
}
