/**
 * The instructions of the running transaction in the order in which they began: its own ones (stack height 1) and the calls they made.
 * What a transaction's result shows as inner instructions, and what sol_get_processed_sibling_instruction looks through.
 * Agave transaction-context/src/transaction.rs (instruction trace).
 */
import { PROFILE_SIZE, ProfileEntry } from "../../layouts/engine";
import { INNER_HEADER, InnerInstruction } from "../../layouts/result";
import { outAdvance, outAt, outBytes, outEnsure, outLen, outU8, outZeros } from "../../memory/io";
import { IXA_INDEX, IXA_SIZE } from "./frame";

/** Instructions that may begin in a transaction, calls included. */
const MAX_TRACE: u32 = 64;

const TRC_PROGRAM: usize = 0; // u32, index in the transaction
const TRC_ACCOUNTS: usize = 4; // u32 pointer: IXA_SIZE each
const TRC_NUM: usize = 8; // u32
const TRC_DATA: usize = 12; // u32 pointer
const TRC_DATA_LEN: usize = 16; // u32
const TRC_OUTER: usize = 20; // u8, index of the transaction's instruction
const TRC_HEIGHT: usize = 21; // u8
const TRC_FAILED: usize = 22; // u8
const TRC_UNITS: usize = 24; // u64, compute units left when it began
const TRC_UNITS_AFTER: usize = 32; // u64, when it ended
const TRC_SIZE: usize = 40;
const entries: usize = memory.data(2560, 8); // MAX_TRACE * TRC_SIZE
let count: u32 = 0;
let inner: u32 = 0;

export function traceReset(): void {
  count = 0;
  inner = 0;
}

// @ts-ignore: decorator
@inline
function entry(i: u32): usize {
  return entries + <usize>i * TRC_SIZE;
}

/** Whether one more instruction may begin. Those of the transaction that have not begun do not count, so that a late one can be too many. */
export function traceHasRoom(): bool {
  return count < MAX_TRACE;
}

/** Notes an instruction that begins with so many units left. Accounts and data must live until the transaction ends. */
export function tracePush(
  outer: u32,
  height: u32,
  program: u32,
  accs: usize,
  num: u32,
  data: usize,
  len: u32,
  units: u64,
): void {
  const e = entry(count);
  count += 1;
  if (height > 1) inner += 1;
  store<u32>(e, program, TRC_PROGRAM);
  store<u32>(e, <u32>accs, TRC_ACCOUNTS);
  store<u32>(e, num, TRC_NUM);
  store<u32>(e, <u32>data, TRC_DATA);
  store<u32>(e, len, TRC_DATA_LEN);
  store<u8>(e, <u8>outer, TRC_OUTER);
  store<u8>(e, <u8>height, TRC_HEIGHT);
  store<u8>(e, 1, TRC_FAILED);
  store<u64>(e, units, TRC_UNITS);
  store<u64>(e, units, TRC_UNITS_AFTER);
}

/** Notes that instruction `i` of the trace has ended with so many units left. */
export function traceEnd(i: u32, failed: bool, units: u64): void {
  store<u8>(entry(i), <u8>failed, TRC_FAILED);
  store<u64>(entry(i), units, TRC_UNITS_AFTER);
}

/** Appends each instruction to the output. */
export function traceWrite(): void {
  for (let i: u32 = 0; i < count; i++) {
    const e = entry(i);
    const p = changetype<ProfileEntry>(outEnsure(PROFILE_SIZE));
    p.outer = load<u8>(e, TRC_OUTER);
    p.stackHeight = load<u8>(e, TRC_HEIGHT);
    p.programIndex = <u8>load<u32>(e, TRC_PROGRAM);
    p.failed = load<u8>(e, TRC_FAILED);
    p._pad0 = 0;
    p.unitsBefore = load<u64>(e, TRC_UNITS);
    p.unitsAfter = load<u64>(e, TRC_UNITS_AFTER);
    outAdvance(PROFILE_SIZE);
  }
}

/** Instructions that have begun; the last one may be running. */
export function traceCount(): u32 {
  return count;
}
/** Stack height of instruction `i` of the trace (1: the transaction's own). */
export function traceHeight(i: u32): u32 {
  return load<u8>(entry(i), TRC_HEIGHT);
}
/** Its program: index in the transaction. */
export function traceProgram(i: u32): u32 {
  return load<u32>(entry(i), TRC_PROGRAM);
}
/** Its accounts: IXA_SIZE bytes each (frame.ts: IXA_INDEX, IXA_SIGNER, IXA_WRITABLE). */
export function traceAccounts(i: u32): usize {
  return load<u32>(entry(i), TRC_ACCOUNTS);
}
export function traceNumAccounts(i: u32): u32 {
  return load<u32>(entry(i), TRC_NUM);
}
export function traceData(i: u32): usize {
  return load<u32>(entry(i), TRC_DATA);
}
export function traceDataLen(i: u32): u32 {
  return load<u32>(entry(i), TRC_DATA_LEN);
}

/** Calls made. */
export function innerNumber(): u32 {
  return inner;
}
/** Appends the calls to the output as a result has them (docs/interfaces.md section 4); whole multiples of 4 bytes. */
export function innerWrite(): void {
  for (let i: u32 = 0; i < count; i++) {
    if (traceHeight(i) == 1) continue;
    const num = traceNumAccounts(i);
    const len = traceDataLen(i);
    outZeros(INNER_HEADER);
    const p = changetype<InnerInstruction>(outAt(outLen() - INNER_HEADER));
    p.outerIndex = load<u8>(entry(i), TRC_OUTER);
    p.stackHeight = <u8>traceHeight(i);
    p.programIndex = <u8>traceProgram(i);
    p.numAccounts = <u8>num;
    p.dataLen = <u16>len;
    for (let j: u32 = 0; j < num; j++) outU8(load<u8>(traceAccounts(i) + j * IXA_SIZE, IXA_INDEX));
    outBytes(traceData(i), len);
    outZeros((0 - num - len) & 3);
  }
}
