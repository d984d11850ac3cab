/** Large accounts in blocks: what blocks in flight write of them is bounded, and who waits for that. */
import { describe, expect, it } from "vitest";
import { DEFAULT_BLOCK_LIMITS } from "../../../shared/protocol/block-limits.ts";
import { concatBytes } from "../../../shared/protocol/bytes.ts";
import { makeFrame } from "../../../shared/protocol/record.ts";
import { BuilderMachine } from "../../../shared/scheduling/builder-machine.ts";
import { Planner } from "../../../shared/scheduling/planner.ts";
import type { PlannerPort } from "../../../shared/scheduling/planner-port.ts";
import { sizeEntry, sizesOf } from "../../../shared/state/account-sizes.ts";
import { encodeAccountList } from "../../../shared/state/accounts.ts";
import { SimulatedStorage } from "../../simulation/storage.ts";
import { wasmModule } from "../../wasm-module.ts";
import { contextOf, digestOf, keyOf, SEEDS, sha256, transferRecord, wallet } from "../state/chain.ts";
import { instance, wire } from "../transaction/wire.ts";
import { Pair } from "./pair.ts";

const MIB = 1 << 20;
const LIMIT = DEFAULT_BLOCK_LIMITS.accountBytes;
const parser = instance();
const pays = (n: number | string) => keyOf(`pays ${n}`);

function plannerOf(sizes: Readonly<Record<string, number>>, accountBytes = LIMIT): Planner {
  const planner = new Planner(wasmModule(), {
    shardCount: 2,
    ...SEEDS,
    limits: { ...DEFAULT_BLOCK_LIMITS, accountBytes },
  });
  planner.setContext(contextOf(5));
  planner.noteSizes(concatBytes(...Object.entries(sizes).map(([name, mib]) => sizeEntry(keyOf(name), mib * MIB))));
  return planner;
}
/** A transaction that writes these accounts, the first of which pays, and reads others. */
function touching(writes: readonly Uint8Array[], reads: readonly Uint8Array[] = []): Uint8Array {
  const keys = [...writes, ...reads, keyOf("program")];
  const instructions = [{ program: keys.length - 1, accounts: [], data: new Uint8Array(0) }];
  const header: [number, number, number] = [1, 0, reads.length + 1];
  const model = { signatures: [new Uint8Array(64)], version: "legacy" as const, header, keys, blockhash: digestOf(0) };
  expect(parser.call("txParse", wire({ ...model, instructions, lookups: [] }))).toBe(0);
  return parser.out();
}
const count = (planner: Planner, room?: number) => planner.cut(undefined, room).numTransactions;

describe("a block", () => {
  const names = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`large ${i}`, 10]));

  it("of six accounts of 10 MiB writes one; transactions without large accounts go on", () => {
    const planner = plannerOf(names);
    const large = Object.keys(names).map((name, i) => touching([pays(i), keyOf(name)]));
    const small = Array.from({ length: 5 }, (_, i) => touching([pays(`small ${i}`)]));
    expect(planner.admit(makeFrame([...large, ...small]))).toBe(true);
    const cut = planner.cut();
    expect([cut.numTransactions, cut.accountBytes]).toEqual([1 + small.length, 10 * MIB]);
    // The first is in flight: there is no room for another.
    expect(count(planner, LIMIT - cut.accountBytes)).toBe(0);
    for (let left = 5; left > 0; left--) expect([planner.waiting(), count(planner)]).toEqual([left, 1]);
  });

  it("counts an account that many write once, and one that is written beside it when there is room", () => {
    const planner = plannerOf({ hot: 8, other: 4, third: 1 });
    const records = [1, 2, 3].map((n) => touching([pays(n), keyOf("hot")]));
    planner.admit(makeFrame([...records, touching([pays(4), keyOf("other")]), touching([pays(5), keyOf("third")])]));
    const cut = planner.cut();
    expect([cut.numTransactions, cut.accountBytes]).toEqual([4, 12 * MIB]);
    expect(count(planner)).toBe(1);
  });

  it("reads twice as much as blocks in flight write, and does not count that for the next", () => {
    const planner = plannerOf({ a: 10, b: 10, c: 10 });
    planner.admit(makeFrame(["a", "b", "c", "a"].map((name, i) => touching([pays(i)], [keyOf(name)]))));
    const cut = planner.cut();
    // The last reads what is counted already, and waits for nothing.
    expect([cut.numTransactions, cut.accountBytes]).toEqual([3, 0]);
    expect(count(planner, 0)).toBe(1);
  });

  it("has a transaction over the limit alone, once nothing large is in flight; what is large and came later does not overtake it", () => {
    const planner = plannerOf({ buffer: 10, programdata: 10, later: 1 });
    const upgrade = touching([pays(1), keyOf("buffer"), keyOf("programdata")]);
    planner.admit(makeFrame([upgrade, touching([pays(2), keyOf("later")]), touching([pays(3)])]));
    expect(count(planner, LIMIT - 1)).toBe(1);
    expect(planner.waiting()).toBe(2);
    const alone = planner.cut();
    expect([alone.numTransactions, alone.accountBytes]).toEqual([1, 20 * MIB]);
    expect(count(planner, 0)).toBe(0);
    expect(count(planner)).toBe(1);
  });

  it("never has one that is over twice the limit: it leaves the pool as what has expired does", () => {
    const planner = plannerOf({ a: 10, b: 10, c: 10 });
    const record = touching([pays(1), keyOf("a"), keyOf("b"), keyOf("c")]);
    planner.admit(makeFrame([record, touching([pays(2)])]));
    const cut = planner.cut();
    expect([cut.numTransactions, cut.numExpired, planner.waiting()]).toEqual([1, 1, 0]);
    expect(planner.dropExpired()).toHaveLength(64);
  });

  it("counts the accounts that a transaction makes by its own instructions", () => {
    const planner = plannerOf({});
    const ALLOCATE = 8;
    const allocates = (n: number, bytes: number) =>
      transferRecord({ from: pays(n), to: keyOf(`new ${n}`), lamports: BigInt(bytes), instruction: ALLOCATE });
    planner.admit(
      makeFrame([allocates(1, 10 * MIB), allocates(2, 10 * MIB), allocates(3, 2 * MIB), allocates(4, 11 * MIB)]),
    );
    // The last is refused when it is executed, and makes nothing; it waits for nothing either.
    expect([planner.cut().accountBytes, planner.waiting()]).toEqual([10 * MIB, 2]);
    expect([planner.cut().accountBytes, planner.waiting()]).toEqual([12 * MIB, 0]);
  });

  it("follows what is told later: an account that grows, shrinks or is gone", () => {
    const planner = plannerOf({ a: 1, b: 1 });
    const both = (): number => {
      const salt = keyOf(`salt ${planner.admitted()}`);
      planner.admit(makeFrame([touching([pays(1), keyOf("a")], [salt]), touching([pays(2), keyOf("b")], [salt])]));
      return planner.cut().accountBytes / MIB;
    };
    expect(both()).toBe(2);
    planner.noteSizes(concatBytes(sizeEntry(keyOf("a"), 5 * MIB), sizeEntry(keyOf("b"), 0)));
    expect(both()).toBe(5);
    planner.noteSizes(sizeEntry(keyOf("a"), 3 * MIB));
    expect(both()).toBe(3);
  });
});

describe("the builder", () => {
  const config = { shardCount: 1, slotMs: 1, heartbeatMs: 10, heightStride: 1, genesisTimestamp: 0 };

  it("gives a block the room that those in flight leave", () => {
    const rooms: (number | undefined)[] = [];
    const cut = {
      numTransactions: 1,
      numGroups: 0,
      numCrossShard: 0,
      heavy: 0,
      accountBytes: 5 * MIB,
      frame: makeFrame([]),
      shards: [],
    };
    const planner = {
      ...{ setContext() {}, noteSizes() {}, newSizes: () => undefined, admitted: () => 0, oldestWaiting: () => 0 },
      ...{ admit: () => true, readmit: () => true, noteProgram() {}, waiting: () => 1 },
      cut(_heavy?: number, room?: number) {
        rooms.push(room);
        return cut;
      },
    } satisfies PlannerPort;
    const pair = new Pair(new SimulatedStorage(), new SimulatedStorage());
    const machine = new BuilderMachine(planner, sha256, { ...config, genesisHash: keyOf("genesis") });
    machine.boot(new SimulatedStorage(), 0);
    const [answer] = pair.ledger.step({ type: "message", from: "builder", message: { type: "tipWanted", asked: 1 } });
    if (answer?.type !== "send") throw new Error("the ledger does not answer");
    machine.step({ type: "message", from: "ledger-0", message: answer.message }, 0);
    // Nothing is ever stored.
    for (let now = 1; now < 9; now++) machine.step({ type: "timer", name: "tick" }, now * 10);
    expect(rooms).toEqual([12 * MIB, 7 * MIB, 2 * MIB, 0]);
  });

  it("knows the sizes of its genesis, and saves what it knows for its next start", () => {
    const accounts = encodeAccountList([
      { ...wallet(keyOf("program"), 1n), data: new Uint8Array(16 << 10) },
      { ...wallet(keyOf("small"), 1n), data: new Uint8Array((16 << 10) - 1) },
    ]);
    const sizes = sizesOf([accounts]);
    expect(sizes).toEqual(sizeEntry(keyOf("program"), 16 << 10));
    const [own, ledgers] = [new SimulatedStorage(), new SimulatedStorage()];
    const pair = new Pair(own, ledgers, own, { genesisSizes: () => sizes });
    expect(own.get("sizes", 0)).toEqual(sizes);
    pair.tick(10);
    let asked = false;
    const again = new Pair(own, ledgers, own, {
      genesisSizes: () => {
        asked = true;
        return sizes;
      },
    });
    again.tick(1_000);
    expect([again.builder.tip!.slot, asked]).toEqual([2, false]);
  });
});
