/**
 * Programs of any bytes inside transactions: nothing traps or hangs, no account but those that the program may change changes, lamports
 * neither appear nor vanish, and limits of compute units, logs, return data and growth hold.
 *   SBPF_FUZZ_TRANSACTIONS (1,200), SBPF_SEED (1)
 */
import { beforeAll, describe, expect, it } from "vitest";
import { assemble } from "../../../infra/sbpf/assemble.ts";
import { Conformance, instruction, keyBytes, SYSTEM, testKey } from "../../conformance/harness.ts";
import type { AccountState, ExecutionResult } from "../../conformance/harness-result.ts";
import { Ours } from "../../conformance/harness-wasm.ts";
import { LOADER_V1, LOADER_V2 } from "../../conformance/loader-fixture.ts";
import { Random } from "../../conformance/random-prng.ts";
import { VERSIONS } from "../../conformance/sbpf-assembly.ts";
import { generateProgram } from "../../conformance/sbpf-generate.ts";
import { mutateCode, mutateElf } from "../../conformance/sbpf-mutate.ts";

const TRANSACTIONS = Number(process.env.SBPF_FUZZ_TRANSACTIONS ?? 1_200);
const SEED = Number(process.env.SBPF_SEED ?? 1);
/** Transactions on one instance. */
const CHUNK = 1_000;
/** Programs are generated once and changed so often. */
const VARIANTS = 10;
const UNITS = 200_000;
const MAX_GROWTH = 10_240;
const MAX_LOG_BYTES = 10_000;
const MAX_RETURN_DATA = 1_024;

const [payer, program, helper, own, readOnly, foreign, wallet] = [
  testKey(1),
  testKey(2),
  testKey(3),
  testKey(4),
  testKey(5),
  testKey(6),
  testKey(7),
];
const named = [payer, program, helper, own, readOnly, foreign, wallet];
const writable = new Set<string>([payer, own, foreign, wallet]);

let context: ReturnType<Conformance["context"]>;
let call: Uint8Array;
let reference: Uint8Array;
beforeAll(async () => {
  const c = await Conformance.create();
  context = c.context();
  const accounts: [string, string][] = [
    [own, "w"],
    [readOnly, "r"],
    [foreign, "w"],
    [wallet, "w"],
    [helper, "r"],
    [payer, "ws"],
  ];
  call = c.transaction({ payer, instructions: [instruction(program, accounts, [1, 2, 3, 4, 5, 6, 7, 8])] });
  reference = c.transaction({ payer, instructions: [instruction(helper, [[own, "w"]], [9])] });
});

const account = (lamports: bigint, owner: string, data: Uint8Array, executable = false): AccountState => ({
  lamports,
  owner: keyBytes(owner),
  data,
  executable,
  rentEpoch: 2n ** 64n - 1n,
});

/** Hashes what it is given and adds up in a loop: notices memory that is not as it should be. */
const HELPER = assemble(`
entrypoint:
  stdw [r10-16], 0
  mov64 r6, 100
again:
  ldxdw r3, [r10-16]
  add64 r3, r6
  stxdw [r10-16], r3
  add64 r6, -1
  jne r6, 0, again
  lddw r3, 0x300000000
  ldxdw r4, [r3]
  ldxdw r5, [r10-4096]
  or64 r4, r5
  jne r4, 0, end
  stxdw [r10-24], r2
  mov64 r1, r10
  add64 r1, -16
  mov64 r2, 8
  syscall sol_set_return_data
  mov64 r0, 0
end:
  exit`);

function world(elf: Uint8Array, loader: string): Ours {
  const ours = new Ours();
  setUp(ours, elf, loader);
  return ours;
}
function setUp(ours: Ours, elf: Uint8Array, loader: string): void {
  const bytes = (n: number, seed: number) => new Random(seed).bytes(n);
  const set = (key: string, state: AccountState) => ours.setAccount(keyBytes(key), state);
  set(payer, account(10n ** 12n, SYSTEM, new Uint8Array(0)));
  set(program, account(10n ** 10n, loader, elf, true));
  set(helper, account(10n ** 10n, LOADER_V2, HELPER, true));
  set(own, account(10n ** 9n, program, bytes(512, 1)));
  set(readOnly, account(10n ** 9n, program, bytes(300, 2)));
  set(foreign, account(10n ** 9n, helper, bytes(100, 3)));
  set(wallet, account(10n ** 9n, SYSTEM, new Uint8Array(0)));
}

function checkLimits(result: ExecutionResult): void {
  expect(result.landed).toBe(true);
  expect(result.computeUnits).toBeLessThanOrEqual(UNITS);
  const lines = result.logs.filter((line) => line !== "Log truncated");
  expect(lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0)).toBeLessThan(MAX_LOG_BYTES);
  expect(result.returnData?.data.length ?? 0).toBeLessThanOrEqual(MAX_RETURN_DATA);
}

/** What only its owner may change is as it was; what failed has changed nothing but the payer's lamports. */
function checkAccounts(before: ReadonlyMap<string, AccountState>, ours: Ours, result: ExecutionResult): void {
  let difference = -result.fee;
  for (const name of named) {
    const key = keyBytes(name);
    const was = before.get(Buffer.from(key).toString("hex"))!;
    const is = ours.account(key);
    difference += was.lamports - (is?.lamports ?? 0n);
    const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
    const mayChange = result.error === null && writable.has(name);
    if (!is) {
      expect(mayChange, `${name} is gone`).toBe(true);
      continue;
    }
    if (!mayChange || name !== own) expect(same(is.data, was.data), `data of ${name}`).toBe(true);
    else expect(is.data.length).toBeLessThanOrEqual(was.data.length + MAX_GROWTH);
    if (name !== own || !mayChange) expect(same(is.owner, was.owner), `owner of ${name}`).toBe(true);
    if (name !== payer && !mayChange) expect(is.lamports, `lamports of ${name}`).toBe(was.lamports);
    if (name === foreign || name === wallet) expect(is.lamports).toBeGreaterThanOrEqual(was.lamports);
    expect(is.executable).toBe(was.executable);
  }
  expect(difference, "lamports").toBe(0n);
}

const kindOf = (result: ExecutionResult) =>
  (result.logs.at(-1) ?? "")
    .replace(/^Program \w+ /, "")
    .replace(/0x\w+|-?\d+/g, "N")
    .replace(/(index N).*/, "$1");

describe("programs of any bytes in transactions", () => {
  it(`${TRANSACTIONS} change nothing that they may not change, from seed ${SEED}`, { timeout: 0 }, () => {
    const outcomes = new Map<string, number>();
    let ours = world(HELPER, LOADER_V2);
    const expected = ours.execute(reference, context).result;
    expect(expected.error).toBeNull();
    let base = new Uint8Array(0);
    for (let i = 0; i < TRANSACTIONS; i++) {
      if (i % CHUNK === 0) ours = world(HELPER, LOADER_V2);
      const seed = SEED + i;
      const random = new Random(seed);
      if (i % VARIANTS === 0) {
        const version = random.pick(VERSIONS);
        const wild = random.pick([0.05, 0.3]);
        base = new Uint8Array(assemble(generateProgram(random, { version, wild, strange: 0.3 }), { version }));
      }
      const change = random.chance(0.85) ? mutateCode : mutateElf;
      const elf = i % VARIANTS === 0 ? base : change(random, base);
      setUp(ours, elf, random.chance(0.9) ? LOADER_V2 : LOADER_V1);
      const before = new Map(ours.accounts);
      try {
        const { result } = ours.execute(call, context);
        checkLimits(result);
        checkAccounts(before, ours, result);
        outcomes.set(kindOf(result), (outcomes.get(kindOf(result)) ?? 0) + 1);
        if (i % 20 === 0) {
          setUp(ours, HELPER, LOADER_V2);
          expect(ours.execute(reference, context).result, "a program that is run now and then").toEqual(expected);
        }
      } catch (error) {
        const first = SEED + i - (i % VARIANTS);
        const again = `SBPF_SEED=${first} SBPF_FUZZ_TRANSACTIONS=${(i % VARIANTS) + 1}`;
        throw new Error(`${again}: ${(error as Error).message}`, { cause: error });
      }
    }
    const report = [...outcomes].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${count} ${kind}`);
    console.log(`${TRANSACTIONS} transactions, ${report.length} outcomes:\n${report.slice(0, 40).join("\n")}`);
    expect(outcomes.get("success") ?? 0).toBeGreaterThan(TRANSACTIONS / 50);
    expect(report.length).toBeGreaterThan(Math.min(20, TRANSACTIONS / 50));
  });
});
