/** Programs whose accounts are on other shards: transactions that are put off, and builders that die over it. */
import { describe, expect, it } from "vitest";
import { decodeBlock } from "../../shared/protocol/block.ts";
import { decodeRecord, frameRecords } from "../../shared/protocol/record.ts";
import { COUNTERS, count, naming, UPGRADEABLE } from "./programs.ts";
import { wrap } from "./sabotage.ts";
import { batch, type Outcome, play, type Scenario } from "./scenario.ts";
import { COLD, HOT, hex, transfer } from "./world.ts";

/** Payments that also name programs, which they do not call, and calls of programs. */
const naive = Array.from({ length: 6 }, (_, i) =>
  batch(
    i,
    i * 40,
    0,
    [naming(transfer(HOT[i % 4]!, COLD[i]!, BigInt(1_000 + i)), UPGRADEABLE[i % 3]!)],
    [naming(transfer(COLD[i + 6]!, HOT[(i + 1) % 4]!, BigInt(2_000 + i)), ...UPGRADEABLE)],
    [transfer(COLD[i]!, COLD[i + 1]!, 1n), count(i % 8, i)],
  ),
);

function good(outcome: Outcome): Outcome {
  if (outcome.failure) throw outcome.failure;
  expect(outcome.acted).toBeGreaterThan(0);
  expect(outcome.verdict!.landed).toBe(18);
  return outcome;
}
const acting = { prepare: (p: { acted: number }) => void p.acted++ };

describe("a transaction that names a program whose programdata was not brought along", () => {
  it("is put off once, and runs with the programdata of everything it names", () => {
    const outcome = good(play({ workload: naive, ...acting }));
    expect(outcome.verdict!.deferred).toBeGreaterThan(0);
    const appearances = new Map<string, number[]>();
    for (const { bytes } of outcome.cluster.ledger.storage.list("blocks")) {
      for (const record of frameRecords(decodeBlock(bytes).frame)) {
        const { signatures, implicitKeys } = decodeRecord(record);
        const name = hex(signatures[0]!);
        appearances.set(name, [...(appearances.get(name) ?? []), implicitKeys.length]);
      }
    }
    expect([...appearances.values()].every((places) => places.length <= 2)).toBe(true);
    expect([...appearances.values()].filter((places) => places.length === 2).length).toBe(outcome.verdict!.deferred);
  });

  it("is not put off when the program is known", () => {
    const later = batch(50, 900, 0, [naming(transfer(HOT[0]!, COLD[0]!, 77n), ...UPGRADEABLE)]);
    const one = play({ workload: naive, ...acting });
    const two = play({ workload: [...naive, later], ...acting });
    if (two.failure) throw two.failure;
    expect(two.verdict!.landed).toBe(19);
    expect(two.verdict!.deferred).toBe(one.verdict!.deferred);
  });
});

it("programs run, wherever they and what they write are", () => {
  const calls = Array.from({ length: 8 }, (_, i) =>
    batch(i, i * 30, 0, [transfer(HOT[0]!, COLD[0]!, 1n), count(i, i), count(i, 99)]),
  );
  const outcome = play({ workload: calls, ...acting });
  if (outcome.failure) throw outcome.failure;
  const { cluster } = outcome;
  const counted = COUNTERS.map((key) => {
    const account = cluster.shards[cluster.shardOf(key)]!.machine!.read(key, Number.MAX_SAFE_INTEGER).slice(8);
    return Number(new DataView(account.buffer).getBigUint64(88, true));
  });
  expect(counted).toEqual([2, 20, 200, 2000, 2, 20, 200, 2000]);
});

describe("the builder dies", () => {
  const dying = (on: "block" | "stored" | "proposal", loses: boolean): Scenario => {
    const seen = new Set<number>();
    return {
      workload: naive,
      onMessage: (p, _from, _to, message) => {
        if (message.type !== on || seen.has(message.slot) || p.acted > 8) return undefined;
        seen.add(message.slot);
        p.acted++;
        p.kill("builder");
        return loses ? "lose" : undefined;
      },
    };
  };

  it("when it sends a block with what was put off, and the block is lost", () => {
    good(play(dying("block", true)));
  });
  it("when it sends such a block, and the ledger stores it", () => {
    good(play(dying("block", false)));
  });
  it("when the block is stored and nobody told it", () => {
    good(play(dying("stored", true)));
  });
  it("when it has the proposal of the next slot in storage, and nobody has it", () => {
    good(play(dying("proposal", true)));
  });
  it("when the proposal of the next slot is under way", () => {
    good(play(dying("proposal", false)));
  });
  it("while what was put off waits again", () => {
    for (let afterMs = 1; afterMs <= 20; afterMs += 3) {
      const seen = new Set<number>();
      const scenario: Scenario = {
        workload: naive,
        onMessage: (p, _from, _to, message) => {
          if (message.type !== "stored" || message.slot === 0 || seen.has(message.slot) || p.acted > 8)
            return undefined;
          seen.add(message.slot);
          p.acted++;
          p.cluster.scheduler.after(2 + afterMs, () => p.cluster.builder.kill(5));
          return undefined;
        },
      };
      good(play(scenario));
    }
  });
});

describe("the oracle notices", () => {
  it("a builder that does not store what was put off before it sends the block", () => {
    const seen = new Set<number>();
    const outcome = play({
      workload: naive,
      sabotage: {
        writes: (_id, writes) => writes.filter(({ table, type }) => table !== "deferred" || type === "delete"),
      },
      onMessage: (p, _from, _to, message) => {
        if (message.type !== "stored" || seen.has(message.slot)) return undefined;
        seen.add(message.slot);
        p.kill("builder");
        return "lose";
      },
    });
    expect(outcome.failure?.kind).toBe("liveness");
    expect(outcome.failure?.message).toContain("put off");
  });

  it("a planner that drops what it is to take again", () => {
    const outcome = play({
      workload: naive,
      sabotage: { planner: (planner) => wrap(planner, { readmit: () => true }) },
    });
    expect(outcome.failure?.kind).toBe("liveness");
  });
});
