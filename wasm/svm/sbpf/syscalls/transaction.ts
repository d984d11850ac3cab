/** What a program can know of the running transaction. Agave 4.2 syscalls/src/lib.rs. */
import { MAX_RETURN_DATA, consume, returnData, returnDataLen, returnDataProgram, setReturnData } from "../../runtime/invoke";
import { ixProgramId, ixStackHeight } from "../../runtime/frame";
import { FAULT_SYSCALL, faultBegin, faultBudget, faultChars, faultNumber, faultSyscall } from "../fault";
import { sysSlice, sysValue } from "../vm";
import { apart, sysRead } from "./translate";

const SYSCALL_BASE_COST: u64 = 100;
const BYTES_PER_UNIT: u64 = 250;

/** sol_get_stack_height(): 1 for the transaction's own instructions */
export function sysGetStackHeight(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return consume(SYSCALL_BASE_COST) ? ixStackHeight() : faultBudget();
}

/** sol_set_return_data(data, length) */
export function sysSetReturnData(addr: u64, len: u64, c: u64, d: u64, e: u64): u64 {
  if (!consume(SYSCALL_BASE_COST + len / BYTES_PER_UNIT)) return faultBudget();
  if (len > MAX_RETURN_DATA) {
    faultBegin(FAULT_SYSCALL);
    faultChars("Return data too large (");
    faultNumber(len);
    faultChars(" > ");
    faultNumber(MAX_RETURN_DATA);
    faultChars(")");
    return 0;
  }
  const data = sysRead(addr, len);
  if (data) setReturnData(ixProgramId(), data, <u32>len);
  return 0;
}

/** sol_get_return_data(out data, room, out program): the length of the return data; as much as there is room for is copied */
export function sysGetReturnData(out: u64, room: u64, program: u64, d: u64, e: u64): u64 {
  if (!consume(SYSCALL_BASE_COST)) return faultBudget();
  const len = min<u64>(room, returnDataLen());
  if (!len) return returnDataLen();
  if (!consume((len + 32) / BYTES_PER_UNIT)) return faultBudget();
  const to = sysSlice(out, len, 1, true);
  if (!to) return 0;
  const toProgram = sysValue(program, 32, 1, true);
  if (!toProgram) return 0;
  if (!apart(to, len, toProgram, 32)) return faultSyscall("Overlapping copy");
  memory.copy(to, returnData(), <usize>len);
  memory.copy(toProgram, returnDataProgram(), 32);
  return returnDataLen();
}

export function sysGetProcessedSiblingInstruction(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_get_processed_sibling_instruction");
}
