import { faultSyscall } from "../fault";

export function sysSha256(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_sha256");
}
export function sysKeccak256(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_keccak256");
}
export function sysBlake3(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_blake3");
}
