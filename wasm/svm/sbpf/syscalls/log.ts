/**
 * System calls that log or end the program. Nothing but the meter sees whether somebody reads the log: what is checked is checked always.
 * Agave 4.2 syscalls/src/{logging,lib}.rs, program-runtime/src/stable_log.rs, costs: execution_budget.rs.
 */
import { consume, unitsLeft } from "../../runtime/invoke";
import {
  logBase64,
  logBegin,
  logBytes,
  logChars,
  logEnd,
  logHex,
  logKey,
  logNumber,
  logWanted,
} from "../../runtime/log";
import { invalidLength, isUtf8, validUpTo } from "../../runtime/utf8";
import {
  FAULT_SYSCALL,
  faultBegin,
  faultBudget,
  faultBytes,
  faultChars,
  faultNumber,
  faultSyscall,
  faultTextLength,
} from "../fault";
import { sysValue } from "../vm";
import { SLICE_LENGTH, sliceAt, sysRead, sysReadSlice, sysReadSlices } from "./translate";

const SYSCALL_BASE_COST: u64 = 100;
const LOG_64_COST: u64 = 100;
const LOG_PUBKEY_COST: u64 = 100;
/** A text of this length is "Log truncated" in the log, whatever follows. */
const LOG_LIMIT: u32 = 10_000;

/** Display of SyscallError::InvalidString: the error and every byte of the string. */
function faultInvalidString(text: usize, len: u32): u64 {
  faultBegin(FAULT_SYSCALL);
  if (invalidLength) {
    faultChars("invalid utf-8 sequence of ");
    faultNumber(invalidLength);
    faultChars(" bytes from index ");
  } else {
    faultChars("incomplete utf-8 byte sequence from index ");
  }
  faultNumber(validUpTo);
  faultChars(": [");
  for (let i: u32 = 0; i < len && faultTextLength() < LOG_LIMIT; i++) {
    if (i) faultChars(", ");
    faultNumber(load<u8>(text + i));
  }
  faultChars("]");
  return 0;
}

/** abort() */
export function sysAbort(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("SBF program panicked");
}

/** sol_panic_(file, file length, line, column) */
export function sysPanic(file: u64, len: u64, line: u64, column: u64, e: u64): u64 {
  if (!consume(len)) return faultBudget();
  const text = sysRead(file, len);
  if (!text) return 0;
  if (!isUtf8(text, <u32>len)) return faultInvalidString(text, <u32>len);
  faultBegin(FAULT_SYSCALL);
  faultChars("SBF program Panicked in ");
  faultBytes(text, <u32>len);
  faultChars(" at ");
  faultNumber(line);
  faultChars(":");
  faultNumber(column);
  return 0;
}

/** sol_log_(text, length) */
export function sysLog(addr: u64, len: u64, c: u64, d: u64, e: u64): u64 {
  if (!consume(max(SYSCALL_BASE_COST, len))) return faultBudget();
  const text = sysRead(addr, len);
  if (!text) return 0;
  if (!isUtf8(text, <u32>len)) return faultInvalidString(text, <u32>len);
  if (!logWanted()) return 0;
  logBegin();
  logChars("Program log: ");
  logBytes(text, <u32>len);
  logEnd();
  return 0;
}

/** sol_log_64_(five numbers) */
export function sysLog64(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  if (!consume(LOG_64_COST)) return faultBudget();
  if (!logWanted()) return 0;
  logBegin();
  logChars("Program log: 0x");
  logHex(a);
  logChars(", 0x");
  logHex(b);
  logChars(", 0x");
  logHex(c);
  logChars(", 0x");
  logHex(d);
  logChars(", 0x");
  logHex(e);
  logEnd();
  return 0;
}

/** sol_log_pubkey(key) */
export function sysLogPubkey(addr: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  if (!consume(LOG_PUBKEY_COST)) return faultBudget();
  const key = sysValue(addr, 32, 1, false);
  if (!key || !logWanted()) return 0;
  logBegin();
  logChars("Program log: ");
  logKey(key);
  logEnd();
  return 0;
}

/** sol_log_compute_units_(): what is left after this call itself */
export function sysLogComputeUnits(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  if (!consume(SYSCALL_BASE_COST)) return faultBudget();
  if (!logWanted()) return 0;
  logBegin();
  logChars("Program consumption: ");
  logNumber(unitsLeft());
  logChars(" units remaining");
  logEnd();
  return 0;
}

/** sol_log_data(slices, number of them) */
export function sysLogData(addr: u64, count: u64, c: u64, d: u64, e: u64): u64 {
  if (!consume(SYSCALL_BASE_COST)) return faultBudget();
  const slices = sysReadSlices(addr, count);
  if (!slices) return 0;
  if (!consume(SYSCALL_BASE_COST * count)) return faultBudget(); // a list that is in memory is short
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < <u32>count; i++) {
    const len = load<u64>(sliceAt(slices, i), SLICE_LENGTH);
    bytes = len > u64.MAX_VALUE - bytes ? u64.MAX_VALUE : bytes + len;
  }
  if (!consume(bytes)) return faultBudget();
  for (let i: u32 = 0; i < <u32>count; i++) if (!sysReadSlice(sliceAt(slices, i))) return 0;
  if (!logWanted()) return 0;
  logBegin();
  logChars("Program data: ");
  for (let i: u32 = 0; i < <u32>count; i++) {
    const slice = sliceAt(slices, i);
    if (i) logChars(" ");
    logBase64(sysReadSlice(slice), <u32>load<u64>(slice, SLICE_LENGTH));
  }
  logEnd();
  return 0;
}
