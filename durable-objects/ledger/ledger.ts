/** Shell of the ledger (shared/state/ledger-machine.ts). */
import { DurableObject } from "cloudflare:workers";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import { LedgerMachine } from "../../shared/state/ledger-machine.ts";
import {
  type FoundEntry,
  type FoundStatus,
  type FoundTransaction,
  LedgerQuery,
} from "../../shared/state/ledger-query.ts";
import type { Actor, ActorStats } from "../host/actor.ts";
import type { Env } from "../host/env.ts";
import { genesisShards } from "../host/genesis.ts";
import { type LongBytes, type LongField, longBytes } from "../host/long-message.ts";
import { MachineHost } from "../host/machine-host.ts";

export class Ledger extends DurableObject<Env> implements Actor {
  readonly #host: MachineHost<never>;
  readonly #query: LedgerQuery;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const network = parseNetwork(env.NETWORK);
    const machine = new LedgerMachine({
      genesisHash: network.genesisHash,
      genesisTimestamp: network.genesisTimestamp,
      // Asked for once, when nothing is stored.
      get genesisLamports() {
        return genesisShards(env, network).map((shard) => shard.lamports);
      },
    });
    this.#host = new MachineHost(ctx, env, "ledger", network.genesisHash, machine);
    this.#query = new LedgerQuery(machine, this.#host.storage);
  }

  /** `signatures`: 64 bytes each. */
  async statuses(signatures: Uint8Array): Promise<(FoundStatus | null)[]> {
    const out: (FoundStatus | null)[] = [];
    for (let at = 0; at + 64 <= signatures.length; at += 64) {
      out.push(this.#query.status(signatures.subarray(at, at + 64)));
    }
    return out;
  }

  async transaction(signature: Uint8Array): Promise<FoundTransaction | null> {
    return this.#query.transaction(signature);
  }

  async block(slot: number): Promise<LongBytes | null> {
    const bytes = this.#query.block(slot);
    return bytes && longBytes(bytes);
  }

  async blocks(from: number, to: number, limit: number): Promise<number[]> {
    return this.#query.blocks(from, to, limit);
  }

  async history(
    address: Uint8Array,
    options: { readonly before?: Uint8Array; readonly until?: Uint8Array; readonly limit: number },
  ): Promise<FoundEntry[]> {
    return this.#query.history(address, options);
  }

  deliver(from: NodeId, message: Message, long?: LongField): Promise<void> {
    return this.#host.deliver(from, message, long);
  }

  override async alarm(): Promise<void> {
    this.#host.alarm();
  }

  async stats(): Promise<ActorStats> {
    return this.#host.stats();
  }
}
