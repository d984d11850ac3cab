/**
 * The accounts of a call as the caller has them in its memory.
 *
 *   Rust (AccountInfo)    0 key, 8 lamports: Rc, 16 data: Rc, 24 owner (u64 each), 32 rent epoch, 40 signer, 41 writable, 42 executable    48 bytes
 *                         an Rc points to {strong, weak, borrow, value}: the value at 24 is a pointer, of data a pointer and a length
 *   C (SolAccountInfo)    0 key, 8 lamports, 16 data length, 24 data, 32 owner (u64 each), 40 rent epoch, 48 signer, 49 writable, 50 exec.  56 bytes
 *
 * With syscall_parameter_address_restrictions all pointers must be those of the input region that the program was given (serialize.ts), and
 * what holds them must lie below it. Agave 4.2 program-runtime/src/cpi.rs: translate_account_infos, translate_accounts_common,
 * CallerAccount::from_{sol_,}account_info, update_callee_account, update_caller_account.
 */
import { ACC_DATA, ACC_DATA_LEN, ACC_FLAGS, ACC_FLAG_EXECUTABLE, ACC_LAMPORTS, ACC_OWNER } from "../../../state/account";
import { keyCopy, keyEquals } from "../../../memory/bytes";
import { ERR_ACCOUNT_DATA_TOO_SMALL, ERR_INVALID_REALLOC, ERR_MISSING_ACCOUNT } from "../../errors";
import { txaKey, txaRecord } from "../../runtime/accounts";
import { CPI_BYTES_PER_UNIT, findInCaller, logAbout } from "../../runtime/call";
import {
  IXA_FIRST,
  IXA_INDEX,
  IXA_SIZE,
  IXA_WRITABLE,
  MAX_PERMITTED_DATA_INCREASE,
  accReplaceData,
  accSetLamports,
  accSetOwner,
  ixAcc,
} from "../../runtime/frame";
import { consume } from "../../runtime/invoke";
import { logBegin, logChars, logEnd, logHex, logNumber, logWanted } from "../../runtime/log";
import { scratchAlloc } from "../../runtime/scratch";
import { FAULT_SYSCALL, faultBegin, faultBudget, faultChars, faultInstruction, faultNumber, faultSyscall } from "../fault";
import { SER_DATA, SER_DATA_LEN, SER_KEY, SER_LAMPORTS, SER_OWNER, SER_SIZE } from "../serialize";
import { VM_ACCOUNTS, VM_ALIGNED, sysArray, sysSlice, vmBase } from "../vm";

const INPUT_ADDRESS: u64 = 0x4_0000_0000;
const MAX_INFOS: u64 = 255;
/** Bytes that an account info counts (SIMD-0339): two keys, balance, length. */
const INFO_BYTES: u64 = 80;
const RUST_INFO: u64 = 48;
const C_INFO: u64 = 56;
/** Where an Rc<RefCell<T>> has its value. */
const RC_VALUE: u64 = 24;

/** An account that caller and callee share, pointers into the caller's memory. */
const SHR_IN_CALLER: usize = 0; // u32: place in the caller's instruction
const SHR_LAMPORTS: usize = 4; // u32 pointer
const SHR_OWNER: usize = 8; // u32 pointer
const SHR_LEN_AT: usize = 12; // u32 pointer to the u64 length that the program keeps
const SHR_DATA: usize = 16; // u32 pointer
const SHR_LEN: usize = 20; // u32: bytes at that pointer
const SHR_ADDRESS: usize = 24; // u64: of the data as the program sees them
const SHR_START_LEN: usize = 32; // u32: when the caller started
const SHR_WRITABLE: usize = 36; // u8: for the callee
const SHR_SIZE: u32 = 40;
/** List of them: u32 number, u32 0, entries. */
const LIST_HEADER: u32 = 8;

function saturatingAdd(a: u64, b: u64): u64 {
  const sum = a + b;
  return sum < a ? u64.MAX_VALUE : sum;
}

function invalidPointer(): bool {
  return faultSyscall("Invalid pointer") != 0;
}

/** Whether a pointer of an account info is the one of the input region. */
function isExpected(field: string, addr: u64, expected: u64): bool {
  if (addr == expected) return true;
  if (logWanted()) {
    logBegin();
    logChars("Invalid account info pointer `");
    logChars(field);
    logChars("': 0x");
    logHex(addr);
    logChars(" != 0x");
    logHex(expected);
    logEnd();
  }
  return invalidPointer();
}

/** Bytes that the caller's input region has for the data of an account that had `startLen` when it started. */
function reserved(startLen: u32): u32 {
  return load<u8>(vmBase(), VM_ALIGNED) ? startLen + MAX_PERMITTED_DATA_INCREASE : startLen;
}

/** Data of `len` bytes of a shared account; false: a fault. */
function shareData(s: usize, len: u64): bool {
  if (len > <u64>reserved(load<u32>(s, SHR_START_LEN))) return faultInstruction(ERR_INVALID_REALLOC) != 0;
  const data = sysSlice(load<u64>(s, SHR_ADDRESS), len, 1, true);
  if (!data) return false;
  store<u32>(s, <u32>data, SHR_DATA);
  store<u32>(s, <u32>len, SHR_LEN);
  return true;
}

/** The pointers to balance and owner; the length is at `lenAddr`. */
function share(s: usize, lamports: u64, owner: u64): bool {
  const lamportsAt = sysSlice(lamports, 8, 8, true);
  if (!lamportsAt) return false;
  const ownerAt = sysSlice(owner, 32, 1, true);
  if (!ownerAt) return false;
  store<u32>(s, <u32>lamportsAt, SHR_LAMPORTS);
  store<u32>(s, <u32>ownerAt, SHR_OWNER);
  return true;
}

function shareLength(s: usize, lenAddr: u64, dataAddr: u64): bool {
  if (lenAddr >= INPUT_ADDRESS) return invalidPointer();
  const lenAt = sysSlice(lenAddr, 8, 1, true);
  if (!lenAt) return false;
  store<u32>(s, <u32>lenAt, SHR_LEN_AT);
  store<u64>(s, dataAddr, SHR_ADDRESS);
  return shareData(s, load<u64>(lenAt));
}

function fromRust(s: usize, info: usize, given: usize): bool {
  if (!isExpected("key", load<u64>(info), load<u64>(given, SER_KEY))) return false;
  const owner = load<u64>(info, 24);
  if (!isExpected("owner", owner, load<u64>(given, SER_OWNER))) return false;
  const lamportsCell = load<u64>(info, 8) + RC_VALUE;
  const lamports = sysSlice(lamportsCell, 8, 8, false);
  if (!lamports) return false;
  if (lamportsCell >= INPUT_ADDRESS) return invalidPointer();
  if (!isExpected("lamports", load<u64>(lamports), load<u64>(given, SER_LAMPORTS))) return false;
  if (!share(s, load<u64>(lamports), owner)) return false;
  const dataCell = load<u64>(info, 16) + RC_VALUE;
  if (dataCell >= INPUT_ADDRESS) return invalidPointer();
  const data = sysSlice(dataCell, 16, 8, false);
  if (!data) return false;
  if (!isExpected("data", load<u64>(data), load<u64>(given, SER_DATA))) return false;
  return shareLength(s, dataCell + 8, load<u64>(data));
}

function fromC(s: usize, info: usize, infoAddr: u64, given: usize): bool {
  if (!isExpected("key", load<u64>(info), load<u64>(given, SER_KEY))) return false;
  if (!isExpected("owner", load<u64>(info, 32), load<u64>(given, SER_OWNER))) return false;
  if (!isExpected("lamports", load<u64>(info, 8), load<u64>(given, SER_LAMPORTS))) return false;
  if (!isExpected("data", load<u64>(info, 24), load<u64>(given, SER_DATA))) return false;
  if (!share(s, load<u64>(info, 8), load<u64>(info, 32))) return false;
  return shareLength(s, infoAddr + 16, load<u64>(info, 24));
}

/** Pointers to the keys of the account infos, u32 each; 0 with a fault. `at` is the array of them in host memory. */
function keysOf(at: usize, num: u32, size: u32): usize {
  const keys = scratchAlloc(num << 2);
  for (let i: u32 = 0; i < num; i++) {
    const key = sysSlice(load<u64>(at + i * size), 32, 1, false);
    if (!key) return 0;
    store<u32>(keys + (i << 2), <u32>key);
  }
  return keys;
}

/**
 * Finds the caller's account infos of the accounts of a call (accs: num x IXA_SIZE, prepared), checks and pays for them. Answers the list
 * of what is shared, or 0 with a fault.
 */
export function translateAccounts(rust: bool, accs: usize, num: u32, infos: u64, numInfos: u64): usize {
  const size = rust ? RUST_INFO : C_INFO;
  const bytes: u64 = numInfos > u64.MAX_VALUE / size ? u64.MAX_VALUE : numInfos * size;
  if (saturatingAdd(infos, bytes) >= INPUT_ADDRESS) return <usize>invalidPointer();
  const at = sysArray(infos, numInfos, size, 8, false);
  if (!at) return 0;
  if (numInfos > MAX_INFOS) {
    faultBegin(FAULT_SYSCALL);
    faultChars("Invoked an instruction with too many account info's (");
    faultNumber(numInfos);
    faultChars(" > 255)");
    return 0;
  }
  if (!consume((numInfos * INFO_BYTES) / CPI_BYTES_PER_UNIT)) return <usize>faultBudget();
  const keys = keysOf(at, <u32>numInfos, <u32>size);
  if (!keys) return 0;
  const list = scratchAlloc(LIST_HEADER + num * SHR_SIZE);
  let count: u32 = 0;
  for (let i: u32 = 0; i < num; i++) {
    const a = accs + i * IXA_SIZE;
    if (load<u8>(a, IXA_FIRST) != <u8>i) continue;
    const index: u32 = load<u8>(a, IXA_INDEX);
    if (load<u8>(txaRecord(index), ACC_FLAGS) & ACC_FLAG_EXECUTABLE) {
      if (!consume(<u64>load<u32>(txaRecord(index), ACC_DATA_LEN) / CPI_BYTES_PER_UNIT)) return <usize>faultBudget();
      continue;
    }
    let found: u32 = 0;
    while (found < <u32>numInfos && !keyEquals(load<u32>(keys + (found << 2)), txaKey(index))) found++;
    if (found == <u32>numInfos) {
      logAbout("Instruction references an unknown account ", txaKey(index), "");
      return <usize>faultInstruction(ERR_MISSING_ACCOUNT);
    }
    const inCaller = findInCaller(index);
    const given = <usize>load<u32>(vmBase(), VM_ACCOUNTS) + <usize>inCaller * SER_SIZE;
    const s = list + LIST_HEADER + count * SHR_SIZE;
    store<u32>(s, inCaller, SHR_IN_CALLER);
    store<u32>(s, load<u32>(given, SER_DATA_LEN), SHR_START_LEN);
    store<u8>(s, load<u8>(a, IXA_WRITABLE), SHR_WRITABLE);
    const info = at + found * <u32>size;
    if (!(rust ? fromRust(s, info, given) : fromC(s, info, infos + <u64>found * size, given))) return 0;
    if (!consume(<u64>load<u32>(s, SHR_LEN) / CPI_BYTES_PER_UNIT)) return <usize>faultBudget();
    count += 1;
  }
  store<u32>(list, count);
  return list;
}

/** Before the call: what the caller changed becomes the accounts'; 0 or an error. */
export function updateCallees(list: usize): i32 {
  for (let n = load<u32>(list), s = list + LIST_HEADER; n; n--, s += SHR_SIZE) {
    const i = load<u32>(s, SHR_IN_CALLER);
    const record = ixAcc(i);
    const lamports = load<u64>(load<u32>(s, SHR_LAMPORTS));
    if (lamports != load<u64>(record, ACC_LAMPORTS)) {
      const refused = accSetLamports(i, lamports);
      if (refused) return refused;
    }
    const refused = accReplaceData(i, load<u32>(s, SHR_DATA), load<u32>(s, SHR_LEN));
    if (refused) return refused;
    const owner: usize = load<u32>(s, SHR_OWNER);
    if (keyEquals(owner, record + ACC_OWNER)) continue;
    const kept = accSetOwner(i, owner);
    if (kept) return kept;
  }
  return 0;
}

/** The length of an account changed in the call: its data, and both lengths that the caller keeps; false: a fault. */
function resized(s: usize, before: u64, after: u32): bool {
  if (<u64>after < before) {
    const len = load<u32>(s, SHR_LEN);
    if (after > len) return faultInstruction(ERR_ACCOUNT_DATA_TOO_SMALL) != 0;
    memory.fill(<usize>load<u32>(s, SHR_DATA) + after, 0, len - after);
  }
  if (!shareData(s, after)) return false;
  store<u64>(load<u32>(s, SHR_LEN_AT), after);
  const serialized = sysSlice(load<u64>(s, SHR_ADDRESS) - 8, 8, 8, true);
  if (!serialized) return false;
  store<u64>(serialized, after);
  return true;
}

function updateCaller(s: usize): bool {
  const record = ixAcc(load<u32>(s, SHR_IN_CALLER));
  store<u64>(load<u32>(s, SHR_LAMPORTS), load<u64>(record, ACC_LAMPORTS));
  keyCopy(load<u32>(s, SHR_OWNER), record + ACC_OWNER);
  const before = load<u64>(load<u32>(s, SHR_LEN_AT));
  const after = load<u32>(record, ACC_DATA_LEN);
  const startLen = load<u32>(s, SHR_START_LEN);
  if (after > reserved(startLen)) {
    if (logWanted()) {
      logBegin();
      logChars("Account data size realloc limited to ");
      logNumber(reserved(startLen) - startLen);
      logChars(" in inner instructions");
      logEnd();
    }
    return faultInstruction(ERR_INVALID_REALLOC) != 0;
  }
  if (before != after && !resized(s, before, after)) return false;
  if (load<u32>(s, SHR_LEN) != after) return faultInstruction(ERR_ACCOUNT_DATA_TOO_SMALL) != 0;
  memory.copy(load<u32>(s, SHR_DATA), load<u32>(record, ACC_DATA), after);
  return true;
}

/** After the call: the accounts that it may have changed go to the caller's memory, or a fault. */
export function updateCallers(list: usize): void {
  for (let n = load<u32>(list), s = list + LIST_HEADER; n; n--, s += SHR_SIZE) {
    if (load<u8>(s, SHR_WRITABLE) && !updateCaller(s)) return;
  }
}
