/** What a program can know of the running transaction. Agave 4.2 syscalls/src/lib.rs. */
import { keyCopy } from "../../../memory/bytes";
import { txaKey } from "../../runtime/accounts";
import { IXA_INDEX, IXA_SIGNER, IXA_SIZE, IXA_WRITABLE, ixProgramId, ixStackHeight } from "../../runtime/frame";
import { MAX_RETURN_DATA, consume, returnData, returnDataLen, returnDataProgram, setReturnData } from "../../runtime/invoke";
import { traceAccounts, traceCount, traceData, traceDataLen, traceHeight, traceNumAccounts, traceProgram } from "../../runtime/trace";
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

/** ProcessedSiblingInstruction: u64 data length, u64 number of accounts. */
const HEADER_SIZE: u64 = 16;
/** AccountMeta: key, u8 signer, u8 writable. */
const META_SIZE: u64 = 34;

/** The instruction `index` places before the running one among those its caller made (or the transaction has), or -1. */
function processedSibling(index: u64): i32 {
  const height = ixStackHeight();
  let later: u64 = 0; // of the same height, the running one included
  for (let i = <i32>traceCount() - 1; i >= 0 && traceHeight(i) >= height; i--) {
    if (traceHeight(i) != height) continue;
    if (later && later - 1 == index) return i;
    later += 1;
  }
  return -1;
}

/**
 * sol_get_processed_sibling_instruction(index, in/out header, out program, out data, out accounts): 0 there is none, 1 there is. Copies it when
 * the header has its sizes, else puts them there.
 */
export function sysGetProcessedSiblingInstruction(index: u64, header: u64, program: u64, data: u64, accounts: u64): u64 {
  if (!consume(SYSCALL_BASE_COST)) return faultBudget();
  const found = processedSibling(index);
  if (found < 0) return 0;
  const toHeader = sysValue(header, HEADER_SIZE, 8, true);
  if (!toHeader) return 0;
  const dataLen: u64 = traceDataLen(found);
  const num: u64 = traceNumAccounts(found);
  if (load<u64>(toHeader) != dataLen || load<u64>(toHeader, 8) != num) {
    store<u64>(toHeader, dataLen);
    store<u64>(toHeader, num, 8);
    return 1;
  }
  const toProgram = sysValue(program, 32, 1, true);
  if (!toProgram) return 0;
  const toData = sysSlice(data, dataLen, 1, true);
  if (!toData) return 0;
  const toAccounts = sysSlice(accounts, num * META_SIZE, 1, true);
  if (!toAccounts) return 0;
  if (
    !apart(toProgram, 32, toData, dataLen) ||
    !apart(toProgram, 32, toAccounts, num * META_SIZE) ||
    !apart(toProgram, 32, toHeader, HEADER_SIZE) ||
    !apart(toData, dataLen, toAccounts, num * META_SIZE) ||
    !apart(toData, dataLen, toHeader, HEADER_SIZE) ||
    !apart(toAccounts, num * META_SIZE, toHeader, HEADER_SIZE)
  ) {
    return faultSyscall("Overlapping copy");
  }
  keyCopy(toProgram, txaKey(traceProgram(found)));
  memory.copy(toData, traceData(found), <usize>dataLen);
  for (let i: u32 = 0; i < <u32>num; i++) {
    const from = traceAccounts(found) + i * IXA_SIZE;
    const meta = toAccounts + i * <u32>META_SIZE;
    keyCopy(meta, txaKey(load<u8>(from, IXA_INDEX)));
    store<u8>(meta, load<u8>(from, IXA_SIGNER), 32);
    store<u8>(meta, load<u8>(from, IXA_WRITABLE), 33);
  }
  return 1;
}
