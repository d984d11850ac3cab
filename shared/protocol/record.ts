/**
 * A transaction record (docs/interfaces.md section 2) as TypeScript sees it: its offsets (layouts/), and
 * cold-path decoding for RPC answers. Nothing here runs per transaction between the edge's socket and the shard's commit.
 */
import { viewOf } from "./bytes.ts";
import { FRAME, REC, REC_FLAG_NONCE, REC_FLAG_VERIFIED } from "./layouts/record.ts";

export { REC, REC_FLAG_NONCE, REC_FLAG_VERIFIED };

export const VERSION_LEGACY = 0xff;
export const VERSION_1 = 1;
const SIGNATURE_SIZE = 64;
/** Version 1 (SIMD-0385): where the config mask is, and the bits of it. */
const V1_OFF_MASK = 4;
const V1_OFF_KEYS = 42;
/** u8 program, u8 accounts, u16 bytes of data. */
const V1_INSTRUCTION_ACCOUNTS = 1;
const V1_INSTRUCTION_DATA = 2;
const V1_INSTRUCTION_HEADER = 4;
const MASK = { PRIORITY_FEE: 3, COMPUTE_UNIT_LIMIT: 4, LOADED_DATA_LIMIT: 8, HEAP_SIZE: 16 } as const;

export interface DecodedInstruction {
  readonly programIdIndex: number;
  readonly accounts: Uint8Array;
  readonly data: Uint8Array;
}

export interface DecodedLookup {
  readonly table: Uint8Array;
  readonly writableIndexes: Uint8Array;
  readonly readonlyIndexes: Uint8Array;
}

/** What the config of a version 1 transaction gives; null where it does not. */
export interface TransactionConfig {
  /** Lamports for the whole transaction. */
  readonly priorityFee: bigint | null;
  readonly computeUnitLimit: number | null;
  /** Bytes, as the heap size. */
  readonly loadedAccountsDataSizeLimit: number | null;
  readonly heapSize: number | null;
}

export interface DecodedRecord {
  /** The wire transaction. */
  readonly wire: Uint8Array;
  /** What is signed. */
  readonly message: Uint8Array;
  readonly version: "legacy" | 0 | 1;
  /** Null below version 1. */
  readonly config: TransactionConfig | null;
  readonly signatures: readonly Uint8Array[];
  readonly numRequiredSignatures: number;
  readonly numReadonlySigned: number;
  readonly numReadonlyUnsigned: number;
  readonly staticKeys: readonly Uint8Array[];
  readonly loadedWritable: readonly Uint8Array[];
  readonly loadedReadonly: readonly Uint8Array[];
  /** Static keys, loaded writable, loaded read-only: account i of the transaction. */
  readonly accountKeys: readonly Uint8Array[];
  /** Programdata of its programs, which the planner adds to the accounts that execution may read. */
  readonly implicitKeys: readonly Uint8Array[];
  readonly recentBlockhash: Uint8Array;
  readonly instructions: readonly DecodedInstruction[];
  readonly lookups: readonly DecodedLookup[];
  readonly isVerified: boolean;
  readonly isNonce: boolean;
  readonly computeUnitLimit: number;
  readonly computeUnitPrice: bigint;
  readonly loadedDataLimit: number;
  readonly heapSize: number;
  /** 0, or code | index << 8: see budgetErrorToCode in shared/errors. */
  readonly budgetError: number;
  readonly cost: number;
  readonly fee: bigint;
}

/** Cursor over the wire transaction of a record, which the WASM parser has accepted: lengths are known to be right. */
class Wire {
  at: number;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }
  u8(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new RangeError("read past the end of a transaction");
    this.at += 1;
    return value;
  }
  compact(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
  raw(n: number): Uint8Array {
    if (this.at + n > this.bytes.length) throw new RangeError("read past the end of a transaction");
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }
}

const slices = (bytes: Uint8Array, at: number, count: number, size: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => bytes.subarray(at + i * size, at + (i + 1) * size));

function decodeInstructions(wire: Uint8Array, at: number, count: number): DecodedInstruction[] {
  const cursor = new Wire(wire, at);
  return Array.from({ length: count }, () => ({
    programIdIndex: cursor.u8(),
    accounts: cursor.raw(cursor.compact()),
    data: cursor.raw(cursor.compact()),
  }));
}

/** Version 1: all headers come first, then accounts and data of each. */
function decodeInstructionsV1(wire: Uint8Array, at: number, count: number): DecodedInstruction[] {
  const headers = viewOf(wire);
  const cursor = new Wire(wire, at + count * V1_INSTRUCTION_HEADER);
  return Array.from({ length: count }, (_, i) => {
    const header = at + i * V1_INSTRUCTION_HEADER;
    return {
      programIdIndex: headers.getUint8(header),
      accounts: cursor.raw(headers.getUint8(header + V1_INSTRUCTION_ACCOUNTS)),
      data: cursor.raw(headers.getUint16(header + V1_INSTRUCTION_DATA, true)),
    };
  });
}

function decodeConfig(wire: Uint8Array, numStatic: number): TransactionConfig {
  const view = viewOf(wire);
  const mask = view.getUint32(V1_OFF_MASK, true);
  let at = V1_OFF_KEYS + numStatic * 32;
  const fee = (mask & MASK.PRIORITY_FEE) === 0 ? null : view.getBigUint64(at, true);
  if (fee !== null) at += 8;
  const word = (bit: number): number | null => {
    if ((mask & bit) === 0) return null;
    const value = view.getUint32(at, true);
    at += 4;
    return value;
  };
  return {
    priorityFee: fee,
    computeUnitLimit: word(MASK.COMPUTE_UNIT_LIMIT),
    loadedAccountsDataSizeLimit: word(MASK.LOADED_DATA_LIMIT),
    heapSize: word(MASK.HEAP_SIZE),
  };
}

function decodeLookups(wire: Uint8Array, at: number, count: number): DecodedLookup[] {
  const cursor = new Wire(wire, at);
  return Array.from({ length: count }, () => ({
    table: cursor.raw(32),
    writableIndexes: cursor.raw(cursor.compact()),
    readonlyIndexes: cursor.raw(cursor.compact()),
  }));
}

/** Where the loaded addresses of a record start. */
export function recordLoadedOffset(record: Uint8Array): number {
  return REC.HEADER + ((viewOf(record).getUint16(REC.TX_LEN, true) + 7) & ~7);
}

/** The wire transaction of the record, a view of it. */
export function recordWire(record: Uint8Array): Uint8Array {
  return record.subarray(REC.HEADER, REC.HEADER + viewOf(record).getUint16(REC.TX_LEN, true));
}

/** Where the signatures are of the record that begins at `at`: first of all in its transaction, but last in version 1. */
export function signaturesAt(view: DataView, at: number): number {
  if (view.getUint8(at + REC.VERSION) !== VERSION_1) return at + REC.HEADER + 1;
  const length = view.getUint16(at + REC.TX_LEN, true);
  return at + REC.HEADER + length - SIGNATURE_SIZE * view.getUint8(at + REC.NUM_SIGNATURES);
}

/** First byte of a version 1 transaction (SIMD-0385). */
export const V1_FIRST_BYTE = 0x81;

/** The first signature of a wire transaction that has one, a view of it. */
export function wireSignature(wire: Uint8Array): Uint8Array {
  const at = wire[0] === V1_FIRST_BYTE ? wire.length - SIGNATURE_SIZE * wire[1]! : 1;
  return wire.subarray(at, at + SIGNATURE_SIZE);
}

/** The first signature of the record, a view of it. */
export function recordSignature(record: Uint8Array): Uint8Array {
  const at = signaturesAt(viewOf(record), 0);
  return record.subarray(at, at + SIGNATURE_SIZE);
}

/** The recent blockhash (or nonce value) of the record, a view of it. */
export function recordBlockhash(record: Uint8Array): Uint8Array {
  const at = REC.HEADER + viewOf(record).getUint16(REC.OFF_BLOCKHASH, true);
  return record.subarray(at, at + 32);
}

/** Address table lookups of the record, views of it. */
export function recordLookups(record: Uint8Array): DecodedLookup[] {
  return decodeLookups(recordWire(record), viewOf(record).getUint16(REC.OFF_LOOKUPS, true), record[REC.NUM_LOOKUPS]!);
}

/**
 * Writes the resolved addresses of a record, in the order of its lookups: all writable ones, then all read-only ones. Their
 * number must be what the record counts; afterwards txCheckLocks says whether they can be locked.
 */
export function fillLoadedAddresses(
  record: Uint8Array,
  writable: readonly Uint8Array[],
  readonly: readonly Uint8Array[],
): void {
  if (writable.length !== record[REC.NUM_WRITABLE_LOADED] || readonly.length !== record[REC.NUM_READONLY_LOADED]) {
    throw new RangeError("the number of loaded addresses is not what the record counts");
  }
  let at = recordLoadedOffset(record);
  for (const key of [...writable, ...readonly]) {
    record.set(key, at);
    at += 32;
  }
}

/** Account i of the transaction: static keys, loaded writable, loaded read-only; views of the record. */
export function recordKeys(record: Uint8Array): Uint8Array[] {
  const at = REC.HEADER + viewOf(record).getUint16(REC.OFF_KEYS, true);
  const loaded = record[REC.NUM_WRITABLE_LOADED]! + record[REC.NUM_READONLY_LOADED]!;
  return [
    ...slices(record, at, record[REC.NUM_STATIC]!, 32),
    ...slices(record, recordLoadedOffset(record), loaded, 32),
  ];
}

/** Whether the record looks like a durable-nonce transaction. */
export function recordIsNonce(record: Uint8Array): boolean {
  return (record[REC.FLAGS]! & REC_FLAG_NONCE) !== 0;
}

/** All of a record as plain objects; its byte strings are views of the record. */
export function decodeRecord(record: Uint8Array): DecodedRecord {
  const view = viewOf(record);
  const u8 = (at: number): number => view.getUint8(at);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  const wire = recordWire(record);
  const numStatic = u8(REC.NUM_STATIC);
  const staticKeys = slices(wire, u16(REC.OFF_KEYS), numStatic, 32);
  const numWritable = u8(REC.NUM_WRITABLE_LOADED);
  const loaded = slices(record, recordLoadedOffset(record), numWritable + u8(REC.NUM_READONLY_LOADED), 32);
  const version = u8(REC.VERSION);
  const signatures = signaturesAt(view, 0) - REC.HEADER;
  const instructions = version === VERSION_1 ? decodeInstructionsV1 : decodeInstructions;
  return {
    wire,
    message: wire.subarray(u16(REC.OFF_MESSAGE), version === VERSION_1 ? signatures : undefined),
    version: version === VERSION_LEGACY ? "legacy" : version === VERSION_1 ? 1 : 0,
    config: version === VERSION_1 ? decodeConfig(wire, numStatic) : null,
    signatures: slices(wire, signatures, u8(REC.NUM_SIGNATURES), SIGNATURE_SIZE),
    numRequiredSignatures: u8(REC.NUM_REQUIRED),
    numReadonlySigned: u8(REC.NUM_READONLY_SIGNED),
    numReadonlyUnsigned: u8(REC.NUM_READONLY_UNSIGNED),
    staticKeys,
    loadedWritable: loaded.slice(0, numWritable),
    loadedReadonly: loaded.slice(numWritable),
    accountKeys: [...staticKeys, ...loaded],
    implicitKeys: slices(record, recordLoadedOffset(record) + loaded.length * 32, u8(REC.NUM_IMPLICIT), 32),
    recentBlockhash: recordBlockhash(record),
    instructions: instructions(wire, u16(REC.OFF_INSTRUCTIONS), u8(REC.NUM_INSTRUCTIONS)),
    lookups: recordLookups(record),
    isVerified: (u8(REC.FLAGS) & REC_FLAG_VERIFIED) !== 0,
    isNonce: recordIsNonce(record),
    computeUnitLimit: u32(REC.CU_LIMIT),
    computeUnitPrice: view.getBigUint64(REC.CU_PRICE, true),
    loadedDataLimit: u32(REC.LOADED_DATA_LIMIT),
    heapSize: u32(REC.HEAP_SIZE),
    budgetError: u32(REC.BUDGET_ERROR),
    cost: u32(REC.COST),
    fee: view.getBigUint64(REC.FEE, true),
  };
}

/** Whether the message asks for a write lock on account `i` (before the demotion of reserved keys and invoked programs). */
export function requestsWrite(record: DecodedRecord, i: number): boolean {
  const numStatic = record.staticKeys.length;
  if (i >= numStatic) return i - numStatic < record.loadedWritable.length;
  if (i < record.numRequiredSignatures) return i < record.numRequiredSignatures - record.numReadonlySigned;
  return i < numStatic - record.numReadonlyUnsigned;
}

/** The records of a frame, views of it. */
export function frameRecords(frame: Uint8Array): Uint8Array[] {
  const view = viewOf(frame);
  const records: Uint8Array[] = [];
  let at: number = FRAME.HEADER;
  for (let left = view.getUint32(FRAME.COUNT, true); left > 0; left--) {
    const length = view.getUint32(at + REC.LEN, true);
    records.push(frame.subarray(at, at + length));
    at += length;
  }
  if (at !== frame.length) throw new RangeError("the records do not fill the frame");
  return records;
}

/** A frame of these records. */
export function makeFrame(records: readonly Uint8Array[]): Uint8Array {
  const frame = new Uint8Array(records.reduce((sum, record) => sum + record.length, FRAME.HEADER as number));
  viewOf(frame).setUint32(FRAME.COUNT, records.length, true);
  let at: number = FRAME.HEADER;
  for (const record of records) {
    frame.set(record, at);
    at += record.length;
  }
  return frame;
}
