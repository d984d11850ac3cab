import { describe, expect, it } from "vitest";
import { SLICE } from "../../../shared/turns/costs.ts";
import { WorkRefused } from "../../../shared/turns/work.ts";
import { EdgeTurns } from "../../../workers/edge/turns.ts";

const macrotask = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("EdgeTurns", () => {
  it("runs one slice of many requests at a time, with a turn of the event loop between them", async () => {
    const turns = new EdgeTurns();
    const events: string[] = [];
    const request = async (name: string) => {
      const work = turns.work(name)();
      for (let n = 0; n < 3; n++) await work.run(SLICE, () => events.push(name));
    };
    let going = true;
    const loop = (async () => {
      while (going) {
        await macrotask();
        events.push("loop");
      }
    })();
    await Promise.all(["a", "b", "c"].map(request));
    going = false;
    await loop;
    const slices = events.filter((event) => event !== "loop");
    expect(slices).toEqual(["a", "b", "c", "a", "b", "c", "a", "b", "c"]);
    for (let i = 0; i + 1 < events.length; i++) {
      expect(events[i] === "loop" || events[i + 1] === "loop").toBe(true);
    }
    expect(turns.stats).toEqual({
      waiting: 0,
      clients: 0,
      taken: 9,
      refused: 0,
      heldBytes: 0,
      refusedForMemory: 0,
    });
  });

  it("finishes a series of one client before its next one, and lets others in after a slice", async () => {
    const turns = new EdgeTurns();
    const events: string[] = [];
    const series = (client: string, name: string, slices: number) => {
      const work = turns.work(client)();
      work.kind = "bulk";
      let left = slices;
      return work.series(() => (left-- > 0 ? { cost: SLICE, run: () => void events.push(name) } : undefined));
    };
    const own = Promise.all([series("a", "a1", 3), series("a", "a2", 3)]);
    await macrotask();
    const other = series("b", "b", 1);
    const read = turns
      .work("c")()
      .run(SLICE, () => events.push("read"));
    await Promise.all([own, other, read]);
    expect(events.join(" ")).toBe("a1 read a2 b a1 a1 a2 a2");
    expect(turns.stats).toMatchObject({ waiting: 0, taken: 8, refused: 0 });
  });

  it("hands the turn on after four slices while others of the client wait", async () => {
    const turns = new EdgeTurns();
    const events: string[] = [];
    const series = (name: string, slices: number) => {
      const work = turns.work("a")();
      work.kind = "bulk";
      let left = slices;
      return work.series(() => (left-- > 0 ? { cost: SLICE, run: () => void events.push(name) } : undefined));
    };
    await Promise.all([series("long", 9), series("short", 1)]);
    expect(events.join(" ")).toBe("long long long long short long long long long long");
  });

  it("goes on when a slice fails, and when whoever has the turn never gives it back", async () => {
    const turns = new EdgeTurns();
    const fails = turns
      .work("a")()
      .run(SLICE, () => {
        throw new Error("no");
      });
    await expect(fails).rejects.toThrow("no");
    const never = turns
      .work("a")()
      .run(SLICE, () => new Promise(() => {}));
    expect(
      await turns
        .work("b")()
        .run(SLICE, () => "went on"),
    ).toBe("went on");
    void never;
  });

  it("refuses a client with too many slices waiting, with a time, and no other", async () => {
    const turns = new EdgeTurns();
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const first = turns
      .work("a")()
      .run(SLICE, () => gate);
    const work = turns.work("a");
    const many = Array.from({ length: 257 }, () =>
      work()
        .run(SLICE, () => "done")
        .catch((fault) => fault),
    );
    const other = turns
      .work("b")()
      .run(SLICE, () => "other");
    await macrotask();
    expect(turns.stats).toMatchObject({ waiting: 257, clients: 2, refused: 1 });
    open();
    await first;
    expect(await other).toBe("other");
    const answers = await Promise.all(many);
    expect(answers.slice(0, 256)).toEqual(Array.from({ length: 256 }, () => "done"));
    expect(answers[256]).toEqual(new WorkRefused(1_280));
  });

  it("keeps no more in memory than there is room for, a client and all", () => {
    const turns = new EdgeTurns();
    const half = 32 << 20;
    expect([turns.hold("a", half), turns.hold("a", half), turns.hold("a", 1)]).toEqual([true, true, false]);
    expect([turns.hold("b", half), turns.hold("b", 1)]).toEqual([true, false]);
    expect(turns.stats).toMatchObject({ heldBytes: 3 * half, refusedForMemory: 2 });
    for (const client of ["a", "a", "b"]) turns.hold(client, -half);
    expect(turns.stats.heldBytes).toBe(0);
  });
});
