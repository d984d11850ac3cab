/** sol_curve_validate_point, _group_op and _multiscalar_mul on edwards25519 and Ristretto255, as Agave answers and charges them. */
import { ed25519, ristretto255 } from "@noble/curves/ed25519.js";
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

const FUZZ = Number(process.env.CRYPTO_FUZZ ?? 60);
const EDWARDS = 0;
const RISTRETTO = 1;
const [ADD, SUBTRACT, MULTIPLY] = [0, 1, 2];
const ORDER = ed25519.Point.Fn.ORDER;
const scalar = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, "0")).reverse();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const edwards = (n: number): Uint8Array => ed25519.Point.BASE.multiply(BigInt(n)).toBytes();
const ristretto = (n: number): Uint8Array => ristretto255.Point.BASE.multiply(BigInt(n)).toBytes();
const pointOf = (curve: number, n: number): Uint8Array => (curve === EDWARDS ? edwards(n) : ristretto(n));
const NO_POINT = new Uint8Array(32).fill(5); // of neither curve

let validate: CryptoCall;
let group: CryptoCall;
let sum: CryptoCall;
beforeAll(async () => {
  validate = await CryptoCall.create("sol_curve_validate_point");
  group = await CryptoCall.create("sol_curve_group_op");
  sum = await CryptoCall.create("sol_curve_multiscalar_mul");
});

const validated = (curve: bigint | number, point: Uint8Array): Answer => validate.call([curve, BLOB], point, 0);
const operated = (curve: bigint | number, operation: bigint | number, left: Uint8Array, right: Uint8Array): Answer =>
  group.call([curve, operation, BLOB, BLOB + 32n, RESULT], concat(left, right), 32);

function summed(curve: number, scalars: readonly Uint8Array[], points: readonly Uint8Array[]): Answer {
  const bytes = concat(...scalars, ...points);
  const at = bytes.length > 900 ? LARGE_BLOB : BLOB;
  return sum.call([curve, at, at + 32n * BigInt(scalars.length), points.length, RESULT], bytes, 32);
}

/** The small-order points, and encodings that are not the one RFC 8032 allows. */
const ODD = [
  concat([1], new Uint8Array(31)),
  concat([1], new Uint8Array(30), [0x80]),
  new Uint8Array(32),
  concat([0xec], new Uint8Array(30).fill(0xff), [0x7f]),
  concat([0xec], new Uint8Array(30).fill(0xff), [0xff]),
  concat([0xed], new Uint8Array(30).fill(0xff), [0x7f]),
  concat([0xee], new Uint8Array(30).fill(0xff), [0x7f]),
  concat([0xee], new Uint8Array(30).fill(0xff), [0xff]),
  concat([0xff], new Uint8Array(30).fill(0xff), [0x7f]),
  fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
  fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
];

describe("sol_curve_validate_point", () => {
  it("takes points and refuses the others, at its price", () => {
    const good = validated(EDWARDS, edwards(5));
    expect(good).toMatchObject({ r0: 0n, units: AROUND + 159 + returnCost(0) });
    expect(validated(EDWARDS, NO_POINT)).toMatchObject({ r0: 1n, units: good.units });
    expect(validated(RISTRETTO, ristretto(5))).toMatchObject({ r0: 0n, units: good.units + 10 });
    expect(validated(RISTRETTO, edwards(5)).r0).toBe(1n);
    for (const point of ODD) {
      validated(EDWARDS, point);
      validated(RISTRETTO, point);
    }
  });

  // RFC 9496, appendix A.2 and A.3.
  it("knows the encodings of the first multiples of Ristretto's generator, and those that are none", () => {
    const multiples = [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
      "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    ];
    for (const [i, encoding] of multiples.entries()) {
      expect(validated(RISTRETTO, fromHex(encoding)).r0).toBe(0n);
      const multiple = operated(RISTRETTO, MULTIPLY!, scalar(BigInt(i)), fromHex(multiples[1]!));
      expect(multiple).toMatchObject({ r0: 0n, result: encoding });
    }
    for (const encoding of [
      "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
      "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
      "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]) {
      expect(validated(RISTRETTO, fromHex(encoding)).r0).toBe(1n);
    }
  });

  it("is stopped for a curve that does not exist, before it costs, and for a point it cannot read", () => {
    for (const curve of [2, 3, 7, 0x80, 0x81, 0x100, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(validated(curve, edwards(1)).r0).toBeNull();
    }
    expect(validate.call([EDWARDS, NOWHERE], edwards(1), 0).r0).toBeNull();
    expect(validate.call([RISTRETTO, BLOB + 1n], edwards(1), 0).r0).not.toBeNull();
    expect(validate.call([EDWARDS, BLOB], edwards(1), 0, 300).r0).toBeNull();
    expect(validate.call([EDWARDS, BLOB], edwards(1), 0, 165).r0).toBeNull();
  });
});

describe("sol_curve_group_op", () => {
  it.each([
    [EDWARDS, [473, 475, 2177]],
    [RISTRETTO, [521, 519, 2208]],
  ])("adds, subtracts and multiplies on curve %i, at its prices", (curve, prices) => {
    const base = AROUND + returnCost(32);
    const [p, q] = [pointOf(curve, 7), pointOf(curve, 5)];
    expect(operated(curve, ADD!, p, q)).toMatchObject({
      r0: 0n,
      result: hex(pointOf(curve, 12)),
      units: base + prices[0]!,
    });
    expect(operated(curve, SUBTRACT!, p, q)).toMatchObject({
      r0: 0n,
      result: hex(pointOf(curve, 2)),
      units: base + prices[1]!,
    });
    expect(operated(curve, MULTIPLY!, scalar(6n), p)).toMatchObject({
      r0: 0n,
      result: hex(pointOf(curve, 42)),
      units: base + prices[2]!,
    });
    expect(operated(curve, ADD!, p, p).result).toBe(hex(pointOf(curve, 14)));
    expect(operated(curve, MULTIPLY!, scalar(ORDER - 1n), p).r0).toBe(0n);
    const zero = curve === EDWARDS ? `01${"00".repeat(31)}` : "00".repeat(32);
    expect(operated(curve, SUBTRACT!, p, p).result).toBe(zero);
    expect(operated(curve, MULTIPLY!, scalar(0n), p).result).toBe(zero);
  });

  it("answers 1 for what is no point or no canonical scalar, at the same price, and writes nothing", () => {
    for (const curve of [EDWARDS, RISTRETTO]) {
      const p = pointOf(curve, 3);
      for (const operation of [ADD!, SUBTRACT!]) {
        const { units } = operated(curve, operation, p, p);
        for (const [l, r] of [
          [p, NO_POINT],
          [NO_POINT, p],
        ]) {
          expect(operated(curve, operation, l!, r!)).toMatchObject({ r0: 1n, result: "00".repeat(32), units });
        }
      }
      expect(operated(curve, MULTIPLY!, scalar(5n), NO_POINT).r0).toBe(1n);
      for (const value of [ORDER, ORDER + 1n, 2n ** 255n, 2n ** 256n - 1n]) {
        expect(operated(curve, MULTIPLY!, scalar(value), p).r0).toBe(1n);
      }
      // The result's place is looked at only when there is a result.
      expect(group.call([curve, ADD!, BLOB, BLOB + 32n, NOWHERE], concat(p, NO_POINT), 0).r0).toBe(1n);
      expect(group.call([curve, ADD!, BLOB, BLOB + 32n, NOWHERE], concat(p, p), 0).r0).toBeNull();
      expect(group.call([curve, MULTIPLY!, BLOB, BLOB + 32n, NOWHERE], concat(scalar(1n), p), 0).r0).toBeNull();
    }
  });

  it("computes with points of small order and odd encodings as Agave does", () => {
    for (const point of ODD) {
      for (const operation of [ADD!, SUBTRACT!]) operated(EDWARDS, operation, point, ODD[9]!);
      operated(EDWARDS, MULTIPLY!, scalar(3n), point);
      operated(RISTRETTO, ADD!, point, ristretto(2));
    }
  });

  it("is stopped for curves and operations that do not exist, and for memory that is not there", () => {
    const p = edwards(1);
    for (const curve of [2, 3, 4, 0x84, 2n ** 64n - 1n]) expect(operated(curve, ADD!, p, p).r0).toBeNull();
    for (const operation of [3, 4, 0x80, 2n ** 32n]) {
      expect(operated(EDWARDS, operation, p, p).r0).toBeNull();
      expect(operated(RISTRETTO, operation, p, p).r0).toBeNull();
    }
    expect(group.call([EDWARDS, ADD!, NOWHERE, BLOB, RESULT], p, 0).r0).toBeNull();
    expect(group.call([EDWARDS, ADD!, BLOB, NOWHERE, RESULT], p, 0).r0).toBeNull();
    expect(group.call([EDWARDS, MULTIPLY!, BLOB, BLOB, RESULT], p, 0, 2000).r0).toBeNull();
  });

  it("may write over its inputs", () => {
    const stackless = group.call([EDWARDS, ADD!, BLOB, BLOB + 32n, BLOB], concat(edwards(1), edwards(2)), 0);
    expect(stackless.r0).toBe(0n);
  });
});

describe("sol_curve_multiscalar_mul", () => {
  it.each([
    [EDWARDS, 2273, 758],
    [RISTRETTO, 2303, 788],
  ])("sums 0 to 512 multiples on curve %i, at its price", (curve, first, each) => {
    for (const n of [0, 1, 2, 3, 4, 5, 9, 13, 64, 111, 512]) {
      const points = Array.from({ length: n }, (_, i) => pointOf(curve, (i % 31) + 1));
      const scalars = Array.from({ length: n }, (_, i) =>
        scalar((BigInt(i) * 0x1234567890abcdef1234567890abcdefn) % ORDER),
      );
      const got = summed(curve, scalars, points);
      expect(got.r0).toBe(0n);
      expect(got.units).toBe(AROUND + returnCost(32) + first + each * Math.max(0, n - 1));
      const factor =
        points.reduce((acc, _, i) => acc + BigInt((i % 31) + 1) * BigInt(i) * 0x1234567890abcdef1234567890abcdefn, 0n) %
        ORDER;
      const Point = curve === EDWARDS ? ed25519.Point : ristretto255.Point;
      expect(got.result).toBe(hex(Point.BASE.multiplyUnsafe(factor).toBytes()));
    }
  });

  it("answers 1 when one of many is no point or no scalar", () => {
    for (const curve of [EDWARDS, RISTRETTO]) {
      const points = Array.from({ length: 9 }, (_, i) => pointOf(curve, i + 1));
      const scalars = Array.from({ length: 9 }, (_, i) => scalar(BigInt(i)));
      expect(summed(curve, scalars, points).r0).toBe(0n);
      for (const at of [0, 4, 8]) {
        expect(summed(curve, scalars, points.with(at, NO_POINT)).r0).toBe(1n);
        expect(summed(curve, scalars.with(at, scalar(ORDER)), points).r0).toBe(1n);
      }
    }
  });

  it("is stopped for more than 512 points before anything else, and for a curve that does not exist", () => {
    for (const count of [513, 2n ** 32n, 2n ** 64n - 1n]) {
      expect(sum.call([EDWARDS, BLOB, BLOB, count, RESULT], edwards(1), 0).r0).toBeNull();
      expect(sum.call([99, BLOB, BLOB, count, RESULT], edwards(1), 0).r0).toBeNull();
    }
    for (const curve of [2, 4, 5, 6, 0x85, 2n ** 64n - 1n]) {
      expect(sum.call([curve, BLOB, BLOB, 1, RESULT], edwards(1), 0).r0).toBeNull();
    }
    expect(sum.call([EDWARDS, NOWHERE, BLOB, 1, RESULT], edwards(1), 0).r0).toBeNull();
    expect(sum.call([EDWARDS, BLOB, NOWHERE, 1, RESULT], scalar(1n), 0).r0).toBeNull();
    expect(sum.call([EDWARDS, BLOB, BLOB, 500, RESULT], scalar(1n), 0).r0).toBeNull();
    expect(sum.call([EDWARDS, NOWHERE, NOWHERE, 0, RESULT], scalar(1n), 32).r0).toBe(0n);
    expect(sum.call([EDWARDS, BLOB, BLOB, 1, NOWHERE], scalar(0n), 0).r0).toBeNull();
    expect(sum.call([EDWARDS, BLOB, BLOB, 512, RESULT], scalar(0n), 0, 300_000).r0).toBeNull();
  });
});

it("answers like Agave to random points and scalars", () => {
  const random = randomSource(9496);
  for (let i = 0; i < FUZZ; i++) {
    const curve = i & 1;
    const point = (n: number): Uint8Array => {
      const bytes = random(32);
      if (bytes[0]! < 60) return bytes;
      const p = pointOf(curve, 1 + ((bytes[1]! + n) % 200));
      if (bytes[0]! < 80) p[bytes[2]! % 32]! ^= 1 << (bytes[3]! % 8);
      return p;
    };
    const number = (): Uint8Array => {
      const bytes = random(32);
      bytes[31]! &= bytes[0]! < 230 ? 0x0f : 0xff;
      return bytes;
    };
    validated(curve, point(i));
    operated(curve, i % 2, point(i), point(i + 1));
    operated(curve, MULTIPLY!, number(), point(i));
    const n = random(1)[0]! % 6;
    summed(
      curve,
      Array.from({ length: n }, number),
      Array.from({ length: n }, (_, k) => pointOf(curve, k + 1)),
    );
  }
});
