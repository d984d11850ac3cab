import { describe, expect, it } from "vitest";
import { COST, FEW_SIGNATURES, SIGNATURES, SLICE, SMALL, simulationCost } from "../../../shared/turns/costs.ts";
import { type Pause, type TurnRequest, type Turns, Work, WorkRefused } from "../../../shared/turns/work.ts";

class Recorder implements Turns {
  readonly asked: TurnRequest[] = [];
  held = 0;
  room = 100;
  readonly paused: number[] = [];
  async take<T>(turn: TurnRequest, run: (pause: Pause) => T | Promise<T>): Promise<T> {
    this.asked.push(turn);
    return run(async (cost) => {
      this.paused.push(cost);
    });
  }
  hold(_client: string, bytes: number): boolean {
    if (this.held + bytes > this.room) return false;
    this.held += bytes;
    return true;
  }
}

describe("costs", () => {
  it("fit: what is done in one slice takes one at most", () => {
    expect(SIGNATURES * COST.signature).toBeLessThanOrEqual(SLICE);
    expect(FEW_SIGNATURES * COST.badSignature).toBeLessThanOrEqual(SLICE);
    for (const cost of [COST.call, COST.lookup, COST.account, COST.transaction, COST.keyed]) {
      expect(cost).toBeLessThan(SMALL);
    }
  });
  it("of a simulation grow with its compute units", () => {
    expect([0, 200_000, 1_400_000].map(simulationCost)).toEqual([300, 1_300, 7_300]);
  });
});

describe("Work", () => {
  it("does little work at once, and asks for a turn when a slice is used up", async () => {
    const turns = new Recorder();
    const work = new Work({ turns, client: "a", request: 7 });
    for (let n = 0; n < 10; n++) await work.run(1_000, () => n);
    // Five thousand are a slice; the sixth asks, and with it a new one begins.
    expect(turns.asked).toEqual([{ kind: "read", client: "a", request: 7, cost: 1_000 }]);
    expect(work.spent).toBe(10_000);
  });

  it("asks for a turn for what is long", async () => {
    const turns = new Recorder();
    const work = new Work({ turns });
    work.kind = "bulk";
    expect(await work.run(SMALL, async () => "done")).toBe("done");
    expect(turns.asked.map(({ kind, cost }) => [kind, cost])).toEqual([["bulk", SMALL]]);
  });

  it("refuses what is over the budget, with a time that grows with what was done", async () => {
    const work = new Work({ budget: 500_000 });
    await work.run(490_000, () => {});
    let ran = false;
    const more = work.run(20_000, () => {
      ran = true;
    });
    await expect(more).rejects.toEqual(new WorkRefused(490));
    expect([ran, work.retryAfterMs]).toEqual([false, 490]);
    expect(await work.run(10_000, () => "fits")).toBe("fits");
    work.charge(-300_000);
    expect(await work.run(20_000, () => "fits again")).toBe("fits again");
  });

  it("hands on what its turns refuse", async () => {
    const refusing: Turns = {
      take: () => Promise.reject(new WorkRefused(250)),
      hold: () => true,
    };
    const work = new Work({ turns: refusing });
    await expect(work.run(SLICE, () => 0)).rejects.toThrow(WorkRefused);
    expect(work.retryAfterMs).toBe(250);
  });

  it("makes many things in slices, in order", async () => {
    const turns = new Recorder();
    const work = new Work({ turns });
    const items = Array.from({ length: 1_000 }, (_, i) => i);
    expect(await work.each(20, items, (i) => i * 2)).toEqual(items.map((i) => i * 2));
    expect(turns.asked.map(({ cost }) => cost)).toEqual([5_000, 5_000, 5_000, 5_000]);
    expect(await work.each(SLICE * 3, [1, 2], (i) => i)).toEqual([1, 2]);
  });

  it("does a series within one turn: small slices before it, a pause before each further one", async () => {
    const turns = new Recorder();
    const work = new Work({ turns, client: "a", request: 7 });
    work.kind = "bulk";
    const costs = [2_000, 2_000, 4_900, 4_900, 1_100];
    const done: number[] = [];
    let at = 0;
    await work.series(() => {
      const cost = costs[at++];
      return cost === undefined ? undefined : { cost, run: () => void done.push(cost) };
    });
    expect(done).toEqual(costs);
    expect(turns.asked).toEqual([{ kind: "bulk", client: "a", request: 7, cost: 4_900 }]);
    expect(turns.paused).toEqual([4_900, 1_100]);
    expect(work.spent).toBe(14_900);
    await work.series(() => undefined);
    expect(turns.asked).toHaveLength(1);
  });

  it("ends a series at its budget: what was done stays", async () => {
    const work = new Work({ turns: new Recorder(), budget: 12_000 });
    let done = 0;
    const series = work.series(() => ({ cost: SLICE, run: () => void done++ }));
    await expect(series).rejects.toEqual(new WorkRefused(100));
    expect([done, work.spent, work.retryAfterMs]).toEqual([2, 10_000, 100]);
  });

  it("notes what it keeps in memory, and gives it back when it ends", () => {
    const turns = new Recorder();
    const work = new Work({ turns });
    work.hold(60);
    expect(() => work.hold(50)).toThrow(WorkRefused);
    expect([work.held, work.retryAfterMs]).toEqual([60, 1_000]);
    work.release(20);
    work.hold(50);
    work.end();
    work.end();
    expect([turns.held, work.held]).toEqual([0, 0]);
  });
});
