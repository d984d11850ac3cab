/** Shell of the account shard (shared/state/shard-machine.ts). */
import { DurableObject } from "cloudflare:workers";
import wasm from "../../build/infinisvm.wasm";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { shardSeeds } from "../../shared/protocol/context.ts";
import { ENC, LIST } from "../../shared/protocol/layouts/account.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import type { InParts } from "../../shared/state/account-walk.ts";
import { DEFAULT_CHECKPOINT } from "../../shared/state/shard-config.ts";
import { ShardEngine } from "../../shared/state/shard-engine.ts";
import { ShardMachine } from "../../shared/state/shard-machine.ts";
import type { Actor, ActorStats } from "../host/actor.ts";
import type { Env } from "../host/env.ts";
import { carriedPrograms, checkGenesis, genesisShards } from "../host/genesis.ts";
import { INLINE_BYTES, type LongBytes, type LongField, longBytes } from "../host/long-message.ts";
import { MachineHost } from "../host/machine-host.ts";
import { randomSeed } from "../host/random-seed.ts";
import { sha256 } from "../host/sha256.ts";
import { zstd } from "../host/zstd.ts";

/** How long the largest accounts are remembered: so that walking all takes a small part of the time; at most as long as Agave does. */
const LARGEST_MS_AN_ACCOUNT = 0.01;
const MAX_LARGEST_AGE_MS = 2 * 60 * 60 * 1_000;

/** Walks over accounts that are under way or wait; beyond them whoever asks is told so. */
const MAX_WALKS = 32;
export type Busy = "busy";

/** What keeps a message from landing twice. */
export interface MessageTag {
  readonly height: bigint;
  readonly tag: bigint;
}

/** `entries`: key and u64 lamports each, descending. */
export interface Largest {
  readonly slot: number;
  readonly entries: Uint8Array;
}

export class AccountShard extends DurableObject<Env> implements Actor {
  readonly #host: MachineHost<never>;
  readonly #machine: ShardMachine;
  readonly #engine: ShardEngine;
  #walking: Promise<void> = Promise.resolve();
  #walks = 0;
  #largest: (Largest & { readonly until: number }) | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const network = parseNetwork(env.NETWORK);
    checkGenesis(env, network);
    const id = ctx.id.name as NodeId;
    const shard = Number(id.slice("shard-".length));
    const seeds = shardSeeds(sha256, network.genesisHash);
    const { shardCount, realPrograms = 0 } = network;
    const engine = new ShardEngine(wasm, {
      shardIndex: shard,
      shardCount,
      ...seeds,
      hashSeed: randomSeed(),
      realPrograms,
      carried: carriedPrograms(env, network),
    });
    this.#engine = engine;
    const genesis = () => genesisShards(env, network)[shard]!.accounts;
    this.#machine = new ShardMachine(engine, { shard, ...DEFAULT_CHECKPOINT }, genesis, zstd);
    this.#host = new MachineHost(ctx, env, id, network.genesisHash, this.#machine);
  }

  /**
   * `keys`: 32 bytes each; all must be this shard's. Account list with one entry a key, as of the end of slot `asOf`; null when it
   * is larger than a read may be. `known`: hashes of the data that the reader has, 32 bytes a key or zeros; then the list has stubs.
   */
  async read(keys: Uint8Array, asOf: number, known?: Uint8Array): Promise<LongBytes | null> {
    const list = this.#host.read(() => this.#machine.readBounded(keys, asOf, known));
    return list && longBytes(list);
  }

  /** As `read`, and whether a message has landed: its tag (wasm/transaction/tag.ts) and the height of its blockhash, which is usable. */
  async readForPreflight(
    keys: Uint8Array,
    asOf: number,
    known: Uint8Array | undefined,
    message: MessageTag,
  ): Promise<{ readonly list: LongBytes | null; readonly hasLanded: boolean }> {
    const hasLanded = this.#engine.hasLanded(message.height, message.tag);
    return { list: await this.read(keys, asOf, known), hasLanded };
  }

  /**
   * The accounts of several readers in one list (null: too much for one answer, each asks alone), and for each message whether it has landed.
   */
  async readMany(
    keys: Uint8Array,
    asOf: number,
    known: Uint8Array | undefined,
    messages: readonly MessageTag[],
  ): Promise<{ readonly list: Uint8Array | null; readonly landed: readonly boolean[] }> {
    const landed = messages.map(({ height, tag }) => this.#engine.hasLanded(height, tag));
    const list = this.#host.read(() => this.#machine.readBounded(keys, asOf, known));
    return { list: list && list.length <= INLINE_BYTES ? list : null, landed };
  }

  /** Lamports of each of the keys (32 bytes each), 0 for what does not exist, as of the end of slot `asOf`. */
  async balances(keys: Uint8Array, asOf: number): Promise<BigUint64Array> {
    const balances = new BigUint64Array(keys.length / 32);
    for (let i = 0; i < balances.length; i++) {
      // One at a time: their data may be large.
      const list = this.#host.read(() => this.#machine.read(keys.slice(i * 32, (i + 1) * 32), asOf));
      balances[i] = viewOf(list).getBigUint64(LIST.HEADER + ENC.LAMPORTS, true);
    }
    return balances;
  }

  /** Account list of what the filter lets through, or null when it is larger than an answer may be. */
  async scan(request: Uint8Array, asOf: number): Promise<LongBytes | null | Busy> {
    const list = await this.#walk(() => this.#machine.scan(request, asOf));
    return list instanceof Uint8Array ? longBytes(list) : list;
  }

  /** The accounts with the most lamports; null when there are more than may be walked. Remembered the longer the more there are. */
  async largest(asOf: number): Promise<Largest | null | Busy> {
    if (this.#largest && Date.now() < this.#largest.until) return this.#largest;
    const entries = await this.#walk(() => this.#machine.largest(asOf));
    if (!(entries instanceof Uint8Array)) return entries;
    const age = Math.min(this.#machine.count * LARGEST_MS_AN_ACCOUNT, MAX_LARGEST_AGE_MS);
    this.#largest = { slot: asOf, entries, until: Date.now() + age };
    return this.#largest;
  }

  /** Walks over accounts come one after another, each in parts: in between the shard does everything else. */
  async #walk<T>(begin: () => InParts<T>): Promise<T | Busy> {
    if (this.#walks >= MAX_WALKS) return "busy";
    this.#walks++;
    const before = this.#walking;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#walking = promise;
    try {
      await before;
      const parts = begin();
      for (;;) {
        const part = this.#host.read(() => parts.next());
        if (part.done) return part.value;
        await new Promise((next) => setTimeout(next, 0));
      }
    } finally {
      this.#walks--;
      resolve();
    }
  }

  deliver(from: NodeId, message: Message, long?: LongField): Promise<void> {
    return this.#host.deliver(from, message, long);
  }

  override async alarm(): Promise<void> {
    this.#host.alarm();
  }

  async stats(): Promise<ActorStats> {
    const stats = this.#host.stats();
    const { accounts, accountsInMemory, bytesInMemory } = this.#machine.size();
    const own = { accounts, accountsInMemory, accountsBytes: bytesInMemory, known: this.#engine.known() };
    return { ...stats, memory: { ...stats.memory, ...own, ...this.#engine.memoryReport() } };
  }
}
