// Which well-known keys every instance has, which a shard stores, and which nobody can write.
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../shared/protocol/bytes.ts";
import { CONTEXT_SIZE } from "../../../shared/protocol/limits.ts";
import { REAL_PROGRAMS, realProgramAddresses } from "../../../shared/protocol/real-programs.ts";
import { keyBytes, RESERVED_KEYS, STAKE_CONFIG, STAKE_PROGRAM, SYSTEM_PROGRAM } from "../../../shared/rpc/keys.ts";
import { decodeAccountList, encodeAccountList } from "../../../shared/state/accounts.ts";
import { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { wasmModule } from "../../wasm-module.ts";
import { contextOf, engineOf, keyOf, SEEDS, wallet } from "./chain.ts";

const ALL = realProgramAddresses(15);
const NOT_NATIVE = [STAKE_PROGRAM, STAKE_CONFIG, "Config1111111111111111111111111111111111111"];

function contextWith(flags: number): Uint8Array {
  const context = contextOf(9).slice();
  new DataView(context.buffer).setUint32(96, flags, true);
  return context;
}

/** Those of `addresses` that an instance answers itself, in a context with these flags. */
function known(flags: number, addresses: readonly string[]): string[] {
  const engine = engineOf();
  const code = engine.instance.call("engineWellKnown", concatBytes(contextWith(flags), ...addresses.map(keyBytes)));
  expect(code).toBe(0);
  const list = decodeAccountList(engine.instance.out())!;
  return addresses.filter((_, i) => list[i]!.lamports > 0n);
}

describe("a slot context", () => {
  it("is as long as it says", () => expect(contextOf(1).length).toBe(CONTEXT_SIZE));
  it("without flags has all native programs in every instance", () => expect(known(0, ALL)).toEqual(ALL));
  it.each(Object.keys(REAL_PROGRAMS))("with the flag of %s leaves its accounts to the shards", (name) => {
    const { flag, addresses } = REAL_PROGRAMS[name]!;
    expect(known(flag, ALL)).toEqual(ALL.filter((address) => !addresses.includes(address)));
  });
  it("never has Stake, Config and the stake configuration in every instance", () => {
    expect(known(0, [...NOT_NATIVE, SYSTEM_PROGRAM])).toEqual([SYSTEM_PROGRAM]);
    expect(NOT_NATIVE.every((address) => RESERVED_KEYS.has(address))).toBe(true);
  });
});

describe("a shard", () => {
  const shard = (realPrograms?: number) =>
    new ShardEngine(wasmModule(), { shardIndex: 0, shardCount: 1, ...SEEDS, ...(realPrograms && { realPrograms }) });
  const token = keyBytes(REAL_PROGRAMS.token!.addresses[0]!);
  const stored = { ...wallet(keyOf(1)!, 2_000_000n), key: token };

  it("answers a native program itself, before it has seen a slot", () => {
    const [account] = decodeAccountList(shard().read(token, 0))!;
    expect([account!.lamports, account!.executable]).toEqual([1n, true]);
  });
  it("asks storage for a real one, and answers what is stored", () => {
    const engine = shard(1);
    engine.restore(0, { lamports: 2_000_000n, count: 1 });
    expect(engine.coldOfKeys(token)).toEqual(token);
    engine.fetch(encodeAccountList([stored]));
    expect(decodeAccountList(engine.read(token, 0))).toEqual([stored]);
    const native = shard();
    native.restore(0, { lamports: 2_000_000n, count: 1 });
    expect(native.coldOfKeys(token)).toEqual(new Uint8Array(0));
  });
  it("stores Stake like any account", () => {
    const engine = shard();
    const stake = { ...wallet(keyOf(1)!, 3_000_000n), key: keyBytes(STAKE_PROGRAM) };
    engine.load(encodeAccountList([stake]), 0);
    expect(decodeAccountList(engine.read(stake.key, 0))).toEqual([stake]);
  });
});
