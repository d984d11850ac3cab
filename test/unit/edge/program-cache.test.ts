// What an isolate keeps of programs, and reads that need not bring it anew.
import { blake3 } from "@noble/hashes/blake3.js";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../shared/protocol/bytes.ts";
import { BPF_LOADER_2, BPF_LOADER_UPGRADEABLE, keyBytes } from "../../../shared/rpc/keys.ts";
import { type Account, encodeAccountList, keyText } from "../../../shared/state/accounts.ts";
import { type Known, loadAccounts } from "../../../workers/edge/load-accounts.ts";
import { ProgramCache } from "../../../workers/edge/program-cache.ts";
import { engineOf, keyOf, wallet } from "../state/chain.ts";

const code = (name: string, size: number, fill = 1, owner = BPF_LOADER_UPGRADEABLE, kind = 3): Account => ({
  key: keyOf(name),
  owner: keyBytes(owner),
  lamports: 1n,
  rentEpoch: 0n,
  executable: owner === BPF_LOADER_2,
  data: new Uint8Array(size).fill(fill).fill(kind, 0, 1),
});
const programOf = (name: string, data: Uint8Array): Account => ({
  ...code(name, 36, 0, BPF_LOADER_UPGRADEABLE, 2),
  data: concatBytes(Uint8Array.of(2, 0, 0, 0), data),
});

describe("ProgramCache", () => {
  it("keeps code by account, as its newest version, with the hash of its data", () => {
    const cache = new ProgramCache(blake3);
    const [v1, v2] = [code("a", 1_000, 1), code("a", 2_000, 2)];
    expect(cache.keep(v1)).toEqual({ ...v1, hash: blake3(v1.data) });
    expect(cache.find(v1.key)).toEqual({ data: v1.data, hash: blake3(v1.data) });
    cache.keep(v2);
    cache.keep(v2);
    expect(cache.find(v1.key)).toEqual({ data: v2.data, hash: blake3(v2.data) });
    expect(cache.bytes).toBe(2_000);
    const final = code("b", 600, 9, BPF_LOADER_2);
    expect(cache.keep(final).hash).toEqual(blake3(final.data));
  });

  it("keeps copies: the answer of which the data were a part is not held", () => {
    const cache = new ProgramCache(blake3);
    const answer = new Uint8Array(10_000).fill(3);
    cache.keep({ ...code("a", 0), data: answer.subarray(100, 1_100) });
    expect(cache.find(keyOf("a"))!.data.buffer.byteLength).toBe(1_000);
  });

  it("does not keep what is small, larger than all its room, a buffer, or no program", () => {
    const cache = new ProgramCache(blake3, 5_000);
    const none = [
      code("a", 511),
      code("b", 5_001),
      code("c", 1_000, 1, BPF_LOADER_UPGRADEABLE, 1),
      { ...code("d", 1_000), owner: keyOf("owner") },
      { ...code("e", 1_000, 1, BPF_LOADER_2), executable: false },
    ];
    for (const account of none) expect(cache.keep(account)).toBe(account);
    expect(none.map(({ key }) => cache.find(key))).toEqual(none.map(() => undefined));
    expect(cache.bytes).toBe(0);
  });

  it("stays within its bytes: what was not used for the longest time goes", () => {
    const cache = new ProgramCache(blake3, 3_000);
    const all = ["a", "b", "c"].map((name) => code(name, 1_000));
    for (const account of all) cache.keep(account);
    cache.find(keyOf("a"));
    cache.keep(code("d", 700));
    expect(["a", "b", "c", "d"].filter((name) => cache.find(keyOf(name)))).toEqual(["a", "c", "d"]);
    cache.keep(code("e", 2_500));
    expect(["a", "c", "d", "e"].filter((name) => cache.find(keyOf(name)))).toEqual(["e"]);
    expect(cache.bytes).toBe(2_500);
  });

  it("expects the account with the code of a program that it has seen, unless it is asked for anyway", () => {
    const cache = new ProgramCache(blake3);
    cache.keep(programOf("p", keyOf("code")));
    expect(cache.expected([keyOf("x"), keyOf("p")])).toEqual([keyOf("code")]);
    expect(cache.expected([keyOf("code"), keyOf("p")])).toEqual([]);
    cache.keep(programOf("q", keyOf("code")));
    expect(cache.expected([keyOf("p"), keyOf("q")])).toEqual([keyOf("code")]);
    cache.keep(programOf("p", keyOf("other")));
    expect(cache.expected([keyOf("p")])).toEqual([keyOf("other")]);
  });
});

describe("loadAccounts", () => {
  /** A shard, whose answers `change` may change, and an isolate that reads it. */
  function network(change: (list: Uint8Array, known: boolean) => Uint8Array = (list) => list) {
    const engine = engineOf();
    const sizes: number[] = [];
    const programs = new ProgramCache(blake3);
    const load = (wanted: readonly Uint8Array[], asOf: number) =>
      loadAccounts(programs, wanted, async (keys: readonly Uint8Array[], known: Known) => {
        const hashes = keys.map((key) => known.get(keyText(key))?.hash ?? new Uint8Array(32));
        const asks = known.size > 0;
        const list = engine.readBounded(concatBytes(...keys), asOf, asks ? concatBytes(...hashes) : undefined)!;
        sizes.push(list.length);
        return [change(list, asks)];
      });
    return { engine, sizes, load };
  }
  const program = programOf("p", keyOf("code"));
  const [v1, v2] = [code("code", 40_000, 1), code("code", 40_000, 2)];
  const asked = [keyOf("x"), program.key];
  const expected = (version: Account) => [wallet(keyOf("x"), 5n), program, { ...version, hash: blake3(version.data) }];
  const deploy = ({ engine }: ReturnType<typeof network>, version: Account, slot: number) =>
    engine.load(encodeAccountList([wallet(keyOf("x"), 5n), program, version]), slot);

  it("reads code once, and then with its program in one answer", async () => {
    const net = network();
    deploy(net, v1, 0);
    expect(await net.load(asked, 0)).toEqual(expected(v1).slice(0, 2));
    expect(await net.load([keyOf("code")], 0)).toEqual(expected(v1).slice(2));
    expect(net.sizes.at(-1)).toBeGreaterThan(40_000);
    for (let i = 0; i < 3; i++) expect(await net.load(asked, 0)).toEqual(expected(v1));
    expect(net.sizes.slice(-3).every((size) => size < 500)).toBe(true);
  });

  it("has what the shard has as of the slot: an upgrade is seen at once, and so is the end of a program", async () => {
    const net = network();
    for (const [slot, version] of [v1, v2, v1, v1, v2].entries()) {
      deploy(net, version, slot);
      const [, , data] = await net.load([...asked, keyOf("code")], slot);
      expect(data).toEqual(expected(version)[2]);
    }
    net.engine.load(encodeAccountList([wallet(keyOf("code"), 0n)]), 9);
    expect(await net.load(asked, 9)).toEqual(expected(v1).slice(0, 2));
    expect((await net.load([keyOf("code")], 9))[0]).toMatchObject({ lamports: 0n });
  });

  it("reads everything again where a stub is not what was asked for", async () => {
    let lies = false;
    const net = network((list, known) => {
      if (lies && known) list[list.length - 1]! ^= 1;
      return list;
    });
    deploy(net, v1, 0);
    await net.load([...asked, keyOf("code")], 0);
    lies = true;
    expect(await net.load(asked, 0)).toEqual(expected(v1));
    expect(net.sizes.slice(-2).map((size) => size > 40_000)).toEqual([false, true]);
  });
});
