// Programs by the hash of their data: reads that need not answer what the reader has, simulations that take it from the instance's cache.
import { blake3 } from "@noble/hashes/blake3.js";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { concatBytes } from "../../../shared/protocol/bytes.ts";
import { wasmServices } from "../../../shared/rpc/wasm-services.ts";
import { type Account, encodeAccountList, keyText } from "../../../shared/state/accounts.ts";
import type { ShardEngine } from "../../../shared/state/shard-engine.ts";
import {
  decodeStubbed,
  type LoadedAccount,
  STUB_SIZE,
  stubbedListSize,
  writeStubbedList,
} from "../../../shared/state/stubs.ts";
import { StatelessWasm } from "../../../shared/svm/stateless-wasm.ts";
import { wasmModule } from "../../wasm-module.ts";
import {
  CONTEXT,
  callRecord,
  finalProgram,
  PAYER,
  PROGRAM,
  PROGRAM_DATA,
  program,
  programData,
  versionOf,
} from "./called-program.ts";
import { engineOf, keyOf, proposalOf, transferRecord, wallet } from "./chain.ts";

const NO_HASH = new Uint8Array(32);
const hashed = (account: Account): LoadedAccount => ({ ...account, hash: blake3(account.data) });

describe("a read that says what the reader has", () => {
  const [v1, v2] = [programData(1), programData(2)];
  const [known1, known2] = [v1, v2].map(({ data }) => ({ hash: blake3(data), data })) as [
    { hash: Uint8Array; data: Uint8Array },
    { hash: Uint8Array; data: Uint8Array },
  ];
  const shard = (...accounts: Account[]): ShardEngine => {
    const engine = engineOf();
    engine.load(encodeAccountList([PAYER, ...accounts]), 0);
    return engine;
  };
  const readOne = (engine: ShardEngine, known: typeof known1, asOf = 0, key = PROGRAM_DATA) => {
    const list = engine.readBounded(key, asOf, known.hash)!;
    return { size: list.length, account: decodeStubbed([list], new Map([[keyText(key), known]]))!.get(keyText(key)) };
  };

  it("is answered a hash for the data it has, and the data for any other", () => {
    const engine = shard(v1);
    expect(readOne(engine, known1)).toEqual({ size: 8 + STUB_SIZE, account: { ...v1, ...known1 } });
    expect(readOne(engine, known2).account).toEqual(v1);
    expect(engine.readBounded(PROGRAM_DATA, 0, NO_HASH)).toEqual(engine.read(PROGRAM_DATA, 0));
  });

  it("never is told that changed data are those it has, whatever their size and however often", () => {
    const engine = shard(v1);
    for (const slot of [1, 2, 3, 4]) {
      const [now, old] = slot % 2 ? [known2, known1] : [known1, known2];
      engine.load(encodeAccountList([slot % 2 ? v2 : v1]), slot);
      expect(readOne(engine, old, slot).account!.data).toEqual(now.data);
      expect(readOne(engine, now, slot)).toMatchObject({ size: 8 + STUB_SIZE });
    }
    engine.load(encodeAccountList([wallet(PROGRAM_DATA, 0n)]), 5);
    expect(readOne(engine, known1, 5).account).toMatchObject({ lamports: 0n, data: new Uint8Array(0) });
  });

  it("is answered in the order of the keys, with data where they are no program's, small or not there", () => {
    const plain = { ...v1, key: keyOf("plain"), owner: keyOf("owner") };
    const small = { ...v1, key: keyOf("small"), data: new Uint8Array(511).fill(3) };
    const engine = shard(v1, plain, small);
    const keys = concatBytes(plain.key, PROGRAM_DATA, small.key, keyOf("nobody"));
    const hashes = concatBytes(known1.hash, known1.hash, blake3(small.data), known1.hash);
    const list = engine.readBounded(keys, 0, hashes)!;
    const whole = decodeStubbed([list], new Map([[keyText(PROGRAM_DATA), known1]]))!;
    expect([...whole.values()].map(({ data }) => data)).toEqual([plain.data, v1.data, small.data, new Uint8Array(0)]);
    expect(list.length).toBe(engine.read(keys, 0).length - v1.data.length - (8 - (v1.data.length % 8)) + 32);
  });

  it("refuses what is no list of keys and hashes", () => {
    const { instance } = shard(v1);
    for (const length of [1, 32, 63, 65, 96]) {
      const at = instance.write(new Uint8Array(length));
      expect(instance.exports.engineReadKnown!(0n, at, length)).toBe(-ErrorCode.ENGINE_MALFORMED);
    }
  });

  it("does not believe a stub that it did not ask for", () => {
    const list = shard(v1).readBounded(PROGRAM_DATA, 0, known1.hash)!;
    expect(decodeStubbed([list], new Map())).toBeUndefined();
    expect(decodeStubbed([list], new Map([[keyText(PROGRAM_DATA), known2]]))).toBeUndefined();
    const longer = { hash: known1.hash, data: new Uint8Array(known1.data.length + 1) };
    expect(decodeStubbed([list], new Map([[keyText(PROGRAM_DATA), longer]]))).toBeUndefined();
    expect(decodeStubbed([list.subarray(0, list.length - 1)], new Map())).toBeUndefined();
  });
});

describe("a simulation", () => {
  const edge = () => {
    const wasm = new StatelessWasm(wasmModule());
    const calls: string[] = [];
    const { call } = wasm;
    wasm.call = (name, bytes, ...rest) => {
      calls.push(`${name} ${bytes.length > CONTEXT.length + 3_000 ? "whole" : "short"}`);
      return call.bind(wasm)(name, bytes, ...rest);
    };
    return { wasm, calls, services: wasmServices(wasm) };
  };
  const v3 = (version: number) => [PAYER, program(), hashed(programData(version))];
  const v2 = (version: number) => [PAYER, hashed(finalProgram(version))];

  it.each([
    ["upgradeable", v3],
    ["final", v2],
  ])("of a program that is %s has what it has with all data, and gets them once", (_, accounts) => {
    const { services, calls } = edge();
    const record = callRecord();
    const whole = accounts(1).map(({ hash: _hash, ...account }: LoadedAccount) => account);
    const expected = wasmServices(new StatelessWasm(wasmModule())).simulate(CONTEXT, whole, record);
    expect(versionOf(expected.result)).toBe(1);
    for (let i = 0; i < 3; i++) expect(services.simulate(CONTEXT, accounts(1), record)).toEqual(expected);
    const once = ["engineSimulate short", "engineKeepCode short"];
    expect(calls).toEqual([...once, ...Array(3).fill("engineSimulate short")]);
    const { result, accounts: none } = services.simulate(CONTEXT, accounts(1), record, { resultOnly: true });
    expect([result, none.length]).toEqual([expected.result, 0]);
  });

  it.each([
    ["upgradeable", v3],
    ["final", v2],
  ])("of a program that is %s and changes runs the version that it is given, never another", (_, accounts) => {
    const { services } = edge();
    for (const version of [1, 2, 1, 3, 2, 2, 1]) {
      expect(versionOf(services.simulate(CONTEXT, accounts(version), callRecord()).result)).toBe(version);
    }
  });

  it("gets the data again after a trap, which costs the instance all that it has", () => {
    const { wasm, services, calls } = edge();
    services.simulate(CONTEXT, v3(1), callRecord());
    wasm.exports = { ...wasm.exports };
    wasm.exports.txParse = () => {
      throw new WebAssembly.RuntimeError("unreachable");
    };
    expect(() => services.parse(new Uint8Array(9))).toThrow(WebAssembly.RuntimeError);
    calls.length = 0;
    expect(versionOf(services.simulate(CONTEXT, v3(1), callRecord()).result)).toBe(1);
    expect(calls).toEqual(["engineSimulate short", "engineKeepCode short", "engineSimulate short"]);
  });

  it("has all data with it where the instance has no room for them", () => {
    const { wasm, services, calls } = edge();
    const { call } = wasm;
    // An instance that keeps nothing.
    wasm.call = (name, bytes, ...rest) => (name === "engineKeepCode" ? 0 : call(name, bytes, ...rest));
    expect(versionOf(services.simulate(CONTEXT, v3(2), callRecord()).result)).toBe(2);
    expect(calls).toEqual(["engineSimulate short", "engineSimulate short", "engineSimulate whole"]);
  });

  it("that may write an account works on a copy of its data", () => {
    const { services } = edge();
    const metas = [{ key: PROGRAM_DATA, writable: true }];
    // As in Agave: who names programdata for writing without the loader gets a read lock on a program, a write lock on this.
    const first = services.simulate(CONTEXT, v3(1), callRecord(metas));
    expect(versionOf(first.result)).toBe(1);
    expect(services.simulate(CONTEXT, v3(1), callRecord(metas))).toEqual(first);
    expect(versionOf(services.simulate(CONTEXT, v3(1), callRecord()).result)).toBe(1);
  });

  it("keeps no memory beside the data", () => {
    const { wasm, services } = edge();
    const bytes = () => wasm.exports.heapLiveBytes!();
    services.simulate(CONTEXT, v3(1), callRecord());
    services.simulate(CONTEXT, v3(1), callRecord([{ key: PROGRAM_DATA, writable: true }]));
    const before = bytes();
    for (let i = 0; i < 20; i++) {
      services.simulate(CONTEXT, v3(1), callRecord(i % 2 ? [{ key: PROGRAM_DATA, writable: true }] : []));
    }
    expect(bytes()).toBe(before);
  });

  it("keeps 32 MiB of data, whatever is given to it", () => {
    const { wasm, services } = edge();
    const data = new Uint8Array(4 << 20);
    for (let i = 0; i < 20; i++) {
      data[0] = i;
      expect(services.keepCode(data)).toEqual(i < 2 ? blake3(data) : expect.anything());
      expect(wasm.exports.engineCodeBytes!()).toBeLessThanOrEqual(32n << 20n);
    }
    expect(() => services.keepCode(new Uint8Array(511))).toThrow("engineKeepCode: -2001");
  });

  it("refuses a stub that is cut or of an account that no loader owns", () => {
    const { wasm } = edge();
    const inputOf = (accounts: readonly LoadedAccount[]): Uint8Array => {
      const list = new Uint8Array(stubbedListSize(accounts, true));
      writeStubbedList(list, 0, accounts, true);
      return concatBytes(CONTEXT, new Uint8Array(8), list, callRecord());
    };
    expect(wasm.call("engineSimulate", inputOf(v3(1)))).toBe(-ErrorCode.ENGINE_CODE_MISSING);
    expect(wasm.out()).toEqual(blake3(programData(1).data));
    const input = inputOf(v3(1));
    for (let n = CONTEXT.length; n < input.length; n++) {
      expect(wasm.call("engineSimulate", input.subarray(0, n))).toBe(-ErrorCode.ENGINE_MALFORMED);
    }
    const foreign = { ...hashed(programData(1)), owner: keyOf("owner") };
    expect(wasm.call("engineSimulate", inputOf([PAYER, foreign]))).toBe(-ErrorCode.ENGINE_MALFORMED);
  });
});

it("a slot that is open keeps what it uses while an instance takes data for simulations", () => {
  const engine = engineOf();
  engine.load(encodeAccountList([PAYER]), 0);
  const records = [{ blockIndex: 0, record: transferRecord({ from: PAYER.key, to: keyOf(1), lamports: 900_000n }) }];
  engine.begin(proposalOf({ slot: 1, shard: 0, prevSlot: 0, records }));
  const services = wasmServices(engine.instance);
  expect(versionOf(services.simulate(CONTEXT, [PAYER, program(), hashed(programData(1))], callRecord()).result)).toBe(
    1,
  );
  expect(engine.execute()).toBe(0);
  engine.commit();
  expect(engine.lamports()).toBe(PAYER.lamports - 5_000n);
  expect(PROGRAM.length).toBe(32);
});
