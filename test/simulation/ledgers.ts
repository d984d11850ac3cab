/** The ledger of a simulated network: its generations and the partitions of its index, made when somebody first sends them something. */

import type { Catalog } from "../../shared/ledger/catalog.ts";
import { type IndexConfig, IndexMachine } from "../../shared/ledger/index-machine.ts";
import { IndexQuery } from "../../shared/ledger/index-query.ts";
import { type LedgerConfig, LedgerMachine } from "../../shared/ledger/ledger-machine.ts";
import type { LedgerPorts } from "../../shared/ledger/ledger-ports.ts";
import { LedgerQuery } from "../../shared/ledger/ledger-query.ts";
import { LedgerReader } from "../../shared/ledger/ledger-reader.ts";
import { type NodeId, nodeNumber } from "../../shared/protocol/messages.ts";
import type { SimulatedHost } from "./host.ts";

export type LedgerHost = SimulatedHost<LedgerMachine>;
export type IndexHost = SimulatedHost<IndexMachine>;

/** Makes a host the first time; afterwards it is the same one. */
export type MakeHost = <M extends LedgerMachine | IndexMachine>(id: NodeId, create: () => M) => SimulatedHost<M>;

export class Ledgers {
  readonly #config: Omit<LedgerConfig, "generation">;
  readonly #index: IndexConfig;
  readonly #make: MakeHost;
  readonly generations: LedgerHost[] = [];
  readonly indexes: IndexHost[] = [];

  constructor(config: Omit<LedgerConfig, "generation">, index: IndexConfig, make: MakeHost) {
    this.#config = config;
    this.#index = index;
    this.#make = make;
    this.generation(0);
    this.index(0);
  }

  generation(number: number): LedgerHost {
    const config = { ...this.#config, generation: number };
    this.generations[number] ??= this.#make(`ledger-${number}`, () => new LedgerMachine(config));
    return this.generations[number]!;
  }

  index(number: number): IndexHost {
    this.indexes[number] ??= this.#make(`index-${number}`, () => new IndexMachine(this.#index));
    return this.indexes[number]!;
  }

  /** The host of a ledger or index node. */
  host(id: NodeId): LedgerHost | IndexHost | undefined {
    if (id.startsWith("ledger-")) return this.generation(nodeNumber(id));
    return id.startsWith("index-") ? this.index(nodeNumber(id)) : undefined;
  }

  /** The generation that takes the blocks. */
  get newest(): LedgerHost {
    return this.generations.findLast((host) => host?.machine?.isNewest) ?? this.generations[0]!;
  }

  get catalog(): Catalog {
    return this.newest.machine!.catalog;
  }

  /** Blocks of all generations that are there, by slot. */
  blocks(): Map<number, Uint8Array> {
    const blocks = new Map<number, Uint8Array>();
    for (const host of this.generations)
      for (const { id, bytes } of host?.storage.list("blocks") ?? []) blocks.set(id, bytes);
    return blocks;
  }

  /** Reads as the edge does, of a network at rest. */
  reader(): LedgerReader {
    const ledgers = new Map<number, LedgerQuery>();
    const ports: LedgerPorts = {
      newest: () => nodeNumber(this.newest.id),
      ledger: (number) => {
        const { machine, storage } = awake(this.generation(number));
        const query = ledgers.get(number) ?? new LedgerQuery(machine!, storage);
        ledgers.set(number, query);
        return query;
      },
      index: (number) => new IndexQuery(awake(this.index(number)).machine!),
    };
    return new LedgerReader(ports);
  }
}

/** A partition that has not got anything yet is in nobody's memory. */
function awake<H extends LedgerHost | IndexHost>(host: H): H {
  host.wake();
  return host;
}
