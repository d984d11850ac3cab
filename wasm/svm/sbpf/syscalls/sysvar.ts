import { faultSyscall } from "../fault";

export function sysGetClockSysvar(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_clock_sysvar");
}
export function sysGetEpochScheduleSysvar(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_epoch_schedule_sysvar");
}
export function sysGetRentSysvar(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_rent_sysvar");
}
export function sysGetLastRestartSlot(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_last_restart_slot");
}
export function sysGetEpochRewardsSysvar(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_epoch_rewards_sysvar");
}
export function sysGetSysvar(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_sysvar");
}
export function sysGetEpochStake(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_epoch_stake");
}
