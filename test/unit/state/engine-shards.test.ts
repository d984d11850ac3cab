// Loans and returns: several engines do what one engine does, whatever is repeated, and refuse what is not in the plan.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { viewOf } from "../../../shared/protocol/bytes.ts";
import { CONTEXT_SIZE } from "../../../shared/protocol/limits.ts";
import { encodeAccountList, shardOf } from "../../../shared/state/accounts.ts";
import {
  Chain,
  digestOf,
  engineOf,
  hex,
  keyOf,
  type Lease,
  proposalOf,
  resultsOf,
  SEEDS,
  sortLeases,
  type Transfer,
  transferRecord,
  wallet,
} from "./chain.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 30);
const POOL = Array.from({ length: 24 }, (_, i) => keyOf(i));
/** The first half has money. */
const genesis = POOL.slice(0, 12).map((key, i) => wallet(key, BigInt(i + 1) * 10_000_000n));

const transfer = fc.record({
  from: fc.constantFrom(...POOL.slice(0, 14)),
  to: fc.constantFrom(...POOL),
  lamports: fc.oneof(fc.constantFrom(0n, 890_880n, 1_000_000n, 9_995_000n), fc.bigInt({ min: 0n, max: 30_000_000n })),
  instruction: fc.constantFrom(2, 2, 2, 2, 99),
});
const blocks = fc.array(fc.array(transfer, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });

describe("several shards", () => {
  it("do what one shard does, with every message twice, and replay to the same state", () => {
    fc.assert(
      fc.property(blocks, fc.constantFrom(2, 3, 4), (slots, shardCount) => {
        const one = new Chain(1, genesis);
        const many = new Chain(shardCount, genesis);
        slots.forEach((transfers, i) => {
          const before = many.lamports();
          const expected = one.run(i + 1, transfers);
          const got = many.run(i + 1, transfers, 2);
          expect([...got].sort(([a], [b]) => a - b)).toEqual([...expected]);
          const fees = [...got.values()].reduce((sum, r) => sum + (r[8] ? viewOf(r).getBigUint64(16, true) : 0n), 0n);
          expect(many.lamports() + fees).toBe(before);
        });
        for (let slot = 0; slot <= slots.length; slot++) expect(many.read(POOL, slot)).toEqual(one.read(POOL, slot));

        many.engines.forEach((engine, shard) => {
          const again = engineOf(shard, shardCount);
          again.load(encodeAccountList(genesis.filter(({ key }) => shardOf(key, shardCount, SEEDS) === shard)), 0);
          for (const row of many.rows[shard]!) expect(again.replay(row)).toBe(0);
          expect(again.applied()).toBe(engine.applied());
          expect(again.lamports()).toBe(engine.lamports());
          expect(again.count()).toBe(engine.count());
          expect([...again.collect(0, again.applied())]).toEqual([...engine.collect(0, engine.applied())]);
          for (let slot = 1; slot <= slots.length; slot++) {
            expect(again.outcomeAt(slot)).toEqual(engine.outcomeAt(slot));
            for (let other = 0; other < shardCount; other++) {
              expect(again.loanAt(slot, other)).toEqual(engine.loanAt(slot, other));
              expect(again.returnedAt(slot, other)).toEqual(engine.returnedAt(slot, other));
            }
          }
        });
      }),
      { numRuns: RUNS },
    );
  });
});

/** A key of each of two shards, funded. */
const onShard = (shard: number, nth = 0): Uint8Array => {
  for (let i = 0, seen = 0; ; i++) if (shardOf(keyOf(i), 2, SEEDS) === shard && seen++ === nth) return keyOf(i);
};
const A = onShard(0);
const B = onShard(1);
const pay: Transfer = { from: A, to: B, lamports: 1_000_000n };
const rows = [{ blockIndex: 0, record: transferRecord(pay) }];
const lendB: Lease = { shard: 0, writable: true, key: B };
const borrowB: Lease = { shard: 1, writable: true, key: B };

function pair(): [ReturnType<typeof engineOf>, ReturnType<typeof engineOf>] {
  const executor = engineOf(0, 2);
  const lender = engineOf(1, 2);
  executor.load(encodeAccountList([wallet(A, 10_000_000n)]), 0);
  lender.load(encodeAccountList([wallet(B, 10_000_000n)]), 0);
  return [executor, lender];
}
const plan = { slot: 5, prevSlot: 0 };
const begun = (): ReturnType<typeof pair> => {
  const [executor, lender] = pair();
  expect(executor.begin(proposalOf({ ...plan, shard: 0, borrows: [borrowB], records: rows }))).toBe(0);
  expect(lender.begin(proposalOf({ ...plan, shard: 1, lends: [lendB] }))).toBe(0);
  return [executor, lender];
};

describe("messages", () => {
  it("are refused before their slot is open, and answered from memory after it", () => {
    const [executor, lender] = begun();
    const loan = lender.loan(0);
    expect(pair()[0].receiveLoan(1, loan)).toBe(-ErrorCode.ENGINE_NOT_OPEN);
    expect(executor.execute()).toBe(-ErrorCode.ENGINE_LOANS_MISSING);
    expect(executor.loansMissing()).toEqual([1]);
    expect(executor.receiveLoan(1, loan)).toBe(0);
    expect(executor.receiveLoan(1, loan)).toBe(0);
    expect(executor.loansMissing()).toEqual([]);
    expect(executor.returnedAt(5, 1)).toBeUndefined();
    expect(executor.execute()).toBe(0);
    expect(executor.execute()).toBe(0);
    const back = executor.returned(1);
    executor.commit();
    expect(lender.execute()).toBe(0);
    expect(lender.returnsMissing()).toEqual([0]);
    expect(() => lender.commit()).toThrow("ENGINE_RETURNS_MISSING");
    expect(lender.receiveReturn(0, back)).toBe(0);
    expect(lender.receiveReturn(0, back)).toBe(0);
    lender.commit();
    // Both sides still have it, and what comes late changes nothing.
    expect(lender.loanAt(5, 0)).toEqual(loan);
    expect(executor.returnedAt(5, 1)).toEqual(back);
    expect(lender.receiveReturn(0, back)).toBe(0);
    expect(executor.receiveLoan(1, loan)).toBe(0);
    expect(lender.lamports()).toBe(11_000_000n);
    expect(executor.lamports()).toBe(8_995_000n);
    lender.stable(5);
    executor.stable(5);
    expect(lender.loanAt(5, 0)).toBeUndefined();
    expect(executor.receiveLoan(1, loan)).toBe(-ErrorCode.ENGINE_TOO_OLD);
    expect(executor.begin(proposalOf({ ...plan, shard: 0, borrows: [borrowB], records: rows }))).toBe(
      -ErrorCode.ENGINE_APPLIED,
    );
  });

  it("that differ from the plan in a bit or a key are refused and change nothing", () => {
    const [executor, lender] = begun();
    const loan = lender.loan(0);
    const other = onShard(1, 1);
    const with_ = (at: number, bytes: Uint8Array): Uint8Array => {
      const copy = loan.slice();
      copy.set(bytes, at);
      return copy;
    };
    expect(executor.receiveLoan(1, with_(8, Uint8Array.of(6)))).toBe(-ErrorCode.ENGINE_NOT_OPEN);
    expect(executor.receiveLoan(1, with_(16, Uint8Array.of(6)))).toBe(-ErrorCode.ENGINE_WRONG_DIGEST);
    expect(executor.receiveLoan(1, with_(24, digestOf(6)))).toBe(-ErrorCode.ENGINE_WRONG_DIGEST);
    expect(executor.receiveLoan(0, loan)).toBe(-ErrorCode.ENGINE_WRONG_SHARD);
    expect(executor.receiveLoan(1, with_(60, Uint8Array.of(1)))).toBe(-ErrorCode.ENGINE_WRONG_SHARD);
    expect(executor.receiveLoan(1, with_(80, other))).toBe(-ErrorCode.ENGINE_UNEXPECTED);
    expect(executor.receiveReturn(1, loan)).toBe(-ErrorCode.ENGINE_MALFORMED);
    for (let n = 0; n < loan.length; n++) {
      expect(executor.receiveLoan(1, loan.subarray(0, n))).toBe(-ErrorCode.ENGINE_MALFORMED);
    }
    fc.assert(
      fc.property(fc.nat(loan.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const fresh = begun()[0];
        const code = fresh.receiveLoan(1, with_(at, Uint8Array.of(loan[at]! ^ flip)));
        // Owner, lamports, rent epoch and whether it is executable are the lender's word.
        if (at < 112 || (at >= 160 && !(at === 164 && (loan[at]! ^ flip) === 1))) expect(code).toBeLessThan(0);
      }),
      { numRuns: RUNS * 2 },
    );
    expect(executor.loansMissing()).toEqual([1]);
  });

  it("of a broken plan are refused: at the beginning, or at execution with the account named", () => {
    const [executor, lender] = pair();
    const refuse = (engine: typeof executor, code: number, p: Parameters<typeof proposalOf>[0]): void => {
      expect(engine.begin(proposalOf(p))).toBe(-code);
      expect(() => engine.loan(0)).toThrow("ENGINE_NOT_OPEN");
    };
    refuse(executor, ErrorCode.ENGINE_WRONG_SHARD, { ...plan, shard: 1, lends: [lendB] });
    refuse(executor, ErrorCode.ENGINE_WRONG_PREVIOUS, { ...plan, shard: 0, prevSlot: 1 });
    refuse(lender, ErrorCode.ENGINE_MALFORMED, { ...plan, shard: 1, lends: [lendB, lendB] });
    refuse(lender, ErrorCode.ENGINE_WRONG_SHARD, { ...plan, shard: 1, lends: [{ ...lendB, key: A }] });
    refuse(executor, ErrorCode.ENGINE_WRONG_SHARD, { ...plan, shard: 0, borrows: [{ ...borrowB, key: A }] });
    const three = engineOf(2, 3);
    const own = Array.from({ length: 99 }, (_, i) => keyOf(i)).find((key) => shardOf(key, 3, SEEDS) === 2)!;
    refuse(three, ErrorCode.ENGINE_PLAN_BROKEN, {
      ...plan,
      shard: 2,
      lends: [0, 1].map((shard) => ({ shard, writable: shard === 0, key: own })),
    });

    const before = executor.read(A, 9);
    const fails = (p: Parameters<typeof proposalOf>[0], reason: number, key: Uint8Array, engine = executor): void => {
      expect(engine.begin(proposalOf(p))).toBe(0);
      if (p.borrows?.length) expect(engine.receiveLoan(1, loanOfB(p.borrows[0]!.writable))).toBe(0);
      expect(engine.execute()).toBe(-ErrorCode.ENGINE_PLAN_BROKEN);
      expect(engine.execute()).toBe(-ErrorCode.ENGINE_PLAN_BROKEN);
      expect(engine.fault()).toEqual({ reason, blockIndex: 0, key });
      engine.abort();
    };
    fails({ ...plan, shard: 0, records: rows }, 1, B);
    fails({ ...plan, shard: 0, borrows: [{ ...borrowB, writable: false }], records: rows }, 3, B);
    fails(
      { ...plan, shard: 0, lends: [{ shard: 1, writable: true, key: A }], borrows: [borrowB], records: rows },
      2,
      A,
    );
    fails(
      { ...plan, shard: 0, lends: [{ shard: 1, writable: false, key: A }], borrows: [borrowB], records: rows },
      3,
      A,
    );
    expect(executor.read(A, 9)).toEqual(before);
    expect(executor.lamports()).toBe(10_000_000n);
    // And it still works.
    expect(executor.begin(proposalOf({ ...plan, shard: 0, borrows: [borrowB], records: rows }))).toBe(0);
    expect(executor.receiveLoan(1, loanOfB(true))).toBe(0);
    expect(executor.execute()).toBe(0);
    executor.commit();
  });

  const loanOfB = (writable: boolean): Uint8Array => {
    const lender = pair()[1];
    expect(lender.begin(proposalOf({ ...plan, shard: 1, lends: [{ ...lendB, writable }] }))).toBe(0);
    return lender.loan(0);
  };

  it("of another proposal for the same slot are refused until the first is dropped", () => {
    const [executor] = begun();
    const other = proposalOf({ ...plan, shard: 0, digest: digestOf(77), borrows: [borrowB], records: rows });
    expect(executor.begin(other)).toBe(-ErrorCode.ENGINE_WRONG_DIGEST);
    expect(executor.begin(proposalOf({ slot: 6, prevSlot: 5, shard: 0 }))).toBe(-ErrorCode.ENGINE_BUSY);
    executor.abort();
    expect(executor.begin(other)).toBe(0);
  });

  it("cut or changed anywhere never trap the engine", () => {
    const whole = proposalOf({
      ...plan,
      shard: 0,
      lends: sortLeases([{ shard: 1, writable: true, key: onShard(0, 1) }]),
      borrows: [borrowB],
      records: rows,
    });
    const context = [96, 96 + CONTEXT_SIZE] as const;
    const engine = pair()[0];
    for (let n = 0; n < whole.length; n += n < context[0] || n >= context[1] - 8 ? 1 : 512) {
      expect(engine.begin(whole.subarray(0, n))).toBe(-ErrorCode.ENGINE_MALFORMED);
    }
    const place = fc.oneof(
      fc.nat(95),
      fc.integer({ min: context[0], max: context[0] + 160 }),
      fc.integer({ min: context[1], max: whole.length - 1 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const code = engine.begin(bytes);
        if (code === 0) {
          engine.receiveLoan(1, loanOfB(true));
          engine.execute();
          engine.abort();
        }
        expect(engine.lamports()).toBe(10_000_000n);
      }),
      { numRuns: RUNS * 10 },
    );
  });
});

describe("results", () => {
  it("come in block order with their index", () => {
    const chain = new Chain(1, genesis);
    chain.run(
      3,
      [pay, pay, pay].map((p, i) => ({ ...p, from: POOL[11]!, to: POOL[i]! })),
    );
    expect(resultsOf(chain.engines[0]!.outcomeAt(3)!.results).map(([index]) => index)).toEqual([0, 1, 2]);
    expect(hex(chain.engines[0]!.outcomeAt(3)!.digest)).toBe(hex(digestOf(3)));
  });
});
