// Which well-known keys every instance makes, which it carries, which a shard stores, and which nobody can write.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { concatBytes } from "../../../shared/protocol/bytes.ts";
import { CONTEXT_SIZE } from "../../../shared/protocol/limits.ts";
import { REAL_PROGRAMS, realProgramAddresses } from "../../../shared/protocol/real-programs.ts";
import {
  keyBytes,
  RESERVED_KEYS,
  STAKE_CONFIG,
  STAKE_PROGRAM,
  SYSTEM_PROGRAM,
  TOKEN_PROGRAM,
  TOKEN_PROGRAM_DATA,
} from "../../../shared/rpc/keys.ts";
import { type Account, decodeAccountList, encodeAccountList } from "../../../shared/state/accounts.ts";
import { carriedAccounts, carriedAddresses, isCarried } from "../../../shared/state/carried.ts";
import { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { CARRIED, STANDARD_PROGRAMS } from "../../carried-programs.ts";
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
  it("leaves the accounts of programs to the shards, carried or not", () => {
    expect(known(0, ALL)).toEqual([]);
    expect(known(15, ALL)).toEqual([]);
  });
  it.each(Object.keys(REAL_PROGRAMS))("with the flag of %s has it carried no more", (name) => {
    const { flag, addresses } = REAL_PROGRAMS[name]!;
    const carried = ALL.filter((address) => isCarried(keyBytes(address), contextWith(flag)));
    expect(carried).toEqual(ALL.filter((address) => !addresses.includes(address)));
    expect(carriedAddresses(flag).filter((address) => addresses.includes(address))).toEqual([]);
  });
  it("never has Stake, Config and the stake configuration in every instance", () => {
    expect(known(0, [...NOT_NATIVE, SYSTEM_PROGRAM])).toEqual([SYSTEM_PROGRAM]);
    expect(NOT_NATIVE.every((address) => RESERVED_KEYS.has(address))).toBe(true);
  });
});

describe("engineCarry", () => {
  const of = (address: string): Account =>
    decodeAccountList(CARRIED)!.find(({ key }) => Buffer.from(key).equals(keyBytes(address)))!;
  const carry = (...accounts: Account[]) => engineOf().instance.call("engineCarry", encodeAccountList(accounts));
  const changed = (account: Account, at: number, byte: number): Account => {
    const data = account.data.slice();
    data[at] = byte;
    return { ...account, data };
  };
  const MALFORMED = -ErrorCode.ENGINE_MALFORMED;

  it("takes all of a genesis, or some", () => {
    expect(engineOf().instance.call("engineCarry", CARRIED)).toBe(0);
    expect(carry(...ALL.map(of))).toBe(0);
    expect(carry()).toBe(0);
  });
  it("refuses what is no account list", () => {
    expect(engineOf().instance.call("engineCarry", CARRIED.subarray(0, CARRIED.length - 8))).toBe(MALFORMED);
  });
  it.each<[string, Account]>([
    ["an account that is no carried program's", wallet(keyOf(1)!, 5n)],
    ["a program that does not exist", wallet(keyBytes(TOKEN_PROGRAM), 0n)],
    ["a program that is no program", { ...of(TOKEN_PROGRAM), executable: false }],
    ["a program of another owner", { ...of(TOKEN_PROGRAM), owner: new Uint8Array(32) }],
    ["a program that names other programdata", changed(of(TOKEN_PROGRAM), 4, 9)],
    ["programdata that somebody can upgrade", changed(of(TOKEN_PROGRAM_DATA), 12, 1)],
    ["programdata of a later slot", changed(of(TOKEN_PROGRAM_DATA), 4, 1)],
    ["programdata that is none", changed(of(TOKEN_PROGRAM_DATA), 0, 1)],
    ["programdata that is executable", { ...of(TOKEN_PROGRAM_DATA), executable: true }],
  ])("refuses %s", (_, account) => expect(carry(account)).toBe(MALFORMED));
});

describe("carriedAccounts", () => {
  it("picks them from a genesis, and says what an older one lacks", () => {
    expect(decodeAccountList(carriedAccounts(STANDARD_PROGRAMS, 0))!.length).toBe(8);
    expect(decodeAccountList(carriedAccounts(STANDARD_PROGRAMS, 15))!.length).toBe(0);
    expect(() => carriedAccounts(encodeAccountList([]), 0)).toThrow(
      `the genesis has no account ${TOKEN_PROGRAM}: this network was begun by an earlier version`,
    );
    expect(() => carriedAccounts(encodeAccountList([]).subarray(1), 0)).toThrow(RangeError);
  });
});

describe("a shard", () => {
  const shard = (realPrograms?: number, shardIndex = 0, shardCount = 1) =>
    new ShardEngine(wasmModule(), {
      shardIndex,
      shardCount,
      ...SEEDS,
      carried: CARRIED,
      ...(realPrograms && { realPrograms }),
    });
  const token = keyBytes(TOKEN_PROGRAM);
  const stored = { ...wallet(keyOf(1)!, 2_000_000n), key: token };

  it.each([0, 1])("asks storage for a program, and answers what is stored (flags %i)", (flags) => {
    const engine = shard(flags);
    engine.restore(0, { lamports: 2_000_000n, count: 1 });
    expect(engine.coldOfKeys(token)).toEqual(token);
    engine.fetch(encodeAccountList([stored]));
    expect(decodeAccountList(engine.read(token, 0))).toEqual([stored]);
  });
  it("answers a carried program only where it is stored", () => {
    const owners = [0, 1, 2, 3].filter((i) => {
      try {
        shard(0, i, 4).read(token, 0);
        return true;
      } catch {
        return false;
      }
    });
    expect(owners).toHaveLength(1);
  });
  it("stores Stake like any account", () => {
    const engine = shard();
    const stake = { ...wallet(keyOf(1)!, 3_000_000n), key: keyBytes(STAKE_PROGRAM) };
    engine.load(encodeAccountList([stake]), 0);
    expect(decodeAccountList(engine.read(stake.key, 0))).toEqual([stake]);
  });
});
