/** Reads of the ledger: by signature, by slot, by address. */
import type { StorageView } from "../protocol/actor.ts";
import { type Block, decodeBlock, frameOffsets, resultOffsets } from "../protocol/block.ts";
import { equalBytes, viewOf } from "../protocol/bytes.ts";
import { type BlockHeader, decodeHeader } from "../protocol/header.ts";
import { decodeRecord, recordSignature } from "../protocol/record.ts";
import { addressKey, signatureKey } from "./index-run.ts";
import type { LedgerMachine } from "./ledger-machine.ts";
import { memoOf } from "./memo.ts";

export interface FoundTransaction {
  readonly slot: bigint;
  readonly blockTime: bigint;
  /** Position among the block's landed transactions. */
  readonly index: number;
  readonly record: Uint8Array;
  readonly result: Uint8Array;
}

export interface FoundStatus {
  readonly slot: bigint;
  readonly txError: number;
  readonly errorIndex: number;
  readonly instructionError: number;
  readonly customCode: number;
}

export interface FoundEntry extends FoundStatus {
  readonly signature: Uint8Array;
  readonly blockTime: bigint;
  readonly index: number;
  readonly memo: string | null;
}

/** A stored block with the places of its landed transactions. */
interface OpenBlock {
  readonly block: Block;
  readonly header: BlockHeader;
  readonly records: Uint32Array;
  readonly results: Uint32Array;
  /** Positions of the landed transactions in block order. */
  readonly landed: Uint32Array;
}

/** Blocks kept open, and their bytes in all; the newest one stays whatever its size. */
const CACHED_BLOCKS = 16;
const CACHED_BYTES = 32 << 20;
/** Candidates whose blocks are opened for one page of an address's history: bounds the work of one call. */
const MAX_CANDIDATES = 20_000;

export class LedgerQuery {
  readonly #machine: LedgerMachine;
  readonly #storage: StorageView;
  /** Least recently used first. */
  readonly #open = new Map<number, OpenBlock>();
  #openBytes = 0;

  constructor(machine: LedgerMachine, storage: StorageView) {
    this.#machine = machine;
    this.#storage = storage;
  }

  transaction(signature: Uint8Array): FoundTransaction | null {
    const found = this.#find(signature);
    return found && this.#transaction(found.slot, found.open, found.index);
  }

  status(signature: Uint8Array): FoundStatus | null {
    const found = this.#find(signature);
    return found && this.#status(found.slot, found.open, found.index);
  }

  /** The stored block, or null. */
  block(slot: number): Uint8Array | null {
    return this.#storage.get("blocks", slot) ?? null;
  }

  /** Slots with a block in [from, to], ascending, at most `limit`. */
  blocks(from: number, to: number, limit: number): number[] {
    const last = Math.min(to, this.#machine.tipSlot);
    const gaps = this.#machine.gaps.filter((gap) => gap.slot > from);
    const slots: number[] = [];
    for (let slot = from; slot <= last && slots.length < limit; slot++) {
      const gap = gaps[0];
      if (gap && slot > gap.parentSlot) {
        slot = gap.slot;
        gaps.shift();
        if (slot > last) break;
      }
      slots.push(slot);
    }
    return slots;
  }

  /** Newest first. `before` and `until` exclude themselves; a signature that the ledger has not is no bound. */
  history(
    address: Uint8Array,
    options: { readonly before?: Uint8Array; readonly until?: Uint8Array; readonly limit: number },
  ): FoundEntry[] {
    const before = options.before && this.#find(options.before);
    const until = options.until && this.#find(options.until);
    // A `before` that nobody knows leaves nothing to be older than it.
    if (options.before && !before) return [];
    const entries: FoundEntry[] = [];
    let candidates = 0;
    const key = addressKey(viewOf(address), 0);
    for (const { slot, index } of this.#machine.addresses.find(key, this.#storage, before?.slot)) {
      if (before && !isOlder(slot, index, before)) continue;
      if (entries.length >= options.limit || ++candidates > MAX_CANDIDATES) break;
      if (until && !isOlder(until.slot, until.index, { slot, index })) break;
      const open = this.#openBlock(slot);
      const record = decodeRecord(recordAt(open, index));
      if (!record.accountKeys.some((key) => equalBytes(key, address))) continue;
      entries.push({
        ...this.#status(slot, open, index),
        signature: record.signatures[0]!.slice(),
        blockTime: BigInt(open.header.unixTimestamp),
        index,
        memo: memoOf(record),
      });
    }
    return entries;
  }

  #find(signature: Uint8Array): { slot: number; index: number; open: OpenBlock } | null {
    for (const { slot, index } of this.#machine.signatures.find(signatureKey(viewOf(signature), 0), this.#storage)) {
      const open = this.#openBlock(slot);
      if (equalBytes(recordSignature(recordAt(open, index)), signature)) return { slot, index, open };
    }
    return null;
  }

  #transaction(slot: number, open: OpenBlock, index: number): FoundTransaction {
    return {
      slot: BigInt(slot),
      blockTime: BigInt(open.header.unixTimestamp),
      index,
      record: recordAt(open, index).slice(),
      result: resultAt(open, index).slice(),
    };
  }

  #status(slot: number, open: OpenBlock, index: number): FoundStatus {
    const view = viewOf(resultAt(open, index));
    return {
      slot: BigInt(slot),
      txError: view.getUint8(9),
      errorIndex: view.getUint8(10),
      instructionError: view.getUint8(11),
      customCode: view.getUint32(12, true),
    };
  }

  #openBlock(slot: number): OpenBlock {
    let open = this.#open.get(slot);
    if (open) this.#open.delete(slot);
    else {
      const bytes = this.#storage.get("blocks", slot);
      if (!bytes) throw new Error(`block ${slot} is indexed but missing`);
      open = openBlock(bytes);
      this.#openBytes += sizeOf(open);
      for (const [old, block] of this.#open) {
        if (this.#open.size < CACHED_BLOCKS && this.#openBytes <= CACHED_BYTES) break;
        this.#open.delete(old);
        this.#openBytes -= sizeOf(block);
      }
    }
    this.#open.set(slot, open);
    return open;
  }
}

export function openBlock(bytes: Uint8Array): OpenBlock {
  const block = decodeBlock(bytes);
  const records = frameOffsets(block.frame);
  const results = resultOffsets(block.results, records.length);
  const landed = new Uint32Array(records.length);
  let count = 0;
  for (let i = 0; i < records.length; i++) if (block.results[results[i]! + 8] === 1) landed[count++] = i;
  return { block, header: decodeHeader(block.header), records, results, landed: landed.subarray(0, count) };
}

export function recordAt(open: OpenBlock, index: number): Uint8Array {
  const at = open.records[open.landed[index]!]!;
  return open.block.frame.subarray(at, at + viewOf(open.block.frame).getUint32(at, true));
}

export function resultAt(open: OpenBlock, index: number): Uint8Array {
  const at = open.results[open.landed[index]!]!;
  return open.block.results.subarray(at, at + viewOf(open.block.results).getUint32(at, true));
}

const sizeOf = ({ block }: OpenBlock): number => block.frame.length + block.results.length;

function isOlder(slot: number, index: number, than: { slot: number; index: number }): boolean {
  return slot < than.slot || (slot === than.slot && index < than.index);
}
