// Engine and stored runs together against a plain Map: whatever is evicted, fetched, merged or restarted, all reads are the same.
import { blake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zstd } from "../../../durable-objects/host/zstd.ts";
import type { Effect } from "../../../shared/protocol/actor.ts";
import { compareBytes, concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { AccountStore } from "../../../shared/state/account-store.ts";
import {
  type Account,
  encodeAccount,
  encodeAccountList,
  encodeScanRequest,
  mergeAccountLists,
  mergeLargest,
  pickAccounts,
} from "../../../shared/state/accounts.ts";
import { pack, unpack } from "../../../shared/state/pack.ts";
import type { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { effectsOf, splitList } from "../../simulation/reference.ts";
import { SimulatedStorage, type Write } from "../../simulation/storage.ts";
import { byVirtualShard, digestOf, engineOf, hex, keyOf, largestOf, SEEDS, wallet } from "./chain.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 40);
const KEYS = Array.from({ length: 60 }, (_, i) => keyOf(i)).sort(compareBytes);
const OWNERS = [keyOf("a"), keyOf("b")];

type State = ReadonlyMap<string, Account>;
const missing = (key: Uint8Array): Account => ({ ...wallet(key, 0n), rentEpoch: 0n });
const total = (state: State): bigint => [...state.values()].reduce((sum, { lamports }) => sum + lamports, 0n);
const sorted = (accounts: Iterable<Account>): Account[] => [...accounts].sort((a, b) => compareBytes(a.key, b.key));

const change = fc.record({
  key: fc.constantFrom(...KEYS),
  lamports: fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 1n << 50n })),
  owner: fc.constantFrom(...OWNERS),
  size: fc.constantFrom(0, 0, 1, 8, 165, 700, 5_000),
  fill: fc.nat(255),
});
const command = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant("apply" as const), changes: fc.array(change, { maxLength: 9 }) }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("stable" as const), lag: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("rollback" as const), slots: fc.nat(2) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant("checkpoint" as const), crash: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("maintain" as const),
      bytes: fc.constantFrom(1, 300, 1 << 20, 1 << 20),
      crash: fc.nat(9),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant("evict" as const), limit: fc.constantFrom(0, 0, 800, 4_000) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("restart" as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** Six runs, one over the other, and time to merge them: what few of the random command lists come to. */
const MERGING: readonly Command[] = [
  ...Array.from({ length: 6 }, (_, round): Command[] => [
    {
      type: "apply",
      changes: KEYS.filter((_, i) => i % 6 <= round).map((key) => ({
        key,
        lamports: BigInt(round + 1),
        owner: OWNERS[round % 2]!,
        size: 165,
        fill: round,
      })),
    },
    { type: "stable", lag: 0 },
    { type: "checkpoint", crash: 2 },
  ]).flat(),
  ...Array.from({ length: 12 }, (): Command => ({ type: "maintain", bytes: 1 << 20, crash: 2 })),
];

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

/** A shard's state as its machine keeps it, without slots of its own. */
class Model {
  readonly #config: { pageBytes: number; partBytes: number; mergeBytes: number };
  readonly storage = new SimulatedStorage();
  readonly rows = new Map<number, Uint8Array>();
  readonly history = new Map<number, State>([[0, new Map()]]);
  engine!: ShardEngine;
  store!: AccountStore;
  base = 0;
  applied = 0;

  constructor(pageBytes: number, partBytes: number) {
    this.#config = { pageBytes, partBytes, mergeBytes: 1 };
    this.restart();
  }

  get newest(): State {
    return this.history.get(this.applied)!;
  }

  restart(): void {
    this.engine = engineOf();
    this.store = new AccountStore(this.#config, zstd);
    this.store.boot(this.storage);
    this.engine.restore(this.store.upTo, this.store.totals);
    this.base = this.store.upTo;
    for (const row of this.rows.values()) this.#replay(row);
  }

  #replay(row: Uint8Array): void {
    this.engine.fetch(this.store.find(this.engine.coldOfRow(row), row.length % 3 === 0 ? 1_000 : 0));
    expect(this.engine.replay(row)).toBe(0);
  }

  apply(changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[]): void {
    const before = this.newest;
    const touched = new Map<string, Account>();
    for (const { key, lamports, owner, size, fill } of changes) {
      const data = new Uint8Array(size).fill(fill);
      const account = lamports === 0n ? missing(key) : { ...wallet(key, lamports), owner, data };
      const same = hex(encodeAccount(before.get(hex(key)) ?? missing(key))) === hex(encodeAccount(account));
      if (same) touched.delete(hex(key));
      else touched.set(hex(key), account);
    }
    const after = new Map(before);
    for (const [name, account] of touched) {
      if (account.lamports === 0n) after.delete(name);
      else after.set(name, account);
    }
    const slot = this.applied + 1;
    const row = rowOf(slot, this.applied, total(after), encodeAccountList([...touched.values()].sort(byVirtualShard)));
    this.#replay(row);
    this.rows.set(slot, row);
    this.history.set(slot, after);
    this.applied = slot;
  }

  /** Writes and goes on, or dies before or after the writes. */
  #write(effects: Effect[], crash: number): void {
    const all = [...effects, ...this.store.seal()] as Write[];
    if (crash !== 0) this.storage.apply(all);
    if (crash < 2) this.restart();
    else if (this.store.settle()) this.engine.clean(this.store.upTo);
  }

  checkpoint(crash: number): void {
    if (this.base <= this.store.upTo) return;
    const list = this.engine.collect(this.store.upTo, this.base);
    const effects = this.store.checkpoint(this.base, this.engine.totals(), list);
    if (crash !== 0) for (const slot of this.rows.keys()) if (slot <= this.base) this.rows.delete(slot);
    // Whoever is in the middle of a step still sees what was there before it.
    if (crash > 5) effects.push(...this.store.maintain(1));
    this.check();
    this.#write(effects, crash);
  }

  maintain(bytes: number, crash: number): void {
    const effects = this.store.maintain(bytes);
    this.check();
    this.#write(effects, crash);
  }

  stable(lag: number): void {
    const target = [...this.history.keys()].filter((slot) => slot > this.base).at(-1 - lag);
    if (target === undefined) return;
    this.engine.stable(target);
    for (const slot of this.history.keys()) if (slot < target) this.history.delete(slot);
    this.base = target;
  }

  rollback(slots: number): void {
    const target = [...this.history.keys()].filter((slot) => slot >= this.base).at(-1 - slots);
    if (target === undefined) return;
    expect(this.engine.rollback(target)).toBe(0);
    for (const slot of this.history.keys()) if (slot > target) this.history.delete(slot);
    for (const slot of this.rows.keys()) if (slot > target) this.rows.delete(slot);
    this.applied = target;
  }

  do(step: Command): void {
    if (step.type === "apply") this.apply(step.changes);
    else if (step.type === "stable") this.stable(step.lag);
    else if (step.type === "rollback") this.rollback(step.slots);
    else if (step.type === "checkpoint") this.checkpoint(step.crash);
    else if (step.type === "maintain") this.maintain(step.bytes, step.crash);
    else if (step.type === "evict") this.engine.evict(step.limit);
    else this.restart();
  }

  read(asOf: number): Uint8Array {
    const keys = concatBytes(...KEYS);
    return pickAccounts([this.engine.read(keys, asOf), this.store.find(this.engine.coldOfKeys(keys))], KEYS);
  }

  scan(owner: Uint8Array, asOf: number): Uint8Array {
    const request = encodeScanRequest(owner, { memcmp: [] });
    const cold = [...this.store.lists()].map((list) => this.engine.scanCold(request, list));
    return mergeAccountLists([this.engine.scan(request, asOf)!, ...cold]);
  }

  largest(asOf: number): Uint8Array {
    let largest = this.engine.largest(asOf);
    for (const list of this.store.lists()) largest = this.engine.largestCold(list);
    return largest;
  }

  check(): void {
    expect(this.engine.lamports()).toBe(total(this.newest));
    expect(this.engine.count()).toBe(this.newest.size);
    for (const [slot, state] of this.history) {
      if (slot < this.base) continue;
      const right = encodeAccountList(KEYS.map((key) => state.get(hex(key)) ?? missing(key)));
      expect(hex(this.read(slot))).toBe(hex(right));
    }
    for (const owner of OWNERS) {
      const own = [...this.newest.values()].filter((account) => compareBytes(account.owner, owner) === 0);
      expect(hex(this.scan(owner, this.applied))).toBe(hex(encodeAccountList(sorted(own))));
    }
    expect(mergeLargest([this.largest(this.applied)])).toEqual(largestOf(this.newest.values()));
  }
}

describe("accounts in memory and in storage", () => {
  it("are one map, whatever is evicted, merged, lost or restarted", () => {
    const shape = fc.record({
      page: fc.constantFrom(100, 400, 65_536),
      part: fc.constantFrom(1, 1_000, 1 << 20),
      commands: fc.array(command, { minLength: 20, maxLength: 80 }),
    });
    let merged = 0;
    const certain = { page: 400, part: 1_000, commands: [...MERGING] };
    fc.assert(
      fc.property(shape, ({ page, part, commands }) => {
        const model = new Model(page, part);
        for (const step of commands) {
          const before = model.store.runs;
          model.do(step);
          if (step.type === "maintain" && model.store.runs < before) merged++;
          model.check();
        }
        // In the end nothing is in use: all of it can go, and is still there.
        model.stable(0);
        model.checkpoint(2);
        for (let i = 0; i < 200; i++) model.maintain(1 << 20, 2);
        model.engine.clean(model.store.upTo);
        model.engine.evict(0);
        expect(model.engine.memory()).toBe(0);
        expect(model.engine.coldCount()).toBe(model.engine.count());
        model.check();
        model.restart();
        model.check();
        // Nothing is left lying about.
        const pages = [...model.storage.list("pages")].map(({ id }) => Math.floor(id / 1024));
        const parts = [...model.storage.list("parts")].map(({ id }) => id);
        expect([...new Set(pages)]).toEqual(parts);
        expect(model.store.runs).toBeLessThan(8);
      }),
      { numRuns: RUNS, examples: [[certain]] },
    );
    expect(merged).toBeGreaterThan(0);
  });
});

describe("the store", () => {
  const config = { pageBytes: 4_096, partBytes: 20_000, mergeBytes: 1 };
  const stored = (lists: readonly Uint8Array[]): [AccountStore, { reads: number }] => {
    const storage = new SimulatedStorage();
    const counted = { reads: 0 };
    const store = new AccountStore(config, undefined);
    store.boot({
      get: (table, id) => {
        if (table === "pages") counted.reads++;
        return storage.get(table, id);
      },
      list: (table, from, to) => storage.list(table, from, to),
    });
    for (const [i, list] of lists.entries()) {
      storage.apply([...store.checkpoint(i + 1, { lamports: 0n, count: 0 }, [list]), ...store.seal()] as Write[]);
      store.settle();
    }
    return [store, counted];
  };
  const many = (from: number, count: number): Account[] =>
    sorted(Array.from({ length: count }, (_, i) => wallet(keyOf(from + i), BigInt(from + i + 1))));

  it("reads one page for an account, and next to none for one that is not there", () => {
    const accounts = many(0, 3_000);
    const [store, counted] = stored([encodeAccountList(accounts), encodeAccountList(many(5_000, 200))]);
    for (const account of accounts.slice(0, 300)) {
      expect(hex(store.find(account.key))).toBe(hex(encodeAccountList([account])));
    }
    // Two runs; a filter errs once in a hundred times.
    expect(counted.reads).toBeLessThan(320);
    counted.reads = 0;
    for (let i = 0; i < 1_000; i++) expect(store.find(keyOf(10_000 + i))).toHaveLength(8);
    expect(counted.reads).toBeLessThan(60);
  });

  it("reads each page once for many accounts, and brings along what it may", () => {
    const accounts = many(0, 3_000);
    const newer = accounts.slice(0, 100).map((account) => ({ ...account, lamports: 7n }));
    const [store, counted] = stored([encodeAccountList(accounts), encodeAccountList(newer)]);
    const keys = concatBytes(...accounts.filter((_, i) => i % 5 === 0).map(({ key }) => key));
    const own = store.find(keys);
    expect(viewOf(own).getUint32(0, true)).toBe(600);
    expect(counted.reads).toBeLessThan(80);
    const more = store.find(keys, 1 << 30);
    const amounts = new Map(pairs(more));
    expect(amounts.size).toBeGreaterThan(2_900);
    // Never an old version.
    for (const { key } of newer) if (amounts.has(hex(key))) expect(amounts.get(hex(key))).toBe(7n);
    expect(pairs(store.find(keys, 1_000)).length).toBeLessThan(620);
  });

  it("says so when a row is missing or was written in another format", () => {
    const [store] = stored([encodeAccountList(many(0, 10))]);
    expect(store.runs).toBe(1);
    const bytes = new Uint8Array(10_000).fill(3);
    expect(unpack(pack(bytes, zstd), zstd)).toEqual(bytes);
    expect(pack(bytes, zstd).length).toBeLessThan(100);
    // Small ones are not worth the time.
    const small = new Uint8Array(1_000).fill(3);
    expect(unpack(pack(small, zstd), zstd)).toEqual(small);
    expect(pack(small, zstd)).toEqual(pack(small, undefined));
    expect(unpack(pack(bytes, undefined), zstd)).toEqual(bytes);
    expect(() => unpack(pack(bytes, zstd), undefined)).toThrow("unknown format 1");
    expect(() => unpack(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0), zstd)).toThrow("unknown format 9");
    expect(() => unpack(pack(bytes, undefined).subarray(0, 500), zstd)).toThrow("length");
    const storage = new SimulatedStorage();
    storage.apply([{ type: "put", table: "manifest", id: 0, bytes: new Uint8Array(40) }]);
    expect(() => new AccountStore(config, undefined).boot(storage)).toThrow("unknown format");
  });
});

/** Key and lamports of the wallets of a list. */
function pairs(list: Uint8Array): [string, bigint][] {
  const view = viewOf(list);
  const out: [string, bigint][] = [];
  for (let at = 8; at < list.length; at += 88)
    out.push([hex(list.subarray(at, at + 32)), view.getBigUint64(at + 64, true)]);
  return out;
}
