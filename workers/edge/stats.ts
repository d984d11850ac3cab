/** What the network's objects have done since they started, for `GET /v1/stats`: rows, bytes, messages, queues. */
import type { ActorStats } from "../../durable-objects/host/actor.ts";
import {
  builderStub,
  type Env,
  indexStub,
  laneStub,
  ledgerStub,
  shardStub,
  subscriptionsStub,
} from "../../durable-objects/host/env.ts";
import { ledgerReader } from "../../durable-objects/host/ledger-ports.ts";
import { sharedWasm } from "../../durable-objects/host/shared-wasm.ts";
import type { DiskReport } from "../../durable-objects/host/storage-room.ts";
import type { IndexStats } from "../../durable-objects/index-partition/index-partition.ts";
import type { LedgerStats } from "../../durable-objects/ledger/ledger.ts";
import type { SubscriptionStats } from "../../durable-objects/subscriptions/subscriptions.ts";
import { firstSlotOf } from "../../shared/ledger/catalog.ts";
import { readSoon } from "../../shared/ledger/reading.ts";
import type { MemoryReport } from "../../shared/protocol/actor.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";

export interface NetworkStats {
  readonly builder: ActorStats & {
    readonly waiting: number;
    readonly inFlight: number;
    readonly proposed: number;
    readonly crossShard: number;
    readonly blocks: number;
  };
  /** Of the edge, and of the processes where the network is a local one: resident memory, bytes. */
  readonly memory: MemoryReport;
  readonly lanes: readonly ActorStats[];
  readonly shards: readonly ActorStats[];
  /** Of its newest generation. */
  readonly ledger: LedgerStats & {
    /** Its number, the oldest slot that can be read, and the bytes of blocks and index entries of all generations. */
    readonly generation: number;
    readonly first: number;
    readonly kept: number;
  };
  /** Of the partitions that take the entries of new blocks. */
  readonly indexes: readonly IndexStats[];
  readonly subscriptions: SubscriptionStats;
}

async function edgeMemory(env: Env): Promise<MemoryReport> {
  const own = sharedWasm().memoryReport();
  if (!env.DISK) return own;
  const { residentBytes } = (await (await env.DISK.fetch("http://disk/")).json()) as DiskReport;
  return { ...own, ...(residentBytes !== undefined && { residentBytes }) };
}

export async function networkStats(env: Env): Promise<NetworkStats> {
  const { lanes, shardCount } = parseNetwork(env.NETWORK);
  const catalog = await readSoon(ledgerReader(env).catalog());
  const { first, partitions } = catalog.indexes.at(-1)!;
  const [memory, builder, ledger, laneStats, shardStats, indexes, subscriptions] = await Promise.all([
    edgeMemory(env),
    builderStub(env).stats(),
    ledgerStub(env, catalog.generation).stats(),
    Promise.all(Array.from({ length: lanes }, (_, lane) => laneStub(env, lane).stats())),
    Promise.all(Array.from({ length: shardCount }, (_, shard) => shardStub(env, shard).stats())),
    Promise.all(Array.from({ length: partitions }, (_, i) => indexStub(env, first + i).stats())),
    subscriptionsStub(env).stats(),
  ]);
  const kept = catalog.finished.reduce((sum, { bytes }) => sum + bytes, ledger.bytes);
  const { generation } = catalog;
  return {
    memory,
    builder,
    ledger: { ...ledger, generation, first: firstSlotOf(catalog), kept },
    lanes: laneStats,
    shards: shardStats,
    indexes,
    subscriptions,
  };
}
