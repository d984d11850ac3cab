/**
 * Reads of one generation of the ledger: by place, by slot, and by signature or address among the blocks that the index has not yet.
 * shared/ledger/ledger-reader.ts puts the answers of all generations and of the index together.
 */
import type { StorageView } from "../protocol/actor.ts";
import { type Block, decodeBlock, frameOffsets, resultOffsets } from "../protocol/block.ts";
import { equalBytes, viewOf } from "../protocol/bytes.ts";
import { type BlockHeader, decodeHeader } from "../protocol/header.ts";
import { RESULT } from "../protocol/layouts/result.ts";
import { MAX_HEIGHT_STRIDE } from "../protocol/limits.ts";
import { REC, recordSignature } from "../protocol/record.ts";
import { errorFields } from "../protocol/result.ts";
import { splitKeys } from "../state/accounts.ts";
import {
  type AddressFilter,
  entryOf,
  type FoundEntry,
  type FoundStatus,
  type FoundTransaction,
} from "./address-page.ts";
import type { Catalog } from "./catalog.ts";
import { firstOf } from "./index-query.ts";
import { type IndexHit, type IndexKey, signatureKey } from "./index-run.ts";
import type { LedgerMachine } from "./ledger-machine.ts";
import type { Answer, LedgerPort, RecentPlaces, RecentStatuses } from "./ledger-ports.ts";
import type { PerformanceSample } from "./performance-samples.ts";
import { type PriorityFee, RecentFees } from "./recent-fees.ts";

/** A stored block with the places of its landed transactions. */
export interface OpenBlock {
  readonly block: Block;
  readonly header: BlockHeader;
  readonly records: Uint32Array;
  readonly results: Uint32Array;
  /** Positions of the landed transactions in block order. */
  readonly landed: Uint32Array;
}

/** Agave's status cache has 300 slots (MAX_RECENT_BLOCKHASHES in its clock): here heights, which many blocks may share. */
const RECENT_BLOCKS = 300 * MAX_HEIGHT_STRIDE;
/** Blocks kept open, and their bytes in all; the newest one stays whatever its size. */
const CACHED_BLOCKS = 16;
export const CACHED_BYTES = 32 << 20;

const SIGNATURE_SIZE = 64;

export class LedgerQuery implements LedgerPort {
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

  // --- of the newest generation ---

  catalog(): Answer<Catalog> {
    return this.#newest(() => this.#machine.catalog);
  }

  recentStatuses(signatures: Uint8Array): Answer<RecentStatuses> {
    return this.#newest(() => ({
      statuses: eachSignature(signatures, (signature) => {
        const found = this.#findRecent(signature);
        return found && statusOf(found);
      }),
      since: this.#slotBack(RECENT_BLOCKS),
    }));
  }

  recentPlace(signature: Uint8Array): Answer<IndexHit | null> {
    return this.#newest(() => {
      const found = this.#findRecent(signature);
      return found && { slot: found.slot, index: found.index };
    });
  }

  recentHistory(key: IndexKey, start: IndexHit, oldestFirst: boolean, count: number): Answer<RecentPlaces> {
    return this.#newest(() => {
      const { feed } = this.#machine;
      const before = { slot: start.slot, index: start.index + 1 };
      const hits = oldestFirst ? feed.findFrom("addresses", key, start) : feed.find("addresses", key, before);
      return { places: firstOf(hits, count), indexed: feed.indexed };
    });
  }

  samples(limit: number): Answer<PerformanceSample[]> {
    return this.#newest(() => this.#machine.samples.newest(limit, decodeHeader(this.#machine.tipHeader)));
  }

  /** The slot of so many blocks ago; where skipped slots are not known any more, as if there had been none. */
  #slotBack(blocks: number): number {
    const { tipSlot, gaps } = this.#machine;
    let slot = tipSlot;
    let left = blocks;
    for (let i = gaps.length - 1; i >= 0 && slot - gaps[i]!.slot < left; i--) {
      left -= slot - gaps[i]!.slot + 1;
      slot = gaps[i]!.parentSlot;
    }
    return Math.max(0, slot - Math.max(0, left));
  }

  #newest<T>(read: () => T): Answer<T> {
    const { isNewest, successor } = this.#machine;
    if (successor !== undefined) return { moved: successor };
    if (!isNewest) return { gone: true };
    return { value: read(), version: this.#machine.catalog.version };
  }

  #findRecent(signature: Uint8Array): Found | null {
    for (const place of this.#machine.feed.find("signatures", signatureKey(viewOf(signature), 0))) {
      const found = this.#at(place, signature);
      if (found) return found;
    }
    return null;
  }

  // --- of any generation ---

  /** What stands at each place, if it is the transaction with that signature; `signatures`: one for each place. */
  statuses(places: readonly IndexHit[], signatures: Uint8Array): (FoundStatus | null)[] {
    return eachSignature(signatures, (signature, i) => {
      const found = this.#at(places[i]!, signature);
      return found && statusOf(found);
    });
  }

  transaction(place: IndexHit): FoundTransaction | null {
    const open = this.#openBlock(place.slot);
    if (!open || place.index >= open.landed.length) return null;
    return {
      slot: BigInt(place.slot),
      blockTime: BigInt(open.header.unixTimestamp),
      index: place.index,
      record: recordAt(open, place.index).slice(),
      result: resultAt(open, place.index).slice(),
    };
  }

  /** Null where the transaction at a place is none that the filter asks for. */
  entries(filter: AddressFilter, places: readonly IndexHit[]): (FoundEntry | null)[] {
    return places.map(({ slot, index }) => {
      const transaction = this.transaction({ slot, index });
      return transaction && entryOf(filter, statusOf({ slot, index, open: this.#openBlock(slot)! }), transaction);
    });
  }

  /** The stored block, or null. */
  block(slot: number): Uint8Array | null {
    return this.#storage.get("blocks", slot) ?? null;
  }

  /** Slots with a block in [from, to], ascending, at most `limit`. */
  blocks(from: number, to: number, limit: number): number[] {
    if (!this.#machine.isReadable) return [];
    const { begin } = this.#machine.catalog;
    const last = Math.min(to, this.#machine.tipSlot);
    const gaps = this.#machine.gaps.filter((gap) => gap.slot > from);
    const slots: number[] = [];
    for (let slot = Math.max(from, begin); slot <= last && slots.length < limit; slot++) {
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

  /** Blocks in [from, to]: all slots of this generation but the skipped ones. */
  countBlocks(from: number, to: number): number {
    if (!this.#machine.isReadable) return 0;
    const first = Math.max(from, this.#machine.catalog.begin);
    const last = Math.min(to, this.#machine.tipSlot);
    let count = Math.max(0, last - first + 1);
    for (const { parentSlot, slot } of this.#machine.gaps) {
      count -= Math.max(0, Math.min(slot - 1, last) - Math.max(parentSlot + 1, first) + 1);
    }
    return count;
  }

  /** Blocks have ascending times. */
  slotAt(time: number): number {
    let from = this.#machine.isReadable ? this.#machine.catalog.begin : 0;
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

  /** What the transactions of the newest blocks of this generation paid above the base fee, oldest block first. */
  priorityFees(addresses: Uint8Array): PriorityFee[] {
    return this.#fees.newest(splitKeys(addresses));
  }

  get tipSlot(): number {
    return this.#machine.tipSlot;
  }

  #at({ slot, index }: IndexHit, signature: Uint8Array): Found | null {
    const open = this.#openBlock(slot);
    if (!open || index >= open.landed.length) return null;
    return equalBytes(recordSignature(recordAt(open, index)), signature) ? { slot, index, open } : null;
  }

  /** Null: not here, or not any more. */
  #openBlock(slot: number): OpenBlock | null {
    let open = this.#open.get(slot);
    if (open) this.#open.delete(slot);
    else {
      const bytes = this.#storage.get("blocks", slot);
      if (!bytes) return null;
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

interface Found extends IndexHit {
  readonly open: OpenBlock;
}

export function openBlock(bytes: Uint8Array): OpenBlock {
  const block = decodeBlock(bytes);
  const records = frameOffsets(block.frame);
  const results = resultOffsets(block.results, records.length);
  const landed = new Uint32Array(records.length);
  let count = 0;
  for (let i = 0; i < records.length; i++) if (block.results[results[i]! + RESULT.LANDED] === 1) landed[count++] = i;
  return { block, header: decodeHeader(block.header), records, results, landed: landed.subarray(0, count) };
}

export function recordAt(open: OpenBlock, index: number): Uint8Array {
  const at = open.records[open.landed[index]!]!;
  return open.block.frame.subarray(at, at + viewOf(open.block.frame).getUint32(at + REC.LEN, true));
}

export function resultAt(open: OpenBlock, index: number): Uint8Array {
  const at = open.results[open.landed[index]!]!;
  return open.block.results.subarray(at, at + viewOf(open.block.results).getUint32(at + RESULT.LEN, true));
}

function statusOf({ slot, index, open }: Found): FoundStatus {
  return { slot: BigInt(slot), ...errorFields(resultAt(open, index)) };
}

const sizeOf = ({ block }: OpenBlock): number => block.frame.length + block.results.length;

function eachSignature<T>(signatures: Uint8Array, read: (signature: Uint8Array, i: number) => T): T[] {
  return Array.from({ length: signatures.length / SIGNATURE_SIZE }, (_, i) =>
    read(signatures.subarray(i * SIGNATURE_SIZE, (i + 1) * SIGNATURE_SIZE), i),
  );
}
