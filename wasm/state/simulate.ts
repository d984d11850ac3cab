/** Execution beside the chain, for the edge: no store, only the accounts that come with the transaction. */
import { keyEquals } from "../memory/bytes";
import { outBytes, outReset, outU32 } from "../memory/io";
import { epochKnown } from "../svm/epoch";
import { traceCount, traceWrite } from "../svm/runtime/trace";
import { runtimeExecute, runtimeSetContext } from "../svm/runtime/transaction";
import { generatedAccount } from "../svm/sysvars";
import { recordMayWrite } from "../transaction/parse";
import { recordKey, recordNumAccounts } from "../transaction/record";
import {
  SIM_FLAG_PROFILE,
  SIM_FLAG_RESULT_ONLY,
  SIM_FLAG_SKIP_BLOCKHASH,
  SIM_FLAGS,
  SIM_HEADER,
  SIM_PAD,
} from "../layouts/engine";
import { wellKnownIndex } from "../transaction/well-known";
import { ACC_DATA, ACC_DATA_LEN, ACC_MODIFIED, ENC_DATA_LEN, STUB_HASH } from "./account";
import { codeFind } from "./code-cache";
import { ENGINE_CODE_MISSING, ENGINE_EPOCH_MISSING, ENGINE_MALFORMED } from "./codes";
import { dataSet } from "./data";
import { decodeInto, LIST_COUNT, LIST_HEADER, LIST_PAD, outRecord, outTombstone } from "./encoding";
import { CONTEXT_EPOCH_HASH, CONTEXT_SIZE, contextCheck, transactionCheck } from "./proposal";
import { isStub, loanedCheck, loanedSize, stubInto } from "./stub";
import { simulationAdd, simulationBegin, simulationEnd, simulationRecord } from "./workspace";

/** Of runtimeExecute: what is not there does not exist. */
const SIM_COMPLETE: u32 = 2;

/** Appends the hashes of those among `count` checked accounts whose data are not in the cache; false: there are none. */
function outMissing(account: usize, count: u32): bool {
  let missing = false;
  for (let n = count; n; n--) {
    if (isStub(account) && !codeFind(account + STUB_HASH, load<u32>(account, ENC_DATA_LEN))) {
      outBytes(account + STUB_HASH, 32);
      missing = true;
    }
    account += loanedSize(account);
  }
  return missing;
}

function mayWrite(record: usize, key: usize): bool {
  for (let i: u32 = 0, n = recordNumAccounts(record); i < n; i++) {
    if (keyEquals(recordKey(record, i), key)) return recordMayWrite(record, i);
  }
  return false;
}

/** Adds a checked account; false when the key was added before. */
function add(account: usize, record: usize): bool {
  const added = simulationAdd(account);
  if (!added) return false;
  if (!isStub(account)) {
    decodeInto(added, account);
    return true;
  }
  stubInto(added, account);
  if (!mayWrite(record, account)) return true;
  // What may be written is a copy: nobody else may see the change.
  dataSet(added, load<u32>(added, ACC_DATA), load<u32>(added, ACC_DATA_LEN));
  store<u64>(added, 0, ACC_MODIFIED);
  return true;
}

/**
 * in: slot context, u32 flags (bit 0: any blockhash will do; bit 1: the result only; bit 2: a profile), u32 0, account list, one record. Accounts may be stubs
 * (wasm/state/stub.ts). out: one result with detail, then, unless bit 1 is set, an account list: the same accounts in the same order, as they
 * are afterwards, and, if bit 2 is set, the instructions and calls in the order in which they began (svm/runtime/trace.ts, 24 bytes each) and
 * u32 how many. ENGINE_CODE_MISSING: nothing ran; out: the hashes (32 bytes each) of stubs whose data are not here.
 */
export function engineSimulate(p: usize, len: u32): i32 {
  outReset();
  if (len < SIM_HEADER + LIST_HEADER || !contextCheck(p, len) || load<u32>(p, SIM_PAD) != 0) return ENGINE_MALFORMED;
  const list = p + SIM_HEADER;
  const count = load<u32>(list, LIST_COUNT);
  if (load<u32>(list, LIST_PAD) != 0) return ENGINE_MALFORMED;
  let at = SIM_HEADER + LIST_HEADER;
  for (let n = count; n; n--) {
    const size = loanedCheck(p + at, len - at);
    if (!size) return ENGINE_MALFORMED;
    at += size;
  }
  if (at == len || transactionCheck(p + at, len - at) != len - at) return ENGINE_MALFORMED;
  const record = p + at;
  if (!epochKnown(p + CONTEXT_EPOCH_HASH)) return ENGINE_EPOCH_MISSING;
  if (outMissing(list + LIST_HEADER, count)) return ENGINE_CODE_MISSING;
  const flags = load<u32>(p, SIM_FLAGS);
  runtimeSetContext(p);
  simulationBegin();
  let account = list + LIST_HEADER;
  let twice = false;
  for (let n = count; n; n--) {
    if (!add(account, record)) twice = true;
    account += loanedSize(account);
  }
  if (!twice) {
    runtimeExecute(record, 0, true, (flags & SIM_FLAG_SKIP_BLOCKHASH) | SIM_COMPLETE);
    if (!(flags & SIM_FLAG_RESULT_ONLY)) outAccounts(list + LIST_HEADER, count);
    if (flags & SIM_FLAG_PROFILE) {
      traceWrite();
      outU32(traceCount());
    }
  }
  simulationEnd();
  return twice ? ENGINE_MALFORMED : 0;
}

function outAccounts(account: usize, count: u32): void {
  outU32(count);
  outU32(0);
  for (let n = count; n; n--) {
    outRecord(simulationRecord(account));
    account += loanedSize(account);
  }
}

/** in: keys. 1: at least one of them may be of what no shard stores; 0: none is, whatever the context. */
export function engineNamesWellKnown(p: usize, len: u32): i32 {
  for (let key = p, end = p + len - len % 32; key < end; key += 32) if (wellKnownIndex(key) >= 0) return 1;
  return 0;
}

/** in: slot context, then keys. out: account list of what no shard stores (sysvars, built-in programs), in that context, else a tombstone. */
export function engineWellKnown(p: usize, len: u32): i32 {
  outReset();
  if (!contextCheck(p, len) || (len - CONTEXT_SIZE) % 32) return ENGINE_MALFORMED;
  if (!epochKnown(p + CONTEXT_EPOCH_HASH)) return ENGINE_EPOCH_MISSING;
  runtimeSetContext(p);
  outU32((len - CONTEXT_SIZE) / 32);
  outU32(0);
  for (let key = p + CONTEXT_SIZE, end = p + len; key < end; key += 32) {
    const record = generatedAccount(key);
    if (record) outRecord(record);
    else outTombstone(key);
  }
  return 0;
}
