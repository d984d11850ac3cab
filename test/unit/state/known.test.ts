// Messages that have landed are part of a shard's state: at most once, over shards, rollbacks, repetitions and restarts.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { encodeContext } from "../../../shared/protocol/context.ts";
import { REC } from "../../../shared/protocol/record.ts";
import { encodeAccountList, shardOf } from "../../../shared/state/accounts.ts";
import { KnownRows } from "../../../shared/state/known-rows.ts";
import type { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { SimulatedStorage, type Write } from "../../simulation/storage.ts";
import { tagOf } from "../scheduling/reference.ts";
import {
  digestOf,
  engineOf,
  keyOf,
  type Lease,
  type Plan,
  proposalOf,
  resultsOf,
  SEEDS,
  sha256,
  transferRecord,
  wallet,
} from "./chain.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 20);
const ALREADY_PROCESSED = 7;
const hashAt = (height: number): Uint8Array => sha256(new TextEncoder().encode(`blockhash ${height}`));
const onShard = (shard: number, nth = 0): Uint8Array => {
  for (let i = 0, seen = 0; ; i++) if (shardOf(keyOf(i), 2, SEEDS) === shard && seen++ === nth) return keyOf(i);
};

/** A transfer whose blockhash is that of a height. */
function record(from: Uint8Array, to: Uint8Array, lamports: number, height: number): Uint8Array {
  const out = transferRecord({ from, to, lamports: BigInt(lamports) });
  out.set(hashAt(height), REC.HEADER + viewOf(out).getUint16(REC.OFF_BLOCKHASH, true));
  return out;
}

/** A proposal whose transactions can use the blockhashes of `newest` and the 149 heights before it. */
function proposal(plan: Plan, newest: number): Uint8Array {
  const bytes = proposalOf(plan);
  const heights = Array.from({ length: Math.min(150, newest + 1) }, (_, i) => newest - i);
  const recent = { hashes: heights.map(hashAt), height: newest };
  const { slot } = plan;
  const times = { unixTimestamp: 1_700_000_000, epochStartTimestamp: 1_700_000_000 };
  bytes.set(encodeContext({ slot, view: 1, ...times, hashes: [digestOf(slot - 1)], recent }), 96);
  return bytes;
}

const tag = (bytes: Uint8Array, shard: number, height: number) => ({
  shard,
  tag: tagOf(bytes, SEEDS.seed0, SEEDS.seed1),
  height,
});

/** Per transaction: its txError, or "landed". */
const outcomes = (engine: ShardEngine, slot: number): (number | "landed")[] =>
  resultsOf(engine.outcomeAt(slot)!.results).map(([, result]) => (result[8] === 1 ? "landed" : result[9]!));

const A = keyOf("a payer");
const B = keyOf("a payee");

function single(): ShardEngine {
  const engine = engineOf();
  engine.load(encodeAccountList([wallet(A, 10n ** 12n), wallet(B, 10n ** 9n)]), 0);
  return engine;
}

function run(engine: ShardEngine, slot: number, newest: number, ...records: Uint8Array[]): Uint8Array {
  const prevSlot = engine.applied();
  const list = records.map((one, blockIndex) => ({ blockIndex, record: one }));
  expect(engine.begin(proposal({ slot, shard: 0, prevSlot, records: list }, newest))).toBe(0);
  expect(engine.execute()).toBe(0);
  return engine.commit().slice();
}

describe("one shard", () => {
  it("lands a message once in the slot, once in the window, and takes another message with the same effect", () => {
    const engine = single();
    const one = record(A, B, 1_000, 5);
    run(engine, 10, 8, one, one, record(A, B, 1_001, 5));
    expect(outcomes(engine, 10)).toEqual(["landed", ALREADY_PROCESSED, "landed"]);
    run(engine, 11, 155 - 1, one);
    expect(outcomes(engine, 11)).toEqual([ALREADY_PROCESSED]);
    expect(engine.known()).toBe(2);
  });

  it("knows another signature of the message, and says BlockhashNotFound before AlreadyProcessed", () => {
    const engine = single();
    const one = record(A, B, 1_000, 5);
    run(engine, 10, 8, one);
    const other = one.slice();
    other.fill(9, REC.HEADER + 1, REC.HEADER + 65);
    run(engine, 11, 9, other);
    expect(outcomes(engine, 11)).toEqual([ALREADY_PROCESSED]);
    run(engine, 12, 155, one);
    expect(outcomes(engine, 12)).toEqual([8]);
  });

  it("what failed with its fee paid has landed; what did not land may come again", () => {
    const engine = single();
    const failing = record(A, B, 10 ** 15, 5);
    const poor = record(keyOf("nobody"), B, 1, 5);
    run(engine, 10, 8, failing, poor);
    expect(outcomes(engine, 10)).toEqual(["landed", 3]);
    run(engine, 11, 8, failing, poor);
    expect(outcomes(engine, 11)).toEqual([ALREADY_PROCESSED, 3]);
  });

  it("gives the memory of a window back when a stable slot can no longer use its blockhash", () => {
    const engine = single();
    run(engine, 10, 5, record(A, B, 1, 5));
    run(engine, 11, 6, record(A, B, 1, 6));
    run(engine, 12, 155, record(A, B, 1, 155));
    expect(engine.known()).toBe(3);
    engine.stable(11);
    expect(engine.known()).toBe(3);
    engine.stable(12);
    expect(engine.known()).toBe(2);
  });

  it("a slot that is taken back takes back what landed in it, one that is dropped too", () => {
    const engine = single();
    const one = record(A, B, 1_000, 5);
    run(engine, 10, 8, record(A, B, 7, 5));
    run(engine, 11, 8, one);
    expect(engine.rollback(10)).toBe(0);
    expect(engine.known()).toBe(1);
    const records = [{ blockIndex: 0, record: one }];
    expect(engine.begin(proposal({ slot: 12, shard: 0, prevSlot: 10, records }, 8))).toBe(0);
    expect(engine.execute()).toBe(0);
    engine.abort();
    expect(engine.known()).toBe(1);
    run(engine, 13, 8, one);
    expect(outcomes(engine, 13)).toEqual(["landed"]);
  });

  it("a restart from rows knows the same; a row in which something lands twice is refused", () => {
    const engine = single();
    const one = record(A, B, 1_000, 5);
    const rows = [run(engine, 10, 8, one, record(A, B, 1, 8)), run(engine, 11, 9, record(A, B, 2, 9))];
    const again = single();
    for (const row of rows) expect(again.replay(row)).toBe(0);
    expect(again.known()).toBe(3);
    run(again, 12, 10, one);
    expect(outcomes(again, 12)).toEqual([ALREADY_PROCESSED]);

    const twice = single();
    const entry = new Uint8Array(12);
    viewOf(entry).setBigUint64(0, tagOf(one, SEEDS.seed0, SEEDS.seed1), true);
    viewOf(entry).setUint32(8, 5, true);
    twice.loadKnown(entry);
    expect(twice.replay(rows[0]!)).toBe(-ErrorCode.ENGINE_CORRUPT);
    expect(() => twice.loadKnown(entry.subarray(1))).toThrow("ENGINE_MALFORMED");
  });

  it("agrees with a plain set over random slots, rollbacks, restarts and checkpoints", () => {
    const step = fc.record({
      messages: fc.array(fc.tuple(fc.nat(12), fc.nat(160)), { minLength: 1, maxLength: 6 }),
      advance: fc.nat(20),
      after: fc.constantFrom("go on", "go on", "stable", "take back", "checkpoint", "restart"),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        let engine = single();
        const storage = new SimulatedStorage();
        let snapshot = { slot: 0, accounts: engine.read(concatBytes(A, B), 0).slice() };
        let known = new KnownRows();
        let logged: { slot: number; row: Uint8Array }[] = [];
        /** Of each applied slot: its newest height and what landed in it. */
        const slots: { slot: number; newest: number; landed: string[] }[] = [];
        let base = 0;
        let newest = 200;
        let slot = 1;
        for (const { messages, advance, after } of steps) {
          newest += advance;
          slot++;
          const seen = new Set(slots.flatMap(({ landed }) => landed));
          const landed: string[] = [];
          const expected = messages.map(([salt, age]) => {
            const height = newest - age;
            const name = `${salt} ${height}`;
            if (age > 149) return 8;
            if (seen.has(name)) return ALREADY_PROCESSED;
            seen.add(name);
            landed.push(name);
            return "landed";
          });
          const records = messages.map(([salt, age]) => record(A, B, 1 + salt, newest - age));
          const row = run(engine, slot, newest, ...records);
          expect(outcomes(engine, slot)).toEqual(expected);
          slots.push({ slot, newest, landed });
          logged.push({ slot, row });
          known.logged(slot, row);
          if (after === "take back" && slot - 1 > base) {
            expect(engine.rollback(slot - 1)).toBe(0);
            slots.pop();
            logged.pop();
            // A machine that takes slots back starts its book again from what is stored.
            known = new KnownRows();
            for (const _ of known.boot(storage));
            for (const one of logged) known.logged(one.slot, one.row);
          }
          if (after === "stable" || after === "checkpoint") {
            base = slot;
            engine.stable(base);
          }
          if (after === "checkpoint") {
            storage.apply(known.checkpoint(slot) as Write[]);
            snapshot = { slot, accounts: engine.read(concatBytes(A, B), slot).slice() };
            logged = [];
          }
          if (after === "restart") {
            engine = engineOf();
            engine.load(snapshot.accounts, snapshot.slot);
            known = new KnownRows();
            for (const list of known.boot(storage)) engine.loadKnown(list);
            for (const one of logged) {
              expect(engine.replay(one.row)).toBe(0);
              known.logged(one.slot, one.row);
            }
            base = snapshot.slot;
          }
        }
        const first = slots.at(-1)?.newest ?? 0;
        const live = slots.flatMap(({ landed }) => landed).filter((name) => Number(name.split(" ")[1]) > first - 150);
        engine.stable(slot);
        expect(engine.known()).toBe(new Set(live).size);
      }),
      { numRuns: RUNS },
    );
  });
});

describe("two shards", () => {
  const payer = onShard(1);
  const payee = onShard(0);
  const lends: Lease[] = [{ shard: 0, writable: true, key: payer }];
  const borrows: Lease[] = [{ shard: 1, writable: true, key: payer }];

  function pair(): [ShardEngine, ShardEngine] {
    const runner = engineOf(0, 2);
    runner.load(encodeAccountList([wallet(payee, 10n ** 9n)]), 0);
    const owner = engineOf(1, 2);
    owner.load(encodeAccountList([wallet(payer, 10n ** 12n)]), 0);
    return [runner, owner];
  }

  interface Exchange {
    readonly loan: Uint8Array;
    readonly back: Uint8Array;
    readonly rows: [Uint8Array, Uint8Array];
  }
  /** The payer's transactions run on shard 0, its owner is shard 1. */
  function exchange(
    [runner, owner]: [ShardEngine, ShardEngine],
    slot: number,
    newest: number,
    list: Uint8Array[],
  ): Exchange {
    const records = list.map((one, blockIndex) => ({ blockIndex, record: one }));
    const tags = list.map((one) => tag(one, 0, 5));
    expect(runner.begin(proposal({ slot, shard: 0, prevSlot: runner.applied(), borrows, records }, newest))).toBe(0);
    expect(owner.begin(proposal({ slot, shard: 1, prevSlot: owner.applied(), lends, tags }, newest))).toBe(0);
    const loan = owner.loan(0).slice();
    expect(runner.receiveLoan(1, loan)).toBe(0);
    expect([runner.execute(), owner.execute()]).toEqual([0, 0]);
    const back = runner.returned(1).slice();
    expect(owner.receiveReturn(0, back)).toBe(0);
    return { loan, back, rows: [runner.commit().slice(), owner.commit().slice()] };
  }

  it("the owner of the payer says what is known, and hears what has landed", () => {
    const engines = pair();
    const [one, two] = [record(payer, payee, 1_000, 5), record(payer, payee, 2_000, 5)];
    exchange(engines, 10, 8, [one, one]);
    expect(outcomes(engines[0], 10)).toEqual(["landed", ALREADY_PROCESSED]);
    expect([engines[0].known(), engines[1].known()]).toEqual([0, 1]);
    exchange(engines, 11, 8, [one, two]);
    expect(outcomes(engines[0], 11)).toEqual([ALREADY_PROCESSED, "landed"]);
    expect([engines[0].known(), engines[1].known()]).toEqual([0, 2]);
  });

  it("the owner executes with what landed elsewhere in mind, and the other way round", () => {
    const engines = pair();
    const [runner, owner] = engines;
    const one = record(payer, payee, 1_000, 5);
    exchange(engines, 10, 8, [one]);
    const other: Lease[] = [{ shard: 1, writable: true, key: payee }];
    const records = [{ blockIndex: 0, record: one }];
    expect(runner.begin(proposal({ slot: 11, shard: 0, prevSlot: 10, lends: other }, 8))).toBe(0);
    const back: Lease[] = [{ shard: 0, writable: true, key: payee }];
    expect(owner.begin(proposal({ slot: 11, shard: 1, prevSlot: 10, borrows: back, records }, 8))).toBe(0);
    expect(owner.receiveLoan(0, runner.loan(1))).toBe(0);
    expect(owner.execute()).toBe(0);
    owner.commit();
    expect(outcomes(owner, 11)).toEqual([ALREADY_PROCESSED]);
  });

  it("a loan and a return that are sent again have the same bytes, whatever has landed since, also after a restart", () => {
    const engines = pair();
    const one = record(payer, payee, 1_000, 5);
    const first = exchange(engines, 10, 8, [one]);
    const second = exchange(engines, 11, 8, [one]);
    expect(first.loan).not.toEqual(second.loan);
    const [runner, owner] = engines;
    expect(owner.loanAt(10, 0)).toEqual(first.loan);
    expect(owner.loanAt(11, 0)).toEqual(second.loan);
    expect(runner.returnedAt(10, 1)).toEqual(first.back);
    const [runnerAgain, ownerAgain] = pair();
    for (const { rows } of [first, second]) {
      expect([runnerAgain.replay(rows[0]), ownerAgain.replay(rows[1])]).toEqual([0, 0]);
    }
    expect(ownerAgain.loanAt(10, 0)).toEqual(first.loan);
    expect(ownerAgain.loanAt(11, 0)).toEqual(second.loan);
    expect(runnerAgain.returnedAt(10, 1)).toEqual(first.back);
    expect(ownerAgain.known()).toBe(1);
  });

  it("a message that the owner was not asked about breaks the plan, with the payer named", () => {
    const [runner, owner] = pair();
    const one = record(payer, payee, 1_000, 5);
    const records = [{ blockIndex: 0, record: one }];
    expect(runner.begin(proposal({ slot: 10, shard: 0, prevSlot: 0, borrows, records }, 8))).toBe(0);
    const tags = [tag(record(payer, payee, 999, 5), 0, 5)];
    expect(owner.begin(proposal({ slot: 10, shard: 1, prevSlot: 0, lends, tags }, 8))).toBe(0);
    expect(runner.receiveLoan(1, owner.loan(0))).toBe(0);
    expect(runner.execute()).toBe(-ErrorCode.ENGINE_PLAN_BROKEN);
    expect(runner.fault()).toEqual({ reason: 5, blockIndex: 0, key: payer });
  });

  it("refuses tags for itself or for nobody, and flags that are none", () => {
    const [runner, owner] = pair();
    const one = record(payer, payee, 1_000, 5);
    const begin = (shard: number): number =>
      owner.begin(proposal({ slot: 10, shard: 1, prevSlot: 0, lends, tags: [tag(one, shard, 5)] }, 8));
    expect([begin(1), begin(2)]).toEqual([-ErrorCode.ENGINE_MALFORMED, -ErrorCode.ENGINE_MALFORMED]);
    expect(begin(0)).toBe(0);
    const records = [{ blockIndex: 0, record: one }];
    expect(runner.begin(proposal({ slot: 10, shard: 0, prevSlot: 0, borrows, records }, 8))).toBe(0);
    const loan = owner.loan(0);
    const odd = loan.slice();
    odd[odd.length - 8] = 2;
    const padded = loan.slice();
    padded[padded.length - 1] = 1;
    for (const bad of [odd, padded]) expect(runner.receiveLoan(1, bad)).toBe(-ErrorCode.ENGINE_MALFORMED);
    expect(runner.receiveLoan(1, loan)).toBe(0);
    expect([runner.execute(), owner.execute()]).toEqual([0, 0]);
    const back = runner.returned(1);
    const short = back.slice(0, back.length - 8);
    viewOf(short).setUint32(0, short.length, true);
    viewOf(short).setUint32(68, 0, true);
    expect(owner.receiveReturn(0, short)).toBe(-ErrorCode.ENGINE_UNEXPECTED);
    expect(owner.receiveReturn(0, back)).toBe(0);
  });
});
