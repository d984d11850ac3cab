/**
 * Stakes over epochs: the record that begins an epoch is made of all shards' accounts while objects die and messages are lost, and the oracle
 * works it out once more from the accounts. STAKING_SEEDS: how many workloads under faults (4), from STAKING_FROM on (1).
 */
import { describe, expect, it } from "vitest";
import { decodeBlock } from "../../shared/protocol/block.ts";
import { decodeHeader } from "../../shared/protocol/header.ts";
import { SLOTS_PER_EPOCH } from "../../shared/protocol/limits.ts";
import type { Message } from "../../shared/protocol/messages.ts";
import { decodeSummary, encodeSummary } from "../../shared/stake/summary.ts";
import { Dice } from "./dice.ts";
import { type RunOptions, runSeed } from "./run.ts";
import { batch, type Outcome, type Play, play, SCENARIO_SHAPE, type Scenario } from "./scenario.ts";
import { deactivate, delegate, STAKES, stakingAccounts, stakingWorkload, VOTES } from "./staking.ts";
import { hex } from "./world.ts";

const SEEDS = Number(process.env.STAKING_SEEDS ?? 4);
const FROM = Number(process.env.STAKING_FROM ?? 1);
const BATCHES = 16;
const EVERY_MS = 100;

const accounts = stakingAccounts();

/** The chain goes to the end of the epoch after `epochs` more, a few slots before the next: blocks cross the border by themselves. */
function jump(cluster: Play["cluster"], epochs: number, before: number): void {
  const { builder } = cluster;
  const tip = builder.machine?.tip;
  if (!tip) return;
  const slot = (Math.floor(tip.slot / SLOTS_PER_EPOCH) + epochs) * SLOTS_PER_EPOCH - before;
  if (slot > tip.slot) builder.event({ type: "clock", command: { type: "slot", slot } });
}
/** Ten times, one epoch or several at once. */
function jumps(cluster: Play["cluster"], dice: Dice): void {
  for (let i = 0; i < 10; i++) {
    const epochs = dice.pick(`epochs ${i}`, [1, 1, 1, 2, 5]);
    const before = dice.pick(`slots before ${i}`, [0, 1, 2]);
    cluster.scheduler.after(i * 150 + 60, () => jump(cluster, epochs, before));
  }
}

interface Seen {
  readonly epochs: number;
  readonly records: readonly string[];
  readonly results: readonly string[];
}
/** Epochs that have a block, the record of each block, and what became of the transactions. */
function seen({ cluster }: Outcome): Seen {
  const blocks = [...cluster.blocks().values()].map((bytes) => decodeBlock(bytes));
  const headers = blocks.map(({ header }) => decodeHeader(header));
  return {
    epochs: new Set(headers.map(({ slot }) => Math.floor(slot / SLOTS_PER_EPOCH))).size,
    records: headers.map(({ slot, epochHash }) => `${slot} ${hex(epochHash)}`),
    results: blocks.map(({ results }) => hex(results)),
  };
}

const scenario = (shards: number, more: Partial<Scenario> = {}): Outcome => {
  const dice = new Dice(7);
  return play({
    shape: { ...SCENARIO_SHAPE, shards, accounts, slotMs: 50, checkpointRows: 3, memoryBytes: 200_000 },
    workload: stakingWorkload(dice, BATCHES, EVERY_MS),
    prepare: ({ cluster }) => jumps(cluster, dice),
    ...more,
  });
};
const good = (outcome: Outcome): Outcome => {
  if (outcome.failure) throw outcome.failure;
  return outcome;
};

describe("stakes over epochs", () => {
  const gaps: number[] = [];
  it("are the same on 1, 2, 4 and 8 shards", () => {
    const expected = seen(good(scenario(1)));
    expect(expected.epochs).toBeGreaterThanOrEqual(8);
    expect(new Set(expected.records.map((record) => record.split(" ")[1])).size).toBeGreaterThanOrEqual(8);
    for (const shards of [2, 4, 8]) expect(seen(good(scenario(shards)))).toEqual(expected);
  });

  for (let seed = FROM; seed < FROM + SEEDS; seed++) {
    it(`under faults, seed ${seed}`, () => {
      const dice = new Dice(seed);
      const options: RunOptions = {
        seed,
        shape: { accounts },
        workload: stakingWorkload(dice, BATCHES, EVERY_MS),
        prepare: (cluster) => jumps(cluster, dice),
      };
      const { failure, verdict } = runSeed(options);
      if (failure) throw failure;
      gaps.push(verdict!.gaps);
    });
  }
  it("epochs were crossed under faults", () => {
    expect(gaps.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(gaps.length);
  });
});

type Victim = "builder" | `shard-${number}`;
/** Kills somebody at each of the first messages of a kind, losing every second one. */
const killAt = (wanted: (message: Message) => boolean, victim: (from: string, to: string) => Victim): Outcome =>
  scenario(3, {
    onMessage: (p, from, to, message) => {
      if (!wanted(message) || p.acted >= 5) return undefined;
      p.acted++;
      p.kill(victim(from, to), p.acted % 3 === 0 ? 300 : 5);
      return p.acted % 2 === 0 ? "lose" : undefined;
    },
  });

describe("when an epoch begins, nothing is lost and nothing differs after the death of", () => {
  const begins = (message: Message): boolean => message.type === "proposal" && message.epoch !== undefined;
  const cases: readonly [string, (message: Message) => boolean, (from: string, to: string) => Victim][] = [
    ["a shard that is asked for its stakes", ({ type }) => type === "stakesWanted", (_, to) => to as Victim],
    ["a shard that has answered", ({ type }) => type === "stakes", (from) => from as Victim],
    ["the builder that has asked", ({ type }) => type === "stakesWanted", () => "builder"],
    ["the builder that gets the answers", ({ type }) => type === "stakes", () => "builder"],
    ["the builder that has the record and proposes", begins, () => "builder"],
    ["a shard that gets the record", begins, (_, to) => to as Victim],
  ];
  it.each(cases)("%s", (_, wanted, victim) => {
    const outcome = good(killAt(wanted, victim));
    expect(outcome.acted).toBeGreaterThan(2);
    expect(seen(outcome).epochs).toBeGreaterThanOrEqual(3);
  });
});

describe("the oracle finds", () => {
  it("delegations that are left out of a shard's answer", () => {
    const outcome = scenario(2, {
      onMessage: (p, _from, _to, message) => {
        if (message.type !== "stakes") return undefined;
        const summary = decodeSummary(message.summary);
        if (summary.moving.length === 0) return undefined;
        p.acted++;
        return [{ ...message, summary: encodeSummary({ ...summary, moving: [] }) }];
      },
    });
    expect(outcome.acted).toBeGreaterThan(0);
    expect(outcome.failure?.kind).toBe("stake");
  });

  it("an index of stakes that a checkpoint has not written", () => {
    const begun = new Set<string>();
    const outcome = scenario(2, {
      sabotage: {
        writes: (id, writes) => {
          if (!begun.has(id)) {
            begun.add(id);
            return writes;
          }
          return writes.filter((write) => write.type !== "put" || !write.table.startsWith("stake-"));
        },
      },
    });
    expect(outcome.failure?.kind).toMatch(/^(stake|exception)$/);
  });

  it("a shard that executes an epoch's blocks with the stakes of the one before", () => {
    let first: Uint8Array | undefined;
    const outcome = scenario(1, {
      workload: [
        batch(1, 0, 0, [delegate(STAKES[0]!, VOTES[0]!)]),
        batch(2, 700, 0, [deactivate(STAKES[0]!)]),
        ...Array.from({ length: 6 }, (_, i) => batch(3 + i, 900 + i * 100, 0, [delegate(STAKES[i + 1]!, VOTES[0]!)])),
      ],
      onMessage: (p, _from, _to, message) => {
        if (message.type !== "proposal" || !message.epoch) return undefined;
        if (!first) first = message.epoch;
        else p.acted++;
        return [{ ...message, epoch: first }];
      },
    });
    expect(outcome.acted).toBeGreaterThan(0);
    expect(outcome.failure?.message).toContain("code -2020");
  });
});
