/** What the ledger derives from its blocks: minutes of the chain, prices of the newest blocks, how many blocks a range has. */
import { describe, expect, it } from "vitest";
import { keyOf } from "../state/chain.ts";
import { GENESIS_TIME, LedgerChain, type MadeTransaction } from "./ledger-chain.ts";
import { type NetShape, TINY } from "./ledger-net.ts";

const [A, B, C, D] = ["a", "b", "c", "d"].map((name) => keyOf(`sample ${name}`)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const TX: MadeTransaction = { from: A, to: B };
const at = (seconds: number) => ({ time: GENESIS_TIME + seconds });

describe.each<[string, NetShape]>([
  ["one generation", {}],
  ["tiny generations", TINY],
])("%s", (_, shape) => {
  describe("performance samples", () => {
    it("of a chain without blocks: none", () => {
      expect(new LedgerChain(shape).query.samples(720)).toEqual([]);
    });

    it("of a chain that is not a minute old: the time so far, at least a second", () => {
      const chain = new LedgerChain(shape);
      chain.add([TX, TX], at(0));
      expect(chain.query.samples(720)).toEqual([{ slot: 1, slots: 1, transactions: 2, seconds: 1 }]);
      chain.add([TX], at(30));
      expect(chain.query.samples(720)).toEqual([{ slot: 2, slots: 2, transactions: 3, seconds: 30 }]);
      expect(chain.query.samples(0)).toEqual([]);
    });

    it("one a minute, newest first, at most as many as asked for", () => {
      const chain = new LedgerChain(shape);
      for (let second = 0; second <= 180; second += 20) chain.add([TX], at(second));
      const samples = [
        { slot: 9, slots: 3, transactions: 3, seconds: 60 },
        { slot: 6, slots: 3, transactions: 3, seconds: 60 },
        { slot: 3, slots: 3, transactions: 3, seconds: 60 },
      ];
      expect(chain.query.samples(720)).toEqual(samples);
      expect(chain.query.samples(2)).toEqual(samples.slice(0, 2));
      chain.restart();
      expect(chain.query.samples(720)).toEqual(samples);
      for (const second of [200, 220, 240]) chain.add([], at(second));
      expect(chain.query.samples(1)).toEqual([{ slot: 12, slots: 3, transactions: 1, seconds: 60 }]);
    });

    it("none of the time in which there was no block", () => {
      const chain = new LedgerChain(shape);
      for (const second of [0, 59, 7_000, 7_059, 7_060]) chain.add([TX], at(second));
      expect(chain.query.samples(720)).toEqual([
        { slot: 4, slots: 2, transactions: 2, seconds: 60 },
        { slot: 2, slots: 2, transactions: 2, seconds: 60 },
      ]);
    });

    it("slots that a moved clock skips are in none", () => {
      const chain = new LedgerChain(shape);
      chain.add([TX], at(0));
      chain.add([TX], at(10));
      chain.add([TX], { slot: 1_000_000, ...at(10) });
      chain.add([TX], at(70));
      expect(chain.query.samples(720)).toEqual([
        { slot: 1_000_000, slots: 1, transactions: 1, seconds: 60 },
        { slot: 2, slots: 2, transactions: 2, seconds: 10 },
      ]);
    });

    it("twelve hours are kept", () => {
      const chain = new LedgerChain(shape);
      for (let minute = 0; minute <= 725; minute++) chain.add([], at(minute * 60));
      for (const again of [false, true]) {
        if (again) chain.restart();
        const samples = chain.query.samples(720);
        expect(samples).toHaveLength(720);
        expect(samples.map(({ slot }) => slot)).toEqual(Array.from({ length: 720 }, (_, i) => 725 - i));
      }
      const { ledger } = chain.net;
      expect(ledger.samples.newest(10_000, { slot: 0, unixTimestamp: 0, transactionCount: 0n })).toHaveLength(720);
      if (shape !== TINY) expect(chain.net.storage("ledger-0").count("samples")).toBe(720);
    });
  });

  describe("recent prioritization fees", () => {
    it("the lowest price of each block, or the highest that one of the accounts costs", () => {
      const chain = new LedgerChain(shape);
      chain.add([]);
      chain.add([
        { from: A, to: B, price: 5n },
        { from: C, to: D, price: 9n },
        { from: C, to: A, price: 7n },
      ]);
      chain.add([]);
      chain.add([{ from: C, to: D, price: 3n }]);
      const fees = (...addresses: Uint8Array[]) =>
        chain.query.priorityFees(addresses).map(({ slot, price }) => [slot, price]);
      expect(fees()).toEqual([
        [2, 5n],
        [4, 3n],
      ]);
      // A is written for 5 and for 7, C for 9 and for 7, D for 9.
      expect(fees(A)[0]).toEqual([2, 5n]);
      expect(fees(C)[0]).toEqual([2, 7n]);
      expect(fees(A, D)[0]).toEqual([2, 9n]);
      expect(fees(keyOf("nobody"))[0]).toEqual([2, 5n]);
      chain.add([{ from: A, to: B, price: 1n }]);
      expect(fees(D)).toEqual([
        [2, 9n],
        [4, 3n],
        [5, 1n],
      ]);
    });

    it("of 150 blocks with transactions, each read once", () => {
      const chain = new LedgerChain(shape);
      for (let i = 0; i < 200; i++) chain.add(i % 2 === 0 ? [] : [{ ...TX, price: BigInt(i) }]);
      for (let i = 200; i < 300; i++) chain.add([{ ...TX, price: BigInt(i) }]);
      const slots = [
        ...Array.from({ length: 50 }, (_, i) => 102 + 2 * i),
        ...Array.from({ length: 100 }, (_, i) => 201 + i),
      ];
      expect(chain.query.priorityFees([]).map(({ slot }) => slot)).toEqual(slots);
      const before = chain.reads;
      chain.add([{ ...TX, price: 1n }]);
      expect(chain.query.priorityFees([B]).map(({ slot }) => slot)).toEqual([...slots.slice(1), 301]);
      expect(chain.reads - before).toBe(1);
    });
  });

  it("blocks of a range: its slots up to the tip without the skipped ones", () => {
    const chain = new LedgerChain(shape);
    for (const slot of [1, 2, 10, 11, 20]) chain.add([], { slot });
    const slots = [0, 1, 2, 10, 11, 20];
    for (let from = 0; from < 24; from++) {
      for (let to = from - 1; to < 24; to++) {
        expect(chain.query.countBlocks(from, to)).toBe(slots.filter((slot) => slot >= from && slot <= to).length);
      }
    }
  });
});
