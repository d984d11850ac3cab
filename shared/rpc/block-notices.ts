/** What blockSubscribe and slotsUpdatesSubscribe tell of a block (Agave rpc/src/rpc_subscriptions.rs, rpc-client-types/src/response.rs). */
import { equalBytes } from "../protocol/bytes.ts";
import { type BlockEvent, type Landed, landedTransactions } from "./block-event.ts";
import { type EncodingOptions, encodeBlock, encodeInBlock, type TransactionDetails } from "./encode-transaction.ts";
import { UnsupportedVersion } from "./errors.ts";
import { type Json, JsonText, stringify } from "./json.ts";

export interface BlockWatch {
  readonly kind: "block";
  /** null: every block, whole. Else blocks with transactions that name the address, and those alone. */
  readonly mentions: Uint8Array | null;
  readonly details: TransactionDetails;
  readonly options: EncodingOptions;
}

/** Bytes of transactions and results that are shown in one notification: its text is up to four times as long. */
const MAX_SHOWN = 4 << 20;
/** Characters of all notifications of one block: they are made at once, and wait in memory until they are sent. */
export const MAX_TOLD = 32 << 20;

const TOO_LARGE = "BlockStoreError";

function shownBlock(block: BlockEvent, transactions: readonly Landed[], watch: BlockWatch): Json {
  const { slot } = block;
  const size = transactions.reduce((sum, tx) => sum + tx.recordBytes.length + tx.result.length, 0);
  if (size > MAX_SHOWN && watch.details !== "none") return { slot, block: null, err: TOO_LARGE };
  try {
    const stored = { ...block, transactions: transactions.map((tx) => tx.stored(block)) };
    const options = { ...watch.options, mints: block.mints };
    const shown =
      watch.details === "none" ? [] : stored.transactions.map((tx) => encodeInBlock(tx, watch.details, options));
    return { slot, block: encodeBlock(stored, watch.details, options, shown), err: null };
  } catch (error) {
    if (!(error instanceof UnsupportedVersion)) throw error;
    return { slot, block: null, err: { UnsupportedTransactionVersion: error.version } };
  }
}

/** A block for each subscriber: those that asked for the same share what is made of it. */
export class BlockNotices {
  readonly #block: BlockEvent;
  readonly #made = new Map<string, JsonText | null>();
  #told = 0;
  #transactions: readonly Landed[] | undefined;

  constructor(block: BlockEvent) {
    this.#block = block;
  }

  /** `params`: the text of the call that made the watch. `null`: nothing to tell. */
  of(watch: BlockWatch, params: string): JsonText | null {
    let made = this.#made.get(params);
    if (made === undefined) {
      made = this.#make(watch);
      this.#made.set(params, made);
    }
    if (made === null) return null;
    this.#told += made.text.length;
    return this.#told > MAX_TOLD ? this.#shown({ slot: this.#block.slot, block: null, err: TOO_LARGE }) : made;
  }

  #shown(value: Json): JsonText {
    return new JsonText(stringify({ context: { slot: this.#block.slot }, value }));
  }

  #make(watch: BlockWatch): JsonText | null {
    this.#transactions ??= [...landedTransactions(this.#block)];
    const { mentions } = watch;
    const named = mentions
      ? this.#transactions.filter((tx) => tx.record.accountKeys.some((key) => equalBytes(key, mentions)))
      : this.#transactions;
    if (mentions && named.length === 0) return null;
    const { slot } = this.#block;
    const isOver = this.#told > MAX_TOLD;
    return this.#shown(isOver ? { slot, block: null, err: TOO_LARGE } : shownBlock(this.#block, named, watch));
  }
}

/**
 * The steps of a slot. A block is heard of when it is stored, executed and final: all steps come at once, in their order. One entry
 * stands for the block's transactions.
 */
export function slotUpdates(block: BlockEvent): { readonly before: readonly Json[]; readonly after: readonly Json[] } {
  const { slot, heardAt: timestamp } = block;
  let [good, failed] = [0, 0];
  for (const tx of landedTransactions(block)) {
    if (tx.failed) failed++;
    else good++;
  }
  const stats = {
    numTransactionEntries: good + failed > 0 ? 1 : 0,
    numSuccessfulTransactions: good,
    numFailedTransactions: failed,
    maxTransactionsPerEntry: good + failed,
  };
  return {
    before: [
      { type: "firstShredReceived", slot, timestamp },
      { type: "createdBank", slot, parent: block.parentSlot, timestamp },
      { type: "completed", slot, timestamp },
      { type: "frozen", slot, timestamp, stats },
    ],
    after: [
      { type: "optimisticConfirmation", slot, timestamp },
      { type: "root", slot, timestamp },
    ],
  };
}
