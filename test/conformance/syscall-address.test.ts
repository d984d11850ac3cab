/** sol_create_program_address and sol_try_find_program_address: units, addresses, errors as on Agave, each case also with what it must be. */
import { createHash } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
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
  slices,
} from "./syscall-fixture.ts";

let s: Syscalls;
beforeAll(async () => {
  s = await Syscalls.create();
});

const PROGRAM_ID = Uint8Array.from({ length: 32 }, (_, i) => i ^ 0x5a);
const KEY = HEAP + 64n;
const LIST = HEAP + 128n;
const OUT = HEAP + 512n;
const BUMP = HEAP + 560n;
const TOO_LONG =
  "Could not create program address with signer seeds: Length of the seed is too long for address generation";

/** The seed's bytes are at the start of the heap, then the program, then the list. */
function heapOf(list: number[], seed: ArrayLike<number> = []): Uint8Array {
  const heap = new Uint8Array(HEAP_BYTES);
  heap.set(Array.from(seed));
  heap.set(PROGRAM_ID, 64);
  heap.set(list, 128);
  return heap;
}

function derive(seeds: readonly (readonly number[])[]): { address: Uint8Array; onCurve: boolean } {
  const bytes = [...seeds.flat(), ...PROGRAM_ID, ...Buffer.from("ProgramDerivedAddress")];
  const address = new Uint8Array(createHash("sha256").update(Uint8Array.from(bytes)).digest());
  try {
    ed25519.Point.fromBytes(address, true);
    return { address, onCurve: true };
  } catch {
    return { address, onCurve: false };
  }
}

describe("sol_create_program_address", () => {
  const create = (seeds: readonly (readonly number[])[], heap?: Uint8Array) => {
    let at = HEAP;
    const list = seeds.map((seed) => {
      const slice = [at, BigInt(seed.length)] as const;
      at += BigInt(seed.length);
      return slice;
    });
    const bytes = heap ?? heapOf(slices(...list), seeds.flat());
    return s.call("sol_create_program_address", [LIST, BigInt(seeds.length), KEY, OUT], { heap: bytes });
  };

  it("derives an address for 1,500 units, or answers 1 for one on the curve and writes nothing", () => {
    const answers = new Set<bigint>();
    for (let n = 0; n < 24; n++) {
      const seeds = [[1, 2, n], [], [n]];
      const { address, onCurve } = derive(seeds);
      const outcome = create(seeds);
      expect(outcome).toMatchObject({ r0: onCurve ? 1n : 0n, units: 1_500, logs: [] });
      expect(outcome.heap.slice(512, 544)).toEqual(onCurve ? new Uint8Array(32) : address);
      answers.add(outcome.r0!);
    }
    expect(answers.size).toBe(2);
  });

  it("takes no seeds, seeds without bytes, 16 seeds, and seeds of 32 bytes", () => {
    const lists: number[][][] = [
      [],
      [[]],
      [new Array(32).fill(7), new Array(32).fill(8)],
      Array.from({ length: 16 }, (_, i) => [i]),
    ];
    for (const seeds of lists) {
      const { address, onCurve } = derive(seeds);
      const outcome = create(seeds);
      expect(outcome).toMatchObject({ r0: onCurve ? 1n : 0n, units: 1_500 });
      if (!onCurve) expect(outcome.heap.slice(512, 544)).toEqual(address);
    }
  });

  it("stops a program with 17 seeds or a seed of 33 bytes", () => {
    expect(create(Array.from({ length: 17 }, () => []))).toMatchObject({
      error: FAILED,
      fault: TOO_LONG,
      units: 1_500,
    });
    expect(create([new Array(33).fill(1)])).toMatchObject({ error: FAILED, fault: TOO_LONG, units: 1_500 });
    expect(create([[1], [2]], heapOf(slices([HEAP, 2n ** 64n - 1n], [0n, 1n])))).toMatchObject({ fault: TOO_LONG });
  });

  it("finds a seed that is not in memory before a later one that is too long", () => {
    const heap = heapOf(slices([HEAP + HEAP_LENGTH, 1n], [HEAP, 33n]));
    expect(create([[1], [2]], heap).fault).toMatch(/^Access violation reading 1 bytes/);
  });

  it("looks at the list before it counts", () => {
    const call = (list: bigint, count: bigint) => s.call("sol_create_program_address", [list, count, KEY, OUT]);
    expect(call(HEAP, 17n)).toMatchObject({ fault: TOO_LONG });
    expect(call(HEAP + 4n, 17n)).toMatchObject({ fault: "Unaligned pointer", units: 1_500 });
    expect(call(0n, 17n).fault).toMatch(/^Access violation reading 272 bytes/);
    expect(call(HEAP, 2n ** 59n)).toMatchObject({ fault: "InvalidLength" });
    expect(call(HEAP + HEAP_LENGTH - 16n, 2n).fault).toMatch(/^Access violation reading 32 bytes/);
  });

  it("takes an unaligned list of a program of the first loader", () => {
    const heap = heapOf([0, 0, 0, 0, ...slices([HEAP, 3n])], [1, 2, 3]);
    const outcome = s.call("sol_create_program_address", [LIST + 4n, 1n, KEY, OUT], { heap, loader: LOADER_1 });
    expect(outcome).toMatchObject({ r0: derive([[1, 2, 3]]).onCurve ? 1n : 0n, units: 1_500 });
  });

  it("looks at the program after the seeds, and at the target only when there is an address", () => {
    const on = [...Array(64).keys()].find((n) => derive([[n]]).onCurve)!;
    const off = [...Array(64).keys()].find((n) => !derive([[n]]).onCurve)!;
    const call = (n: number, key: bigint, out: bigint) =>
      s.call("sol_create_program_address", [LIST, 1n, key, out], { heap: heapOf(slices([HEAP, 1n]), [n]) });
    expect(call(off, HEAP + HEAP_LENGTH - 31n, OUT).fault).toMatch(/^Access violation reading 32 bytes/);
    for (const out of [0n, PROGRAM, HEAP + HEAP_LENGTH - 31n, STACK + 0x1000n]) {
      expect(call(on, KEY, out)).toMatchObject({ r0: 1n, units: 1_500 });
      expect(call(off, KEY, out)).toMatchObject({ r0: null, error: FAILED, units: 1_500 });
    }
    expect(call(off, KEY, INPUT + 1n).r0).toBe(0n);
    // Over the seed, the program and the list themselves.
    for (const out of [HEAP, KEY + 5n, LIST]) expect(call(off, KEY, out).r0).toBe(0n);
  });

  it("costs what it costs before anything is looked at", () => {
    const outcome = s.call("sol_create_program_address", [0n, 1n, 0n, 0n], { limit: 1_000 });
    expect(outcome).toMatchObject({ r0: null, error: OVER_BUDGET });
  });
});

describe("sol_try_find_program_address", () => {
  const find = (list: readonly (readonly [bigint, bigint])[], seed: ArrayLike<number>, out = OUT, bump = BUMP) =>
    s.call("sol_try_find_program_address", [LIST, BigInt(list.length), KEY, out, bump], {
      heap: heapOf(slices(...list), seed),
    });

  it("finds the highest bump for 1,500 units an attempt", () => {
    const bumps = new Set<number>();
    for (let n = 0; n < 40; n++) {
      const seed = [n, 9];
      let bump = 255;
      while (derive([seed, [bump]]).onCurve) bump--;
      const outcome = find([[HEAP, 2n]], seed);
      expect(outcome).toMatchObject({ r0: 0n, units: 1_500 * (256 - bump), logs: [] });
      expect(outcome.heap[560]).toBe(bump);
      expect(outcome.heap.slice(512, 544)).toEqual(derive([seed, [bump]]).address);
      bumps.add(bump);
    }
    expect(bumps.size).toBeGreaterThan(3);
  });

  it("pays for 255 attempts with 16 seeds, which leave no room for the bump, and answers 1", () => {
    const list = Array.from({ length: 16 }, () => [HEAP, 1n] as const);
    expect(find(list, [1])).toMatchObject({ r0: 1n, units: 1_500 * 256, heap: heapOf(slices(...list), [1]) });
    const heap = heapOf(slices(...list), [1]);
    const poor = s.call("sol_try_find_program_address", [LIST, 16n, KEY, OUT, BUMP], { heap, limit: 200_000 });
    expect(poor).toMatchObject({ r0: null, error: OVER_BUDGET });
    expect(find(list.slice(1), [1]).r0).toBe(0n);
  });

  it("stops a program with 17 seeds or a seed of 33 bytes", () => {
    expect(
      find(
        Array.from({ length: 17 }, () => [HEAP, 0n] as const),
        [],
      ),
    ).toMatchObject({ error: FAILED, fault: TOO_LONG, units: 1_500 });
    expect(find([[HEAP, 33n]], [])).toMatchObject({ error: FAILED, fault: TOO_LONG, units: 1_500 });
    expect(find([[HEAP, 32n]], []).r0).toBe(0n);
  });

  it("refuses a bump inside the address, wherever it is there", () => {
    for (const bump of [OUT, OUT + 1n, OUT + 31n]) {
      expect(find([[HEAP, 2n]], [1], OUT, bump)).toMatchObject({ r0: null, error: FAILED, fault: "Overlapping copy" });
    }
    for (const bump of [OUT - 1n, OUT + 32n]) expect(find([[HEAP, 2n]], [1], OUT, bump).r0).toBe(0n);
  });

  it("looks at the bump first, then at the address, then whether they overlap", () => {
    expect(find([], [], 0n, PROGRAM).fault).toMatch(/^Access violation writing 1 bytes/);
    expect(find([], [], 0n, BUMP).fault).toMatch(/^Access violation writing 32 bytes/);
    expect(find([], [], HEAP + HEAP_LENGTH - 31n, HEAP + HEAP_LENGTH - 1n).fault).toMatch(
      /^Access violation writing 32 bytes/,
    );
    expect(find([], [], INPUT + 1n, STACK + 0xfffn).r0).toBe(0n);
  });
});
