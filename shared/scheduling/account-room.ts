/**
 * What the builder does about large accounts: the planner knows their sizes from shards, blocks in flight have bytes of them together, and
 * what is known outlives a restart: it is saved in the step that hears of a change, and shards tell it again with every answer they repeat.
 */
import type { Effect, StorageView } from "../protocol/actor.ts";
import { DEFAULT_BLOCK_LIMITS } from "../protocol/block-limits.ts";
import type { BuilderConfig } from "./builder-types.ts";
import type { InFlight } from "./in-flight.ts";
import type { PlannerPort } from "./planner-port.ts";

const TABLE = "sizes";

export class AccountRoom {
  readonly #planner: PlannerPort;
  /** Bytes of large accounts that blocks in flight may write together. */
  readonly limit: number;

  constructor(planner: PlannerPort, config: BuilderConfig) {
    this.#planner = planner;
    this.limit = config.accountBytes ?? DEFAULT_BLOCK_LIMITS.accountBytes;
  }

  boot(storage: StorageView, genesisSizes: (() => Uint8Array) | undefined): Effect[] {
    const saved = storage.get(TABLE, 0);
    const sizes = saved ?? genesisSizes?.();
    const effects = sizes ? this.note(sizes) : [];
    return saved ? [] : effects;
  }

  /** Bytes that the next block may write beside those in flight. */
  left(inFlight: Iterable<InFlight>): number {
    let left = this.limit;
    for (const { accountBytes } of inFlight) left -= accountBytes;
    return Math.max(0, left);
  }

  /** What a shard tells. */
  note(told: Uint8Array): Effect[] {
    this.#planner.noteSizes(told);
    const sizes = this.#planner.newSizes();
    return sizes ? [{ type: "put", table: TABLE, id: 0, bytes: sizes }] : [];
  }
}
