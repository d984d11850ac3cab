/**
 * A wire transaction -> a record (docs/interfaces.md section 2), refusing what Agave refuses before it looks at any account.
 *
 *   legacy, version 0:
 *   compact-u16 n | n signatures | [0x80: version 0] | header 3 | compact-u16 k | k keys | blockhash |
 *   compact-u16 i | i x { program u8, compact-u16 + accounts, compact-u16 + data } |
 *   version 0: compact-u16 t | t x { key, compact-u16 + writable indexes, compact-u16 + readonly indexes }
 *
 *   version 1 (SIMD-0385):
 *   0x81 | header 3 | u32 mask | blockhash | u8 i | u8 k | k keys | a u32 for each bit of the mask |
 *   i x { program u8, u8 number of accounts, u16 bytes of data } | i x { accounts, data } | signatures
 *
 * Sources: Agave 4.3 transaction-view/src/sanitize.rs; solana-sdk message/src/{legacy,versions/v0,versions/v1}.rs (sanitize),
 * transaction/src/sanitized.rs, short-vec/src/lib.rs. The bytes are first read to their end, then judged: what is no transaction at
 * all is told apart from one that must not run, as Agave's RPC does. Whether its accounts can be locked is asked apart (locks.ts).
 */
import { outAdvance, outAt, outEnsure, outReset, outU32, outZeros } from "../memory/io";
import { budgetConfig, budgetFinish, budgetHeapSound, budgetInstruction, budgetReset } from "./budget";
import {
  PARSE_BATCH, PARSE_CONFIG_MASK, PARSE_TOO_LARGE, PARSE_TRAILING_BYTES, PARSE_UNSUPPORTED_VERSION, SANITIZE_ACCOUNT_INDEX,
  SANITIZE_EMPTY_LOOKUP, SANITIZE_HEADER_OVERLAP, SANITIZE_HEAP_SIZE, SANITIZE_PAYER_NOT_WRITABLE, SANITIZE_PROGRAM_INDEX,
  SANITIZE_PROGRAM_IS_PAYER, SANITIZE_REPEATED_ADDRESS, SANITIZE_SIGNATURE_COUNT, SANITIZE_TOO_MANY_ACCOUNTS,
  SANITIZE_TOO_MANY_ADDRESSES, SANITIZE_TOO_MANY_INSTRUCTION_ACCOUNTS, SANITIZE_TOO_MANY_INSTRUCTIONS, SANITIZE_TOO_MANY_SIGNATURES,
} from "./errors";
import { hasDuplicates, lockError, MAX_ACCOUNT_LOCKS } from "./locks";
import {
  readBytes, readCompact, readerAt, readerAtEnd, readerError, readerOpen, readU8, readU32, readU64,
} from "./reader";
import {
  REC_FLAG_NONCE, REC_FLAGS, REC_HEADER, REC_LEN, REC_NUM_INSTRUCTIONS, REC_NUM_LOOKUPS, REC_NUM_READONLY_LOADED,
  REC_NUM_READONLY_SIGNED, REC_NUM_READONLY_UNSIGNED, REC_NUM_REQUIRED, REC_NUM_SIGNATURES, REC_NUM_STATIC,
  REC_NUM_WRITABLE_LOADED, REC_OFF_BLOCKHASH, REC_OFF_INSTRUCTIONS, REC_OFF_KEYS, REC_OFF_LOOKUPS, REC_OFF_MESSAGE, REC_TX_LEN,
  REC_VERSION, V1_INSTRUCTION_ACCOUNTS,
  V1_INSTRUCTION_DATA,
  V1_INSTRUCTION_HEADER, VERSION_1, VERSION_LEGACY, recordKey, recordLoaded, recordRequestsWrite,
} from "./record";
import { WK_SYSTEM, isDemoted, wellKnownIndex } from "./well-known";

/** Bytes of a wire transaction (IPv6 MTU 1280 less headers 48). Consensus. */
export const MAX_TX_BYTES: u32 = 1232;
/** Bytes of a version 1 transaction (SIMD-0296). Consensus. */
export const MAX_V1_TX_BYTES: u32 = 4096;
/** Instructions of one message (SIMD-0160, static_instruction_limit). Consensus. */
const MAX_INSTRUCTIONS: u32 = 64;
/** Accounts of one instruction (SIMD-0406, limit_instruction_accounts). Consensus. */
const MAX_INSTRUCTION_ACCOUNTS: u32 = 255;
/** Account indices are one byte. */
const MAX_ACCOUNTS: u32 = 256;
/** Addresses and signatures of a version 1 transaction (SIMD-0385). Consensus. */
const MAX_V1_ADDRESSES: u32 = 64;
const MAX_V1_SIGNATURES: u32 = 12;
/** No record that runs is longer: header and a version 1 transaction; one of 1,232 bytes with 64 loaded addresses is shorter. */
export const MAX_RECORD_BYTES: u32 = REC_HEADER + MAX_V1_TX_BYTES;
/** No record that the parser makes is longer: with addresses for MAX_ACCOUNTS accounts, more than can be locked. */
export const MAX_PARSED_BYTES: u32 = REC_HEADER + MAX_TX_BYTES + MAX_ACCOUNTS * 32;

const VERSION_PREFIX: u32 = 0x80;
const V1_FIRST_BYTE: u32 = 0x81;
/** Config mask: bits 0 and 1 priority fee (u64 lamports), 2 compute unit limit, 3 loaded data size limit, 4 heap size. */
const MASK_FEE: u32 = 3;
const MASK_UNITS: u32 = 4;
const MASK_LOADED: u32 = 8;
const MASK_HEAP: u32 = 16;
const MASK_ALL: u32 = 31;

/** Whether account `i` can be written: asked for, and not demoted (reserved keys and programs that are native here). */
// @ts-ignore: decorator
@inline
export function recordMayWrite(record: usize, i: u32): bool {
  return recordRequestsWrite(record, i) && !isDemoted(wellKnownIndex(recordKey(record, i)));
}

// What the message being read says.
let sanitizeError: i32 = 0;
let highestAccount: u32 = 0;
let nonceAccount: i32 = -1;
let version: u32 = 0;
let numSignatures: u32 = 0;
let numRequired: u32 = 0;
let numReadonlySigned: u32 = 0;
let numReadonlyUnsigned: u32 = 0;
let numStatic: u32 = 0;
let numInstructions: u32 = 0;
let numLookups: u32 = 0;
let numWritableLoaded: u32 = 0;
let numReadonlyLoaded: u32 = 0;
let message: usize = 0;
let keys: usize = 0;
let blockhash: usize = 0;
let instructions: usize = 0;
let lookups: usize = 0;

// @ts-ignore: decorator
@inline
function refuse(code: i32): void {
  if (sanitizeError == 0) sanitizeError = code;
}

/** Takes note of instruction `i` and judges what it says of itself. */
// @ts-ignore: decorator
@inline
function instruction(i: u32, programIndex: u32, accounts: usize, numAccounts: u32, data: usize, dataLen: u32): void {
  for (let j: u32 = 0; j < numAccounts; j++) highestAccount = max<u32>(highestAccount, load<u8>(accounts + j));
  if (numAccounts > MAX_INSTRUCTION_ACCOUNTS) refuse(SANITIZE_TOO_MANY_INSTRUCTION_ACCOUNTS);
  if (programIndex >= numStatic) return refuse(SANITIZE_PROGRAM_INDEX);
  if (programIndex == 0) refuse(SANITIZE_PROGRAM_IS_PAYER);
  const program = wellKnownIndex(keys + programIndex * 32);
  budgetInstruction(i, program, data, dataLen);
  if (i == 0 && program == WK_SYSTEM && dataLen >= 4 && load<u32>(data) == 4 && numAccounts > 0) {
    nonceAccount = load<u8>(accounts);
  }
}

function readInstructions(): void {
  for (let i: u32 = 0; i < numInstructions; i++) {
    const programIndex = readU8();
    const numAccounts = readCompact();
    const accounts = readBytes(numAccounts);
    const dataLen = readCompact();
    const data = readBytes(dataLen);
    if (readerError()) return;
    instruction(i, programIndex, accounts, numAccounts, data, dataLen);
  }
}

function readLookups(): void {
  for (let i: u32 = 0; i < numLookups; i++) {
    readBytes(32);
    const writable = readCompact();
    readBytes(writable);
    const readonly = readCompact();
    readBytes(readonly);
    if (readerError()) return;
    if (writable + readonly == 0) refuse(SANITIZE_EMPTY_LOOKUP);
    numWritableLoaded += writable;
    numReadonlyLoaded += readonly;
  }
}

/** A legacy or version 0 transaction; 0, or the code of a version that is neither. */
function readPacket(): i32 {
  numSignatures = readCompact();
  readBytes(numSignatures * 64);
  message = readerAt();
  version = VERSION_LEGACY;
  numRequired = readU8();
  if (numRequired >= VERSION_PREFIX) {
    version = numRequired & 0x7f;
    if (version != 0) return readerError() ? readerError() : PARSE_UNSUPPORTED_VERSION;
    numRequired = readU8();
  }
  numReadonlySigned = readU8();
  numReadonlyUnsigned = readU8();
  numStatic = readCompact();
  keys = readBytes(numStatic * 32);
  blockhash = readBytes(32);
  numInstructions = readCompact();
  instructions = readerAt();
  readInstructions();
  if (version != 0) return 0;
  numLookups = readCompact();
  lookups = readerAt();
  readLookups();
  return 0;
}

/** A version 1 transaction; 0, or the code of a config mask that is none. */
function readV1(): i32 {
  message = readerAt();
  version = VERSION_1;
  readU8();
  numRequired = readU8();
  numSignatures = numRequired;
  numReadonlySigned = readU8();
  numReadonlyUnsigned = readU8();
  const mask = readU32();
  blockhash = readBytes(32);
  numInstructions = readU8();
  numStatic = readU8();
  const fee = mask & MASK_FEE;
  if (!readerError() && (mask & ~MASK_ALL || (fee && fee != MASK_FEE))) return PARSE_CONFIG_MASK;
  keys = readBytes(numStatic * 32);
  const priorityFee = fee ? readU64() : 0;
  const units = mask & MASK_UNITS ? readU32() : 0;
  const loaded = mask & MASK_LOADED ? readU32() : 0;
  const heapGiven = (mask & MASK_HEAP) != 0;
  const heap = heapGiven ? readU32() : 0;
  if (heapGiven && !budgetHeapSound(heap)) refuse(SANITIZE_HEAP_SIZE);
  budgetConfig(priorityFee, units, loaded, heapGiven, heap);
  instructions = readBytes(numInstructions * V1_INSTRUCTION_HEADER);
  if (readerError()) return 0;
  for (let i: u32 = 0; i < numInstructions; i++) {
    const header = instructions + i * V1_INSTRUCTION_HEADER;
    const numAccounts: u32 = load<u8>(header, V1_INSTRUCTION_ACCOUNTS);
    const dataLen: u32 = load<u16>(header, V1_INSTRUCTION_DATA);
    const accounts = readBytes(numAccounts);
    const data = readBytes(dataLen);
    if (readerError()) return 0;
    instruction(i, load<u8>(header), accounts, numAccounts, data, dataLen);
  }
  readBytes(numSignatures * 64);
  return 0;
}

/** What only version 1 refuses: others have no such limits, or fail for them when their accounts are locked. */
function judgeV1(record: usize): i32 {
  if (numSignatures > MAX_V1_SIGNATURES) return SANITIZE_TOO_MANY_SIGNATURES;
  if (numStatic > MAX_V1_ADDRESSES) return SANITIZE_TOO_MANY_ADDRESSES;
  return hasDuplicates(record, numStatic) ? SANITIZE_REPEATED_ADDRESS : 0;
}

/**
 * Writes the record of the wire transaction at (ptr, len) to `record`, where MAX_PARSED_BYTES are free: its length, or a negated
 * code. Loaded addresses stay zero. `ptr` must not be inside the record, except at its place in it.
 */
export function parseTransaction(record: usize, ptr: usize, len: u32): i32 {
  const isV1 = len > 0 && load<u8>(ptr) == V1_FIRST_BYTE;
  if (len > (isV1 ? MAX_V1_TX_BYTES : MAX_TX_BYTES)) return -PARSE_TOO_LARGE;
  readerOpen(ptr, len);
  sanitizeError = 0;
  highestAccount = 0;
  nonceAccount = -1;
  numLookups = 0;
  lookups = ptr;
  numWritableLoaded = 0;
  numReadonlyLoaded = 0;
  budgetReset();
  const unreadable = isV1 ? readV1() : readPacket();
  if (unreadable) return -unreadable;
  if (readerError()) return -readerError();
  if (!readerAtEnd()) return -PARSE_TRAILING_BYTES;

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

  if (isV1) {
    const code = judgeV1(record);
    if (code) return -code;
  }
  memory.fill(recordLoaded(record), 0, (numAccounts - numStatic) * 32);

  const numWriteLocks = numStatic - numReadonlySigned - numReadonlyUnsigned + numWritableLoaded;
  budgetFinish(record, numSignatures, numWriteLocks);
  if (nonceAccount >= 0 && <u32>nonceAccount < numStatic && recordMayWrite(record, nonceAccount)) {
    store<u8>(record, REC_FLAG_NONCE, REC_FLAGS);
  }
  return recordLen;
}

/**
 * out: the record of one wire transaction, for callers that ask txCheckLocks before they go on with it. 0, or a negated code of
 * wasm/transaction/errors.ts.
 */
export function txParse(ptr: usize, len: u32): i32 {
  outReset();
  const code = parseTransaction(outEnsure(MAX_PARSED_BYTES), ptr, len);
  if (code < 0) return code;
  outAdvance(code);
  return 0;
}

/**
 * in: `u16 len, bytes` repeated. out: `u32 n`, n x `i32 code`, then the records of the good ones: those whose accounts can be locked as
 * far as they are known yet. Returns n, or -PARSE_BATCH when the lengths do not add up (nothing is out then).
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
    const record = outEnsure(MAX_PARSED_BYTES);
    let code = parseTransaction(record, p + 2, size);
    if (code > 0) {
      const error = lockError(record, load<u8>(record, REC_NUM_STATIC));
      if (error) code = -error;
    }
    if (code > 0) outAdvance(code);
    else store<i32>(outAt(4 + i * 4), code);
    p += 2 + size;
  }
  return n;
}
