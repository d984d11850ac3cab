/**
 * A generation of the ledger: stores the sealed blocks in order, one row each (more when a block is large), feeds the index, and hands over
 * to the next generation when it is full. Pure state machine.
 *
 *   open ─(full: a mark beside the last block)─▶ sealed ─(index has all; next one has begun)─▶ handed ─(too old)─▶ dropped
 *              builder's blocks wait here:           └── a few round trips ──┘
 *
 * The mark is written with the last block, the next generation writes its beginning before it answers, and the builder sends it blocks only
 * then: at every moment exactly one generation takes the next block, and a crash repeats a message.
 */
import type { Effect, Machine, MemoryReport, MessageEvent, StorageView, TimerEvent } from "../protocol/actor.ts";
import { type Block, decodeBlock, EMPTY_FRAME, encodeBlock, encodeCarry, type ShardCarry } from "../protocol/block.ts";
import { ByteReader, ByteWriter, concatBytes } from "../protocol/bytes.ts";
import { decodeHeader, encodeHeader } from "../protocol/header.ts";
import { GAP, GENERATION, readGap, readGeneration, writeGap, writeGeneration } from "../protocol/layouts/ledger.ts";
import { EARLY_SLOTS, RETRY_MS } from "../protocol/limits.ts";
import { type Message, type NodeId, sameBlock } from "../protocol/messages.ts";
import {
  type Catalog,
  decodeCatalog,
  encodeCatalog,
  firstCatalog,
  forgetOld,
  type Keep,
  nextCatalog,
  nextIndex,
} from "./catalog.ts";
import { type FeedShape, type Indexed, IndexFeed } from "./index-feed.ts";
import { PerformanceSamples } from "./performance-samples.ts";

export type LedgerEvent = TimerEvent | MessageEvent;

export interface LedgerShape {
  /** Bytes of blocks and index entries after which a generation hands over; the last block may exceed it. */
  readonly generationBytes: number;
  /** Bytes of an index partition after which a new generation of the index begins. Merging takes twice as much, and more for a while. */
  readonly indexBytes: number;
  /** Partitions of the first generation of the index, a power of two. */
  readonly partitions: number;
  readonly feed: FeedShape;
  readonly keep: Keep;
}

export interface LedgerConfig extends LedgerShape {
  /** Number of this generation. */
  readonly generation: number;
  readonly genesisHash: Uint8Array;
  /** Unix seconds. */
  readonly genesisTimestamp: number;
  /** Lamports that each shard owns at genesis. */
  readonly genesisLamports: readonly bigint[];
}

type Status = "absent" | "open" | "sealed" | "handed" | "dropped";
const STATUSES: readonly Status[] = ["absent", "open", "sealed", "handed", "dropped"];

/** With a limit of time a generation spans at most this part of it, so that what is too old can go. */
const PARTS_OF_TIME = 8;

export class LedgerMachine implements Machine<LedgerEvent> {
  readonly #config: LedgerConfig;
  readonly feed: IndexFeed;
  readonly samples = new PerformanceSamples();
  #storage!: StorageView;
  #status: Status = "absent";
  #catalog!: Catalog;
  #tip!: Block;
  #tipSlot = 0;
  #tipTime = 0;
  /** Bytes of blocks and index entries here. */
  #bytes = 0;
  /** Unix seconds. */
  #beginTime = 0;
  #retryArmed = false;
  /** Blocks that came before their predecessor, by its slot. */
  readonly #early = new Map<number, Uint8Array>();
  /** Blocks whose slot is not the one after their parent's, ascending. */
  readonly gaps: { readonly parentSlot: number; readonly slot: number }[] = [];

  constructor(config: LedgerConfig) {
    this.#config = config;
    this.feed = new IndexFeed(config.feed);
  }

  boot(storage: StorageView): Effect[] {
    this.#storage = storage;
    const state = storage.get("state", 0);
    if (!state) return this.#config.generation === 0 ? this.#genesis() : [];
    this.#decode(state);
    if (this.#status === "dropped") return [];
    this.samples.boot(storage);
    for (const { id, bytes } of storage.list("gaps")) {
      this.gaps.push({ slot: id, ...readGap(bytes) });
    }
    const base = storage.get("base", 0);
    if (base) {
      const reader = new ByteReader(base);
      this.#setTip({ header: reader.blob(), carry: reader.blob(), frame: EMPTY_FRAME, results: new Uint8Array(0) });
    }
    const { indexed } = this.feed;
    for (const { id, bytes } of storage.list("blocks", Math.max(indexed, this.#catalog.begin))) {
      const block = decodeBlock(bytes);
      this.#setTip(block);
      if (id > indexed) this.#bytes += this.feed.add(id, block, bytes.length);
    }
    return this.#proceed();
  }

  step(event: LedgerEvent): Effect[] {
    if (event.type === "timer") return this.#retry();
    const { from, message } = event;
    switch (message.type) {
      case "handover":
        return this.#begin(from, message);
      case "drop":
        return this.#drop(from);
    }
    if (this.#status === "absent") return [];
    if (this.#status === "dropped") {
      // A builder that died before it heard of the handover still asks here.
      return message.type === "tipWanted" || message.type === "block" ? [this.#moved()] : [];
    }
    switch (message.type) {
      case "tipWanted":
        return [this.#status === "handed" ? this.#moved() : this.#stored(message.asked)];
      case "block":
        return this.#block(message);
      case "indexed":
        return this.#indexed(from, message.upTo, message.bytes);
      case "begun":
        return this.#handed();
      case "dropped":
        return this.#dropped(from);
      default:
        return [];
    }
  }

  get tipSlot(): number {
    return this.#tipSlot;
  }
  get tipHeader(): Uint8Array {
    return this.#tip.header;
  }
  get catalog(): Catalog {
    return this.#catalog;
  }
  /** Whether blocks may still come, or have come last, to this generation. */
  get isNewest(): boolean {
    return this.#status === "open" || this.#status === "sealed";
  }
  /** Whether its blocks are there. */
  get isReadable(): boolean {
    return this.isNewest || this.#status === "handed";
  }
  /** Where readers find the newest generation, if this is not it any more. */
  get successor(): number | undefined {
    return this.#status === "handed" || this.#status === "dropped" ? this.#config.generation + 1 : undefined;
  }
  /** Bytes of blocks and index entries of this generation. */
  get bytes(): number {
    return this.#bytes;
  }

  // --- blocks ---

  #block(message: Extract<Message, { type: "block" }>): Effect[] {
    if (this.#status === "handed") return [this.#moved()];
    if (message.slot <= this.#tipSlot) return [this.#stored()];
    // The builder sends it again: to the next generation, or when the index has caught up.
    if (this.#status === "sealed" || this.feed.isFull) return [];
    const { slot, view, blockhash: digest, parentSlot } = decodeHeader(message.block);
    if (!sameBlock({ slot, view, digest }, message)) return [];
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
      const { slot, view, blockhash: digest, parentSlot } = header;
      if (slot <= this.#tipSlot || parentSlot !== this.#tipSlot) {
        throw new Error(`block ${slot} with parent ${parentSlot} after block ${this.#tipSlot}`);
      }
      for (const early of this.#early.keys()) if (early <= parentSlot) this.#early.delete(early);
      const samples = this.samples.add(decodeHeader(this.#tip.header), header);
      this.#setTip(block);
      this.#bytes += this.feed.add(slot, block, bytes.length);
      effects.push({ type: "put", table: "blocks", id: slot, bytes }, ...this.#gap(parentSlot, slot), ...samples);
      notices.push({
        type: "send",
        to: "subscriptions",
        message: { type: "blockStored", slot, view, digest, block: bytes },
      });
      if (this.#isFull()) {
        this.#status = "sealed";
        this.#early.clear();
        effects.push(this.#save());
      }
      bytes = this.feed.isFull ? undefined : this.#early.get(slot);
    }
    return [...effects, this.#stored(), ...notices, ...this.#proceed()];
  }

  #isFull(): boolean {
    const { generationBytes, keep } = this.#config;
    if (this.#bytes >= generationBytes) return true;
    return keep.seconds !== undefined && this.#tipTime - this.#beginTime >= keep.seconds / PARTS_OF_TIME;
  }

  #setTip(block: Block): void {
    const { slot, unixTimestamp } = decodeHeader(block.header);
    this.#tip = block;
    this.#tipSlot = slot;
    this.#tipTime = unixTimestamp;
  }

  /** Notes the slots that were skipped before a block. */
  #gap(parentSlot: number, slot: number): Effect[] {
    if (slot === parentSlot + 1) return [];
    this.gaps.push({ parentSlot, slot });
    const bytes = new Uint8Array(GAP.SIZE);
    writeGap(bytes, { parentSlot });
    return [{ type: "put", table: "gaps", id: slot, bytes }];
  }

  #stored(asked = 0): Effect {
    const { header, carry } = this.#tip;
    const { slot, view, blockhash: digest } = decodeHeader(header);
    return { type: "send", to: "builder", message: { type: "stored", asked, slot, view, digest, header, carry } };
  }

  // --- index ---

  #indexed(from: NodeId, upTo: number, bytes: number): Effect[] {
    const { effects, done } = this.feed.answered(from, upTo, bytes);
    if (!done) return effects;
    this.#widenIndex(done);
    return [...effects, ...this.#proceed(true)];
  }

  /** A new generation of the index where the last one is full, and every partition of it ends at the same slot. */
  #widenIndex({ upTo, bytes, isEven }: Indexed): void {
    const { indexBytes, partitions } = this.#config;
    if (bytes >= indexBytes && isEven) this.#catalog = nextIndex(this.#catalog, upTo, partitions);
  }

  // --- handover ---

  /** What can go on does: the next batch for the index, the handover, what is too old. `changed`: the state has changed. */
  #proceed(changed = false): Effect[] {
    if (!this.isNewest) return this.#armRetry();
    const effects: Effect[] = [];
    const before = this.#catalog;
    // The next generation may have the catalog already once everything is in the index.
    const isMine = this.#status === "open" || !this.feed.isEmpty;
    if (isMine) this.#catalog = forgetOld(before, this.#config.keep, this.#bytes, this.#tipTime);
    if (changed || this.#catalog !== before) effects.push(this.#save());
    if (this.#catalog !== before) effects.push(...this.#drops());
    if (this.feed.isDue || (this.#status === "sealed" && !this.feed.isEmpty)) {
      effects.push(...this.feed.send(this.#catalog.indexes.at(-1)!));
    }
    return [...effects, ...this.#handover(), ...this.#armRetry()];
  }

  memory(): MemoryReport {
    return { waitingBytes: this.feed.waitingBytes, entries: this.feed.entries, gaps: this.gaps.length };
  }

  /** To the next generation, once nothing of this one is missing in the index. */
  #handover(): Effect[] {
    if (this.#status !== "sealed" || !this.feed.isEmpty) return [];
    const { header, carry } = this.#tip;
    const finished = {
      number: this.#catalog.generation,
      firstSlot: this.#firstSlot(),
      lastSlot: this.#tipSlot,
      lastTime: this.#tipTime,
      bytes: this.#bytes,
    };
    const catalog = encodeCatalog(nextCatalog(this.#catalog, finished));
    const samples = this.samples.encode();
    return [{ type: "send", to: this.#next, message: { type: "handover", catalog, header, carry, samples } }];
  }

  get #next(): NodeId {
    return `ledger-${this.#catalog.generation + 1}`;
  }

  #firstSlot(): number {
    for (const { id } of this.#storage.list("blocks")) return id;
    return this.#tipSlot;
  }

  /** The generation before this one is full. */
  #begin(from: NodeId, { catalog, header, carry, samples }: Extract<Message, { type: "handover" }>): Effect[] {
    const begun: Effect = { type: "send", to: from, message: { type: "begun" } };
    if (this.#status !== "absent") return [begun];
    this.#status = "open";
    this.#catalog = decodeCatalog(catalog);
    this.#setTip({ header, carry, frame: EMPTY_FRAME, results: new Uint8Array(0) });
    this.#beginTime = this.#tipTime;
    this.feed.begin(this.#tipSlot);
    const base = new ByteWriter().blob(header).blob(carry).bytes();
    const put: Effect = { type: "put", table: "base", id: 0, bytes: base };
    return [put, ...this.samples.begin(samples), ...this.#proceed(true), begun];
  }

  #handed(): Effect[] {
    if (this.#status !== "sealed") return [];
    this.#status = "handed";
    return [this.#save(), this.#moved()];
  }

  #moved(): Effect {
    return { type: "send", to: "builder", message: { type: "moved", generation: this.#config.generation + 1 } };
  }

  // --- what is too old ---

  #drops(): Effect[] {
    return this.#catalog.drops.map((node): Effect => ({ type: "send", to: node, message: { type: "drop" } }));
  }

  #dropped(from: NodeId): Effect[] {
    const drops = this.#catalog.drops.filter((node) => node !== from);
    if (!this.isNewest || drops.length === this.#catalog.drops.length) return [];
    this.#catalog = { ...this.#catalog, version: this.#catalog.version + 1, drops };
    return [this.#save()];
  }

  /** Only a generation that has handed over is ever told to go. */
  #drop(from: NodeId): Effect[] {
    const answer: Effect = { type: "send", to: from, message: { type: "dropped" } };
    if (this.isNewest) return [];
    if (this.#status === "dropped") return [answer];
    this.#status = "dropped";
    const bytes = new ByteWriter().u8(STATUSES.indexOf("dropped")).bytes();
    return [{ type: "clear" }, { type: "put", table: "state", id: 0, bytes }, answer];
  }

  // --- repetition ---

  #retry(): Effect[] {
    this.#retryArmed = false;
    if (!this.isNewest) return [];
    return [...this.feed.repeat(), ...this.#handover(), ...this.#drops(), ...this.#armRetry()];
  }

  #armRetry(): Effect[] {
    const isWaiting = this.feed.isBusy || this.#status === "sealed" || this.#catalog.drops.length > 0;
    if (!this.isNewest || !isWaiting || this.#retryArmed) return [];
    this.#retryArmed = true;
    return [{ type: "timer", name: "retry", delayMs: RETRY_MS }];
  }

  // --- storage ---

  #save(): Effect {
    const head = new Uint8Array(GENERATION.HEADER);
    writeGeneration(head, {
      status: STATUSES.indexOf(this.#status),
      indexed: this.feed.indexed,
      stored: this.#bytes - this.feed.waitingBytes,
      beginTime: this.#beginTime,
    });
    const bytes = concatBytes(head, new ByteWriter().blob(encodeCatalog(this.#catalog)).bytes());
    return { type: "put", table: "state", id: 0, bytes };
  }

  #decode(state: Uint8Array): void {
    this.#status = STATUSES[state[GENERATION.STATUS]!]!;
    if (this.#status === "dropped") return;
    const { indexed, stored, beginTime } = readGeneration(state);
    this.feed.begin(indexed);
    this.#bytes = stored;
    this.#beginTime = beginTime;
    this.#catalog = decodeCatalog(new ByteReader(state.subarray(GENERATION.HEADER)).blob());
  }

  #genesis(): Effect[] {
    this.#status = "open";
    this.#catalog = firstCatalog(this.#config.partitions);
    this.#setTip(this.#genesisBlock());
    this.#beginTime = this.#tipTime;
    const bytes = encodeBlock(this.#tip);
    this.#bytes = bytes.length;
    return [{ type: "put", table: "blocks", id: 0, bytes }, this.#save()];
  }

  #genesisBlock(): Block {
    const { genesisHash, genesisTimestamp, genesisLamports } = this.#config;
    const zero = new Uint8Array(32);
    const shards: ShardCarry[] = genesisLamports.map((lamports) => ({ prevSlot: 0, lamports }));
    const header = encodeHeader({
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
