/** GetAccountDataSize, AmountToUiAmount, UiAmountToAmount: return data. */
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "./random-prng.ts";
import { cut, type Expected, K, readonly, TokenBench, TokenError, token, u64, without } from "./token-fixture.ts";

let t: TokenBench;
beforeAll(async () => {
  t = await TokenBench.create();
});

const mint = [readonly(K.mint)];
const toUi = (amount: bigint) => token(23, u64(amount), mint);
const fromUi = (text: string | Uint8Array) =>
  token(24, typeof text === "string" ? new TextEncoder().encode(text) : text, mint);
const MAX = 2n ** 64n - 1n;

function returned(expected: Expected, ix: ReturnType<typeof toUi>): string {
  const { ours } = t.check(expected, ix);
  return new TextDecoder().decode(ours.returnData?.data);
}

describe.each([
  ["GetAccountDataSize", 21, []],
  ["AmountToUiAmount", 23, u64(5)],
  ["UiAmountToAmount", 24, [0x35]],
])("%s", (_, form, payload) => {
  it("wants a mint", () => {
    t.fresh(null, token(form, payload, mint));
    t.fresh("NotEnoughAccountKeys", token(form, payload, []));
    t.fresh("IncorrectProgramId", token(form, payload, [readonly(K.alice)]));
    t.fresh(TokenError.InvalidMint, token(form, payload, [readonly(K.source)]));
    t.fresh(TokenError.InvalidMint, token(form, payload, [readonly(K.blankMint)]));
    t.fresh(null, token(form, payload, [...mint, readonly(K.carol)]));
  });
});

describe("GetAccountDataSize", () => {
  it("answers 165, whatever extensions are asked for", () => {
    t.reset();
    const { ours } = t.check(null, token(21, [7, 0], mint));
    expect(ours.returnData?.data).toEqual(Uint8Array.from([165, 0, 0, 0, 0, 0, 0, 0]));
  });
});

describe("AmountToUiAmount", () => {
  it("formats every number of decimals", () => {
    for (let decimals = 0; decimals <= 255; decimals++) {
      t.setMint({ decimals });
      for (const amount of [0n, 1n, 10n, 1_000_000n, 123_450_000n, MAX]) t.check(null, toUi(amount));
    }
    t.setMint({ decimals: 6 });
    expect(returned(null, toUi(123_450_000n))).toBe("123.45");
    expect(returned(null, toUi(100n))).toBe("0.0001");
    expect(returned(null, toUi(0n))).toBe("0");
  });

  it("formats random amounts", () => {
    const r = new Random(3);
    for (let i = 0; i < 300; i++) {
      t.setMint({ decimals: r.below(24) });
      t.check(null, toUi(r.u64() >> BigInt(r.below(64))));
    }
  });

  it("needs eight bytes", () => {
    t.reset();
    for (const bytes of [1, 2, 8]) t.check(TokenError.InvalidInstruction, cut(toUi(1n), bytes));
    t.check(TokenError.InvalidInstruction, without(cut(toUi(1n), 1), 0));
  });
});

describe("UiAmountToAmount", () => {
  it.each([
    ..."0 00 1 1. .5 0.5 1.500000 007 +5 +.5 .+5 +0".split(" "),
    "18446744073709.551615",
    "0.000000000000000000000",
  ])("reads %s", (text) => {
    t.reset();
    t.check(null, fromUi(text));
  });

  it.each([
    "",
    ".",
    ".0",
    "..",
    "1.2.3",
    "1..",
    "-1",
    "-",
    "+",
    "1e3",
    " 1",
    "1 ",
    "0x1",
    "1,5",
    "٣",
    "1.0000001",
    "18446744073709.551616",
    "99999999999999999999",
    "1.-5",
    "1\u0000",
  ])("handles %j as Agave does", (text) => {
    t.reset();
    t.both(text, fromUi(text));
  });

  it("for every number of decimals", () => {
    for (let decimals = 0; decimals <= 255; decimals += 5) {
      t.setMint({ decimals });
      for (const text of ["1", "0", ".5", "+", "1.", "0".repeat(257 - decimals), "0".repeat(258 - decimals)]) {
        t.both(`${text}, ${decimals} decimals`, fromUi(text));
      }
    }
  });

  it("random texts of its alphabet", () => {
    const r = new Random(4);
    for (let i = 0; i < 500; i++) {
      t.setMint({ decimals: r.below(12) });
      const text = Array.from({ length: r.below(12) }, () => r.pick([..."00123456789...+-"])).join("");
      t.both(text, fromUi(text));
    }
  });

  it.each([
    [0x80],
    [0xc0, 0x80],
    [0xc2],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x80, 0x80, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xe2, 0x82],
    [0x31, 0xff],
  ])("refuses what is not UTF-8: %j", (...bytes) => {
    t.fresh(TokenError.InvalidInstruction, fromUi(Uint8Array.from(bytes)));
  });

  it.each(["é", "€", "𝄞", "\u{10ffff}", "\u{d7ff}"])("knows UTF-8 that is no number: %s", (text) => {
    t.fresh("InvalidArgument", fromUi(text));
  });
});
