/**
 * The system calls of this runtime: index in this list = what the loader puts into a call instruction, murmur3 (seed 0) of the name = what
 * programs call them by. Agave 4.2 syscalls/src/lib.rs create_program_runtime_environment; not active on mainnet, so not found: sol_blake3,
 * sol_big_mod_exp, sol_remaining_compute_units, sol_sha512 (blake3_syscall_enabled, enable_big_mod_exp_syscall,
 * remaining_compute_units_syscall_enabled, enable_sha512_syscall); gone for good: sol_get_fees_sysvar (disable_fees_sysvar).
 */
import { sysAbort, sysPanic, sysLog, sysLog64, sysLogPubkey, sysLogComputeUnits, sysLogData } from "./log";
import { sysCreateProgramAddress, sysTryFindProgramAddress } from "./address";
import { sysSha256, sysKeccak256 } from "./hash";
import { sysMemcpy, sysMemmove, sysMemset, sysMemcmp, sysAllocFree } from "./memory";
import { sysGetClockSysvar, sysGetEpochScheduleSysvar, sysGetRentSysvar, sysGetLastRestartSlot, sysGetEpochRewardsSysvar, sysGetSysvar, sysGetEpochStake } from "./sysvar";
import { sysGetProcessedSiblingInstruction, sysGetStackHeight, sysSetReturnData, sysGetReturnData } from "./transaction";
import { sysInvokeSignedC, sysInvokeSignedRust } from "./cpi";
import { sysCurveValidatePoint, sysCurveGroupOp, sysCurveMultiscalarMul } from "./curve25519";
import { sysCurveDecompress, sysCurvePairingMap } from "./bls12-381";
import { sysAltBn128Compression, sysAltBn128GroupOp } from "./bn254";
import { sysPoseidon } from "./poseidon";
import { sysSecp256k1Recover } from "./secp256k1";

/** COUNT x u32, by index. */
const HASHES: usize = memory.data<u32>([
  0xb6fc1a11, // 0 abort
  0x686093bb, // 1 sol_panic_
  0x207559bd, // 2 sol_log_
  0x5c2a3178, // 3 sol_log_64_
  0x7ef088ca, // 4 sol_log_pubkey
  0x52ba5096, // 5 sol_log_compute_units_
  0x9377323c, // 6 sol_create_program_address
  0x48504a38, // 7 sol_try_find_program_address
  0x11f49d86, // 8 sol_sha256
  0xd7793abb, // 9 sol_keccak256
  0x17e40350, // 10 sol_secp256k1_recover
  0xaa2607ca, // 11 sol_curve_validate_point
  0xdd1c41a6, // 12 sol_curve_group_op
  0x60a40880, // 13 sol_curve_multiscalar_mul
  0x080c98b0, // 14 sol_curve_decompress
  0xf111a47e, // 15 sol_curve_pairing_map
  0xd56b5fe9, // 16 sol_get_clock_sysvar
  0x23a29a61, // 17 sol_get_epoch_schedule_sysvar
  0xbf7188f6, // 18 sol_get_rent_sysvar
  0x188a0031, // 19 sol_get_last_restart_slot
  0xfdba2b3b, // 20 sol_get_epoch_rewards_sysvar
  0x717cc4a3, // 21 sol_memcpy_
  0x434371f8, // 22 sol_memmove_
  0x3770fb22, // 23 sol_memset_
  0x5fdcde31, // 24 sol_memcmp_
  0xadb8efc8, // 25 sol_get_processed_sibling_instruction
  0x85532d94, // 26 sol_get_stack_height
  0xa226d3eb, // 27 sol_set_return_data
  0x5d2245e4, // 28 sol_get_return_data
  0xa22b9c85, // 29 sol_invoke_signed_c
  0xd7449092, // 30 sol_invoke_signed_rust
  0x83f00e8f, // 31 sol_alloc_free_
  0xae0c318b, // 32 sol_alt_bn128_group_op
  0x334fd5ed, // 33 sol_alt_bn128_compression
  0xc4947c21, // 34 sol_poseidon
  0x13c1b505, // 35 sol_get_sysvar
  0x5be92f4a, // 36 sol_get_epoch_stake
  0x7317b434, // 37 sol_log_data
]);
const COUNT: i32 = 38;
const ALLOC_FREE: i32 = 31;

/** 256 bits: the low bytes of the hashes. Loading a program asks about every call in it, and hardly any is a system call. */
const lowBytes: usize = memory.data(32, 8);
let lowBytesKnown: bool = false;

function isPossible(hash: u32): bool {
  if (!lowBytesKnown) {
    lowBytesKnown = true;
    for (let i = 0; i < COUNT; i++) {
      const low: usize = load<u8>(HASHES + (<usize>i << 2));
      store<u8>(lowBytes + (low >> 3), load<u8>(lowBytes + (low >> 3)) | (1 << (<u8>low & 7)));
    }
  }
  return (load<u8>(lowBytes + ((hash & 255) >> 3)) & (1 << (hash & 7))) != 0;
}

/** Index of an active system call, or -1. `deploying`: as of a deployment, which no longer allows sol_alloc_free_. */
export function syscallFind(hash: u32, deploying: bool): i32 {
  if (!isPossible(hash)) return -1;
  for (let i = 0; i < COUNT; i++) {
    if (load<u32>(HASHES + (<usize>i << 2)) != hash) continue;
    return deploying && i == ALLOC_FREE ? -1 : i;
  }
  return -1;
}

/** Whether a system call is about the transaction around the program: accounts, calls, sysvars, return data. */
export function syscallOfTransaction(index: i32): bool {
  return (index >= 16 && index <= 20) || (index >= 25 && index <= 30) || index == 35 || index == 36;
}

/** Runs a system call on registers r1..r5; r0, or a fault (fault.ts). The meter is that of consume(). */
export function syscallRun(index: i32, a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  switch (index) {
    case 0:
      return sysAbort(a, b, c, d, e);
    case 1:
      return sysPanic(a, b, c, d, e);
    case 2:
      return sysLog(a, b, c, d, e);
    case 3:
      return sysLog64(a, b, c, d, e);
    case 4:
      return sysLogPubkey(a, b, c, d, e);
    case 5:
      return sysLogComputeUnits(a, b, c, d, e);
    case 6:
      return sysCreateProgramAddress(a, b, c, d, e);
    case 7:
      return sysTryFindProgramAddress(a, b, c, d, e);
    case 8:
      return sysSha256(a, b, c, d, e);
    case 9:
      return sysKeccak256(a, b, c, d, e);
    case 10:
      return sysSecp256k1Recover(a, b, c, d, e);
    case 11:
      return sysCurveValidatePoint(a, b, c, d, e);
    case 12:
      return sysCurveGroupOp(a, b, c, d, e);
    case 13:
      return sysCurveMultiscalarMul(a, b, c, d, e);
    case 14:
      return sysCurveDecompress(a, b, c, d, e);
    case 15:
      return sysCurvePairingMap(a, b, c, d, e);
    case 16:
      return sysGetClockSysvar(a, b, c, d, e);
    case 17:
      return sysGetEpochScheduleSysvar(a, b, c, d, e);
    case 18:
      return sysGetRentSysvar(a, b, c, d, e);
    case 19:
      return sysGetLastRestartSlot(a, b, c, d, e);
    case 20:
      return sysGetEpochRewardsSysvar(a, b, c, d, e);
    case 21:
      return sysMemcpy(a, b, c, d, e);
    case 22:
      return sysMemmove(a, b, c, d, e);
    case 23:
      return sysMemset(a, b, c, d, e);
    case 24:
      return sysMemcmp(a, b, c, d, e);
    case 25:
      return sysGetProcessedSiblingInstruction(a, b, c, d, e);
    case 26:
      return sysGetStackHeight(a, b, c, d, e);
    case 27:
      return sysSetReturnData(a, b, c, d, e);
    case 28:
      return sysGetReturnData(a, b, c, d, e);
    case 29:
      return sysInvokeSignedC(a, b, c, d, e);
    case 30:
      return sysInvokeSignedRust(a, b, c, d, e);
    case 31:
      return sysAllocFree(a, b, c, d, e);
    case 32:
      return sysAltBn128GroupOp(a, b, c, d, e);
    case 33:
      return sysAltBn128Compression(a, b, c, d, e);
    case 34:
      return sysPoseidon(a, b, c, d, e);
    case 35:
      return sysGetSysvar(a, b, c, d, e);
    case 36:
      return sysGetEpochStake(a, b, c, d, e);
    case 37:
      return sysLogData(a, b, c, d, e);
    default:
      return 0;
  }
}
