/**
 * DevNetwork111111111111111111111111111111111: makes an account what it shall be, whatever it is and whoever owns it. Only where the slot
 * context says that the network is one for development, and only for its faucet, whose balance takes up every difference: lamports are neither
 * made nor lost, and every shard that executes the block comes to the same.
 *
 *   Write u8 0, 3 pad, u32 length, u32 offset, bytes          [0] faucet (signer, writable)  [1] staging account (writable), made when it is not there
 *   Set   u8 1, u8 which, u8 executable, pad, u32 data length, u64 lamports, u64 rent epoch, u64 any number, key owner, data or their SHA-256
 *                                                              [0] faucet  [1] account (writable)  [2..] staging accounts (writable), emptied
 *   Drop  u8 2                                                 [0] faucet  [1..] staging accounts (writable): their lamports come back
 */
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../../state/account";
import { sha256Final, sha256Init, sha256Update } from "../../../crypto/sha256";
import { keyEquals } from "../../../memory/bytes";
import {
  ERR_COMPUTATIONAL_BUDGET_EXCEEDED,
  ERR_INSUFFICIENT_FUNDS,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_INVALID_ACCOUNT_OWNER,
  ERR_INVALID_ARGUMENT,
  ERR_INVALID_INSTRUCTION_DATA,
  ERR_MISSING_REQUIRED_SIGNATURE,
  ERR_NOT_ENOUGH_ACCOUNT_KEYS,
  ERR_UNSUPPORTED_PROGRAM_ID,
} from "../../errors";
import {
  consume,
  contextDeveloper,
  contextIsDevelopment,
  decree,
  decreeData,
  decreeExecutable,
  decreeLamports,
  decreeOwner,
  decreeRentEpoch,
  ixAcc,
  ixData,
  ixDataLen,
  ixIsSigner,
  ixIsWritable,
  ixKey,
  ixNumAccounts,
  ixProgramId,
  ixStackHeight,
  logText,
  rentExemptMinimum,
} from "../../runtime/context";

const COMPUTE_UNITS: u64 = 150;
const MAX_DATA_LEN: u32 = 10 * 1024 * 1024;

const WRITE: u8 = 0;
const SET: u8 = 1;
const DROP: u8 = 2;
const WRITE_HEADER: u32 = 12;
const SET_HEADER: u32 = 64;

/** What Set sets. Lamports that are not set become as many as the account needs to be rent-exempt, if it has fewer. */
const SETS_LAMPORTS: u8 = 1;
const SETS_OWNER: u8 = 2;
const SETS_EXECUTABLE: u8 = 4;
const SETS_RENT_EPOCH: u8 = 8;
/** The data are in the instruction, or in the staging accounts one after another. */
const SETS_DATA: u8 = 16;
const SETS_STAGED_DATA: u8 = 32;
/** Nothing is set where the account is there: it came between the look at it and this. */
const SETS_MISSING_ONLY: u8 = 64;

const digest: usize = memory.data(32, 8);

function lamportsOf(i: u32): u64 {
  return load<u64>(ixAcc(i), ACC_LAMPORTS);
}

/** Gives account `i` so many lamports, from or to the faucet; 0 or the error. */
function settle(i: u32, lamports: u64): i32 {
  const before = lamportsOf(i);
  const faucet = lamportsOf(0);
  if (lamports > before && lamports - before > faucet) return ERR_INSUFFICIENT_FUNDS;
  if (lamports < before && faucet + (before - lamports) < faucet) return ERR_INSUFFICIENT_FUNDS;
  decreeLamports(0, faucet + before - lamports);
  decreeLamports(i, lamports);
  return 0;
}

function isStaging(i: u32): bool {
  return ixIsWritable(i) && lamportsOf(i) != 0 && keyEquals(ixAcc(i) + ACC_OWNER, ixProgramId());
}

function write(data: usize, len: u32): i32 {
  if (len < WRITE_HEADER || ixNumAccounts() != 2) return ERR_INVALID_INSTRUCTION_DATA;
  const total = load<u32>(data, 4);
  const offset = load<u32>(data, 8);
  const count = len - WRITE_HEADER;
  if (total > MAX_DATA_LEN || offset > total || count > total - offset) return ERR_INVALID_INSTRUCTION_DATA;
  if (!lamportsOf(1)) {
    const error = settle(1, rentExemptMinimum(total));
    if (error) return error;
    decreeOwner(1, ixProgramId());
    decreeData(1, total);
  } else if (!isStaging(1)) {
    return ERR_INVALID_ACCOUNT_OWNER;
  } else if (load<u32>(ixAcc(1), ACC_DATA_LEN) != total) {
    return ERR_INVALID_ACCOUNT_DATA;
  }
  memory.copy(decreeData(1, total) + offset, data + WRITE_HEADER, count);
  return 0;
}

/** Copies the data of the staging accounts behind each other; 0 or the error. */
function takeStaged(expected: usize, total: u32): i32 {
  let sum: u32 = 0;
  sha256Init();
  for (let i: u32 = 2, n = ixNumAccounts(); i < n; i++) {
    if (!isStaging(i)) return ERR_INVALID_ACCOUNT_OWNER;
    const len = load<u32>(ixAcc(i), ACC_DATA_LEN);
    if (len > total - sum) return ERR_INVALID_ACCOUNT_DATA;
    sum += len;
    sha256Update(load<u32>(ixAcc(i), ACC_DATA), len);
  }
  sha256Final(digest);
  if (sum != total || !keyEquals(digest, expected)) return ERR_INVALID_ACCOUNT_DATA;
  let to = decreeData(1, total);
  for (let i: u32 = 2, n = ixNumAccounts(); i < n; i++) {
    const len = load<u32>(ixAcc(i), ACC_DATA_LEN);
    memory.copy(to, load<u32>(ixAcc(i), ACC_DATA), len);
    to += len;
  }
  return drop(2);
}

function set(data: usize, len: u32): i32 {
  if (len < SET_HEADER) return ERR_INVALID_INSTRUCTION_DATA;
  const which = load<u8>(data, 1);
  const total = load<u32>(data, 4);
  if (total > MAX_DATA_LEN) return ERR_INVALID_INSTRUCTION_DATA;
  if (which & SETS_MISSING_ONLY && lamportsOf(1)) return which & SETS_STAGED_DATA ? drop(2) : 0;
  decree(1);
  if (which & SETS_STAGED_DATA) {
    if (len != SET_HEADER + 32) return ERR_INVALID_INSTRUCTION_DATA;
    const error = takeStaged(data + SET_HEADER, total);
    if (error) return error;
  } else if (which & SETS_DATA) {
    if (len - SET_HEADER != total) return ERR_INVALID_INSTRUCTION_DATA;
    memory.copy(decreeData(1, total), data + SET_HEADER, total);
  }
  if (which & SETS_OWNER) decreeOwner(1, data + 32);
  if (which & SETS_EXECUTABLE) decreeExecutable(1, load<u8>(data, 2) != 0);
  if (which & SETS_RENT_EPOCH) decreeRentEpoch(1, load<u64>(data, 16));
  else if (!lamportsOf(1)) decreeRentEpoch(1, u64.MAX_VALUE);
  const least = max(lamportsOf(1), rentExemptMinimum(load<u32>(ixAcc(1), ACC_DATA_LEN)));
  return settle(1, which & SETS_LAMPORTS ? load<u64>(data, 8) : least);
}

/** Empties the staging accounts from `i` on; 0 or the error. */
function drop(first: u32): i32 {
  for (let i = first, n = ixNumAccounts(); i < n; i++) {
    if (!isStaging(i)) return ERR_INVALID_ACCOUNT_OWNER;
    const error = settle(i, 0);
    if (error) return error;
  }
  return 0;
}

export function processDevNetwork(): i32 {
  if (!consume(COMPUTE_UNITS)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  if (!contextIsDevelopment()) {
    logText("This program is there only on a network that was started for development");
    return ERR_UNSUPPORTED_PROGRAM_ID;
  }
  const accounts = ixNumAccounts();
  if (accounts < 2) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  if (!ixIsSigner(0) || ixStackHeight() != 1 || memory.compare(ixKey(0), contextDeveloper(), 28) != 0) {
    return ERR_MISSING_REQUIRED_SIGNATURE;
  }
  for (let i: u32 = 0; i < accounts; i++) {
    if (!ixIsWritable(i)) return ERR_INVALID_ARGUMENT;
    // One account in two places would have its balance settled against itself.
    for (let j: u32 = 0; j < i; j++) if (keyEquals(ixKey(i), ixKey(j))) return ERR_INVALID_ARGUMENT;
  }
  const data = ixData();
  const len = ixDataLen();
  if (!len) return ERR_INVALID_INSTRUCTION_DATA;
  const instruction = load<u8>(data);
  if (instruction == WRITE) return write(data, len);
  if (instruction == SET) return set(data, len);
  return instruction == DROP ? drop(1) : ERR_INVALID_INSTRUCTION_DATA;
}
