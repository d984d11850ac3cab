/** What the ledger has: transactions, blocks, statuses, an address's history. */
import * as z from "zod";
import type { AddressEntry, SignatureStatus, StoredBlock, StoredTransaction } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { type Call, withContext } from "../../../shared/rpc/call.ts";
import { encodeBlock, encodeInBlock, encodeTransaction } from "../../../shared/rpc/encode-transaction.ts";
import { errorJson, statusJson } from "../../../shared/rpc/error-text.ts";
import {
  blockCleanedUp,
  blockNotAvailable,
  filterTransactionNotFound,
  invalidParams,
  slotSkipped,
} from "../../../shared/rpc/errors.ts";
import { type Json, JsonText, stringify } from "../../../shared/rpc/json.ts";
import { large, type Methods, method } from "../../../shared/rpc/method.ts";
import {
  atLeastConfirmed,
  blockConfig,
  commitment,
  config,
  contextConfig,
  minContextSlot,
  optional,
  text,
  toKey,
  toSignature,
  transactionConfig,
  u64,
} from "../../../shared/rpc/params.ts";
import { COST, SLICE } from "../../../shared/turns/costs.ts";

const MAX_STATUSES = 256;
/** Signatures looked up in one slice of work. */
const LOOKUPS_AT_ONCE = Math.floor(SLICE / COST.lookup);
const MAX_BLOCK_RANGE = 500_000n;
const MAX_SIGNATURES_FOR_ADDRESS = 1_000;

/** The block of `slot`; throws RpcError with Agave's reason where there is none. */
async function blockAt(call: Call, slot: bigint): Promise<StoredBlock> {
  const head = await call.head();
  if (slot > head.slot) throw blockNotAvailable(slot);
  const block = await call.work.run(COST.block, () => call.backend.block(slot));
  if (block !== null) return block;
  const first = await call.backend.firstBlock();
  throw slot < first ? blockCleanedUp(slot, first) : slotSkipped(slot);
}

function statusAnswer(status: SignatureStatus | null): Json {
  if (status === null) return null;
  return {
    slot: status.slot,
    confirmations: null,
    status: statusJson(status),
    err: errorJson(status),
    confirmationStatus: "finalized",
  };
}

async function slotsBetween(call: Call, from: bigint, to: bigint, limit: bigint): Promise<Json> {
  if (to < from || limit === 0n) return [];
  return call.backend.blocks(from, to, Number(limit));
}

/** One entry of an address's history. */
export const signatureJson = (entry: AddressEntry): Json => ({
  signature: encodeBase58(entry.signature),
  slot: entry.slot,
  err: errorJson(entry),
  memo: entry.memo,
  blockTime: entry.blockTime,
  confirmationStatus: "finalized",
  transactionIndex: entry.index,
});

const min = (a: bigint, b: bigint) => (a < b ? a : b);

export const historyMethods: Methods = {
  getSignatureStatuses: method(
    [z.array(text), config({ searchTransactionHistory: optional(z.boolean()) })],
    async (call, signatures, { searchTransactionHistory }) => {
      if (signatures.length > MAX_STATUSES) throw invalidParams(`Too many inputs provided; max ${MAX_STATUSES}`);
      const keys = signatures.map(toSignature);
      const head = await call.head();
      const statuses: Json[] = [];
      for (let from = 0; from < keys.length; from += LOOKUPS_AT_ONCE) {
        const some = keys.slice(from, from + LOOKUPS_AT_ONCE);
        const find = () => call.backend.statuses(some, searchTransactionHistory ?? false);
        statuses.push(...(await call.work.run(some.length * COST.lookup, find)).map(statusAnswer));
      }
      return withContext(head.slot, statuses);
    },
  ),

  getTransaction: method([text, transactionConfig], async (call, signature, options) => {
    const key = toSignature(signature);
    atLeastConfirmed(options.commitment);
    const stored = await call.work.run(COST.lookup, () => call.backend.transaction(key));
    const answer = async (found: Json) => (options.withContext ? withContext((await call.head()).slot, found) : found);
    if (stored === null) return answer(null);
    const encoded = encodeTransaction(stored, {
      encoding: options.encoding ?? "json",
      maxVersion: options.maxSupportedTransactionVersion,
      showRewards: true,
      mints: await call.balanceMints([stored.result]),
    });
    return answer({ slot: stored.slot, ...encoded, blockTime: stored.blockTime, transactionIndex: stored.index });
  }),

  getBlock: large([u64, blockConfig], async (call, slot, options) => {
    atLeastConfirmed(options.commitment);
    const block = await blockAt(call, slot);
    const details = options.transactionDetails ?? "full";
    const hasBalances = details === "full" || details === "accounts";
    const view = {
      mints: hasBalances ? await call.balanceMints(block.transactions.map((tx) => tx.result)) : undefined,
      encoding: options.encoding ?? "json",
      maxVersion: options.maxSupportedTransactionVersion,
      showRewards: options.rewards ?? true,
    };
    const { transactions } = block;
    const show = (tx: StoredTransaction) => new JsonText(stringify(encodeInBlock(tx, details, view)));
    const cost = details === "none" ? 0 : hasBalances ? COST.transaction : COST.parse;
    return encodeBlock(block, details, view, cost === 0 ? [] : await call.work.each(cost, transactions, show));
  }),

  getBlockTime: method([u64], async (call, slot) => {
    const head = await call.head();
    return slot === head.slot ? head.blockTime : (await blockAt(call, slot)).blockTime;
  }),

  /** The end slot may be left out and the configuration given in its place. */
  getBlocks: method(
    [u64, z.union([optional(u64), contextConfig]), contextConfig],
    async (call, start, endOrConfig, last) => {
      const end = typeof endOrConfig === "bigint" ? endOrConfig : undefined;
      const options = typeof endOrConfig === "object" ? endOrConfig : last;
      atLeastConfirmed(options.commitment);
      const head = await call.head(options.minContextSlot);
      const to = min(end ?? start + MAX_BLOCK_RANGE, head.slot);
      if (to - start > MAX_BLOCK_RANGE) throw invalidParams(`Slot range too large; max ${MAX_BLOCK_RANGE}`);
      return slotsBetween(call, start, to, MAX_BLOCK_RANGE + 1n);
    },
  ),

  getBlocksWithLimit: method([u64, u64, contextConfig], async (call, start, limit, options) => {
    atLeastConfirmed(options.commitment);
    if (limit > MAX_BLOCK_RANGE) throw invalidParams(`Limit too large; max ${MAX_BLOCK_RANGE}`);
    const head = await call.head(options.minContextSlot);
    return slotsBetween(call, start, head.slot, limit);
  }),

  getFirstAvailableBlock: method([], (call) => call.backend.firstBlock()),
  minimumLedgerSlot: method([], (call) => call.backend.firstBlock()),

  getSignaturesForAddress: method(
    [
      text,
      config({
        before: optional(text),
        until: optional(text),
        limit: optional(u64),
        withContext: optional(z.boolean()),
        commitment,
        minContextSlot,
      }),
    ],
    async (call, address, options) => {
      const key = toKey(address);
      const before = options.before === undefined ? {} : { lt: toSignature(options.before) };
      const until = options.until === undefined ? {} : { gt: toSignature(options.until) };
      const limit = options.limit ?? BigInt(MAX_SIGNATURES_FOR_ADDRESS);
      if (limit < 1n || limit > BigInt(MAX_SIGNATURES_FOR_ADDRESS)) {
        throw invalidParams(`Invalid limit; max ${MAX_SIGNATURES_FOR_ADDRESS}`);
      }
      atLeastConfirmed(options.commitment);
      const head = await call.head(options.minContextSlot);
      const signatures = { ...before, ...until };
      const query = { addresses: [key], signatures, limit: Number(limit) };
      const page = await call.work.run(COST.lookup, () => call.backend.addressPage(query));
      if (!page.ok) throw filterTransactionNotFound(encodeBase58(page.unknown));
      call.work.charge(page.entries.length * COST.entry);
      const found = page.entries.map(signatureJson);
      return options.withContext ? withContext(head.slot, found) : found;
    },
  ),
};
