/**
 * Whether a transaction can see its programs here. A program of the upgradeable loader is two accounts, and the transaction names only the
 * first: `u32 2, key programdata`. Where the record has the second neither among its accounts nor implicit, its shard may not have it.
 */
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../state/account";
import { keyEquals } from "../../memory/bytes";
import { REC_FLAG_COMPLETE, REC_FLAGS, recordHas } from "../../transaction/record";
import { WK_BPF_LOADER_UPGRADEABLE, isReplicated, wellKnownKey } from "../../transaction/well-known";
import { accountsCount, txaRecord } from "./accounts";

const STATE_PROGRAM: u32 = 2;
const PROGRAM_SIZE: u32 = 36;
const PROGRAM_DATA_KEY: usize = 4;

/** Key of the programdata that a record of the upgradeable loader names, or 0 when it is no program. */
function programdataKey(account: usize): usize {
  if (load<u32>(account, ACC_DATA_LEN) < PROGRAM_SIZE || !load<u64>(account, ACC_LAMPORTS)) return 0;
  if (!keyEquals(account + ACC_OWNER, wellKnownKey(WK_BPF_LOADER_UPGRADEABLE))) return 0;
  const data: usize = load<u32>(account, ACC_DATA);
  return load<u32>(data) == STATE_PROGRAM ? data + PROGRAM_DATA_KEY : 0;
}

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
