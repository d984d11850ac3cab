/** Amounts of mints with interest or a multiplier: ours against AmountToUiAmount of mainnet's Token-2022. UI_AMOUNTS: how many, by kind. */
import { Account, Clock, LiteSvm } from "litesvm/dist/internal.js";
import { describe, expect, it } from "vitest";
import { keyBytes, TOKEN_2022_PROGRAM } from "../../shared/rpc/keys.ts";
import { readMintConfig } from "../../shared/rpc/token-extensions.ts";
import { scaledTokenAmount } from "../../shared/rpc/ui-amount.ts";
import { mintData } from "../unit/rpc/states.ts";
import { extended, interestBearing, scaledUiAmount } from "../unit/rpc/token-2022-states.ts";
import { rawTransaction } from "./harness-message.ts";
import { Random } from "./random-prng.ts";

const AMOUNTS = Number(process.env.UI_AMOUNTS ?? 3_000);
const program = keyBytes(TOKEN_2022_PROGRAM);
const budget = keyBytes("ComputeBudget111111111111111111111111111111");
/** SetComputeUnitLimit of 1,400,000: the longest texts cost more than an instruction has by default. */
const MAX_UNITS = Uint8Array.of(2, 0xc0, 0x5c, 0x15, 0);
const payer = new Uint8Array(32).fill(1);
const mint = new Uint8Array(32).fill(50);

class Program {
  readonly #svm = new LiteSvm();
  constructor() {
    this.#svm.setSigverify(false);
    this.#svm.setBlockhashCheck(false);
    this.#svm.setTransactionHistory(0n);
    this.#svm.setAccount(payer, new Account(10n ** 18n, new Uint8Array(0), new Uint8Array(32), false, 0n));
  }

  /** "": the program fails, and Agave shows this. */
  amountToUiAmount(data: Uint8Array, amount: bigint, unixTimestamp: bigint): string {
    this.#svm.setAccount(mint, new Account(10n ** 10n, data, program, false, 0n));
    this.#svm.setClock(new Clock(1n, 0n, 0n, 1n, unixTimestamp));
    const instruction = new Uint8Array(9);
    instruction[0] = 23;
    new DataView(instruction.buffer).setBigUint64(1, amount, true);
    const wire = rawTransaction({
      header: [1, 0, 3],
      keys: [payer, mint, program, budget],
      blockhash: "11111111111111111111111111111111",
      instructions: [
        { program: 3, accounts: [], data: MAX_UNITS },
        { program: 2, accounts: [1], data: instruction },
      ],
    });
    const answer = this.#svm.sendVersionedTransaction(wire);
    return "err" in answer ? "" : new TextDecoder().decode(new Uint8Array(answer.returnData().data()));
  }
}

const svm = new Program();
const r = new Random(22);
const u64 = () => r.u64() >> BigInt(r.below(64));
/** -1 to 1. */
const fraction = () => Number(r.u64() >> 11n) / 2 ** 52 - 1;
const decimalsOf = () => (r.below(5) === 0 ? r.below(256) : r.below(20));
const seconds = () => 1_600_000_000n + (r.u64() >> 34n);

function check(data: Uint8Array, amount: bigint, unixTimestamp: bigint): string {
  const text = svm.amountToUiAmount(data, amount, unixTimestamp);
  const ours = scaledTokenAmount(amount, { ...readMintConfig(data)!, unixTimestamp });
  expect(ours.uiAmountString, `${Buffer.from(data).toString("hex")} ${amount} ${unixTimestamp}`).toBe(text);
  return text;
}

describe("a mint with a multiplier", () => {
  const data = (decimals: number, multiplier: number, effective: bigint, next: number) =>
    extended(mintData(0n, decimals, null), 1, scaledUiAmount(multiplier, effective, next));

  it("shows raw 1000, 2 decimals, 2.5 as 25", () => {
    expect(check(data(2, 2.5, 0n, 2.5), 1_000n, 1n)).toBe("25");
  });
  it("shows random amounts as the program does", () => {
    const multiplier = () => [fraction() * 10, r.below(1_000) / 100, Math.exp(fraction() * 100)][r.below(3)]!;
    for (let i = 0; i < AMOUNTS; i++) {
      const now = seconds();
      check(data(decimalsOf(), multiplier(), now + BigInt(r.below(3) - 1), multiplier()), u64(), now);
    }
  });
  it("shows multipliers at the edges as the program does", () => {
    const edges = [0, -0, 0.5, 1.5, 5e-324, Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.NaN, -1];
    for (const multiplier of edges) {
      for (const decimals of [0, 1, 9, 255])
        for (const amount of [0n, 1n, 3n, 2n ** 64n - 1n])
          check(data(decimals, multiplier, 0n, multiplier), amount, 0n);
    }
  });
});

describe("a mint that bears interest", () => {
  const data = (decimals: number, initialized: bigint, before: number, updated: bigint, now: number) =>
    extended(mintData(0n, decimals, null), 1, interestBearing(initialized, before, updated, now));

  it("shows random amounts as the program does", () => {
    const rate = () => Math.trunc(fraction() * (r.below(2) === 0 ? 1_000 : 32_768));
    for (let i = 0; i < AMOUNTS; i++) check(data(decimalsOf(), seconds(), rate(), seconds(), rate()), u64(), seconds());
  });
  it("shows rates and spans at the edges as the program does", () => {
    const times = [-(2n ** 63n), -1n, 0n, 31_556_736_000n, 2n ** 63n - 1n];
    for (const rate of [-32_768, 0, 32_767])
      for (const initialized of times)
        for (const updated of times)
          for (const now of times) check(data(2, initialized, rate, updated, rate), 1_234_567n, now);
  });
});
