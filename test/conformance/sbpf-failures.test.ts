/** Programs that return but may not have done what they did, and what programs return: the same on Agave and here. */
import { beforeAll, describe, expect, it } from "vitest";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { INSTRUCTION_ERRORS } from "../../shared/errors/transaction-error.ts";
import { SYSTEM, testKey } from "./harness.ts";
import { failed, LOADER_V1 } from "./loader-fixture.ts";
import { Programs, type RunOptions, VERSIONS } from "./sbpf-assembly.ts";

let programs: Programs;
beforeAll(async () => {
  programs = await Programs.create();
});

const INPUT = 0x400000000;
const MAX_GROWTH = 10_240;
const FINISH = "\nmov64 r0, 0\nexit\n";

/** What a test gives the program. */
interface Given {
  readonly owner?: "program" | "system" | "other";
  readonly role?: string;
  readonly length?: number;
  readonly lamports?: bigint;
}

/** Where the fields of account `index` are, aligned serialization, accounts of these lengths before it. */
function fields(lengths: readonly number[], index: number) {
  let at = INPUT + 8;
  for (const length of lengths.slice(0, index)) at += 88 + length + ((8 - (length % 8)) % 8) + MAX_GROWTH + 8;
  return {
    signer: at + 1,
    writable: at + 2,
    executable: at + 3,
    key: at + 8,
    owner: at + 40,
    lamports: at + 72,
    length: at + 80,
    data: at + 88,
  };
}

/** Installs the program and its accounts, runs it, answers the error. */
function run(given: readonly Given[], body: (at: ReturnType<typeof fields>[]) => string, options: RunOptions = {}) {
  const lengths = given.map(({ length }) => length ?? 16);
  const at = given.map((_, i) => fields(lengths, i));
  const program = programs.install(assemble(body(at) + FINISH, { version: options.version ?? 0 }), options.loader);
  const accounts = given.map(({ owner, role, lamports }, i): [string, string] => {
    const key = testKey(5_000 + i);
    const by = { program, system: SYSTEM, other: testKey(77) }[owner ?? "program"];
    const data = new Uint8Array(lengths[i]!).fill(i + 1);
    programs.c.setAccount(key, { lamports: lamports ?? 10n ** 9n, owner: by, data });
    return [key, role ?? "w"];
  });
  return programs.c.expectSame(programs.transaction(program, { accounts, ...options })).ours.error;
}

const change = (address: number, delta: number) =>
  `lddw r1, ${address}\nldxdw r2, [r1]\nadd64 r2, ${delta}\nstxdw [r1], r2\n`;
const put = (address: number, value: number | bigint) => `lddw r1, ${address}\nlddw r2, ${value}\nstxdw [r1], r2\n`;
const putByte = (address: number, value: number) => `lddw r1, ${address}\nstb [r1], ${value}\n`;

describe("what a program may not do with accounts", () => {
  for (const version of [0, 3] as const) {
    const check = (given: readonly Given[], body: Parameters<typeof run>[1]) => run(given, body, { version });

    it(`v${version}: lamports from nowhere, lost, taken from or put into accounts`, () => {
      expect(check([{}], ([a]) => change(a!.lamports, 1))).toEqual(failed("UnbalancedInstruction"));
      expect(check([{}], ([a]) => change(a!.lamports, -1))).toEqual(failed("UnbalancedInstruction"));
      expect(check([{}, {}], ([a, b]) => change(a!.lamports, -5) + change(b!.lamports, 5))).toBeNull();
      expect(check([{}, { owner: "other" }], ([a, b]) => change(a!.lamports, -5) + change(b!.lamports, 5))).toBeNull();
      expect(check([{ owner: "other" }, {}], ([a, b]) => change(a!.lamports, -5) + change(b!.lamports, 5))).toEqual(
        failed("ExternalAccountLamportSpend"),
      );
      expect(check([{ role: "r" }, {}], ([a, b]) => change(a!.lamports, -5) + change(b!.lamports, 5))).toEqual(
        failed("ReadonlyLamportChange"),
      );
      expect(check([{}, { role: "r" }], ([a, b]) => change(a!.lamports, -5) + change(b!.lamports, 5))).toEqual(
        failed("ReadonlyLamportChange"),
      );
      expect(check([{}, { role: "r", owner: "other" }], ([, b]) => change(b!.lamports, 1))).toEqual(
        failed("ReadonlyLamportChange"),
      );
      check([{}], ([a]) => put(a!.lamports, 0));
      check([{}, {}], ([a, b]) => put(a!.lamports, 0) + change(b!.lamports, 1_000_000_000));
      check([{}, {}], ([a, b]) => put(a!.lamports, 0xffffffffffffffffn) + change(b!.lamports, 1));
      // Too little for rent is an error of the transaction.
      check([{}, {}], ([a, b]) => change(a!.lamports, -999_999_000) + change(b!.lamports, 999_999_000));
    });

    it(`v${version}: data of accounts that are read-only or another's`, () => {
      expect(check([{}], ([a]) => putByte(a!.data, 99))).toBeNull();
      expect(check([{ role: "r" }], ([a]) => putByte(a!.data, 99))).toEqual(failed("ReadonlyDataModified"));
      expect(check([{ owner: "other" }], ([a]) => putByte(a!.data, 99))).toEqual(failed("ExternalAccountDataModified"));
      expect(check([{ owner: "system" }], ([a]) => putByte(a!.data, 99))).toEqual(
        failed("ExternalAccountDataModified"),
      );
      // The same bytes again are no change.
      expect(check([{ role: "r" }], ([a]) => putByte(a!.data, 1))).toBeNull();
      // Bytes behind the data are not data.
      expect(check([{ role: "r" }], ([a]) => putByte(a!.data + 17, 1))).toBeNull();
    });

    it(`v${version}: owners`, () => {
      const give = (at: { owner: number }, byte: number) =>
        [0, 8, 16, 24].map((i) => put(at.owner + i, BigInt(byte) * 0x0101010101010101n)).join("");
      expect(check([{ length: 0 }], ([a]) => give(a!, 5))).toBeNull();
      expect(check([{ length: 0 }], ([a]) => give(a!, 0))).toBeNull();
      expect(check([{}], ([a]) => give(a!, 5))).toEqual(failed("ModifiedProgramId"));
      expect(check([{}], ([a]) => [0, 8].map((i) => put(a!.data + i, 0)).join("") + give(a!, 5))).toBeNull();
      expect(check([{ owner: "other", length: 0 }], ([a]) => give(a!, 5))).toEqual(failed("ModifiedProgramId"));
      expect(check([{ owner: "system", length: 0 }], ([a]) => give(a!, 5))).toEqual(failed("ModifiedProgramId"));
      expect(check([{ role: "r", length: 0 }], ([a]) => give(a!, 5))).toEqual(failed("ModifiedProgramId"));
    });

    it(`v${version}: lengths`, () => {
      const resize = (length: number, given: Given = {}) => check([given], ([a]) => put(a!.length, length));
      expect(resize(17)).toBeNull();
      expect(resize(0)).toBeNull();
      expect(resize(16 + MAX_GROWTH)).toBeNull();
      expect(resize(17 + MAX_GROWTH)).toEqual(failed("InvalidRealloc"));
      expect(resize(2 ** 32)).toEqual(failed("InvalidRealloc"));
      expect(resize(17, { role: "r" })).toEqual(failed("ReadonlyDataModified"));
      expect(resize(17, { owner: "other" })).toEqual(failed("ExternalAccountDataModified"));
      resize(15, { owner: "other" });
      // What was behind the end belongs to it after it grew.
      expect(check([{}], ([a]) => putByte(a!.data + 20, 7) + put(a!.length, 32))).toBeNull();
      expect(check([{ length: 0, lamports: 890_880n }], ([a]) => put(a!.length, 1))).not.toBeNull();
    });

    it(`v${version}: the fields that no program may change, and the key`, () => {
      for (const field of ["signer", "writable", "executable", "key"] as const) {
        check([{}], (at) => putByte(at[0]![field], 1));
        check([{ role: "r", owner: "other" }], (at) => putByte(at[0]![field], 1));
      }
    });

    it(`v${version}: accounts named twice`, () => {
      const body = assemble(`${change(fields([16], 0).lamports, 1)}${putByte(fields([16], 0).data, 9)}${FINISH}`, {
        version,
      });
      const program = programs.install(body);
      const key = testKey(5_100);
      const data = new Uint8Array(16);
      programs.c.setAccount(key, { lamports: 10n ** 9n, owner: program, data });
      for (const accounts of [
        [
          [key, "w"],
          [key, "w"],
        ],
        [
          [key, "r"],
          [key, "w"],
        ],
        [
          [key, "w"],
          [key, "r"],
          [key, "r"],
        ],
      ] as [string, string][][]) {
        programs.c.expectSame(programs.transaction(program, { accounts }));
      }
    });
  }
});

describe("what a program returns", () => {
  it("is the error of its number, built in from bit 32 on, custom below", () => {
    const seen = new Set<string>();
    const values = [0n, 1n, 2n, 0x7fffffffn, 0xffffffffn];
    for (let code = 1n; code <= 40n; code++) values.push(code << 32n, (code << 32n) | 1n);
    values.push(1n << 63n, (1n << 64n) - 1n);
    for (const value of values) {
      const { ours } = programs.same(`lddw r0, ${value}\nexit`, { version: 0 });
      seen.add(JSON.stringify(ours.error));
    }
    expect(seen.size).toBeGreaterThan(25);
    expect(programs.same("lddw r0, 0x100000000\nexit").ours.error).toEqual(failed({ Custom: 0 }));
    expect(programs.same("lddw r0, 0x200000000\nexit").ours.error).toEqual(failed("InvalidArgument"));
    expect(programs.same("lddw r0, 0x200000001\nexit").ours.error).toEqual(failed("InvalidError"));
    expect(INSTRUCTION_ERRORS).toContain("InvalidError");
  });

  for (const version of VERSIONS) {
    it(`v${version}: more logs than are kept`, () => {
      const logs = (count: number, length: number) => `
        mov64 r6, ${count}
        again:
          lddw r1, text
          mov64 r2, ${length}
          syscall sol_log_
          add64 r6, -1
          jne r6, 0, again
          mov64 r0, 0
          exit
        .rodata
        text: .ascii "${"0123456789".repeat(110)}"`;
      for (const [count, length] of [
        [9, 1_100],
        [11, 1_000],
        [50, 1_000],
        [200, 100],
        [300, 1],
        [300, 0],
      ] as const) {
        const { ours } = programs.same(logs(count, length), { version });
        expect(ours.logs.includes("Log truncated")).toBe(count * (length + 13) > 10_000);
      }
    });
  }

  it("of loader v1: the same rules, other places", () => {
    // Unaligned: u64 count, u8 duplicate, signer, writable, key, u64 lamports, u64 length, data, owner, executable, u64 rent epoch.
    const lamports = INPUT + 8 + 3 + 32;
    const key = testKey(5_200);
    for (const [text, version] of [
      [change(lamports, 1), 0],
      [putByte(lamports + 16, 9), 0],
      [change(lamports + 8, 1), 0],
      ["", 0],
      [change(lamports, 1), 3],
      [`lddw r1, ${lamports}\nmov64 r2, 8\nsyscall sol_log_64_\n`, 0],
    ] as const) {
      const program = programs.install(assemble(text + FINISH, { version }), LOADER_V1);
      programs.c.setAccount(key, { lamports: 10n ** 9n, owner: program, data: new Uint8Array(5) });
      for (const role of ["r", "w", "ws"]) {
        programs.c.expectSame(
          programs.transaction(program, {
            accounts: [
              [key, role],
              [programs.payer, "r"],
            ],
            data: [1, 2, 3],
          }),
        );
      }
    }
  });
});
