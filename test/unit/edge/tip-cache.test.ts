import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import type { HeadAnswer } from "../../../durable-objects/builder/builder.ts";
import { encodeContext } from "../../../shared/protocol/context.ts";
import { CONTEXT } from "../../../shared/protocol/layouts/context.ts";
import { CONTEXT_SIZE } from "../../../shared/protocol/limits.ts";
import { HashChain } from "../../../shared/scheduling/hash-chain.ts";
import { TipCache } from "../../../workers/edge/tip-cache.ts";

const hash = (slot: number) => new Uint8Array(32).fill(slot & 255).fill(slot >> 8, 0, 1);
const STRIDE = 8;
/** Every eighth slot raises the height, and a stretch of empty ones each. */
const raises = (slot: number) => slot % STRIDE === 0 || (slot > 900 && slot < 1100);

/** The builder's chain when `slot` is its newest. */
function chainTo(slot: number): HashChain {
  const chain = new HashChain(hash(0));
  for (let next = 1; next <= slot; next++) chain.push(next, hash(next), raises(next));
  return chain;
}
function answer(slot: number, since: number): HeadAnswer {
  const part = chainTo(slot).between(since, slot);
  const next = { nextTimestamp: 6, epochStartTimestamp: 3, epochRecord: undefined, leaseMs: 5 };
  return { slot, view: 0, blockTime: 5, part, ...next, transactionCount: 1n, capitalization: 2n };
}
/** In which a transaction is simulated after block `slot`. */
function expected(slot: number, unixTimestamp = 5): Uint8Array {
  const chain = chainTo(slot);
  const fields = { slot: slot + 1, view: 0, unixTimestamp, epochStartTimestamp: 3, flags: 5 };
  const recent = chain.recentBefore(slot + 1);
  return encodeContext({ ...fields, hashes: chain.before(slot + 1), recent, purpose: "simulation" });
}
/** Sysvars after block `slot`. */
function ended(slot: number, unixTimestamp = 5): Uint8Array {
  const chain = chainTo(slot);
  const fields = { slot, view: 0, unixTimestamp, epochStartTimestamp: 3, flags: 5, parent: hash(slot) };
  const recent = chain.recentBefore(slot + 1);
  return encodeContext({ ...fields, hashes: chain.before(slot), recent, purpose: "ended" });
}

describe("TipCache", () => {
  it("puts the same context together as the builder, from what was new each time", () => {
    const cache = new TipCache(hash(0), 5);
    for (const slot of [0, 1, 5, 5, 300, 700, 701, 950, 1105, 1300]) {
      const head = cache.head(answer(slot, cache.knownSlot));
      expect(head.context).toEqual(expected(slot));
      expect(head.sysvars).toEqual(ended(slot));
      expect(head.blockHeight).toBe(BigInt(chainTo(slot).stepAt(slot).height));
      expect(head.blockhash).toEqual(chainTo(slot).stepAt(slot).hash);
      expect(cache.knownSlot).toBe(slot);
    }
  });

  it("puts a context together once for all who see the same tip, and anew for another slot, view or time", () => {
    const cache = new TipCache(hash(0), 5);
    const first = answer(7, 0);
    const { context } = cache.head(first);
    expect(cache.head({ ...first, part: answer(7, 7).part }).context).toBe(context);
    expect(cache.head({ ...first, view: 1 }).context).not.toEqual(context);
    expect(cache.head({ ...first, nextTimestamp: 7 }).context).toEqual(context);
    expect(cache.head({ ...first, epochStartTimestamp: 4 }).context).not.toEqual(context);
    expect(cache.head(answer(8, 7)).context).toEqual(expected(8));
    expect(cache.head(first).context).toEqual(context);
  });

  it("simulates at the time of the next block where the chain has rested, and reads at the time of the last", () => {
    const cache = new TipCache(hash(0), 5);
    const head = cache.head({ ...answer(7, 0), nextTimestamp: 8 });
    expect(head.context).toEqual(expected(7, 8));
    expect(head.sysvars).toEqual(ended(7));
  });

  it("has the sysvars of earlier blocks, as long as their hashes are known, in the same epoch", () => {
    const cache = new TipCache(hash(0), 5);
    expect(cache.sysvarsOf(0, 5)).toBeUndefined();
    cache.head(answer(1300, -1));
    expect(cache.sysvarsOf(1298, 4)).toEqual(ended(1298, 4));
    expect(cache.sysvarsOf(500, 4)).toBeUndefined();
    expect(cache.sysvarsOf(432_001, 4)).toBeUndefined();
  });

  it("puts the epoch record behind both, and its hash into them, from when it is told", () => {
    const cache = new TipCache(hash(0), 5);
    expect(cache.knownEpoch).toBe(-1);
    const record = Uint8Array.of(1, 2, 3);
    const head = cache.head({ ...answer(7, 0), epochRecord: record });
    for (const context of [head.context, head.sysvars]) {
      expect(context.subarray(CONTEXT_SIZE)).toEqual(record);
      expect(context.subarray(CONTEXT.EPOCH_HASH, CONTEXT.EPOCH_HASH + 32)).toEqual(sha256(record));
    }
    expect([cache.knownEpoch, cache.epochRecord]).toEqual([0, record]);
    expect(cache.head(answer(8, 7)).context.subarray(CONTEXT_SIZE)).toEqual(record);
  });

  it("begins anew when it knows nothing of the window any more", () => {
    const cache = new TipCache(hash(0), 5);
    cache.head(answer(10, cache.knownSlot));
    expect(cache.head(answer(2600, cache.knownSlot)).context).toEqual(expected(2600));
  });

  it("takes answers that overtake each other", () => {
    const cache = new TipCache(hash(0), 5);
    cache.head(answer(606, cache.knownSlot));
    const late = answer(607, 606);
    const early = answer(609, 606);
    expect(cache.head(early).context).toEqual(expected(609));
    const head = cache.head(late);
    expect(head.slot).toBe(607n);
    expect(head.context).toEqual(expected(607));
    expect(cache.knownSlot).toBe(609);
  });
});

describe("HashChain", () => {
  it("tells somebody who stood between two gaps that are forgotten what it can", () => {
    const chain = chainTo(10);
    let slot = 10;
    const pushTo = (last: number) => {
      while (slot < last) {
        slot++;
        chain.push(slot, hash(slot), true);
      }
    };
    const jump = (to: number) => {
      slot = to;
      chain.push(slot, hash(slot), true);
    };
    jump(1_000_000);
    pushTo(1_000_005);
    const other = HashChain.decode(chain.encode());
    jump(2_000_000);
    pushTo(2_000_000 + 1_300);
    jump(3_000_000);
    pushTo(3_000_000 + 1_300);
    jump(4_000_000);
    other.absorb(chain.between(other.tip, slot));
    expect(other.tip).toBe(slot);
    expect(other.parentOf(slot + 1)).toEqual(hash(slot));
    expect(other.before(slot + 1)).toEqual(chain.before(slot + 1));
  });

  it("is the same after it was stored", () => {
    const chain = chainTo(1000);
    const again = HashChain.decode(chain.encode());
    for (const slot of [998, 1000, 1001]) {
      expect(again.before(slot)).toEqual(chain.before(slot));
      expect(again.recentBefore(slot)).toEqual(chain.recentBefore(slot));
    }
    again.push(1001, hash(1001), true);
    expect(again.stepAt(1001).height).toBe(chain.stepAt(1000).height + 1);
  });

  it("offers 150 blockhashes at most, the oldest from as many heights ago", () => {
    const chain = chainTo(2600);
    const { hashes, height } = chain.recentBefore(2601);
    expect(hashes).toHaveLength(150);
    expect(hashes[0]).toEqual(hash(2600));
    expect(hashes[149]).toEqual(hash(2600 - 149 * STRIDE));
    expect(height).toBe(chain.stepAt(2600).height);
  });
});
