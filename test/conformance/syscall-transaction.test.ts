/** Return data, stack height, processed siblings: units, bytes, errors as on Agave, each case also with what it must be. */
import type { Instruction } from "@solana/kit";
import { beforeAll, describe, expect, it } from "vitest";
import { instruction, type Key, keyBytes, testKey } from "./harness.ts";
import { u64 } from "./harness-system.ts";
import {
  FAILED,
  HEAP,
  HEAP_BYTES,
  HEAP_LENGTH,
  INPUT,
  LOADER_1,
  OVER_BUDGET,
  PROGRAM,
  STACK,
  Syscalls,
} from "./syscall-fixture.ts";

let s: Syscalls;
let noop: Key;
beforeAll(async () => {
  s = await Syscalls.create();
  noop = s.deploy("mov64 r0, 0\nexit");
});

interface Call {
  readonly program: Key;
  readonly data: readonly number[];
  /** Programs that the called one gets as read-only accounts. */
  readonly accounts?: readonly Key[];
}

const byteList = (bytes: Iterable<number>): string => `.byte ${[...bytes].join(", ")}`;

/** A program that makes these calls with the C interface, one after the other. */
function driver(calls: readonly Call[]): string {
  const at = "0x300006000";
  const code = calls.map(
    ({ accounts = [], data }, i) => `
  lddw r7, ${at}
  lddw r1, key${i}
  stxdw [r7], r1
  ${accounts.length ? `lddw r1, metas${i}` : "mov64 r1, 0"}
  stxdw [r7+8], r1
  mov64 r1, ${accounts.length}
  stxdw [r7+16], r1
  lddw r1, data${i}
  stxdw [r7+24], r1
  mov64 r1, ${data.length}
  stxdw [r7+32], r1
  mov64 r1, r7
  mov64 r2, 0
  mov64 r3, 0
  mov64 r4, 0
  mov64 r5, 0
  call sol_invoke_signed_c`,
  );
  const data = calls.map(
    ({ program, data, accounts = [] }, i) => `
  .align 8
  key${i}: ${byteList(keyBytes(program))}
  data${i}: ${data.length ? byteList(data) : ".byte 0"}
  ${accounts.map((key, j) => `key${i}_${j}: ${byteList(keyBytes(key))}`).join("\n")}
  .align 8
  ${accounts.length ? `metas${i}:` : ""}
  ${accounts.map((_, j) => `.quad key${i}_${j}\n.quad 0`).join("\n")}`,
  );
  return `entrypoint:\n${code.join("\n")}\nmov64 r0, 0\nexit\n.rodata\n${data.join("\n")}`;
}

describe("sol_get_stack_height", () => {
  it("is 1 for the transaction's instructions, and 2 for what they call, for 100 units", () => {
    expect(s.call("sol_get_stack_height", [])).toMatchObject({ r0: 1n, units: 100 });
    const called = s.caller("sol_get_stack_height", []);
    const program = s.deploy(driver([called]));
    const { logs, error } = s.run([instruction(program, [[called.program, "r"]], [])]);
    expect(error).toBeNull();
    expect(logs).toContain("Program log: 0x2, 0x0, 0x0, 0x0, 0x0");
  });
});

describe("sol_set_return_data", () => {
  const DATA = Uint8Array.from({ length: 600 }, (_, i) => i & 255);
  it("sets up to 1,024 bytes for 100 units and one for 250 bytes", () => {
    for (const [length, units] of [
      [0n, 100],
      [1n, 100],
      [249n, 100],
      [250n, 101],
      [600n, 102],
      [1_024n, 104],
    ] as const) {
      expect(s.call("sol_set_return_data", [HEAP, length], { heap: DATA })).toMatchObject({ r0: 0n, units });
    }
    expect(s.call("sol_set_return_data", [INPUT + 1n, 7n]).r0).toBe(0n);
    expect(s.call("sol_set_return_data", [PROGRAM + 3n, 7n]).r0).toBe(0n);
    expect(s.call("sol_set_return_data", [0n, 0n]).r0).toBe(0n);
  });

  it("stops a program with more, or with what is not in memory", () => {
    expect(s.call("sol_set_return_data", [0n, 1_025n])).toMatchObject({
      error: FAILED,
      fault: "Return data too large (1025 > 1024)",
      units: 104,
    });
    expect(s.call("sol_set_return_data", [0n, 300_000_000n]).fault).toBe("Return data too large (300000000 > 1024)");
    expect(s.call("sol_set_return_data", [0n, 2n ** 64n - 1n])).toMatchObject({ error: OVER_BUDGET });
    expect(s.call("sol_set_return_data", [HEAP + HEAP_LENGTH - 1n, 2n]).fault).toMatch(
      /^Access violation reading 2 bytes/,
    );
  });

  it("takes back what was set before", () => {
    const before = `lddw r1, ${HEAP}\nmov64 r2, 9\ncall sol_set_return_data`;
    expect(s.call("sol_set_return_data", [0n, 0n], { before }).r0).toBe(0n);
    expect(s.call("sol_get_return_data", [HEAP, 100n, HEAP + 200n], { before }).r0).toBe(9n);
  });
});

describe("sol_get_return_data", () => {
  const TEXT = Uint8Array.from({ length: 40 }, (_, i) => 100 + i);
  const OUT = HEAP + 100n;
  const KEY = HEAP + 200n;
  const set = (length: number) => `lddw r1, ${HEAP}\nmov64 r2, ${length}\ncall sol_set_return_data`;
  const get = (args: readonly bigint[], length = 40, options = {}) =>
    s.call("sol_get_return_data", args, { before: set(length), heap: TEXT, ...options });

  it("copies as much as there is room for and answers the whole length, for 100 units", () => {
    for (const room of [1n, 39n, 40n, 41n, 2n ** 64n - 1n]) {
      const outcome = get([OUT, room, KEY]);
      const copied = Number(room < 40n ? room : 40n);
      expect(outcome).toMatchObject({ r0: 40n, units: 100 });
      expect(outcome.heap.slice(100, 141)).toEqual(
        Uint8Array.from([...TEXT.slice(0, copied), ...new Array(41 - copied).fill(0)]),
      );
      expect(outcome.heap.slice(200, 232)).not.toEqual(new Uint8Array(32));
    }
  });

  it("takes one more unit for 250 bytes, the program's key among them", () => {
    for (const [length, units] of [
      [217, 100],
      [218, 101],
      [1_024, 104],
    ] as const)
      expect(get([HEAP + 4_096n, 1_024n, KEY], length)).toMatchObject({ r0: BigInt(length), units });
  });

  it("gives the key of the program that set them, which may be one that was called", () => {
    const inner = s.deploy(`lddw r1, ${HEAP}\nmov64 r2, 3\ncall sol_set_return_data\nmov64 r0, 0\nexit`);
    const source = driver([{ program: inner, data: [] }]).replace(
      "mov64 r0, 0\nexit",
      `lddw r1, ${OUT}\nmov64 r2, 8\nlddw r3, ${KEY}\ncall sol_get_return_data\nmov64 r1, r0\nmov64 r2, 0\nmov64 r3, 0\nmov64 r4, 0
      mov64 r5, 0\ncall sol_log_64_\nlddw r1, ${KEY}\ncall sol_log_pubkey\nmov64 r0, 0\nexit`,
    );
    const { logs } = s.run([instruction(s.deploy(source), [[inner, "r"]], [])]);
    expect(logs).toContain("Program log: 0x3, 0x0, 0x0, 0x0, 0x0");
    expect(logs).toContain(`Program log: ${inner}`);
  });

  it("looks at nothing when there is nothing to copy", () => {
    expect(s.call("sol_get_return_data", [0n, 10n, 0n])).toMatchObject({ r0: 0n, units: 100 });
    expect(get([0n, 0n, 0n])).toMatchObject({ r0: 40n, units: 100 });
    expect(get([0n, 10n, 0n], 0)).toMatchObject({ r0: 0n, units: 100 });
  });

  it("refuses places that overlap", () => {
    for (const key of [OUT - 31n, OUT, OUT + 39n]) {
      expect(get([OUT, 40n, key])).toMatchObject({ r0: null, error: FAILED, fault: "Overlapping copy" });
    }
    for (const key of [OUT - 32n, OUT + 40n]) expect(get([OUT, 40n, key]).r0).toBe(40n);
    expect(get([OUT, 8n, OUT + 8n]).r0).toBe(40n);
  });

  it("looks at the bytes' place first, then at the key's", () => {
    expect(get([PROGRAM, 40n, 0n]).fault).toMatch(/^Access violation writing 40 bytes/);
    expect(get([HEAP + HEAP_LENGTH - 39n, 40n, 0n]).fault).toMatch(/^Access violation writing 40 bytes/);
    expect(get([HEAP + HEAP_LENGTH - 40n, 40n, 0n]).fault).toMatch(/^Access violation writing 32 bytes/);
    expect(get([INPUT, 40n, STACK + 1n]).r0).toBe(40n);
  });
});

describe("sol_get_processed_sibling_instruction", () => {
  const HEADER = HEAP;
  const ID = HEAP + 16n;
  const DATA = HEAP + 64n;
  const METAS = HEAP + 256n;
  const signer = testKey(31);
  const writable = testKey(32);
  const readonly = testKey(33);
  const data = [9, 8, 7, 6, 5];
  const roles: [Key, string][] = [
    [signer, "rs"],
    [writable, "w"],
    [readonly, "r"],
    [writable, "w"],
  ];
  let earlier: Instruction[];
  beforeAll(() => {
    earlier = [instruction(noop, roles, data)];
  });
  const header = (dataLen: number, accounts: number) => [...u64(BigInt(dataLen)), ...u64(BigInt(accounts))];
  const sibling = (
    index: bigint,
    heap: readonly number[],
    places: readonly bigint[] = [HEADER, ID, DATA, METAS],
    options = {},
  ) => s.call("sol_get_processed_sibling_instruction", [index, ...places], { heap, earlier, ...options });

  it("answers 0 where there is none, for 100 units, and looks at nothing", () => {
    for (const index of [2n, 3n, 2n ** 64n - 1n, 2n ** 64n - 2n]) {
      expect(sibling(index, [], [0n, 0n, 0n, 0n])).toMatchObject({ r0: 0n, units: 102 });
    }
  });

  it("answers 1 and gives the sizes when the header has others", () => {
    for (const given of [header(0, 0), header(5, 3), header(4, 4), header(6, 4)]) {
      const outcome = sibling(0n, given, [HEADER, 0n, 0n, 0n]);
      expect(outcome).toMatchObject({ r0: 1n, units: 102 });
      expect([...outcome.heap.slice(0, 20)]).toEqual([...header(5, 4), 0, 0, 0, 0]);
    }
    // The budget's instruction is the one before.
    expect([...sibling(1n, [], [HEADER, 0n, 0n, 0n]).heap.slice(0, 16)]).toEqual(header(5, 0));
  });

  it("gives program, data and accounts with their roles when it has them", () => {
    const outcome = sibling(0n, header(5, 4));
    expect(outcome).toMatchObject({ r0: 1n, units: 102 });
    expect(outcome.heap.slice(16, 48)).toEqual(keyBytes(noop));
    expect([...outcome.heap.slice(64, 70)]).toEqual([...data, 0]);
    const metas = [
      [...keyBytes(signer), 1, 0],
      [...keyBytes(writable), 0, 1],
      [...keyBytes(readonly), 0, 0],
      [...keyBytes(writable), 0, 1],
    ].flat();
    expect([...outcome.heap.slice(256, 256 + 136 + 1)]).toEqual([...metas, 0]);
    const budget = sibling(1n, header(5, 0), [HEADER, ID, DATA, 0n]);
    expect(budget.r0).toBe(1n);
    expect([...budget.heap.slice(64, 69)]).toEqual([2, 0xc0, 0x5c, 0x15, 0]);
  });

  it("asks for an aligned header, except of programs of the first loader", () => {
    const outcome = sibling(0n, [], [HEADER + 4n, ID, DATA, METAS]);
    expect(outcome).toMatchObject({ r0: null, fault: "Unaligned pointer", units: 102 });
    expect(
      sibling(0n, [0, 0, 0, 0, ...header(5, 4)], [HEADER + 4n, HEAP + 24n, DATA, METAS], { loader: LOADER_1 }).r0,
    ).toBe(1n);
    expect(sibling(0n, header(5, 4), [HEADER, ID + 1n, DATA + 1n, METAS + 1n]).r0).toBe(1n);
  });

  it.each<[string, readonly bigint[]]>([
    ["header", [0n, ID, DATA, METAS]],
    ["header, read-only", [PROGRAM, ID, DATA, METAS]],
    ["program", [HEADER, 1n, DATA, METAS]],
    ["data", [HEADER, ID, HEAP + HEAP_LENGTH - 4n, METAS]],
    ["accounts", [HEADER, ID, DATA, HEAP + HEAP_LENGTH - 135n]],
    ["program and accounts", [HEADER, STACK + 0x1000n, DATA, 0n]],
  ])("stops a program without a place for the %s", (_, places) => {
    const outcome = sibling(0n, header(5, 4), places);
    expect(outcome).toMatchObject({
      r0: null,
      error: { InstructionError: [2, "ProgramFailedToComplete"] },
      units: 102,
    });
    expect(outcome.fault).toMatch(/^Access violation/);
  });

  it.each<[string, readonly bigint[]]>([
    ["program and header", [HEADER, HEADER + 15n, DATA, METAS]],
    ["data and header", [HEADER, ID, HEADER + 15n, METAS]],
    ["accounts and header", [HEAP + 40n, ID + 200n, DATA + 200n, HEAP + 55n]],
    ["program and data", [HEADER, ID, ID + 31n, METAS]],
    ["program and accounts", [HEADER, METAS + 135n, DATA, METAS]],
    ["data and accounts", [HEADER, ID, METAS + 135n, METAS]],
  ])("refuses places where %s overlap", (_, places) => {
    const at = Number(places[0]! - HEAP);
    const heap = [...new Array<number>(at).fill(0), ...header(5, 4)];
    expect(sibling(0n, heap, places)).toMatchObject({ r0: null, fault: "Overlapping copy", units: 102 });
  });

  it("goes by the caller: what the same program called before, not what others did", () => {
    const seen = (index: bigint) =>
      s.caller("sol_get_processed_sibling_instruction", [index, HEADER, ID, DATA, METAS], header(2, 1));
    const other = s.deploy(driver([{ program: noop, data: [4, 4] }]));
    const first: Call = { program: noop, data: [1, 2], accounts: [noop] };
    const second: Call = { program: noop, data: [3, 4, 5] };
    const results = [0n, 1n, 2n, 3n].map((index) => {
      const last = seen(index);
      const program = s.deploy(driver([first, second, { program: other, data: [6], accounts: [noop] }, last]));
      const accounts: [Key, string][] = [noop, other, last.program].map((key) => [key, "r"]);
      const { error, logs } = s.run([...earlier, instruction(program, accounts, [])]);
      expect(error).toBeNull();
      const shown = logs.findLast((line) => line.startsWith("Program data: "))!.split(" ")[2]!;
      return {
        r0: logs.findLast((line) => /^Program log: 0x/.test(line))!,
        heap: new Uint8Array(Buffer.from(shown, "base64")),
      };
    });
    expect(results.map(({ r0 }) => r0)).toEqual([1, 1, 1, 0].map((r0) => `Program log: 0x${r0}, 0x0, 0x0, 0x0, 0x0`));
    expect([...results[0]!.heap.slice(0, 16)]).toEqual(header(1, 1));
    expect([...results[1]!.heap.slice(0, 16)]).toEqual(header(3, 0));
    expect(results[2]!.heap.slice(16, 48)).toEqual(keyBytes(noop));
    expect([...results[2]!.heap.slice(64, 66)]).toEqual([1, 2]);
    expect([...results[2]!.heap.slice(256, 290)]).toEqual([...keyBytes(noop), 0, 0]);
    expect(results[3]!.heap.slice(16, HEAP_BYTES)).toEqual(new Uint8Array(HEAP_BYTES - 16));
  });
});
