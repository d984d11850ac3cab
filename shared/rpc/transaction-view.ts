/**
 * A record (docs/interfaces.md section 2) unpacked for answers. Not for the path of a transaction: only what the ledger
 * stored, or what a simulation ran, is looked at this way.
 */
import { viewOf } from "../protocol/bytes.ts";

const RECORD_HEADER = 64;
const LEGACY = 0xff;

export interface InstructionView {
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  readonly data: Uint8Array;
}

export interface LookupView {
  readonly table: Uint8Array;
  readonly writable: readonly number[];
  readonly readonly: readonly number[];
}

export interface TransactionView {
  readonly wire: Uint8Array;
  readonly version: "legacy" | number;
  readonly signatures: readonly Uint8Array[];
  readonly numRequired: number;
  readonly numReadonlySigned: number;
  readonly numReadonlyUnsigned: number;
  readonly staticKeys: readonly Uint8Array[];
  readonly loadedWritable: readonly Uint8Array[];
  readonly loadedReadonly: readonly Uint8Array[];
  readonly blockhash: Uint8Array;
  readonly instructions: readonly InstructionView[];
  readonly lookups: readonly LookupView[];
  readonly usesNonce: boolean;
  readonly computeUnitPrice: bigint;
  readonly cost: number;
  readonly fee: bigint;
}

class Cursor {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}
  u8(): number {
    return this.bytes[this.at++]!;
  }
  compact(): number {
    let value = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  indices(): number[] {
    return [...this.take(this.compact())];
  }
}

function keys(bytes: Uint8Array, at: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => bytes.subarray(at + i * 32, at + i * 32 + 32));
}

function readInstructions(wire: Uint8Array, at: number, count: number): InstructionView[] {
  const cursor = new Cursor(wire, at);
  return Array.from({ length: count }, () => {
    const programIdIndex = cursor.u8();
    const accounts = cursor.indices();
    return { programIdIndex, accounts, data: cursor.take(cursor.compact()) };
  });
}

function readLookups(wire: Uint8Array, at: number, count: number): LookupView[] {
  const cursor = new Cursor(wire, at);
  return Array.from({ length: count }, () => ({
    table: cursor.take(32),
    writable: cursor.indices(),
    readonly: cursor.indices(),
  }));
}

export function loadedOffset(record: Uint8Array): number {
  return RECORD_HEADER + ((viewOf(record).getUint16(4, true) + 7) & ~7);
}

export function viewTransaction(record: Uint8Array): TransactionView {
  const view = viewOf(record);
  const wire = record.subarray(RECORD_HEADER, RECORD_HEADER + view.getUint16(4, true));
  const numWritable = record[13]!;
  const loaded = loadedOffset(record);
  const blockhashAt = view.getUint16(20, true);
  return {
    wire,
    version: record[6] === LEGACY ? "legacy" : record[6]!,
    signatures: Array.from({ length: record[7]! }, (_, i) => wire.subarray(1 + i * 64, 65 + i * 64)),
    numRequired: record[8]!,
    numReadonlySigned: record[9]!,
    numReadonlyUnsigned: record[10]!,
    staticKeys: keys(wire, view.getUint16(18, true), record[11]!),
    loadedWritable: keys(record, loaded, numWritable),
    loadedReadonly: keys(record, loaded + numWritable * 32, record[14]!),
    blockhash: wire.subarray(blockhashAt, blockhashAt + 32),
    instructions: readInstructions(wire, view.getUint16(22, true), record[15]!),
    lookups: readLookups(wire, view.getUint16(24, true), record[12]!),
    usesNonce: (record[26]! & 2) !== 0,
    computeUnitPrice: view.getBigUint64(32, true),
    cost: view.getUint32(52, true),
    fee: view.getBigUint64(56, true),
  };
}

/** Static keys, loaded writable, loaded read-only: Agave's order of accounts. */
export function accountKeys(tx: TransactionView): Uint8Array[] {
  return [...tx.staticKeys, ...tx.loadedWritable, ...tx.loadedReadonly];
}

export function isSigner(tx: TransactionView, index: number): boolean {
  return index < tx.numRequired;
}

/** Whether the message asks for a write lock on account `index`, before reserved keys and programs are demoted. */
export function asksToWrite(tx: TransactionView, index: number): boolean {
  const statics = tx.staticKeys.length;
  if (index >= statics) return index - statics < tx.loadedWritable.length;
  if (index < tx.numRequired) return index < tx.numRequired - tx.numReadonlySigned;
  return index < statics - tx.numReadonlyUnsigned;
}
