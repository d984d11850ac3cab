/**
 * The stack of running instructions and how a program reaches its accounts. Two styles:
 *
 *   native : every change is checked at once, by the rules of Agave's BorrowedInstructionAccount
 *   bpf    : the program works on its own view; the view is checked and written back when it returns or calls another
 *            program, as Agave does after an sBPF program (programs/bpf_loader/src/lib.rs, serialization.rs, cpi.rs).
 *            An account the program may change anyway has no view of its own: it is changed in place.
 */
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../state/account";
import { keyCopy, keyEquals } from "../../memory/bytes";
import {
  ERR_CUSTOM,
  ERR_EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT,
  ERR_EXECUTABLE_MODIFIED,
  ERR_EXTERNAL_ACCOUNT_DATA_MODIFIED,
  ERR_EXTERNAL_ACCOUNT_LAMPORT_SPEND,
  ERR_INVALID_REALLOC,
  ERR_MODIFIED_PROGRAM_ID,
  ERR_READONLY_DATA_MODIFIED,
  ERR_READONLY_LAMPORT_CHANGE,
} from "../errors";
import {
  MAX_ACCOUNT_DATA_LEN,
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
import { scratchAlloc } from "./scratch";

/** Depth of the stack, the transaction's own instructions included (SVMTransactionExecutionBudget, without SIMD-0268). */
export const MAX_STACK: u32 = 5;
/** Bytes by which an sBPF program may grow an account beyond its length at the program's start. */
export const MAX_PERMITTED_DATA_INCREASE: u32 = 10_240;

/** Account of an instruction. */
export const IXA_INDEX: usize = 0; // u8, in the transaction
export const IXA_SIGNER: usize = 1; // u8
export const IXA_WRITABLE: usize = 2; // u8
export const IXA_FIRST: usize = 3; // u8: index in the instruction of the first mention of the same account
const IXA_VIEW: usize = 4; // u8: what the view below holds
const IXA_START_LEN: usize = 8; // u32: length of the data when the program started
const IXA_VIEW_DATA: usize = 12; // u32 pointer
const IXA_VIEW_LEN: usize = 16; // u32
const IXA_VIEW_LAMPORTS: usize = 24; // u64
const IXA_VIEW_OWNER: usize = 32; // key
export const IXA_SIZE: u32 = 64;
const VIEW_LAMPORTS: u32 = 1;
const VIEW_DATA: u32 = 2;
const VIEW_OWNER: u32 = 4;

const FRAME_PROGRAM: usize = 0; // u32, index in the transaction
const FRAME_ACCOUNTS: usize = 4; // u32 pointer
const FRAME_NUM: usize = 8; // u32
const FRAME_DATA: usize = 12; // u32 pointer
const FRAME_DATA_LEN: usize = 16; // u32
const FRAME_BPF: usize = 20; // u8
const FRAME_SIZE: usize = 24;
const frames: usize = memory.data(144, 8); // (MAX_STACK + 1) * FRAME_SIZE

let height: u32 = 0;
// the top frame, unpacked
let program: u32 = 0;
let accounts: usize = 0;
let num: u32 = 0;
let data: usize = 0;
let dataLen: u32 = 0;
let bpf: bool = false;

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
  bpf = load<u8>(f, FRAME_BPF) != 0;
}

/** Accounts are IXA_SIZE each with index, signer, writable, first filled in. */
export function framePush(programIndex: u32, accs: usize, numAccs: u32, ptr: usize, len: u32, isBpf: bool): void {
  height += 1;
  const f = frames + <usize>height * FRAME_SIZE;
  store<u32>(f, programIndex, FRAME_PROGRAM);
  store<u32>(f, <u32>accs, FRAME_ACCOUNTS);
  store<u32>(f, numAccs, FRAME_NUM);
  store<u32>(f, <u32>ptr, FRAME_DATA);
  store<u32>(f, len, FRAME_DATA_LEN);
  store<u8>(f, <u8>isBpf, FRAME_BPF);
  unpack();
  if (!isBpf) return;
  for (let i: u32 = 0; i < numAccs; i++) {
    const a = ixa(i);
    store<u8>(a, 0, IXA_VIEW);
    store<u32>(a, load<u32>(txaRecord(load<u8>(a)), ACC_DATA_LEN), IXA_START_LEN);
  }
}

export function framePop(): void {
  height -= 1;
  unpack();
}

/** Program (index in the transaction) at a height, 1 = the transaction's own instruction. */
export function frameProgramAt(level: u32): u32 {
  return load<u32>(frames + <usize>level * FRAME_SIZE, FRAME_PROGRAM);
}
export function frameIsBpf(): bool {
  return bpf;
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
/** Why accDataMut or bpfDataMut answered 0. */
export function lastError(): i32 {
  return error;
}

// @ts-ignore: decorator
@inline
function owned(record: usize): bool {
  return keyEquals(record + ACC_OWNER, txaKey(program));
}

// ── native style ───────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── bpf style ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The one view of an account that is named several times. */
// @ts-ignore: decorator
@inline
function view(i: u32): usize {
  return ixa(load<u8>(ixa(i), IXA_FIRST));
}

// @ts-ignore: decorator
@inline
function mayChange(v: usize, record: usize): bool {
  return load<u8>(v, IXA_WRITABLE) != 0 && owned(record);
}

export function bpfLamports(i: u32): u64 {
  const v = view(i);
  return load<u8>(v, IXA_VIEW) & VIEW_LAMPORTS ? load<u64>(v, IXA_VIEW_LAMPORTS) : load<u64>(ixAcc(i), ACC_LAMPORTS);
}

export function bpfSetLamports(i: u32, lamports: u64): void {
  const v = view(i);
  const record = ixAcc(i);
  if (mayChange(v, record)) {
    if (load<u64>(record, ACC_LAMPORTS) != lamports) txaSetLamports(ixIndex(i), lamports);
    return;
  }
  store<u64>(v, lamports, IXA_VIEW_LAMPORTS);
  store<u8>(v, load<u8>(v, IXA_VIEW) | VIEW_LAMPORTS, IXA_VIEW);
}

export function bpfOwner(i: u32): usize {
  const v = view(i);
  return load<u8>(v, IXA_VIEW) & VIEW_OWNER ? v + IXA_VIEW_OWNER : ixAcc(i) + ACC_OWNER;
}

export function bpfSetOwner(i: u32, key: usize): void {
  const v = view(i);
  keyCopy(v + IXA_VIEW_OWNER, key);
  store<u8>(v, load<u8>(v, IXA_VIEW) | VIEW_OWNER, IXA_VIEW);
}

export function bpfDataLen(i: u32): u32 {
  const v = view(i);
  return load<u8>(v, IXA_VIEW) & VIEW_DATA ? load<u32>(v, IXA_VIEW_LEN) : load<u32>(ixAcc(i), ACC_DATA_LEN);
}

export function bpfData(i: u32): usize {
  const v = view(i);
  return load<u8>(v, IXA_VIEW) & VIEW_DATA ? load<u32>(v, IXA_VIEW_DATA) : load<u32>(ixAcc(i), ACC_DATA);
}

/** A copy of the data for a program that may not change them: room for all growth it is allowed to try. */
function ownView(v: usize, record: usize): void {
  if (load<u8>(v, IXA_VIEW) & VIEW_DATA) return;
  const len = load<u32>(record, ACC_DATA_LEN);
  const room = max(len, load<u32>(v, IXA_START_LEN) + MAX_PERMITTED_DATA_INCREASE);
  const copy = scratchAlloc(room);
  memory.copy(copy, load<u32>(record, ACC_DATA), len);
  store<u32>(v, <u32>copy, IXA_VIEW_DATA);
  store<u32>(v, len, IXA_VIEW_LEN);
  store<u8>(v, load<u8>(v, IXA_VIEW) | VIEW_DATA, IXA_VIEW);
}

/** Data to write into; never refused (Agave finds out when the program returns). Not 0 even without data. */
export function bpfDataMut(i: u32): usize {
  const v = view(i);
  const record = ixAcc(i);
  if (mayChange(v, record)) {
    txaTouchData(ixIndex(i));
    return max<usize>(load<u32>(record, ACC_DATA), 8);
  }
  ownView(v, record);
  return load<u32>(v, IXA_VIEW_DATA);
}

/** New length of the data, new bytes zero; ERR_INVALID_REALLOC as AccountInfo::resize. */
export function bpfRealloc(i: u32, len: u32): i32 {
  const v = view(i);
  const record = ixAcc(i);
  const old = bpfDataLen(i);
  if (len == old) return 0;
  if (len > load<u32>(v, IXA_START_LEN) + MAX_PERMITTED_DATA_INCREASE) return ERR_INVALID_REALLOC;
  if (mayChange(v, record) && !txaCanResize(ixIndex(i), len)) {
    txaResize(ixIndex(i), len);
    return 0;
  }
  ownView(v, record);
  if (len > old) memory.fill(<usize>load<u32>(v, IXA_VIEW_DATA) + old, 0, len - old);
  store<u32>(v, len, IXA_VIEW_LEN);
  return 0;
}

/** Checks the view of one account and writes it back: balance, data, owner, in that order. */
function writeBack(i: u32, a: usize): i32 {
  const held: u32 = load<u8>(a, IXA_VIEW);
  if (!held) return 0;
  store<u8>(a, 0, IXA_VIEW);
  const record = ixAcc(i);
  if (held & VIEW_LAMPORTS && load<u64>(a, IXA_VIEW_LAMPORTS) != load<u64>(record, ACC_LAMPORTS)) {
    const refused = accSetLamports(i, load<u64>(a, IXA_VIEW_LAMPORTS));
    if (refused) return refused;
  }
  if (held & VIEW_DATA) {
    const len = load<u32>(a, IXA_VIEW_LEN);
    const start = load<u32>(a, IXA_START_LEN);
    if (len > MAX_ACCOUNT_DATA_LEN || len > start + MAX_PERMITTED_DATA_INCREASE) return ERR_INVALID_REALLOC;
    const refused = accReplaceData(i, load<u32>(a, IXA_VIEW_DATA), len);
    if (refused) return refused;
  }
  if (held & VIEW_OWNER && !keyEquals(a + IXA_VIEW_OWNER, record + ACC_OWNER)) {
    return accSetOwner(i, a + IXA_VIEW_OWNER);
  }
  return 0;
}

/** At the end of a bpf-style program: all views, in the order of the instruction's accounts. */
export function bpfWriteBackAll(): i32 {
  for (let i: u32 = 0; i < num; i++) {
    const refused = writeBack(i, ixa(i));
    if (refused) return refused;
  }
  return 0;
}

/** Before a call: the view of one account (any mention of it). */
export function bpfWriteBack(i: u32): i32 {
  const first: u32 = load<u8>(ixa(i), IXA_FIRST);
  return writeBack(first, ixa(first));
}

/** After a call: the called program may have grown an account by too much for its caller. */
export function bpfGrownTooMuch(i: u32): bool {
  return load<u32>(ixAcc(i), ACC_DATA_LEN) > load<u32>(view(i), IXA_START_LEN) + MAX_PERMITTED_DATA_INCREASE;
}
