import { describe, expect, it } from "vitest";
import type { HeadAnswer } from "../../../durable-objects/builder/builder.ts";
import { HashChain } from "../../../shared/scheduling/hash-chain.ts";
import { SharedTip } from "../../../workers/edge/shared-tip.ts";
import { TipCache } from "../../../workers/edge/tip-cache.ts";

const GENESIS = new Uint8Array(32);

function answer(slot: number, leaseMs: number): HeadAnswer {
  const chain = new HashChain(GENESIS);
  for (let next = 1; next <= slot; next++) chain.push(next, new Uint8Array(32).fill(next), true);
  const part = chain.between(0, slot);
  const times = { blockTime: 0, nextTimestamp: 0, epochStartTimestamp: 0 };
  return { slot, view: 0, ...times, epochRecord: undefined, leaseMs, part, transactionCount: 0n, capitalization: 0n };
}

/** A builder whose answers the test gives, and a clock that it sets. */
class Source {
  now = 1_000;
  readonly questions: { answer: (answer: HeadAnswer | null) => void; fail: (error: Error) => void }[] = [];
  readonly tip = new SharedTip(new TipCache(GENESIS, 0), {
    ask: () => new Promise((resolve, reject) => this.questions.push({ answer: resolve, fail: reject })),
    now: () => this.now,
  });

  /** Asks, and has the builder say this. */
  async told(slot: number, leaseMs: number): Promise<void> {
    const asked = this.tip.head();
    this.questions.at(-1)!.answer(answer(slot, leaseMs));
    expect((await asked)!.slot).toBe(BigInt(slot));
  }
}

describe("SharedTip", () => {
  it("asks once a lease, not once a request", async () => {
    const source = new Source();
    await source.told(3, 10);
    for (source.now of [1_001, 1_004]) expect((await source.tip.head())!.slot).toBe(3n);
    expect(source.questions.length).toBe(1);
  });

  it("asks for every request where there is no lease", async () => {
    const source = new Source();
    await source.told(3, 0);
    await source.told(4, 0);
    expect(source.questions.length).toBe(2);
  });

  it("asks when half of the lease is over, once: others use what is left of it", async () => {
    const source = new Source();
    await source.told(3, 10);
    source.now = 1_006;
    const renewing = source.tip.head();
    expect((await source.tip.head())!.slot).toBe(3n);
    expect(source.questions.length).toBe(2);
    source.questions[1]!.answer(answer(4, 10));
    expect((await renewing)!.slot).toBe(4n);
    source.now = 1_010;
    expect((await source.tip.head())!.slot).toBe(4n);
    expect(source.questions.length).toBe(2);
  });

  it("never uses a lease to its last millisecond", async () => {
    const source = new Source();
    await source.told(3, 10);
    source.now = 1_010;
    void source.tip.head();
    expect(source.questions.length).toBe(2);
  });

  it("asks for every request once the lease is over, whoever else is asking", async () => {
    const source = new Source();
    await source.told(3, 5);
    source.now = 1_005;
    void source.tip.head();
    const second = source.tip.head();
    expect(source.questions.length).toBe(3);
    source.questions[2]!.answer(answer(4, 0));
    expect((await second)!.slot).toBe(4n);
  });

  it("does not count on a request that has failed or was lost to renew a lease", async () => {
    const source = new Source();
    await source.told(3, 50);
    source.now = 1_026;
    const failing = source.tip.head();
    source.questions[1]!.fail(new Error("gone"));
    await expect(failing).rejects.toThrow("gone");
    void source.tip.head();
    expect(source.questions.length).toBe(3);
    source.now += 19;
    expect((await source.tip.head())!.slot).toBe(3n);
    expect(source.questions.length).toBe(3);
    source.now += 1;
    void source.tip.head();
    expect(source.questions.length).toBe(4);
  });

  it("is null while the builder is not ready", async () => {
    const source = new Source();
    const asked = source.tip.head();
    source.questions[0]!.answer(null);
    expect(await asked).toBeNull();
    expect(source.tip.lately(1_000)).toBeUndefined();
  });

  it("never goes back: an answer that was overtaken is not told", async () => {
    const source = new Source();
    source.now = 1_000;
    const slow = source.tip.head();
    source.now = 1_030;
    const quick = source.tip.head();
    source.questions[1]!.answer(answer(9, 10));
    expect((await quick)!.slot).toBe(9n);
    source.questions[0]!.answer(answer(8, 50));
    expect((await slow)!.slot).toBe(9n);
    source.now = 1_041;
    void source.tip.head();
    expect(source.questions.length).toBe(3);
  });

  it("gives no lease the time that the clock was set back", async () => {
    const source = new Source();
    await source.told(3, 10);
    source.now = 500;
    void source.tip.head();
    expect(source.questions.length).toBe(2);
  });

  it("remembers a tip of a while ago for those whom it is good enough", async () => {
    const source = new Source();
    await source.told(3, 0);
    source.now = 1_400;
    expect(source.tip.lately(400)!.slot).toBe(3n);
    source.now = 1_401;
    expect(source.tip.lately(400)).toBeUndefined();
  });
});
