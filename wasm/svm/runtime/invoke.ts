/**
 * Running one instruction: stack, compute meter, return data, the log lines around a program.
 * Order of the checks: Agave 4.2 program-runtime/src/{invoke_context,cpi}.rs, transaction-context/src/transaction.rs.
 */
import { ACC_OWNER } from "../../state/account";
import { BUILTIN_PRECOMPILE, builtinFind, builtinRun, builtinStyle } from "../builtins";
import {
  WK_ASSOCIATED_TOKEN,
  WK_BPF_LOADER_1,
  WK_BPF_LOADER_2,
  WK_BPF_LOADER_UPGRADEABLE,
  WK_LOADER_V4,
  WK_TOKEN,
  wellKnownIndex,
} from "../../transaction/well-known";
import {
  ERR_CALL_DEPTH,
  ERR_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED,
  ERR_REENTRANCY_NOT_ALLOWED,
  ERR_UNBALANCED_INSTRUCTION,
  ERR_UNSUPPORTED_PROGRAM_ID,
} from "../errors";
import { associatedTokenExisting } from "../programs/associated-token/existing";
import { tokenTransfer } from "../programs/token/transfer";
import { sbpfRun } from "../sbpf/run";
import { vmReset } from "../sbpf/vm";
import { accountsUnbalanced, txaKey, txaRecord } from "./accounts";
import { logError } from "./error-text";
import { MAX_STACK, customCode, framePop, frameProgramAt, framePush, ixStackHeight } from "./frame";
import { logBase64, logBegin, logBytes, logChars, logEnd, logKey, logNumber, logWanted } from "./log";
import { traceCount, traceEnd, traceHasRoom, tracePush, traceReset } from "./trace";
import { currentInstructionChanged } from "../sysvars";

export const MAX_RETURN_DATA: u32 = 1024;

let meter: u64 = 0;
let outer: u32 = 0;

const returnProgram: usize = memory.data(32, 8);
const returnBytes: usize = memory.data(1024, 8);
let returnLen: u32 = 0;

export function invokeReset(units: u64): void {
  meter = units;
  returnLen = 0;
  traceReset();
  vmReset();
}

export function unitsLeft(): u64 {
  return meter;
}
/** What a machine has left: it counts its units itself while it runs. */
export function meterSet(units: u64): void {
  meter = units;
}
export function returnDataLen(): u32 {
  return returnLen;
}
export function returnData(): usize {
  return returnBytes;
}
export function returnDataProgram(): usize {
  return returnProgram;
}

/** Takes compute units; false: not enough of them (answer ERR_COMPUTATIONAL_BUDGET_EXCEEDED). */
export function consume(units: u64): bool {
  if (meter < units) {
    meter = 0;
    return false;
  }
  meter -= units;
  return true;
}

/** At most MAX_RETURN_DATA bytes. */
export function setReturnData(program: usize, ptr: usize, len: u32): void {
  memory.copy(returnProgram, program, 32);
  memory.copy(returnBytes, ptr, len);
  returnLen = len;
}

function logProgram(program: usize): void {
  logBegin();
  logChars("Program ");
  logKey(program);
}

function push(program: u32, accs: usize, num: u32, data: usize, len: u32): i32 {
  const height = ixStackHeight();
  if (height) {
    let contains = false;
    for (let level: u32 = 1; level <= height; level++) if (frameProgramAt(level) == program) contains = true;
    if (contains && frameProgramAt(height) != program) return ERR_REENTRANCY_NOT_ALLOWED;
    if (accountsUnbalanced()) return ERR_UNBALANCED_INSTRUCTION;
  }
  if (!traceHasRoom()) return ERR_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED;
  tracePush(outer, height + 1, program, accs, num, data, len, meter);
  if (height >= MAX_STACK) return ERR_CALL_DEPTH;
  framePush(program, accs, num, data, len);
  return 0;
}

/** Whether accounts of this owner hold sBPF programs that can run: the loaders but v4, which is not active. */
function runsPrograms(owner: usize): bool {
  const index = wellKnownIndex(owner);
  return index == WK_BPF_LOADER_UPGRADEABLE || index == WK_BPF_LOADER_2 || index == WK_BPF_LOADER_1;
}

/** Whether accounts of this owner pass for programs when a transaction is loaded (svm/src/account_loader.rs PROGRAM_OWNERS). */
export function isLoader(owner: usize): bool {
  return runsPrograms(owner) || wellKnownIndex(owner) == WK_LOADER_V4;
}

/** What is logged when an sBPF program stops, however it does. */
export function logConsumed(key: usize, consumed: u64, before: u64): void {
  if (!logWanted()) return;
  logProgram(key);
  logChars(" consumed ");
  logNumber(consumed);
  logChars(" of ");
  logNumber(before);
  logChars(" compute units");
  logEnd();
  if (!returnLen) return;
  logBegin();
  logChars("Program return: ");
  logKey(key);
  logChars(" ");
  logBase64(returnBytes, returnLen);
  logEnd();
}

/** The last log line of an sBPF program that a fault stopped. */
export function logFault(key: usize, text: usize, length: u32): void {
  if (!logWanted()) return;
  logProgram(key);
  logChars(" failed: ");
  logBytes(text, length);
  logEnd();
}

/** A carried program: natively where what it does and costs is known beforehand, else by its ELF. As sbpfRun. */
function runCarried(builtin: i32, program: u32, key: usize): i32 {
  const before = meter;
  let units: u32 = 0;
  if (builtin == WK_TOKEN) units = tokenTransfer();
  else if (builtin == WK_ASSOCIATED_TOKEN) units = associatedTokenExisting();
  if (!units) return sbpfRun(program);
  meter -= units;
  logConsumed(key, units, before);
  return 0;
}

function logInvoke(key: usize): void {
  if (!logWanted()) return;
  logProgram(key);
  logChars(" invoke [");
  logNumber(ixStackHeight());
  logChars("]");
  logEnd();
}

function run(program: u32): i32 {
  const key = txaKey(program);
  const builtin = builtinFind(key);
  const style = builtinStyle(builtin);
  if (!style && !runsPrograms(txaRecord(program) + ACC_OWNER)) return ERR_UNSUPPORTED_PROGRAM_ID;
  setReturnData(key, 0, 0);
  logInvoke(key);
  const result = style ? builtinRun(builtin) : runCarried(builtin, program, key);
  if (result < 0) return -result; // the failure is in the log already
  if (logWanted()) {
    logProgram(key);
    if (result) {
      logChars(" failed: ");
      logError(result, customCode());
    } else {
      logChars(" success");
    }
    logEnd();
  }
  return result;
}

/** One instruction whose accounts are prepared; they and the data live until the transaction ends. */
export function process(program: u32, accs: usize, num: u32, data: usize, len: u32): i32 {
  const builtin = builtinFind(txaKey(program));
  const style = builtinStyle(builtin);
  const refused = push(program, accs, num, data, len);
  if (refused) return refused;
  const place = traceCount() - 1;
  currentInstructionChanged(outer);
  const result = style == BUILTIN_PRECOMPILE ? builtinRun(builtin) : run(program);
  const unbalanced = accountsUnbalanced();
  framePop();
  traceEnd(place, result != 0 || unbalanced, meter);
  return result ? result : unbalanced ? ERR_UNBALANCED_INSTRUCTION : 0;
}

/** Instruction `index` of the transaction; accounts as in a frame. */
export function processTopLevel(index: u32, program: u32, accs: usize, num: u32, data: usize, len: u32): i32 {
  outer = index;
  return process(program, accs, num, data, len);
}
