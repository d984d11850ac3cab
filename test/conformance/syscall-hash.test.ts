/** sol_sha256 and sol_keccak256: units, digests, errors as on Agave, each case also with what it must be; calls that are not active. */
import { createHash } from "node:crypto";
import { keccak_256 } from "@noble/hashes/sha3.js";
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

const HASHES = {
  sol_sha256: (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest()),
  sol_keccak256: (bytes: Uint8Array) => keccak_256(bytes),
} as const;
const LABELS = { sol_sha256: "Sha256", sol_keccak256: "Keccak256" } as const;

const DATA = Uint8Array.from({ length: 256 }, (_, i) => (i * 37) & 255);
const LIST = HEAP + 256n;
const OUT = HEAP + 512n;
/** Data, the list behind them. */
function heapOf(list: number[]): Uint8Array {
  const heap = new Uint8Array(HEAP_BYTES);
  heap.set(DATA);
  heap.set(list, 256);
  return heap;
}

describe.each(["sol_sha256", "sol_keccak256"] as const)("%s", (name) => {
  const digest = HASHES[name];
  const hash = (list: readonly (readonly [bigint, bigint])[]) =>
    s.call(name, [LIST, BigInt(list.length), OUT], { heap: heapOf(slices(...list)) });

  it("hashes slices after each other for 85 units, and half a unit a byte but at least 10 for each", () => {
    const cases: readonly (readonly [readonly (readonly [bigint, bigint])[], number])[] = [
      [[], 85],
      [[[HEAP, 0n]], 95],
      [[[HEAP, 20n]], 95],
      [[[HEAP, 21n]], 95],
      [[[HEAP, 22n]], 96],
      [[[HEAP, 256n]], 85 + 128],
      [
        [
          [HEAP + 1n, 135n],
          [HEAP + 136n, 1n],
          [0n, 0n],
          [HEAP, 64n],
        ],
        85 + 67 + 10 + 10 + 32,
      ],
    ];
    for (const [list, units] of cases) {
      const outcome = hash(list);
      expect(outcome).toMatchObject({ r0: 0n, units, logs: [] });
      const bytes = list.flatMap(([at, length]) => [...DATA.slice(Number(at - HEAP), Number(at - HEAP + length))]);
      expect(outcome.heap.slice(512, 544)).toEqual(digest(Uint8Array.from(bytes)));
      expect(outcome.heap.slice(544)).toEqual(new Uint8Array(96));
    }
  });

  it("hashes no slices without looking at the list", () => {
    for (const list of [0n, 1n, 5n << 32n]) {
      const { heap, r0, units } = s.call(name, [list, 0n, OUT]);
      expect([r0, units]).toEqual([0n, 85]);
      expect(heap.slice(512, 544)).toEqual(digest(new Uint8Array(0)));
    }
  });

  it("hashes the same slice many times, up to 20,000 slices", () => {
    // A list of zeros: slices without a byte.
    const outcome = s.call(name, [HEAP + 1024n, 1_900n, OUT]);
    expect(outcome).toMatchObject({ r0: 0n, units: 85 + 19_000 });
    expect(outcome.heap.slice(512, 544)).toEqual(digest(new Uint8Array(0)));
    const many = s.call(name, [HEAP, 20_000n, OUT]);
    expect(many).toMatchObject({ r0: null, error: FAILED, units: 85, logs: [] });
    expect(many.fault).toMatch(/^Access violation reading 320000 bytes/);
    for (const count of [20_001n, 2n ** 64n - 1n]) {
      expect(s.call(name, [HEAP, count, OUT])).toMatchObject({
        r0: null,
        error: FAILED,
        fault: "Hashing too many sequences",
        units: 0,
        logs: [`${LABELS[name]} Hashing ${count} sequences in one syscall is over the limit 20000`],
      });
    }
  });

  it("may write the digest over what it hashes, and over the list", () => {
    const list = slices([HEAP, 64n], [HEAP + 8n, 100n]);
    for (const out of [HEAP + 4n, LIST]) {
      const { heap, r0 } = s.call(name, [LIST, 2n, out], { heap: heapOf(list) });
      expect(r0).toBe(0n);
      const at = Number(out - HEAP);
      expect(heap.slice(at, at + 32)).toEqual(digest(Uint8Array.from([...DATA.slice(0, 64), ...DATA.slice(8, 108)])));
    }
  });

  it("takes any address for the digest and for bytes, but an aligned list, except of programs of the first loader", () => {
    const heap = heapOf([0, 0, 0, 0, ...slices([HEAP + 3n, 5n])]);
    const outcome = s.call(name, [LIST + 4n, 1n, OUT + 1n], { heap });
    expect(outcome).toMatchObject({ r0: null, error: FAILED, fault: "Unaligned pointer", units: 85 });
    const old = s.call(name, [LIST + 4n, 1n, OUT + 1n], { heap, loader: LOADER_1 });
    expect(old).toMatchObject({ r0: 0n, units: 95 });
    expect(old.heap.slice(513, 545)).toEqual(digest(DATA.slice(3, 8)));
    expect(s.call(name, [LIST, 0n, INPUT + 33n]).r0).toBe(0n);
    expect(s.call(name, [LIST, 0n, STACK + 1n]).r0).toBe(0n);
  });

  it("looks at the digest first, then at the list, then at each slice before it is paid", () => {
    expect(s.call(name, [0n, 1n, PROGRAM])).toMatchObject({ r0: null, error: FAILED, units: 85 });
    expect(s.call(name, [0n, 1n, PROGRAM]).fault).toMatch(/^Access violation writing 32 bytes/);
    expect(s.call(name, [0n, 1n, HEAP + HEAP_LENGTH - 31n]).fault).toMatch(/^Access violation writing 32 bytes/);
    expect(s.call(name, [HEAP + HEAP_LENGTH - 8n, 1n, OUT]).fault).toMatch(/^Access violation reading 16 bytes/);
    const second = hash([
      [HEAP, 40n],
      [HEAP + HEAP_LENGTH, 1n],
    ]);
    expect(second).toMatchObject({ r0: null, error: FAILED, units: 85 + 20 });
    expect(second.fault).toMatch(/^Access violation reading 1 bytes/);
    expect(hash([[HEAP, 2n ** 63n]])).toMatchObject({ r0: null, fault: "InvalidLength", units: 85 });
    expect(hash([[HEAP, 2n ** 63n - 1n]]).fault).toMatch(/^Access violation reading 9223372036854775807 bytes/);
  });

  it("runs out of units at the slice that it cannot pay", () => {
    const list = heapOf(slices([HEAP, 200n], [HEAP, 200n]));
    const { units } = s.call(name, [LIST, 2n, OUT], { heap: list });
    expect(units).toBe(285);
    // The program itself takes some before; one unit less than all of it must fail.
    const before = s.call("sol_log_compute_units_", [], { limit: 10_000 }).logs[0]!;
    const left = Number(/(\d+) units/.exec(before)![1]) + 100;
    expect(s.call(name, [LIST, 2n, OUT], { heap: list, limit: 10_000 - left + 284 })).toMatchObject({
      error: OVER_BUDGET,
    });
  });
});

describe("system calls that mainnet has not activated, or that are gone", () => {
  it.each([
    "sol_blake3",
    "sol_big_mod_exp",
    "sol_remaining_compute_units",
    "sol_sha512",
    "sol_get_fees_sysvar",
    "sol_no_such_call",
  ])("%s is no system call", (name) => {
    const { error, logs, units } = s.run([
      { programAddress: s.deploy(`call ${name}\nmov64 r0, 0\nexit`) as never, accounts: [], data: new Uint8Array(0) },
    ]);
    expect(error).toEqual(FAILED);
    expect(logs.at(-1)).toMatch(/failed: unsupported BPF instruction$/);
    expect(units).toBe(1_400_000 - 150);
  });
});
