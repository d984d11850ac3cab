/**
 * Entries of the newest blocks on their way to the index: in memory until every partition concerned has them, rebuilt from the blocks
 * after a restart.
 *
 *   block ─▶ pending ─(64 blocks or 2^18 entries)─▶ batch a partition ─▶ indexed by all ─▶ gone from here
 */
import type { Effect } from "../protocol/actor.ts";
import type { Block } from "../protocol/block.ts";
import { viewOf } from "../protocol/bytes.ts";
import { FRAME } from "../protocol/layouts/record.ts";
import { RESULT } from "../protocol/layouts/result.ts";
import type { NodeId } from "../protocol/messages.ts";
import { REC, signaturesAt } from "../protocol/record.ts";
import { type IndexGeneration, objectsOf, partitionOf } from "./catalog.ts";
import type { IndexKind } from "./index-machine.ts";
import {
  addressKey,
  ENTRY_WORDS,
  findInRun,
  findInRunFrom,
  type IndexHit,
  type IndexKey,
  joinRuns,
  RunBuilder,
  signatureKey,
} from "./index-run.ts";

export interface FeedShape {
  /** A batch goes out when so many blocks wait, or so many entries. */
  readonly blocks: number;
  readonly entries: number;
  /** While more than so many entries wait, 16 B each, no block is stored. */
  readonly waiting: number;
}

/** Offset in a result (docs/interfaces.md section 4). */

/** Bytes of an entry of the index with its part of a filter. */
const ENTRY_BYTES = 18;

interface Pending {
  readonly slot: number;
  /** Of the block and its entries, as they are stored. */
  readonly bytes: number;
  readonly signatures: Uint32Array;
  readonly addresses: Uint32Array;
}

interface Batch {
  readonly index: IndexGeneration;
  readonly upTo: number;
  /** Last slot that each partition is known to have. */
  readonly have: Map<NodeId, number>;
  bytes: number;
}

/** A batch that all partitions have. */
export interface Indexed {
  readonly upTo: number;
  /** Bytes of the fullest partition. */
  readonly bytes: number;
  /** No partition is further than the others. */
  readonly isEven: boolean;
}

export class IndexFeed {
  readonly #shape: FeedShape;
  #pending: Pending[] = [];
  #entries = 0;
  #batch: Batch | undefined;
  /** Everything up to this slot is in the index. */
  #indexed = 0;

  constructor(shape: FeedShape) {
    this.#shape = shape;
  }

  begin(indexed: number): void {
    this.#indexed = indexed;
  }

  get indexed(): number {
    return this.#indexed;
  }
  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }
  get isFull(): boolean {
    return this.#entries > this.#shape.waiting;
  }
  get isBusy(): boolean {
    return this.#batch !== undefined;
  }
  get isDue(): boolean {
    return this.#pending.length >= this.#shape.blocks || this.#entries >= this.#shape.entries || this.isFull;
  }

  /** That wait, of signatures and addresses. */
  get entries(): number {
    return this.#entries;
  }

  /** Bytes of the blocks that wait and of their entries. */
  get waitingBytes(): number {
    return this.#pending.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** A block that takes `size` bytes. Returns the bytes that it and its entries take. */
  add(slot: number, block: Block, size: number): number {
    const { signatures, addresses } = entriesOf(slot, block);
    const count = (signatures.length + addresses.length) / ENTRY_WORDS;
    const bytes = size + Math.ceil(count * ENTRY_BYTES);
    this.#pending.push({ slot, bytes, signatures, addresses });
    this.#entries += count;
    return bytes;
  }

  /** Sends all that waits to the partitions of a generation of the index. */
  send(index: IndexGeneration): Effect[] {
    if (this.#batch || this.#pending.length === 0) return [];
    const have = new Map(objectsOf(index).map((node) => [node, this.#indexed]));
    this.#batch = { index, upTo: this.#pending.at(-1)!.slot, have, bytes: 0 };
    return this.repeat();
  }

  /** To the partitions that have not answered. */
  repeat(): Effect[] {
    const batch = this.#batch;
    if (!batch) return [];
    return [...batch.have].flatMap(([node, have]) => (have < batch.upTo ? [this.#message(batch, node, have)] : []));
  }

  /** A partition has everything up to `upTo`. `done`: all have the batch. */
  answered(node: NodeId, upTo: number, bytes: number): { readonly effects: Effect[]; readonly done?: Indexed } {
    const batch = this.#batch;
    const before = batch?.have.get(node);
    if (!batch || before === undefined || upTo <= before) return { effects: [] };
    batch.have.set(node, upTo);
    batch.bytes = Math.max(batch.bytes, bytes);
    // After a restart here it may have a part of this batch already.
    if (upTo < batch.upTo) return { effects: [this.#message(batch, node, upTo)] };
    const all = [...batch.have.values()];
    if (all.some((have) => have < batch.upTo)) return { effects: [] };
    this.#batch = undefined;
    this.#indexed = batch.upTo;
    const left = this.#pending.findIndex(({ slot }) => slot > batch.upTo);
    const gone = this.#pending.splice(0, left < 0 ? this.#pending.length : left);
    for (const { signatures, addresses } of gone) this.#entries -= (signatures.length + addresses.length) / ENTRY_WORDS;
    const isEven = all.every((have) => have === batch.upTo);
    return { effects: [], done: { upTo: batch.upTo, bytes: batch.bytes, isEven } };
  }

  #message({ index, upTo }: Batch, node: NodeId, after: number): Effect {
    const blocks = this.#pending.filter(({ slot }) => slot > after && slot <= upTo);
    const partition = objectsOf(index).indexOf(node);
    const part = (kind: IndexKind) =>
      bytesOf(ofPartition(joinRuns(blocks.map((b) => b[kind])), partition, index.partitions));
    const { begin } = index;
    const entries = { signatures: part("signatures"), addresses: part("addresses") };
    return { type: "send", to: node, message: { type: "entries", begin, after, upTo, ...entries } };
  }

  /** Candidates for a key among the blocks that wait, newest first. */
  *find(kind: IndexKind, key: IndexKey, before?: IndexHit): Generator<IndexHit> {
    for (let i = this.#pending.length - 1; i >= 0; i--) {
      const block = this.#pending[i]!;
      if (!before || block.slot <= before.slot) yield* findInRun(block[kind], key, before);
    }
  }

  /** The same from a place on, itself within, oldest first. */
  *findFrom(kind: IndexKind, key: IndexKey, from: IndexHit): Generator<IndexHit> {
    for (const block of this.#pending) if (block.slot >= from.slot) yield* findInRunFrom(block[kind], key, from);
  }
}

const bytesOf = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

function ofPartition(entries: Uint32Array, partition: number, partitions: number): Uint32Array {
  if (partitions === 1) return entries;
  let length = 0;
  for (let at = 0; at < entries.length; at += ENTRY_WORDS) {
    if (partitionOf({ high: entries[at]!, low: entries[at + 1]! }, partitions) !== partition) continue;
    entries.copyWithin(length, at, at + ENTRY_WORDS);
    length += ENTRY_WORDS;
  }
  return entries.slice(0, length);
}

/** The entries of a block's landed transactions, sorted. Walks the bytes; makes nothing per transaction. */
function entriesOf(slot: number, block: Block): { readonly signatures: Uint32Array; readonly addresses: Uint32Array } {
  const signatures = new RunBuilder();
  const addresses = new RunBuilder();
  const records = viewOf(block.frame);
  const results = viewOf(block.results);
  const count = records.getUint32(FRAME.COUNT, true);
  let recordAt: number = FRAME.HEADER;
  let resultAt = 0;
  for (let i = 0, index = 0; i < count; i++) {
    if (results.getUint8(resultAt + RESULT.LANDED) === 1) {
      const { high, low } = signatureKey(records, signaturesAt(records, recordAt));
      signatures.add(high, low, slot, index);
      addAddresses(addresses, records, recordAt, slot, index);
      index++;
    }
    recordAt += records.getUint32(recordAt + REC.LEN, true);
    resultAt += results.getUint32(resultAt + RESULT.LEN, true);
  }
  return { signatures: signatures.finish(), addresses: addresses.finish() };
}

function addAddresses(run: RunBuilder, records: DataView, at: number, slot: number, index: number): void {
  const numStatic = records.getUint8(at + REC.NUM_STATIC);
  const keys = at + REC.HEADER + records.getUint16(at + REC.OFF_KEYS, true);
  for (let i = 0; i < numStatic; i++) {
    const { high, low } = addressKey(records, keys + i * 32);
    run.add(high, low, slot, index);
  }
  const numLoaded = records.getUint8(at + REC.NUM_WRITABLE_LOADED) + records.getUint8(at + REC.NUM_READONLY_LOADED);
  const loaded = at + REC.HEADER + ((records.getUint16(at + REC.TX_LEN, true) + 7) & ~7);
  for (let i = 0; i < numLoaded; i++) {
    const { high, low } = addressKey(records, loaded + i * 32);
    run.add(high, low, slot, index);
  }
}
