import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { publicKeyOf, SYSTEM_PROGRAM, secretOf } from "../../../infra/load/accounts.ts";
import { Histogram } from "../../../infra/load/histogram.ts";
import { signTransaction, TransferTemplate } from "../../../infra/load/message.ts";
import { makePlan, ROW, zipf } from "../../../infra/load/plan.ts";
import { ByteWriter } from "../../../shared/protocol/bytes.ts";

const options = { seed: "s", accounts: 50, token: false, tps: 1_000, duration: 20, zipf: 1 };

test("a plan is decided by its options, and nobody pays himself", () => {
  const plan = makePlan(options);
  expect(plan.rows.length).toBe(20_000 * ROW);
  expect(makePlan(options).rows).toEqual(plan.rows);
  expect(makePlan({ ...options, seed: "t" }).rows).not.toEqual(plan.rows);
  for (let i = 0; i < plan.rows.length; i += ROW) {
    expect(plan.rows[i]).not.toBe(plan.rows[i + 1]);
    expect(Math.max(plan.rows[i]!, plan.rows[i + 1]!)).toBeLessThan(50);
  }
});

test("ranks come in proportion to 1/r^s", () => {
  for (const s of [0, 0.5, 1, 2]) {
    let state = 0;
    // Numbers that fill [0, 1) evenly.
    const choose = zipf(10, s, () => (state = (state + 0.618_033_988_75) % 1));
    const counts = new Array(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[choose()]++;
    const sum = Array.from({ length: 10 }, (_, r) => (r + 1) ** -s).reduce((a, b) => a + b);
    counts.forEach((count, r) => {
      expect(Math.abs(count / 100_000 - (r + 1) ** -s / sum)).toBeLessThan(0.002);
    });
  }
});

test("a template's transfer is the transaction that its instruction makes, with a good signature", () => {
  const [from, to] = [secretOf("s", 1), secretOf("s", 2)];
  const [payer, payee] = [publicKeyOf(from), publicKeyOf(to)];
  const blockhash = new Uint8Array(32).fill(9);
  const template = new TransferTemplate(false);
  template.setKey(0, payer);
  template.setKey(1, payee);
  template.setBlockhash(blockhash);
  template.setAmount(123_456);
  const accounts = [
    { key: payer, signer: true, writable: true },
    { key: payee, writable: true },
  ];
  const data = new ByteWriter().u32(2).u64(123_456).bytes();
  const signed = signTransaction([from], [{ program: SYSTEM_PROGRAM, accounts, data }], blockhash);
  expect(template.sign(from)).toEqual(signed);
  expect(verify(null, signed.subarray(65), createPublicKey(from), signed.subarray(1, 65))).toBe(true);
});

test("a histogram's percentiles, to 2%, and its bars", () => {
  const histogram = new Histogram();
  expect(histogram.summary()).toMatch(/nothing/);
  expect(histogram.bars()).toEqual([]);
  for (let ms = 1; ms <= 1_000; ms++) histogram.add(ms, 3);
  expect(histogram.count).toBe(3_000);
  for (const p of [1, 50, 90, 99, 100]) {
    expect(Math.abs(histogram.percentile(p) / (p * 10) - 1)).toBeLessThan(0.02);
  }
  expect(histogram.max).toBe(1_000);
  expect(histogram.bars()[0]).toMatch(/^ *0 to 5 ms # +0\.\d%$/);
  const shares = histogram.bars().map((bar) => Number(bar.match(/([\d.]+)%$/)![1]));
  expect(shares.reduce((a, b) => a + b)).toBeCloseTo(100, 0);
  histogram.add(1e9, 1);
  expect(histogram.bars().at(-1)).toMatch(/over 120000 ms #/);
});
