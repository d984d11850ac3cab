// The fields of the curves, and of the orders of those of ECDSA, against bigint: the ends of the allowed range, random numbers, long chains; inverses and roots.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: a build script without types
import { generate } from "../../../wasm/crypto/montgomery.generate.mjs";
import { compileEntry, randomSource, WebAssemblyModule } from "./compile.ts";

const root = resolve(import.meta.dirname, "../../..");
const RUNS = Number(process.env.FUZZ_RUNS ?? 120);

type Operation = "montMul" | "montAdd" | "montSub";
type FieldExports = {
  memory: WebAssembly.Memory;
  scratch(size: number): number;
  use(field: number): number;
  fpInv(out: number, a: number): void;
  fpSqrt(out: number, a: number): number;
  fpIsZero(a: number): number;
  fpIsLarger(a: number): number;
  fpFromWords(out: number, words: number): void;
  fpToWords(out: number, a: number): void;
  fp2Sqrt(out: number, a: number): number;
  fp2Mul(out: number, a: number, b: number): void;
  fp2Inv(out: number, a: number): void;
} & Record<`${Operation}${9 | 14}`, (out: number, a: number, b: number, modulus: number) => void>;

const entry = `
export { montMul9, montAdd9, montSub9, montMul14, montAdd14, montSub14 } from "./wasm/crypto/montgomery";
export { fpInv, fpSqrt, fpIsZero, fpIsLarger, fpFromWords, fpToWords } from "./wasm/crypto/curves/fp";
export { fp2Sqrt, fp2Mul, fp2Inv } from "./wasm/crypto/curves/fp2";
import { BN254, BLS12_381, SECP256K1, SECP256K1_ORDER, SECP256R1, SECP256R1_ORDER } from "./wasm/crypto/curves/constants";
import { curveUse } from "./wasm/crypto/curves/fp";
export function use(field: i32): usize {
  const constants = field == 0 ? BN254 : field == 1 ? BLS12_381 : field == 2 ? SECP256K1 : field == 3 ? SECP256K1_ORDER
    : field == 4 ? SECP256R1 : SECP256R1_ORDER;
  curveUse(constants);
  return constants;
}
export function scratch(size: usize): usize { return heap.alloc(size); }
`;

let wasm: FieldExports;
let at: number;
beforeAll(async () => {
  const binary = await compileEntry(entry, "--enable", "bulk-memory", "--use", "abort=");
  wasm = new WebAssembly.Instance(new WebAssemblyModule(binary)).exports as unknown as FieldExports;
  at = wasm.scratch(4096);
});

it("montgomery.ts is what its generator writes", () => {
  expect(readFileSync(resolve(root, "wasm/crypto/montgomery.ts"), "utf8")).toBe(generate());
});

const NINE = { n: 9, bits: 29n } as const;
const FIELDS = [
  { name: "bn254", p: 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n, ...NINE },
  {
    name: "BLS12-381",
    p: 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn,
    n: 14,
    bits: 28n,
  },
  { name: "secp256k1", p: secp256k1.Point.Fp.ORDER, ...NINE },
  { name: "secp256k1's order", p: secp256k1.Point.Fn.ORDER, ...NINE },
  { name: "secp256r1", p: p256.Point.Fp.ORDER, ...NINE },
  { name: "secp256r1's order", p: p256.Point.Fn.ORDER, ...NINE },
] as const;

type Field = (typeof FIELDS)[number];

/** Numbers in and out of the module's memory, in the places 0, 1, 2, ..., and plain arithmetic to compare with. */
function tools({ name, p, n, bits }: Field) {
  const use = () => wasm.use(FIELDS.findIndex((field) => field.name === name));
  const R = 1n << (BigInt(n) * bits);
  const slot = (i: number) => at + 256 * i;
  const memory = () => new DataView(wasm.memory.buffer);
  const put = (i: number, value: bigint): number => {
    for (let k = 0; k < n; k++) {
      memory().setUint32(slot(i) + 4 * k, Number((value >> (BigInt(k) * bits)) & ((1n << bits) - 1n)), true);
    }
    return slot(i);
  };
  const get = (i: number): bigint => {
    let value = 0n;
    for (let k = n - 1; k >= 0; k--) {
      const limb = memory().getUint32(slot(i) + 4 * k, true);
      expect(BigInt(limb)).toBeLessThan(1n << bits);
      value = (value << bits) | BigInt(limb);
    }
    expect(value).toBeLessThan(2n * p);
    return value;
  };
  const power = (a: bigint, e: bigint): bigint => {
    let out = 1n;
    for (let base = a % p, k = e; k; k >>= 1n, base = (base * base) % p) if (k & 1n) out = (out * base) % p;
    return out;
  };
  const numbers = (seed: number): bigint[] => {
    const random = randomSource(seed);
    const any = () => BigInt(`0x${Buffer.from(random(56)).toString("hex")}`) % (2n * p);
    return [0n, 1n, 2n, p - 1n, p, p + 1n, 2n * p - 1n, (1n << 29n) - 1n, ...Array.from({ length: RUNS }, any)];
  };
  const words = (i: number, value: bigint): number => {
    for (let k = 0; k < 6; k++)
      memory().setBigUint64(slot(i) + 8 * k, (value >> (64n * BigInt(k))) & (2n ** 64n - 1n), true);
    return slot(i);
  };
  const word = (i: number): bigint => {
    let value = 0n;
    for (let k = 5; k >= 0; k--) value = (value << 64n) | memory().getBigUint64(slot(i) + 8 * k, true);
    return value;
  };
  return { use, R, slot, put, get, power, numbers, words, word };
}

describe.each(FIELDS)("the field of $name", (field) => {
  const { p, n } = field;
  const { use, R, slot, put, get, power, numbers, words, word } = tools(field);

  it("multiplies, adds and subtracts up to the ends of the range", () => {
    const modulus = use();
    const all = numbers(1);
    const unR = power(R, p - 2n);
    for (const [i, a] of all.entries()) {
      for (const b of [all[(i * 7 + 3) % all.length]!, all[i % 8]!, a]) {
        wasm[`montMul${n}`](slot(2), put(0, a), put(1, b), modulus);
        expect(get(2) % p).toBe((a * b * unR) % p);
        wasm[`montAdd${n}`](slot(2), put(0, a), put(1, b), modulus);
        expect(get(2) % p).toBe((a + b) % p);
        wasm[`montSub${n}`](slot(2), put(0, a), put(1, b), modulus);
        expect(get(2) % p).toBe((((a - b) % p) + p) % p);
      }
    }
  });

  it("stays in range over long chains, in place", () => {
    const modulus = use();
    const unR = power(R, p - 2n);
    let [x, y] = [p - 3n, 2n * p - 5n];
    put(0, x);
    put(1, y);
    for (let i = 0; i < 2000; i++) {
      wasm[`montMul${n}`](slot(0), slot(0), slot(1), modulus);
      wasm[`montSub${n}`](slot(1), slot(0), slot(1), modulus);
      wasm[`montAdd${n}`](slot(0), slot(0), slot(0), modulus);
      x = (x * y * unR) % p;
      y = (((x - y) % p) + p) % p;
      x = (2n * x) % p;
    }
    expect(get(0) % p).toBe(x);
    expect(get(1) % p).toBe(y);
  });

  it("takes numbers in and out, and knows zero and the larger of two opposite ones", () => {
    use();
    for (const a of [...numbers(2).map((v) => v % p), (p - 1n) / 2n, (p + 1n) / 2n]) {
      wasm.fpFromWords(slot(0), words(1, a));
      wasm.fpToWords(slot(1), slot(0));
      expect(word(1)).toBe(a);
      expect(wasm.fpIsLarger(slot(0)) !== 0).toBe(a > (p - 1n) / 2n);
    }
    for (const zero of [0n, p]) expect(wasm.fpIsZero(put(0, zero))).toBe(1);
    for (const other of [1n, p - 1n, p + 1n]) expect(wasm.fpIsZero(put(0, other))).toBe(0);
  });

  it("inverts, 0 to 0", () => {
    use();
    for (const a of numbers(3).map((v) => v % p)) {
      wasm.fpFromWords(slot(0), words(1, a));
      wasm.fpInv(slot(2), slot(0));
      wasm.fpToWords(slot(1), slot(2));
      expect((word(1) * a) % p).toBe(a ? 1n : 0n);
    }
  });
});

describe.each(FIELDS.filter(({ name }) => !name.endsWith("order")))("the field of $name, p = 3 modulo 4", (field) => {
  const { p } = field;
  const { use, slot, power, numbers, words, word } = tools(field);

  it("takes square roots where there are", () => {
    use();
    for (const a of numbers(5).map((v) => v % p)) {
      wasm.fpFromWords(slot(0), words(1, a));
      const isSquare = power(a, (p - 1n) / 2n) !== p - 1n;
      expect(wasm.fpSqrt(slot(2), slot(0)) !== 0).toBe(isSquare);
      wasm.fpToWords(slot(1), slot(2));
      if (isSquare) expect(word(1) ** 2n % p).toBe(a);
    }
  });
});

describe.each(FIELDS.slice(0, 2))("the quadratic extension of the field of $name", (field) => {
  const { p, n } = field;
  const { use, slot, numbers, words, word } = tools(field);

  it("takes square roots and inverses in the quadratic extension, of numbers without one of the parts too", () => {
    use();
    const all = numbers(4)
      .slice(0, 60)
      .map((v) => v % p);
    const pair = (i: number, [c0, c1]: [bigint, bigint]): number => {
      wasm.fpFromWords(slot(i), words(9, c0));
      wasm.fpFromWords(slot(i) + 56, words(9, c1));
      return slot(i);
    };
    const read = (i: number): [bigint, bigint] => {
      wasm.fpToWords(slot(9), slot(i));
      const c0 = word(9);
      wasm.fpToWords(slot(9), slot(i) + 56);
      return [c0, word(9)];
    };
    for (const [i, c0] of all.entries()) {
      for (const c1 of [0n, 1n, all[(i * 3 + 1) % all.length]!]) {
        const square: [bigint, bigint] = [(((c0 * c0 - c1 * c1) % p) + p) % p, (2n * c0 * c1) % p];
        expect(wasm.fp2Sqrt(slot(1), pair(0, square))).toBe(1);
        const [r0, r1] = read(1);
        expect([
          [r0, r1],
          [(p - r0) % p, (p - r1) % p],
        ]).toContainEqual([c0, c1]);
        wasm.fp2Inv(slot(2), pair(0, [c0, c1]));
        wasm.fp2Mul(slot(2), slot(2), slot(0));
        expect(read(2)).toEqual(c0 || c1 ? [1n, 0n] : [0n, 0n]);
      }
    }
    // xi is no square, nor is it times a square.
    const xi: [bigint, bigint] = n === 9 ? [9n, 1n] : [1n, 1n];
    for (const c0 of all.filter((v) => v)) {
      const times: [bigint, bigint] = [(xi[0] * c0 * c0) % p, (xi[1] * c0 * c0) % p];
      expect(wasm.fp2Sqrt(slot(1), pair(0, times))).toBe(0);
    }
  });
});
