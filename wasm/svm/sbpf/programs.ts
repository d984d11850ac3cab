/**
 * From a program's account to what the machine runs, and the verified programs that this instance keeps.
 *
 *   loader v1, v2 : the account's data are the ELF file
 *   loader v3     : the data of its programdata account from 45; one that was written in this slot is not visible before the next
 *
 * A kept program is known by its account and the BLAKE3 hash of its ELF file, so nothing has to be thrown away when accounts change, move or are rolled
 * back. Hashing is avoided where the account says that it is the one it was: the slot of its last change, or (an account that another
 * shard lent, which has none) that this slot has seen this very record. Files that fail verification are kept as failures.
 * Agave 4.2 svm/src/program_loader.rs, program-runtime/src/loaded_programs.rs (tombstones, delayed visibility).
 */
import { blake3 } from "../../crypto/blake3";
import { ACC_DATA, ACC_DATA_LEN, ACC_KEY, ACC_LAMPORTS, ACC_MODIFIED, ACC_OWNER, ACC_STATE, ST_STORED } from "../../state/account";
import { keyCopy, keyEquals } from "../../memory/bytes";
import { WK_BPF_LOADER_UPGRADEABLE, wellKnownKey } from "../../transaction/well-known";
import { txaPreOwner, txaRecord } from "../runtime/accounts";
import { isLoader } from "../runtime/invoke";
import { programdataAccount, programdataKey } from "../runtime/programdata";
import { contextNumber, contextSlot } from "../sysvars";
import { executableFree, executableLoad } from "./elf";
import { EXE_BYTES } from "./executable";

const PROGRAMDATA: u32 = 3;
const PROGRAMDATA_SLOT: usize = 4;
const PROGRAMDATA_HAS_AUTHORITY: usize = 12;
const PROGRAMDATA_ELF: u32 = 45;

/** Bytes of verified programs that are kept beside those that run. */
const MAX_BYTES: u32 = 24 << 20;
/** Programs and failures that are kept. */
const MAX_PROGRAMS: u32 = 256;

const PRG_HASH: usize = 0; // of the ELF file
const PRG_KEY: usize = 32; // the account
const PRG_MODIFIED: usize = 64; // u64: slot of that account's last change, 0 unknown
const PRG_USED: usize = 72; // u64: when it was asked for
const PRG_RECORD: usize = 80; // u32: the account's record
const PRG_CONTEXT: usize = 84; // u32: in this context (contextNumber)
const PRG_LEN: usize = 88; // u32: of the ELF file
const PRG_EXECUTABLE: usize = 92; // u32, 0: fails verification
const PRG_RUNNING: usize = 96; // u32: machines that run it
const PRG_SIZE: usize = 104;
const programs: usize = memory.data(26_624, 8); // MAX_PROGRAMS * PRG_SIZE
const hash: usize = memory.data(32, 8);
let count: u32 = 0;
let bytes: u32 = 0;
let clock: u64 = 0;

// @ts-ignore: decorator
@inline
function at(i: u32): usize {
  return programs + <usize>i * PRG_SIZE;
}

/** After a rollback the slot of an account's last change says nothing any more. */
export function programsForget(): void {
  for (let i: u32 = 0; i < count; i++) {
    store<u64>(at(i), 0, PRG_MODIFIED);
    store<u32>(at(i), 0, PRG_RECORD);
  }
}

/** The context (contextNumber) in which a decree has changed data, in the middle of a slot: what accounts say of their version is not true in it. */
let decreed: u32 = 0;
/** A decree changes data: in this slot every program is known by its hash only. */
export function programsDecreed(): void {
  decreed = contextNumber();
}

/** What an account says that it is: the slot of its last change or the stamp of its data (wasm/state/code-cache.ts); 0: nothing. An own account of the genesis has slot 0. */
function versionOf(account: usize): u64 {
  const modified = load<u64>(account, ACC_MODIFIED);
  return modified || !(load<u8>(account, ACC_STATE) & ST_STORED) ? modified : u64.MAX_VALUE;
}

function findByAccount(account: usize, len: u32): usize {
  if (decreed == contextNumber()) return 0;
  const modified = versionOf(account);
  for (let i: u32 = 0; i < count; i++) {
    const p = at(i);
    if (load<u32>(p, PRG_LEN) != len || !keyEquals(p + PRG_KEY, account + ACC_KEY)) continue;
    if (modified ? load<u64>(p, PRG_MODIFIED) == modified : load<u32>(p, PRG_RECORD) == <u32>account && load<u32>(p, PRG_CONTEXT) == contextNumber()) {
      return p;
    }
  }
  return 0;
}

/** The same file at the same account; two accounts with one file have an entry each, so that neither is hashed again for the other. */
function findByHash(account: usize, len: u32): usize {
  for (let i: u32 = 0; i < count; i++) {
    const p = at(i);
    if (load<u32>(p, PRG_LEN) == len && keyEquals(p + PRG_KEY, account + ACC_KEY) && keyEquals(p + PRG_HASH, hash)) return p;
  }
  return 0;
}

/** Removes the program that was not used for the longest time and does not run; false: all run. */
function evict(): bool {
  let oldest: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const p = at(i);
    if (!load<u32>(p, PRG_RUNNING) && (!oldest || load<u64>(p, PRG_USED) < load<u64>(oldest, PRG_USED))) oldest = p;
  }
  if (!oldest) return false;
  const executable = load<u32>(oldest, PRG_EXECUTABLE);
  if (executable) {
    bytes -= load<u32>(executable, EXE_BYTES);
    executableFree(executable);
  }
  count -= 1;
  if (oldest != at(count)) memory.copy(oldest, at(count), PRG_SIZE);
  return true;
}

function add(elf: usize, len: u32): usize {
  // Twice the file: code and data as the machine wants them.
  while (count == MAX_PROGRAMS || bytes + (len << 1) > MAX_BYTES) if (!evict()) break;
  const executable = executableLoad(elf, len, false);
  const p = at(count);
  count += 1;
  memory.fill(p, 0, PRG_SIZE);
  keyCopy(p + PRG_HASH, hash);
  store<u32>(p, len, PRG_LEN);
  store<u32>(p, <u32>executable, PRG_EXECUTABLE);
  if (executable) bytes += load<u32>(executable, EXE_BYTES);
  return p;
}

/** The executable of the ELF file in an account, from `offset` to its end; 0: it fails verification. */
function fromAccount(account: usize, offset: u32): usize {
  const elf: usize = <usize>load<u32>(account, ACC_DATA) + offset;
  const len = load<u32>(account, ACC_DATA_LEN) - offset;
  let p = findByAccount(account, len);
  if (!p) {
    blake3(elf, len, hash);
    p = findByHash(account, len);
    if (!p) p = add(elf, len);
    keyCopy(p + PRG_KEY, account + ACC_KEY);
    const known = decreed != contextNumber();
    store<u64>(p, known ? versionOf(account) : 0, PRG_MODIFIED);
    store<u32>(p, known ? <u32>account : 0, PRG_RECORD);
    store<u32>(p, contextNumber(), PRG_CONTEXT);
  }
  clock += 1;
  store<u64>(p, clock, PRG_USED);
  const executable = load<u32>(p, PRG_EXECUTABLE);
  if (executable) store<u32>(p, load<u32>(p, PRG_RUNNING) + 1, PRG_RUNNING);
  return executable;
}

/** Whether programdata can run in this slot: written before it, and whole. */
function isVisible(programdata: usize): bool {
  if (!programdata || !load<u64>(programdata, ACC_LAMPORTS) || load<u32>(programdata, ACC_DATA_LEN) < PROGRAMDATA_ELF) return false;
  const data: usize = load<u32>(programdata, ACC_DATA);
  return load<u32>(data) == PROGRAMDATA && load<u8>(data, PROGRAMDATA_HAS_AUTHORITY) < 2 && load<u64>(data, PROGRAMDATA_SLOT) < contextSlot();
}

/** Where the ELF file of the last fileOf begins in its account. */
let offset: u32 = 0;
/** The account with the ELF file of a program account of the transaction; 0: none that can run now. */
function fileOf(program: u32): usize {
  const account = txaRecord(program);
  offset = 0;
  if (!keyEquals(account + ACC_OWNER, wellKnownKey(WK_BPF_LOADER_UPGRADEABLE))) return account;
  const key = programdataKey(account);
  const programdata = key ? programdataAccount(key) : 0;
  offset = PROGRAMDATA_ELF;
  return isVisible(programdata) ? programdata : 0;
}

/** Executable of a program account of the transaction, to be given back with programRelease; 0: it cannot run now. */
export function programExecutable(program: u32): usize {
  const account = fileOf(program);
  return account ? fromAccount(account, offset) : 0;
}

/**
 * Policy: bytes of ELF files that the programs on the instruction stack may have together, each file once; in memory they take twice as much.
 * Agave has no such limit; a shard has 128 MB. Three of the largest files can call each other, and five of six megabytes.
 */
const MAX_RUNNING_BYTES: u32 = 32 << 20;

/** Whether there is room for a program account of the transaction beside what runs. */
export function programFits(program: u32): bool {
  const account = fileOf(program);
  if (!account) return true;
  let sum = load<u32>(account, ACC_DATA_LEN) - offset;
  for (let i: u32 = 0; i < count; i++) {
    const p = at(i);
    if (!load<u32>(p, PRG_RUNNING)) continue;
    if (keyEquals(p + PRG_KEY, account + ACC_KEY)) return true;
    sum += load<u32>(p, PRG_LEN);
  }
  return sum <= MAX_RUNNING_BYTES;
}

export function programRelease(executable: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    if (load<u32>(at(i), PRG_EXECUTABLE) == <u32>executable) store<u32>(at(i), load<u32>(at(i), PRG_RUNNING) - 1, PRG_RUNNING);
  }
}

/**
 * An account that became a loader's within this transaction and was not deployed by it: Agave has looked for programs when the
 * transaction was loaded.
 */
export function programUnknown(program: u32): bool {
  return !isLoader(txaPreOwner(program)) && !programdataKey(txaRecord(program));
}
