/** Puts the results of a slot's shards into block order and adds them up. Moves bytes; makes nothing per transaction. */
import { TX_DEFERRED } from "../errors/transaction-error.ts";
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import { LIST } from "../protocol/layouts/account.ts";
import { FRAME, REC } from "../protocol/layouts/record.ts";
import { RESULT } from "../protocol/layouts/result.ts";
import { decodeRecord, makeFrame } from "../protocol/record.ts";
import type { Deferred } from "./deferred-book.ts";

export interface MergedResults {
  readonly results: Uint8Array;
  readonly landed: number;
  readonly fees: bigint;
  /** What execution has deferred. */
  readonly deferred: Deferred | undefined;
}

/** Results are padded to four bytes: they are copied as words. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0;
  if (!aligned) return new Uint32Array(bytes.slice(0, bytes.length & ~3).buffer);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** `parts`: one for each shard. Throws RangeError when they do not make up the whole frame. */
export function mergeResults(parts: readonly Uint8Array[], frame: Uint8Array): MergedResults {
  const frameView = viewOf(frame);
  const count = frameView.getUint32(FRAME.COUNT, true);
  const words = parts.map(wordsOf);
  const at = parts.map(() => LIST.HEADER / 4);
  const total = words.reduce((sum, part) => sum + part.length - LIST.HEADER / 4, 0);
  const results = new Uint32Array(total);
  let end = 0;
  let landed = 0;
  // A fee has 64 bits; its halves are summed apart, each well below 2^53.
  let feesLow = 0;
  let feesHigh = 0;
  const late: { record: Uint8Array; account: number }[] = [];
  let recordAt: number = FRAME.HEADER;
  let source = 0;
  for (let index = 0; index < count; index++) {
    let tried = 0;
    while (at[source]! >= words[source]!.length || words[source]![at[source]! + RESULT.BLOCK_INDEX / 4] !== index) {
      source = (source + 1) % parts.length;
      if (++tried > parts.length) throw new RangeError(`no shard has the result of transaction ${index}`);
    }
    const part = words[source]!;
    const from = at[source]!;
    const length = part[from]! >>> 2;
    if (length === 0 || from + length > part.length)
      throw new RangeError(`the result of transaction ${index} is cut off`);
    for (let i = 0; i < length; i++) results[end + i] = part[from + i]!;
    end += length;
    at[source] = from + length;
    // landed, txError, index: bytes of one word
    const outcome = part[from + RESULT.LANDED / 4]!;
    if ((outcome & 0xff) === 1) {
      landed++;
      feesLow += part[from + RESULT.FEE / 4]!;
      feesHigh += part[from + RESULT.FEE / 4 + 1]!;
    } else if (((outcome >>> 8) & 0xff) === TX_DEFERRED) {
      const record = frame.subarray(recordAt, recordAt + frameView.getUint32(recordAt + REC.LEN, true));
      late.push({ record, account: (outcome >>> 16) & 0xff });
    }
    recordAt += frameView.getUint32(recordAt + REC.LEN, true);
  }
  if (end !== total) throw new RangeError("a shard answered for a transaction that is not in the block");
  return {
    results: new Uint8Array(results.buffer),
    landed,
    fees: BigInt(feesLow) + (BigInt(feesHigh) << 32n),
    deferred: late.length > 0 ? deferredOf(late) : undefined,
  };
}

function deferredOf(late: readonly { readonly record: Uint8Array; readonly account: number }[]): Deferred {
  return {
    frame: makeFrame(late.map(({ record }) => record)),
    programs: concatBytes(...late.map(({ record, account }) => decodeRecord(record).accountKeys[account]!)),
  };
}
