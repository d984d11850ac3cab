import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { publicKeyOf, SYSTEM_PROGRAM, secretOf, TOKEN_PROGRAM } from "../../../infra/load/accounts.ts";
import { Histogram } from "../../../infra/load/histogram.ts";
import { signTransaction, TransferTemplate } from "../../../infra/load/message.ts";
import { makePlan, ROW, zipf } from "../../../infra/load/plan.ts";
import { ByteWriter } from "../../../shared/protocol/bytes.ts";
import { decodeRecord } from "../../../shared/protocol/record.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { wasmModule } from "../../wasm-module.ts";

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
  const template = new TransferTemplate(false, 0);
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

test.each([false, true])("a template of version 1 is one transaction, with a good signature; of tokens %s", (token) => {
  const from = secretOf("s", 1);
  const keys = [publicKeyOf(from), publicKeyOf(secretOf("s", 2)), publicKeyOf(secretOf("s", 3))].slice(
    0,
    token ? 3 : 2,
  );
  const template = new TransferTemplate(token, 1);
  keys.forEach((key, i) => {
    template.setKey(i, key);
  });
  template.setBlockhash(new Uint8Array(32).fill(9));
  template.setAmount(123_456);
  const wasm = new WasmInstance(wasmModule());
  expect(wasm.call("txParse", template.sign(from))).toBe(0);
  const record = wasm.out();
  expect(wasm.call("txVerifyRecord", record)).toBe(1);
  const tx = decodeRecord(record);
  expect(tx.accountKeys).toEqual([...keys, token ? TOKEN_PROGRAM : SYSTEM_PROGRAM]);
  expect(tx.recentBlockhash).toEqual(new Uint8Array(32).fill(9));
  expect(tx.config).toEqual({
    priorityFee: null,
    computeUnitLimit: 10_000,
    loadedAccountsDataSizeLimit: 1 << 20,
    heapSize: null,
  });
  const data = token ? new ByteWriter().u8(3) : new ByteWriter().u32(2);
  expect(tx.instructions).toEqual([
    {
      programIdIndex: keys.length,
      accounts: Uint8Array.from(token ? [1, 2, 0] : [0, 1]),
      data: data.u64(123_456).bytes(),
    },
  ]);
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
