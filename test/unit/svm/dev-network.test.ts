/** The program that does what a developer decrees: for whom, where, and whatever bytes it gets. */

import { sha256 as hashOf } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter, concatBytes, equalBytes } from "../../../shared/protocol/bytes.ts";
import { encodeContext } from "../../../shared/protocol/context.ts";
import { type Account, decodeAccountList, missingAccount } from "../../../shared/rpc/accounts.ts";
import { errorText } from "../../../shared/rpc/error-text.ts";
import { DEV_NETWORK_PROGRAM, keyBytes } from "../../../shared/rpc/keys.ts";
import { viewResult } from "../../../shared/rpc/result-view.ts";
import { wasmServices } from "../../../shared/rpc/wasm-services.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { wasmModule } from "../../wasm-module.ts";

const PROGRAM = keyBytes(DEV_NETWORK_PROGRAM);
const key = (seed: number) => new Uint8Array(32).fill(seed);
const [FAUCET, TARGET, STAGING, OTHER, OWNER] = [1, 2, 3, 4, 5].map(key) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const SOL = 1_000_000_000n;
const services = wasmServices(new WasmInstance(wasmModule()));

const wallet = (of: Uint8Array, lamports: bigint): Account => ({ ...missingAccount(of), lamports });
const held = (of: Uint8Array, data: Uint8Array, owner = OWNER): Account => ({ ...wallet(of, SOL), data, owner });

/** `keys`: the first one signs and pays; all are written. */
function run(data: Uint8Array, keys: readonly Uint8Array[], accounts: readonly Account[], developer?: Uint8Array) {
  const writer = new ByteWriter().u8(1).u8(0).u8(1);
  writer.u8(keys.length + 1);
  for (const one of keys) writer.raw(one);
  writer.raw(PROGRAM).raw(key(9));
  writer.u8(1).u8(keys.length).u8(keys.length);
  for (let i = 0; i < keys.length; i++) writer.u8(i);
  if (data.length < 0x80) writer.u8(data.length);
  else writer.u8((data.length & 0x7f) | 0x80).u8(data.length >> 7);
  const message = writer.raw(data).bytes();
  const parsed = services.parse(concatBytes(Uint8Array.of(1), new Uint8Array(64), message));
  if (!parsed.ok) throw new Error(`code ${parsed.code}`);
  const fields = { slot: 5, view: 0, unixTimestamp: 7, epochStartTimestamp: 0, hashes: [key(9)], developer };
  const all = keys.map((one) => accounts.find((account) => equalBytes(account.key, one)) ?? missingAccount(one));
  const { result, accounts: list } = services.simulate(encodeContext(fields), all, parsed.record);
  const view = viewResult(result);
  const after = decodeAccountList(list);
  return { error: view.txError === 0 ? null : errorText(view), after, logs: view.detail?.logs ?? [], fee: view.fee };
}

interface SetFields {
  readonly which: number;
  readonly executable?: boolean;
  readonly length?: number;
  readonly lamports?: bigint;
  readonly rest?: Uint8Array;
}
function set({
  which,
  executable = false,
  length = 0,
  lamports = 0n,
  rest = new Uint8Array(0),
}: SetFields): Uint8Array {
  const writer = new ByteWriter().u8(1).u8(which);
  writer.u8(executable ? 1 : 0).u8(0);
  writer.u32(length).u64(lamports).u64(77n).u64(0n);
  return writer.raw(OWNER).raw(rest).bytes();
}
function write(total: number, offset: number, bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter().u8(0).u8(0).u8(0).u8(0);
  return writer.u32(total).u32(offset).raw(bytes).bytes();
}
const faucet = wallet(FAUCET, 100n * SOL);
const LAMPORTS = 1;
const EVERYTHING = 1 | 2 | 4 | 8 | 16;
const STAGED = 32;

describe("who may decree", () => {
  const data = set({ which: LAMPORTS, lamports: SOL });

  it("nobody on a network that is not for development", () => {
    const { error, after, logs } = run(data, [FAUCET, TARGET], [faucet]);
    expect(error).toContain("Unsupported program id");
    expect(logs).toContain("This program is there only on a network that was started for development");
    expect(after[1]!.lamports).toBe(0n);
  });

  it("nobody but the developer, and only for accounts that the transaction writes, each once", () => {
    const other = wallet(OTHER, SOL);
    expect(run(data, [OTHER, TARGET], [other], FAUCET).error).toContain("missing required signature");
    expect(run(data, [OTHER, FAUCET], [other, faucet], FAUCET).error).toContain("missing required signature");
    expect(run(data, [FAUCET], [faucet], FAUCET).error).toContain("insufficient account keys");
    expect(
      run(data, [FAUCET, keyBytes("Vote111111111111111111111111111111111111111")], [faucet], FAUCET).error,
    ).toContain("invalid program argument");
  });
});

describe("Set", () => {
  it("sets every field at once; the faucet balances the lamports", () => {
    const data = Uint8Array.of(1, 2, 3);
    const fields = { which: EVERYTHING, executable: true, length: 3, lamports: 5n, rest: data };
    const { error, after, fee } = run(set(fields), [FAUCET, TARGET], [faucet, held(TARGET, key(8))], FAUCET);
    expect(error).toBeNull();
    expect(after[1]).toEqual({ key: TARGET, owner: OWNER, lamports: 5n, rentEpoch: 77n, executable: true, data });
    expect(after[0]!.lamports).toBe(101n * SOL - 5n - fee);
  });

  it("leaves what it does not name", () => {
    const { after } = run(
      set({ which: 4, executable: true }),
      [FAUCET, TARGET],
      [faucet, held(TARGET, key(8))],
      FAUCET,
    );
    expect(after[1]).toEqual({ ...held(TARGET, key(8)), executable: true });
  });

  it("takes data from staging accounts whose hash is right, and their lamports go back", () => {
    const parts = [key(7), key(6).subarray(0, 5)];
    const data = concatBytes(...parts);
    const fields = { which: STAGED, length: data.length, rest: hashOf(data) };
    const staging = [held(STAGING, parts[0]!, PROGRAM), held(OTHER, parts[1]!, PROGRAM)];
    const { error, after, fee } = run(set(fields), [FAUCET, TARGET, STAGING, OTHER], [faucet, ...staging], FAUCET);
    expect(error).toBeNull();
    expect(after[1]!.data).toEqual(data);
    expect(after.slice(2).map(({ lamports }) => lamports)).toEqual([0n, 0n]);
    const rent = BigInt(128 + data.length) * 6_960n;
    expect(after[1]!.lamports).toBe(rent);
    expect(after[0]!.lamports).toBe(102n * SOL - rent - fee);
    const wrong = set({ ...fields, rest: key(1) });
    expect(run(wrong, [FAUCET, TARGET, STAGING, OTHER], [faucet, ...staging], FAUCET).error).toContain(
      "invalid account data",
    );
    const foreign = [staging[0]!, held(OTHER, parts[1]!)];
    expect(run(set(fields), [FAUCET, TARGET, STAGING, OTHER], [faucet, ...foreign], FAUCET).error).toContain(
      "Invalid account owner",
    );
  });

  it("cannot spend more than the faucet has", () => {
    const data = set({ which: LAMPORTS, lamports: 101n * SOL });
    expect(run(data, [FAUCET, TARGET], [faucet], FAUCET).error).toContain("insufficient funds");
    const most = set({ which: LAMPORTS, lamports: (1n << 64n) - 1n });
    expect(run(most, [FAUCET, TARGET], [faucet], FAUCET).error).toContain("insufficient funds");
  });
});

describe("Write and Drop", () => {
  it("write within the staging account, which the first write makes", () => {
    const made = run(write(10, 4, Uint8Array.of(1, 2)), [FAUCET, STAGING], [faucet], FAUCET).after[1]!;
    expect(made).toMatchObject({
      owner: PROGRAM,
      data: Uint8Array.of(0, 0, 0, 0, 1, 2, 0, 0, 0, 0),
      lamports: 960_480n,
    });
    const again = run(write(10, 8, Uint8Array.of(3, 4)), [FAUCET, STAGING], [faucet, made], FAUCET).after[1]!;
    expect(again.data).toEqual(Uint8Array.of(0, 0, 0, 0, 1, 2, 0, 0, 3, 4));
    const { after } = run(Uint8Array.of(2), [FAUCET, STAGING], [faucet, again], FAUCET);
    expect(after[1]!.lamports).toBe(0n);
  });

  it.for([
    ["behind the end", write(10, 9, Uint8Array.of(1, 2)), undefined],
    ["a wrapped offset", write(10, 0xffffffff, Uint8Array.of(1, 2)), undefined],
    ["more than an account holds", write(10 * 1024 * 1024 + 1, 0, Uint8Array.of(1)), undefined],
    ["into an account of somebody else", write(3, 0, Uint8Array.of(1)), held(STAGING, key(1).subarray(0, 3))],
    ["of another length", write(4, 0, Uint8Array.of(1)), held(STAGING, key(1).subarray(0, 3), PROGRAM)],
  ] as const)("refuse what is %s", ([, data, account]) => {
    const accounts = account ? [faucet, account] : [faucet];
    expect(run(data, [FAUCET, STAGING], accounts, FAUCET).error).not.toBeNull();
  });
});

it("no bytes make or lose lamports, or stop the machine", () => {
  const executions = Number(process.env.DEV_PROGRAM_RUNS ?? 2_000);
  const accounts = [faucet, held(TARGET, key(8)), held(STAGING, key(7), PROGRAM), held(OTHER, key(6), PROGRAM)];
  const before = accounts.reduce((sum, { lamports }) => sum + lamports, 0n);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 120 }),
    fc
      .record({ head: fc.tuple(fc.nat(2), fc.nat(63), fc.nat(1)), tail: fc.uint8Array({ maxLength: 110 }) })
      .map(({ head, tail }) => Uint8Array.of(...head, 0, ...tail)),
  );
  const property = fc.property(bytes, fc.shuffledSubarray(accounts.slice(1), { minLength: 1 }), (data, some) => {
    const keys = [FAUCET, ...some.map((account) => account.key)];
    const { after, fee } = run(data, keys, accounts, FAUCET);
    const rest = accounts.filter((account) => !keys.includes(account.key));
    const sum = [...after, ...rest].reduce((total, { lamports }) => total + lamports, 0n);
    expect(sum).toBe(before - fee);
  });
  fc.assert(property, { numRuns: executions });
});
