/** Whether the accounts of a transaction can be locked: Agave accounts-db/src/account_locks.rs (validate_account_locks). */
import { keyEquals } from "../memory/bytes";
import { SANITIZE_ACCOUNT_LOADED_TWICE, SANITIZE_TOO_MANY_ACCOUNT_LOCKS } from "./errors";
import { recordKey, recordNumAccounts } from "./record";

/** Accounts one transaction may lock: 64 until Agave's increase_tx_account_lock_limit (128) is active. Consensus. */
export const MAX_ACCOUNT_LOCKS: u32 = 64;

/** Whether two of the first `n` accounts have one key. n <= 64. */
export function hasDuplicates(record: usize, n: u32): bool {
  for (let i: u32 = 1; i < n; i++) {
    const key = recordKey(record, i);
    const first = load<u64>(key);
    for (let j: u32 = 0; j < i; j++) {
      const other = recordKey(record, j);
      if (load<u64>(other) == first && keyEquals(key, other)) return true;
    }
  }
  return false;
}

/** 0, or the code of accounts that cannot be locked; only the first `known` of them have their keys yet. */
export function lockError(record: usize, known: u32): i32 {
  if (recordNumAccounts(record) > MAX_ACCOUNT_LOCKS) return SANITIZE_TOO_MANY_ACCOUNT_LOCKS;
  return hasDuplicates(record, known) ? SANITIZE_ACCOUNT_LOADED_TWICE : 0;
}
