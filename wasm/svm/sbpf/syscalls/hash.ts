/** Digests of a list of slices, all of one price. Agave 4.2 syscalls/src/lib.rs SyscallHash. */
import { keccak256Final, keccak256Init, keccak256Update } from "../../../crypto/keccak256";
import { sha256Final, sha256Init, sha256Update } from "../../../crypto/sha256";
import { consume } from "../../runtime/invoke";
import { logBegin, logChars, logEnd, logNumber } from "../../runtime/log";
import { faultBudget, faultSyscall } from "../fault";
import { sysSlice } from "../vm";
import { SLICE_LENGTH, sliceAt, sysReadSlice, sysReadSlices } from "./translate";

const HASH_BASE_COST: u64 = 85;
/** Units for a slice: half of its bytes, at least this (mem_op_base_cost). */
const SLICE_MIN_COST: u64 = 10;
const MAX_SLICES: u64 = 20_000;
const DIGEST: u64 = 32;

function digest(keccak: bool, addr: u64, count: u64, out: u64): u64 {
  if (count > MAX_SLICES) {
    logBegin();
    logChars(keccak ? "Keccak256" : "Sha256");
    logChars(" Hashing ");
    logNumber(count);
    logChars(" sequences in one syscall is over the limit ");
    logNumber(MAX_SLICES);
    logEnd();
    return faultSyscall("Hashing too many sequences");
  }
  if (!consume(HASH_BASE_COST)) return faultBudget();
  const to = sysSlice(out, DIGEST, 1, true);
  if (!to) return 0;
  const slices = sysReadSlices(addr, count);
  if (!slices) return 0;
  if (keccak) keccak256Init();
  else sha256Init();
  for (let i: u32 = 0; i < <u32>count; i++) {
    const slice = sliceAt(slices, i);
    const bytes = sysReadSlice(slice);
    if (!bytes) return 0;
    const len = load<u64>(slice, SLICE_LENGTH);
    if (!consume(max(SLICE_MIN_COST, len >> 1))) return faultBudget();
    if (keccak) keccak256Update(bytes, <u32>len);
    else sha256Update(bytes, <u32>len);
  }
  if (keccak) keccak256Final(to);
  else sha256Final(to);
  return 0;
}

/** sol_sha256(slices, number of them, out digest) */
export function sysSha256(slices: u64, count: u64, out: u64, d: u64, e: u64): u64 {
  return digest(false, slices, count, out);
}

/** sol_keccak256(slices, number of them, out digest) */
export function sysKeccak256(slices: u64, count: u64, out: u64, d: u64, e: u64): u64 {
  return digest(true, slices, count, out);
}
