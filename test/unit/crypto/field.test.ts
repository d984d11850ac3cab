// The four-lane field beneath batch verification, against bigint: random elements, sums up to the stated bounds, and the
// extremes of both; long chains, because a wrong carry shows once in some ten thousand results.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
// @ts-expect-error: a build script without types
import { generate } from "../../../wasm/crypto/fe4-mul.generate.mjs";
import { compileEntry, randomSource, WebAssemblyModule } from "./compile";
import { P, toBytes, toNumber } from "./ed25519-reference";

const root = resolve(import.meta.dirname, "../../..");

interface FieldExports {
  memory: WebAssembly.Memory;
  scratch(size: number): number;
  fe4Multiply(out: number, a: number, b: number): void;
  fe4Square(out: number, a: number): void;
  fe4Add(out: number, a: number, b: number): void;
  fe4Sub(out: number, a: number, b: number): void;
  fe4SetLane(out: number, lane: number, bytes: number): void;
  fe4GetLane(out: number, a: number, lane: number): void;
  feMul(out: number, a: number, b: number): void;
  feSquare(out: number, a: number): void;
  feFromBytes(out: number, bytes: number): void;
  feToBytes(out: number, a: number): void;
  feAdd(out: number, a: number, b: number): void;
  feSub(out: number, a: number, b: number): void;
}

const entry = `
export { fe4Multiply, fe4Square } from "./wasm/crypto/fe4-mul";
export { fe4Add, fe4Sub, fe4SetLane, fe4GetLane } from "./wasm/crypto/fe4";
export { feMul, feSquare } from "./wasm/crypto/fe-mul";
export { feFromBytes, feToBytes, feAdd, feSub } from "./wasm/crypto/fe";
export function scratch(size: usize): usize { return heap.alloc(size); }
`;

let wasm: FieldExports;
let at: number;
beforeAll(async () => {
  const binary = await compileEntry(entry, "--enable", "simd");
  const instance = await WebAssembly.instantiate(new WebAssemblyModule(binary), {
    env: {
      abort() {
        throw new Error("abort in wasm/crypto");
      },
    },
  });
  wasm = instance.exports as unknown as FieldExports;
  at = wasm.scratch(4096);
});

const SIZE = 160;
const a = () => at + SIZE;
const b = () => at + 2 * SIZE;
const out = () => at + 3 * SIZE;

/** Limb i of lane e: an i16. */
const limbs = (element: number): Int16Array => new Int16Array(wasm.memory.buffer, element, 80);
const laneValue = (element: number, lane: number): bigint => {
  const all = limbs(element);
  let value = 0n;
  for (let i = 19; i >= 0; i--) value = (value << 13n) + BigInt(all[(i >> 1) * 8 + lane * 2 + (i & 1)] as number);
  return ((value % P) + P) % P;
};
const setLane = (element: number, lane: number, value: bigint): void => {
  new Uint8Array(wasm.memory.buffer).set(toBytes(value), at);
  wasm.fe4SetLane(element, lane, at);
};
const getLane = (element: number, lane: number): bigint => {
  wasm.fe4GetLane(at, element, lane);
  return toNumber(new Uint8Array(wasm.memory.buffer).slice(at, at + 32));
};
const edges = [
  0n,
  1n,
  2n,
  18n,
  19n,
  P - 1n,
  P - 2n,
  P,
  P + 1n,
  P + 18n,
  (1n << 255n) - 1n,
  1n << 254n,
  (1n << 13n) - 1n,
  1n << 13n,
];

it("fe4-mul.ts is what its generator writes", () => {
  expect(readFileSync(resolve(root, "wasm/crypto/fe4-mul.ts"), "utf8")).toBe(generate());
});

it("moves values in and out of lanes", () => {
  const random = randomSource(20);
  for (const value of [...edges, ...Array.from({ length: 200 }, () => toNumber(random(32)) % (1n << 255n))]) {
    for (let lane = 0; lane < 4; lane++) setLane(a(), lane, value);
    wasm.fe4Sub(b(), a(), a());
    wasm.fe4Sub(b(), b(), a());
    for (let lane = 0; lane < 4; lane++) {
      expect(getLane(a(), lane)).toBe(value % P);
      expect(getLane(b(), lane)).toBe((P - (value % P)) % P);
    }
  }
});

it("multiplies and squares random limbs up to the bounds", () => {
  // units(a) * units(b) <= 6, in every way the formulas use it; a unit is 4096 and a last carry.
  const random = randomSource(21);
  const fill = (element: number, units: number, extreme: boolean): void => {
    const all = limbs(element);
    const bytes = random(160);
    for (let i = 0; i < 80; i++) {
      const bound = 4096 * units;
      const r = (bytes[2 * i] as number) * 256 + (bytes[2 * i + 1] as number);
      all[i] = extreme ? ((r & 1) === 1 ? bound : -bound) : (r % (2 * bound + 1)) - bound;
    }
  };
  for (let run = 0; run < 4000; run++) {
    const [ua, ub] = [
      [1, 1],
      [2, 2],
      [1, 4],
      [3, 2],
      [2, 3],
      [1, 6],
    ][run % 6] as [number, number];
    fill(a(), ua, run % 5 === 0);
    fill(b(), ub, run % 5 === 0);
    if (run === 0 || run === 3) {
      limbs(a()).fill(4096 * ua);
      limbs(b()).fill(run === 0 ? 4096 * ub : -4096 * ub);
    }
    wasm.fe4Multiply(out(), a(), b());
    for (let lane = 0; lane < 4; lane++)
      expect(laneValue(out(), lane)).toBe((laneValue(a(), lane) * laneValue(b(), lane)) % P);
    if (ua <= 2) {
      wasm.fe4Square(out(), a());
      for (let lane = 0; lane < 4; lane++) expect(laneValue(out(), lane)).toBe(laneValue(a(), lane) ** 2n % P);
    }
    expect(limbs(out()).every((limb) => Math.abs(limb) <= 4096 + 40)).toBe(true);
  }
});

it("multiplies where limbs and carries meet at zero", () => {
  // Values with long runs of zero and one limbs, and their products with small numbers.
  const random = randomSource(22);
  for (let run = 0; run < 3000; run++) {
    const [shift, low, sign] = random(3) as unknown as [number, number, number];
    const value = (P + (1n << BigInt(shift % 255)) + BigInt(low % 4) * (sign & 1 ? 1n : -1n)) % P;
    for (let lane = 0; lane < 4; lane++) {
      setLane(a(), lane, value);
      setLane(b(), lane, BigInt(1 + ((low >> lane) % 8192)));
    }
    wasm.fe4Multiply(out(), a(), b());
    for (let lane = 0; lane < 4; lane++)
      expect(getLane(out(), lane)).toBe((value * BigInt(1 + ((low >> lane) % 8192))) % P);
  }
});

it("keeps long chains right, in both fields", () => {
  const random = randomSource(23);
  const values = Array.from({ length: 4 }, () => toNumber(random(32)) % P);
  for (const [lane, value] of values.entries()) {
    setLane(a(), lane, value);
    setLane(b(), lane, values[3 - lane] as bigint);
  }
  let expected = values.slice();
  for (let run = 0; run < 20_000; run++) {
    wasm.fe4Square(a(), a());
    wasm.fe4Multiply(a(), a(), b());
    expected = expected.map((value, lane) => (((value * value) % P) * (values[3 - lane] as bigint)) % P);
  }
  for (let lane = 0; lane < 4; lane++) expect(getLane(a(), lane)).toBe(expected[lane]);
  // The one-element field: the same chain.
  const put = (where: number, value: bigint): void => {
    new Uint8Array(wasm.memory.buffer).set(toBytes(value), at);
    wasm.feFromBytes(where, at);
  };
  put(a(), values[0] as bigint);
  put(b(), values[3] as bigint);
  for (let run = 0; run < 20_000; run++) {
    wasm.feSquare(a(), a());
    wasm.feMul(a(), a(), b());
  }
  wasm.feToBytes(at, a());
  expect(toNumber(new Uint8Array(wasm.memory.buffer).slice(at, at + 32))).toBe(expected[0]);
});

it("reads and writes the one-element field at the edges", () => {
  for (const x of edges) {
    for (const y of edges) {
      new Uint8Array(wasm.memory.buffer).set(toBytes(x), at);
      wasm.feFromBytes(a(), at);
      new Uint8Array(wasm.memory.buffer).set(toBytes(y), at);
      wasm.feFromBytes(b(), at);
      for (const [operation, value] of [
        [wasm.feAdd, x + y],
        [wasm.feSub, x - y],
        [wasm.feMul, x * y],
      ] as const) {
        operation(out(), a(), b());
        wasm.feToBytes(at, out());
        expect(toNumber(new Uint8Array(wasm.memory.buffer).slice(at, at + 32))).toBe(((value % P) + P) % P);
      }
    }
  }
});
