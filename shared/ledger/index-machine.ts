/**
 * A partition of the index: where signatures and addresses occur, for the keys that fall to it. The ledger sends it batches of
 * entries, each beginning where the one before ended; it answers how far it has them. Pure state machine.
 */
import type { Effect, Machine, MemoryReport, MessageEvent, StorageView, TimerEvent } from "../protocol/actor.ts";
import { ByteReader, ByteWriter } from "../protocol/bytes.ts";
import type { Message, NodeId } from "../protocol/messages.ts";
import { type IndexHit, type IndexKey, sortRun } from "./index-run.ts";
import { ByteCache, RunStore } from "./index-store.ts";
import { type FindOptions, type IndexShape, IndexTable } from "./index-table.ts";

export type IndexEvent = TimerEvent | MessageEvent;

export interface IndexConfig extends IndexShape {
  /** Bytes of pages and of filters kept in memory. */
  readonly pageCacheBytes: number;
  readonly filterCacheBytes: number;
}

/** Pages of 256 KiB; the caches are the partition's part of the table of memory in docs/architecture.md. */
export const INDEX_CONFIG: IndexConfig = {
  pageEntries: 16_384,
  fanIn: 8,
  pageCacheBytes: 16 << 20,
  filterCacheBytes: 48 << 20,
};

type Entries = Extract<Message, { type: "entries" }>;
export type IndexKind = "signatures" | "addresses";

export class IndexMachine implements Machine<IndexEvent> {
  readonly #tables: Readonly<Record<IndexKind, IndexTable>>;
  readonly #pages: ByteCache;
  readonly #filters: ByteCache;
  #storage!: StorageView;
  /** Undefined: no batch was stored yet. */
  #upTo: number | undefined;
  #isDropped = false;

  constructor(config: IndexConfig = INDEX_CONFIG) {
    const pages = new ByteCache(config.pageCacheBytes);
    const filters = new ByteCache(config.filterCacheBytes);
    this.#pages = pages;
    this.#filters = filters;
    const table = (name: string, number: number) => new IndexTable(new RunStore(name, number, pages, filters), config);
    this.#tables = { signatures: table("signatures", 0), addresses: table("addresses", 1) };
  }

  boot(storage: StorageView): Effect[] {
    this.#storage = storage;
    this.#isDropped = storage.get("dropped", 0) !== undefined;
    const manifest = storage.get("manifest", 0);
    if (!manifest) return [];
    const reader = new ByteReader(manifest);
    this.#upTo = Number(reader.u64());
    this.#tables.signatures.decode(reader, storage);
    this.#tables.addresses.decode(reader, storage);
    return [];
  }

  memory(): MemoryReport {
    const { signatures, addresses } = this.#tables;
    return {
      pagesBytes: this.#pages.bytes,
      filtersBytes: this.#filters.bytes,
      fencesBytes: signatures.fencesBytes + addresses.fencesBytes,
    };
  }

  step(event: IndexEvent): Effect[] {
    if (event.type === "timer") return [];
    const { from, message } = event;
    if (message.type === "drop") return this.#drop(from);
    if (message.type !== "entries" || this.#isDropped) return [];
    return this.#add(from, message);
  }

  get upTo(): number | undefined {
    return this.#upTo;
  }

  /** Stored runs of a table. */
  runs(kind: IndexKind): number {
    return this.#tables[kind].runs;
  }

  find(kind: IndexKind, key: IndexKey, options: FindOptions = {}): Iterable<IndexHit> {
    return this.#isDropped ? [] : this.#tables[kind].find(key, this.#storage, options);
  }

  /** From a place on, itself within, oldest first. */
  findFrom(kind: IndexKind, key: IndexKey, from: IndexHit): Iterable<IndexHit> {
    return this.#isDropped ? [] : this.#tables[kind].findFrom(key, this.#storage, from);
  }

  #add(from: NodeId, { begin, after, upTo, signatures, addresses }: Entries): Effect[] {
    const have = this.#upTo ?? begin;
    if (after !== have) return [this.#indexed(from, have)];
    const effects = [
      ...this.#tables.signatures.add(sortRun(wordsOf(signatures)), after, upTo, this.#storage),
      ...this.#tables.addresses.add(sortRun(wordsOf(addresses)), after, upTo, this.#storage),
    ];
    this.#upTo = upTo;
    const writer = new ByteWriter().u64(upTo);
    this.#tables.signatures.encode(writer);
    this.#tables.addresses.encode(writer);
    effects.push({ type: "put", table: "manifest", id: 0, bytes: writer.bytes() });
    return [...effects, this.#indexed(from, upTo)];
  }

  #indexed(to: NodeId, upTo: number): Effect {
    const bytes = this.#tables.signatures.bytes + this.#tables.addresses.bytes;
    return { type: "send", to, message: { type: "indexed", upTo, bytes } };
  }

  #drop(from: NodeId): Effect[] {
    const answer: Effect = { type: "send", to: from, message: { type: "dropped" } };
    if (this.#isDropped) return [answer];
    this.#isDropped = true;
    return [{ type: "clear" }, { type: "put", table: "dropped", id: 0, bytes: new Uint8Array(1) }, answer];
  }
}

/** A message's bytes may begin anywhere in their buffer: words must not. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}
