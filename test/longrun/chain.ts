/**
 * A whole network in one thread for very long runs: the machines of lanes, builder, shards, ledger and index over SQLite files, messages handed
 * over at once, time that passes only between slots. What is checked is what clients are told: the blocks, once the ledger has them.
 */
import { mkdirSync, rmSync } from "node:fs";
import { zstd } from "../../durable-objects/host/zstd.ts";
import { INDEX_CONFIG, IndexMachine } from "../../shared/ledger/index-machine.ts";
import { IndexQuery } from "../../shared/ledger/index-query.ts";
import { type LedgerConfig, LedgerMachine, type LedgerShape } from "../../shared/ledger/ledger-machine.ts";
import { LedgerQuery } from "../../shared/ledger/ledger-query.ts";
import { LedgerReader } from "../../shared/ledger/ledger-reader.ts";
import type { SubmitAnswer } from "../../shared/protocol/actor.ts";
import { shardSeeds } from "../../shared/protocol/context.ts";
import { MAX_HEIGHT_STRIDE } from "../../shared/protocol/limits.ts";
import { type NodeId, nodeNumber } from "../../shared/protocol/messages.ts";
import { BuilderMachine } from "../../shared/scheduling/builder-machine.ts";
import { LaneMachine } from "../../shared/scheduling/lane-machine.ts";
import { Planner } from "../../shared/scheduling/planner.ts";
import { encodeAccountList, shardOf } from "../../shared/state/accounts.ts";
import { DEFAULT_CHECKPOINT } from "../../shared/state/shard-config.ts";
import { ShardEngine } from "../../shared/state/shard-engine.ts";
import { ShardMachine } from "../../shared/state/shard-machine.ts";
import { sha256 } from "../bench/pipeline.ts";
import { SYSTEM } from "../bench/wallets.ts";
import { wasmModule } from "../wasm-module.ts";
import { Host, type Post, type Wires } from "./host.ts";

export const SLOT_MS = 50;
const GENESIS_TIMESTAMP = 1_700_000_000;
const LAMPORTS = 10n ** 14n;
const RENT_EXEMPT_EPOCH = (1n << 64n) - 1n;
export const GENESIS_HASH = sha256(new TextEncoder().encode("long run"));
/** Writes of so many slots go to the files together. */
const COMMIT_SLOTS = 16;

export interface ChainShape {
  readonly folder: string;
  readonly shards: number;
  readonly lanes: number;
  readonly keys: readonly Uint8Array[];
  readonly ledger: LedgerShape;
  /** Sees each block once, when the ledger has stored it. */
  readonly onBlock: (slot: number, block: Uint8Array) => void;
}

type AnyHost = Host<never>;

export class Chain implements Wires {
  readonly #shape: ChainShape;
  readonly #hosts = new Map<NodeId, AnyHost>();
  readonly #queue: Post[] = [];
  readonly #ledgerConfig: Omit<LedgerConfig, "generation">;
  readonly lanes: Host<LaneMachine>[];
  readonly shards: Host<ShardMachine>[];
  readonly builder: Host<BuilderMachine>;
  readonly #refused = new Set<number>();
  #token = 0;
  #told = 0;
  #slots = 0;
  now = GENESIS_TIMESTAMP * 1000;

  constructor(shape: ChainShape) {
    this.#shape = shape;
    rmSync(shape.folder, { recursive: true, force: true });
    mkdirSync(shape.folder, { recursive: true });
    const { shards: shardCount, keys } = shape;
    const seeds = shardSeeds(sha256, GENESIS_HASH);
    const account = { owner: SYSTEM, lamports: LAMPORTS, rentEpoch: RENT_EXEMPT_EPOCH, executable: false };
    const genesis = Array.from({ length: shardCount }, (_, shard) =>
      keys
        .filter((key) => shardOf(key, shardCount, seeds) === shard)
        .map((key) => ({ ...account, key, data: new Uint8Array(0) })),
    );
    const genesisLamports = genesis.map((own) => BigInt(own.length) * LAMPORTS);
    const chain = { genesisHash: GENESIS_HASH, genesisTimestamp: GENESIS_TIMESTAMP };
    this.#ledgerConfig = { ...shape.ledger, ...chain, genesisLamports };
    const module = wasmModule();
    this.lanes = Array.from({ length: shape.lanes }, (_, i) => this.#host(`lane-${i}`, () => new LaneMachine(sha256)));
    this.shards = genesis.map((own, shard) => {
      const list = encodeAccountList(own);
      return this.#host(`shard-${shard}`, () => {
        const engine = new ShardEngine(module, { shardIndex: shard, shardCount, ...seeds });
        return new ShardMachine(engine, { ...DEFAULT_CHECKPOINT, shard }, () => list, zstd);
      });
    });
    this.builder = this.#host("builder", () => {
      const times = { slotMs: SLOT_MS, heartbeatMs: 400, heightStride: MAX_HEIGHT_STRIDE };
      return new BuilderMachine(new Planner(module, { shardCount, ...seeds }), sha256, {
        shardCount,
        ...times,
        ...chain,
      });
    });
    this.#drain();
  }

  #host<M>(id: NodeId, create: () => M): Host<M & AnyHost["machine"]> {
    const host = new Host(id, this.#shape.folder, create as () => M & AnyHost["machine"], this);
    this.#hosts.set(id, host as unknown as AnyHost);
    return host;
  }

  generation(number: number): Host<LedgerMachine> {
    const id: NodeId = `ledger-${number}`;
    const host = this.#hosts.get(id) ?? this.#host(id, () => this.#ledger(number));
    return host as unknown as Host<LedgerMachine>;
  }
  #ledger(generation: number): LedgerMachine {
    return new LedgerMachine({ ...this.#ledgerConfig, generation });
  }
  index(number: number): Host<IndexMachine> {
    const id: NodeId = `index-${number}`;
    const host = this.#hosts.get(id) ?? this.#host(id, () => new IndexMachine(INDEX_CONFIG));
    return host as unknown as Host<IndexMachine>;
  }

  /** The object with this name, made when somebody first sends it something; undefined: nobody needs it here. */
  #find(id: NodeId): AnyHost | undefined {
    if (id.startsWith("ledger-")) return this.generation(nodeNumber(id)) as unknown as AnyHost;
    if (id.startsWith("index-")) return this.index(nodeNumber(id)) as unknown as AnyHost;
    return this.#hosts.get(id);
  }

  get hosts(): Iterable<AnyHost> {
    return this.#hosts.values();
  }
  get newest(): Host<LedgerMachine> {
    return this.generation(this.builder.machine.ledger);
  }

  // --- of the hosts ---

  post(post: Post): void {
    const { to, message } = post;
    this.#queue.push(post);
    if (to !== "subscriptions" || message.type !== "blockStored" || message.slot <= this.#told) return;
    this.#told = message.slot;
    this.#shape.onBlock(message.slot, message.block);
  }
  answered(token: number, answer: SubmitAnswer): void {
    if (!answer.ok) this.#refused.add(token);
  }

  #drain(): void {
    for (let at = 0; at < this.#queue.length; at++) {
      const post = this.#queue[at]!;
      this.#find(post.to)?.deliver(post);
    }
    this.#queue.length = 0;
  }

  // --- of the run ---

  /** False: the lane has no room, later. */
  submit(lane: number, frame: Uint8Array): boolean {
    const token = this.#token++;
    this.lanes[lane % this.lanes.length]!.step({ type: "submit", token, frame, isGathered: true });
    this.#drain();
    return !this.#refused.delete(token);
  }

  /** So much time passes; whatever is due meanwhile happens when it is due. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = Math.min(...[...this.#hosts.values()].map((host) => host.due ?? Number.POSITIVE_INFINITY));
      if (due > end) break;
      this.now = Math.max(this.now, due);
      for (const host of [...this.#hosts.values()]) host.fire();
      this.#drain();
    }
    this.now = end;
    if (++this.#slots % COMMIT_SLOTS === 0) for (const host of this.#hosts.values()) host.file.commit();
  }

  /** Until nothing waits at lanes and builder, and every block is stored. Throws where that does not come. */
  rest(): void {
    const isBusy = () => {
      const { machine } = this.builder;
      return machine.tip === undefined || machine.waiting + machine.inFlight > 0;
    };
    const holds = () => this.lanes.some(({ machine }) => machine.heldBytes > 0);
    for (let slots = 0; isBusy() || holds(); slots++) {
      if (slots > 10_000) throw new Error("the network does not come to rest");
      this.pass(SLOT_MS);
    }
  }

  /** Dies between two steps and is there again at once. */
  crash(id: NodeId): void {
    this.#find(id)!.restart();
    this.#drain();
  }

  /** A blockhash that transactions can use for as long as there is. */
  blockhash(): Uint8Array {
    const tip = this.builder.machine.tipSince(-1, -1, this.now);
    if (!tip) throw new Error("the builder does not know its tip");
    return tip.part.steps.at(-1)!.hash;
  }

  /** Reads as the edge does. */
  reader(): LedgerReader {
    const queries = new Map<LedgerMachine, LedgerQuery>();
    return new LedgerReader({
      newest: () => this.builder.machine.ledger,
      ledger: (number) => {
        const { machine, file } = this.generation(number);
        const query = queries.get(machine) ?? new LedgerQuery(machine, file.store);
        queries.set(machine, query);
        return query;
      },
      index: (number) => new IndexQuery(this.index(number).machine),
    });
  }

  /** Bytes of all objects. */
  get bytes(): number {
    let bytes = 0;
    for (const { file } of this.#hosts.values()) bytes += file.bytes;
    return bytes;
  }

  close(): void {
    for (const { file } of this.#hosts.values()) file.close();
    rmSync(this.#shape.folder, { recursive: true, force: true });
  }
}
