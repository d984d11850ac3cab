/** Pages of an address's transactions: order, cursor, every bound and filter, and token accounts that count as its own. */
import { beforeAll, describe, expect, it } from "vitest";
import type { AddressQuery, FoundEntry, Position } from "../../../shared/ledger/address-page.ts";
import { keyOf } from "../state/chain.ts";
import { GENESIS_TIME, LedgerChain } from "./ledger-chain.ts";
import { type NetShape, TINY } from "./ledger-net.ts";

const [A, B, OTHER, TOKENS] = ["a", "b", "other", "tokens"].map((name) => keyOf(`page ${name}`)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const BLOCKS = 200;

describe.each<[string, NetShape]>([
  ["one generation", {}],
  ["tiny generations", TINY],
])("%s", (_, shape) => {
  const chain = new LedgerChain(shape);
  /** Slot and index of each transaction of A, oldest first. */
  const all: (Position & { readonly signature: Uint8Array; readonly failed: boolean })[] = [];

  beforeAll(() => {
    for (let i = 0; i < BLOCKS; i++) {
      // Slots 51 to 150 are skipped, and an hour with them.
      const slot = i < 50 ? i + 1 : i + 101;
      const failed = i % 3 === 0;
      const time = GENESIS_TIME + (i < 50 ? i : 3_600 + i);
      const signatures = chain.add(
        [
          { from: OTHER, to: B },
          { from: A, to: B, failed },
          { from: OTHER, to: A },
        ],
        { slot, time },
      );
      all.push(
        { slot, index: 1, signature: signatures[1]!, failed },
        { slot, index: 2, signature: signatures[2]!, failed: false },
      );
    }
  });

  const positions = (entries: readonly Position[]) => entries.map(({ slot, index }) => `${slot}:${index}`);

  function page(query: Partial<AddressQuery>) {
    const found = chain.query.page({ addresses: [A], limit: 1_000, ...query });
    if (!found.ok) throw new Error("unknown");
    return found;
  }
  const found = (query: Partial<AddressQuery>) =>
    positions(page(query).entries.map(({ slot, index }: FoundEntry) => ({ slot: Number(slot), index })));

  describe("a page", () => {
    it("is newest first, or oldest first, across the runs of the index", () => {
      expect(found({})).toEqual(positions(all).reverse());
      expect(found({ oldestFirst: true })).toEqual(positions(all));
      chain.restart();
      expect(found({ oldestFirst: true })).toEqual(positions(all));
      expect(page({}).next).toBeNull();
    });

    it.each([false, true])("goes on where the one before ended (oldest first: %s)", (oldestFirst) => {
      const seen: string[] = [];
      let after: Position | undefined;
      let pages = 0;
      do {
        const one = page({ oldestFirst, limit: 7, ...(after && { after }) });
        expect(one.entries.length).toBe(Math.min(7, all.length - seen.length));
        seen.push(...positions(one.entries.map(({ slot, index }) => ({ slot: Number(slot), index }))));
        after = one.next ?? undefined;
        pages++;
      } while (after);
      expect(seen).toEqual(oldestFirst ? positions(all) : positions(all).reverse());
      expect(pages).toBe(Math.ceil(all.length / 7));
    });

    it("has what is asked for with a transaction", () => {
      const { entries } = page({ limit: 1, full: true });
      expect(entries[0]!.transaction!.record.length).toBeGreaterThan(100);
      expect(page({ limit: 1 }).entries[0]!.transaction).toBeUndefined();
    });

    it("of an address that nobody named is empty", () => {
      expect(page({ addresses: [keyOf("nobody")] })).toEqual({ ok: true, entries: [], next: null });
    });
  });

  describe("bounds", () => {
    it.each([
      [{ from: 10 }, (slot: number) => slot >= 10],
      [{ to: 10 }, (slot: number) => slot <= 10],
      [{ from: 49, to: 152 }, (slot: number) => slot >= 49 && slot <= 152],
      [{ from: 60, to: 120 }, () => false],
      [{ from: 20, to: 10 }, () => false],
    ])("slots %j", (slots, isIn) => {
      const expected = positions(all.filter(({ slot }) => isIn(slot)));
      expect(found({ slots, oldestFirst: true })).toEqual(expected);
      expect(found({ slots })).toEqual(expected.toReversed());
    });

    it.each([
      [{ from: 0 }, (i: number) => i >= 0],
      [{ from: GENESIS_TIME + 49 }, (i: number) => i >= 49],
      [{ from: GENESIS_TIME + 50 }, (i: number) => i >= 50],
      [{ to: GENESIS_TIME + 100 }, (i: number) => i < 50],
      [{ from: GENESIS_TIME + 3_660, to: GENESIS_TIME + 3_662 }, (i: number) => i >= 60 && i <= 62],
      [{ to: GENESIS_TIME - 1 }, () => false],
      [{ from: GENESIS_TIME + 100_000 }, () => false],
    ])("times %j", (times, isIn) => {
      const expected = positions(all.filter((_, i) => isIn(i >> 1)));
      expect(found({ times, oldestFirst: true })).toEqual(expected);
      expect(found({ times })).toEqual(expected.toReversed());
    });

    it("signatures, those named in or out", () => {
      const [low, high] = [all[11]!.signature, all[300]!.signature];
      const range = (from: number, to: number) => positions(all.slice(from, to)).reverse();
      expect(found({ signatures: { gt: low } })).toEqual(range(12, 400));
      expect(found({ signatures: { gte: low } })).toEqual(range(11, 400));
      expect(found({ signatures: { lt: high } })).toEqual(range(0, 300));
      expect(found({ signatures: { lte: high } })).toEqual(range(0, 301));
      expect(found({ signatures: { gt: low, lt: high } })).toEqual(range(12, 300));
      expect(found({ signatures: { gt: high, lt: low } })).toEqual([]);
    });

    it("a signature of another address is a bound, one that nobody has is named", () => {
      const other = chain.query.page({ addresses: [OTHER], limit: 1, slots: { to: 5 } });
      const signature = other.ok ? other.entries[0]!.signature : new Uint8Array();
      expect(found({ signatures: { lt: signature } })).toEqual(positions(all.slice(0, 9)).reverse());
      const unknown = new Uint8Array(64).fill(7);
      for (const bound of ["gt", "gte", "lt", "lte"]) {
        const answer = chain.query.page({ addresses: [A], limit: 1, signatures: { [bound]: unknown } });
        expect(answer).toEqual({ ok: false, unknown });
      }
    });

    it("status, together with the others", () => {
      expect(found({ status: "failed" })).toEqual(positions(all.filter((tx) => tx.failed)).reverse());
      expect(found({ status: "succeeded" })).toEqual(positions(all.filter((tx) => !tx.failed)).reverse());
      const one = page({ status: "failed", slots: { to: 20 }, limit: 3, oldestFirst: true });
      expect(positions(one.entries.map(({ slot, index }) => ({ slot: Number(slot), index })))).toEqual([
        "1:1",
        "4:1",
        "7:1",
      ]);
      expect(one.next).toEqual({ slot: 7, index: 1 });
      expect(page({ status: "failed", slots: { to: 7 }, limit: 3, oldestFirst: true }).next).toBeNull();
    });

    it("later slots are not opened for an old page", () => {
      chain.restart();
      const before = chain.reads;
      page({ slots: { to: 3 }, limit: 2 });
      expect(chain.reads - before).toBeLessThanOrEqual(3);
    });
  });

  describe("token accounts of the address", () => {
    const mine = new LedgerChain(shape);
    const owner = keyOf("owner");
    beforeAll(() => {
      mine.add([{ from: owner, to: OTHER }]);
      mine.add([{ from: OTHER, to: TOKENS, tokens: { owner, before: 5n, after: 7n } }]);
      mine.add([{ from: OTHER, to: TOKENS, tokens: { owner, before: 7n, after: 7n } }]);
      mine.add([{ from: OTHER, to: TOKENS, tokens: { owner, after: 1n } }]);
      mine.add([{ from: OTHER, to: TOKENS, tokens: { owner, before: 1n } }]);
      mine.add([{ from: OTHER, to: TOKENS, tokens: { owner: OTHER, before: 1n, after: 3n } }]);
      mine.add([{ from: owner, to: TOKENS }]);
    });
    const slots = (query: Partial<AddressQuery>) => {
      const answer = mine.query.page({ addresses: [owner, TOKENS], limit: 100, oldestFirst: true, ...query });
      return answer.ok ? answer.entries.map(({ slot }) => Number(slot)) : [];
    };

    it("all of them, each once", () => {
      expect(slots({})).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(slots({ oldestFirst: false, limit: 3 })).toEqual([7, 6, 5]);
      expect(slots({ addresses: [owner] })).toEqual([1, 7]);
    });

    it("those that change what the address has: more, less, opened, closed", () => {
      expect(slots({ balanceChanged: true })).toEqual([1, 2, 4, 5, 7]);
    });
  });
});
