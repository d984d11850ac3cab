/**
 * A wire transaction -> a record (docs/interfaces.md section 2), refusing what Agave refuses before it looks at any account.
 *
 *   compact-u16 n | n signatures | [0x80: version 0] | header 3 | compact-u16 k | k keys | blockhash |
 *   compact-u16 i | i x { program u8, compact-u16 + accounts, compact-u16 + data } |
 *   version 0: compact-u16 t | t x { key, compact-u16 + writable indexes, compact-u16 + readonly indexes }
 *
 * Sources: Agave 4.3 transaction-view/src/sanitize.rs; solana-sdk message/src/{legacy,versions/v0}.rs (sanitize),
 * transaction/src/sanitized.rs (validate_account_locks), short-vec/src/lib.rs. The bytes are first read to their end, then judged:
 * what is no transaction at all is told apart from one that must not run, as Agave's RPC does.
 */
import { keyEquals } from "../memory/bytes";
import { outAdvance, outAt, outEnsure, outReset, outU32, outZeros } from "../memory/io";
import { budgetFinish, budgetInstruction, budgetReset } from "./budget";
import {
  PARSE_BATCH, PARSE_COMPACT_LENGTH, PARSE_TOO_LARGE, PARSE_TRAILING_BYTES, PARSE_TRUNCATED, PARSE_UNSUPPORTED_VERSION,
  SANITIZE_ACCOUNT_INDEX, SANITIZE_ACCOUNT_LOADED_TWICE, SANITIZE_EMPTY_LOOKUP, SANITIZE_HEADER_OVERLAP,
  SANITIZE_PAYER_NOT_WRITABLE, SANITIZE_PROGRAM_INDEX, SANITIZE_PROGRAM_IS_PAYER, SANITIZE_SIGNATURE_COUNT,
  SANITIZE_TOO_MANY_ACCOUNT_LOCKS, SANITIZE_TOO_MANY_ACCOUNTS, SANITIZE_TOO_MANY_INSTRUCTION_ACCOUNTS,
  SANITIZE_TOO_MANY_INSTRUCTIONS,
} from "./errors";
import {
  REC_FLAG_NONCE, REC_FLAGS, REC_HEADER, REC_LEN, REC_NUM_INSTRUCTIONS, REC_NUM_LOOKUPS, REC_NUM_READONLY_LOADED,
  REC_NUM_READONLY_SIGNED, REC_NUM_READONLY_UNSIGNED, REC_NUM_REQUIRED, REC_NUM_SIGNATURES, REC_NUM_STATIC,
  REC_NUM_WRITABLE_LOADED, REC_OFF_BLOCKHASH, REC_OFF_INSTRUCTIONS, REC_OFF_KEYS, REC_OFF_LOOKUPS, REC_OFF_MESSAGE, REC_TX_LEN,
  MAX_IMPLICIT, REC_VERSION, VERSION_LEGACY, recordKey, recordLoaded, recordNumAccounts, recordNumImplicit, recordRequestsWrite,
} from "./record";
import { WK_SYSTEM, isDemoted, wellKnownIndex } from "./well-known";

/** Bytes of a wire transaction (IPv6 MTU 1280 less headers 48). Consensus. */
export const MAX_TX_BYTES: u32 = 1232;
/** Accounts one transaction may lock: 64 until Agave's increase_tx_account_lock_limit (128) is active. Consensus. */
export const MAX_ACCOUNT_LOCKS: u32 = 64;
/** Instructions of one message (SIMD-0160, static_instruction_limit). Consensus. */
const MAX_INSTRUCTIONS: u32 = 64;
/** Accounts of one instruction (SIMD-0406, limit_instruction_accounts). Consensus. */
const MAX_INSTRUCTION_ACCOUNTS: u32 = 255;
/** Account indices are one byte. */
const MAX_ACCOUNTS: u32 = 256;
/** No record is longer: header, wire transaction, the addresses of MAX_ACCOUNT_LOCKS accounts. */
export const MAX_RECORD_BYTES: u32 = REC_HEADER + MAX_TX_BYTES + MAX_ACCOUNT_LOCKS * 32;

const VERSION_PREFIX: u32 = 0x80;
/** First byte of a version 1 transaction (SIMD-0385), which puts its signatures last. */
const VERSION_1_FIRST_BYTE: u32 = 0x81;

let at: usize = 0;
let end: usize = 0;
/** The first error of reading; from then on every read answers 0. */
let readError: i32 = 0;

function fail(code: i32): u32 {
  if (readError == 0) readError = code;
  at = end;
  return 0;
}

// @ts-ignore: decorator
@inline
function readU8(): u32 {
  if (at >= end) return fail(PARSE_TRUNCATED);
  const v: u32 = load<u8>(at);
  at += 1;
  return v;
}

/** Steps over `n` bytes; where they start. */
// @ts-ignore: decorator
@inline
function readBytes(n: u32): usize {
  const p = at;
  if (<usize>n > end - at) fail(PARSE_TRUNCATED);
  else at += n;
  return p;
}

/** A compact-u16 in its only valid form: no trailing zero byte, at most 0xffff (short-vec visit_byte). */
function readCompactSlow(first: u32): u32 {
  const second = readU8();
  if (readError) return 0;
  if (second == 0) return fail(PARSE_COMPACT_LENGTH);
  if (second < 0x80) return (first & 0x7f) | (second << 7);
  const third = readU8();
  if (readError) return 0;
  if (third == 0 || third > 3) return fail(PARSE_COMPACT_LENGTH);
  return (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14);
}
// @ts-ignore: decorator
@inline
function readCompact(): u32 {
  const first = readU8();
  return first < 0x80 ? first : readCompactSlow(first);
}

/** Whether account `i` can be written: asked for, and not demoted (reserved keys and programs that are native here). */
// @ts-ignore: decorator
@inline
export function recordMayWrite(record: usize, i: u32): bool {
  return recordRequestsWrite(record, i) && !isDemoted(wellKnownIndex(recordKey(record, i)));
}

/** Whether two of the first `n` accounts have one key. n <= 64. */
function hasDuplicates(record: usize, n: u32): bool {
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

/** What the instructions of the message being read are, as far as the record says. */
let sanitizeError: i32 = 0;
let highestAccount: u32 = 0;
let nonceAccount: i32 = -1;

// @ts-ignore: decorator
@inline
function refuse(code: i32): void {
  if (sanitizeError == 0) sanitizeError = code;
}

/** Reads `count` instructions; `keys` are `numStatic` static keys. */
function readInstructions(count: u32, keys: usize, numStatic: u32): void {
  highestAccount = 0;
  nonceAccount = -1;
  for (let i: u32 = 0; i < count; i++) {
    const programIndex = readU8();
    const numAccounts = readCompact();
    const accounts = readBytes(numAccounts);
    const dataLen = readCompact();
    const data = readBytes(dataLen);
    if (readError) return;
    for (let j: u32 = 0; j < numAccounts; j++) highestAccount = max<u32>(highestAccount, load<u8>(accounts + j));
    if (numAccounts > MAX_INSTRUCTION_ACCOUNTS) refuse(SANITIZE_TOO_MANY_INSTRUCTION_ACCOUNTS);
    if (programIndex >= numStatic) {
      refuse(SANITIZE_PROGRAM_INDEX);
      continue;
    }
    if (programIndex == 0) refuse(SANITIZE_PROGRAM_IS_PAYER);
    const program = wellKnownIndex(keys + programIndex * 32);
    budgetInstruction(i, program, data, dataLen);
    if (i == 0 && program == WK_SYSTEM && dataLen >= 4 && load<u32>(data) == 4 && numAccounts > 0) {
      nonceAccount = load<u8>(accounts);
    }
  }
}

let numWritableLoaded: u32 = 0;
let numReadonlyLoaded: u32 = 0;

function readLookups(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    readBytes(32);
    const writable = readCompact();
    readBytes(writable);
    const readonly = readCompact();
    readBytes(readonly);
    if (readError) return;
    if (writable + readonly == 0) refuse(SANITIZE_EMPTY_LOOKUP);
    numWritableLoaded += writable;
    numReadonlyLoaded += readonly;
  }
}

/**
 * Writes the record of the wire transaction at (ptr, len) to `record`, where MAX_RECORD_BYTES are free: its length, or a negated
 * code. Loaded addresses stay zero. `ptr` must not be inside the record, except at its place in it.
 */
export function parseTransaction(record: usize, ptr: usize, len: u32): i32 {
  if (len > MAX_TX_BYTES) return -PARSE_TOO_LARGE;
  at = ptr;
  end = ptr + len;
  readError = 0;
  sanitizeError = 0;
  numWritableLoaded = 0;
  numReadonlyLoaded = 0;
  budgetReset();

  if (len > 0 && load<u8>(ptr) == VERSION_1_FIRST_BYTE) return -PARSE_UNSUPPORTED_VERSION;
  const numSignatures = readCompact();
  readBytes(numSignatures * 64);
  const message = at;
  let numRequired = readU8();
  let version: u32 = VERSION_LEGACY;
  if (numRequired >= VERSION_PREFIX) {
    version = numRequired & 0x7f;
    if (version != 0) return readError ? -readError : -PARSE_UNSUPPORTED_VERSION;
    numRequired = readU8();
  }
  const numReadonlySigned = readU8();
  const numReadonlyUnsigned = readU8();
  const numStatic = readCompact();
  const keys = readBytes(numStatic * 32);
  const blockhash = readBytes(32);
  const numInstructions = readCompact();
  const instructions = at;
  readInstructions(numInstructions, keys, numStatic);
  let numLookups: u32 = 0;
  let lookups: usize = ptr;
  if (version == 0) {
    numLookups = readCompact();
    lookups = at;
    readLookups(numLookups);
  }
  if (readError) return -readError;
  if (at != end) return -PARSE_TRAILING_BYTES;

  // sanitize: signatures, account access, instructions, lookups
  if (numSignatures != numRequired || numStatic < numSignatures) return -SANITIZE_SIGNATURE_COUNT;
  if (numRequired + numReadonlyUnsigned > numStatic) return -SANITIZE_HEADER_OVERLAP;
  if (numReadonlySigned >= numRequired) return -SANITIZE_PAYER_NOT_WRITABLE;
  if (sanitizeError) return -sanitizeError;
  const numAccounts = numStatic + numWritableLoaded + numReadonlyLoaded;
  if (numAccounts > MAX_ACCOUNTS) return -SANITIZE_TOO_MANY_ACCOUNTS;
  if (highestAccount >= numAccounts) return -SANITIZE_ACCOUNT_INDEX;
  if (numInstructions > MAX_INSTRUCTIONS) return -SANITIZE_TOO_MANY_INSTRUCTIONS;

  const recordLen = REC_HEADER + ((len + 7) & ~7) + (numAccounts - numStatic) * 32;
  // Too many accounts to fit the record: only the static keys can be duplicates now, and the lock limit refuses it in any case.
  const fits = numAccounts <= MAX_ACCOUNT_LOCKS;
  store<u32>(record, recordLen, REC_LEN);
  store<u16>(record, <u16>len, REC_TX_LEN);
  store<u8>(record, <u8>version, REC_VERSION);
  store<u8>(record, <u8>numSignatures, REC_NUM_SIGNATURES);
  store<u8>(record, <u8>numRequired, REC_NUM_REQUIRED);
  store<u8>(record, <u8>numReadonlySigned, REC_NUM_READONLY_SIGNED);
  store<u8>(record, <u8>numReadonlyUnsigned, REC_NUM_READONLY_UNSIGNED);
  store<u8>(record, <u8>numStatic, REC_NUM_STATIC);
  store<u8>(record, <u8>numLookups, REC_NUM_LOOKUPS);
  store<u8>(record, <u8>numWritableLoaded, REC_NUM_WRITABLE_LOADED);
  store<u8>(record, <u8>numReadonlyLoaded, REC_NUM_READONLY_LOADED);
  store<u8>(record, <u8>numInstructions, REC_NUM_INSTRUCTIONS);
  store<u16>(record, <u16>(message - ptr), REC_OFF_MESSAGE);
  store<u16>(record, <u16>(keys - ptr), REC_OFF_KEYS);
  store<u16>(record, <u16>(blockhash - ptr), REC_OFF_BLOCKHASH);
  store<u16>(record, <u16>(instructions - ptr), REC_OFF_INSTRUCTIONS);
  store<u16>(record, <u16>(lookups - ptr), REC_OFF_LOOKUPS);
  store<u16>(record, 0, REC_FLAGS);
  memory.copy(record + REC_HEADER, ptr, len);
  memory.fill(record + REC_HEADER + len, 0, ((len + 7) & ~7) - len);

  if (hasDuplicates(record, numStatic)) return -SANITIZE_ACCOUNT_LOADED_TWICE;
  if (!fits) return -SANITIZE_TOO_MANY_ACCOUNT_LOCKS;
  memory.fill(recordLoaded(record), 0, (numAccounts - numStatic) * 32);

  const numWriteLocks = numStatic - numReadonlySigned - numReadonlyUnsigned + numWritableLoaded;
  budgetFinish(record, numSignatures, numWriteLocks);
  if (nonceAccount >= 0 && <u32>nonceAccount < numStatic && recordMayWrite(record, nonceAccount)) {
    store<u8>(record, REC_FLAG_NONCE, REC_FLAGS);
  }
  return recordLen;
}

/** out: the record of one wire transaction. 0, or a negated code of wasm/transaction/errors.ts. */
export function txParse(ptr: usize, len: u32): i32 {
  outReset();
  const code = parseTransaction(outEnsure(MAX_RECORD_BYTES), ptr, len);
  if (code < 0) return code;
  outAdvance(code);
  return 0;
}

/**
 * in: `u16 len, bytes` repeated. out: `u32 n`, n x `i32 code`, then the records of the good ones. Returns n, or -PARSE_BATCH when the
 * lengths do not add up (nothing is out then).
 */
export function txParseBatch(ptr: usize, len: u32): i32 {
  outReset();
  const stop = ptr + len;
  let n: u32 = 0;
  for (let p = ptr; p < stop; n++) {
    if (stop - p < 2) return -PARSE_BATCH;
    const size: usize = load<u16>(p);
    if (size > stop - p - 2) return -PARSE_BATCH;
    p += 2 + size;
  }
  outU32(n);
  outZeros(n * 4);
  let p = ptr;
  for (let i: u32 = 0; i < n; i++) {
    const size: u32 = load<u16>(p);
    const code = parseTransaction(outEnsure(MAX_RECORD_BYTES), p + 2, size);
    if (code > 0) outAdvance(code);
    else store<i32>(outAt(4 + i * 4), code);
    p += 2 + size;
  }
  return n;
}

/**
 * For a record whose loaded addresses have been filled in: 0, or -SANITIZE_ACCOUNT_LOADED_TWICE when one of them is there already
 * (Agave's validate_account_locks). A record that is not sound gives -PARSE_BATCH.
 */
export function txCheckLoaded(ptr: usize, len: u32): i32 {
  if (recordSound(ptr, len) == 0) return -PARSE_BATCH;
  return hasDuplicates(ptr, recordNumAccounts(ptr)) ? -SANITIZE_ACCOUNT_LOADED_TWICE : 0;
}

/**
 * Length of the record at (ptr, room) when its header agrees with its lengths, so that keys, message and loaded addresses can be
 * read without further checks; otherwise 0. Instructions are not looked at: `recordMatchesWire` does.
 */
export function recordSound(ptr: usize, room: u32): u32 {
  if (room < REC_HEADER) return 0;
  const recordLen = load<u32>(ptr, REC_LEN);
  const txLen: u32 = load<u16>(ptr, REC_TX_LEN);
  const numStatic: u32 = load<u8>(ptr, REC_NUM_STATIC);
  const numAccounts = recordNumAccounts(ptr);
  const numRequired: u32 = load<u8>(ptr, REC_NUM_REQUIRED);
  const offMessage: u32 = load<u16>(ptr, REC_OFF_MESSAGE);
  const numLoaded = numAccounts - numStatic;
  const good =
    recordLen <= room &&
    txLen <= MAX_TX_BYTES &&
    recordLen == REC_HEADER + ((txLen + 7) & ~7) + (numLoaded + recordNumImplicit(ptr)) * 32 &&
    recordNumImplicit(ptr) <= MAX_IMPLICIT &&
    numAccounts <= MAX_ACCOUNT_LOCKS &&
    numRequired > 0 &&
    numRequired <= numStatic &&
    load<u8>(ptr, REC_NUM_SIGNATURES) == numRequired &&
    <u32>load<u8>(ptr, REC_NUM_READONLY_SIGNED) < numRequired &&
    numRequired + <u32>load<u8>(ptr, REC_NUM_READONLY_UNSIGNED) <= numStatic &&
    offMessage == 1 + 64 * numRequired &&
    offMessage < txLen &&
    <u32>load<u16>(ptr, REC_OFF_KEYS) + numStatic * 32 <= txLen &&
    <u32>load<u16>(ptr, REC_OFF_BLOCKHASH) + 32 <= txLen &&
    <u32>load<u16>(ptr, REC_OFF_INSTRUCTIONS) <= txLen &&
    <u32>load<u16>(ptr, REC_OFF_LOOKUPS) + 34 * <u32>load<u8>(ptr, REC_NUM_LOOKUPS) <= txLen;
  return good ? recordLen : 0;
}

const again: usize = memory.data(<i32>MAX_RECORD_BYTES, 16);

/**
 * Whether a sound record is what its own wire transaction parses to, loaded addresses and the verified flag aside. One that has implicit
 * keys already is not: only the planner adds them.
 */
export function recordMatchesWire(record: usize): bool {
  const code = parseTransaction(again, record + REC_HEADER, load<u16>(record, REC_TX_LEN));
  if (code < 0 || <u32>code != load<u32>(record, REC_LEN)) return false;
  store<u8>(again, load<u8>(again, REC_FLAGS) | (load<u8>(record, REC_FLAGS) & 1), REC_FLAGS);
  if (memory.compare(again, record, REC_HEADER) != 0) return false;
  return recordNumAccounts(record) == <u32>load<u8>(record, REC_NUM_STATIC) || !hasDuplicates(record, recordNumAccounts(record));
}

