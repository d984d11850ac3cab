/** Logging and ending the program: units, lines, errors as on Agave, each case also with what it must be. */
import { beforeAll, describe, expect, it } from "vitest";
import { instruction, keyBytes, testKey } from "./harness.ts";
import {
  FAILED,
  HEAP,
  HEAP_LENGTH,
  INPUT,
  LOADER_1,
  OVER_BUDGET,
  PROGRAM,
  STACK,
  Syscalls,
  slices,
} from "./syscall-fixture.ts";

let s: Syscalls;
beforeAll(async () => {
  s = await Syscalls.create();
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const TEXT = bytes("héllo, wörld €");

/** Not UTF-8, and how Rust's core says so. */
const BAD_TEXTS: readonly [string, number[], string][] = [
  ["a lone continuation byte", [0x61, 0x80], "invalid utf-8 sequence of 1 bytes from index 1: [97, 128]"],
  ["an overlong form of two bytes", [0xc1, 0xbf], "invalid utf-8 sequence of 1 bytes from index 0: [193, 191]"],
  [
    "an overlong form of three bytes",
    [0xe0, 0x9f, 0xbf],
    "invalid utf-8 sequence of 1 bytes from index 0: [224, 159, 191]",
  ],
  ["a surrogate", [0xed, 0xa0, 0x80], "invalid utf-8 sequence of 1 bytes from index 0: [237, 160, 128]"],
  ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "invalid utf-8 sequence of 1 bytes from index 0: [244, 144, 128, 128]"],
  ["a byte that never occurs", [0x7a, 0xff], "invalid utf-8 sequence of 1 bytes from index 1: [122, 255]"],
  ["a third byte that is none", [0xe2, 0x82, 0x61], "invalid utf-8 sequence of 2 bytes from index 0: [226, 130, 97]"],
  [
    "a fourth byte that is none",
    [0xf0, 0x9f, 0x98, 0x61],
    "invalid utf-8 sequence of 3 bytes from index 0: [240, 159, 152, 97]",
  ],
  ["an end after one byte of two", [0xc3], "incomplete utf-8 byte sequence from index 0: [195]"],
  [
    "an end after three bytes of four",
    [0x20, 0xf0, 0x9f, 0x98],
    "incomplete utf-8 byte sequence from index 1: [32, 240, 159, 152]",
  ],
];

describe("sol_log_", () => {
  it("logs a text for a unit a byte, at least 100", () => {
    const short = s.call("sol_log_", [HEAP, BigInt(TEXT.length)], { heap: TEXT });
    expect(short).toMatchObject({ r0: 0n, units: 100, logs: ["Program log: héllo, wörld €"] });
    for (const length of [99, 100, 101, 640]) {
      const { r0, units, logs } = s.call("sol_log_", [HEAP, BigInt(length)], {
        heap: new Uint8Array(length).fill(0x61),
      });
      expect([r0, units, logs]).toEqual([0n, Math.max(100, length), [`Program log: ${"a".repeat(length)}`]]);
    }
  });

  it("looks at no address when there is no text", () => {
    for (const address of [0n, HEAP + HEAP_LENGTH, 2n ** 64n - 1n]) {
      expect(s.call("sol_log_", [address, 0n])).toMatchObject({ r0: 0n, units: 100, logs: ["Program log: "] });
    }
  });

  it("reads every region, aligned or not", () => {
    const heap = bytes("....text");
    expect(s.call("sol_log_", [HEAP + 3n, 5n], { heap }).logs).toEqual(["Program log: .text"]);
    expect(s.call("sol_log_", [STACK, 4n], { stack: bytes("seen") }).logs).toEqual(["Program log: seen"]);
    // The instruction data follow the number of accounts and their length; the heap's bytes are 40 behind.
    expect(s.call("sol_log_", [INPUT + 16n + 40n, 8n], { heap }).logs).toEqual(["Program log: ....text"]);
    expect(s.call("sol_log_", [PROGRAM, 1n]).r0).toBe(0n);
    expect(s.call("sol_log_", [HEAP + HEAP_LENGTH - 1n, 1n])).toMatchObject({ r0: 0n, logs: ["Program log: \0"] });
  });

  it.each<[string, bigint, bigint]>([
    ["behind the heap", HEAP + HEAP_LENGTH, 1n],
    ["over the end of the heap", HEAP + HEAP_LENGTH - 1n, 2n],
    ["between two stack frames", STACK + 0x1000n, 1n],
    ["in no region", 5n << 32n, 1n],
    ["at zero", 0n, 1n],
    ["at the end of all addresses", 2n ** 64n - 1n, 1n],
  ])("stops a program that logs what is %s", (_, address, length) => {
    const outcome = s.call("sol_log_", [address, length]);
    expect(outcome).toMatchObject({ r0: null, error: FAILED, units: 100, logs: [] });
    expect(outcome.fault).toMatch(/^Access violation /);
  });

  it.each(BAD_TEXTS)("stops a program that logs %s", (_, text, fault) => {
    const outcome = s.call("sol_log_", [HEAP, BigInt(text.length)], { heap: text });
    expect(outcome).toMatchObject({ r0: null, error: FAILED, fault, units: 100, logs: [] });
  });

  it("takes all units for a length that no meter can pay", () => {
    for (const length of [2n ** 63n, 2n ** 64n - 1n, 1_400_000n]) {
      const outcome = s.call("sol_log_", [HEAP, length]);
      expect(outcome).toMatchObject({ r0: null, error: OVER_BUDGET, fault: "Computational budget exceeded" });
    }
  });

  it("answers a text that fills the log with a notice, and still logs what fits later", () => {
    const line = (length: number) => `lddw r1, ${HEAP}\nmov64 r2, ${length}\ncall sol_log_\n`;
    const log = (length: number) =>
      s.run([instruction(s.deploy(`${line(length)}${line(1)}mov64 r0, 0\nexit`), [], [])]);
    // The line fills the log when all bytes up to its end are 10,000.
    const preamble = log(1).logs[0]!.length + BUDGET_LINES;
    const room = 10_000 - preamble - "Program log: ".length;
    expect(log(room - 1).logs.slice(1)).toEqual([`Program log: ${"\0".repeat(room - 1)}`, "Log truncated"]);
    for (const length of [room, room + 1, room + 5_000]) {
      expect(log(length).logs.slice(1, 3)).toEqual(["Log truncated", "Program log: \0"]);
    }
    // Room for one more line, none for those of the runtime.
    expect(log(room - 15).logs.slice(1)).toEqual([
      `Program log: ${"\0".repeat(room - 15)}`,
      "Program log: \0",
      "Log truncated",
    ]);
    expect(log(room - 14).logs.slice(1)).toEqual([`Program log: ${"\0".repeat(room - 14)}`, "Log truncated"]);
  });

  it("gives the notice once, however many texts are too long", () => {
    const before = "lddw r1, 0x300000400\nlddw r2, 12000\ncall sol_log_";
    expect(s.call("sol_log_", [HEAP, 12_000n], { before })).toMatchObject({ r0: 0n, logs: ["Log truncated"] });
    expect(s.call("sol_log_", [HEAP, 1n], { before, heap: [0x78] }).logs).toEqual(["Log truncated", "Program log: x"]);
  });
});

/** Bytes of the two lines of the budget program before the program's own. */
const BUDGET_LINES = 2 * "Program ComputeBudget111111111111111111111111111111 success".length + 3;

describe("sol_log_64_", () => {
  it("logs five numbers in hexadecimal for 100 units", () => {
    const outcome = s.call("sol_log_64_", [0n, 1n, 0xabcdefn, 2n ** 63n, 2n ** 64n - 1n]);
    expect(outcome).toMatchObject({
      r0: 0n,
      units: 100,
      logs: ["Program log: 0x0, 0x1, 0xabcdef, 0x8000000000000000, 0xffffffffffffffff"],
    });
  });
});

describe("sol_log_pubkey", () => {
  it("logs a key in base58 for 100 units, wherever it is", () => {
    const key = testKey(77);
    for (const at of [0, 1, 7, 608]) {
      const heap = new Uint8Array(640);
      heap.set(keyBytes(key), at);
      const outcome = s.call("sol_log_pubkey", [HEAP + BigInt(at)], { heap });
      expect(outcome).toMatchObject({ r0: 0n, units: 100, logs: [`Program log: ${key}`] });
    }
    expect(s.call("sol_log_pubkey", [HEAP]).logs).toEqual(["Program log: 11111111111111111111111111111111"]);
    const highest = new Uint8Array(32).fill(255);
    expect(s.call("sol_log_pubkey", [HEAP], { heap: highest }).logs).toEqual([
      "Program log: JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFG",
    ]);
  });

  it("stops a program whose key is not all there", () => {
    for (const address of [HEAP + HEAP_LENGTH - 31n, STACK + 0x1000n, 0n]) {
      expect(s.call("sol_log_pubkey", [address])).toMatchObject({ r0: null, error: FAILED, units: 100 });
    }
    expect(s.call("sol_log_pubkey", [HEAP + HEAP_LENGTH - 32n]).r0).toBe(0n);
  });
});

describe("sol_log_compute_units_", () => {
  it("logs what is left after its own 100 units", () => {
    const logs = [100_000, 100_001].map((limit) => s.call("sol_log_compute_units_", [], { limit }).logs[0]!);
    const left = logs.map((line) => Number(/^Program consumption: (\d+) units remaining$/.exec(line)![1]));
    expect(left[1]! - left[0]!).toBe(1);
    expect(left[0]).toBeGreaterThan(99_000);
    expect(s.call("sol_log_compute_units_", []).units).toBe(100);
  });
});

describe("sol_log_data", () => {
  const LIST = HEAP + 512n;
  /** The list stands at 512, what it shows before it. */
  const heapOf = (list: number[], data: ArrayLike<number> = []) => {
    const heap = new Uint8Array(640);
    heap.set(Array.from(data));
    heap.set(list, 512);
    return heap;
  };

  it("logs fields in base64: 100 units, 100 each, and one a byte", () => {
    const data = bytes("some data, any data");
    const list = slices([HEAP, 4n], [HEAP + 1n, 0n], [0n, 0n], [HEAP, 19n], [HEAP + 5n, 2n]);
    const outcome = s.call("sol_log_data", [LIST, 5n], { heap: heapOf(list, data) });
    expect(outcome).toMatchObject({
      r0: 0n,
      units: 100 + 500 + 25,
      logs: ["Program data: c29tZQ==   c29tZSBkYXRhLCBhbnkgZGF0YQ== ZGE="],
    });
  });

  it("logs an empty line for no fields at all", () => {
    for (const address of [0n, LIST, 1n]) {
      expect(s.call("sol_log_data", [address, 0n])).toMatchObject({ r0: 0n, units: 100, logs: ["Program data: "] });
    }
  });

  it("asks for an aligned list, except of programs of the first loader", () => {
    const list = [0, 0, 0, 0, ...slices([HEAP, 3n])];
    const heap = heapOf(list, bytes("abc"));
    const outcome = s.call("sol_log_data", [LIST + 4n, 1n], { heap });
    expect(outcome).toMatchObject({ r0: null, error: FAILED, fault: "Unaligned pointer", units: 100 });
    const old = s.call("sol_log_data", [LIST + 4n, 1n], { heap, loader: LOADER_1 });
    expect(old).toMatchObject({ r0: 0n, logs: ["Program data: YWJj"] });
  });

  it("charges for all fields before it looks at the first", () => {
    const list = slices([0n, 7n], [HEAP + HEAP_LENGTH, 1n]);
    const outcome = s.call("sol_log_data", [LIST, 2n], { heap: heapOf(list) });
    expect(outcome).toMatchObject({ r0: null, error: FAILED, units: 100 + 200 + 8 });
    expect(outcome.fault).toMatch(/^Access violation reading 7 bytes/);
    const dear = s.call("sol_log_data", [LIST, 2n], { heap: heapOf(slices([HEAP, 2n ** 64n - 1n], [HEAP, 2n])) });
    expect(dear).toMatchObject({ r0: null, error: OVER_BUDGET });
  });

  it("refuses a list that is longer than memory can be", () => {
    expect(s.call("sol_log_data", [LIST, 2n ** 59n])).toMatchObject({ r0: null, fault: "InvalidLength", units: 100 });
    expect(s.call("sol_log_data", [LIST, 2n ** 60n])).toMatchObject({ r0: null, fault: "InvalidLength", units: 100 });
    expect(s.call("sol_log_data", [LIST, 2n ** 59n - 1n]).fault).toMatch(/^Access violation reading/);
    expect(s.call("sol_log_data", [HEAP + HEAP_LENGTH - 16n, 2n]).fault).toMatch(/^Access violation reading 32 bytes/);
  });

  it("leaves a notice where the fields are too long for the log", () => {
    const list = slices([HEAP, 7_500n]);
    expect(s.call("sol_log_data", [LIST, 1n], { heap: heapOf(list) })).toMatchObject({
      r0: 0n,
      logs: ["Log truncated"],
    });
    const many = s.call("sol_log_data", [HEAP + 0x1000n, 1_000n], {});
    expect(many).toMatchObject({ r0: 0n, units: 100 + 100_000, logs: [`Program data: ${" ".repeat(999)}`] });
  });
});

describe("abort and sol_panic_", () => {
  it("abort stops the program for nothing", () => {
    expect(s.call("abort", [])).toMatchObject({ r0: null, error: FAILED, fault: "SBF program panicked", units: 0 });
  });

  it("sol_panic_ names file, line and column for a unit a byte of the file's name", () => {
    const file = bytes("src/lib.rs");
    const outcome = s.call("sol_panic_", [HEAP, 10n, 17n, 2n ** 64n - 1n], { heap: file });
    const fault = "SBF program Panicked in src/lib.rs at 17:18446744073709551615";
    expect(outcome).toMatchObject({ r0: null, error: FAILED, fault, units: 10 });
    expect(s.call("sol_panic_", [0n, 0n, 0n, 0n])).toMatchObject({
      fault: "SBF program Panicked in  at 0:0",
      units: 0,
    });
  });

  it.each(BAD_TEXTS)("sol_panic_ of a file with %s", (_, text, fault) => {
    const outcome = s.call("sol_panic_", [HEAP, BigInt(text.length), 1n, 2n], { heap: text });
    expect(outcome).toMatchObject({ r0: null, error: FAILED, fault, units: text.length });
  });

  it("sol_panic_ of a file that is not in memory, or that cannot be paid", () => {
    expect(s.call("sol_panic_", [HEAP + HEAP_LENGTH, 1n]).fault).toMatch(/^Access violation reading 1 bytes/);
    expect(s.call("sol_panic_", [HEAP, 2n ** 63n])).toMatchObject({ error: OVER_BUDGET });
  });

  it("a text too long for the log leaves the notice instead of the last line", () => {
    const outcome = s.call("sol_panic_", [HEAP, 12_500n, 1n, 2n]);
    expect(outcome).toMatchObject({ r0: null, error: FAILED, fault: null, units: 12_500 });
    const bad = s.call("sol_log_", [HEAP, 3_400n], { heap: [255] });
    expect(bad).toMatchObject({ r0: null, error: FAILED, fault: null, units: 3_400 });
  });
});
