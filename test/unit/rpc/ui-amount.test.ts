/**
 * Amounts as Rust formats them, and as mints with interest or a multiplier show them. Values of Agave's account-decoder, parse_token.rs,
 * and spl-token-2022's own tests; test/conformance/token-2022-ui-amount.test.ts compares with the program.
 */
import { describe, expect, test } from "vitest";
import { formatFixed, formatShortest } from "../../../shared/rpc/float-text.ts";
import { Float } from "../../../shared/rpc/json.ts";
import { scaledTokenAmount, uiTokenAmount } from "../../../shared/rpc/ui-amount.ts";

const YEAR = 31_556_736n;
const ONE = 10n ** 18n;
const U64_MAX = 2n ** 64n - 1n;

const withInterest = (amount: bigint, decimals: number, before: number, now: number, unixTimestamp: bigint) =>
  scaledTokenAmount(amount, {
    decimals,
    interestBearing: {
      initializationTimestamp: 0n,
      preUpdateAverageRate: before,
      lastUpdateTimestamp: YEAR,
      currentRate: now,
    },
    unixTimestamp,
  });

const times = (amount: bigint, decimals: number, multiplier: number) =>
  scaledTokenAmount(amount, {
    decimals,
    scaledUiAmount: { multiplier: 0, newMultiplierEffectiveTimestamp: 0n, newMultiplier: multiplier },
    unixTimestamp: 0n,
  });

describe("interest", () => {
  test.each([
    [ONE, 18, "1.051271096376024117"],
    [10n * ONE, 18, "10.512710963760241611"],
    [ONE, 19, "0.1051271096376024117"],
    [ONE, 28, "0.0000000001051271096376024175"],
    [10_000_000_000n, 10, "1.0512710964"],
  ])("%d with %d decimals at 5 %% for a year", (amount, decimals, text) => {
    expect(withInterest(amount, decimals, 500, 500, YEAR)).toEqual({
      uiAmount: new Float(Number(text)),
      decimals,
      amount: String(amount),
      uiAmountString: text,
    });
  });
  test("negative, and both netting out", () => {
    expect(withInterest(ONE, 18, -500, -500, YEAR)).toMatchObject({ uiAmountString: "0.951229424500713905" });
    expect(withInterest(ONE, 18, -500, 500, 2n * YEAR)).toMatchObject({ uiAmountString: "1" });
  });
  test("so much that it is infinite has no number in JSON", () => {
    const huge = withInterest(U64_MAX, 0, 32_767, 32_767, YEAR * 1_000n);
    expect(huge).toMatchObject({ uiAmountString: "inf", uiAmount: new Float(Number.POSITIVE_INFINITY) });
  });
  test("over a span that is no i64 there is no amount, as the program has none", () => {
    const nothing = { uiAmount: null, uiAmountString: "", decimals: 0, amount: "1" };
    expect(withInterest(1n, 0, 500, 500, -(2n ** 63n))).toEqual(nothing);
  });
});

describe("a multiplier", () => {
  test("raw 1000, 2 decimals, 2.5", () => {
    expect(times(1_000n, 2, 2.5)).toEqual({
      uiAmount: new Float(25),
      decimals: 2,
      amount: "1000",
      uiAmountString: "25",
    });
  });
  test.each([
    [ONE, 18, 2, "2"],
    [10n * ONE, 18, 2, "20"],
    [1n, 10, 5, "0.0000000005"],
    [101n, 2, 0.99, "0.99"],
    [1n, 0, 1.5, "1"],
    [1n, 3, -0.0001, "-0"],
    [10n, 3, Number.NEGATIVE_INFINITY, "-inf"],
    [10n, 0, Number.NaN, "NaN"],
    [U64_MAX, 0, Number.POSITIVE_INFINITY, "inf"],
  ])("%d with %d decimals times %d", (amount, decimals, multiplier, text) => {
    expect(times(amount, decimals, multiplier)).toMatchObject({ uiAmountString: text });
  });
  test("changes in the second that the mint names", () => {
    const at = (unixTimestamp: bigint) =>
      scaledTokenAmount(1n, {
        decimals: 0,
        scaledUiAmount: { multiplier: 5, newMultiplierEffectiveTimestamp: 1n, newMultiplier: 10 },
        unixTimestamp,
      }).uiAmountString;
    expect([at(-(2n ** 63n)), at(0n), at(1n), at(2n ** 63n - 1n)]).toEqual(["5", "5", "10", "10"]);
  });
});

test("interest goes before a multiplier; a mint with neither shows the raw amount", () => {
  const interestBearing = {
    initializationTimestamp: 0n,
    preUpdateAverageRate: 0,
    lastUpdateTimestamp: 0n,
    currentRate: 0,
  };
  const scaledUiAmount = { multiplier: 2, newMultiplierEffectiveTimestamp: 9n, newMultiplier: 2 };
  const scale = { decimals: 1, interestBearing, scaledUiAmount, unixTimestamp: 1n };
  expect(scaledTokenAmount(10n, scale)).toMatchObject({ uiAmountString: "1" });
  expect(scaledTokenAmount(10n, { ...scale, interestBearing: undefined })).toMatchObject({ uiAmountString: "2" });
  expect(scaledTokenAmount(U64_MAX, { decimals: 20, unixTimestamp: 0n })).toEqual(uiTokenAmount(U64_MAX, 20));
  expect(uiTokenAmount(1_234_567_890n, 20)).toMatchObject({ uiAmount: null, uiAmountString: "0.0000000000123456789" });
});

describe("a float's text", () => {
  test.each([
    [0.5, 0, "0"],
    [1.5, 0, "2"],
    [2.5, 0, "2"],
    [0.125, 2, "0.12"],
    [0.375, 2, "0.38"],
    [0.1, 20, "0.10000000000000000555"],
    [1e22, 1, "10000000000000000000000.0"],
    [5e-324, 3, "0.000"],
    [-0.04, 1, "-0.0"],
    [-0, 0, "-0"],
    [123.456, 0, "123"],
  ])("%d with %d decimals is %s: half to even", (value, decimals, text) => {
    expect(formatFixed(value, decimals)).toBe(text);
  });
  test("the smallest and the largest number, whole", () => {
    expect(formatFixed(5e-324, 1_074)).toMatch(/^0\.0{323}49406564584124654417656879286822137236505980/);
    expect(formatFixed(Number.MAX_VALUE, 0)).toBe(String(BigInt(Number.MAX_VALUE)));
  });
  test.each([
    [2, "2"],
    [2.5, "2.5"],
    [1e21, "1000000000000000000000"],
    [1.25e22, "12500000000000000000000"],
    [1e-7, "0.0000001"],
    [-1.5e-9, "-0.0000000015"],
    [0, "0"],
    [-0, "-0"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-inf"],
  ])("%d has no exponent", (value, text) => {
    expect(formatShortest(value)).toBe(text);
  });
});
