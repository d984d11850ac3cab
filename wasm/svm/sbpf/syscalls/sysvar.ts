/**
 * Sysvars without their accounts. The getters give the sysvar as a Rust struct (repr(C), padding zero), sol_get_sysvar bytes of the
 * account's data. Agave 4.2 syscalls/src/{sysvar,lib}.rs, program-runtime/src/sysvar_cache.rs; syscall_parameter_address_restrictions
 * (SIMD-0459) is active: the destination is below the input region, and programs of the first loader, whose pointers are not
 * checked for alignment, cannot ask.
 */
import { ACC_DATA, ACC_DATA_LEN } from "../../../state/account";
import {
  WK_CLOCK,
  WK_EPOCH_REWARDS,
  WK_EPOCH_SCHEDULE,
  WK_LAST_RESTART_SLOT,
  WK_RENT,
  WK_SLOT_HASHES,
  WK_STAKE_HISTORY,
  wellKnownIndex,
} from "../../../transaction/well-known";
import { ERR_ARITHMETIC_OVERFLOW } from "../../errors";
import { epochStakeOf, epochTotalStake } from "../../epoch";
import { consume } from "../../runtime/invoke";
import { wellKnownAccountAt } from "../../sysvars";
import { faultBudget, faultInstruction, faultSyscall } from "../fault";
import { REGION_INPUT, VM_ALIGNED, sysSlice, sysValue, vmBase } from "../vm";

const SYSVAR_BASE_COST: u64 = 100;
const SYSCALL_BASE_COST: u64 = 100;
const MEM_OP_BASE_COST: u64 = 10;
const BYTES_PER_UNIT: u64 = 250;
const INPUT_START: u64 = (<u64>REGION_INPUT) << 32;
/** Answers of sol_get_sysvar (SIMD-0127). */
const OFFSET_LENGTH_EXCEEDS_SYSVAR: u64 = 1;
const SYSVAR_NOT_FOUND: u64 = 2;

// @ts-ignore: decorator
@inline
function sysvarData(index: i32): usize {
  return load<u32>(wellKnownAccountAt(index), ACC_DATA);
}

/** Charges, and refuses a destination where it must not be; false with the fault noted. */
function admitted(cost: u64, out: u64): bool {
  if (!consume(cost)) faultBudget();
  else if (!load<u8>(vmBase(), VM_ALIGNED)) faultSyscall("Unaligned pointer");
  else if (out >= INPUT_START) faultSyscall("Invalid pointer");
  else return true;
  return false;
}

/** A struct whose fields are where the account has them: `len` bytes, then padding to `size`. */
function getStruct(index: i32, out: u64, len: u32, size: u32, align: u64): u64 {
  if (!admitted(SYSVAR_BASE_COST + size, out)) return 0;
  const to = sysValue(out, size, align, true);
  if (!to) return 0;
  memory.copy(to, sysvarData(index), len);
  memory.fill(to + len, 0, size - len);
  return 0;
}

/** sol_get_clock_sysvar(out) */
export function sysGetClockSysvar(out: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return getStruct(WK_CLOCK, out, 40, 40, 8);
}

/** sol_get_epoch_schedule_sysvar(out): 7 bytes of padding after the bool, none of which the account has */
export function sysGetEpochScheduleSysvar(out: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  if (!admitted(SYSVAR_BASE_COST + 40, out)) return 0;
  const to = sysValue(out, 40, 8, true);
  if (!to) return 0;
  const from = sysvarData(WK_EPOCH_SCHEDULE);
  memory.copy(to, from, 16);
  store<u64>(to, load<u8>(from, 16), 16);
  memory.copy(to + 24, from + 17, 16);
  return 0;
}

/** sol_get_rent_sysvar(out) */
export function sysGetRentSysvar(out: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return getStruct(WK_RENT, out, 17, 24, 8);
}

/** sol_get_last_restart_slot(out) */
export function sysGetLastRestartSlot(out: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return getStruct(WK_LAST_RESTART_SLOT, out, 8, 8, 8);
}

/** sol_get_epoch_rewards_sysvar(out): has a u128, so it is aligned to 16 */
export function sysGetEpochRewardsSysvar(out: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return getStruct(WK_EPOCH_REWARDS, out, 81, 96, 16);
}

/** What sol_get_sysvar knows: those of Agave's sysvar cache that are kept as bytes. */
function isCached(index: i32): bool {
  return (
    index == WK_CLOCK ||
    index == WK_EPOCH_SCHEDULE ||
    index == WK_EPOCH_REWARDS ||
    index == WK_RENT ||
    index == WK_SLOT_HASHES ||
    index == WK_STAKE_HISTORY ||
    index == WK_LAST_RESTART_SLOT
  );
}

/** sol_get_sysvar(key, out, offset, length): 0, 1 the range is not in the data, 2 no such sysvar */
export function sysGetSysvar(id: u64, out: u64, offset: u64, length: u64, e: u64): u64 {
  if (!admitted(SYSVAR_BASE_COST + 32 / BYTES_PER_UNIT + max(length / BYTES_PER_UNIT, MEM_OP_BASE_COST), out)) return 0;
  const to = sysSlice(out, length, 1, true);
  if (!to) return 0;
  const key = sysValue(id, 32, 1, false);
  if (!key) return 0;
  if (offset + length < offset) return faultInstruction(ERR_ARITHMETIC_OVERFLOW);
  const index = wellKnownIndex(key);
  if (!isCached(index)) return SYSVAR_NOT_FOUND;
  const record = wellKnownAccountAt(index);
  if (offset + length > <u64>load<u32>(record, ACC_DATA_LEN)) return OFFSET_LENGTH_EXCEEDS_SYSVAR;
  memory.copy(to, <usize>load<u32>(record, ACC_DATA) + <usize>offset, <usize>length);
  return 0;
}

/** sol_get_epoch_stake(vote account, or 0 for all): active stake of the epoch, lamports (SIMD-0133) */
export function sysGetEpochStake(vote: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  if (!vote) return consume(SYSCALL_BASE_COST) ? epochTotalStake() : faultBudget();
  if (!consume(SYSCALL_BASE_COST + 32 / BYTES_PER_UNIT + MEM_OP_BASE_COST)) return faultBudget();
  const key = sysValue(vote, 32, 1, false);
  return key ? epochStakeOf(key) : 0;
}
