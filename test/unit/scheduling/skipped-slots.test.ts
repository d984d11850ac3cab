/** Chains whose clock is moved: slots without a block, restarts in between, and the time that blocks have. */
import { describe, expect, it } from "vitest";
import { LedgerQuery } from "../../../shared/ledger/ledger-query.ts";
import { viewOf } from "../../../shared/protocol/bytes.ts";
import { PROPOSAL_RING, SLOTS_PER_EPOCH } from "../../../shared/protocol/limits.ts";
import { DevClock } from "../../../shared/scheduling/dev-clock.ts";
import { HashChain } from "../../../shared/scheduling/hash-chain.ts";
import { SimulatedStorage } from "../../simulation/storage.ts";
import { Pair } from "./pair.ts";

const hash = (slot: number) => Uint8Array.from({ length: 32 }, (_, i) => (slot >> (8 * (i % 4))) & 255).fill(7, 31);
const ZERO = new Uint8Array(32);

function chainOf(slots: readonly number[]): HashChain {
  const chain = new HashChain(hash(0));
  for (const slot of slots) chain.push(slot, hash(slot), slot % 3 === 0);
  return chain;
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("HashChain with gaps", () => {
  const slots = [...range(1, 10), 15, 16, 400, ...range(401, 403)];

  it("numbers blocks without gaps, and finds their slots again", () => {
    const chain = chainOf(slots);
    expect(slots.map((slot) => chain.numberOf(slot))).toEqual(slots.map((_, i) => i + 1));
    expect(slots.map((_, i) => chain.slotOf(i + 1))).toEqual(slots);
    expect([10, 15, 16, 402, 403].map((slot) => chain.slotAfter(slot))).toEqual([15, 16, 400, 403, undefined]);
    expect(() => chain.push(403, ZERO, true)).toThrow("after slot 403");
  });

  it("has no hash for skipped slots: zeros in a context, whose parent is the newest block", () => {
    const chain = chainOf(slots);
    expect(chain.get(12)).toBeUndefined();
    expect(chain.get(15)).toEqual(hash(15));
    expect(chain.before(17).slice(0, 8)).toEqual([16, 15, 0, 0, 0, 0, 10, 9].map((s) => (s ? hash(s) : ZERO)));
    expect(chain.before(17)).toHaveLength(17);
    expect(chain.parentOf(15)).toEqual(hash(10));
    expect(chain.parentOf(13)).toEqual(hash(10));
    expect(chain.parentOf(9_999)).toEqual(hash(403));
    expect(chain.before(9_999)).toEqual(new Array(512).fill(ZERO));
    // Heights do not count what was skipped.
    expect(chain.recentBefore(9_999).hashes).toEqual([402, 15, 9, 6, 3, 0].map(hash));
  });

  it("is the same after it was stored, and put together from parts, whichever comes first", () => {
    const chain = chainOf(slots);
    const views = (one: HashChain) => [14, 17, 400, 403, 404].map((slot) => [one.before(slot), one.parentOf(slot)]);
    const again = HashChain.decode(chain.encode());
    expect(views(again)).toEqual(views(chain));
    const cut = chain.between(-1, 16);
    const rest = chain.between(16, 403);
    const overlapping = chain.between(10, 402);
    for (const parts of [[cut, rest], [cut, overlapping, rest], [cut, rest, overlapping], [chain.between(-1, 403)]]) {
      const built = new HashChain(hash(0));
      for (const part of parts) built.absorb(part);
      expect(built.tip).toBe(403);
      expect(built.before(404)).toEqual(chain.before(404));
      expect(built.before(17)).toEqual(chain.before(17));
      expect(built.recentBefore(404)).toEqual(chain.recentBefore(404));
    }
  });

  it("forgets gaps only with the proposals before them", () => {
    const all = range(1, 3 * PROPOSAL_RING).map((n) => 2 * n);
    const chain = chainOf(all);
    const recent = all.slice(-PROPOSAL_RING);
    expect(recent.map((slot) => chain.numberOf(slot))).toEqual(recent.map((slot) => slot / 2));
    expect(chain.encode().length).toBeLessThan((PROPOSAL_RING + 2) * 16 + 60_000);
  });
});

describe("a builder whose clock is moved", () => {
  it("skips slots, goes on after a restart at any moment, and the ledger has exactly the blocks there are", () => {
    const own = new SimulatedStorage();
    const ledgers = new SimulatedStorage();
    const made: number[] = [0];
    let now = 0;
    let pair = new Pair(own, ledgers);
    for (let round = 1; round <= 60; round++) {
      for (let i = 0; i < round % 7; i++) {
        now += 10;
        pair.tick(now);
        made.push(pair.builder.tip!.slot);
      }
      if (round % 5 === 0) pair = new Pair(own, ledgers);
      const target = made.at(-1)! + [2, 3, 513, PROPOSAL_RING, PROPOSAL_RING * 3 + 5, SLOTS_PER_EPOCH][round % 6]!;
      now += 10;
      pair.clock({ type: "slot", slot: target }, now);
      expect(pair.builder.tip!.slot).toBe(target);
      expect(pair.builder.tip!.parentSlot).toBe(made.at(-1));
      made.push(target);
      if (round % 4 === 0) pair = new Pair(own, ledgers);
    }
    const query = new LedgerQuery(pair.ledger, ledgers);
    expect(query.blocks(0, Number.MAX_SAFE_INTEGER, 10_000)).toEqual(made);
    expect(query.blocks(made[20]!, made[40]!, 10_000)).toEqual(made.slice(20, 41));
    expect(query.blocks(made[20]! + 1, made[40]! - 1, 5)).toEqual(made.slice(21, 26));
    expect(query.blocks(made.at(-2)! + 1, made.at(-1)! - 1, 5)).toEqual([]);
    const again = new Pair(own, ledgers);
    expect(again.builder.head(now)).toEqual(pair.builder.head(now));
  });

  it("an epoch begins with the first block in it, and the context of its slots says when", () => {
    const own = new SimulatedStorage();
    const ledgers = new SimulatedStorage();
    const pair = new Pair(own, ledgers);
    pair.tick(5_000);
    pair.clock({ type: "time", unixTimestamp: 1_000 }, 6_000);
    pair.clock({ type: "slot", slot: SLOTS_PER_EPOCH + 5 }, 7_000);
    const { unixTimestamp, epochStartTimestamp } = pair.builder.tip!;
    // 432,005 slots of a millisecond.
    expect(unixTimestamp).toBe(1_001 + 432);
    expect(epochStartTimestamp).toBe(unixTimestamp);
    pair.tick(60_000);
    expect(pair.builder.tip!.epochStartTimestamp).toBe(unixTimestamp);
    expect(Number(viewOf(pair.builder.head(60_000)!.context).getBigInt64(40, true))).toBe(unixTimestamp);
    expect(new Pair(own, ledgers).builder.head(60_000)).toEqual(pair.builder.head(60_000));
  });

  it("paused: no empty blocks and no time, over a restart too; then it goes on from where it was", () => {
    const own = new SimulatedStorage();
    const ledgers = new SimulatedStorage();
    let pair = new Pair(own, ledgers);
    pair.tick(5_000);
    pair.clock({ type: "pause" }, 6_000);
    const { slot, unixTimestamp } = pair.builder.tip!;
    expect(unixTimestamp).toBe(6);
    pair.tick(90_000);
    pair = new Pair(own, ledgers);
    pair.tick(100_000);
    expect(pair.builder.tip!.slot).toBe(slot);
    pair.clock({ type: "time", unixTimestamp: 50 }, 110_000);
    expect(pair.builder.tip).toMatchObject({ slot: slot + 1, unixTimestamp: 50 });
    pair.clock({ type: "resume" }, 200_000);
    pair.tick(203_000);
    expect(pair.builder.tip).toMatchObject({ slot: slot + 3, unixTimestamp: 53 });
  });
});

describe("DevClock", () => {
  it("is the host's time until it is set, never goes back, and is the same after it was stored", () => {
    const clock = new DevClock();
    expect([clock.time(5_999), clock.isPaused, clock.skipTo]).toEqual([5, false, 0]);
    clock.apply({ type: "time", unixTimestamp: 3 }, 5_000, 5, 10, 400);
    expect(clock.time(5_000)).toBe(5);
    clock.apply({ type: "slot", slot: 1_011 }, 5_000, 5, 10, 400);
    expect([clock.time(5_000), clock.skipTo]).toEqual([405, 1_011]);
    const again = DevClock.decode(clock.encode());
    expect([again.time(7_000), again.isPaused, again.skipTo]).toEqual([407, false, 1_011]);
    again.apply({ type: "pause" }, 7_000, 0, 2_000, 400);
    expect(DevClock.decode(again.encode()).time(1e9)).toBe(407);
  });
});

it("a clock that was paused for development runs again on a network that is started without it", () => {
  const own = new SimulatedStorage();
  const ledgers = new SimulatedStorage();
  const developed = new Pair(own, ledgers);
  developed.clock({ type: "time", unixTimestamp: 5_000 }, 1_000);
  developed.clock({ type: "pause" }, 2_000);
  const { slot, unixTimestamp } = developed.builder.tip!;
  expect({ slot, unixTimestamp }).toEqual({ slot: 2, unixTimestamp: 5_001 });
  const paused = new Pair(own, ledgers);
  paused.tick(10_000);
  expect(paused.builder.tip!.slot).toBe(2);
  // Its time goes on from where it stood; that it runs is kept.
  for (const start of [0, 1]) {
    const plain = new Pair(own, ledgers, own, { development: false });
    plain.tick(20_000 + start * 3_000);
    expect(plain.builder.tip).toMatchObject({ slot: 3 + start, unixTimestamp: start === 0 ? 5_021 : 5_024 });
  }
});

it("the same slot named twice moves the time once", () => {
  const clock = new DevClock();
  clock.apply({ type: "slot", slot: 1_001 }, 0, 0, 0, 1_000);
  expect(clock.time(0)).toBe(1_000);
  clock.apply({ type: "slot", slot: 1_001 }, 0, 0, 0, 1_000);
  expect(clock.time(0)).toBe(1_000);
  clock.apply({ type: "slot", slot: 1_101 }, 0, 0, 0, 1_000);
  expect(clock.time(0)).toBe(1_100);
});
