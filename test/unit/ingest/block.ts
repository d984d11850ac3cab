/** Blocks that have nothing but what a watcher reads: signatures, and the head of the results. */
import { viewOf } from "../../../shared/protocol/bytes.ts";
import { makeFrame, REC } from "../../../shared/protocol/record.ts";

export interface Landed {
  readonly signature: Uint8Array;
  readonly landed?: boolean;
  readonly txError?: number;
  readonly customCode?: number;
}

export function signatureOf(n: number): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = viewOf(bytes);
  for (let i = 0; i < 64; i += 4) view.setUint32(i, Math.imul(n + 1, 0x9e3779b1) ^ i, true);
  return bytes;
}

export function blockOf(transactions: readonly Landed[]): { frame: Uint8Array; results: Uint8Array } {
  const records = transactions.map(({ signature }) => {
    const record = new Uint8Array(REC.HEADER + 72);
    viewOf(record).setUint32(REC.LEN, record.length, true);
    record[REC.HEADER] = 1;
    record.set(signature, REC.HEADER + 1);
    return record;
  });
  const results = new Uint8Array(transactions.length * 48);
  const view = viewOf(results);
  transactions.forEach(({ landed = true, txError = 0, customCode = 0 }, i) => {
    view.setUint32(i * 48, 48, true);
    view.setUint32(i * 48 + 4, i, true);
    view.setUint8(i * 48 + 8, landed ? 1 : 0);
    view.setUint8(i * 48 + 9, txError);
    view.setUint32(i * 48 + 12, customCode, true);
  });
  return { frame: makeFrame(records), results };
}
