/** Large accounts under crashes, loss and reordering: no block has more of them than it may, nobody starves, and who breaks that is found. */
import { describe, expect, it } from "vitest";
import type { Message } from "../../shared/protocol/messages.ts";
import type { Sabotage } from "./cluster.ts";
import { NO_FAULTS } from "./faults.ts";
import { LIMIT, runLarge } from "./large.ts";
import { wrap } from "./sabotage.ts";

/** More with SIMULATION_SEEDS. */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 40);

/** The first of some seeds in which a sabotage is found, and as what. */
function found(sabotage: Sabotage, faults: "none" | "seed" = "none"): string {
  for (let seed = 1; seed <= 30; seed++) {
    const { failure } = runLarge(seed, sabotage, faults === "none" ? NO_FAULTS : {}).report;
    if (failure) return failure.kind;
  }
  return "nothing";
}

/** Nobody hears of a size. */
const silent = (_from: string, _to: string, message: Message): readonly Message[] => {
  if (message.type !== "committed" || !message.sizes) return [message];
  const { sizes: _, ...rest } = message;
  return [rest];
};

describe("large accounts", () => {
  it("are bounded in blocks in flight, under whatever faults, and everything promised is in a block", () => {
    const sum = { blocks: 0, alone: 0, overlapping: 0, most: 0, crashes: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { report, verdict } = runLarge(seed);
      if (report.failure) throw new Error(`seed ${seed}: ${report.failure.message}`, { cause: report.failure });
      sum.blocks += verdict!.blocks;
      sum.alone += verdict!.alone;
      sum.overlapping += verdict!.overlapping;
      sum.most = Math.max(sum.most, verdict!.most);
      sum.crashes += report.crashes;
    }
    // The limit was felt: some came alone, some blocks had what others in flight had left.
    expect(sum.blocks).toBeGreaterThan(SEEDS * 5);
    expect(sum.alone).toBeGreaterThan(SEEDS / 4);
    expect(sum.overlapping).toBeGreaterThan(0);
    expect(sum.most).toBeGreaterThan(LIMIT - 4096);
    expect(sum.most).toBeLessThanOrEqual(LIMIT);
    expect(sum.crashes).toBeGreaterThan(SEEDS);
  });

  it("a shard that does not tell the size of what was made is found", () => {
    expect(found({ send: silent })).toBe("bound");
  });

  it("a builder that does not listen is found", () => {
    expect(found({ planner: (planner) => wrap(planner, { noteSizes: () => {} }) })).toBe("bound");
  });

  it("a builder that forgets what is in flight is found", () => {
    expect(found({ planner: (planner) => wrap(planner, { cut: (heavy) => planner.cut(heavy) }) })).toBe("bound");
  });

  it("a builder that does not store what it was told, and dies, is found", () => {
    const writes: NonNullable<Sabotage["writes"]> = (_id, all) => all.filter(({ table }) => table !== "sizes");
    expect(found({ writes }, "seed")).toBe("bound");
  });

  it("a builder that never has room for them is found", () => {
    expect(found({ planner: (planner) => wrap(planner, { cut: (heavy) => planner.cut(heavy, 0) }) })).toBe("liveness");
  });
});
