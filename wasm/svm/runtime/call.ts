/**
 * Calls between programs: the checks that are the same whoever calls, and the calls that native programs make. What sBPF programs
 * do is in sbpf/syscalls/cpi.ts. Order of the checks: Agave 4.2 program-runtime/src/{invoke_context,cpi}.rs.
 */
import { keyEquals } from "../../memory/bytes";
import {
  ERR_MAX_ACCOUNTS_EXCEEDED,
  ERR_MISSING_ACCOUNT,
  ERR_PRIVILEGE_ESCALATION,
} from "../errors";
import { accountsCount, txaKey } from "./accounts";
import {
  IXA_FIRST,
  IXA_INDEX,
  IXA_SIGNER,
  IXA_SIZE,
  IXA_WRITABLE,
  ixIndex,
  ixIsSigner,
  ixIsWritable,
  ixNumAccounts,
} from "./frame";
import { process } from "./invoke";
import { logBegin, logChars, logEnd, logKey, logWanted } from "./log";
import { scratchAlloc } from "./scratch";

export const MAX_ACCOUNTS_PER_INSTRUCTION: u32 = 255;
/** Compute units of a call from an sBPF program: fixed part, and bytes for one unit (execution_budget.rs). */
export const INVOKE_UNITS: u64 = 946;
export const CPI_BYTES_PER_UNIT: u64 = 250;
/** An account of a call: {key, u8 isSigner, u8 isWritable, 6 pad}. */
export const META_SIZE: u32 = 40;
export const META_SIGNER: usize = 32;
export const META_WRITABLE: usize = 33;

function findAccount(key: usize): i32 {
  const n = accountsCount();
  for (let i: u32 = 0; i < n; i++) if (keyEquals(txaKey(i), key)) return i;
  return -1;
}

/** Index in the running instruction of its first mention of an account of the transaction, or -1. */
export function findInCaller(index: u32): i32 {
  const n = ixNumAccounts();
  for (let i: u32 = 0; i < n; i++) if (ixIndex(i) == index) return i;
  return -1;
}

/** One log line about a key. */
export function logAbout(before: string, key: usize, after: string): void {
  if (!logWanted()) return;
  logBegin();
  logChars(before);
  logKey(key);
  logChars(after);
  logEnd();
}

/** Account numbers, and for an account that is named several times the rights of all its mentions. 0 or an error. */
function resolve(accs: usize, metas: usize, num: u32): i32 {
  for (let i: u32 = 0; i < num; i++) {
    const meta = metas + i * META_SIZE;
    const found = findAccount(meta);
    if (found < 0) {
      logAbout("Instruction references an unknown account ", meta, "");
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
    store<u8>(a, <u8>(load<u8>(meta, META_SIGNER) != 0), IXA_SIGNER);
    store<u8>(a, <u8>(load<u8>(meta, META_WRITABLE) != 0), IXA_WRITABLE);
    store<u8>(a, <u8>first, IXA_FIRST);
    if (first != i) {
      const f = accs + first * IXA_SIZE;
      store<u8>(f, load<u8>(f, IXA_SIGNER) | load<u8>(a, IXA_SIGNER), IXA_SIGNER);
      store<u8>(f, load<u8>(f, IXA_WRITABLE) | load<u8>(a, IXA_WRITABLE), IXA_WRITABLE);
    }
  }
  return 0;
}

/** Checks the accounts of a call against the caller's; 0 or an error. accs: num x IXA_SIZE, filled in; pdas: keys the caller signs for. */
function prepare(accs: usize, metas: usize, num: u32, pdas: usize, numPdas: u32): i32 {
  const unknown = resolve(accs, metas, num);
  if (unknown) return unknown;
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
      logAbout("", key, "'s writable privilege escalated");
      return ERR_PRIVILEGE_ESCALATION;
    }
    if (load<u8>(a, IXA_SIGNER) && !ixIsSigner(inCaller)) {
      let signed = false;
      for (let p: u32 = 0; p < numPdas; p++) if (keyEquals(pdas + p * 32, key)) signed = true;
      if (!signed) {
        logAbout("", key, "'s signer privilege escalated");
        return ERR_PRIVILEGE_ESCALATION;
      }
    }
  }
  return 0;
}

let callee: u32 = 0;
/** Index in the transaction of the program that callPrepare found. */
export function callProgram(): u32 {
  return callee;
}

/** Everything that is checked about a call before its accounts are looked at: their rights, and that the caller has the program. */
export function callPrepare(program: usize, accs: usize, metas: usize, num: u32, pdas: usize, numPdas: u32): i32 {
  const refused = prepare(accs, metas, num, pdas, numPdas);
  if (refused) return refused;
  const found = findAccount(program);
  if (found < 0 || findInCaller(found) < 0) {
    logAbout("Unknown program ", program, "");
    return ERR_MISSING_ACCOUNT;
  }
  callee = found;
  return 0;
}

/**
 * A call of another program by a native one. metas: num x META_SIZE; pdas: keys the caller signs for. The caller fails with what this returns.
 */
export function invoke(program: usize, metas: usize, num: u32, data: usize, len: u32, pdas: usize, numPdas: u32): i32 {
  if (num > MAX_ACCOUNTS_PER_INSTRUCTION) return ERR_MAX_ACCOUNTS_EXCEEDED;
  const accs = scratchAlloc(num * IXA_SIZE);
  const refused = callPrepare(program, accs, metas, num, pdas, numPdas);
  if (refused) return refused;
  const called = callee;
  const copy = scratchAlloc(len);
  memory.copy(copy, data, len);
  return process(called, accs, num, copy, len);
}
