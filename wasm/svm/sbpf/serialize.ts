/**
 * The input of an sBPF program: its accounts and instruction data as bytes, and back.
 *
 *   aligned (loaders v2, v3)  u64 accounts, each: u8 255, u8 signer, u8 writable, u8 executable, u32 0, key, owner, u64 lamports,
 *                             u64 length, data, 10 KiB to grow, zeros to 8, u64 rent epoch  |  u8 first mention, 7 zeros
 *   unaligned (loader v1)     u64 accounts, each: u8 255, u8 signer, u8 writable, key, u64 lamports, u64 length, data, owner,
 *                             u8 executable, u64 rent epoch                                  |  u8 first mention
 *   both                      then u64 length, instruction data, program
 *
 * Agave 4.2 program-runtime/src/serialization.rs, without virtual_address_space_adjustments: one writable region that is read back.
 */
import { ACC_DATA, ACC_DATA_LEN, ACC_FLAGS, ACC_FLAG_EXECUTABLE, ACC_LAMPORTS, ACC_OWNER } from "../../state/account";
import { keyCopy, keyEquals } from "../../memory/bytes";
import { heapAlloc, heapFree } from "../../memory/heap";
import { ERR_INVALID_REALLOC } from "../errors";
import { MAX_ACCOUNT_DATA_LEN } from "../runtime/accounts";
import {
  IXA_FIRST,
  MAX_PERMITTED_DATA_INCREASE,
  accReplaceData,
  accSetLamports,
  accSetOwner,
  ixAcc,
  ixData,
  ixDataLen,
  ixIsSigner,
  ixIsWritable,
  ixKey,
  ixNumAccounts,
  ixProgramId,
  ixa,
} from "../runtime/frame";
import { VM_ACCOUNTS, vmBase } from "./vm";

const INPUT_ADDRESS: u64 = 0x4_0000_0000;
const NOT_REPEATED: u8 = 255;
const RENT_EPOCH: u64 = u64.MAX_VALUE;
/** Bytes of an account beside its data and the zeros behind them. */
const ALIGNED_ACCOUNT: u32 = 96;
const UNALIGNED_ACCOUNT: u32 = 92;

/** An account in the list at VM_ACCOUNTS, by its place in the instruction (all mentions of an account have the same). Addresses as the program sees them. */
export const SER_KEY: usize = 0; // u64
export const SER_OWNER: usize = 8; // u64
export const SER_LAMPORTS: usize = 16; // u64
export const SER_DATA: usize = 24; // u64
export const SER_DATA_LEN: usize = 32; // u32: length when the program started
export const SER_SIZE: usize = 40;

/** The list of the running machine has one block with the input, which begins behind it: at most 255 accounts. */
const LIST_BYTES: u32 = 10_240;

/**
 * Policy: bytes that the inputs of all running programs may have together. Agave has no such limit; a shard has 128 MB. One program always has
 * room: a transaction loads 64 MiB at most, its accounts grow by 20 MiB together, and each has 10 KiB to grow.
 */
const MAX_LIVE: u32 = 88 << 20;
let live: u32 = 0;

let length: u32 = 0;
let dataAddress: u64 = 0;

function isRepeated(i: u32): bool {
  return load<u8>(ixa(i), IXA_FIRST) != <u8>i;
}
/** Zeros that bring a length to a multiple of BPF_ALIGN_OF_U128, which is 8. */
function padding(len: u32): u32 {
  return (0 - len) & 7;
}

function measure(aligned: bool): u32 {
  let size: u32 = 8 + 8 + ixDataLen() + 32;
  for (let i: u32 = 0, n = ixNumAccounts(); i < n; i++) {
    if (isRepeated(i)) {
      size += aligned ? 8 : 1;
      continue;
    }
    const len = load<u32>(ixAcc(i), ACC_DATA_LEN);
    size += aligned ? ALIGNED_ACCOUNT + len + MAX_PERMITTED_DATA_INCREASE + padding(len) : UNALIGNED_ACCOUNT + len;
  }
  return size;
}

/** Length of the region that serializeInput made. */
export function inputLength(): u32 {
  return length;
}
/** Where the program finds its instruction data (r2, SIMD-0321). */
export function inputDataAddress(): u64 {
  return dataAddress;
}

/**
 * Builds the input region of the running instruction and its list of accounts (VM_ACCOUNTS of the machine on top). Answers the address
 * of the region; its length is inputLength() then, and inputFree() gives it back. 0: it has no room beside those of the callers.
 */
export function serializeInput(aligned: bool): usize {
  const size = measure(aligned);
  if (live + size > MAX_LIVE) return 0;
  live += size;
  const list = heapAlloc(LIST_BYTES + size);
  const input = list + LIST_BYTES;
  store<u32>(vmBase(), <u32>list, VM_ACCOUNTS);
  const n = ixNumAccounts();
  store<u64>(input, n);
  let at = input + 8;
  for (let i: u32 = 0; i < n; i++) {
    const entry = list + <usize>i * SER_SIZE;
    if (isRepeated(i)) {
      const first = load<u8>(ixa(i), IXA_FIRST);
      memory.copy(entry, list + <usize>first * SER_SIZE, SER_SIZE);
      if (aligned) store<u64>(at, first);
      else store<u8>(at, first);
      at += aligned ? 8 : 1;
      continue;
    }
    at = aligned ? writeAligned(i, at, entry, input) : writeUnaligned(i, at, entry, input);
  }
  const len = ixDataLen();
  store<u64>(at, len);
  memory.copy(at + 8, ixData(), len);
  dataAddress = INPUT_ADDRESS + <u64>(at + 8 - input);
  keyCopy(at + 8 + len, ixProgramId());
  length = size;
  return input;
}

export function inputFree(input: usize, size: u32): void {
  live -= size;
  heapFree(input - LIST_BYTES, LIST_BYTES + size);
}

function writeAligned(i: u32, at: usize, entry: usize, input: usize): usize {
  const record = ixAcc(i);
  const len = load<u32>(record, ACC_DATA_LEN);
  const base = INPUT_ADDRESS + <u64>(at - input);
  store<u64>(at, 0);
  store<u8>(at, NOT_REPEATED);
  store<u8>(at, <u8>ixIsSigner(i), 1);
  store<u8>(at, <u8>ixIsWritable(i), 2);
  store<u8>(at, load<u8>(record, ACC_FLAGS) & ACC_FLAG_EXECUTABLE, 3);
  keyCopy(at + 8, ixKey(i));
  keyCopy(at + 40, record + ACC_OWNER);
  store<u64>(at, load<u64>(record, ACC_LAMPORTS), 72);
  store<u64>(at, len, 80);
  memory.copy(at + 88, load<u32>(record, ACC_DATA), len);
  const behind = MAX_PERMITTED_DATA_INCREASE + padding(len);
  memory.fill(at + 88 + len, 0, behind);
  store<u64>(entry, base + 8, SER_KEY);
  store<u64>(entry, base + 40, SER_OWNER);
  store<u64>(entry, base + 72, SER_LAMPORTS);
  store<u64>(entry, base + 88, SER_DATA);
  store<u32>(entry, len, SER_DATA_LEN);
  store<u64>(at + 88 + len + behind, RENT_EPOCH);
  return at + 96 + len + behind;
}

function writeUnaligned(i: u32, at: usize, entry: usize, input: usize): usize {
  const record = ixAcc(i);
  const len = load<u32>(record, ACC_DATA_LEN);
  const base = INPUT_ADDRESS + <u64>(at - input);
  store<u8>(at, NOT_REPEATED);
  store<u8>(at, <u8>ixIsSigner(i), 1);
  store<u8>(at, <u8>ixIsWritable(i), 2);
  keyCopy(at + 3, ixKey(i));
  store<u64>(at, load<u64>(record, ACC_LAMPORTS), 35);
  store<u64>(at, len, 43);
  memory.copy(at + 51, load<u32>(record, ACC_DATA), len);
  const behind = at + 51 + len;
  keyCopy(behind, record + ACC_OWNER);
  store<u8>(behind, load<u8>(record, ACC_FLAGS) & ACC_FLAG_EXECUTABLE, 32);
  store<u64>(behind, RENT_EPOCH, 33);
  store<u64>(entry, base + 3, SER_KEY);
  store<u64>(entry, base + 35, SER_LAMPORTS);
  store<u64>(entry, base + 51, SER_DATA);
  store<u64>(entry, base + 51 + len, SER_OWNER);
  store<u32>(entry, len, SER_DATA_LEN);
  return behind + 41;
}

/** What the program made of one account that is its own entry in the input; 0 or an error. */
function readAligned(i: u32, at: usize, startLen: u32): i32 {
  const record = ixAcc(i);
  const lamports = load<u64>(at, 72);
  if (lamports != load<u64>(record, ACC_LAMPORTS)) {
    const refused = accSetLamports(i, lamports);
    if (refused) return refused;
  }
  const len = load<u64>(at, 80);
  if (len > startLen + MAX_PERMITTED_DATA_INCREASE || len > MAX_ACCOUNT_DATA_LEN) return ERR_INVALID_REALLOC;
  const refused = accReplaceData(i, at + 88, <u32>len);
  if (refused) return refused;
  // Last, so that lamports and data may change before.
  return keyEquals(at + 40, record + ACC_OWNER) ? 0 : accSetOwner(i, at + 40);
}

function readUnaligned(i: u32, at: usize, startLen: u32): i32 {
  const lamports = load<u64>(at, 35);
  if (lamports != load<u64>(ixAcc(i), ACC_LAMPORTS)) {
    const refused = accSetLamports(i, lamports);
    if (refused) return refused;
  }
  return accReplaceData(i, at + 51, startLen);
}

/** Checks what the program made of its accounts and writes it back, account after account: 0 or ERR_... */
export function deserializeInput(aligned: bool, input: usize): i32 {
  const list: usize = load<u32>(vmBase(), VM_ACCOUNTS);
  for (let i: u32 = 0, n = ixNumAccounts(); i < n; i++) {
    if (isRepeated(i)) continue;
    const entry = list + <usize>i * SER_SIZE;
    const startLen = load<u32>(entry, SER_DATA_LEN);
    const key = input + <usize>(load<u64>(entry, SER_KEY) - INPUT_ADDRESS);
    const error = aligned ? readAligned(i, key - 8, startLen) : readUnaligned(i, key - 3, startLen);
    if (error) return error;
  }
  return 0;
}
