/** Shell of the builder (shared/scheduling/builder-machine.ts). */
import { DurableObject } from "cloudflare:workers";
import wasm from "../../build/infinisvm.wasm";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { ERROR_TEXT } from "../../shared/errors/messages.ts";
import { shardSeeds } from "../../shared/protocol/context.ts";
import { HEIGHT_STEP_MS, MAX_HEIGHT_STRIDE } from "../../shared/protocol/limits.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import { BuilderMachine, type ClockEvent, type WatchEvent } from "../../shared/scheduling/builder-machine.ts";
import type { ClockCommand } from "../../shared/scheduling/dev-clock.ts";
import type { ChainPart } from "../../shared/scheduling/hash-chain.ts";
import { Planner } from "../../shared/scheduling/planner.ts";
import { genesisEpochRecord } from "../../shared/stake/next-epoch.ts";
import { sizesOf } from "../../shared/state/account-sizes.ts";
import type { Actor, ActorStats } from "../host/actor.ts";
import type { Env } from "../host/env.ts";
import { genesisShards } from "../host/genesis.ts";
import type { LongField } from "../host/long-message.ts";
import { MachineHost } from "../host/machine-host.ts";
import { randomSeed } from "../host/random-seed.ts";
import { sha256 } from "../host/sha256.ts";

/** The tip as the edge gets it: shared/rpc/backend.ts, Head. */
export interface HeadAnswer {
  readonly slot: number;
  readonly blockTime: number;
  /** What the caller does not know of the chain up to `slot`. */
  readonly part: ChainPart;
  /** View and Unix seconds of a next slot. */
  readonly view: number;
  readonly nextTimestamp: number;
  /** Unix seconds of the beginning of the epoch of `slot`. */
  readonly epochStartTimestamp: number;
  /** The record of that epoch (shared/stake/epoch-record.ts), empty for the empty one. Absent: the caller knows it. */
  readonly epochRecord: Uint8Array | undefined;
  /** How long the answer is good for, milliseconds from before the question (shared/scheduling/tip-lease.ts). */
  readonly leaseMs: number;
  readonly transactionCount: bigint;
  readonly capitalization: bigint;
}

/** Numbers for whoever watches the network. Asking for them does not keep an idle chain ticking. */
export interface BuilderStatus {
  readonly slot: number;
  readonly transactions: number;
  /** Milliseconds from a frame's arrival to its durable block, median of the latest blocks; null: none yet. */
  readonly confirmationP50: number | null;
  /** Generation of the ledger that takes the blocks. */
  readonly ledger: number;
}

export interface BuilderStats extends ActorStats {
  readonly waiting: number;
  readonly inFlight: number;
  readonly proposed: number;
  readonly crossShard: number;
  readonly blocks: number;
}

/** Empty blocks of a watched, idle chain come this much slower than blocks with work, and not more often than each 400 ms. */
const HEARTBEAT_SLOTS = 8;
const MIN_HEARTBEAT_MS = 400;

export class Builder extends DurableObject<Env> implements Actor {
  readonly #host: MachineHost<WatchEvent | ClockEvent>;
  readonly #machine: BuilderMachine;
  readonly #planner: Planner;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const network = parseNetwork(env.NETWORK);
    const seeds = shardSeeds(sha256, network.genesisHash);
    const { shardCount, blockLimits: limits } = network;
    this.#planner = new Planner(wasm, { shardCount, limits, ...seeds, hashSeed: randomSeed() });
    this.#machine = new BuilderMachine(this.#planner, sha256, {
      shardCount: network.shardCount,
      slotMs: network.slotMs,
      heartbeatMs: Math.max(MIN_HEARTBEAT_MS, network.slotMs * HEARTBEAT_SLOTS),
      heightStride: Math.min(MAX_HEIGHT_STRIDE, Math.ceil(HEIGHT_STEP_MS / network.slotMs)),
      genesisHash: network.genesisHash,
      genesisTimestamp: network.genesisTimestamp,
      contextFlags: network.realPrograms ?? 0,
      ...(network.faucetSecret && { developer: network.faucetSecret.subarray(32) }),
      development: network.dev === true,
      accountBytes: limits.accountBytes,
      genesisSizes: () => sizesOf(genesisShards(env, network).map(({ accounts }) => accounts)),
      genesisEpoch: () => genesisEpochRecord(genesisShards(env, network).map(({ accounts }) => accounts)),
    });
    this.#host = new MachineHost(ctx, env, "builder", network.genesisHash, this.#machine);
  }

  /**
   * The stored tip; null while the builder recovers after a start. `since`: the caller knows the blockhashes up to that
   * slot, -1 none. `knownEpoch`: of the record that the caller knows, -1 none. Keeps an idle chain ticking for a while.
   */
  async head(since: number, knownEpoch: number): Promise<HeadAnswer | null> {
    this.#host.step({ type: "watch" });
    const tip = this.#machine.tipSince(since, knownEpoch, Date.now());
    if (!tip) return null;
    const { slot, view, unixTimestamp, epochStartTimestamp, transactionCount, capitalization } = tip.header;
    const { part, unixTimestamp: nextTimestamp, epochRecord, leaseMs } = tip;
    const epoch = { epochStartTimestamp, epochRecord, leaseMs };
    return { slot, view, blockTime: unixTimestamp, part, nextTimestamp, ...epoch, transactionCount, capitalization };
  }

  /** Sets the clock of a network for development. False: still recovering after a start; nothing was set. */
  async clock(command: ClockCommand): Promise<boolean> {
    if (parseNetwork(this.env.NETWORK).dev !== true) throw new Error("the clock of this network cannot be set");
    if (!this.#machine.tip) return false;
    if (this.#host.step({ type: "clock", command })) return true;
    throw new Error(`STORE_FULL builder: ${ERROR_TEXT[ErrorCode.STORE_FULL]}`);
  }

  /** Generation of the ledger that takes the blocks. */
  async ledger(): Promise<number> {
    return this.#machine.ledger;
  }

  /** `null`: still recovering after a start. */
  async status(): Promise<BuilderStatus | null> {
    const { tip, confirmation } = this.#machine;
    if (!tip) return null;
    return {
      slot: tip.slot,
      transactions: Number(tip.transactionCount),
      confirmationP50: confirmation.median(),
      ledger: this.#machine.ledger,
    };
  }

  deliver(from: NodeId, message: Message, long?: LongField): Promise<void> {
    return this.#host.deliver(from, message, long);
  }

  override async alarm(): Promise<void> {
    this.#host.alarm();
  }

  async stats(): Promise<BuilderStats> {
    const { waiting, inFlight, totals } = this.#machine;
    const stats = this.#host.stats();
    const memory = { ...stats.memory, ...this.#planner.memory() };
    return { ...stats, memory, waiting, inFlight, ...totals };
  }
}
