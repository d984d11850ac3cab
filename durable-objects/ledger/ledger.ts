/** Shell of a generation of the ledger (shared/ledger/ledger-machine.ts). */
import { DurableObject } from "cloudflare:workers";
import type { AddressFilter, FoundEntry, FoundStatus, FoundTransaction } from "../../shared/ledger/address-page.ts";
import { type Catalog, objectsOf } from "../../shared/ledger/catalog.ts";
import type { IndexHit, IndexKey } from "../../shared/ledger/index-run.ts";
import { LedgerMachine } from "../../shared/ledger/ledger-machine.ts";
import type { Answer, RecentPlaces, RecentStatuses } from "../../shared/ledger/ledger-ports.ts";
import { LedgerQuery } from "../../shared/ledger/ledger-query.ts";
import { ledgerShape } from "../../shared/ledger/ledger-shape.ts";
import type { PerformanceSample } from "../../shared/ledger/performance-samples.ts";
import type { PriorityFee } from "../../shared/ledger/recent-fees.ts";
import { type Message, type NodeId, nodeNumber } from "../../shared/protocol/messages.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import type { Actor, ActorStats } from "../host/actor.ts";
import type { Env } from "../host/env.ts";
import { checkGenesis, genesisShards } from "../host/genesis.ts";
import { type LongBytes, type LongField, longBytes } from "../host/long-message.ts";
import { MachineHost } from "../host/machine-host.ts";

export interface LedgerStats extends ActorStats {
  /** Bytes of blocks and index entries of this generation. */
  readonly bytes: number;
  /** Numbers of the index partitions that take its entries. */
  readonly indexes: readonly number[];
}

export class Ledger extends DurableObject<Env> implements Actor {
  readonly #host: MachineHost<never>;
  readonly #machine: LedgerMachine;
  readonly #query: LedgerQuery;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const network = parseNetwork(env.NETWORK);
    checkGenesis(env, network);
    const id = ctx.id.name as NodeId;
    this.#machine = new LedgerMachine({
      ...ledgerShape(network.ledger),
      generation: nodeNumber(id),
      genesisHash: network.genesisHash,
      genesisTimestamp: network.genesisTimestamp,
      // Asked for once, when nothing is stored.
      get genesisLamports() {
        return genesisShards(env, network).map((shard) => shard.lamports);
      },
    });
    this.#host = new MachineHost(ctx, env, id, network.genesisHash, this.#machine);
    this.#query = new LedgerQuery(this.#machine, this.#host.storage);
  }

  async catalog(): Promise<Answer<Catalog>> {
    return this.#host.read(() => this.#query.catalog());
  }

  /** `signatures`: 64 bytes each. */
  async recentStatuses(signatures: Uint8Array): Promise<Answer<RecentStatuses>> {
    return this.#host.read(() => this.#query.recentStatuses(signatures));
  }

  async recentPlace(signature: Uint8Array): Promise<Answer<IndexHit | null>> {
    return this.#host.read(() => this.#query.recentPlace(signature));
  }

  async recentHistory(
    key: IndexKey,
    start: IndexHit,
    oldestFirst: boolean,
    count: number,
  ): Promise<Answer<RecentPlaces>> {
    return this.#host.read(() => this.#query.recentHistory(key, start, oldestFirst, count));
  }

  async samples(limit: number): Promise<Answer<PerformanceSample[]>> {
    return this.#host.read(() => this.#query.samples(limit));
  }

  /** `signatures`: 64 bytes for each place. */
  async statuses(places: readonly IndexHit[], signatures: Uint8Array): Promise<(FoundStatus | null)[]> {
    return this.#host.read(() => this.#query.statuses(places, signatures));
  }

  async transaction(place: IndexHit): Promise<FoundTransaction | null> {
    return this.#host.read(() => this.#query.transaction(place));
  }

  async entries(filter: AddressFilter, places: readonly IndexHit[]): Promise<(FoundEntry | null)[]> {
    return this.#host.read(() => this.#query.entries(filter, places));
  }

  async block(slot: number): Promise<LongBytes | null> {
    const bytes = this.#host.read(() => this.#query.block(slot));
    return bytes && longBytes(bytes);
  }

  async blocks(from: number, to: number, limit: number): Promise<number[]> {
    return this.#query.blocks(from, to, limit);
  }

  async countBlocks(from: number, to: number): Promise<number> {
    return this.#query.countBlocks(from, to);
  }

  async slotAt(time: number): Promise<number> {
    return this.#host.read(() => this.#query.slotAt(time));
  }

  /** `addresses`: 32 bytes each. */
  async priorityFees(addresses: Uint8Array): Promise<PriorityFee[]> {
    return this.#host.read(() => this.#query.priorityFees(addresses));
  }

  deliver(from: NodeId, message: Message, long?: LongField): Promise<void> {
    return this.#host.deliver(from, message, long);
  }

  override async alarm(): Promise<void> {
    this.#host.alarm();
  }

  async stats(): Promise<LedgerStats> {
    const index = this.#machine.isNewest ? this.#machine.catalog.indexes.at(-1)! : undefined;
    return {
      ...this.#host.stats(),
      bytes: this.#machine.bytes,
      indexes: index ? objectsOf(index).map(nodeNumber) : [],
    };
  }
}
