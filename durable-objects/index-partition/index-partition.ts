/** Shell of a partition of the ledger's index (shared/ledger/index-machine.ts). */
import { DurableObject } from "cloudflare:workers";
import { type IndexKind, IndexMachine } from "../../shared/ledger/index-machine.ts";
import { IndexQuery } from "../../shared/ledger/index-query.ts";
import type { IndexHit, IndexKey } from "../../shared/ledger/index-run.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import type { Actor, ActorStats } from "../host/actor.ts";
import type { Env } from "../host/env.ts";
import type { LongField } from "../host/long-message.ts";
import { MachineHost } from "../host/machine-host.ts";

export interface IndexStats extends ActorStats {
  /** Stored runs, of signatures and of addresses: what a lookup may ask. */
  readonly runs: readonly number[];
}

export class IndexPartition extends DurableObject<Env> implements Actor {
  readonly #host: MachineHost<never>;
  readonly #machine = new IndexMachine();
  readonly #query = new IndexQuery(this.#machine);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { genesisHash } = parseNetwork(env.NETWORK);
    this.#host = new MachineHost(ctx, env, ctx.id.name as NodeId, genesisHash, this.#machine);
  }

  async find(kind: IndexKind, keys: readonly IndexKey[], since: number): Promise<IndexHit[][]> {
    return this.#host.read(() => this.#query.find(kind, keys, since));
  }

  async history(key: IndexKey, start: IndexHit, oldestFirst: boolean, count: number): Promise<IndexHit[]> {
    return this.#host.read(() => this.#query.history(key, start, oldestFirst, count));
  }

  deliver(from: NodeId, message: Message, long?: LongField): Promise<void> {
    return this.#host.deliver(from, message, long);
  }

  override async alarm(): Promise<void> {
    this.#host.alarm();
  }

  async stats(): Promise<IndexStats> {
    return { ...this.#host.stats(), runs: [this.#machine.runs("signatures"), this.#machine.runs("addresses")] };
  }
}
