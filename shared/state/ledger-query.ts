/** Reads of the ledger: by signature, by slot, by address. */
import type { StorageView } from "../protocol/actor.ts";
import { type Block, decodeBlock, frameOffsets, resultOffsets } from "../protocol/block.ts";
import { equalBytes, viewOf } from "../protocol/bytes.ts";
import { type BlockHeader, decodeHeader } from "../protocol/header.ts";
import { recordSignature } from "../protocol/record.ts";
import { signatureKey } from "./index-run.ts";
import { type PriorityFee, RecentFees } from "./ledger-fees.ts";
import type { LedgerMachine } from "./ledger-machine.ts";
import {
  type AddressPage,
  type AddressQuery,
  addressPage,
  type FoundStatus,
  type FoundTransaction,
  type PageSource,
} from "./ledger-page.ts";
import type { PerformanceSample } from "./ledger-samples.ts";

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
export class LedgerQuery {
  readonly #machine: LedgerMachine;
  readonly #storage: StorageView;
  /** Least recently used first. */
  readonly #open = new Map<number, OpenBlock>();
  #openBytes = 0;
  readonly #fees: RecentFees;

  constructor(machine: LedgerMachine, storage: StorageView) {
    this.#machine = machine;
    this.#storage = storage;
    this.#fees = new RecentFees(this);
  }

  get tipSlot(): number {
    return this.#machine.tipSlot;
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

  /** Blocks in [from, to]: all slots up to the tip but the skipped ones. */
  countBlocks(from: number, to: number): number {
    const last = Math.min(to, this.#machine.tipSlot);
    let count = Math.max(0, last - from + 1);
    for (const { parentSlot, slot } of this.#machine.gaps) {
      count -= Math.max(0, Math.min(slot - 1, last) - Math.max(parentSlot + 1, from) + 1);
    }
    return count;
  }

  /** Transactions that name an address. */
  page(query: AddressQuery): AddressPage {
    return addressPage(this.#source, query);
  }

  /** What the transactions of the newest blocks paid above the base fee, oldest block first. */
  priorityFees(addresses: readonly Uint8Array[]): PriorityFee[] {
    return this.#fees.newest(addresses);
  }

  /** Newest first. */
  samples(limit: number): PerformanceSample[] {
    return this.#machine.samples.newest(limit, decodeHeader(this.#machine.tipHeader));
  }

  readonly #source: PageSource = {
    candidates: (key, oldestFirst, start) => {
      const { addresses } = this.#machine;
      return oldestFirst ? addresses.findOldest(key, this.#storage, start) : addresses.find(key, this.#storage, start);
    },
    find: (signature) => this.#find(signature),
    transaction: ({ slot, index }) => this.#transaction(slot, this.#openBlock(slot), index),
    status: ({ slot, index }) => this.#status(slot, this.#openBlock(slot), index),
    slotAt: (time) => this.#slotAt(time),
  };

  /** Blocks have ascending times. */
  #slotAt(time: number): number {
    let from = 0;
    let to = this.#machine.tipSlot + 1;
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const [slot] = this.blocks(middle, this.#machine.tipSlot, 1);
      if (slot !== undefined && this.#timeOf(slot) < time) from = slot + 1;
      else to = middle;
    }
    return from;
  }

  #timeOf(slot: number): number {
    const bytes = this.#storage.get("blocks", slot);
    if (!bytes) throw new Error(`block ${slot} is missing`);
    return decodeHeader(bytes).unixTimestamp;
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
