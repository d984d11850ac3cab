/** Execution beside the chain, for the edge: no store, only the accounts that come with the transaction. */
import { outReset, outU32 } from "../memory/io";
import { runtimeExecute, runtimeSetContext, wellKnownAccount } from "../svm/runtime/transaction";
import { ENC_DATA_LEN } from "./account";
import { ENGINE_MALFORMED } from "./codes";
import { encodedCheck, encodedSize, LIST_HEADER, outRecord, outTombstone } from "./encoding";
import { CONTEXT_SIZE, contextCheck, transactionCheck } from "./proposal";
import { simulationAdd, simulationBegin, simulationEnd, simulationRecord } from "./workspace";

const SIM_FLAGS: u32 = CONTEXT_SIZE; // u32, u32 0
/** Of runtimeExecute: what is not there does not exist. */
const SIM_COMPLETE: u32 = 2;
const SIM_LIST: u32 = CONTEXT_SIZE + 8;

/**
 * in: slot context, u32 flags (bit 0: any blockhash will do), u32 0, account list, one record.
 * out: one result with detail, then an account list: the same accounts in the same order, as they are afterwards.
 */
export function engineSimulate(p: usize, len: u32): i32 {
  outReset();
  if (len < SIM_LIST + LIST_HEADER || !contextCheck(p, len) || load<u32>(p + SIM_FLAGS, 4) != 0) return ENGINE_MALFORMED;
  const list = p + SIM_LIST;
  const count = load<u32>(list);
  if (load<u32>(list, 4) != 0) return ENGINE_MALFORMED;
  let at = SIM_LIST + LIST_HEADER;
  for (let n = count; n; n--) {
    const size = encodedCheck(p + at, len - at);
    if (!size) return ENGINE_MALFORMED;
    at += size;
  }
  if (transactionCheck(p + at, len - at) != len - at) return ENGINE_MALFORMED;
  const record = p + at;
  runtimeSetContext(p);
  simulationBegin();
  let account = list + LIST_HEADER;
  let twice = false;
  for (let n = count; n; n--) {
    if (!simulationAdd(account)) twice = true;
    account += encodedSize(load<u32>(account, ENC_DATA_LEN));
  }
  if (!twice) {
    runtimeExecute(record, 0, true, (load<u32>(p + SIM_FLAGS) & 1) | SIM_COMPLETE);
    outU32(count);
    outU32(0);
    account = list + LIST_HEADER;
    for (let n = count; n; n--) {
      outRecord(simulationRecord(account));
      account += encodedSize(load<u32>(account, ENC_DATA_LEN));
    }
  }
  simulationEnd();
  return twice ? ENGINE_MALFORMED : 0;
}

/** in: slot context, then keys. out: account list of what is well known in that context (else a tombstone), in their order. */
export function engineWellKnown(p: usize, len: u32): i32 {
  outReset();
  if (!contextCheck(p, len) || (len - CONTEXT_SIZE) % 32) return ENGINE_MALFORMED;
  runtimeSetContext(p);
  outU32((len - CONTEXT_SIZE) / 32);
  outU32(0);
  for (let key = p + CONTEXT_SIZE, end = p + len; key < end; key += 32) {
    const record = wellKnownAccount(key);
    if (record) outRecord(record);
    else outTombstone(key);
  }
  return 0;
}
