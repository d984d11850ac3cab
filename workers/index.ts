/** Everything that is deployed: the edge worker and the network's objects. */
import edge from "./edge/index.ts";

export { AccountShard } from "../durable-objects/account-shard/account-shard.ts";
export { Builder } from "../durable-objects/builder/builder.ts";
export { Faucet } from "../durable-objects/faucet/faucet.ts";
export { IndexPartition } from "../durable-objects/index-partition/index-partition.ts";
export { IngressLane } from "../durable-objects/ingress-lane/ingress-lane.ts";
export { Ledger } from "../durable-objects/ledger/ledger.ts";
export { Subscriptions } from "../durable-objects/subscriptions/subscriptions.ts";

export default edge;

/** The same worker by a name of its own, so that a local network can give its WebSocket port a socket (infra/network). */
export const pubsub = { fetch: edge.fetch };
