import { describe, expect, it } from "vitest";
import { Gather, type GatherHost } from "../../../workers/edge/gather.ts";

/** A gatherer whose turns, timers and answers the test decides about. */
function setUp(most = 3) {
  const turns: (() => void)[] = [];
  const timers = new Map<number, () => void>();
  const calls: { items: readonly number[]; resolve: (answers: string[]) => void; reject: (fault: Error) => void }[] =
    [];
  const kept: Promise<void>[] = [];
  let lastTimer = 0;
  const host: GatherHost = {
    keep: (work) => kept.push(work),
    turn: () => new Promise((resolve) => turns.push(resolve)),
    after(_, wake) {
      const id = ++lastTimer;
      timers.set(id, wake);
      return () => timers.delete(id);
    },
  };
  const call = (items: readonly number[]) =>
    new Promise<string[]>((resolve, reject) => calls.push({ items, resolve, reject }));
  const gather = new Gather<number, string>(call, host, most);
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  return { gather, turns, timers, calls, kept, settle };
}

describe("Gather", () => {
  it("makes one call of what is asked within a turn, and gives each its answer", async () => {
    const { gather, turns, timers, calls, kept, settle } = setUp();
    const answers = Promise.all([gather.ask(1), gather.ask(2)]);
    expect([turns.length, kept.length, calls.length]).toEqual([1, 1, 0]);
    turns[0]!();
    await settle();
    expect(calls.map(({ items }) => items)).toEqual([[1, 2]]);
    calls[0]!.resolve(["one", "two"]);
    expect(await answers).toEqual(["one", "two"]);
    expect(timers.size).toBe(0);
  });

  it("gathers while a call is under way, and goes on when that is back", async () => {
    const { gather, turns, calls, settle } = setUp();
    const first = gather.ask(0);
    turns[0]!();
    await settle();
    const others = Promise.all([gather.ask(1), gather.ask(2)]);
    await settle();
    expect(calls.length).toBe(1);
    calls[0]!.resolve(["0"]);
    expect(await first).toBe("0");
    await settle();
    expect(calls.map(({ items }) => items)).toEqual([[0], [1, 2]]);
    calls[1]!.resolve(["1", "2"]);
    expect(await others).toEqual(["1", "2"]);
  });

  it("does not wait for a call that takes long, nor when a group is full", async () => {
    const { gather, turns, timers, calls, settle } = setUp();
    const first = gather.ask(0);
    turns[0]!();
    await settle();
    const others = Promise.all([1, 2, 3].map((item) => gather.ask(item)));
    await settle();
    expect(calls.map(({ items }) => items)).toEqual([[0], [1, 2, 3]]);
    const late = gather.ask(4);
    await settle();
    expect(calls.length).toBe(2);
    // The group's own timer was set first, then that of its request.
    timers.get(Math.max(...timers.keys()) - 1)!();
    await settle();
    expect(calls.map(({ items }) => items)).toEqual([[0], [1, 2, 3], [4]]);
    calls[2]!.resolve(["4"]);
    calls[1]!.resolve(["1", "2", "3"]);
    calls[0]!.resolve(["0"]);
    expect([await first, await others, await late]).toEqual(["0", ["1", "2", "3"], "4"]);
  });

  it("tells all of a group when its call fails, and goes on", async () => {
    const { gather, turns, calls, kept, settle } = setUp();
    const failed = Promise.allSettled([gather.ask(1), gather.ask(2)]);
    turns[0]!();
    await settle();
    calls[0]!.reject(new Error("gone"));
    expect((await failed).map((one) => one.status === "rejected" && one.reason.message)).toEqual(["gone", "gone"]);
    await Promise.all(kept);
    const next = gather.ask(3);
    turns[1]!();
    await settle();
    calls[1]!.resolve(["three"]);
    expect(await next).toBe("three");
  });

  it("asks by itself when nobody has answered for it in time", async () => {
    const { gather, timers, calls, settle } = setUp();
    const answer = gather.ask(1);
    void gather.ask(2);
    // The request that began the group is gone, with its turn.
    timers.get(1)!();
    await settle();
    expect(calls.map(({ items }) => items)).toEqual([[1]]);
    calls[0]!.resolve(["one"]);
    expect(await answer).toBe("one");
  });
});
