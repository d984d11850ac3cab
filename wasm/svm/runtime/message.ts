/** The instructions of a record and what the runtime asks about them. The parser has judged the bytes (wasm/transaction/parse.ts). */
import { keyEquals } from "../../memory/bytes";
import {
  REC_NUM_INSTRUCTIONS,
  REC_NUM_REQUIRED,
  REC_NUM_STATIC,
  REC_OFF_INSTRUCTIONS,
  REC_VERSION,
  V1_INSTRUCTION_ACCOUNTS,
  V1_INSTRUCTION_DATA,
  V1_INSTRUCTION_HEADER,
  VERSION_1,
  recordKey,
  recordNumAccounts,
  recordTx,
} from "../../transaction/record";
import { recordMayWrite } from "../../transaction/parse";
import { WK_BPF_LOADER_UPGRADEABLE, WK_SYSTEM, wellKnownKey } from "../../transaction/well-known";
import { scratchAlloc } from "./scratch";

const INS_PROGRAM: usize = 0; // u32
const INS_ACCOUNTS: usize = 4; // u32 pointer to u8 indices
const INS_NUM: usize = 8; // u32
const INS_DATA: usize = 12; // u32 pointer
const INS_DATA_LEN: usize = 16; // u32
const INS_SIZE: usize = 20;
const list: usize = memory.data(1280, 8); // 64 instructions
/** One byte an account: 1 = it is the program of some instruction. */
const invoked: usize = memory.data(256, 8);

let record: usize = 0;
let count: u32 = 0;
let loaderPresent: bool = false;

let cursor: usize = 0;
function compact(): u32 {
  let v: u32 = load<u8>(cursor);
  cursor += 1;
  if (v < 0x80) return v;
  const second: u32 = load<u8>(cursor);
  cursor += 1;
  v = (v & 0x7f) | ((second & 0x7f) << 7);
  if (second < 0x80) return v;
  v |= <u32>load<u8>(cursor) << 14;
  cursor += 1;
  return v;
}

/** For readers of other parts of the message: a compact-u16 at a cursor of their own. */
export function compactAt(ptr: usize): u32 {
  cursor = ptr;
  return compact();
}
export function compactEnd(): usize {
  return cursor;
}

// @ts-ignore: decorator
@inline
function put(i: u32, program: u32, accounts: usize, num: u32, data: usize, len: u32): void {
  const e = list + <usize>i * INS_SIZE;
  store<u8>(invoked + program, 1);
  store<u32>(e, program, INS_PROGRAM);
  store<u32>(e, num, INS_NUM);
  store<u32>(e, <u32>accounts, INS_ACCOUNTS);
  store<u32>(e, len, INS_DATA_LEN);
  store<u32>(e, <u32>data, INS_DATA);
}

function openInstructions(): void {
  for (let i: u32 = 0; i < count; i++) {
    const program: u32 = load<u8>(cursor);
    cursor += 1;
    const num = compact();
    const accounts = cursor;
    cursor += num;
    const len = compact();
    put(i, program, accounts, num, cursor, len);
    cursor += len;
  }
}

/** Version 1: all headers come first, then accounts and data of each. */
function openInstructionsV1(): void {
  let header = cursor;
  let payload = cursor + count * V1_INSTRUCTION_HEADER;
  for (let i: u32 = 0; i < count; i++, header += V1_INSTRUCTION_HEADER) {
    const num: u32 = load<u8>(header, V1_INSTRUCTION_ACCOUNTS);
    const len: u32 = load<u16>(header, V1_INSTRUCTION_DATA);
    put(i, load<u8>(header), payload, num, payload + num, len);
    payload += num + len;
  }
}

export function messageOpen(rec: usize): void {
  record = rec;
  count = load<u8>(rec, REC_NUM_INSTRUCTIONS);
  const n = recordNumAccounts(rec);
  memory.fill(invoked, 0, n);
  cursor = recordTx(rec) + load<u16>(rec, REC_OFF_INSTRUCTIONS);
  if (load<u8>(rec, REC_VERSION) == VERSION_1) openInstructionsV1();
  else openInstructions();
  loaderPresent = false;
  const loader = wellKnownKey(WK_BPF_LOADER_UPGRADEABLE);
  for (let i: u32 = 0; i < n; i++) if (keyEquals(recordKey(rec, i), loader)) loaderPresent = true;
}

export function instructionCount(): u32 {
  return count;
}
export function instructionProgram(i: u32): u32 {
  return load<u32>(list + <usize>i * INS_SIZE, INS_PROGRAM);
}
export function instructionNumAccounts(i: u32): u32 {
  return load<u32>(list + <usize>i * INS_SIZE, INS_NUM);
}
export function instructionAccount(i: u32, j: u32): u32 {
  return load<u8>(load<u32>(list + <usize>i * INS_SIZE, INS_ACCOUNTS) + j);
}
export function instructionData(i: u32): usize {
  return load<u32>(list + <usize>i * INS_SIZE, INS_DATA);
}
export function instructionDataLen(i: u32): u32 {
  return load<u32>(list + <usize>i * INS_SIZE, INS_DATA_LEN);
}
export function accountInvoked(i: u32): bool {
  return load<u8>(invoked + i) != 0;
}

/** Write lock after demotion: reserved keys, and programs unless the upgradeable loader is there (message/src/sanitized.rs). */
export function accountWritable(i: u32): bool {
  return recordMayWrite(record, i) && (!accountInvoked(i) || loaderPresent);
}
export function accountSigner(i: u32): bool {
  return i < <u32>load<u8>(record, REC_NUM_REQUIRED);
}

/** The account whose nonce the transaction uses, or -1 (svm-transaction/src/svm_message.rs get_durable_nonce, static accounts only). */
export function durableNonceAccount(): i32 {
  if (!count) return -1;
  if (!keyEquals(recordKey(record, instructionProgram(0)), wellKnownKey(WK_SYSTEM))) return -1;
  if (instructionDataLen(0) < 4 || load<u32>(instructionData(0)) != 4 || !instructionNumAccounts(0)) return -1;
  const account = instructionAccount(0, 0);
  return account < <u32>load<u8>(record, REC_NUM_STATIC) && accountWritable(account) ? account : -1;
}

/** Whether a key signs as an account of the first instruction. */
export function signsFirstInstruction(key: usize): bool {
  const n = instructionNumAccounts(0);
  for (let j: u32 = 0; j < n; j++) {
    const account = instructionAccount(0, j);
    if (accountSigner(account) && keyEquals(recordKey(record, account), key)) return true;
  }
  return false;
}

let built: u32 = 0;
export function instructionsSysvarLen(): u32 {
  return built;
}

/**
 * Contents of the Instructions sysvar: u16 n, n x u16 offset, n x {u16 accounts, {u8 flags (1 signer, 2 writable), key}, program, u16 length,
 * data}, u16 index of the running instruction (solana-sdk instructions-sysvar/src/lib.rs).
 */
export function buildInstructionsSysvar(): usize {
  let size: u32 = 2 + count * 2 + 2;
  for (let i: u32 = 0; i < count; i++) size += 2 + instructionNumAccounts(i) * 33 + 32 + 2 + instructionDataLen(i);
  const data = scratchAlloc(size);
  store<u16>(data, <u16>count);
  let at: u32 = 2 + count * 2;
  for (let i: u32 = 0; i < count; i++) {
    store<u16>(data + 2 + i * 2, <u16>at);
    const n = instructionNumAccounts(i);
    store<u16>(data + at, <u16>n);
    at += 2;
    for (let j: u32 = 0; j < n; j++) {
      const account = instructionAccount(i, j);
      store<u8>(data + at, <u8>((accountSigner(account) ? 1 : 0) | (accountWritable(account) ? 2 : 0)));
      memory.copy(data + at + 1, recordKey(record, account), 32);
      at += 33;
    }
    memory.copy(data + at, recordKey(record, instructionProgram(i)), 32);
    const len = instructionDataLen(i);
    store<u16>(data + at + 32, <u16>len);
    memory.copy(data + at + 34, instructionData(i), len);
    at += 34 + len;
  }
  store<u16>(data + at, 0);
  built = size;
  return data;
}
