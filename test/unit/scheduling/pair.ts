/** A builder and a ledger that answer each other at once, over storage that outlives them. */

import { LedgerMachine } from "../../../shared/ledger/ledger-machine.ts";
import type { Effect, StorageView } from "../../../shared/protocol/actor.ts";
import { type BuilderConfig, BuilderMachine } from "../../../shared/scheduling/builder-machine.ts";
import type { ClockCommand } from "../../../shared/scheduling/dev-clock.ts";
import { Planner } from "../../../shared/scheduling/planner.ts";
import { encodeSummary } from "../../../shared/stake/summary.ts";
import { ONE_GENERATION } from "../../simulation/cluster.ts";
import { isWrite, type SimulatedStorage } from "../../simulation/storage.ts";
import { wasmModule } from "../../wasm-module.ts";
import { keyOf, SEEDS, sha256 } from "../state/chain.ts";

export const HEARTBEAT_MS = 10;
const genesisHash = keyOf("genesis");

export class Pair {
  readonly builder: BuilderMachine;
  readonly ledger = new LedgerMachine({
    ...ONE_GENERATION,
    generation: 0,
    genesisHash,
    genesisTimestamp: 0,
    genesisLamports: [0n],
  });
  readonly #own: SimulatedStorage;
  readonly #ledgers: SimulatedStorage;

  constructor(
    own: SimulatedStorage,
    ledgers: SimulatedStorage,
    view: StorageView = own,
    config: Partial<BuilderConfig> = {},
  ) {
    this.builder = new BuilderMachine(new Planner(wasmModule(), { shardCount: 1, ...SEEDS }), sha256, {
      shardCount: 1,
      slotMs: 1,
      heartbeatMs: HEARTBEAT_MS,
      heightStride: 1,
      genesisHash,
      genesisTimestamp: 0,
      development: true,
      ...config,
    });
    this.#own = own;
    this.#ledgers = ledgers;
    ledgers.apply(this.ledger.boot(ledgers).filter(isWrite));
    this.#carry(this.builder.boot(view, 0), 0);
  }

  #carry(effects: readonly Effect[], now: number): void {
    this.#own.apply(effects.filter(isWrite));
    for (const effect of effects) {
      // A block that waits for those who may still use the tip before it.
      if (effect.type === "timer" && effect.name === "seal") {
        const later = now + effect.delayMs;
        this.#carry(this.builder.step({ type: "timer", name: "seal" }, later), later);
      }
      if (effect.type === "send" && effect.message.type === "stakesWanted") this.#noStakes(effect.message.slot, now);
      if (effect.type !== "send" || effect.to !== "ledger-0") continue;
      const answers = this.ledger.step({ type: "message", from: "builder", message: effect.message });
      this.#ledgers.apply(answers.filter(isWrite));
      for (const answer of answers) {
        if (answer.type !== "send" || answer.to !== "builder") continue;
        this.#carry(this.builder.step({ type: "message", from: "ledger-0", message: answer.message }, now), now);
      }
    }
  }

  /** The answer of the only shard, when an epoch ends. */
  #noStakes(slot: number, now: number): void {
    const summary = encodeSummary({ settled: [], moving: [], votes: [] });
    const message = { type: "stakes", slot, summary } as const;
    this.#carry(this.builder.step({ type: "message", from: "shard-0", message }, now), now);
  }

  /** Where an epoch ends the block comes with the tick after the shard's answer. */
  #ticks(now: number): void {
    for (let i = 0; i < 2; i++) this.#carry(this.builder.step({ type: "timer", name: "tick" }, now), now);
  }

  tick(now: number): void {
    this.#carry(this.builder.step({ type: "watch" }, now), now);
    this.#ticks(now);
  }

  /** Sets the clock; the block that shows it is due at once. */
  clock(command: ClockCommand, now: number): void {
    this.#carry(this.builder.step({ type: "clock", command }, now), now);
    this.#ticks(now);
  }
}
