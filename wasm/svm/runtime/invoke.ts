/**
 * Running one instruction: stack, compute meter, return data, the log lines around a program, calls between programs.
 * Order of the checks: Agave 4.2 program-runtime/src/{invoke_context,cpi}.rs, transaction-context/src/transaction.rs.
 */
import { ACC_DATA_LEN, ACC_OWNER } from "../../state/account";
import { keyEquals } from "../../memory/bytes";
import { BUILTIN_BPF, BUILTIN_PRECOMPILE, builtinFind, builtinRun, builtinStyle } from "../builtins";
import {
  WK_BPF_LOADER_1,
  WK_BPF_LOADER_2,
  WK_BPF_LOADER_UPGRADEABLE,
  WK_LOADER_V4,
  wellKnownIndex,
} from "../../transaction/well-known";
import {
  ERR_CALL_DEPTH,
  ERR_COMPUTATIONAL_BUDGET_EXCEEDED,
  ERR_INVALID_REALLOC,
  ERR_MAX_ACCOUNTS_EXCEEDED,
  ERR_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED,
  ERR_MISSING_ACCOUNT,
  ERR_PRIVILEGE_ESCALATION,
  ERR_PROGRAM_FAILED_TO_COMPLETE,
  ERR_REENTRANCY_NOT_ALLOWED,
  ERR_UNBALANCED_INSTRUCTION,
  ERR_UNSUPPORTED_PROGRAM_ID,
} from "../errors";
import { accountsCount, accountsUnbalanced, txaKey, txaRecord } from "./accounts";
import { logError } from "./error-text";
import {
  IXA_FIRST,
  IXA_INDEX,
  IXA_SIGNER,
  IXA_SIZE,
  IXA_WRITABLE,
  MAX_STACK,
  bpfGrownTooMuch,
  bpfWriteBack,
  bpfWriteBackAll,
  customCode,
  frameIsBpf,
  framePop,
  frameProgramAt,
  framePush,
  ixIndex,
  ixIsSigner,
  ixIsWritable,
  ixNumAccounts,
  ixStackHeight,
} from "./frame";
import { logBase64, logBegin, logBytes, logChars, logEnd, logKey, logNumber, logText, logWanted } from "./log";
import { scratchAlloc } from "./scratch";
import { currentInstructionChanged } from "../sysvars";

/** Instructions in a transaction, calls included. */
const MAX_TRACE: u32 = 64;
const MAX_ACCOUNTS_PER_INSTRUCTION: u32 = 255;
/** Compute units of a call from an sBPF program: fixed part, and bytes for one unit (execution_budget.rs). */
const INVOKE_UNITS: u64 = 946;
const CPI_BYTES_PER_UNIT: u64 = 250;
export const MAX_RETURN_DATA: u32 = 1024;

let meter: u64 = 0;
let ranDry: bool = false;
let trace: u32 = 0;
let outer: u32 = 0;

const returnProgram: usize = memory.data(32, 8);
const returnBytes: usize = memory.data(1024, 8);
let returnLen: u32 = 0;

/** Inner instructions: a list of {u32 next, u32 bytes, then as in a result}. */
let innerFirst: usize = 0;
let innerLast: usize = 0;
let innerCount: u32 = 0;

export function invokeReset(units: u64, topLevel: u32): void {
  meter = units;
  trace = topLevel;
  returnLen = 0;
  innerFirst = 0;
  innerLast = 0;
  innerCount = 0;
}

export function unitsLeft(): u64 {
  return meter;
}
/** What a machine has left: it counts its units itself while it runs. */
export function meterSet(units: u64): void {
  meter = units;
}
export function innerHead(): usize {
  return innerFirst;
}
export function innerNumber(): u32 {
  return innerCount;
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
    ranDry = true;
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

function logSubject(key: usize, after: string): void {
  if (!logWanted()) return;
  logBegin();
  logKey(key);
  logChars(after);
  logEnd();
}

function push(program: u32, accs: usize, num: u32, data: usize, len: u32, bpf: bool): i32 {
  const height = ixStackHeight();
  if (height) {
    let contains = false;
    for (let level: u32 = 1; level <= height; level++) if (frameProgramAt(level) == program) contains = true;
    if (contains && frameProgramAt(height) != program) return ERR_REENTRANCY_NOT_ALLOWED;
    if (accountsUnbalanced()) return ERR_UNBALANCED_INSTRUCTION;
    if (trace >= MAX_TRACE) return ERR_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED;
    trace += 1;
  }
  if (height >= MAX_STACK) return ERR_CALL_DEPTH;
  framePush(program, accs, num, data, len, bpf);
  return 0;
}

/** Whether accounts of this owner hold programs that are not built in. */
export function isLoader(owner: usize): bool {
  const index = wellKnownIndex(owner);
  return (
    index == WK_BPF_LOADER_UPGRADEABLE || index == WK_BPF_LOADER_2 || index == WK_BPF_LOADER_1 || index == WK_LOADER_V4
  );
}

let faultText: usize = 0;
let faultLength: u32 = 0;

/**
 * What a bpf-style program returns when a system call stops its machine (ProgramFailedToComplete): the text, without the program's name,
 * takes the place of the error in the last log line. It must live until the program has returned.
 */
export function machineFault(text: usize, length: u32): i32 {
  faultText = text;
  faultLength = length;
  return -ERR_PROGRAM_FAILED_TO_COMPLETE;
}

function runBpf(builtin: i32, key: usize): i32 {
  const before = meter;
  ranDry = false;
  let result = builtinRun(builtin);
  const dry = ranDry && result == ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  ranDry = false;
  if (logWanted()) {
    logProgram(key);
    logChars(" consumed ");
    logNumber(before - meter);
    logChars(" of ");
    logNumber(before);
    logChars(" compute units");
    logEnd();
    if (returnLen) {
      logBegin();
      logChars("Program return: ");
      logKey(key);
      logChars(" ");
      logBase64(returnBytes, returnLen);
      logEnd();
    }
  }
  if (dry) {
    // Running out of units inside sBPF code is a fault of the machine, not an error of the program.
    logProgram(key);
    logChars(" failed: exceeded CUs meter at BPF instruction");
    logEnd();
    return -ERR_PROGRAM_FAILED_TO_COMPLETE;
  }
  if (result < 0) {
    logProgram(key);
    logChars(" failed: ");
    logBytes(faultText, faultLength);
    logEnd();
    return result;
  }
  if (!result) result = bpfWriteBackAll();
  return result;
}

function run(program: u32): i32 {
  const key = txaKey(program);
  const builtin = builtinFind(key);
  if (!builtinStyle(builtin)) {
    if (!isLoader(txaRecord(program) + ACC_OWNER)) return ERR_UNSUPPORTED_PROGRAM_ID;
    // An account of a loader that is no program here.
    logProgram(key);
    logChars(" invoke [");
    logNumber(ixStackHeight());
    logChars("]");
    logEnd();
    logText("Program is not deployed");
    logProgram(key);
    logChars(" failed: Unsupported program id");
    logEnd();
    return ERR_UNSUPPORTED_PROGRAM_ID;
  }
  setReturnData(key, 0, 0);
  if (logWanted()) {
    logProgram(key);
    logChars(" invoke [");
    logNumber(ixStackHeight());
    logChars("]");
    logEnd();
  }
  const result = builtinStyle(builtin) == BUILTIN_BPF ? runBpf(builtin, key) : builtinRun(builtin);
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

/** One instruction whose accounts are prepared. */
function process(program: u32, accs: usize, num: u32, data: usize, len: u32): i32 {
  const builtin = builtinFind(txaKey(program));
  const style = builtinStyle(builtin);
  const refused = push(program, accs, num, data, len, style == BUILTIN_BPF);
  if (refused) return refused;
  currentInstructionChanged(outer);
  const result = style == BUILTIN_PRECOMPILE ? builtinRun(builtin) : run(program);
  const unbalanced = accountsUnbalanced();
  framePop();
  return result ? result : unbalanced ? ERR_UNBALANCED_INSTRUCTION : 0;
}

/** Instruction `index` of the transaction; accounts as in a frame. */
export function processTopLevel(index: u32, program: u32, accs: usize, num: u32, data: usize, len: u32): i32 {
  outer = index;
  return process(program, accs, num, data, len);
}

function findAccount(key: usize): i32 {
  const n = accountsCount();
  for (let i: u32 = 0; i < n; i++) if (keyEquals(txaKey(i), key)) return i;
  return -1;
}

/** Index in the running instruction of its first mention of an account of the transaction, or -1. */
function findInCaller(index: u32): i32 {
  const n = ixNumAccounts();
  for (let i: u32 = 0; i < n; i++) if (ixIndex(i) == index) return i;
  return -1;
}

function rememberInner(program: u32, accs: usize, num: u32, data: usize, len: u32): void {
  const bytes = (8 + num + len + 3) & ~3;
  const node = scratchAlloc(8 + bytes);
  store<u32>(node, 0);
  store<u32>(node, bytes, 4);
  const at = node + 8;
  memory.fill(at + bytes - 4, 0, 4);
  store<u8>(at, <u8>outer);
  store<u8>(at, <u8>(ixStackHeight() + 1), 1);
  store<u8>(at, <u8>program, 2);
  store<u8>(at, <u8>num, 3);
  store<u16>(at, <u16>len, 4);
  store<u16>(at, 0, 6);
  for (let i: u32 = 0; i < num; i++) store<u8>(at + 8 + i, load<u8>(accs + i * IXA_SIZE, IXA_INDEX));
  memory.copy(at + 8 + num, data, len);
  if (innerLast) store<u32>(innerLast, <u32>node);
  else innerFirst = node;
  innerLast = node;
  innerCount += 1;
}

const META_SIZE: u32 = 40;

/** Checks the accounts of a call against the caller's; 0 or an error. */
function prepare(accs: usize, metas: usize, num: u32, pdas: usize, numPdas: u32): i32 {
  for (let i: u32 = 0; i < num; i++) {
    const meta = metas + i * META_SIZE;
    const found = findAccount(meta);
    if (found < 0) {
      if (logWanted()) {
        logBegin();
        logChars("Instruction references an unknown account ");
        logKey(meta);
        logEnd();
      }
      return ERR_MISSING_ACCOUNT;
    }
    const a = accs + i * IXA_SIZE;
    let first = i;
    for (let j: u32 = 0; j < i; j++) {
      if (load<u8>(accs + j * IXA_SIZE, IXA_INDEX) == <u8>found) {
        first = j;
        break;
      }
    }
    store<u8>(a, <u8>found, IXA_INDEX);
    store<u8>(a, <u8>(load<u8>(meta, 32) != 0), IXA_SIGNER);
    store<u8>(a, <u8>(load<u8>(meta, 33) != 0), IXA_WRITABLE);
    store<u8>(a, <u8>first, IXA_FIRST);
    if (first != i) {
      const f = accs + first * IXA_SIZE;
      store<u8>(f, load<u8>(f, IXA_SIGNER) | load<u8>(a, IXA_SIGNER), IXA_SIGNER);
      store<u8>(f, load<u8>(f, IXA_WRITABLE) | load<u8>(a, IXA_WRITABLE), IXA_WRITABLE);
    }
  }
  for (let i: u32 = 0; i < num; i++) {
    const a = accs + i * IXA_SIZE;
    const first: u32 = load<u8>(a, IXA_FIRST);
    if (first != i) {
      const f = accs + first * IXA_SIZE;
      store<u8>(a, load<u8>(f, IXA_SIGNER), IXA_SIGNER);
      store<u8>(a, load<u8>(f, IXA_WRITABLE), IXA_WRITABLE);
      continue;
    }
    const inCaller = findInCaller(load<u8>(a, IXA_INDEX));
    if (inCaller < 0) return ERR_MISSING_ACCOUNT;
    const key = txaKey(load<u8>(a, IXA_INDEX));
    if (load<u8>(a, IXA_WRITABLE) && !ixIsWritable(inCaller)) {
      logSubject(key, "'s writable privilege escalated");
      return ERR_PRIVILEGE_ESCALATION;
    }
    if (load<u8>(a, IXA_SIGNER) && !ixIsSigner(inCaller)) {
      let signed = false;
      for (let p: u32 = 0; p < numPdas; p++) if (keyEquals(pdas + p * 32, key)) signed = true;
      if (!signed) {
        logSubject(key, "'s signer privilege escalated");
        return ERR_PRIVILEGE_ESCALATION;
      }
    }
  }
  return 0;
}

/**
 * A call of another program. metas: num x {key, u8 isSigner, u8 isWritable, 6 pad}; pdas: keys the caller signs for.
 * The caller fails with what this returns.
 */
export function invoke(program: usize, metas: usize, num: u32, data: usize, len: u32, pdas: usize, numPdas: u32): i32 {
  const bpf = frameIsBpf();
  if (bpf && !consume(INVOKE_UNITS + <u64>len / CPI_BYTES_PER_UNIT)) return budgetExceeded();
  if (num > MAX_ACCOUNTS_PER_INSTRUCTION) return ERR_MAX_ACCOUNTS_EXCEEDED;
  const accs = scratchAlloc(num * IXA_SIZE);
  const refused = prepare(accs, metas, num, pdas, numPdas);
  if (refused) return refused;
  const callee = findAccount(program);
  if (callee < 0 || findInCaller(callee) < 0) {
    if (logWanted()) {
      logBegin();
      logChars("Unknown program ");
      logKey(program);
      logEnd();
    }
    return ERR_MISSING_ACCOUNT;
  }
  if (bpf) {
    for (let i: u32 = 0; i < num; i++) {
      const a = accs + i * IXA_SIZE;
      if (load<u8>(a, IXA_FIRST) != <u8>i) continue;
      const index: u32 = load<u8>(a, IXA_INDEX);
      if (!consume(<u64>load<u32>(txaRecord(index), ACC_DATA_LEN) / CPI_BYTES_PER_UNIT)) return budgetExceeded();
      const error = bpfWriteBack(findInCaller(index));
      if (error) return error;
    }
  }
  if (logWanted()) rememberInner(callee, accs, num, data, len);
  const error = process(callee, accs, num, data, len);
  if (error || !bpf) return error;
  for (let i: u32 = 0; i < num; i++) {
    const a = accs + i * IXA_SIZE;
    if (load<u8>(a, IXA_FIRST) != <u8>i || !load<u8>(a, IXA_WRITABLE)) continue;
    if (bpfGrownTooMuch(findInCaller(load<u8>(a, IXA_INDEX)))) {
      logText("Account data size realloc limited to 10240 in inner instructions");
      return ERR_INVALID_REALLOC;
    }
  }
  return 0;
}

/** A system call that is too dear is an error of the call, unlike a machine without units. */
function budgetExceeded(): i32 {
  ranDry = false;
  return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
}
