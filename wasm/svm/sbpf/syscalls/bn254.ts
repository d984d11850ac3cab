/**
 * The curve bn254 (alt_bn128) in system calls. Encodings and checks: crypto/curves/bn254.ts. Agave 4.2 syscalls/src/lib.rs
 * SyscallAltBn128, SyscallAltBn128Compression.
 */
import { BN254_LITTLE_ENDIAN, bn254Compression, bn254Group } from "../../../crypto/curves/bn254";
import { consume } from "../../runtime/invoke";
import { faultBudget, faultSyscall } from "../fault";
import { sysSlice } from "../vm";
import { sysRead } from "./translate";

const G1_SIZE: u32 = 64;
const G2_SIZE: u32 = 128;

const G1_ADD: u64 = 0;
const G1_MULTIPLY: u64 = 2;
const PAIRING: u64 = 3;
const G2_ADD: u64 = 4;
const G2_MULTIPLY: u64 = 6;
const G1_ADD_COST: u64 = 334;
const G1_MULTIPLY_COST: u64 = 3_840;
const G2_ADD_COST: u64 = 535;
const G2_MULTIPLY_COST: u64 = 15_670;
const PAIRING_COST: u64 = 36_364;
const PAIRING_COST_EACH: u64 = 12_121;
const PAIR_SIZE: u64 = 192;
const PAIRING_OUTPUT: u32 = 32;
const SHA256_BASE_COST: u64 = 85;

const SYSCALL_BASE_COST: u64 = 100;
const G1_COMPRESS: u64 = 0;
const G1_DECOMPRESS: u64 = 1;
const G2_COMPRESS: u64 = 2;
const G2_DECOMPRESS: u64 = 3;
const G1_COMPRESS_COST: u64 = 30;
const G1_DECOMPRESS_COST: u64 = 398;
const G2_COMPRESS_COST: u64 = 86;
const G2_DECOMPRESS_COST: u64 = 13_610;

const output: usize = memory.data(128, 16);

/** Pays, then computes. 1: the input is refused; then nothing is written. */
function run(cost: u64, compression: bool, op: u32, input: u64, size: u64, out: u64, outSize: u32): u64 {
  if (!consume(cost)) return faultBudget();
  const to = sysSlice(out, outSize, 1, true);
  if (!to) return 0;
  const from = sysRead(input, size);
  if (!from) return 0;
  const good = compression ? bn254Compression(op, from, <u32>size, output) : bn254Group(op, from, <u32>size, output);
  if (!good) return 1;
  memory.copy(to, output, outSize);
  return 0;
}

function pairingCost(size: u64): u64 {
  const pairs = size / PAIR_SIZE;
  const more = pairs ? pairs - 1 : 0;
  // What is beyond any meter must not wrap.
  if (more > u32.MAX_VALUE) return u64.MAX_VALUE;
  return PAIRING_COST + PAIRING_COST_EACH * more + SHA256_BASE_COST + size + PAIRING_OUTPUT;
}

/** sol_alt_bn128_group_op(operation, input, its length, out result): 0, or 1. */
export function sysAltBn128GroupOp(operation: u64, input: u64, size: u64, out: u64, e: u64): u64 {
  const op = <u32>operation;
  switch (<u32>min<u64>(operation & ~<u64>BN254_LITTLE_ENDIAN, 0xff)) {
    case <u32>G1_ADD:
      return run(G1_ADD_COST, false, op, input, size, out, G1_SIZE);
    case <u32>G1_MULTIPLY:
      return run(G1_MULTIPLY_COST, false, op, input, size, out, G1_SIZE);
    case <u32>G2_ADD:
      return run(G2_ADD_COST, false, op, input, size, out, G2_SIZE);
    case <u32>G2_MULTIPLY:
      return run(G2_MULTIPLY_COST, false, op, input, size, out, G2_SIZE);
    case <u32>PAIRING:
      return run(pairingCost(size), false, op, input, size, out, PAIRING_OUTPUT);
    default:
      return faultSyscall("InvalidAttribute");
  }
}

/** sol_alt_bn128_compression(operation, input, its length, out result): 0, or 1. */
export function sysAltBn128Compression(operation: u64, input: u64, size: u64, out: u64, e: u64): u64 {
  const op = <u32>operation;
  switch (<u32>min<u64>(operation & ~<u64>BN254_LITTLE_ENDIAN, 0xff)) {
    case <u32>G1_COMPRESS:
      return run(SYSCALL_BASE_COST + G1_COMPRESS_COST, true, op, input, size, out, G1_SIZE >> 1);
    case <u32>G1_DECOMPRESS:
      return run(SYSCALL_BASE_COST + G1_DECOMPRESS_COST, true, op, input, size, out, G1_SIZE);
    case <u32>G2_COMPRESS:
      return run(SYSCALL_BASE_COST + G2_COMPRESS_COST, true, op, input, size, out, G2_SIZE >> 1);
    case <u32>G2_DECOMPRESS:
      return run(SYSCALL_BASE_COST + G2_DECOMPRESS_COST, true, op, input, size, out, G2_SIZE);
    default:
      return faultSyscall("InvalidAttribute");
  }
}
