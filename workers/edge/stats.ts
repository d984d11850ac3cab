/** What the network's objects have done since they started, for `GET /v1/stats`: rows, bytes, messages, queues. */
import type { ActorStats } from "../../durable-objects/host/actor.ts";
import { builderStub, type Env, laneStub, ledgerStub, shardStub } from "../../durable-objects/host/env.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";

export interface NetworkStats {
  readonly builder: ActorStats & {
    readonly waiting: number;
    readonly inFlight: number;
    readonly proposed: number;
    readonly crossShard: number;
    readonly blocks: number;
  };
  readonly lanes: readonly ActorStats[];
  readonly shards: readonly ActorStats[];
  readonly ledger: ActorStats;
}

export async function networkStats(env: Env): Promise<NetworkStats> {
  const { lanes, shardCount } = parseNetwork(env.NETWORK);
  const [builder, ledger, laneStats, shardStats] = await Promise.all([
    builderStub(env).stats(),
    ledgerStub(env).stats(),
    Promise.all(Array.from({ length: lanes }, (_, lane) => laneStub(env, lane).stats())),
    Promise.all(Array.from({ length: shardCount }, (_, shard) => shardStub(env, shard).stats())),
  ]);
  return { builder, ledger, lanes: laneStats, shards: shardStats };
}
