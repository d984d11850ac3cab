/**
 * Where the bytes of an upgradeable program are: its account holds `u32 2, key programdata`, and the transaction need not name that one.
 *
 *   programdata of a program  ─▶ an account of the transaction
 *                             ─▶ an implicit key of the record (the planner added it)
 *                             ─▶ an account that every instance carries
 *                             ─▶ an account that came with a simulation
 *                             ─▶ nowhere: it does not exist
 */
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../state/account";
import { simulationRecord, slotAccount } from "../../state/workspace";
import { keyEquals } from "../../memory/bytes";
import { recordImplicit, recordNumImplicit } from "../../transaction/record";
import { WK_BPF_LOADER_UPGRADEABLE, isCarried, replicatedIndex, wellKnownKey } from "../../transaction/well-known";
import { wellKnownAccountAt } from "../sysvars";
import { accountsCount, txaKey, txaRecord } from "./accounts";

const PROGRAM: u32 = 2;
const PROGRAM_KEY: usize = 4;
const PROGRAM_SIZE: u32 = 36;

/** The record of the running transaction. */
let transaction: usize = 0;

export function programdataReset(record: usize): void {
  transaction = record;
}

/** Key of the programdata when this account is a program of the upgradeable loader, else 0. It lies in the account's data. */
export function programdataKey(account: usize): usize {
  if (load<u32>(account, ACC_DATA_LEN) < PROGRAM_SIZE) return 0;
  const data: usize = load<u32>(account, ACC_DATA);
  if (load<u32>(data) != PROGRAM) return 0;
  return keyEquals(account + ACC_OWNER, wellKnownKey(WK_BPF_LOADER_UPGRADEABLE)) ? data + PROGRAM_KEY : 0;
}

function isNamed(key: usize): bool {
  for (let i: u32 = 0, n = accountsCount(); i < n; i++) if (keyEquals(txaKey(i), key)) return true;
  return false;
}

/** An account that the transaction does not name, or 0: it does not exist. */
function unnamed(key: usize): usize {
  const known = replicatedIndex(key);
  if (known >= 0) return isCarried(known) ? wellKnownAccountAt(known) : 0;
  for (let i: u32 = 0, n = recordNumImplicit(transaction); i < n; i++) {
    if (keyEquals(recordImplicit(transaction, i), key)) return slotAccount(recordImplicit(transaction, i));
  }
  return simulationRecord(key);
}

/** The account of a programdata key, or 0: it does not exist. */
export function programdataAccount(key: usize): usize {
  for (let i: u32 = 0, n = accountsCount(); i < n; i++) if (keyEquals(txaKey(i), key)) return txaRecord(i);
  return unnamed(key);
}

/** Bytes that accounts which the transaction does not name count against its limit, each once; `base` for each (svm/src/account_loader.rs). */
export function programdataSize(base: u32): u32 {
  let size: u32 = 0;
  for (let i: u32 = 0, n = accountsCount(); i < n; i++) {
    const key = programdataKey(txaRecord(i));
    if (!key || isNamed(key)) continue;
    let counted = false;
    for (let j: u32 = 0; j < i; j++) {
      const other = programdataKey(txaRecord(j));
      if (other && keyEquals(other, key)) counted = true;
    }
    const account = counted ? 0 : unnamed(key);
    if (account && load<u64>(account, ACC_LAMPORTS)) size += base + load<u32>(account, ACC_DATA_LEN);
  }
  return size;
}
