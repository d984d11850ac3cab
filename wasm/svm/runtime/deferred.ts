/**
 * Whether a transaction can see its programs here. A program of the upgradeable loader is two accounts, and the transaction names only the
 * first: `u32 2, key programdata`. Where the record has the second neither among its accounts nor implicit, its shard may not have it.
 */
import { REC_FLAG_COMPLETE, REC_FLAGS, recordHas } from "../../transaction/record";
import { isReplicated } from "../../transaction/well-known";
import { accountsCount, txaRecord } from "./accounts";
import { programdataKey } from "./programdata";

/**
 * Index of the first loaded account that is a program whose programdata the record does not bring along, or -1. A record that brings
 * along all there can be is never deferred: what is still missing then does not exist.
 */
export function deferredAccount(record: usize): i32 {
  if (load<u8>(record, REC_FLAGS) & REC_FLAG_COMPLETE) return -1;
  for (let i: u32 = 0, n = accountsCount(); i < n; i++) {
    const key = programdataKey(txaRecord(i));
    if (key && !isReplicated(key) && !recordHas(record, key)) return i;
  }
  return -1;
}
