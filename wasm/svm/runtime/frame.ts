/**
 * The stack of running instructions and how a native program reaches its accounts: every change is checked at once, by the rules of Agave's
 * BorrowedInstructionAccount. An sBPF program's changes are written back by the same rules (sbpf/serialize.ts, sbpf/syscalls/cpi-accounts.ts).
 */
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../state/account";
import { keyCopy, keyEquals } from "../../memory/bytes";
import {
  ERR_CUSTOM,
  ERR_EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT,
  ERR_EXECUTABLE_MODIFIED,
  ERR_EXTERNAL_ACCOUNT_DATA_MODIFIED,
  ERR_EXTERNAL_ACCOUNT_LAMPORT_SPEND,
  ERR_MODIFIED_PROGRAM_ID,
  ERR_READONLY_DATA_MODIFIED,
  ERR_READONLY_LAMPORT_CHANGE,
} from "../errors";
import {
  txaCanResize,
  txaKey,
  txaRecord,
  txaResize,
  txaSetExecutable,
  txaSetLamports,
  txaSetOwner,
  txaTouchData,
} from "./accounts";
import { rentExemptMinimum } from "./rent";
import { bytesEqual } from "../../state/data";

/** Depth of the stack, the transaction's own instructions included (SVMTransactionExecutionBudget, without SIMD-0268). */
export const MAX_STACK: u32 = 5;
/** Bytes by which an sBPF program may grow an account beyond its length at the program's start. */
export const MAX_PERMITTED_DATA_INCREASE: u32 = 10_240;

/** Account of an instruction. */
export const IXA_INDEX: usize = 0; // u8, in the transaction
export const IXA_SIGNER: usize = 1; // u8
export const IXA_WRITABLE: usize = 2; // u8
export const IXA_FIRST: usize = 3; // u8: index in the instruction of the first mention of the same account
export const IXA_SIZE: u32 = 4;

const FRAME_PROGRAM: usize = 0; // u32, index in the transaction
const FRAME_ACCOUNTS: usize = 4; // u32 pointer
const FRAME_NUM: usize = 8; // u32
const FRAME_DATA: usize = 12; // u32 pointer
const FRAME_DATA_LEN: usize = 16; // u32
const FRAME_SIZE: usize = 20;
const frames: usize = memory.data(120, 8); // (MAX_STACK + 1) * FRAME_SIZE

let height: u32 = 0;
// the top frame, unpacked
let program: u32 = 0;
let accounts: usize = 0;
let num: u32 = 0;
let data: usize = 0;
let dataLen: u32 = 0;

let error: i32 = 0;
let custom: u32 = 0;

export function framesReset(): void {
  height = 0;
  error = 0;
  custom = 0;
}

function unpack(): void {
  if (!height) return;
  const f = frames + <usize>height * FRAME_SIZE;
  program = load<u32>(f, FRAME_PROGRAM);
  accounts = load<u32>(f, FRAME_ACCOUNTS);
  num = load<u32>(f, FRAME_NUM);
  data = load<u32>(f, FRAME_DATA);
  dataLen = load<u32>(f, FRAME_DATA_LEN);
}

/** Accounts are IXA_SIZE each with index, signer, writable, first filled in. */
export function framePush(programIndex: u32, accs: usize, numAccs: u32, ptr: usize, len: u32): void {
  height += 1;
  const f = frames + <usize>height * FRAME_SIZE;
  store<u32>(f, programIndex, FRAME_PROGRAM);
  store<u32>(f, <u32>accs, FRAME_ACCOUNTS);
  store<u32>(f, numAccs, FRAME_NUM);
  store<u32>(f, <u32>ptr, FRAME_DATA);
  store<u32>(f, len, FRAME_DATA_LEN);
  unpack();
}

export function framePop(): void {
  height -= 1;
  unpack();
}

/** Program (index in the transaction) at a height, 1 = the transaction's own instruction. */
export function frameProgramAt(level: u32): u32 {
  return load<u32>(frames + <usize>level * FRAME_SIZE, FRAME_PROGRAM);
}

// @ts-ignore: decorator
@inline
export function ixa(i: u32): usize {
  return accounts + <usize>i * IXA_SIZE;
}

// ── what a program sees ────────────────────────────────────────────────────────────────────────────────────────────

export function ixProgramIndex(): u32 {
  return program;
}
export function ixProgramId(): usize {
  return txaKey(program);
}
export function ixNumAccounts(): u32 {
  return num;
}
export function ixData(): usize {
  return data;
}
export function ixDataLen(): u32 {
  return dataLen;
}
/** Index in the transaction. */
export function ixIndex(i: u32): u32 {
  return load<u8>(ixa(i));
}
export function ixAcc(i: u32): usize {
  return txaRecord(load<u8>(ixa(i)));
}
export function ixKey(i: u32): usize {
  return txaKey(load<u8>(ixa(i)));
}
export function ixIsSigner(i: u32): bool {
  return load<u8>(ixa(i), IXA_SIGNER) != 0;
}
export function ixIsWritable(i: u32): bool {
  return load<u8>(ixa(i), IXA_WRITABLE) != 0;
}
export function ixStackHeight(): u32 {
  return height;
}
/** Whether a key is among the signers of this instruction. */
export function ixSigned(key: usize): bool {
  for (let i: u32 = 0; i < num; i++) if (ixIsSigner(i) && keyEquals(ixKey(i), key)) return true;
  return false;
}

/** Sets the code of a Custom error and returns ERR_CUSTOM. */
export function failCustom(code: u32): i32 {
  custom = code;
  return ERR_CUSTOM;
}
export function customCode(): u32 {
  return custom;
}
/** Why accDataMut answered 0. */
export function lastError(): i32 {
  return error;
}

// @ts-ignore: decorator
@inline
function owned(record: usize): bool {
  return keyEquals(record + ACC_OWNER, txaKey(program));
}

// ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────

export function accSetLamports(i: u32, v: u64): i32 {
  const record = ixAcc(i);
  const old = load<u64>(record, ACC_LAMPORTS);
  if (v < old && !owned(record)) return ERR_EXTERNAL_ACCOUNT_LAMPORT_SPEND;
  if (!ixIsWritable(i)) return ERR_READONLY_LAMPORT_CHANGE;
  if (v != old) txaSetLamports(ixIndex(i), v);
  return 0;
}

export function allZero(ptr: usize, len: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= len; i += 8) if (load<u64>(ptr + i)) return false;
  for (; i < len; i++) if (load<u8>(ptr + i)) return false;
  return true;
}

export function accSetOwner(i: u32, key: usize): i32 {
  const record = ixAcc(i);
  if (!owned(record)) return ERR_MODIFIED_PROGRAM_ID;
  if (!ixIsWritable(i)) return ERR_MODIFIED_PROGRAM_ID;
  if (!allZero(load<u32>(record, ACC_DATA), load<u32>(record, ACC_DATA_LEN))) return ERR_MODIFIED_PROGRAM_ID;
  if (!keyEquals(record + ACC_OWNER, key)) txaSetOwner(ixIndex(i), key);
  return 0;
}

function canChangeData(i: u32, record: usize): i32 {
  if (!ixIsWritable(i)) return ERR_READONLY_DATA_MODIFIED;
  return owned(record) ? 0 : ERR_EXTERNAL_ACCOUNT_DATA_MODIFIED;
}

function canResizeData(i: u32, record: usize, len: u32): i32 {
  const refused = canChangeData(i, record);
  return refused ? refused : txaCanResize(ixIndex(i), len);
}

export function accSetDataLen(i: u32, len: u32): i32 {
  const refused = canResizeData(i, ixAcc(i), len);
  if (refused) return refused;
  txaResize(ixIndex(i), len);
  return 0;
}

/** Marks the account as a program. */
export function accSetExecutable(i: u32): i32 {
  const record = ixAcc(i);
  if (load<u64>(record, ACC_LAMPORTS) < rentExemptMinimum(load<u32>(record, ACC_DATA_LEN))) {
    return ERR_EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT;
  }
  if (!owned(record) || !ixIsWritable(i)) return ERR_EXECUTABLE_MODIFIED;
  txaSetExecutable(ixIndex(i), true);
  return 0;
}

/** What an sBPF program made of the data of account `i`: nothing when they are the same, else they are replaced, or an error. */
export function accReplaceData(i: u32, from: usize, len: u32): i32 {
  const record = ixAcc(i);
  if (len == load<u32>(record, ACC_DATA_LEN) && bytesEqual(from, load<u32>(record, ACC_DATA), len)) return 0;
  const refused = canResizeData(i, record, len);
  if (refused) return refused;
  txaResize(ixIndex(i), len);
  txaTouchData(ixIndex(i));
  memory.copy(load<u32>(record, ACC_DATA), from, len);
  return 0;
}

/** The data to write into, or 0 (see lastError). An account without data gives some address that is not 0. */
export function accDataMut(i: u32): usize {
  const record = ixAcc(i);
  error = canChangeData(i, record);
  if (error) return 0;
  txaTouchData(ixIndex(i));
  return max<usize>(load<u32>(record, ACC_DATA), 8);
}
