/**
 * A whole network in one thread and no real time: the machines of lanes, builder, shards and ledger with their WASM engines, hosted by
 * simulated objects and joined by a network that loses, repeats, delays and reorders what it carries.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zstd } from "../../durable-objects/host/zstd.ts";
import type { IndexConfig } from "../../shared/ledger/index-machine.ts";
import type { LedgerShape } from "../../shared/ledger/ledger-machine.ts";
import type { Sha256 } from "../../shared/protocol/actor.ts";
import { DEFAULT_BLOCK_LIMITS } from "../../shared/protocol/block-limits.ts";
import { shardSeeds } from "../../shared/protocol/context.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { BuilderMachine } from "../../shared/scheduling/builder-machine.ts";
import { LaneMachine } from "../../shared/scheduling/lane-machine.ts";
import { Planner } from "../../shared/scheduling/planner.ts";
import type { PlannerPort } from "../../shared/scheduling/planner-port.ts";
import { genesisEpochRecord } from "../../shared/stake/next-epoch.ts";
import { sizesOf } from "../../shared/state/account-sizes.ts";
import { type Account, encodeAccountList, type ShardSeeds, shardOf } from "../../shared/state/accounts.ts";
import { STEP_UNITS } from "../../shared/state/shard-config.ts";
import { ShardEngine } from "../../shared/state/shard-engine.ts";
import { ShardMachine } from "../../shared/state/shard-machine.ts";
import type { ShardEnginePort } from "../../shared/state/shard-port.ts";
import { CARRIED } from "../carried-programs.ts";
import type { Faults } from "./faults.ts";
import { type AnyMachine, type HostWorld, SimulatedHost } from "./host.ts";
import { type LedgerHost, Ledgers } from "./ledgers.ts";
import { splitList } from "./reference.ts";
import { Scheduler } from "./scheduler.ts";
import type { SimulatedStorage, Write } from "./storage.ts";
import { GENESIS_HASH, GENESIS_TIMESTAMP } from "./world.ts";

export const sha256: Sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

// workerd's types say that a module cannot be compiled at run time. Here it can.
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
let compiled: WebAssembly.Module | undefined;
/** build/infinisvm.wasm, compiled once; every incarnation of an object gets an instance of its own. */
export function wasmModule(): WebAssembly.Module {
  compiled ??= new Module(readFileSync(join(import.meta.dirname, "../../build/infinisvm.wasm")));
  return compiled;
}

export interface ClusterShape {
  readonly shards: number;
  readonly lanes: number;
  readonly slotMs: number;
  readonly heartbeatMs: number;
  /** Unset: every slot raises the height. */
  readonly heightStride?: number;
  /** Unset: MAX_KNOWN. */
  readonly maxKnown?: number;
  /** Of blocks in flight, of large accounts. Unset: the usual limit. */
  readonly accountBytes?: number;
  readonly checkpointRows: number;
  readonly checkpointBytes: number;
  readonly memoryBytes: number;
  readonly pageBytes: number;
  readonly partBytes: number;
  readonly mergeBytes: number;
  /** Unset: STEP_UNITS. */
  readonly stepUnits?: number;
  /** Unset: one generation, one partition. */
  readonly ledger?: LedgerShape;
  readonly index?: IndexConfig;
  readonly accounts: readonly Account[];
  /** Flags of the programs that run from their real ELFs, which are then among the accounts. Unset: none. */
  readonly realPrograms?: number;
}

export const ONE_GENERATION: LedgerShape = {
  generationBytes: 1 << 30,
  indexBytes: 1 << 30,
  partitions: 1,
  feed: { blocks: 64, entries: 1 << 18, waiting: 1 << 21 },
  keep: {},
};
export const LARGE_INDEX: IndexConfig = {
  pageEntries: 16_384,
  fanIn: 8,
  pageCacheBytes: 1 << 20,
  filterCacheBytes: 1 << 20,
};

/** Wrappers around ports and writes, with which the tests of the oracle break things on purpose. */
export interface Sabotage {
  engine?(engine: ShardEnginePort, shard: number): ShardEnginePort;
  planner?(planner: PlannerPort): PlannerPort;
  machine?(machine: AnyMachine, id: NodeId): AnyMachine;
  writes?(id: NodeId, writes: Write[]): readonly Write[];
  /** Return false to lose the message, or other messages to have them sent instead. */
  send?(from: NodeId, to: NodeId, message: Message): readonly Message[];
}

/** Called when something leaves the cluster. */
export interface Outside {
  onMessage(from: NodeId, to: NodeId, message: Message): void;
}

/** What a message is to the network: copied when it is sent. */
function copied(message: Message): Message {
  const copy: Record<string, unknown> = { ...message };
  for (const [name, value] of Object.entries(copy)) if (value instanceof Uint8Array) copy[name] = value.slice();
  return copy as unknown as Message;
}

export function describe(message: Message): string {
  const digest = "digest" in message ? ` ${Buffer.from(message.digest.subarray(0, 3)).toString("hex")}` : "";
  if ("seq" in message) return `${message.type} ${message.seq}`;
  return "slot" in message ? `${message.type} slot ${message.slot}${digest}` : message.type;
}

/** Accounts of the genesis by their shard. */
export function splitGenesis(accounts: readonly Account[], shards: number, seeds: ShardSeeds) {
  return Array.from({ length: shards }, (_, shard) => {
    const own = accounts.filter(({ key }) => shardOf(key, shards, seeds) === shard);
    return { accounts: encodeAccountList(own), lamports: own.reduce((sum, { lamports }) => sum + lamports, 0n) };
  });
}

export class Cluster implements HostWorld {
  readonly shape: ClusterShape;
  readonly scheduler = new Scheduler();
  readonly faults: Faults;
  readonly trace: ((line: string) => void) | undefined;
  readonly seeds = shardSeeds(sha256, GENESIS_HASH);
  readonly lanes: SimulatedHost<LaneMachine>[];
  readonly shards: SimulatedHost<ShardMachine>[];
  readonly builder: SimulatedHost<BuilderMachine>;
  readonly ledgers: Ledgers;
  /** Blocks of generations that were too old, by slot. */
  readonly dropped = new Map<number, Uint8Array>();
  /** The engine of each shard's present incarnation. */
  readonly engines: (ShardEngine | undefined)[] = [];
  readonly #nodes = new Map<NodeId, SimulatedHost>();
  readonly #links = new Map<string, number>();
  /** Counts blackouts. */
  #epoch = 0;
  readonly #sabotage: Sabotage;
  readonly #outside: Outside;

  constructor(
    shape: ClusterShape,
    faults: Faults,
    outside: Outside,
    sabotage: Sabotage = {},
    trace?: (line: string) => void,
  ) {
    this.shape = shape;
    this.faults = faults;
    this.#outside = outside;
    this.#sabotage = sabotage;
    this.trace = trace && ((line) => trace(`${this.scheduler.now.toFixed(0).padStart(7)} ms  ${line}`));
    const genesis = splitGenesis(shape.accounts, shape.shards, this.seeds);
    const genesisLamports = genesis.map(({ lamports }) => lamports);
    this.lanes = Array.from({ length: shape.lanes }, (_, i) => this.#host(`lane-${i}`, () => new LaneMachine(sha256)));
    this.shards = genesis.map(({ accounts }, i) => this.#host(`shard-${i}`, () => this.#shard(i, accounts)));
    this.builder = this.#host("builder", () => this.#builder());
    const config = { genesisHash: GENESIS_HASH, genesisTimestamp: GENESIS_TIMESTAMP, genesisLamports };
    const { ledger = ONE_GENERATION, index = LARGE_INDEX } = shape;
    this.ledgers = new Ledgers({ ...config, ...ledger }, index, (id, create) => this.#host(id, create));
  }

  /** The newest generation of the ledger. */
  get ledger(): LedgerHost {
    return this.ledgers.newest;
  }

  /** Every block that was stored, by slot. */
  blocks(): Map<number, Uint8Array> {
    return new Map([...this.dropped, ...this.ledgers.blocks()].sort(([a], [b]) => a - b));
  }

  #host<M extends AnyMachine>(id: NodeId, create: () => M): SimulatedHost<M> {
    const made = (): M => {
      const machine = create();
      return (this.#sabotage.machine?.(machine, id) as M | undefined) ?? machine;
    };
    const host = new SimulatedHost<M>(this, id, made);
    this.#nodes.set(id, host as unknown as SimulatedHost);
    return host;
  }

  #shard(shard: number, genesis: Uint8Array): ShardMachine {
    const { shards, realPrograms = 0 } = this.shape;
    const engine = new ShardEngine(wasmModule(), {
      shardIndex: shard,
      shardCount: shards,
      ...this.seeds,
      realPrograms,
      carried: CARRIED,
    });
    this.engines[shard] = engine;
    const port = this.#sabotage.engine?.(engine, shard) ?? engine;
    return new ShardMachine(port, { stepUnits: STEP_UNITS, ...this.shape, shard }, () => genesis, zstd);
  }

  #builder(): BuilderMachine {
    const { shards, slotMs, heartbeatMs, heightStride, realPrograms = 0 } = this.shape;
    const { accountBytes = DEFAULT_BLOCK_LIMITS.accountBytes } = this.shape;
    const limits = { ...DEFAULT_BLOCK_LIMITS, accountBytes };
    const planner = new Planner(wasmModule(), { shardCount: shards, ...this.seeds, limits });
    return new BuilderMachine(this.#sabotage.planner?.(planner) ?? planner, sha256, {
      shardCount: shards,
      slotMs,
      heartbeatMs,
      heightStride: heightStride ?? 1,
      ...(this.shape.maxKnown === undefined ? {} : { maxKnown: this.shape.maxKnown }),
      genesisHash: GENESIS_HASH,
      genesisTimestamp: GENESIS_TIMESTAMP,
      accountBytes,
      // Where sizes are known the planner also places groups by them; scenarios without the limit want loans everywhere.
      ...(this.shape.accountBytes === undefined
        ? {}
        : { genesisSizes: () => sizesOf([encodeAccountList(this.shape.accounts)]) }),
      contextFlags: realPrograms,
      genesisEpoch: () => genesisEpochRecord([encodeAccountList(this.shape.accounts)]),
    });
  }

  /** Keys of all accounts that any shard has, in memory or in storage. */
  knownKeys(): Uint8Array[] {
    const lists = this.engines.flatMap((engine, i) => [
      ...engine!.collect(0, engine!.applied()),
      ...this.shards[i]!.machine!.stored(),
    ]);
    return lists.flatMap((list) => splitList(list).map((account) => account.slice(0, 32)));
  }

  get nodes(): Iterable<SimulatedHost> {
    return this.#nodes.values();
  }

  node(id: NodeId): SimulatedHost | undefined {
    return this.#nodes.get(id) ?? (this.ledgers.host(id) as SimulatedHost | undefined);
  }

  /** Every object dies at once, and what was on its way is lost. */
  blackout(downMs: number): void {
    this.trace?.("everything dies");
    this.#epoch++;
    for (const node of this.#nodes.values()) node.kill(downMs);
  }

  /** Carries something from `from` to `to`, as often as the network likes. `arrive` is called for every copy that gets through. */
  carry(from: string, to: string, what: string, arrive: () => void): void {
    const { scheduler, faults } = this;
    const link = `${from}>${to}`;
    const number = this.#links.get(link) ?? 0;
    this.#links.set(link, number + 1);
    const times = faults.deliveries(`${link}#${number}`);
    if (times.length !== 1) this.trace?.(`${link} ${what}: ${times.length === 0 ? "lost" : `${times.length} copies`}`);
    const epoch = this.#epoch;
    for (const delay of times) {
      scheduler.after(delay, () => {
        if (epoch !== this.#epoch) this.trace?.(`${link} ${what}: lost in the blackout`);
        else if (faults.partitioned(from, to, scheduler.now)) this.trace?.(`${link} ${what}: partitioned`);
        else arrive();
      });
    }
  }

  send(from: NodeId, to: NodeId, message: Message): void {
    const messages = this.#sabotage.send?.(from, to, message) ?? [message];
    for (const one of messages.map(copied)) {
      this.#outside.onMessage(from, to, one);
      const target = this.node(to);
      const what = this.trace ? describe(one) : "";
      this.carry(from, to, what, () => {
        this.trace?.(`${from} > ${to}  ${what}`);
        target?.deliver(from, one);
      });
    }
  }

  clears(id: NodeId, storage: SimulatedStorage): void {
    this.trace?.(`${id} forgets everything`);
    for (const { id: slot, bytes } of storage.list("blocks")) this.dropped.set(slot, bytes);
  }

  writes(id: NodeId, writes: Write[]): readonly Write[] {
    return this.#sabotage.writes?.(id, writes) ?? writes;
  }

  shardOf(key: Uint8Array): number {
    return shardOf(key, this.shape.shards, this.seeds);
  }
}
