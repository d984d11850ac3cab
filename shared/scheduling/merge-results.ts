/** Puts the results of a slot's shards into block order and adds them up. Moves bytes; makes nothing per transaction. */
import { viewOf } from "../protocol/bytes.ts";

/** Offsets in a result (docs/interfaces.md section 4). */
const BLOCK_INDEX = 4;
const LANDED = 8;
const FEE = 16;

/** A shard's answer: u32 count, u32 0, results in ascending block order. */
const PART_HEADER = 8;
/** First signature of a record: behind the record's header and the signature count. */
const SIGNATURE_OFFSET = 64 + 1;

export interface MergedResults {
  readonly results: Uint8Array;
  readonly landed: number;
  readonly fees: bigint;
  /** First signatures (64 bytes each) of the transactions that did not land. */
  readonly notLanded: Uint8Array;
}

/** `parts`: one for each shard. Throws RangeError when they do not make up the whole frame. */
export function mergeResults(parts: readonly Uint8Array[], frame: Uint8Array): MergedResults {
  const count = viewOf(frame).getUint32(0, true);
  const views = parts.map(viewOf);
  const at = parts.map(() => PART_HEADER);
  const total = parts.reduce((sum, part) => sum + part.length - PART_HEADER, 0);
  const results = new Uint8Array(total);
  let end = 0;
  let landed = 0;
  let fees = 0n;
  let missed = new Uint8Array(0);
  const frameView = viewOf(frame);
  let recordAt = 4;
  let source = 0;
  for (let index = 0; index < count; index++) {
    const start = source;
    while (
      at[source]! >= parts[source]!.length ||
      views[source]!.getUint32(at[source]! + BLOCK_INDEX, true) !== index
    ) {
      source = (source + 1) % parts.length;
      if (source === start) throw new RangeError(`no shard has the result of transaction ${index}`);
    }
    const view = views[source]!;
    const from = at[source]!;
    const length = view.getUint32(from, true);
    results.set(parts[source]!.subarray(from, from + length), end);
    end += length;
    at[source] = from + length;
    if (view.getUint8(from + LANDED) === 1) {
      landed++;
      fees += view.getBigUint64(from + FEE, true);
    } else {
      const signature = frame.subarray(recordAt + SIGNATURE_OFFSET, recordAt + SIGNATURE_OFFSET + 64);
      const longer = new Uint8Array(missed.length + 64);
      longer.set(missed);
      longer.set(signature, missed.length);
      missed = longer;
    }
    recordAt += frameView.getUint32(recordAt, true);
  }
  if (end !== total) throw new RangeError("a shard answered for a transaction that is not in the block");
  return { results, landed, fees, notLanded: missed };
}
