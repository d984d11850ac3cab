/** sol_poseidon. Agave 4.2 syscalls/src/lib.rs SyscallPoseidon; solana-poseidon 4.0 with light-poseidon 0.4: every input is 32 bytes. */
import { poseidon } from "../../../crypto/poseidon";
import { consume } from "../../runtime/invoke";
import { logBegin, logChars, logEnd, logNumber } from "../../runtime/log";
import { faultBudget, faultSyscall } from "../fault";
import { sysSlice } from "../vm";
import { SLICE_LENGTH, sliceAt, sysReadSlice, sysReadSlices } from "./translate";

const MAX_INPUTS: u64 = 12;
const COST_SQUARE: u64 = 61;
const COST_BASE: u64 = 542;
const SIZE: u64 = 32;
const BIG_ENDIAN: u64 = 0;
const LITTLE_ENDIAN: u64 = 1;

const inputs: usize = memory.data(384, 16); // MAX_INPUTS * SIZE
const hash: usize = memory.data(32, 16);

function copy32(to: usize, from: usize, turned: bool): void {
  if (!turned) {
    memory.copy(to, from, 32);
    return;
  }
  for (let i: usize = 0; i < 32; i += 8) store<u64>(to + i, bswap<u64>(load<u64>(from + 24 - i)));
}

/** sol_poseidon(parameters, endianness, inputs, number of them, out hash): 0, or 1: an input is not 32 bytes, or no number of the field. */
export function sysPoseidon(parameters: u64, endianness: u64, slicesAt: u64, count: u64, out: u64): u64 {
  if (parameters) return faultSyscall("Invalid parameters.");
  if (endianness > LITTLE_ENDIAN) return faultSyscall("Invalid endianness.");
  if (count > MAX_INPUTS) {
    logBegin();
    logChars("Poseidon hashing ");
    logNumber(count);
    logChars(" sequences is not supported");
    logEnd();
    return faultSyscall("InvalidLength");
  }
  if (!consume(COST_SQUARE * count * count + COST_BASE)) return faultBudget();
  const to = sysSlice(out, SIZE, 1, true);
  if (!to) return 0;
  const slices = sysReadSlices(slicesAt, count);
  if (!slices) return 0;
  const turned = endianness == BIG_ENDIAN;
  let good = count > 0;
  for (let i: u32 = 0; i < <u32>count; i++) {
    const slice = sliceAt(slices, i);
    const bytes = sysReadSlice(slice);
    if (!bytes) return 0;
    if (load<u64>(slice, SLICE_LENGTH) == SIZE) copy32(inputs + (i << 5), bytes, turned);
    else good = false;
  }
  if (!good || !poseidon(hash, inputs, <u32>count)) return 1;
  copy32(to, hash, turned);
  return 0;
}
