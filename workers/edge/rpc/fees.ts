/** getRecentPrioritizationFees: what the transactions of the newest blocks paid above the base fee. */
import { z } from "zod";
import { decodeRecord, requestsWrite } from "../../../shared/protocol/record.ts";
import type { StoredBlock } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import type { Call } from "../../../shared/rpc/call.ts";
import { invalidParams } from "../../../shared/rpc/errors.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { optional, text, toKey } from "../../../shared/rpc/params.ts";

const MAX_KEYS = 128;
/** Blocks looked at (Agave keeps 150): each must be read once by every isolate that is asked. */
const MAX_BLOCKS = 8n;
/** Accounts of one block for which the price is remembered. */
const MAX_ACCOUNTS = 20_000;

/** Lowest compute-unit prices (micro-lamports) of a block: of all, and of those that wrote an account. */
interface BlockPrices {
  readonly slot: bigint;
  readonly lowest: bigint;
  readonly byAccount: ReadonlyMap<string, bigint>;
}

function pricesOf(block: StoredBlock): BlockPrices {
  let lowest: bigint | undefined;
  const byAccount = new Map<string, bigint>();
  for (const stored of block.transactions) {
    const tx = decodeRecord(stored.record);
    const price = tx.computeUnitPrice;
    if (lowest === undefined || price < lowest) lowest = price;
    for (const [i, key] of tx.accountKeys.entries()) {
      if (!requestsWrite(tx, i) || byAccount.size >= MAX_ACCOUNTS) continue;
      const address = encodeBase58(key);
      const known = byAccount.get(address);
      if (known === undefined || price < known) byAccount.set(address, price);
    }
  }
  return { slot: block.slot, lowest: lowest ?? 0n, byAccount };
}

/** Newest blocks already looked at by this engine. */
class PriceCache {
  readonly #blocks = new Map<bigint, BlockPrices>();

  async at(call: Call, slot: bigint): Promise<BlockPrices | null> {
    const known = this.#blocks.get(slot);
    if (known !== undefined) return known;
    const block = await call.backend.block(slot);
    if (block === null) return null;
    const prices = pricesOf(block);
    this.#blocks.set(slot, prices);
    const oldest = [...this.#blocks.keys()][0];
    if (this.#blocks.size > Number(MAX_BLOCKS) && oldest !== undefined) this.#blocks.delete(oldest);
    return prices;
  }
}

export function feeMethods(): Methods {
  const cache = new PriceCache();
  return {
    getRecentPrioritizationFees: method([optional(z.array(text))], async (call, given) => {
      const addresses = given ?? [];
      if (addresses.length > MAX_KEYS) throw invalidParams(`Too many inputs provided; max ${MAX_KEYS}`);
      for (const address of addresses) toKey(address);
      const head = await call.head();
      const first = await call.backend.firstBlock();
      const answers: { slot: bigint; prioritizationFee: bigint }[] = [];
      for (let slot = head.slot - MAX_BLOCKS + 1n; slot <= head.slot; slot++) {
        const prices = slot < 1n || slot < first ? null : await cache.at(call, slot);
        if (prices === null) continue;
        let fee = prices.lowest;
        for (const address of addresses) {
          const paid = prices.byAccount.get(address);
          if (paid !== undefined && paid > fee) fee = paid;
        }
        answers.push({ slot, prioritizationFee: fee });
      }
      return answers;
    }),
  };
}
