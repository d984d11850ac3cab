// The store against a plain Map: rows applied, read as of every slot, reverted, collected into checkpoints, restarted.
import { blake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { compareBytes, concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import {
  type Account,
  decodeAccountList,
  encodeAccount,
  encodeAccountList,
  encodeScanRequest,
  MAX_ACCOUNT_DATA,
  mergeLargest,
  shardOf,
  tombstone,
} from "../../../shared/state/accounts.ts";
import type { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { effectsOf, splitList } from "../../simulation/reference.ts";
import { byVirtualShard, digestOf, engineOf, hex, keyOf, largestOf, SEEDS, sha256, wallet } from "./chain.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 40);

const live = (engine: ShardEngine): bigint => engine.instance.exports.heapLiveBytes!() as bigint;

/** A log row without partners or results. */
function rowOf(slot: number, previous: number, lamports: bigint, writes: Uint8Array): Uint8Array {
  const row = new Uint8Array(144 + writes.length + 8);
  const view = viewOf(row);
  view.setUint32(0, row.length, true);
  view.setUint32(4, 0x32574f52, true);
  view.setBigUint64(8, BigInt(slot), true);
  row.set(digestOf(slot), 24);
  view.setBigUint64(56, BigInt(previous), true);
  view.setBigUint64(64, lamports, true);
  row.set(blake3(effectsOf(splitList(writes), SEEDS)), 80);
  view.setUint32(120, writes.length, true);
  view.setUint32(140, 8, true);
  row.set(writes, 144);
  return row;
}

const KEYS = Array.from({ length: 20 }, (_, i) => keyOf(i));
/** Loaded at slot 0 by every start; checkpoints only hold what changed since. */
const GENESIS: readonly Account[] = KEYS.slice(0, 4).map((key) => wallet(key, 1_000n));
const started = (): ShardEngine => {
  const engine = engineOf();
  engine.load(encodeAccountList(GENESIS), 0);
  return engine;
};
const OWNERS = [keyOf("a"), keyOf("b")];

type State = Map<string, Account>;

interface Model {
  readonly engine: ShardEngine;
  /** State after each slot that can still be asked for. */
  readonly history: Map<number, State>;
  applied: number;
  base: number;
  /** What storage has: lists with the slot they are as of, and rows after the last one. */
  lists: { slot: number; bytes: Uint8Array }[];
  rows: Map<number, Uint8Array>;
}

const total = (state: State): bigint => [...state.values()].reduce((sum, { lamports }) => sum + lamports, 0n);
const sorted = (state: State): Account[] => [...state.values()].sort((a, b) => compareBytes(a.key, b.key));
const encoded = (state: State): Uint8Array => encodeAccountList(sorted(state));
/** Everything that exists, by reading it all as if it were a full checkpoint without tombstones. */
const dump = (engine: ShardEngine, asOf: number): string[] =>
  decodeAccountList(engine.read(concatBytes(...KEYS), asOf))!.map((account) => hex(encodeAccount(account)));
const shown = (state: State): string[] => KEYS.map((key) => hex(encodeAccount(state.get(hex(key)) ?? missing(key))));
const missing = (key: Uint8Array): Account => ({ ...wallet(key, 0n), rentEpoch: 0n });

const change = fc.record({
  key: fc.constantFrom(...KEYS),
  lamports: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 1n, max: 1n << 60n })),
  owner: fc.constantFrom(...OWNERS),
  size: fc.oneof(fc.constantFrom(0, 1, 7, 8, 165), fc.nat(300), fc.constantFrom(5_000, 70_000)),
  fill: fc.nat(255),
  executable: fc.boolean(),
});
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("apply" as const),
      skip: fc.nat(2),
      changes: fc.array(change, { maxLength: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("stable" as const), lag: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("rollback" as const), slots: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("checkpoint" as const),
      full: fc.boolean(),
      bytes: fc.constantFrom(1, 500, 1 << 20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("restart" as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

const newest = (model: Model): State => model.history.get(model.applied)!;

function apply(
  model: Model,
  skip: number,
  changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[],
): void {
  const state = new Map(newest(model));
  const touched = new Map<string, Account>();
  for (const { key, lamports, owner, size, fill, executable } of changes) {
    const account: Account =
      lamports === 0n
        ? missing(key)
        : { key, owner, lamports, rentEpoch: BigInt(fill), executable, data: new Uint8Array(size).fill(fill) };
    const before = newest(model).get(hex(key)) ?? missing(key);
    if (hex(encodeAccount(before)) === hex(encodeAccount(account))) touched.delete(hex(key));
    else touched.set(hex(key), account);
  }
  for (const [text, account] of touched) {
    if (account.lamports === 0n) state.delete(text);
    else state.set(text, account);
  }
  const slot = model.applied + 1 + skip;
  const row = rowOf(slot, model.applied, total(state), encodeAccountList([...touched.values()].sort(byVirtualShard)));
  expect(model.engine.replay(row)).toBe(0);
  expect(model.engine.replay(row)).toBe(-ErrorCode.ENGINE_APPLIED);
  model.applied = slot;
  model.history.set(slot, state);
  model.rows.set(slot, row);
}

function execute(model: Model, step: Command): Model {
  const { engine } = model;
  switch (step.type) {
    case "apply":
      apply(model, step.skip, step.changes);
      return model;
    case "stable": {
      const slots = [...model.history.keys()].filter((slot) => slot > model.base);
      const target = slots.at(-1 - step.lag);
      if (target === undefined) return model;
      engine.stable(target);
      for (const slot of model.history.keys()) if (slot < target) model.history.delete(slot);
      model.base = target;
      expect(engine.base()).toBe(target);
      return model;
    }
    case "rollback": {
      const target = [...model.history.keys()].at(-1 - step.slots);
      if (target === undefined) return model;
      expect(engine.rollback(target)).toBe(0);
      if (model.base > 0) expect(engine.rollback(model.base - 1)).toBe(-ErrorCode.ENGINE_TOO_OLD);
      for (const slot of model.history.keys()) {
        if (slot <= target) continue;
        model.history.delete(slot);
        model.rows.delete(slot);
      }
      model.applied = target;
      return model;
    }
    case "checkpoint": {
      const since = step.full ? 0 : (model.lists.at(-1)?.slot ?? 0);
      const lists = [...engine.collect(since, model.base, step.bytes)].map((bytes) => ({ slot: model.base, bytes }));
      // When nothing changed, the slot itself must still be stored.
      if (lists.length === 0) lists.push({ slot: model.base, bytes: listHeader(0) });
      model.lists = step.full ? lists : [...model.lists, ...lists];
      for (const slot of model.rows.keys()) if (slot <= model.base) model.rows.delete(slot);
      if (step.full) engine.forget(model.base);
      return model;
    }
    case "restart": {
      const again = started();
      for (const { slot, bytes } of model.lists) again.load(bytes, slot);
      for (const row of model.rows.values()) expect(again.replay(row)).toBe(0);
      return { ...model, engine: again, base: model.lists.at(-1)?.slot ?? 0 };
    }
  }
}

describe("store", () => {
  it("is a map with a memory of the unstable slots", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let model: Model = {
          engine: started(),
          history: new Map([[0, new Map(GENESIS.map((account) => [hex(account.key), account]))]]),
          applied: 0,
          base: 0,
          lists: [],
          rows: new Map(),
        };
        for (const step of commands) {
          model = execute(model, step);
          const { engine } = model;
          expect(engine.applied()).toBe(model.applied);
          expect(engine.lamports()).toBe(total(newest(model)));
          expect(engine.count()).toBe(newest(model).size);
          for (const [slot, state] of model.history)
            if (slot >= model.base) expect(dump(engine, slot)).toEqual(shown(state));
        }
        for (const [slot, state] of model.history) {
          if (slot < model.base) continue;
          expect(mergeLargest([model.engine.largest(slot)])).toEqual(largestOf(state.values()));
        }
        for (const owner of OWNERS) {
          for (const [slot, state] of model.history) {
            const own = new Map([...state].filter(([, account]) => compareBytes(account.owner, owner) === 0));
            if (slot < model.base) continue;
            expect(model.engine.scan(encodeScanRequest(owner, { memcmp: [] }), slot)).toEqual(encoded(own));
            const filter = { dataSize: 165n, memcmp: [{ offset: 164, bytes: Uint8Array.of(7) }] };
            const few = new Map([...own].filter(([, { data }]) => data.length === 165 && data[164] === 7));
            expect(model.engine.scan(encodeScanRequest(owner, filter), slot)).toEqual(encoded(few));
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("finds all of very many keys, and none that was removed", () => {
    const engine = engineOf();
    const keys = Array.from({ length: 60_000 }, (_, i) => keyOf(i));
    for (let at = 0; at < keys.length; at += 10_000) {
      engine.load(encodeAccountList(keys.slice(at, at + 10_000).map((key, i) => wallet(key, BigInt(at + i + 1)))), 1);
    }
    expect(engine.count()).toBe(keys.length);
    const gone = keys.filter((_, i) => i % 3 !== 0);
    engine.load(concatBytes(listHeader(gone.length), ...gone.map(tombstone)), 2);
    engine.forget(2);
    expect(engine.count()).toBe(20_000);
    const back = decodeAccountList(engine.read(concatBytes(...keys), 9))!;
    for (let i = 0; i < keys.length; i++) expect(back[i]!.lamports).toBe(i % 3 === 0 ? BigInt(i + 1) : 0n);
    const all = [...engine.collect(0, 2, 100_000)].flatMap((list) => decodeAccountList(list)!);
    expect(new Set(all.map(({ key }) => hex(key))).size).toBe(20_000);
    expect(all.length).toBe(20_000);
  });

  it("stays right when all keys have one hash", () => {
    const engine = engineOf();
    const keys = Array.from({ length: 4_000 }, (_, i) => collidingKey(i));
    engine.load(encodeAccountList(keys.map((key, i) => wallet(key, BigInt(i + 1)))), 1);
    engine.load(concatBytes(listHeader(1_000), ...keys.slice(0, 1_000).map(tombstone)), 2);
    engine.forget(2);
    engine.load(encodeAccountList(keys.slice(500, 1_000).map((key, i) => wallet(key, BigInt(i + 7)))), 3);
    const back = decodeAccountList(engine.read(concatBytes(...keys), 9))!;
    const expected = keys.map((_, i) => (i < 500 ? 0n : i < 1_000 ? BigInt(i - 500 + 7) : BigInt(i + 1)));
    expect(back.map(({ lamports }) => lamports)).toEqual(expected);
    expect(engine.count()).toBe(3_500);
  });

  it("does not grow under steady work", () => {
    const engine = engineOf();
    let lamports = 0n;
    const state = new Map<string, bigint>();
    const step = (slot: number): void => {
      const accounts = Array.from({ length: 20 }, (_, i) => {
        const key = keyOf((slot * 7 + i) % 90);
        // Ever other sizes, and some accounts that come and go.
        const value = (slot + i) % 5 === 0 ? 0n : BigInt(slot + i + 1);
        if (value === (state.get(hex(key)) ?? 0n)) return undefined;
        lamports += value - (state.get(hex(key)) ?? 0n);
        state.set(hex(key), value);
        return value === 0n
          ? missing(key)
          : {
              ...wallet(key, value),
              data: new Uint8Array(((slot * 31 + i * 17) % 40) * (i === 3 ? 2_900 : 60)).fill(1),
            };
      }).filter((account) => account !== undefined);
      const writes = encodeAccountList(accounts.sort(byVirtualShard));
      expect(engine.replay(rowOf(slot, slot - 1, lamports, writes))).toBe(0);
      engine.stable(slot - 3);
      if (slot % 16 === 0) {
        for (const _ of engine.collect(0, engine.base()));
        engine.forget(engine.base());
      }
    };
    for (let slot = 1; slot <= 400; slot++) step(slot);
    const memory = engine.instance.memory.buffer.byteLength;
    const bytes = live(engine);
    for (let slot = 401; slot <= 3_000; slot++) step(slot);
    // Sizes vary from slot to slot; a leak of one block a slot would show many times over.
    expect(Number(live(engine))).toBeLessThan(Number(bytes) * 1.6);
    expect(engine.instance.memory.buffer.byteLength).toBeLessThan(memory * 1.5);
  });
});

const listHeader = (count: number): Uint8Array => {
  const out = new Uint8Array(8);
  viewOf(out).setUint32(0, count, true);
  return out;
};

const MASK = (1n << 64n) - 1n;
const FACTOR = 0xd6e8feb86659fd93n;
/** wasm/memory/bytes.ts: keyHash, from which the last word of a key with a given hash follows. */
const mix = (h: bigint): bigint => {
  const x = ((h ^ (h >> 32n)) * FACTOR) & MASK;
  return x ^ (x >> 32n);
};
function collidingKey(n: number): Uint8Array {
  let inverse = 1n;
  for (let i = 0; i < 6; i++) inverse = (inverse * (2n - FACTOR * inverse)) & MASK;
  const key = keyOf(`ground ${n}`);
  const view = viewOf(key);
  let h = mix(view.getBigUint64(0, true) ^ 0x9e3779b97f4a7c15n);
  h = mix((h + view.getBigUint64(8, true)) & MASK);
  h = mix((h + view.getBigUint64(16, true)) & MASK);
  const target = 0x0123456789abcdefn;
  let x = target ^ (target >> 32n);
  x = (x * inverse) & MASK;
  x ^= x >> 32n;
  view.setBigUint64(24, (x - h) & MASK, true);
  return key;
}

describe("a checkpoint", () => {
  const accounts = Array.from({ length: 60 }, (_, i) => wallet(keyOf(i), 100n)).sort((a, b) =>
    compareBytes(a.key, b.key),
  );
  const step = (engine: ShardEngine, slot: number): Uint8Array => {
    // One account dies, one is born, some change.
    const writes = [
      missing(keyOf(slot)),
      wallet(keyOf(1_000 + slot), 100n),
      { ...wallet(keyOf(30 + slot), 100n), data: new Uint8Array(slot) },
    ].sort(byVirtualShard);
    const row = rowOf(slot, engine.applied(), engine.lamports(), encodeAccountList(writes));
    expect(engine.replay(row)).toBe(0);
    return row;
  };

  it("that is taken while slots go on is as of its slot", () => {
    const engine = engineOf();
    engine.load(encodeAccountList(accounts), 1);
    step(engine, 2);
    step(engine, 3);
    engine.stable(3);
    const lists: Uint8Array[] = [];
    const rows: Uint8Array[] = [];
    for (const list of engine.collect(0, 3, 600)) {
      lists.push(list);
      if (rows.length < 8) rows.push(step(engine, 4 + rows.length));
    }
    expect(rows).toHaveLength(8);
    const again = engineOf();
    for (const list of lists) again.load(list, 3);
    for (const row of rows) expect(again.replay(row)).toBe(0);
    const everything = concatBytes(...Array.from({ length: 1_100 }, (_, i) => keyOf(i)));
    for (let slot = 3; slot < 12; slot++) expect(again.read(everything, slot)).toEqual(engine.read(everything, slot));
    engine.stable(4);
    expect(() => [...engine.collect(0, 3)]).toThrow("ENGINE_TOO_OLD");
  });

  it("may be loaded under a later slot than the shard's last one; the first row after it tells", () => {
    const engine = engineOf();
    engine.load(encodeAccountList(accounts), 1);
    step(engine, 2);
    engine.stable(9);
    const list = [...engine.collect(0, 9)][0]!;
    const row = step(engine, 11);
    const again = engineOf();
    again.load(list, 10);
    expect(again.replay(row)).toBe(0);
    expect(again.applied()).toBe(11);
    expect(again.rollback(10)).toBe(0);
    expect(again.applied()).toBe(2);
    expect(again.lamports()).toBe(6_000n);
    expect(again.replay(row)).toBe(0);
  });
});

describe("the largest account", () => {
  it("is changed, read as of before, taken back and collected", () => {
    const engine = engineOf();
    const big = (fill: number): Account => ({
      ...wallet(keyOf(1), 5n),
      data: new Uint8Array(MAX_ACCOUNT_DATA).fill(fill),
    });
    engine.load(encodeAccountList([big(1)]), 1);
    for (let slot = 2; slot < 5; slot++) {
      expect(engine.replay(rowOf(slot, slot - 1, 5n, encodeAccountList([big(slot)])))).toBe(0);
    }
    for (let slot = 1; slot < 5; slot++) expect(engine.read(keyOf(1), slot)[8 + 88 + 12_345]).toBe(slot);
    expect(engine.rollback(2)).toBe(0);
    engine.stable(2);
    const lists = [...engine.collect(0, 2, 100)];
    expect(lists.map((list) => sha256(list))).toEqual([sha256(encodeAccountList([big(2)]))]);
    expect(engine.replay(rowOf(3, 2, 0n, encodeAccountList([missing(keyOf(1))])))).toBe(0);
    engine.stable(3);
    engine.forget(3);
    // The buffers of input and output are the rest.
    engine.read(keyOf(1), 3);
    engine.read(keyOf(1), 3);
    expect(Number(live(engine))).toBeLessThan(2 << 20);
  });
});

describe("rows", () => {
  const fresh = (): ShardEngine => engineOf(0, 2);
  const own = Array.from({ length: 40 }, (_, i) => keyOf(i)).filter((key) => shardOf(key, 2, SEEDS) === 0);
  const foreign = Array.from({ length: 40 }, (_, i) => keyOf(i)).find((key) => shardOf(key, 2, SEEDS) === 1)!;
  const accounts = own
    .slice(0, 3)
    .map((key) => wallet(key, 5n))
    .sort(byVirtualShard);

  it("are refused when anything does not fit, and change nothing", () => {
    const engine = fresh();
    const refused = (row: Uint8Array, code: number): void => {
      expect(engine.replay(row)).toBe(-code);
      expect([engine.applied(), engine.lamports(), engine.count()]).toEqual([0, 0n, 0]);
    };
    const good = encodeAccountList(accounts);
    refused(rowOf(3, 1, 15n, good), ErrorCode.ENGINE_WRONG_PREVIOUS);
    refused(rowOf(3, 0, 16n, good), ErrorCode.ENGINE_CORRUPT);
    refused(rowOf(0, 0, 15n, good), ErrorCode.ENGINE_APPLIED);
    refused(rowOf(3, 0, 15n, encodeAccountList([...accounts].reverse())), ErrorCode.ENGINE_WRONG_SHARD);
    refused(rowOf(3, 0, 5n, encodeAccountList([wallet(foreign, 5n)])), ErrorCode.ENGINE_WRONG_SHARD);
    refused(rowOf(3, 0, 0n, encodeAccountList([missing(own[0]!)])), ErrorCode.ENGINE_CORRUPT);
    const row = rowOf(3, 0, 15n, good);
    for (let n = 0; n < row.length; n++) refused(row.subarray(0, n), ErrorCode.ENGINE_MALFORMED);
    for (let at = 144; at < 144 + good.length; at++) {
      const changed = row.slice();
      changed[at]! ^= 1;
      expect(engine.replay(changed)).toBeLessThan(0);
      expect(engine.count()).toBe(0);
    }
    expect(engine.replay(row)).toBe(0);
    expect(engine.lamports()).toBe(15n);
  });

  it("and lists with accounts that are not encoded canonically are refused", () => {
    const engine = fresh();
    const list = encodeAccountList([{ ...accounts[0]!, data: new Uint8Array(3) }]);
    const with_ = (at: number, value: number): Uint8Array => {
      const copy = list.slice();
      copy[at] = value;
      return copy;
    };
    const load = (bytes: Uint8Array): number => engine.instance.call("engineLoad", bytes);
    for (const bytes of [
      with_(4, 1),
      with_(0, 2),
      with_(0, 0),
      with_(8 + 84, 2),
      with_(8 + 85, 1),
      with_(8 + 88 + 5, 1),
    ]) {
      expect(load(bytes)).toBe(-ErrorCode.ENGINE_MALFORMED);
    }
    const huge = list.slice();
    viewOf(huge).setUint32(8 + 80, MAX_ACCOUNT_DATA + 1, true);
    expect(load(huge)).toBe(-ErrorCode.ENGINE_MALFORMED);
    viewOf(huge).setUint32(8 + 80, 0xffffffff, true);
    expect(load(huge)).toBe(-ErrorCode.ENGINE_MALFORMED);
    expect(load(encodeAccountList([wallet(foreign, 1n)]))).toBe(-ErrorCode.ENGINE_WRONG_SHARD);
    expect(engine.count()).toBe(0);
    expect(load(list)).toBe(0);
  });
});

describe("the largest accounts", () => {
  it("are twenty, by lamports and then by key, of any shard and of those in storage", () => {
    const engine = engineOf();
    const accounts = Array.from({ length: 400 }, (_, i) => wallet(keyOf(i), BigInt((i * 37) % 90) << 40n));
    for (const account of accounts.slice(0, 200)) engine.load(encodeAccountList([account]), 0);
    const inMemory = engine.largest(0);
    const existing = (some: typeof accounts) => some.filter(({ lamports }) => lamports > 0n);
    expect(mergeLargest([inMemory])).toEqual(largestOf(existing(accounts.slice(0, 200))));
    expect(mergeLargest([inMemory])).toHaveLength(20);
    // A list from storage with accounts that are in memory too: those have other lamports there.
    const stored = [
      ...existing(accounts.slice(100, 200)).map(({ key }) => wallet(key, 1n << 60n)),
      ...accounts.slice(200),
    ];
    expect(mergeLargest([engine.largestCold(encodeAccountList(existing(stored)))])).toEqual(
      largestOf(existing(accounts)),
    );
    expect(mergeLargest([inMemory, inMemory.slice(0, 40)])).toHaveLength(20);
    const few = engineOf();
    few.load(encodeAccountList(accounts.slice(1, 4)), 0);
    expect(mergeLargest([few.largest(0), engineOf().largest(0)])).toEqual(largestOf(accounts.slice(1, 4)));
    expect(Number(few.instance.call("engineLargestCold", Uint8Array.of(1)))).toBe(-ErrorCode.ENGINE_MALFORMED);
  });
});

describe("scan", () => {
  it("answers sorted by key, whatever the keys", () => {
    const engine = engineOf();
    const owner = OWNERS[1]!;
    const keys = Array.from({ length: 6_000 }, (_, i) => keyOf(i));
    // Half of them agree in the first 31 bytes but for a few, so that every comparison goes deep.
    for (const [i, key] of keys.entries()) if (i % 2) key.set(keyOf("same").subarray(0, i % 10 === 1 ? 31 : 12));
    const distinct = [...new Map(keys.map((key) => [hex(key), key])).values()];
    for (const key of distinct) engine.load(encodeAccountList([{ ...wallet(key, 1n), owner }]), 0);
    const list = decodeAccountList(engine.scan(encodeScanRequest(owner, { memcmp: [] }), 0)!)!;
    expect(list.map(({ key }) => hex(key))).toEqual(distinct.map(hex).sort());
  });

  it("says when the answer is too large, and refuses malformed filters", () => {
    const engine = engineOf();
    const owner = OWNERS[0]!;
    engine.load(encodeAccountList(KEYS.map((key) => ({ ...wallet(key, 1n), owner, data: new Uint8Array(1_000) }))), 0);
    const size = engine.scan(encodeScanRequest(owner, { memcmp: [] }), 0)!.length;
    expect(engine.scan(encodeScanRequest(owner, { memcmp: [] }, size), 0)).toHaveLength(size);
    expect(engine.scan(encodeScanRequest(owner, { memcmp: [] }, size - 1), 0)).toBeNull();
    const past = { memcmp: [{ offset: 0xffffffff, bytes: Uint8Array.of(0) }] };
    expect(engine.scan(encodeScanRequest(owner, past), 0)).toHaveLength(8);
    const request = encodeScanRequest(owner, { memcmp: [{ offset: 1, bytes: new Uint8Array(5) }] });
    const scan = (bytes: Uint8Array): unknown =>
      engine.instance.exports.engineScan!(0n, engine.instance.write(bytes), bytes.length);
    for (let n = 0; n < request.length; n++) expect(scan(request.subarray(0, n))).toBe(-ErrorCode.ENGINE_MALFORMED);
    expect(scan(request)).toBe(0);
  });
});
