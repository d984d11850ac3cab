/** Shell of the ledger (shared/state/ledger-machine.ts). */
import { DurableObject } from "cloudflare:workers";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import { splitKeys } from "../../shared/state/accounts.ts";
import type { PriorityFee } from "../../shared/state/ledger-fees.ts";
import { LedgerMachine } from "../../shared/state/ledger-machine.ts";
import type { AddressPage, AddressQuery, FoundStatus, FoundTransaction } from "../../shared/state/ledger-page.ts";
import { LedgerQuery } from "../../shared/state/ledger-query.ts";
import type { PerformanceSample } from "../../shared/state/ledger-samples.ts";
import type { Actor, ActorStats } from "../host/actor.ts";
import type { Env } from "../host/env.ts";
import { checkGenesis, genesisShards } from "../host/genesis.ts";
import { type LongBytes, type LongField, longBytes } from "../host/long-message.ts";
import { MachineHost } from "../host/machine-host.ts";

export class Ledger extends DurableObject<Env> implements Actor {
  readonly #host: MachineHost<never>;
  readonly #query: LedgerQuery;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const network = parseNetwork(env.NETWORK);
    checkGenesis(env, network);
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

  async countBlocks(from: number, to: number): Promise<number> {
    return this.#query.countBlocks(from, to);
  }

  async page(query: AddressQuery): Promise<AddressPage> {
    return this.#query.page(query);
  }

  /** `addresses`: 32 bytes each. */
  async priorityFees(addresses: Uint8Array): Promise<PriorityFee[]> {
    return this.#query.priorityFees(splitKeys(addresses));
  }

  async samples(limit: number): Promise<PerformanceSample[]> {
    return this.#query.samples(limit);
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
