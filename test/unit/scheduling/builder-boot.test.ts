/** What a builder that starts again reads: one proposal at a time. All of them together are gigabytes after busy minutes. */
import { expect, it } from "vitest";
import type { Effect, StorageView } from "../../../shared/protocol/actor.ts";
import { BuilderMachine } from "../../../shared/scheduling/builder-machine.ts";
import { Planner } from "../../../shared/scheduling/planner.ts";
import { LedgerMachine } from "../../../shared/state/ledger-machine.ts";
import { SimulatedStorage, type Write } from "../../simulation/storage.ts";
import { wasmModule } from "../../wasm-module.ts";
import { keyOf, SEEDS, sha256 } from "../state/chain.ts";

const HEARTBEAT_MS = 10;
const genesisHash = keyOf("genesis");
const isWrite = (effect: Effect): effect is Write => effect.type === "put" || effect.type === "delete";

/** A builder and a ledger that answer each other at once. */
class Pair {
  readonly builder = new BuilderMachine(new Planner(wasmModule(), { shardCount: 1, ...SEEDS }), sha256, {
    shardCount: 1,
    slotMs: 1,
    heartbeatMs: HEARTBEAT_MS,
    heightStride: 1,
    genesisHash,
    genesisTimestamp: 0,
  });
  readonly #ledger = new LedgerMachine({ genesisHash, genesisTimestamp: 0, genesisLamports: [0n] });
  readonly #own: SimulatedStorage;
  readonly #ledgers: SimulatedStorage;

  constructor(own: SimulatedStorage, ledgers: SimulatedStorage, view: StorageView = own) {
    this.#own = own;
    this.#ledgers = ledgers;
    ledgers.apply(this.#ledger.boot(ledgers).filter(isWrite));
    this.#carry(this.builder.boot(view), 0);
  }

  #carry(effects: readonly Effect[], now: number): void {
    this.#own.apply(effects.filter(isWrite));
    for (const effect of effects) {
      if (effect.type !== "send" || effect.to !== "ledger") continue;
      const answers = this.#ledger.step({ type: "message", from: "builder", message: effect.message });
      this.#ledgers.apply(answers.filter(isWrite));
      for (const answer of answers) {
        if (answer.type !== "send" || answer.to !== "builder") continue;
        this.#carry(this.builder.step({ type: "message", from: "ledger", message: answer.message }, now), now);
      }
    }
  }

  tick(now: number): void {
    this.#carry(this.builder.step({ type: "watch" }, now), now);
    this.#carry(this.builder.step({ type: "timer", name: "tick" }, now), now);
  }
}

it("a builder reads the proposals that it needs, each by itself, and goes on where it stood", () => {
  const own = new SimulatedStorage();
  const ledgers = new SimulatedStorage();
  const pair = new Pair(own, ledgers);
  for (let slot = 1; slot <= 250; slot++) pair.tick(slot * HEARTBEAT_MS);
  expect(pair.builder.tip!.slot).toBe(250);
  let read = 0;
  const again = new Pair(own, ledgers, {
    get: (table, id) => {
      if (table === "proposals") read++;
      return own.get(table, id);
    },
    list: (table) => {
      if (table === "deferred") return [];
      throw new Error(`all of ${table} at once`);
    },
  });
  // The rows since the chain was saved, and those of the blockhash window.
  expect(read).toBeLessThan(64 + 152 + 1);
  expect(again.builder.head(2_500)).toEqual(pair.builder.head(2_500));
  again.tick(3_000);
  expect(again.builder.tip!.slot).toBe(251);
});
