/** A transaction record (docs/interfaces.md section 2); its TypeScript twin is shared/protocol/record.ts. */
import { keyEquals } from "../memory/bytes";
import {
  REC_HEADER,
  REC_NUM_IMPLICIT,
  REC_NUM_READONLY_LOADED,
  REC_NUM_READONLY_SIGNED,
  REC_NUM_READONLY_UNSIGNED,
  REC_NUM_REQUIRED,
  REC_NUM_SIGNATURES,
  REC_NUM_STATIC,
  REC_NUM_WRITABLE_LOADED,
  REC_OFF_KEYS,
  REC_OFF_MESSAGE,
  REC_TX_LEN,
  REC_VERSION,
} from "../layouts/record";

export * from "../layouts/record";

/** Implicit keys of a record: each is the programdata of one of its accounts, of which there are no more. */
export const MAX_IMPLICIT: u32 = 64;

export const VERSION_LEGACY: u8 = 0xff;
export const VERSION_1: u8 = 1;
/** Offsets of a version 1 transaction, whose parts before the addresses have fixed sizes (SIMD-0385). */
export const V1_OFF_MASK: u32 = 4;
export const V1_OFF_BLOCKHASH: u32 = 8;
export const V1_OFF_KEYS: u32 = 42;
/** u8 program, u8 accounts, u16 bytes of data: the instructions of a version 1 transaction begin with as many of these. */
export const V1_INSTRUCTION_ACCOUNTS: usize = 1;
export const V1_INSTRUCTION_DATA: usize = 2;
export const V1_INSTRUCTION_HEADER: u32 = 4;

/** Start of the wire transaction. */
// @ts-ignore: decorator
@inline
export function recordTx(record: usize): usize {
  return record + REC_HEADER;
}
/** The signatures: first of all, but last in version 1. */
// @ts-ignore: decorator
@inline
export function recordSignatures(record: usize): usize {
  return load<u8>(record, REC_VERSION) == VERSION_1
    ? recordTx(record) + load<u16>(record, REC_TX_LEN) - 64 * <usize>load<u8>(record, REC_NUM_SIGNATURES)
    : recordTx(record) + 1;
}
/** What is signed: from here ... */
// @ts-ignore: decorator
@inline
export function recordMessage(record: usize): usize {
  return recordTx(record) + load<u16>(record, REC_OFF_MESSAGE);
}
/** ... so many bytes. */
// @ts-ignore: decorator
@inline
export function recordMessageLen(record: usize): u32 {
  const behind: u32 = load<u8>(record, REC_VERSION) == VERSION_1 ? 64 * <u32>load<u8>(record, REC_NUM_SIGNATURES) : 0;
  return <u32>load<u16>(record, REC_TX_LEN) - load<u16>(record, REC_OFF_MESSAGE) - behind;
}
/** Start of the loaded addresses. */
// @ts-ignore: decorator
@inline
export function recordLoaded(record: usize): usize {
  return record + REC_HEADER + ((<usize>load<u16>(record, REC_TX_LEN) + 7) & ~7);
}
// @ts-ignore: decorator
@inline
export function recordNumLoaded(record: usize): u32 {
  return <u32>load<u8>(record, REC_NUM_WRITABLE_LOADED) + <u32>load<u8>(record, REC_NUM_READONLY_LOADED);
}
/** Accounts of the transaction: static keys, loaded writable, loaded read-only. */
// @ts-ignore: decorator
@inline
export function recordNumAccounts(record: usize): u32 {
  return <u32>load<u8>(record, REC_NUM_STATIC) + recordNumLoaded(record);
}
/** Pointer to the key of account `i`. */
// @ts-ignore: decorator
@inline
export function recordKey(record: usize, i: u32): usize {
  const numStatic: u32 = load<u8>(record, REC_NUM_STATIC);
  return i < numStatic
    ? recordTx(record) + load<u16>(record, REC_OFF_KEYS) + i * 32
    : recordLoaded(record) + (i - numStatic) * 32;
}
/**
 * Implicit keys, behind the loaded addresses: accounts that execution reads though the transaction does not name them, the programdata of
 * its programs. Only the planner adds them (wasm/scheduling/implicit.ts).
 */
// @ts-ignore: decorator
@inline
export function recordNumImplicit(record: usize): u32 {
  return load<u8>(record, REC_NUM_IMPLICIT);
}
export function recordImplicit(record: usize, i: u32): usize {
  return recordLoaded(record) + (recordNumLoaded(record) + i) * 32;
}
/** Whether the key is among the accounts of the transaction or the implicit ones. */
export function recordHas(record: usize, key: usize): bool {
  for (let i: u32 = 0, n = recordNumAccounts(record); i < n; i++) if (keyEquals(recordKey(record, i), key)) return true;
  for (let i: u32 = 0, n = recordNumImplicit(record); i < n; i++) if (keyEquals(recordImplicit(record, i), key)) return true;
  return false;
}

/** Whether the message asks for a write lock on account `i` (before the demotion of program ids and sysvars). */
export function recordRequestsWrite(record: usize, i: u32): bool {
  const numStatic: u32 = load<u8>(record, REC_NUM_STATIC);
  if (i >= numStatic) return i - numStatic < <u32>load<u8>(record, REC_NUM_WRITABLE_LOADED);
  const required: u32 = load<u8>(record, REC_NUM_REQUIRED);
  if (i < required) return i < required - <u32>load<u8>(record, REC_NUM_READONLY_SIGNED);
  return i < numStatic - <u32>load<u8>(record, REC_NUM_READONLY_UNSIGNED);
}

/** Where the instruction (in version 1 its header) after the one at `p` begins, of a record that was checked. Its first byte is the program. */
// @ts-ignore: decorator
@inline
export function nextInstruction(record: usize, p: usize): usize {
  return load<u8>(record, REC_VERSION) == VERSION_1 ? p + V1_INSTRUCTION_HEADER : afterCompact(afterCompact(p + 1));
}

/** Steps over a compact-u16 length and as many bytes, of a record that was checked. */
export function afterCompact(p: usize): usize {
  let n: u32 = load<u8>(p++);
  if (n < 0x80) return p + n;
  const next: u32 = load<u8>(p++);
  n = (n & 0x7f) | ((next & 0x7f) << 7);
  if (next >= 0x80) n |= (<u32>load<u8>(p++)) << 14;
  return p + n;
}
