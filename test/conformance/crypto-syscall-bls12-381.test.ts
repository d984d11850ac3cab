/** BLS12-381 in sol_curve_validate_point, _group_op, _decompress and _pairing_map (SIMD-0388), as Agave answers and charges them. */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { beforeAll, describe, expect, it } from "vitest";
import { randomSource } from "../unit/crypto/compile.ts";
import {
  type Answer,
  AROUND,
  BLOB,
  CryptoCall,
  concat,
  fromHex,
  LARGE_BLOB,
  NOWHERE,
  RESULT,
  returnCost,
} from "./crypto-fixture.ts";

const FUZZ = Number(process.env.CRYPTO_FUZZ ?? 30);
const BIG = 0x80;
const [PAIRING, G1, G2] = [4, 5, 6] as const;
const [ADD, SUBTRACT, MULTIPLY] = [0, 1, 2] as const;
const { Fp, Fp2, Fr } = bls12_381.fields;
const P = Fp.ORDER;
const R = Fr.ORDER;
type Two = { c0: bigint; c1: bigint };

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const number = (value: bigint, length: number): Uint8Array => fromHex(value.toString(16).padStart(length * 2, "0"));
const fp = (value: bigint): Uint8Array => number(value, 48);
const scalar = (value: bigint): Uint8Array => number(value, 32);
function turned(bytes: Uint8Array, size: number): Uint8Array {
  const out = bytes.slice();
  for (let at = 0; at < out.length; at += size) out.subarray(at, at + size).reverse();
  return out;
}
const coordinate = (curve: number): number => (curve === G2 ? 96 : 48);
const INFINITY = (size: number): Uint8Array => concat([0x40], new Uint8Array(size - 1));
const g1Bytes = (x: bigint, y: bigint): Uint8Array => concat(fp(x), fp(y));
const g2Bytes = (x: Two, y: Two): Uint8Array => concat(fp(x.c1), fp(x.c0), fp(y.c1), fp(y.c0));
function point(curve: number, n: number | bigint): Uint8Array {
  if (curve === G1) {
    if (!n) return INFINITY(96);
    const { x, y } = bls12_381.G1.Point.BASE.multiply(BigInt(n)).toAffine();
    return g1Bytes(x, y);
  }
  if (!n) return INFINITY(192);
  const { x, y } = bls12_381.G2.Point.BASE.multiply(BigInt(n)).toAffine();
  return g2Bytes(x, y);
}
/** A point of the curve that is not in the group. */
function outside(curve: number): Uint8Array {
  for (let i = 1n; ; i++) {
    try {
      if (curve === G1) return g1Bytes(i, Fp.sqrt(Fp.add(i ** 3n, 4n)));
      const x = { c0: i, c1: 1n };
      return g2Bytes(x, Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), { c0: 4n, c1: 4n })));
    } catch {
      // no point with this x
    }
  }
}

let validate: CryptoCall;
let group: CryptoCall;
let decompress: CryptoCall;
let pairing: CryptoCall;
beforeAll(async () => {
  validate = await CryptoCall.create("sol_curve_validate_point");
  group = await CryptoCall.create("sol_curve_group_op");
  decompress = await CryptoCall.create("sol_curve_decompress");
  pairing = await CryptoCall.create("sol_curve_pairing_map");
});

/** All take big-endian bytes, call in both endiannesses, and expect the same r0 and the same result, turned around. */
function same(big: Answer, little: Answer, chunk: number): Answer {
  expect(little.r0).toBe(big.r0);
  expect(little.units).toBe(big.units);
  if (big.r0 === 0n) expect(hex(turned(fromHex(little.result), chunk))).toBe(big.result);
  return big;
}
function validated(curve: number, bytes: Uint8Array): Answer {
  const size = coordinate(curve);
  return same(validate.call([curve | BIG, BLOB], bytes, 0), validate.call([curve, BLOB], turned(bytes, size), 0), size);
}
function operated(curve: number, operation: number, left: Uint8Array, right: Uint8Array): Answer {
  const size = coordinate(curve);
  const args = [operation, BLOB, BLOB + BigInt(left.length), RESULT] as const;
  const turnedLeft = operation === MULTIPLY ? turned(left, 32) : turned(left, size);
  return same(
    group.call([curve | BIG, ...args], concat(left, right), 2 * size),
    group.call([curve, ...args], concat(turnedLeft, turned(right, size)), 2 * size),
    size,
  );
}
function decompressed(curve: number, bytes: Uint8Array): Answer {
  const size = coordinate(curve);
  const big = decompress.call([curve | BIG, BLOB, RESULT], bytes, 2 * size);
  return same(big, decompress.call([curve, BLOB, RESULT], turned(bytes, size), 2 * size), size);
}
function paired(pairs: readonly [Uint8Array, Uint8Array][]): Answer {
  const n = pairs.length;
  const g1 = concat(...pairs.map(([p]) => p));
  const g2 = concat(...pairs.map(([, q]) => q));
  const bytes = concat(g1, g2);
  const at = bytes.length > 900 ? LARGE_BLOB : BLOB;
  const args = [n, at, at + BigInt(g1.length), RESULT] as const;
  const big = pairing.call([PAIRING | BIG, ...args], bytes, 576);
  const little = pairing.call([PAIRING, ...args], concat(turned(g1, 48), turned(g2, 96)), 576);
  return same(big, little, 576);
}
function compressed(curve: number, bytes: Uint8Array): Uint8Array {
  const size = coordinate(curve);
  const out = bytes.slice(0, size);
  out[0]! |= 0x80;
  if (bytes[0]! & 0x40) return out;
  const y = bytes.slice(size);
  const values = curve === G1 ? [y] : [y.slice(0, 48), y.slice(48)];
  const first = values.map((v) => BigInt(`0x${hex(v)}`)).find((v) => v !== 0n)!;
  if (first > P - first) out[0]! |= 0x20;
  return out;
}

const PRICES = {
  [G1]: { validate: 1565, operations: [128, 129, 4627], decompress: 2100 },
  [G2]: { validate: 1968, operations: [203, 204, 8255], decompress: 3050 },
};

describe.each([G1, G2])("curve %i", (curve) => {
  const size = 2 * coordinate(curve);
  const prices = PRICES[curve];

  it("validates points of the group and infinity, at its price", () => {
    const units = AROUND + returnCost(0) + prices.validate;
    for (const n of [0n, 1n, 2n, 99n, R - 1n])
      expect(validated(curve, point(curve, n))).toMatchObject({ r0: 0n, units });
    expect(validated(curve, outside(curve))).toMatchObject({ r0: 1n, units });
    const beside = point(curve, 3);
    beside[size - 1]! ^= 1;
    expect(validated(curve, beside).r0).toBe(1n);
    expect(validated(curve, new Uint8Array(size)).r0).toBe(1n);
  });

  it("knows one encoding of a point only: flags, coordinates of p and more, what is behind infinity", () => {
    for (const flags of [0x20, 0x40, 0x60, 0x80, 0xa0, 0xc0, 0xe0]) {
      for (const n of [0, 5]) {
        const bytes = point(curve, n);
        bytes[0]! = (bytes[0]! & 0x1f) | flags;
        validated(curve, bytes);
        operated(curve, ADD, bytes, point(curve, 1));
        operated(curve, MULTIPLY, scalar(2n), bytes);
        const onY = point(curve, 5);
        onY[coordinate(curve)]! |= flags;
        expect(operated(curve, ADD, onY, point(curve, 1)).r0).toBe(1n);
      }
    }
    const soiled = INFINITY(size);
    soiled[size - 1] = 1;
    expect(validated(curve, soiled).r0).toBe(1n);
    expect(operated(curve, ADD, soiled, point(curve, 1)).r0).toBe(1n);
    for (let at = 0; at < size; at += 48) {
      const large = point(curve, 5);
      const value = BigInt(`0x${hex(large.slice(at, at + 48))}`);
      if (value + P < 2n ** 381n) large.set(fp(value + P), at);
      else large.set(fp(P), at);
      expect(operated(curve, ADD, large, point(curve, 1)).r0).toBe(1n);
    }
  });

  it("adds and subtracts on the whole curve, multiplies in the group, at its prices", () => {
    const units = (operation: number) => AROUND + returnCost(size) + prices.operations[operation]!;
    const [p, q] = [point(curve, 7), point(curve, 5)];
    expect(operated(curve, ADD, p, q)).toMatchObject({ r0: 0n, result: hex(point(curve, 12)), units: units(ADD) });
    expect(operated(curve, SUBTRACT, p, q)).toMatchObject({
      r0: 0n,
      result: hex(point(curve, 2)),
      units: units(SUBTRACT),
    });
    expect(operated(curve, ADD, p, p).result).toBe(hex(point(curve, 14)));
    expect(operated(curve, SUBTRACT, p, p).result).toBe(hex(INFINITY(size)));
    expect(operated(curve, ADD, p, point(curve, 0)).result).toBe(hex(p));
    expect(operated(curve, SUBTRACT, point(curve, 0), p).result).toBe(hex(point(curve, R - 7n)));
    expect(operated(curve, ADD, point(curve, 0), point(curve, 0)).result).toBe(hex(INFINITY(size)));
    const other = outside(curve);
    expect(operated(curve, ADD, other, p).r0).toBe(0n);
    expect(operated(curve, SUBTRACT, other, other).r0).toBe(0n);
    expect(operated(curve, ADD, other, other).r0).toBe(0n);
    expect(operated(curve, MULTIPLY, scalar(6n), p)).toMatchObject({
      r0: 0n,
      result: hex(point(curve, 42)),
      units: units(MULTIPLY),
    });
    expect(operated(curve, MULTIPLY, scalar(0n), p).result).toBe(hex(INFINITY(size)));
    expect(operated(curve, MULTIPLY, scalar(R - 1n), p).result).toBe(hex(point(curve, R - 7n)));
    expect(operated(curve, MULTIPLY, scalar(9n), point(curve, 0)).result).toBe(hex(INFINITY(size)));
    expect(operated(curve, MULTIPLY, scalar(2n), other)).toMatchObject({ r0: 1n, units: units(MULTIPLY) });
    for (const bad of [R, R + 1n, 2n ** 255n, 2n ** 256n - 1n])
      expect(operated(curve, MULTIPLY, scalar(bad), p).r0).toBe(1n);
  });

  it("refuses points with x = 0, as blst does", () => {
    const zero = curve === G1 ? g1Bytes(0n, 2n) : g2Bytes({ c0: 0n, c1: 0n }, { c0: 2n, c1: 0n });
    operated(curve, ADD, zero, point(curve, 1));
    operated(curve, SUBTRACT, point(curve, 1), zero);
    operated(curve, ADD, zero, zero);
    validated(curve, zero);
    const small = new Uint8Array(coordinate(curve));
    small[0] = 0x80;
    decompressed(curve, small);
    small[0] = 0xa0;
    decompressed(curve, small);
  });

  it("decompresses points of the group, at its price", () => {
    const units = AROUND + returnCost(size) + prices.decompress;
    for (const n of [0n, 1n, 2n, 3n, 4n, R - 1n]) {
      expect(decompressed(curve, compressed(curve, point(curve, n)))).toMatchObject({
        r0: 0n,
        result: hex(point(curve, n)),
        units,
      });
    }
    expect(decompressed(curve, compressed(curve, outside(curve)))).toMatchObject({ r0: 1n, units });
    for (const flags of [0x00, 0x20, 0x40, 0x60, 0x80, 0xa0, 0xc0, 0xe0]) {
      for (const n of [0, 5]) {
        const bytes = compressed(curve, point(curve, n));
        bytes[0]! = (bytes[0]! & 0x1f) | flags;
        decompressed(curve, bytes);
      }
    }
    const soiled = compressed(curve, INFINITY(size));
    soiled[coordinate(curve) - 1] = 1;
    expect(decompressed(curve, soiled).r0).toBe(1n);
    for (let x = 0n; x < 8n; x++) {
      const bytes = new Uint8Array(coordinate(curve));
      bytes.set(fp(x), bytes.length - 48);
      bytes[0]! |= 0x80;
      decompressed(curve, bytes);
    }
    const large = new Uint8Array(coordinate(curve));
    large.set(fp(P), large.length - 48);
    large[0]! |= 0x80;
    expect(decompressed(curve, large).r0).toBe(1n);
  });

  it("is stopped by operations that do not exist and memory that is not there; a result's place is looked at last", () => {
    const p = point(curve, 1);
    for (const flag of [0, BIG]) {
      for (const operation of [3, 0x80, 2n ** 32n])
        expect(group.call([curve | flag, operation, BLOB, BLOB, RESULT], p, 0).r0).toBeNull();
    }
    const args = [curve | BIG, ADD, BLOB, BLOB] as const;
    expect(group.call([...args, NOWHERE], p, 0).r0).toBeNull();
    expect(group.call([...args, NOWHERE], new Uint8Array(size), 0).r0).toBe(1n);
    expect(group.call([curve | BIG, ADD, NOWHERE, BLOB, RESULT], p, 0).r0).toBeNull();
    expect(group.call([curve | BIG, ADD, BLOB, NOWHERE, RESULT], p, 0).r0).toBeNull();
    expect(validate.call([curve | BIG, NOWHERE], p, 0).r0).toBeNull();
    expect(validate.call([curve | BIG, BLOB], p, 0, 1_000).r0).toBeNull();
    expect(group.call([curve | BIG, MULTIPLY, BLOB, BLOB, RESULT], p, 0, 4_000).r0).toBeNull();
    const small = compressed(curve, p);
    expect(decompress.call([curve | BIG, NOWHERE, RESULT], small, 0).r0).toBeNull();
    expect(decompress.call([curve | BIG, BLOB, NOWHERE], small, 0).r0).toBeNull();
    expect(decompress.call([curve | BIG, BLOB, NOWHERE], new Uint8Array(size), 0).r0).toBe(1n);
  });
});

describe("sol_curve_pairing_map", () => {
  const identity = `${"00".repeat(575)}01`;
  const pair = (a: number | bigint, b: number | bigint): [Uint8Array, Uint8Array] => [point(G1, a), point(G2, b)];

  it("pairs none to eight, at its price", () => {
    for (const n of [0, 1, 2, 3, 8]) {
      const got = paired(Array.from({ length: n }, (_, i) => pair(i + 1, i + 2)));
      expect(got).toMatchObject({ r0: 0n, units: AROUND + returnCost(576) + 25_445 + 13_023 * Math.max(0, n - 1) });
    }
    expect(paired([]).result).toBe(identity);
  });

  it("is bilinear; infinity counts as one", () => {
    expect(paired([pair(6, 1)]).result).toBe(paired([pair(2, 3)]).result);
    expect(paired([pair(6, 1), pair(R - 2n, 3)]).result).toBe(identity);
    expect(paired([pair(0, 5)]).result).toBe(identity);
    expect(paired([pair(5, 0)]).result).toBe(identity);
    expect(paired([pair(0, 0), pair(1, 1), pair(7, 0)]).result).toBe(paired([pair(1, 1)]).result);
  });

  it("answers 1 for nine and more, and for a point that is not of its group", () => {
    expect(paired(Array.from({ length: 9 }, () => pair(1, 1))).r0).toBe(1n);
    expect(paired([[outside(G1), point(G2, 1)]]).r0).toBe(1n);
    expect(paired([[point(G1, 1), outside(G2)]]).r0).toBe(1n);
    expect(paired([[INFINITY(96), outside(G2)]]).r0).toBe(1n);
    expect(paired([pair(1, 1), [new Uint8Array(96), point(G2, 1)]]).r0).toBe(1n);
  });

  it("is stopped by other curves, memory that is not there and units it does not have", () => {
    const bytes = concat(...pair(1, 1));
    for (const curve of [0, 1, 5, 6, 0x85, 0x86, 0x104, 2n ** 64n - 1n]) {
      expect(pairing.call([curve, 1, BLOB, BLOB + 96n, RESULT], bytes, 0).r0).toBeNull();
      if (curve !== 5 && curve !== 6 && curve !== 0x85 && curve !== 0x86) {
        expect(decompress.call([curve, BLOB, RESULT], bytes, 0).r0).toBeNull();
      }
    }
    const args = [PAIRING | BIG, 1] as const;
    expect(pairing.call([...args, NOWHERE, BLOB, RESULT], bytes, 0).r0).toBeNull();
    expect(pairing.call([...args, BLOB, NOWHERE, RESULT], bytes, 0).r0).toBeNull();
    expect(pairing.call([...args, BLOB, BLOB + 96n, NOWHERE], bytes, 0).r0).toBeNull();
    expect(pairing.call([...args, BLOB + 1n, BLOB + 96n, NOWHERE], bytes, 0).r0).toBe(1n);
    for (const count of [50, 100, 200, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(pairing.call([PAIRING, count, BLOB, BLOB, RESULT], bytes, 0).r0).toBeNull();
    }
    expect(pairing.call([...args, BLOB, BLOB + 96n, RESULT], bytes, 0, 20_000).r0).toBeNull();
  });
});

it("answers like Agave to random points and scalars", () => {
  const random = randomSource(381);
  const byte = (): number => random(1)[0]!;
  const spoil = (bytes: Uint8Array): Uint8Array => {
    if (byte() < 60) bytes[byte() % bytes.length]! ^= 1 << (byte() % 8);
    return bytes;
  };
  for (let i = 0; i < FUZZ; i++) {
    const curve = i & 1 ? G1 : G2;
    const any = () => (byte() < 40 ? outside(curve) : point(curve, byte() % 30));
    operated(curve, ADD, spoil(any()), any());
    operated(curve, SUBTRACT, any(), spoil(any()));
    validated(curve, spoil(any()));
    decompressed(curve, spoil(compressed(curve, any())));
    const bytes = random(coordinate(curve));
    bytes[0]! = 0x80 | (bytes[0]! & 0x2f);
    decompressed(curve, bytes);
    if (i % 4 < 2) operated(curve, MULTIPLY, spoil(scalar(BigInt(`0x${hex(random(32))}`) % R)), any());
    if (i % 8 === 0) paired([[point(G1, byte()), spoil(point(G2, byte() % 20))]]);
  }
});
