/** The shard machine over its real engine: what a checkpoint leaves in memory and in storage. */
import { blake3 } from "@noble/hashes/blake3.js";
import { describe, expect, it } from "vitest";
import { zstd } from "../../../durable-objects/host/zstd.ts";
import type { Effect } from "../../../shared/protocol/actor.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import type { Message } from "../../../shared/protocol/messages.ts";
import { keyBytes } from "../../../shared/rpc/keys.ts";
import { atOnce } from "../../../shared/state/account-walk.ts";
import { decodeAccountList, encodeAccountList, encodeScanRequest, keyText } from "../../../shared/state/accounts.ts";
import { DEFAULT_CHECKPOINT } from "../../../shared/state/shard-config.ts";
import type { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { ShardMachine } from "../../../shared/state/shard-machine.ts";
import { decodeStubbed } from "../../../shared/state/stubs.ts";
import { SimulatedStorage, type Write } from "../../simulation/storage.ts";
import {
  engineOf,
  hex,
  keyOf,
  proposalOf,
  RENT_EXEMPT,
  SYSTEM,
  type Transfer,
  transferRecord,
  wallet,
} from "./chain.ts";

const FEE = 5000n;
const BANK = keyOf("bank");
const GENESIS = encodeAccountList([wallet(BANK, 1_000_000_000_000n)]);

class Shard {
  readonly engine: ShardEngine = engineOf();
  readonly machine: ShardMachine;
  readonly #storage: SimulatedStorage;

  constructor(storage: SimulatedStorage, memoryBytes = 1 << 20, genesis = GENESIS) {
    const config = { ...DEFAULT_CHECKPOINT, shard: 0, checkpointRows: 8, pageBytes: 1_000, memoryBytes };
    this.machine = new ShardMachine(this.engine, config, () => genesis, zstd);
    this.#storage = storage;
    this.#apply(this.machine.boot(storage));
  }

  #apply(effects: readonly Effect[]): void {
    this.#storage.apply(effects.filter((effect): effect is Write => effect.type === "put" || effect.type === "delete"));
  }

  /** What the slot's step wants written. */
  step(slot: number, transfers: readonly Transfer[]): readonly Effect[] {
    const records = transfers.map((transfer, blockIndex) => ({ blockIndex, record: transferRecord(transfer) }));
    const proposal = proposalOf({ slot, shard: 0, prevSlot: slot - 1, records });
    viewOf(proposal).setBigUint64(64, BigInt(Math.max(0, slot - 3)), true);
    return this.machine.step({
      type: "message",
      from: "builder",
      message: { type: "proposal", slot, view: 1, digest: proposal.slice(24, 56), proposal },
    });
  }

  run(slot: number, transfers: readonly Transfer[]): void {
    this.#apply(this.step(slot, transfers));
  }

  tombstones(): number {
    const lists = [...this.engine.collect(0, this.engine.applied())];
    return lists.flatMap((list) => decodeAccountList(list)!).filter((account) => account.lamports === 0n).length;
  }
}

it("accounts that are gone leave memory after a checkpoint, and stay gone after a restart", () => {
  const storage = new SimulatedStorage();
  const shard = new Shard(storage);
  const gone: Uint8Array[] = [];
  const kept: Uint8Array[] = [];
  let most = 0;
  for (let slot = 1; slot <= 400; slot += 2) {
    const short = keyOf(`short ${slot}`);
    const long = keyOf(`long ${slot}`);
    shard.run(slot, [
      { from: BANK, to: short, lamports: RENT_EXEMPT + FEE },
      { from: BANK, to: long, lamports: RENT_EXEMPT },
    ]);
    shard.run(slot + 1, [{ from: short, to: BANK, lamports: RENT_EXEMPT }]);
    gone.push(short);
    if (slot < 40) kept.push(long);
    most = Math.max(most, shard.tombstones());
  }
  // Two hundred accounts went. What is left waits for the next checkpoint.
  expect(most).toBeLessThan(12);
  const keys = concatBytes(BANK, ...gone, ...kept);
  const before = shard.machine.read(keys, 400);
  expect(decodeAccountList(before)!.filter((account) => account.lamports === 0n)).toHaveLength(gone.length);
  const again = new Shard(storage);
  expect(again.machine.read(keys, 400)).toEqual(before);
  expect(again.engine.lamports()).toBe(shard.engine.lamports());
  expect(again.engine.count()).toBe(shard.engine.count());
});

it("a shard has more accounts than its memory holds: it stays within its limit, and every balance is right", () => {
  const LIMIT = 30_000;
  const ACCOUNTS = 1_500;
  const START = 10_000_000n;
  const storage = new SimulatedStorage();
  let shard = new Shard(storage, LIMIT);
  const keys = Array.from({ length: ACCOUNTS }, (_, i) => keyOf(`many ${i}`));
  const balances = keys.map(() => START);
  let slot = 0;
  for (let at = 0; at < ACCOUNTS; at += 30) {
    shard.run(
      ++slot,
      keys.slice(at, at + 30).map((to) => ({ from: BANK, to, lamports: START })),
    );
  }
  let most = 0;
  let fetched = 0;
  for (let round = 0; round < 200; round++) {
    // Some accounts are used again and again, the others hardly ever.
    const from = (round * 7) % 20;
    const to = 20 + ((round * 389) % (ACCOUNTS - 20));
    const cold = shard.engine.coldCount();
    shard.run(++slot, [{ from: keys[from]!, to: keys[to]!, lamports: 1_000n }]);
    if (shard.engine.coldCount() < cold) fetched++;
    balances[from]! -= 1_000n + FEE;
    balances[to]! += 1_000n;
    if (round > 20) most = Math.max(most, shard.machine.size().bytesInMemory);
    if (round % 50 === 49) shard = new Shard(storage, LIMIT);
  }
  expect(most).toBeLessThan(LIMIT * 1.5);
  expect(fetched).toBeGreaterThan(20);
  const list = decodeAccountList(shard.machine.read(concatBytes(...keys), slot))!;
  expect(list.map(({ lamports }) => lamports)).toEqual(balances);
  const all = decodeAccountList(atOnce(shard.machine.scan(encodeScanRequest(SYSTEM, { memcmp: [] }), slot))!)!;
  expect(all).toHaveLength(ACCOUNTS + 1);
  expect(all.reduce((sum, { lamports }) => sum + lamports, 0n)).toBe(shard.engine.lamports());
});

it("comes back from a crash before or after the writes of every step", () => {
  const SLOTS = 40;
  const keys = Array.from({ length: 24 }, (_, i) => keyOf(`crash ${i}`));
  const transfersOf = (slot: number): Transfer[] => {
    const [a, b, c] = [slot * 5, slot * 7 + 1, slot * 3 + 2].map((n) => keys[n % keys.length]!);
    const amount = RENT_EXEMPT * 4n + BigInt(slot);
    return [
      { from: BANK, to: a!, lamports: amount + FEE },
      { from: BANK, to: b!, lamports: amount },
      // Empties an account now and then.
      { from: a!, to: c!, lamports: slot % 3 === 0 ? amount : 1_000n },
    ];
  };
  const everything = concatBytes(BANK, ...keys);
  const play = (crashAt: number, written: boolean, memoryBytes: number): string => {
    const storage = new SimulatedStorage();
    let shard = new Shard(storage, memoryBytes);
    for (let slot = 1; slot <= SLOTS; slot++) {
      if (slot === crashAt) {
        if (written) shard.run(slot, transfersOf(slot));
        else shard.step(slot, transfersOf(slot));
        shard = new Shard(storage, memoryBytes);
        // The builder sends what it has no answer to again; a slot that is done is only answered.
      }
      shard.run(slot, transfersOf(slot));
    }
    const { lamports, accounts } = shard.machine.size();
    return `${lamports} ${accounts} ${hex(shard.machine.read(everything, SLOTS))}`;
  };
  const right = play(0, true, 1 << 20);
  for (let crashAt = 1; crashAt <= SLOTS; crashAt++) {
    for (const written of [false, true]) expect(play(crashAt, written, crashAt % 2 === 0 ? 0 : 1_000)).toBe(right);
  }
});

it("what a reader has the data of comes into memory when it is read: once from storage, then a hash for an answer", () => {
  const data = new Uint8Array(100_000).map((_, i) => (i * i) >> 3);
  const loader = keyBytes("BPFLoaderUpgradeab1e11111111111111111111111");
  const code = { ...wallet(keyOf("code"), 1_000_000_000n), owner: loader, data };
  const genesis = encodeAccountList([wallet(BANK, 1_000_000_000_000n), code]);
  const hashes = (hash: Uint8Array) => concatBytes(new Uint8Array(32), hash);
  const keys = concatBytes(keyOf("nobody"), code.key);
  for (const [memoryBytes, isFetched] of [
    [1 << 20, true],
    [1, false],
  ] as const) {
    const storage = new SimulatedStorage();
    new Shard(storage, memoryBytes, genesis);
    const shard = new Shard(storage, memoryBytes, genesis);
    // What the open slots use takes more than there is.
    if (!isFetched) shard.run(1, [{ from: BANK, to: keyOf("paid"), lamports: RENT_EXEMPT }]);
    const cold = shard.engine.coldCount();
    const whole = shard.machine.read(keys, 0);
    expect(shard.machine.readBounded(keys, 0, hashes(new Uint8Array(32)))).toEqual(whole);
    expect(shard.engine.coldCount()).toBe(cold);
    const known = new Map([[keyText(code.key), { hash: blake3(data), data }]]);
    for (let i = 0; i < 2; i++) {
      const list = shard.machine.readBounded(keys, 0, hashes(blake3(data)))!;
      expect(list.length < 500).toBe(isFetched);
      expect(decodeStubbed([list], known)!.get(keyText(code.key))).toMatchObject(code);
    }
    expect(shard.engine.coldCount() < cold).toBe(isFetched);
    expect(shard.machine.readBounded(keys, 0, hashes(blake3(code.key)))).toEqual(whole);
  }
});

it("a long slot is executed a step at a time; in between reads are answered, and what comes is no step of it", () => {
  const engine = engineOf();
  const config = { ...DEFAULT_CHECKPOINT, shard: 0, stepUnits: 1 };
  const machine = new ShardMachine(engine, config, () => GENESIS, zstd);
  const storage = new SimulatedStorage();
  storage.apply(machine.boot(storage).filter((effect): effect is Write => effect.type === "put"));
  const payees = Array.from({ length: 5 }, (_, i) => keyOf(`payee ${i}`));
  const records = payees.map((to, blockIndex) => ({
    blockIndex,
    record: transferRecord({ from: BANK, to, lamports: RENT_EXEMPT + BigInt(blockIndex) }),
  }));
  const proposal = proposalOf({ slot: 1, shard: 0, prevSlot: 0, records });
  const message: Message = { type: "proposal", slot: 1, view: 1, digest: proposal.slice(24, 56), proposal };
  const again: Effect[] = [{ type: "timer", name: "execute", delayMs: 0 }];
  expect(machine.step({ type: "message", from: "builder", message })).toEqual(again);
  // The builder asks again: nothing is missing, and nothing runs twice.
  expect(machine.step({ type: "message", from: "builder", message })).toEqual([]);
  for (let step = 1; step < payees.length - 1; step++) {
    expect(machine.step({ type: "timer", name: "execute" })).toEqual(again);
    expect(decodeAccountList(machine.read(payees[0]!, 0))![0]!.lamports).toBe(0n);
  }
  const done = machine.step({ type: "timer", name: "execute" });
  expect(done.map((effect) => (effect.type === "send" ? effect.message.type : effect.type))).toEqual([
    "put",
    "committed",
  ]);
  expect(machine.step({ type: "timer", name: "execute" })).toEqual([]);
});

describe("a walk over all accounts, in parts while slots go on", () => {
  const LIMIT = 120_000;
  const COUNT = 5_000;
  const START = 10_000_000n;
  const ALL = encodeScanRequest(SYSTEM, { memcmp: [] });

  /** Many accounts, few of them in memory. */
  function crowd(accounts: number, memoryBytes: number) {
    const shard = new Shard(new SimulatedStorage(), memoryBytes);
    const keys = Array.from({ length: accounts }, (_, i) => keyOf(`walked ${i}`));
    let slot = 0;
    const pay = (...transfers: Transfer[]) => shard.run(++slot, transfers);
    for (let at = 0; at < accounts; at += 30) {
      pay(...keys.slice(at, at + 30).map((to, i) => ({ from: BANK, to, lamports: START + BigInt(at + i) })));
    }
    return { shard, keys, pay, slot: () => slot };
  }

  it("finds what there was as of the slot, wherever it went meanwhile", () => {
    const { shard, keys, pay, slot } = crowd(COUNT, LIMIT);
    expect(shard.engine.coldCount()).toBeGreaterThan(COUNT / 2);
    const asOf = slot();
    const before = hex(atOnce(shard.machine.scan(ALL, asOf))!);
    const largest = hex(atOnce(shard.machine.largest(asOf))!);
    for (const [walk, expected] of [
      [shard.machine.scan(ALL, asOf), before],
      [shard.machine.largest(asOf), largest],
    ] as const) {
      let parts = 0;
      let part = walk.next();
      for (; !part.done; part = walk.next()) {
        // Brings cold accounts to memory and changes them; as of `asOf` there is nothing new.
        if (parts++ < 2) pay({ from: keys[parts * 31]!, to: keys[parts * 1_277]!, lamports: 1_000n });
      }
      expect(parts).toBeGreaterThan(1);
      expect(hex(part.value!)).toBe(expected);
    }
  });

  it("keeps nothing from leaving once it is over, or given up", () => {
    const { shard, keys, pay, slot } = crowd(COUNT, LIMIT);
    const walk = shard.machine.scan(ALL, slot());
    expect(walk.next().done).toBe(false);
    for (let i = 0; i < 60; i++)
      pay(...Array.from({ length: 20 }, (_, k) => ({ from: BANK, to: keys[i * 70 + k]!, lamports: 1n })));
    expect(shard.machine.size().bytesInMemory).toBeLessThan(LIMIT * 1.5);
    const list = atOnce(walk)!;
    expect(decodeAccountList(list)).toHaveLength(COUNT + 1);
    // What was as of its slot is known no more: it is as of the oldest that is.
    expect(hex(list)).toBe(hex(atOnce(shard.machine.scan(ALL, 0))!));
    const other = shard.machine.scan(ALL, slot());
    other.next();
    other.return(null);
    pay({ from: BANK, to: keys[0]!, lamports: 1n });
    expect(shard.machine.size().bytesInMemory).toBeLessThan(LIMIT * 1.1);
  });

  it("beside another one is done at once", () => {
    const { shard, slot } = crowd(COUNT, LIMIT);
    const first = shard.machine.scan(ALL, slot());
    first.next();
    const second = shard.machine.scan(ALL, slot()).next();
    expect(second.done).toBe(true);
    expect(hex(atOnce(first)!)).toBe(hex(second.value!));
  });

  it("of more than may be answered is refused", () => {
    const { shard, slot } = crowd(COUNT, LIMIT);
    const size = atOnce(shard.machine.scan(ALL, slot()))!.length;
    const request = (limit: number) => encodeScanRequest(SYSTEM, { memcmp: [] }, limit);
    expect(atOnce(shard.machine.scan(request(size), slot()))).toHaveLength(size);
    expect(atOnce(shard.machine.scan(request(size - 1), slot()))).toBeNull();
  });
});
