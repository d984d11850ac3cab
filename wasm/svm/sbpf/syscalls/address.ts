import { faultSyscall } from "../fault";

export function sysCreateProgramAddress(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_create_program_address");
}
export function sysTryFindProgramAddress(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_try_find_program_address");
}
