import { describe, expect, it } from "vitest";
import type { HeadAnswer } from "../../../durable-objects/builder/builder.ts";
import { encodeContext } from "../../../shared/protocol/context.ts";
import { HashChain } from "../../../shared/scheduling/hash-chain.ts";
import { TipCache } from "../../../workers/edge/tip-cache.ts";

const hash = (slot: number) => new Uint8Array(32).fill(slot & 255).fill(slot >> 8, 0, 1);
const chain = new HashChain(0, hash(0));
for (let slot = 1; slot <= 1500; slot++) chain.push(slot, hash(slot));

/** As long a chain as the builder has when `slot` is its newest. */
function chainTo(slot: number): HashChain {
  const short = new HashChain(0, hash(0));
  for (let next = 1; next <= slot; next++) short.push(next, hash(next));
  return short;
}
function answer(slot: number, since: number): HeadAnswer {
  const hashes = chainTo(slot).between(since, slot);
  return {
    slot,
    view: 0,
    blockhash: hash(slot),
    blockTime: 5,
    hashes,
    nextTimestamp: 6,
    transactionCount: 1n,
    capitalization: 2n,
  };
}
function expected(slot: number): Uint8Array {
  const hashes = chainTo(slot).before(slot + 1);
  return encodeContext({ slot: slot + 1, view: 0, unixTimestamp: 6, epochStartTimestamp: 3, hashes });
}

describe("TipCache", () => {
  it("puts the same context together as the builder, from what was new each time", () => {
    const cache = new TipCache(3);
    for (const slot of [0, 1, 5, 5, 300, 700, 701]) {
      expect(cache.head(answer(slot, cache.knownSlot)).context).toEqual(expected(slot));
      expect(cache.knownSlot).toBe(slot);
    }
  });

  it("begins anew when it knows nothing of the window any more", () => {
    const cache = new TipCache(3);
    cache.head(answer(10, cache.knownSlot));
    expect(cache.head(answer(900, cache.knownSlot)).context).toEqual(expected(900));
  });

  it("takes answers that overtake each other", () => {
    const cache = new TipCache(3);
    cache.head(answer(600, cache.knownSlot));
    const late = answer(603, 600);
    const early = answer(605, 600);
    expect(cache.head(early).context).toEqual(expected(605));
    const head = cache.head(late);
    expect(head.slot).toBe(603n);
    expect(head.context).toEqual(expected(603));
    expect(cache.knownSlot).toBe(605);
  });
});
