/** Records that others made: their headers are not believed before they agree with their lengths and with their own transactions. */
import { budgetAllocates } from "./budget";
import { PARSE_BATCH } from "./errors";
import { hasDuplicates, lockError, MAX_ACCOUNT_LOCKS } from "./locks";
import { MAX_PARSED_BYTES, MAX_TX_BYTES, MAX_V1_TX_BYTES, parseTransaction } from "./parse";
import {
  MAX_IMPLICIT, REC_FLAGS, REC_HEADER, REC_LEN, REC_NUM_LOOKUPS, REC_NUM_READONLY_SIGNED, REC_NUM_READONLY_UNSIGNED, REC_NUM_REQUIRED,
  REC_NUM_SIGNATURES, REC_NUM_STATIC, REC_OFF_BLOCKHASH, REC_OFF_INSTRUCTIONS, REC_OFF_KEYS, REC_OFF_LOOKUPS, REC_OFF_MESSAGE,
  REC_TX_LEN, REC_VERSION, V1_OFF_BLOCKHASH, V1_OFF_KEYS, VERSION_1, recordNumAccounts, recordNumImplicit,
} from "./record";

/** Accounts that a record can name at all (its numbers of them are bytes). */
const MAX_NAMED: u32 = 256;

/** Whether the parts of a version 1 transaction are where they must be: their order is its own. */
function partsSoundV1(ptr: usize, txLen: u32, numStatic: u32, numRequired: u32): bool {
  return (
    txLen <= MAX_V1_TX_BYTES &&
    recordNumAccounts(ptr) == numStatic &&
    load<u8>(ptr, REC_NUM_LOOKUPS) == 0 &&
    load<u16>(ptr, REC_OFF_MESSAGE) == 0 &&
    load<u16>(ptr, REC_OFF_BLOCKHASH) == <u16>V1_OFF_BLOCKHASH &&
    load<u16>(ptr, REC_OFF_KEYS) == <u16>V1_OFF_KEYS &&
    V1_OFF_KEYS + numStatic * 32 <= <u32>load<u16>(ptr, REC_OFF_INSTRUCTIONS) &&
    <u32>load<u16>(ptr, REC_OFF_INSTRUCTIONS) + 64 * numRequired <= txLen
  );
}

function partsSound(ptr: usize, txLen: u32, numStatic: u32, numRequired: u32): bool {
  const offMessage: u32 = load<u16>(ptr, REC_OFF_MESSAGE);
  return (
    txLen <= MAX_TX_BYTES &&
    offMessage == 1 + 64 * numRequired &&
    offMessage < txLen &&
    <u32>load<u16>(ptr, REC_OFF_KEYS) + numStatic * 32 <= txLen &&
    <u32>load<u16>(ptr, REC_OFF_BLOCKHASH) + 32 <= txLen &&
    <u32>load<u16>(ptr, REC_OFF_INSTRUCTIONS) <= txLen &&
    <u32>load<u16>(ptr, REC_OFF_LOOKUPS) + 34 * <u32>load<u8>(ptr, REC_NUM_LOOKUPS) <= txLen
  );
}

/** recordSound of a record with at most `limit` accounts. */
function soundUpTo(ptr: usize, room: u32, limit: u32): u32 {
  if (room < REC_HEADER) return 0;
  const recordLen = load<u32>(ptr, REC_LEN);
  const txLen: u32 = load<u16>(ptr, REC_TX_LEN);
  const numStatic: u32 = load<u8>(ptr, REC_NUM_STATIC);
  const numAccounts = recordNumAccounts(ptr);
  const numRequired: u32 = load<u8>(ptr, REC_NUM_REQUIRED);
  const numLoaded = numAccounts - numStatic;
  const good =
    recordLen <= room &&
    recordLen == REC_HEADER + ((txLen + 7) & ~7) + (numLoaded + recordNumImplicit(ptr)) * 32 &&
    recordNumImplicit(ptr) <= MAX_IMPLICIT &&
    numAccounts <= limit &&
    numRequired > 0 &&
    numRequired <= numStatic &&
    load<u8>(ptr, REC_NUM_SIGNATURES) == numRequired &&
    <u32>load<u8>(ptr, REC_NUM_READONLY_SIGNED) < numRequired &&
    numRequired + <u32>load<u8>(ptr, REC_NUM_READONLY_UNSIGNED) <= numStatic;
  if (!good) return 0;
  const sound =
    load<u8>(ptr, REC_VERSION) == VERSION_1
      ? partsSoundV1(ptr, txLen, numStatic, numRequired)
      : partsSound(ptr, txLen, numStatic, numRequired);
  return sound ? recordLen : 0;
}

/**
 * Length of the record at (ptr, room) when its header agrees with its lengths, so that keys, message and loaded addresses can be
 * read without further checks; otherwise 0. Instructions are not looked at: `recordMatchesWire` does.
 */
export function recordSound(ptr: usize, room: u32): u32 {
  return soundUpTo(ptr, room, MAX_ACCOUNT_LOCKS);
}

/** As recordSound, of a record as txParse makes it: of accounts that perhaps cannot be locked. */
export function recordReadable(ptr: usize, room: u32): u32 {
  return soundUpTo(ptr, room, MAX_NAMED);
}

const again: usize = memory.data(<i32>MAX_PARSED_BYTES, 16);

/** Bytes of data of accounts that the transaction of a sound record makes by itself. */
export function recordAllocates(record: usize): u32 {
  parseTransaction(again, record + REC_HEADER, load<u16>(record, REC_TX_LEN));
  return budgetAllocates();
}

/** Whether a readable record is what its own wire transaction parses to, loaded addresses and the verified flag aside. */
export function recordIsItsWire(record: usize): bool {
  const code = parseTransaction(again, record + REC_HEADER, load<u16>(record, REC_TX_LEN));
  if (code < 0 || <u32>code != load<u32>(record, REC_LEN)) return false;
  store<u8>(again, load<u8>(again, REC_FLAGS) | (load<u8>(record, REC_FLAGS) & 1), REC_FLAGS);
  return memory.compare(again, record, REC_HEADER) == 0;
}

/**
 * Whether a sound record is what its own wire transaction parses to, and names no account twice. One that has implicit keys already is
 * not: only the planner adds them.
 */
export function recordMatchesWire(record: usize): bool {
  return recordIsItsWire(record) && !hasDuplicates(record, recordNumAccounts(record));
}

/**
 * For a record whose loaded addresses have been filled in: 0, or -SANITIZE_TOO_MANY_ACCOUNT_LOCKS or -SANITIZE_ACCOUNT_LOADED_TWICE, in
 * this order (Agave's validate_account_locks). A record that is not readable gives -PARSE_BATCH.
 */
export function txCheckLocks(ptr: usize, len: u32): i32 {
  if (recordReadable(ptr, len) == 0) return -PARSE_BATCH;
  return -lockError(ptr, recordNumAccounts(ptr));
}
