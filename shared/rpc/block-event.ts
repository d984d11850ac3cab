/** A stored block as PubSub is told of it, and its landed transactions one by one. */

import { frameOffsets, resultOffsets } from "../protocol/block.ts";
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import { RESULT } from "../protocol/layouts/result.ts";
import {
  type DecodedRecord,
  decodeRecord,
  makeFrame,
  REC,
  recordSignature,
  requestsWrite,
} from "../protocol/record.ts";
import type { StoredBlock, StoredTransaction } from "./backend.ts";
import type { BalanceMints } from "./balance-mints.ts";
import { errorFields } from "./result-view.ts";

export interface BlockEvent extends Omit<StoredBlock, "transactions"> {
  readonly root: bigint;
  /** All transactions of the block (docs/interfaces.md section 2), and one result for each (section 4). */
  readonly frame: Uint8Array;
  readonly results: Uint8Array;
  /** Unix milliseconds when it was heard of. */
  readonly heardAt: bigint;
  /** Of token balances that the results leave open. */
  readonly mints?: BalanceMints;
}

/** A block that was fetched from the ledger: its own time is what is known of it. */
export function blockEvent(block: StoredBlock): BlockEvent {
  const { transactions, ...header } = block;
  return {
    ...header,
    root: block.slot,
    frame: makeFrame(transactions.map((tx) => tx.record)),
    results: concatBytes(...transactions.map((tx) => tx.result)),
    heardAt: block.blockTime * 1_000n,
  };
}

/** One landed transaction of a block; decoded when somebody needs more than its signature. */
export class Landed {
  #record: DecodedRecord | undefined;
  readonly recordBytes: Uint8Array;
  readonly result: Uint8Array;
  /** Position among the block's landed transactions. */
  readonly index: number;
  constructor(recordBytes: Uint8Array, result: Uint8Array, index: number) {
    this.recordBytes = recordBytes;
    this.result = result;
    this.index = index;
  }
  get record(): DecodedRecord {
    this.#record ??= decodeRecord(this.recordBytes);
    return this.#record;
  }
  get signature(): Uint8Array {
    return recordSignature(this.recordBytes);
  }
  get failed(): boolean {
    return errorFields(this.result).txError !== 0;
  }
  /** Accounts stored: all that were locked for writing; after an error, the payer and an advanced nonce. */
  written(): Uint8Array[] {
    const { record } = this;
    const { accountKeys } = record;
    if (!this.failed) return accountKeys.filter((_, i) => requestsWrite(record, i));
    const nonce = record.isNonce ? accountKeys[record.instructions[0]?.accounts[0] ?? 0] : undefined;
    return nonce ? [accountKeys[0]!, nonce] : [accountKeys[0]!];
  }
  stored({ slot, blockTime }: Pick<BlockEvent, "slot" | "blockTime">): StoredTransaction {
    return { slot, blockTime, index: this.index, record: this.recordBytes, result: this.result };
  }
}

export function* landedTransactions(block: Pick<BlockEvent, "frame" | "results">): Generator<Landed> {
  const records = frameOffsets(block.frame);
  const results = resultOffsets(block.results, records.length);
  const recordView = viewOf(block.frame);
  const resultView = viewOf(block.results);
  for (let i = 0, index = 0; i < records.length; i++) {
    const at = results[i]!;
    if (block.results[at + RESULT.LANDED] === 0) continue;
    const from = records[i]!;
    yield new Landed(
      block.frame.subarray(from, from + recordView.getUint32(from + REC.LEN, true)),
      block.results.subarray(at, at + resultView.getUint32(at + RESULT.LEN, true)),
      index++,
    );
  }
}
