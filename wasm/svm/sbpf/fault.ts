/**
 * Why a virtual machine stopped. One fault at a time: the first one of a run stays until faultReset.
 *
 *   FAULT_VM          an EbpfError of the machine itself: ProgramFailedToComplete with a text; the rest of the compute units is taken
 *   FAULT_SYSCALL     a system call's own error (SyscallError, or an access violation inside one): the same, but the units stay
 *   FAULT_INSTRUCTION an InstructionError that a system call passes on (out of units, a called program failed, ...)
 *
 * Agave program-runtime/src/vm.rs execute(); texts: solana-sbpf src/error.rs, agave syscalls/src/lib.rs SyscallError.
 */
import { ERR_COMPUTATIONAL_BUDGET_EXCEEDED } from "../errors";
import { base58Key } from "../runtime/base58";
import { decimalText, hexText } from "../runtime/number-text";

export const FAULT_NONE: u32 = 0;
export const FAULT_VM: u32 = 1;
export const FAULT_SYSCALL: u32 = 2;
export const FAULT_INSTRUCTION: u32 = 3;

/** Long enough for a panic with a long file name; what is longer is cut as the log would cut it. */
const CAPACITY: u32 = 12_288;
const text: usize = memory.data(12_288, 8);
const digits: usize = memory.data(24, 8);
const keyText: usize = memory.data(48, 8);
let length: u32 = 0;
let kind: u32 = FAULT_NONE;
let error: i32 = 0;

export function faultReset(): void {
  kind = FAULT_NONE;
  length = 0;
  error = 0;
}
// @ts-ignore: decorator
@inline
export function faultKind(): u32 {
  return kind;
}
/** ERR_... of a FAULT_INSTRUCTION. */
export function faultError(): i32 {
  return error;
}
export function faultText(): usize {
  return text;
}
export function faultTextLength(): u32 {
  return length;
}

/** Begins a fault with a text; append with faultChars and the others. */
export function faultBegin(newKind: u32): void {
  kind = newKind;
  length = 0;
}
function put(c: u32): void {
  if (length >= CAPACITY) return;
  store<u8>(text + length, <u8>c);
  length += 1;
}
/** A static ASCII literal. */
export function faultChars(literal: string): void {
  const p = changetype<usize>(literal);
  for (let i = 0, n = literal.length; i < n; i++) put(load<u16>(p + (<usize>i << 1)));
}
export function faultBytes(ptr: usize, len: u32): void {
  const n = min(len, CAPACITY - length);
  memory.copy(text + length, ptr, n);
  length += n;
}
/** A key in base58. */
export function faultKey(key: usize): void {
  faultBytes(keyText, base58Key(key, keyText));
}
export function faultNumber(v: u64): void {
  faultBytes(digits, decimalText(v, digits));
}
/** Lower-case hexadecimal without leading zeros and without prefix. */
export function faultHex(v: u64): void {
  faultBytes(digits, hexText(v, digits));
}

/** A fault of the machine with a fixed text. Returns 0, for `return`. */
export function faultVm(literal: string): u64 {
  faultBegin(FAULT_VM);
  faultChars(literal);
  return 0;
}
/** A system call's own error with a fixed text. Returns 0. */
export function faultSyscall(literal: string): u64 {
  faultBegin(FAULT_SYSCALL);
  faultChars(literal);
  return 0;
}
/** An InstructionError (ERR_...) that a system call answers. Returns 0. */
export function faultInstruction(code: i32): u64 {
  faultBegin(FAULT_INSTRUCTION);
  error = code;
  return 0;
}
/** A system call that the meter cannot pay (consume() has emptied it). Returns 0. */
export function faultBudget(): u64 {
  return faultInstruction(ERR_COMPUTATIONAL_BUDGET_EXCEEDED);
}
