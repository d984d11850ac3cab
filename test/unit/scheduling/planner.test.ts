// The WASM planner against a naive one, and its window, pool and limits one by one.

import { getBase58Encoder } from "@solana/kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { compareBytes } from "../../../shared/protocol/bytes.ts";
import { encodeContext } from "../../../shared/protocol/context.ts";
import { fillLoadedAddresses, frameRecords, makeFrame, REC } from "../../../shared/protocol/record.ts";
import { Planner, Verdict } from "../../../shared/scheduling/planner.ts";
import { decodeProposal } from "../../../shared/scheduling/proposal.ts";
import { sizeEntry } from "../../../shared/state/account-sizes.ts";
import { wasmModule } from "../../wasm-module.ts";
import { instance, key, type Model, signature, wire } from "../transaction/wire.ts";
import { planned } from "./programdata.ts";
import { referencePlan, tagOf } from "./reference.ts";

const module = wasmModule();
const parser = instance();
const address = (text: string): Uint8Array => Uint8Array.from(getBase58Encoder().encode(text));
const SYSTEM = new Uint8Array(32);
const COMPUTE_BUDGET = address("ComputeBudget111111111111111111111111111111");
const TOKEN = address("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const CLOCK = address("SysvarC1ock11111111111111111111111111111111");
const WELL_KNOWN = new Set([SYSTEM, COMPUTE_BUDGET, CLOCK].map((k) => Buffer.from(k).toString("hex")));
const SEED0 = 0x0123456789abcdefn;
const SEED1 = 0xfedcba9876543210n;

/** The blockhash of a slot. */
const hashOf = (slot: number): Uint8Array => {
  const out = new Uint8Array(32).fill(0xaa);
  new DataView(out.buffer).setUint32(0, slot * 2654435761);
  new DataView(out.buffer).setUint32(8, slot);
  return out;
};
const contextOf = (slot: number): Uint8Array =>
  encodeContext({
    slot,
    view: 0,
    unixTimestamp: 1_700_000_000,
    epochStartTimestamp: 0,
    hashes: Array.from({ length: Math.min(slot, 512) }, (_, i) => hashOf(slot - 1 - i)),
  });

const planner = (shardCount = 1, slot = 200): Planner => {
  const p = new Planner(module, { shardCount, seed0: SEED0, seed1: SEED1 });
  p.setContext(contextOf(slot));
  return p;
};

interface Spec {
  payer: number;
  writes?: number[];
  reads?: number[];
  units?: number;
  slot?: number;
  nonce?: boolean;
  /** Makes the message another one. */
  salt?: number;
  sig?: number;
  extra?: Uint8Array[];
  token?: "r" | "w" | undefined;
  lookup?: { table: number; writes: number[]; reads: number[] };
}
let serial = 0;
/** A record of a transaction of program 900 that touches these accounts. */
function make(spec: Spec): Uint8Array {
  const unique = (list: number[] = []): number[] => [...new Set(list)].filter((n) => n !== spec.payer);
  const writes = unique(spec.writes);
  const reads = unique(spec.reads).filter((n) => !writes.includes(n));
  const salt = spec.salt ?? ++serial;
  const extra = [...(spec.extra ?? []), ...(spec.token === "r" ? [TOKEN] : []), SYSTEM, COMPUTE_BUDGET];
  const written = [...writes.map(key), ...(spec.token === "w" ? [TOKEN] : [])];
  const keys = [key(spec.payer), ...written, ...reads.map(key), key(900), ...extra];
  const program = 1 + written.length + reads.length;
  const last = keys.length - 1;
  const instructions: Model["instructions"] = [];
  if (spec.nonce) instructions.push({ program: last - 1, accounts: [1, 0], data: Uint8Array.of(4, 0, 0, 0) });
  if (spec.units !== undefined) {
    const data = new Uint8Array(5);
    data[0] = 2;
    new DataView(data.buffer).setUint32(1, spec.units, true);
    instructions.push({ program: last, accounts: [], data });
  }
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, salt);
  instructions.push({ program, accounts: [], data });
  const { lookup } = spec;
  const model: Model = {
    signatures: [signature(spec.sig ?? salt)],
    version: lookup ? 0 : "legacy",
    header: [1, 0, reads.length + 1 + extra.length],
    keys,
    blockhash: hashOf(spec.slot ?? 199),
    instructions,
    lookups: lookup
      ? [
          {
            table: key(lookup.table),
            writable: lookup.writes.map((_, i) => i),
            readonly: lookup.reads.map((_, i) => i),
          },
        ]
      : [],
  };
  const code = parser.call("txParse", wire(model));
  if (code !== 0) throw new Error(`refused: ${code}`);
  const record = parser.out();
  if (lookup) fillLoadedAddresses(record, lookup.writes.map(key), lookup.reads.map(key));
  return record;
}
/** Records as the planner keeps them. */
const kept = (records: readonly Uint8Array[]): Uint8Array[] =>
  records.map((record) => planned(record, (program) => WELL_KNOWN.has(Buffer.from(program).toString("hex"))));
const admit = (p: Planner, ...specs: Spec[]): number[] => [...p.admitFrame(makeFrame(specs.map(make)))!];

const specs = (accounts: number): fc.Arbitrary<Spec[]> =>
  fc.array(
    fc.record({
      payer: fc.nat(accounts),
      writes: fc.array(fc.nat(accounts), { maxLength: 3 }),
      reads: fc.array(fc.nat(accounts), { maxLength: 3 }),
      units: fc.constantFrom(1_000, 1_000, 200_000, 1_400_000),
      extra: fc.constantFrom<Uint8Array[]>([], [], [CLOCK]),
      token: fc.constantFrom<("r" | "w" | undefined)[]>(undefined, undefined, "r", "r", "w"),
      lookup: fc.option(
        fc.record({
          table: fc.integer({ min: 700, max: 702 }),
          writes: fc.subarray([800, 801, 802]),
          reads: fc.subarray([810, 811], { minLength: 1 }),
        }),
        { freq: 4, nil: undefined },
      ),
    }),
    { maxLength: 60 },
  );

/** All that a plan must be, whatever the reference says. */
function checkPlan(p: Planner, records: Uint8Array[], shardCount: number, sizes = new Map<string, number>()): void {
  const expected = referencePlan(records, shardCount, SEED0, SEED1, WELL_KNOWN, sizes);
  const cut = p.cut();
  expect(frameRecords(cut.frame)).toEqual(expected.chosen);
  expect([cut.numTransactions, cut.numGroups, cut.numCrossShard, cut.largestGroup]).toEqual([
    expected.chosen.length,
    expected.numGroups,
    expected.numCrossShard,
    expected.largestGroup,
  ]);
  expect(p.waiting()).toBe(expected.waiting.length);
  const proposals = cut.shards.map(({ shard, proposal }) => {
    const decoded = decodeProposal(proposal);
    expect(decoded.shard).toBe(shard);
    return decoded;
  });
  expect(cut.shards.map((s) => s.shard)).toEqual([...new Set(cut.shards.map((s) => s.shard))].sort((a, b) => a - b));
  const shardOfIndex: number[] = [];
  const lends: string[] = [];
  const borrows: string[] = [];
  for (const proposal of proposals) {
    proposal.records.forEach(({ blockIndex, record }, i) => {
      if (i > 0) expect(blockIndex).toBeGreaterThan(proposal.records[i - 1]!.blockIndex);
      shardOfIndex[blockIndex] = proposal.shard;
      expect(record).toEqual(expected.chosen[blockIndex]);
    });
    for (const list of [proposal.lends, proposal.borrows]) {
      list.forEach((lease, i) => {
        const before = list[i - 1];
        if (before)
          expect(
            before.shard < lease.shard || (before.shard === lease.shard && compareBytes(before.key, lease.key) < 0),
          ).toBe(true);
        const pair = list === proposal.lends ? `${proposal.shard}>${lease.shard}` : `${lease.shard}>${proposal.shard}`;
        (list === proposal.lends ? lends : borrows).push(
          `${pair} ${Buffer.from(lease.key).toString("hex")} ${lease.writable ? "w" : "r"}`,
        );
      });
    }
    expect(proposal.records.length + proposal.lends.length + proposal.borrows.length).toBeGreaterThan(0);
    expect([proposal.slot, proposal.view, proposal.prevSlot, proposal.stableSlot, proposal.flags]).toEqual([
      0n,
      0n,
      0n,
      0n,
      0,
    ]);
  }
  expect(shardOfIndex).toEqual(expected.shardOfChosen);
  expect(lends.sort()).toEqual(expected.leases);
  expect(borrows.sort()).toEqual(expected.leases);
  // What is written is written on one shard only.
  const writable = lends.filter((l) => l.endsWith("w")).map((l) => l.split(" ")[1]);
  expect(new Set(writable).size).toBe(writable.length);
}

describe("plans", () => {
  it("are the naive planner's, on 1 to 64 shards, cut after cut", () => {
    fc.assert(
      fc.property(specs(12), specs(300), fc.constantFrom(1, 2, 3, 8, 64), (dense, sparse, shardCount) => {
        const p = planner(shardCount);
        const records = [...dense, ...sparse].map(make);
        p.admitFrame(makeFrame(records));
        let waiting = kept(records);
        for (let round = 0; round < 4; round++) {
          checkPlan(p, waiting, shardCount);
          waiting = [...referencePlan(waiting, shardCount, SEED0, SEED1, WELL_KNOWN).waiting];
        }
      }),
      { numRuns: 150 },
    );
  });

  it("follow size hints", () => {
    fc.assert(
      fc.property(specs(20), fc.array(fc.tuple(fc.nat(20), fc.nat(5000)), { maxLength: 6 }), (list, hints) => {
        const p = planner(4);
        const sizes = new Map<string, number>();
        for (const [n, bytes] of hints) {
          p.noteSizes(sizeEntry(key(n), bytes));
          sizes.set(Buffer.from(key(n)).toString("hex"), bytes);
        }
        const records = list.map(make);
        p.admitFrame(makeFrame(records));
        checkPlan(p, kept(records), 4, sizes);
      }),
      { numRuns: 50 },
    );
  });

  it("are the same bytes for the same calls", () => {
    const records = Array.from({ length: 200 }, (_, i) => make({ payer: i % 40, writes: [(i * 7) % 90], reads: [95] }));
    const run = (): Uint8Array[] => {
      const p = planner(5);
      p.admitFrame(makeFrame(records));
      const cut = p.cut();
      return [cut.frame, ...cut.shards.map((s) => s.proposal)];
    };
    expect(run()).toEqual(run());
  });

  it("run independent transactions apart and tie only what is written", () => {
    const p = planner(8);
    admit(p, { payer: 1, reads: [50] }, { payer: 2, reads: [50] }, { payer: 3, reads: [50] });
    expect(p.cut().numGroups).toBe(3);
    admit(p, { payer: 1, reads: [50] }, { payer: 2, reads: [50] }, { payer: 3, writes: [50] });
    expect(p.cut().numGroups).toBe(1);
  });

  it("have nothing for an empty pool", () => {
    const cut = planner(4).cut();
    expect([cut.numTransactions, cut.frame.length, cut.shards.length, cut.numGroups]).toEqual([0, 4, 0, 0]);
  });
});

describe("a hot account", () => {
  it("delays itself and whoever conflicts with what waits, and nobody else; the order is kept", () => {
    const p = planner();
    const HOT = 500;
    const hot = Array.from({ length: 40 }, (_, i) => make({ payer: 100 + i, writes: [HOT], units: 1_400_000 }));
    const follower = make({ payer: 139, writes: [7], units: 1_000 }); // same payer as the last hot one: must not overtake it
    const reader = make({ payer: 60, reads: [HOT] });
    const other = make({ payer: 61, writes: [8] });
    p.admitFrame(makeFrame([...hot, follower, reader, other]));
    const first = frameRecords(p.cut().frame);
    const taken = first.length - 1;
    expect(first).toEqual(kept([...hot.slice(0, taken), other]));
    expect(taken).toBe(28); // 28 x (1,400,000 + signature, locks and data) <= 40 million
    expect(frameRecords(p.cut().frame)).toEqual(kept([...hot.slice(28), follower, reader]));
  });

  it("a reader that waits holds back later writers, not later readers", () => {
    const p = planner();
    const hot = Array.from({ length: 29 }, (_, i) =>
      make({ payer: 100 + i, writes: [500], reads: [501], units: 1_400_000 }),
    );
    const laterReader = make({ payer: 1, reads: [501] });
    const laterWriter = make({ payer: 2, writes: [501] });
    p.admitFrame(makeFrame([...hot, laterReader, laterWriter]));
    expect(frameRecords(p.cut().frame)).toEqual(kept([...hot.slice(0, 28), laterReader]));
    expect(frameRecords(p.cut().frame)).toEqual(kept([hot[28]!, laterWriter]));
  });
});

describe("heavy transactions", () => {
  const heavy = (payer: number, writes: number[] = []) => make({ payer, writes, units: 1_400_000 });
  const sizes = (p: Planner, ...rooms: number[]) => rooms.map((room) => p.cut(room).numTransactions);

  it("have the room they are given, the first of a block whatever it costs; small ones go on", () => {
    const p = planner();
    const list = Array.from({ length: 9 }, (_, i) => heavy(100 + i));
    const small = [make({ payer: 1, units: 199_000 - 5_000 }), make({ payer: 2, units: 1_000 })];
    p.admitFrame(makeFrame([...list, ...small]));
    const first = p.cut(3_000_000);
    expect(frameRecords(first.frame)).toEqual(kept([list[0]!, list[1]!, ...small]));
    expect(first.heavy).toBe(2 * 1_401_022);
    expect(sizes(p, 0, 1, 1_500_000, 0)).toEqual([0, 1, 1, 0]);
    expect(frameRecords(p.cut().frame)).toEqual(kept(list.slice(4)));
    expect(p.waiting()).toBe(0);
  });

  it("that wait hold back what conflicts with them, in order", () => {
    const p = planner();
    const [a, b] = [heavy(100, [7]), heavy(101, [8])];
    const later = make({ payer: 1, writes: [8], units: 1_000 });
    const other = make({ payer: 2, writes: [7], units: 1_000 });
    p.admitFrame(makeFrame([a, b, later, other]));
    expect(frameRecords(p.cut(1).frame)).toEqual(kept([a, other]));
    expect(frameRecords(p.cut(1).frame)).toEqual(kept([b, later]));
  });
});

describe("block limits", () => {
  it("cost: what does not fit waits in order, and the search ends there", () => {
    const p = planner();
    const list = Array.from({ length: 150 }, (_, i) => make({ payer: i, units: 1_400_000 }));
    p.admitFrame(makeFrame([...list, make({ payer: 999, units: 1 })]));
    const sizes = [p.cut().numTransactions, p.cut().numTransactions, p.cut().numTransactions, p.cut().numTransactions];
    expect(sizes).toEqual([71, 71, 9, 0]);
  });

  it("transactions: 16,384 a block", () => {
    const p = planner(4);
    const record = make({ payer: 1, units: 1 });
    const list = Array.from({ length: 20_000 }, (_, i) => {
      const copy = record.slice();
      new DataView(copy.buffer).setUint32(64 + 1, i); // signature
      new DataView(copy.buffer).setUint32(64 + 65 + 4 + 4, 10_000 + i); // payer
      return copy;
    });
    for (let at = 0; at < list.length; at += 2_000) expect(p.admit(makeFrame(list.slice(at, at + 2_000)))).toBe(true);
    const cut = p.cut();
    expect(cut.numTransactions).toBe(16_384);
    expect(cut.shards.reduce((n, s) => n + decodeProposal(s.proposal).records.length, 0)).toBe(16_384);
    expect(p.oldestWaiting()).toBe(16_384);
    expect(p.cut().numTransactions).toBe(20_000 - 16_384);
    expect(p.oldestWaiting()).toBe(20_000);
  });
});

describe("at most once", () => {
  it("a message waits once, whatever its signature; what is in a block may come again", () => {
    const p = planner();
    const spec: Spec = { payer: 1, salt: 77, slot: 199 };
    expect(admit(p, spec, spec)).toEqual([Verdict.WAITING, Verdict.DUPLICATE]);
    expect(admit(p, { ...spec, sig: 78 })).toEqual([Verdict.DUPLICATE]);
    expect(p.cut().numTransactions).toBe(1);
    // Whether it has landed is for the shard to say.
    expect(admit(p, spec)).toEqual([Verdict.WAITING]);
    p.setContext(contextOf(350));
    expect(p.cut()).toMatchObject({ numTransactions: 0, numExpired: 1 });
    expect(admit(p, spec)).toEqual([Verdict.TOO_OLD]);
  });

  it("takes blockhashes of the newest 150 slots and no other: up to the block height at which clients give up", () => {
    const p = planner();
    expect(
      admit(p, { payer: 1, slot: 199 }, { payer: 1, slot: 50 }, { payer: 1, slot: 49 }, { payer: 1, slot: 200 }),
    ).toEqual([Verdict.WAITING, Verdict.WAITING, Verdict.TOO_OLD, Verdict.TOO_OLD]);
  });

  it("a durable nonce needs no blockhash", () => {
    const p = planner();
    const spec: Spec = { payer: 1, writes: [2], slot: 7, nonce: true, salt: 5 };
    expect(admit(p, spec, spec)).toEqual([Verdict.WAITING, Verdict.DUPLICATE]);
    expect(p.cut().numTransactions).toBe(1);
    expect(admit(p, spec)).toEqual([Verdict.WAITING]);
  });

  it("agrees with a plain set over random slots", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(40), fc.nat(170)), { maxLength: 120 }), (steps) => {
        const p = planner(1, 200);
        let slot = 200;
        let waiting = new Map<string, number>();
        for (const [advance, salt, age] of steps) {
          slot += advance;
          p.setContext(contextOf(slot));
          p.dropExpired();
          for (const [name, from] of waiting) if (slot - 1 - from > 149) waiting.delete(name);
          const from = slot - 1 - age;
          const name = `${salt} ${from}`;
          const verdict = age > 149 ? Verdict.TOO_OLD : waiting.has(name) ? Verdict.DUPLICATE : Verdict.WAITING;
          expect(admit(p, { payer: 1, salt, slot: from })).toEqual([verdict]);
          if (verdict === Verdict.WAITING) waiting.set(name, from);
          if (salt % 5 === 0) {
            expect(p.cut().numTransactions).toBe(waiting.size);
            waiting = new Map();
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("tells the owner of a fee payer that is lent the tag and the height of its blockhash; of a nonce it tells nothing", () => {
    const shards = 4;
    const p = planner(shards);
    const specs: Spec[] = Array.from({ length: 40 }, (_, i) => ({
      payer: i,
      writes: [100 + (i % 7)],
      salt: i,
      slot: 150 + i,
    }));
    const nonce: Spec = { payer: 50, writes: [100, 9], slot: 7, nonce: true, salt: 99 };
    admit(p, ...specs, nonce);
    const cut = p.cut();
    const heights = new Map(specs.map((spec) => [tagOf(make(spec), SEED0, SEED1), spec.slot!]));
    const seen = cut.shards.flatMap(({ shard, proposal }) =>
      decodeProposal(proposal).tags.map(({ tag, height, shard: runner }) => {
        expect(height).toBe(heights.get(tag));
        return `${shard}>${runner} ${tag}`;
      }),
    );
    const expected = referencePlan([...specs, nonce].map(make), shards, SEED0, SEED1, WELL_KNOWN).tags;
    expect(seen.sort()).toEqual(
      expected.filter((one) => !one.endsWith(String(tagOf(make(nonce), SEED0, SEED1)))).sort(),
    );
    expect(seen.length).toBeGreaterThan(10);
  });
});

describe("the pool", () => {
  it("drops what has expired and says its signature", () => {
    const p = planner();
    admit(p, { payer: 1, slot: 60, salt: 1 }, { payer: 2, slot: 199, salt: 2 }, { payer: 3, slot: 61, salt: 3 });
    p.setContext(contextOf(211));
    const cut = p.cut();
    expect([cut.numExpired, cut.numTransactions, p.waiting()]).toEqual([1, 2, 0]);
    expect(p.dropExpired()).toEqual(signature(1));
    expect(p.dropExpired().length).toBe(0);
    admit(p, { payer: 1, slot: 62, salt: 4 });
    p.setContext(contextOf(214));
    expect(p.dropExpired()).toEqual(signature(4));
    expect([p.waiting(), p.oldestWaiting(), p.admitted()]).toEqual([0, 4, 4]);
  });

  it("takes 65,536 transactions and refuses the next frame as a whole", () => {
    const p = planner();
    const record = make({ payer: 1, units: 1 });
    const frame = (from: number, n: number): Uint8Array =>
      makeFrame(
        Array.from({ length: n }, (_, i) => {
          const copy = record.slice();
          new DataView(copy.buffer).setUint32(64 + 65 + 4 + 4, 10_000 + from + i);
          return copy;
        }),
      );
    for (let at = 0; at < 65_536; at += 4_096) expect(p.admit(frame(at, 4_096))).toBe(true);
    expect(p.admit(frame(65_536, 1))).toBe(false);
    expect([p.waiting(), p.admitted()]).toEqual([65_536, 65_536]);
    expect(p.cut().numTransactions).toBe(16_384);
    expect(p.admit(frame(65_536, 16_385))).toBe(false);
    expect(p.admit(frame(65_536, 16_384))).toBe(true);
    let order = 16_384;
    for (let round = 0; round < 4; round++) {
      const records = frameRecords(p.cut().frame);
      const payers = records.map((r) => new DataView(r.buffer, r.byteOffset).getUint32(64 + 65 + 4 + 4) - 10_000);
      expect(payers).toEqual(Array.from({ length: 16_384 }, (_, i) => order + i));
      order += 16_384;
    }
    expect(p.waiting()).toBe(0);
  });

  it("is bounded in bytes, and its memory comes back", () => {
    const p = planner();
    const big = make({
      payer: 1,
      lookup: {
        table: 700,
        writes: Array.from({ length: 30 }, (_, i) => 1000 + i),
        reads: Array.from({ length: 25 }, (_, i) => 1100 + i),
      },
    });
    const frame = (from: number): Uint8Array =>
      makeFrame(
        Array.from({ length: 400 }, (_, i) => {
          const copy = big.slice();
          new DataView(copy.buffer).setUint32(64 + 65 + 5 + 4, 10_000 + from + i);
          return copy;
        }),
      );
    let n = 0;
    while (p.admit(frame(n))) n += 400;
    const bytes = n * big.length;
    expect(bytes).toBeGreaterThan(24 << 20);
    expect(bytes).toBeLessThanOrEqual(27 << 20);
    let left = n;
    while (left > 0) {
      const cut = p.cut();
      expect(cut.frame.length).toBeLessThanOrEqual(8 << 20);
      expect(cut.numTransactions).toBeGreaterThan(0);
      left -= cut.numTransactions;
    }
    expect(p.admit(frame(n))).toBe(true);
  });

  it("keeps order and contents while most of it is moved together", () => {
    const p = planner();
    const hot = Array.from({ length: 3_000 }, (_, i) =>
      make({ payer: 1, writes: [500], units: 1_400_000, salt: 1_000_000 + i }),
    );
    const cold = Array.from({ length: 9_000 }, (_, i) => make({ payer: 2_000 + i, units: 10, salt: 2_000_000 + i }));
    const mixed = cold.flatMap((r, i) => (i % 3 === 0 ? [r, hot[i / 3]!] : [r]));
    for (let at = 0; at < mixed.length; at += 3_000) expect(p.admit(makeFrame(mixed.slice(at, at + 3_000)))).toBe(true);
    const seen: Uint8Array[] = [];
    while (p.waiting() > 0) seen.push(...frameRecords(p.cut().frame));
    const isHot = new Set(kept(hot).map((r) => Buffer.from(r).toString("hex")));
    const text = seen.map((r) => Buffer.from(r).toString("hex"));
    expect(text.filter((t) => isHot.has(t))).toEqual(kept(hot).map((r) => Buffer.from(r).toString("hex")));
    expect(text.length).toBe(12_000);
  });
});

describe("bad input", () => {
  it("refuses a record that is not what its transaction parses to", () => {
    const p = planner();
    const lie = make({ payer: 1 });
    lie[REC.COST]! ^= 1;
    const twice = make({ payer: 1, lookup: { table: 700, writes: [3], reads: [3] } });
    expect([...p.admitFrame(makeFrame([lie, twice, make({ payer: 1 })]))!]).toEqual([
      Verdict.MALFORMED,
      Verdict.MALFORMED,
      Verdict.WAITING,
    ]);
  });
  const raw = instance();
  it("is refused, not trapped", () => {
    expect(raw.exports.plannerCut!()).toBe(-ErrorCode.PLANNER_NOT_INITIALISED);
    expect(raw.exports.plannerInit!(0, 0n, 0n, 1, 1, 1, 1, 1)).toBe(-ErrorCode.PLANNER_MALFORMED);
    expect(raw.exports.plannerInit!(65, 0n, 0n, 1, 1, 1, 1, 1)).toBe(-ErrorCode.PLANNER_MALFORMED);
    expect(raw.exports.plannerInit!(4, 1n, 2n, 16_384, 8 << 20, 100_000_000, 40_000_000, 1 << 20)).toBe(0);
    expect(raw.call("plannerAdmit", makeFrame([]))).toBe(-ErrorCode.PLANNER_NOT_INITIALISED);
    expect(raw.call("plannerSetContext", contextOf(5).subarray(1))).toBe(-ErrorCode.PLANNER_MALFORMED);
    expect(raw.call("plannerSetContext", contextOf(200))).toBe(0);
    const frame = makeFrame([make({ payer: 1, slot: 199, lookup: { table: 700, writes: [3], reads: [4] } })]);
    const isRead = fc.property(
      fc.array(fc.tuple(fc.nat(frame.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(frame.length),
      (changes, cut) => {
        const bytes = frame.slice(0, cut % 4 ? frame.length : cut);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        raw.call("plannerAdmit", bytes);
        raw.call("plannerReadmit", bytes);
      },
    );
    // A pool that is full looks at nothing: each time it is emptied.
    for (let round = 0; round < 50; round++) {
      fc.assert(isRead, { numRuns: 250 });
      expect(raw.exports.plannerCut!(0xffffffff, 0xffffffff)).toBeGreaterThanOrEqual(0);
    }
  });

  it("does not wait again with lookups that lie elsewhere: the cut would read beyond the memory", () => {
    const frame = makeFrame([make({ payer: 1, slot: 199, lookup: { table: 700, writes: [3], reads: [4] } })]);
    const fresh = instance();
    fresh.exports.plannerInit!(4, 1n, 2n, 16_384, 8 << 20, 100_000_000, 40_000_000, 1 << 20);
    fresh.call("plannerSetContext", contextOf(200));
    expect([fresh.call("plannerReadmit", frame), ...fresh.out().subarray(4)]).toEqual([1, 0]);
    for (const offset of [0, 190, 191, 192]) {
      const bytes = frame.slice();
      new DataView(bytes.buffer).setUint16(4 + REC.OFF_LOOKUPS, offset, true);
      expect([fresh.call("plannerReadmit", bytes), ...fresh.out().subarray(4)]).toEqual([1, 4]);
    }
    expect(fresh.exports.plannerCut!(0xffffffff, 0xffffffff)).toBe(1);
  });
});
