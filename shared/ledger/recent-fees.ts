/**
 * What the transactions of the newest blocks paid for a compute unit (getRecentPrioritizationFees): per block the lowest price,
 * and a higher one for accounts that no transaction wrote for less. Read from the blocks when somebody asks, each block once.
 */
import { decodeBlock, frameOffsets, resultOffsets } from "../protocol/block.ts";
import { viewOf } from "../protocol/bytes.ts";
import { decodeHeader } from "../protocol/header.ts";
import { RESULT } from "../protocol/layouts/result.ts";
import { REC } from "../protocol/record.ts";
import { addressKey, type IndexKey } from "./index-run.ts";

/** Blocks with transactions that are remembered (Agave: MAX_NUM_RECENT_BLOCKS of runtime/src/prioritization_fee_cache.rs). */
const RECENT_BLOCKS = 150;
/** Blocks looked at when nothing is remembered, also those without transactions, and their bytes in all. */
const LOOK_BACK = 1_000;
const LOOK_BACK_BYTES = 64 << 20;
/** Accounts with a price of their own in all blocks together; beyond it the oldest blocks keep their lowest price only. */
const MAX_ACCOUNTS = 200_000;

export interface PriorityFee {
  readonly slot: number;
  /** Micro-lamports a compute unit. */
  readonly price: bigint;
}

interface BlockFees {
  readonly slot: number;
  readonly lowest: bigint;
  /** Lowest price of those that wrote the account, where that is more than the block's. */
  readonly byAccount: Map<number, bigint>;
}

interface Blocks {
  readonly tipSlot: number;
  block(slot: number): Uint8Array | null;
  blocks(from: number, to: number, limit: number): number[];
}

/** 53 bits of a mixed key: enough to tell the accounts of a block from each other. */
const numberOf = ({ high, low }: IndexKey): number => high * 2 ** 21 + (low >>> 11);

export class RecentFees {
  readonly #blocks: Blocks;
  /** Oldest first. */
  #recent: BlockFees[] = [];
  /** Newest slot looked at. */
  #seen = -1;

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  /** Oldest first: the lowest price with which a transaction that writes all these accounts would have been one of the block's. */
  newest(addresses: readonly Uint8Array[]): PriorityFee[] {
    this.#lookAtNew();
    const keys = addresses.map((address) => numberOf(addressKey(viewOf(address), 0)));
    return this.#recent.map(({ slot, lowest, byAccount }) => {
      let price = lowest;
      for (const key of keys) {
        const own = byAccount.get(key);
        if (own !== undefined && own > price) price = own;
      }
      return { slot, price };
    });
  }

  #lookAtNew(): void {
    const tip = this.#blocks.tipSlot;
    const from = Math.max(this.#seen + 1, tip - LOOK_BACK + 1, 0);
    const found: BlockFees[] = [];
    let bytes = 0;
    for (const slot of this.#blocks.blocks(from, tip, LOOK_BACK).reverse()) {
      const block = this.#blocks.block(slot);
      bytes += block?.length ?? 0;
      const fees = block && feesOf(slot, block);
      if (fees) found.push(fees);
      if (found.length === RECENT_BLOCKS || bytes > LOOK_BACK_BYTES) break;
    }
    this.#recent = [...this.#recent, ...found.reverse()].slice(-RECENT_BLOCKS);
    this.#seen = tip;
    let accounts = this.#recent.reduce((sum, { byAccount }) => sum + byAccount.size, 0);
    for (const { byAccount } of this.#recent) {
      if (accounts <= MAX_ACCOUNTS) break;
      accounts -= byAccount.size;
      byAccount.clear();
    }
  }
}

/** Null where no transaction landed that has a price. */
function feesOf(slot: number, bytes: Uint8Array): BlockFees | null {
  const { header, frame, results } = decodeBlock(bytes);
  if (decodeHeader(header).numTransactions === 0) return null;
  const view = viewOf(frame);
  const records = frameOffsets(frame);
  const offsets = resultOffsets(results, records.length);
  const priced = records.filter(
    (at, i) => results[offsets[i]! + RESULT.LANDED] === 1 && view.getUint32(at + REC.CU_LIMIT, true) > 0,
  );
  if (priced.length === 0) return null;
  const priceOf = (at: number) => view.getBigUint64(at + REC.CU_PRICE, true);
  let lowest = priceOf(priced[0]!);
  for (const at of priced) if (priceOf(at) < lowest) lowest = priceOf(at);
  const byAccount = new Map<number, bigint>();
  for (const at of priced) {
    const price = priceOf(at);
    if (price === lowest) continue;
    for (const key of writtenKeys(view, at)) {
      const known = byAccount.get(key);
      if (known === undefined || price < known) byAccount.set(key, price);
    }
  }
  if (byAccount.size > 0) {
    for (const at of priced) if (priceOf(at) === lowest) for (const key of writtenKeys(view, at)) byAccount.delete(key);
  }
  return { slot, lowest, byAccount };
}

/** Accounts that a record asks to lock for writing. */
function* writtenKeys(view: DataView, at: number): Generator<number> {
  const u8 = (field: number) => view.getUint8(at + field);
  const keys = at + REC.HEADER + view.getUint16(at + REC.OFF_KEYS, true);
  const signers = u8(REC.NUM_REQUIRED);
  const numStatic = u8(REC.NUM_STATIC);
  const signed = signers - u8(REC.NUM_READONLY_SIGNED);
  const unsigned = numStatic - u8(REC.NUM_READONLY_UNSIGNED);
  for (let i = 0; i < unsigned; i++) {
    if (i < signed || i >= signers) yield numberOf(addressKey(view, keys + i * 32));
  }
  const loaded = at + REC.HEADER + ((view.getUint16(at + REC.TX_LEN, true) + 7) & ~7);
  for (let i = 0; i < u8(REC.NUM_WRITABLE_LOADED); i++) yield numberOf(addressKey(view, loaded + i * 32));
}
