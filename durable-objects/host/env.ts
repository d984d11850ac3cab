/** Bindings of wrangler.toml, as every worker and object of the network sees them. */
import type { NodeId } from "../../shared/protocol/messages.ts";
import type { AccountShard } from "../account-shard/account-shard.ts";
import type { Builder } from "../builder/builder.ts";
import type { Faucet } from "../faucet/faucet.ts";
import type { IndexPartition } from "../index-partition/index-partition.ts";
import type { IngressLane } from "../ingress-lane/ingress-lane.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";
import type { Actor } from "./actor.ts";

export interface Env {
  readonly LANE: DurableObjectNamespace<IngressLane>;
  readonly BUILDER: DurableObjectNamespace<Builder>;
  readonly SHARD: DurableObjectNamespace<AccountShard>;
  readonly LEDGER: DurableObjectNamespace<Ledger>;
  readonly INDEX: DurableObjectNamespace<IndexPartition>;
  readonly SUBSCRIPTIONS: DurableObjectNamespace<Subscriptions>;
  readonly FAUCET: DurableObjectNamespace<Faucet>;
  /** On a local network: how much room its disk has (infra/network/disk.ts). */
  readonly DISK?: Fetcher;
  /** On a forked network: who asks its upstream (shared/fork/protocol.ts). */
  readonly FORK?: Fetcher;
  /** shared/protocol/network.ts, as JSON text or as the object itself. */
  readonly NETWORK: unknown;
  /** What the machine allows; absent on the globe. */
  readonly LIMITS?: { readonly webSockets: number };
  /** Account list: what the genesis has beside the accounts that NETWORK names. */
  readonly GENESIS?: ArrayBuffer;
}

/** Made once: the id of a name is an HMAC of it. Names are those of one network's objects. */
const ids = new WeakMap<object, Map<string, DurableObjectId>>();

function idOf(namespace: Pick<DurableObjectNamespace, "idFromName">, name: string): DurableObjectId {
  const known = ids.get(namespace) ?? new Map<string, DurableObjectId>();
  ids.set(namespace, known);
  const id = known.get(name) ?? namespace.idFromName(name);
  known.set(name, id);
  return id;
}

const named = <T extends Rpc.DurableObjectBranded | undefined>(namespace: DurableObjectNamespace<T>, name: string) =>
  namespace.get(idOf(namespace, name));

export const laneStub = (env: Env, lane: number) => named(env.LANE, `lane-${lane}`);
export const builderStub = (env: Env) => named(env.BUILDER, "builder");
export const shardStub = (env: Env, shard: number) => named(env.SHARD, `shard-${shard}`);
export const ledgerStub = (env: Env, generation: number) => named(env.LEDGER, `ledger-${generation}`);
export const indexStub = (env: Env, partition: number) => named(env.INDEX, `index-${partition}`);
export const subscriptionsStub = (env: Env) => named(env.SUBSCRIPTIONS, "subscriptions-0");
export const faucetStub = (env: Env) => named(env.FAUCET, "faucet");

/** The object behind a node id, as one that takes messages. */
export function actorStub(env: Env, id: NodeId): Pick<Actor, "deliver"> {
  if (id === "subscriptions") return subscriptionsStub(env) as unknown as Pick<Actor, "deliver">;
  const kind = id.split("-")[0] as keyof typeof namespaces;
  const namespaces = { builder: env.BUILDER, lane: env.LANE, shard: env.SHARD, ledger: env.LEDGER, index: env.INDEX };
  return named(namespaces[kind] as DurableObjectNamespace<IngressLane>, id) as unknown as Pick<Actor, "deliver">;
}
