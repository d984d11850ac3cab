/** Generations of a ledger and partitions of its index that answer each other at once, over storage that outlives them. */

import type { Catalog } from "../../../shared/ledger/catalog.ts";
import { type IndexConfig, IndexMachine } from "../../../shared/ledger/index-machine.ts";
import { IndexQuery } from "../../../shared/ledger/index-query.ts";
import { LedgerMachine, type LedgerShape } from "../../../shared/ledger/ledger-machine.ts";
import { LedgerQuery } from "../../../shared/ledger/ledger-query.ts";
import { LedgerReader } from "../../../shared/ledger/ledger-reader.ts";
import { type Reading, readNow } from "../../../shared/ledger/reading.ts";
import type { Effect, StorageView } from "../../../shared/protocol/actor.ts";
import { encodeBlock, encodeCarry } from "../../../shared/protocol/block.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { type BlockHeader, decodeHeader, encodeHeader, HEADER_SIZE } from "../../../shared/protocol/header.ts";
import { type Message, type NodeId, nodeNumber } from "../../../shared/protocol/messages.ts";
import { makeFrame } from "../../../shared/protocol/record.ts";
import { LARGE_INDEX, ONE_GENERATION } from "../../simulation/cluster.ts";
import { isWrite, SimulatedStorage } from "../../simulation/storage.ts";
import { keyOf, transferRecord } from "../state/chain.ts";

const RESULT_SIZE = 48;
const SIGNATURE_AT = 65;
const TEMPLATE = transferRecord({ from: keyOf("payer"), to: keyOf("other"), lamports: 1n });

/** Pays for every transaction of `block`. */
export const PAYER = keyOf("payer");

/** R from one number, S from another. */
export function signatureOf(r: number, s: number): Uint8Array {
  return concatBytes(keyOf(`r ${r}`), keyOf(`s ${s}`));
}

export interface NetShape {
  readonly ledger?: Partial<LedgerShape>;
  readonly index?: Partial<IndexConfig>;
}

/** A handover every few blocks, an index of many small partitions. */
export const TINY: NetShape = {
  ledger: {
    generationBytes: 2_500,
    indexBytes: 2_000,
    partitions: 2,
    feed: { blocks: 3, entries: 40, waiting: 1 << 21 },
  },
  index: { pageEntries: 4, fanIn: 2, pageCacheBytes: 256, filterCacheBytes: 64 },
};

type Node = LedgerMachine | IndexMachine;

export class LedgerNet {
  readonly #shape: NetShape;
  readonly #genesisTimestamp: number;
  readonly #storages = new Map<NodeId, SimulatedStorage>();
  readonly #machines = new Map<NodeId, Node>();
  readonly #queries = new Map<NodeId, LedgerQuery | IndexQuery>();
  /** Rows read since it was set, by table. */
  reads = new Map<string, number>();
  #newest = 0;
  /** Return false to lose a message. */
  deliver: (from: NodeId, to: NodeId, message: Message) => boolean = () => true;
  readonly reader: LedgerReader;

  constructor(shape: NetShape = {}, genesisTimestamp = 0) {
    this.#shape = shape;
    this.#genesisTimestamp = genesisTimestamp;
    this.reader = new LedgerReader({
      newest: () => this.#newest,
      ledger: (number) => this.#query(`ledger-${number}`) as LedgerQuery,
      index: (number) => this.#query(`index-${number}`) as IndexQuery,
    });
    this.#machine("ledger-0");
  }

  read<T>(reading: Reading<T>): T {
    return readNow(reading);
  }

  get catalog(): Catalog {
    return (this.#machine(`ledger-${this.#newest}`) as LedgerMachine).catalog;
  }
  get ledger(): LedgerMachine {
    return this.#machine(`ledger-${this.#newest}`) as LedgerMachine;
  }
  storage(id: NodeId): SimulatedStorage {
    this.#machine(id);
    return this.#storages.get(id)!;
  }
  ids(): NodeId[] {
    return [...this.#machines.keys()];
  }
  index(id: NodeId): IndexMachine {
    return this.#machine(id) as IndexMachine;
  }

  #machine(id: NodeId): Node {
    let machine = this.#machines.get(id);
    if (machine) return machine;
    const storage = this.#storages.get(id) ?? new SimulatedStorage();
    this.#storages.set(id, storage);
    const genesisTimestamp = this.#genesisTimestamp;
    const genesis = { genesisHash: keyOf("genesis"), genesisTimestamp, genesisLamports: [0n] };
    const config = { ...ONE_GENERATION, ...this.#shape.ledger, ...genesis, generation: nodeNumber(id) };
    machine = id.startsWith("ledger-")
      ? new LedgerMachine(config)
      : new IndexMachine({ ...LARGE_INDEX, ...this.#shape.index });
    this.#machines.set(id, machine);
    this.#apply(id, machine.boot(this.#counted(storage)));
    return machine;
  }

  #counted(storage: SimulatedStorage): StorageView {
    return {
      get: (table, id) => {
        this.reads.set(table, (this.reads.get(table) ?? 0) + 1);
        return storage.get(table, id);
      },
      list: (table, from, to) => storage.list(table, from, to),
    };
  }

  #query(id: NodeId): LedgerQuery | IndexQuery {
    const machine = this.#machine(id);
    const view = this.#counted(this.#storages.get(id)!);
    const made = machine instanceof LedgerMachine ? new LedgerQuery(machine, view) : new IndexQuery(machine);
    const query = this.#queries.get(id) ?? made;
    this.#queries.set(id, query);
    return query;
  }

  #apply(id: NodeId, effects: readonly Effect[]): void {
    const storage = this.#storages.get(id)!;
    if (effects.some(({ type }) => type === "clear")) storage.clear();
    storage.apply(effects.filter(isWrite));
    for (const effect of effects) if (effect.type === "send") this.send(id, effect.to, effect.message);
  }

  send(from: NodeId, to: NodeId, message: Message): void {
    if (!this.deliver(from, to, message)) return;
    if (to === "builder" && message.type === "moved") this.#newest = Math.max(this.#newest, message.generation);
    if (!to.startsWith("ledger-") && !to.startsWith("index-")) return;
    this.#apply(to, this.#machine(to).step({ type: "message", from, message }));
  }

  /** What the timers of all objects do: whatever was lost is sent again. */
  retry(): void {
    for (const [id, machine] of this.#machines) this.#apply(id, machine.step({ type: "timer", name: "retry" }));
  }

  /** Every object begins again from what it has stored. */
  restart(): void {
    this.#machines.clear();
    this.#queries.clear();
    for (const id of this.#storages.keys()) this.#machine(id);
  }

  /** A block with a transfer of PAYER for each signature; `header`: what is other than in the block before. */
  add(signatures: readonly Uint8Array[], slot = this.ledger.tipSlot + 1, header: Partial<BlockHeader> = {}): void {
    this.block(signatures.map(recordOf), undefined, slot, header);
  }

  /** `results`: of landed transfers where they are not given. */
  block(
    records: readonly Uint8Array[],
    results: Uint8Array = plainResults(records.length),
    slot = this.ledger.tipSlot + 1,
    header: Partial<BlockHeader> = {},
  ): void {
    const genesis = this.#storages.get("ledger-0")!.get("blocks", 0)?.slice(0, HEADER_SIZE) ?? this.#header;
    this.#header = genesis;
    const fields = {
      ...decodeHeader(genesis!),
      slot,
      parentSlot: slot - 1,
      height: slot,
      unixTimestamp: slot,
      ...header,
    };
    const frame = makeFrame(records);
    const block = encodeBlock({ header: encodeHeader(fields), carry: encodeCarry([]), frame, results });
    this.send("builder", `ledger-${this.#newest}`, {
      type: "block",
      slot,
      view: fields.view,
      digest: fields.blockhash,
      block,
    });
  }
  #header: Uint8Array | undefined;
}

function recordOf(signature: Uint8Array): Uint8Array {
  const record = TEMPLATE.slice();
  record.set(signature, SIGNATURE_AT);
  return record;
}

function plainResults(count: number): Uint8Array {
  const results = new Uint8Array(count * RESULT_SIZE);
  for (let i = 0; i < count; i++) {
    viewOf(results).setUint32(i * RESULT_SIZE, RESULT_SIZE, true);
    results[i * RESULT_SIZE + 8] = 1;
  }
  return results;
}
