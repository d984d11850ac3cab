/**
 * Ledger: stores the sealed blocks in order, one row each (more when a block is large), and answers where a signature or
 * an address occurs. Pure state machine; reads go straight to storage through the same view.
 */
import type { Effect, Machine, MessageEvent, StorageView, TimerEvent } from "../protocol/actor.ts";
import { type Block, decodeBlock, EMPTY_FRAME, encodeBlock, encodeCarry, type ShardCarry } from "../protocol/block.ts";
import { ByteWriter, viewOf } from "../protocol/bytes.ts";
import { decodeHeader, encodeHeader } from "../protocol/header.ts";
import { EARLY_SLOTS } from "../protocol/limits.ts";
import { REC, signaturesAt } from "../protocol/record.ts";
import { addressKey, RunBuilder, signatureKey } from "./index-run.ts";
import { LedgerIndex } from "./ledger-index.ts";
import { PerformanceSamples } from "./ledger-samples.ts";

export type LedgerEvent = TimerEvent | MessageEvent;

export interface LedgerConfig {
  readonly genesisHash: Uint8Array;
  /** Unix seconds. */
  readonly genesisTimestamp: number;
  /** Lamports that each shard owns at genesis. */
  readonly genesisLamports: readonly bigint[];
}

/** Offset in a result (docs/interfaces.md section 4). */
const RESULT_LANDED = 8;

export class LedgerMachine implements Machine<LedgerEvent> {
  readonly signatures = new LedgerIndex("signatures");
  readonly addresses = new LedgerIndex("addresses");
  readonly samples = new PerformanceSamples();
  readonly #config: LedgerConfig;
  #storage!: StorageView;
  #tip!: Block;
  #tipSlot = 0;
  /** Blocks that came before their predecessor, by its slot. */
  readonly #early = new Map<number, Uint8Array>();
  /** Blocks whose slot is not the one after their parent's, ascending. */
  readonly gaps: { readonly parentSlot: number; readonly slot: number }[] = [];

  constructor(config: LedgerConfig) {
    this.#config = config;
  }

  boot(storage: StorageView): Effect[] {
    this.#storage = storage;
    this.signatures.boot(storage);
    this.addresses.boot(storage);
    this.samples.boot(storage);
    for (const { id, bytes } of storage.list("gaps")) {
      this.gaps.push({ slot: id, parentSlot: Number(viewOf(bytes).getBigUint64(0, true)) });
    }
    const from = Math.min(this.signatures.storedUpTo, this.addresses.storedUpTo) + 1;
    let tip: Uint8Array | undefined;
    const effects: Effect[] = [];
    for (const { id, bytes } of storage.list("blocks", Math.max(0, from - 1))) {
      tip = bytes;
      this.#tipSlot = id;
      effects.push(...this.#index(id, decodeBlock(bytes)));
    }
    if (tip) {
      this.#tip = decodeBlock(tip);
      return effects;
    }
    this.#tip = this.#genesisBlock();
    return [{ type: "put", table: "blocks", id: 0, bytes: encodeBlock(this.#tip) }];
  }

  step(event: LedgerEvent): Effect[] {
    if (event.type === "timer") return [];
    const { message } = event;
    if (message.type === "tipWanted") return [this.#stored(message.asked)];
    if (message.type !== "block") return [];
    if (message.slot <= this.#tipSlot) return [this.#stored()];
    const { parentSlot } = decodeHeader(message.block);
    if (parentSlot !== this.#tipSlot) {
      if (this.#early.size < EARLY_SLOTS) this.#early.set(parentSlot, message.block);
      return [];
    }
    const effects: Effect[] = [];
    const notices: Effect[] = [];
    let bytes: Uint8Array | undefined = message.block;
    while (bytes) {
      const block = decodeBlock(bytes);
      const header = decodeHeader(block.header);
      const { slot, parentSlot } = header;
      if (slot <= this.#tipSlot || parentSlot !== this.#tipSlot) {
        throw new Error(`block ${slot} with parent ${parentSlot} after block ${this.#tipSlot}`);
      }
      for (const early of this.#early.keys()) if (early <= parentSlot) this.#early.delete(early);
      const samples = this.samples.add(decodeHeader(this.#tip.header), header);
      this.#tip = block;
      this.#tipSlot = slot;
      const runs = this.#index(slot, block);
      effects.push(
        { type: "put", table: "blocks", id: slot, bytes },
        ...runs,
        ...samples,
        ...this.#gap(parentSlot, slot),
      );
      notices.push({ type: "send", to: "subscriptions", message: { type: "blockStored", slot, block: bytes } });
      // A run that is stored in this step cannot be merged in it: what is early then waits until it is sent again.
      bytes = runs.length > 0 ? undefined : this.#early.get(slot);
    }
    return [...effects, this.#stored(), ...notices];
  }

  /** Notes the slots that were skipped before a block. */
  #gap(parentSlot: number, slot: number): Effect[] {
    if (slot === parentSlot + 1) return [];
    this.gaps.push({ parentSlot, slot });
    return [{ type: "put", table: "gaps", id: slot, bytes: new ByteWriter().u64(parentSlot).bytes() }];
  }

  get tipSlot(): number {
    return this.#tipSlot;
  }
  get tipHeader(): Uint8Array {
    return this.#tip.header;
  }

  #stored(asked = 0): Effect {
    const { header, carry } = this.#tip;
    return { type: "send", to: "builder", message: { type: "stored", asked, slot: this.#tipSlot, header, carry } };
  }

  /** Adds a block's landed transactions to both indexes. Walks the bytes; makes nothing per transaction. */
  #index(slot: number, block: Block): Effect[] {
    const bySignature = new RunBuilder();
    const byAddress = new RunBuilder();
    const records = viewOf(block.frame);
    const results = viewOf(block.results);
    const count = records.getUint32(0, true);
    let recordAt = 4;
    let resultAt = 0;
    for (let i = 0, index = 0; i < count; i++) {
      if (results.getUint8(resultAt + RESULT_LANDED) === 1) {
        const { high, low } = signatureKey(records, signaturesAt(records, recordAt));
        bySignature.add(high, low, slot, index);
        addAddresses(byAddress, records, recordAt, slot, index);
        index++;
      }
      recordAt += records.getUint32(recordAt, true);
      resultAt += results.getUint32(resultAt, true);
    }
    const effects: Effect[] = [];
    if (slot > this.signatures.storedUpTo) {
      effects.push(...this.signatures.add(slot, bySignature.finish(), this.#storage));
    }
    if (slot > this.addresses.storedUpTo) effects.push(...this.addresses.add(slot, byAddress.finish(), this.#storage));
    return effects;
  }

  #genesisBlock(): Block {
    const { genesisHash, genesisTimestamp, genesisLamports } = this.#config;
    const zero = new Uint8Array(32);
    const shards: ShardCarry[] = genesisLamports.map((lamports) => ({ prevSlot: 0, lamports, root: zero }));
    const header = encodeHeader({
      shardCount: genesisLamports.length,
      slot: 0,
      view: 0,
      parentSlot: 0,
      unixTimestamp: genesisTimestamp,
      parentBlockhash: zero,
      blockhash: genesisHash,
      parentHeaderHash: zero,
      effectHash: zero,
      stateRoot: zero,
      resultsHash: zero,
      numTransactions: 0,
      numGroups: 0,
      fees: 0n,
      capitalization: genesisLamports.reduce((sum, lamports) => sum + lamports, 0n),
      transactionCount: 0n,
      epochStartTimestamp: genesisTimestamp,
      height: 0,
      development: false,
      epochHash: zero,
    });
    return { header, carry: encodeCarry(shards), frame: EMPTY_FRAME, results: new Uint8Array(0) };
  }
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
