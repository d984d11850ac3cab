/**
 * Program-derived addresses. Agave 4.2 syscalls/src/lib.rs SyscallCreateProgramAddress, SyscallTryFindProgramAddress,
 * solana-sdk address/src/lib.rs (MAX_SEEDS, MAX_SEED_LEN).
 */
import { createProgramAddress } from "../../runtime/address";
import { consume } from "../../runtime/invoke";
import { faultBudget, faultSyscall } from "../fault";
import { sysSlice, sysValue } from "../vm";
import { SLICE_LENGTH, apart, sliceAt, sysReadSlice, sysReadSlices } from "./translate";

const CREATE_PROGRAM_ADDRESS_COST: u64 = 1500;
const MAX_SEEDS: u64 = 16;
const MAX_SEED_LEN: u64 = 32;

/** {u32 pointer, u32 length} each, and one more for the bump. */
const seeds: usize = memory.data(136, 8);
const bumpByte: usize = memory.data(1);
const derived: usize = memory.data(32, 8);

function tooLong(): bool {
  faultSyscall("Could not create program address with signer seeds: Length of the seed is too long for address generation");
  return false;
}

/** Translates the seeds into the list; false with the fault noted. */
function readSeeds(addr: u64, count: u64): bool {
  const slices = sysReadSlices(addr, count);
  if (!slices) return false;
  if (count > MAX_SEEDS) return tooLong();
  for (let i: u32 = 0; i < <u32>count; i++) {
    const slice = sliceAt(slices, i);
    const len = load<u64>(slice, SLICE_LENGTH);
    if (len > MAX_SEED_LEN) return tooLong();
    const seed = sysReadSlice(slice);
    if (!seed) return false;
    store<u32>(seeds + (<usize>i << 3), <u32>seed);
    store<u32>(seeds + (<usize>i << 3), <u32>len, 4);
  }
  return true;
}

/** sol_create_program_address(seeds, number, program, out address): 0, or 1 when the seeds lead to a point on the curve */
export function sysCreateProgramAddress(addr: u64, count: u64, program: u64, out: u64, e: u64): u64 {
  if (!consume(CREATE_PROGRAM_ADDRESS_COST)) return faultBudget();
  if (!readSeeds(addr, count)) return 0;
  const key = sysValue(program, 32, 1, false);
  if (!key) return 0;
  if (createProgramAddress(key, seeds, <u32>count, derived)) return 1;
  const to = sysSlice(out, 32, 1, true);
  if (to) memory.copy(to, derived, 32);
  return 0;
}

/** sol_try_find_program_address(seeds, number, program, out address, out bump): 0, or 1 when no bump from 255 to 1 leads off the curve */
export function sysTryFindProgramAddress(addr: u64, count: u64, program: u64, out: u64, outBump: u64): u64 {
  if (!consume(CREATE_PROGRAM_ADDRESS_COST)) return faultBudget();
  if (!readSeeds(addr, count)) return 0;
  const key = sysValue(program, 32, 1, false);
  if (!key) return 0;
  store<u32>(seeds + (<usize>count << 3), <u32>bumpByte);
  store<u32>(seeds + (<usize>count << 3), 1, 4);
  for (let bump: u32 = 255; bump > 0; bump--) {
    store<u8>(bumpByte, <u8>bump);
    // With 16 seeds there is no room for the bump: every attempt fails, and is paid for.
    if (!createProgramAddress(key, seeds, <u32>count + 1, derived)) {
      const toBump = sysValue(outBump, 1, 1, true);
      if (!toBump) return 0;
      const to = sysSlice(out, 32, 1, true);
      if (!to) return 0;
      if (!apart(toBump, 1, to, 32)) return faultSyscall("Overlapping copy");
      store<u8>(toBump, <u8>bump);
      memory.copy(to, derived, 32);
      return 0;
    }
    if (!consume(CREATE_PROGRAM_ADDRESS_COST)) return faultBudget();
  }
  return 1;
}
