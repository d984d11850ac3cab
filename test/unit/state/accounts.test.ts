// The TypeScript codec of accounts, and its shardOf against the engine's.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes, concatBytes } from "../../../shared/protocol/bytes.ts";
import {
  decodeAccountList,
  encodeAccountList,
  mergeAccountLists,
  mergeInParts,
  pickAccounts,
  shardOf,
  tombstone,
} from "../../../shared/state/accounts.ts";
import { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { wasmModule } from "../../wasm-module.ts";
import { keyOf, wallet } from "./chain.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const account = fc.record({
  key: bytes32,
  owner: bytes32,
  lamports: fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }),
  rentEpoch: u64,
  executable: fc.boolean(),
  data: fc.uint8Array({ maxLength: 50 }),
});

describe("accounts", () => {
  it("decode to what was encoded, and lists that are cut are refused", () => {
    fc.assert(
      fc.property(fc.array(account, { maxLength: 5 }), fc.nat(), (accounts, cut) => {
        const list = encodeAccountList(accounts);
        expect(decodeAccountList(list)).toEqual(accounts);
        expect(decodeAccountList(list.subarray(0, cut % list.length))).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it("belong to the shard that the engine says", () => {
    fc.assert(
      fc.property(
        u64,
        u64,
        fc.integer({ min: 1, max: 4096 }),
        fc.array(bytes32, { minLength: 1 }),
        (seed0, seed1, shardCount, keys) => {
          const engine = new ShardEngine(wasmModule(), { shardIndex: 0, shardCount, seed0, seed1 });
          for (const key of keys) {
            const shard = engine.instance.exports.engineShardOf!(engine.instance.write(key));
            expect(shardOf(key, shardCount, { seed0, seed1 })).toBe(shard);
          }
        },
      ),
      { numRuns: Math.min(RUNS, 100) },
    );
  });

  it("of several lists are picked and merged", () => {
    const [a, b, c] = [keyOf(1), keyOf(2), keyOf(3)].map((key, i) => wallet(key, BigInt(i + 1)));
    const lists = [encodeAccountList([c!]), encodeAccountList([a!, b!].sort((x, y) => compareBytes(x.key, y.key)))];
    expect(pickAccounts(lists, [b!.key, keyOf(9), c!.key, b!.key])).toEqual(
      concatBytes(
        Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0),
        encodeAccountList([b!]).slice(8),
        tombstone(keyOf(9)),
        encodeAccountList([c!, b!]).slice(8),
      ),
    );
    const keys = decodeAccountList(mergeAccountLists(lists))!.map(({ key }) => Buffer.from(key).toString("hex"));
    expect(keys).toEqual([...keys].sort());
    expect(keys).toHaveLength(3);
  });

  it("are merged in parts, and lists that are none are refused", () => {
    const sorted = Array.from({ length: 9 }, (_, i) => wallet(keyOf(i), BigInt(i + 1))).sort((x, y) =>
      compareBytes(x.key, y.key),
    );
    const lists = [0, 1, 2].map((k) => encodeAccountList(sorted.filter((_, i) => i % 3 === k && i < 8)));
    const merging = mergeInParts([...lists, encodeAccountList([])], 3);
    expect([merging.next().done, merging.next().done]).toEqual([false, false]);
    expect(merging.next()).toEqual({ done: true, value: encodeAccountList(sorted.slice(0, 8)) });
    expect(mergeAccountLists([encodeAccountList([]), encodeAccountList([])])).toEqual(encodeAccountList([]));
    expect(() => mergeAccountLists([lists[0]!, lists[1]!.subarray(0, 20)])).toThrow("not an account list");
  });
});
