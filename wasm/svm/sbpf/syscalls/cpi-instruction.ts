/**
 * The instruction of a call, read from the caller's memory and copied.
 *
 *   Rust (StableInstruction)  0 accounts {u64 address, u64 capacity, u64 length}, 24 data {the same}, 48 key program   80 bytes
 *     account                 0 key, 32 u8 signer, 33 u8 writable                                                      34 bytes
 *   C (SolInstruction)        0 program, 8 accounts, 16 number, 24 data, 32 length (u64 each)                          40 bytes
 *     account                 0 u64 key, 8 u8 writable, 9 u8 signer                                                    16 bytes
 *
 * Agave 4.2 program-runtime/src/cpi.rs translate_instruction_{rust,c}.
 */
import { keyCopy } from "../../../memory/bytes";
import { ERR_INVALID_ARGUMENT } from "../../errors";
import { CPI_BYTES_PER_UNIT, MAX_ACCOUNTS_PER_INSTRUCTION, META_SIGNER, META_SIZE, META_WRITABLE } from "../../runtime/call";
import { consume } from "../../runtime/invoke";
import { scratchAlloc } from "../../runtime/scratch";
import { FAULT_SYSCALL, faultBegin, faultBudget, faultChars, faultInstruction, faultNumber } from "../fault";
import { sysArray, sysSlice } from "../vm";

const MAX_DATA: u64 = 10_240;
const RUST_META: u64 = 34;
const C_META: u64 = 16;

const programKey: usize = memory.data(32, 8);
let metas: usize = 0;
let numMetas: u32 = 0;
let data: usize = 0;
let dataLen: u32 = 0;

/** Of the instruction translated last. The copy of the key is good until the next one. */
export function cpiProgram(): usize {
  return programKey;
}
/** META_SIZE each (runtime/call.ts). */
export function cpiMetas(): usize {
  return metas;
}
export function cpiNumMetas(): u32 {
  return numMetas;
}
export function cpiData(): usize {
  return data;
}
export function cpiDataLen(): u32 {
  return dataLen;
}

function tooMuch(before: string, value: u64, limit: u64): bool {
  faultBegin(FAULT_SYSCALL);
  faultChars(before);
  faultNumber(value);
  faultChars(" > ");
  faultNumber(limit);
  faultChars(")");
  return false;
}

/** Checks the sizes, pays for them and copies the data; false: a fault. */
function take(accounts: u64, bytes: usize, len: u64): bool {
  if (accounts > MAX_ACCOUNTS_PER_INSTRUCTION) {
    return tooMuch("Invoked an instruction with too many accounts (", accounts, MAX_ACCOUNTS_PER_INSTRUCTION);
  }
  if (len > MAX_DATA) return tooMuch("Invoked an instruction with data that is too large (", len, MAX_DATA);
  if (!consume(len / CPI_BYTES_PER_UNIT + (accounts * RUST_META) / CPI_BYTES_PER_UNIT)) return faultBudget() != 0;
  numMetas = <u32>accounts;
  metas = scratchAlloc(numMetas * META_SIZE);
  dataLen = <u32>len;
  data = scratchAlloc(dataLen);
  memory.copy(data, bytes, dataLen);
  return true;
}

/** One account; false: a flag is no bool. */
function put(i: u32, key: usize, signer: u32, writable: u32): void {
  const meta = metas + i * META_SIZE;
  keyCopy(meta, key);
  store<u8>(meta, <u8>signer, META_SIGNER);
  store<u8>(meta, <u8>writable, META_WRITABLE);
}

/** Reads the instruction at an address of the caller; false: a fault. */
export function translateRust(addr: u64): bool {
  const ix = sysSlice(addr, 80, 8, false);
  if (!ix) return false;
  const num = load<u64>(ix, 16);
  const list = sysArray(load<u64>(ix), num, RUST_META, 1, false);
  if (!list) return false;
  const bytes = sysSlice(load<u64>(ix, 24), load<u64>(ix, 40), 1, false);
  if (!bytes || !take(num, bytes, load<u64>(ix, 40))) return false;
  for (let i: u32 = 0; i < numMetas; i++) {
    const account = list + <usize>i * 34;
    if (load<u8>(account, 32) > 1 || load<u8>(account, 33) > 1) return faultInstruction(ERR_INVALID_ARGUMENT) != 0;
    put(i, account, load<u8>(account, 32), load<u8>(account, 33));
  }
  keyCopy(programKey, ix + 48);
  return true;
}

export function translateC(addr: u64): bool {
  const ix = sysSlice(addr, 40, 8, false);
  if (!ix) return false;
  const program = sysSlice(load<u64>(ix), 32, 1, false);
  if (!program) return false;
  const num = load<u64>(ix, 16);
  const list = sysArray(load<u64>(ix, 8), num, C_META, 8, false);
  if (!list) return false;
  const bytes = sysSlice(load<u64>(ix, 24), load<u64>(ix, 32), 1, false);
  if (!bytes || !take(num, bytes, load<u64>(ix, 32))) return false;
  for (let i: u32 = 0; i < numMetas; i++) {
    const account = list + <usize>i * 16;
    const writable: u32 = load<u8>(account, 8);
    const signer: u32 = load<u8>(account, 9);
    if (signer > 1 || writable > 1) return faultInstruction(ERR_INVALID_ARGUMENT) != 0;
    const key = sysSlice(load<u64>(account), 32, 1, false);
    if (!key) return false;
    put(i, key, signer, writable);
  }
  keyCopy(programKey, program);
  return true;
}
