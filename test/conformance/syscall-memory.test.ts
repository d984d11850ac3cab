/** Memory operations and the old allocator: units, bytes, errors as on Agave, each case also with what it must be. */
import { beforeAll, describe, expect, it } from "vitest";
import { instruction } from "./harness.ts";
import { u32 } from "./harness-system.ts";
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
} from "./syscall-fixture.ts";

let s: Syscalls;
beforeAll(async () => {
  s = await Syscalls.create();
});

const BYTES = Uint8Array.from({ length: 256 }, (_, i) => i + 1);
const i32 = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

describe.each(["sol_memcpy_", "sol_memmove_"])("%s", (name) => {
  it("copies for 10 units, or one for 250 bytes", () => {
    for (const [length, units] of [
      [1, 10],
      [256, 10],
      [2_500, 10],
      [2_750, 11],
      [16_000, 64],
    ] as const) {
      const outcome = s.call(name, [HEAP + 16_384n, HEAP, BigInt(length)], { heap: BYTES });
      expect(outcome).toMatchObject({ r0: 0n, units });
    }
    const { heap } = s.call(name, [HEAP + 300n, HEAP + 1n, 200n], { heap: BYTES });
    expect(heap.slice(300, 500)).toEqual(BYTES.slice(1, 201));
    expect(heap.slice(500)).toEqual(new Uint8Array(140));
  });

  it("copies between regions, and nothing at all from anywhere to anywhere", () => {
    expect(s.call(name, [STACK + 3n, HEAP, 100n], { heap: BYTES }).stack.slice(3, 103)).toEqual(BYTES.slice(0, 100));
    expect(s.call(name, [INPUT + 32n, HEAP, 32n], { heap: BYTES }).input.slice(32)).toEqual(BYTES.slice(0, 32));
    expect(s.call(name, [HEAP, PROGRAM, 640n]).r0).toBe(0n);
    for (const [to, from] of [
      [0n, 0n],
      [0n, 5n << 32n],
      [PROGRAM, 1n],
    ] as const)
      expect(s.call(name, [to, from, 0n])).toMatchObject({ r0: 0n, units: 10 });
  });

  it.each<[string, bigint, bigint, bigint, RegExp]>([
    ["to read-only memory", PROGRAM, HEAP, 1n, /^Access violation writing 1 bytes .*program/],
    ["over the end of the heap", HEAP + HEAP_LENGTH - 1n, HEAP, 2n, /^Access violation writing 2 bytes/],
    ["from over the end of the heap", HEAP, HEAP + HEAP_LENGTH - 1n, 2n, /^Access violation reading 2 bytes/],
    ["from nowhere", HEAP, 0n, 2n, /^Access violation reading 2 bytes/],
    [
      "to nowhere and from nowhere: the target first",
      0n,
      5n << 32n,
      2n,
      /^Access violation writing 2 bytes at address 0x0/,
    ],
    ["to the gap behind a stack frame", STACK + 0x1000n, HEAP, 1n, /^Access violation in stack frame 1/],
    ["to an address that wraps", 2n ** 64n - 1n, HEAP, 2n, /^Access violation writing 2 bytes/],
  ])("stops a program that copies %s", (_, to, from, length, fault) => {
    const outcome = s.call(name, [to, from, length]);
    expect(outcome).toMatchObject({ r0: null, error: FAILED, units: 10 });
    expect(outcome.fault).toMatch(fault);
  });

  it("charges before it looks", () => {
    expect(s.call(name, [0n, 0n, 2n ** 64n - 1n])).toMatchObject({ r0: null, error: OVER_BUDGET });
    expect(s.call(name, [0n, 5n << 32n, 250_000_000n])).toMatchObject({ r0: null, units: 1_000_000, error: FAILED });
  });
});

describe("overlapping ranges", () => {
  const cases: readonly [bigint, bigint, bigint, boolean][] = [
    [HEAP, HEAP, 1n, true],
    [HEAP, HEAP, 0n, false],
    [HEAP, HEAP + 1n, 1n, false],
    [HEAP, HEAP + 1n, 2n, true],
    [HEAP + 100n, HEAP, 100n, false],
    [HEAP + 99n, HEAP, 100n, true],
    [HEAP, HEAP + 99n, 100n, true],
  ];
  it.each(cases)("from %#", (to, from, length, overlap) => {
    const copied = s.call("sol_memcpy_", [to, from, length], { heap: BYTES });
    if (overlap) expect(copied).toMatchObject({ r0: null, error: FAILED, fault: "Overlapping copy", units: 10 });
    else expect(copied).toMatchObject({ r0: 0n, units: 10 });
    const moved = s.call("sol_memmove_", [to, from, length], { heap: BYTES });
    const expected = new Uint8Array(640);
    expected.set(BYTES);
    expected.copyWithin(Number(to - HEAP), Number(from - HEAP), Number(from - HEAP + length));
    expect(moved).toMatchObject({ r0: 0n, heap: expected });
  });

  it("is found before a range that is not in memory", () => {
    expect(s.call("sol_memcpy_", [0n, 1n, 2n]).fault).toBe("Overlapping copy");
    expect(s.call("sol_memcpy_", [2n ** 64n - 1n, 2n ** 64n - 2n, 2n]).fault).toBe("Overlapping copy");
  });
});

describe("sol_memset_", () => {
  it("fills with the lowest byte of its argument for 10 units, or one for 250 bytes", () => {
    const { heap, r0, units } = s.call("sol_memset_", [HEAP + 5n, 0x1234n, 20n], { heap: BYTES });
    expect([r0, units]).toEqual([0n, 10]);
    expect(heap.slice(0, 26)).toEqual(Uint8Array.of(1, 2, 3, 4, 5, ...new Array(20).fill(0x34), 26));
    expect(s.call("sol_memset_", [HEAP, 7n, 32_768n])).toMatchObject({ r0: 0n, units: 131 });
    expect(s.call("sol_memset_", [0n, 7n, 0n])).toMatchObject({ r0: 0n, units: 10 });
  });

  it("stops a program that fills what it cannot write", () => {
    for (const [address, length] of [
      [PROGRAM, 1n],
      [HEAP, HEAP_LENGTH + 1n],
      [HEAP + HEAP_LENGTH, 1n],
      [STACK + 0x1000n, 1n],
      [0n, 1n],
    ] as const) {
      const outcome = s.call("sol_memset_", [address, 1n, length]);
      expect(outcome).toMatchObject({ r0: null, error: FAILED });
      expect(outcome.fault).toMatch(/^Access violation/);
    }
    expect(s.call("sol_memset_", [0n, 0n, 2n ** 63n])).toMatchObject({ error: OVER_BUDGET });
  });
});

describe("sol_memcmp_", () => {
  const OUT = HEAP + 400n;
  const compare = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    const heap = new Uint8Array(640).fill(9, 400);
    heap.set(Array.from(a));
    heap.set(Array.from(b), 200);
    const outcome = s.call("sol_memcmp_", [HEAP, HEAP + 200n, BigInt(a.length), OUT], { heap });
    expect(outcome).toMatchObject({ r0: 0n, units: 10 });
    expect(outcome.heap.slice(404)).toEqual(heap.slice(404));
    return new DataView(outcome.heap.buffer).getInt32(400, true);
  };

  it("gives the difference of the first bytes that differ", () => {
    expect(compare([1, 2, 3], [1, 2, 3])).toBe(0);
    expect(compare([1, 2, 3], [1, 4, 0])).toBe(-2);
    expect(compare([255], [0])).toBe(255);
    expect(compare([0], [255])).toBe(-255);
    for (const at of [0, 1, 7, 8, 15, 16, 17, 40, 99]) {
      const other = BYTES.slice(0, 100);
      other[at] = 0;
      expect(compare(BYTES.slice(0, 100), other)).toBe(at + 1);
    }
  });

  it("compares nothing as equal and still writes the result", () => {
    const { heap, r0 } = s.call("sol_memcmp_", [0n, 1n, 0n, OUT], { heap: new Uint8Array(640).fill(9) });
    expect(r0).toBe(0n);
    expect(heap.slice(399, 405)).toEqual(Uint8Array.of(9, 0, 0, 0, 0, 9));
  });

  it("may write the result into what it compares", () => {
    const { heap } = s.call("sol_memcmp_", [HEAP, HEAP + 8n, 8n, HEAP], { heap: [5, 5, 5, 5, 5, 5, 5, 5, 3] });
    expect(heap.slice(0, 5)).toEqual(Uint8Array.of(...i32(2), 5));
  });

  it("asks for an aligned result, except of programs of the first loader", () => {
    for (const off of [1n, 2n, 3n]) {
      const outcome = s.call("sol_memcmp_", [HEAP, HEAP, 1n, OUT + off]);
      expect(outcome).toMatchObject({ r0: null, error: FAILED, fault: "Unaligned pointer", units: 10 });
      expect(s.call("sol_memcmp_", [HEAP, HEAP, 1n, OUT + off], { loader: LOADER_1 }).r0).toBe(0n);
    }
    expect(s.call("sol_memcmp_", [HEAP, HEAP, 1n, OUT + 4n]).r0).toBe(0n);
  });

  it.each<[string, bigint, bigint, bigint, RegExp]>([
    ["the first", 0n, 1n, 2n, /reading 2 bytes at address 0x0 /],
    ["the second", HEAP, HEAP + HEAP_LENGTH, 2n, /reading 2 bytes at address 0x300008000 /],
    ["the result", HEAP, HEAP, HEAP + HEAP_LENGTH - 3n, /writing 4 bytes at address 0x300007ffd /],
    ["the result, read-only", HEAP, HEAP, PROGRAM, /writing 4 bytes at address 0x100000000 /],
  ])("stops a program where %s is not in memory", (_, a, b, out, fault) => {
    const outcome = s.call("sol_memcmp_", [a, b, 2n, out]);
    expect(outcome).toMatchObject({ r0: null, error: FAILED, units: 10 });
    expect(outcome.fault).toMatch(fault);
  });
});

describe("sol_alloc_free_", () => {
  /** Allocates these sizes one after the other and logs the addresses. */
  const addresses = (sizes: readonly bigint[], loader?: string): bigint[] => {
    const before = sizes
      .slice(0, -1)
      .map((size) => `lddw r1, ${size}\nmov64 r2, 0\ncall sol_alloc_free_\nmov64 r1, r0\ncall sol_log_64_`)
      .join("\n");
    const outcome = s.call("sol_alloc_free_", [sizes.at(-1)!, 0n], { before, ...(loader ? { loader } : {}) });
    expect(outcome.units).toBe(0);
    return [...outcome.logs.map((line) => BigInt(/0x[0-9a-f]+/.exec(line)![0])), outcome.r0!];
  };

  it("gives the next bytes of the heap, aligned to 8, for nothing", () => {
    expect(addresses([1n, 8n, 9n, 0n, 3n])).toEqual([0n, 8n, 16n, 32n, 32n].map((offset) => HEAP + offset));
  });

  it("gives them unaligned to programs of the first loader", () => {
    expect(addresses([1n, 8n, 3n, 0n], LOADER_1)).toEqual([0n, 1n, 9n, 12n].map((offset) => HEAP + offset));
  });

  it("gives 0 when there is not enough, and less where there is still", () => {
    expect(addresses([HEAP_LENGTH])).toEqual([HEAP]);
    expect(addresses([HEAP_LENGTH + 1n, HEAP_LENGTH - 7n, 1n, 0n])).toEqual([0n, HEAP, 0n, HEAP + HEAP_LENGTH]);
    expect(addresses([2n ** 63n - 1n, 2n ** 63n - 7n, 2n ** 64n - 1n, 5n])).toEqual([0n, 0n, 0n, HEAP]);
  });

  it("has the heap that the transaction asked for", () => {
    const earlier = [instruction("ComputeBudget111111111111111111111111111111", [], [1, ...u32(262_144)])];
    expect(s.call("sol_alloc_free_", [262_144n, 0n], { earlier }).r0).toBe(HEAP);
    expect(s.call("sol_alloc_free_", [262_145n, 0n], { earlier }).r0).toBe(0n);
  });

  it("frees nothing", () => {
    expect(s.call("sol_alloc_free_", [8n, HEAP]).r0).toBe(0n);
    expect(s.call("sol_alloc_free_", [0n, 1n]).r0).toBe(0n);
  });
});
