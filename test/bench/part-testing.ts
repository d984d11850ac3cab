/** Networks inside tests (testing/): how soon one is there, what it holds, what a confirmed transfer takes; LiteSVM in the same run. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import {
  type Address,
  address,
  appendTransactionMessageInstruction,
  createTransactionMessage,
  lamports,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  type Transaction,
} from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";
import { LiteSVM } from "litesvm";
import { startNetwork, type TestNetwork } from "../../testing/index.ts";
import { litesvmRate } from "./litesvm.ts";
import { median } from "./measure.ts";
import type { Bench, PartResult } from "./parts.ts";

const TO = address("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
const STARTS = 40;
const FIRST_STARTS = 3;
const TRANSFERS = 1_000;
const HELD = 20;
const LITESVM_STARTS = 10;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function firstStart(): { readonly loadMs: number; readonly startMs: number } {
  return JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, "testing-first.ts")], { encoding: "utf8" }),
  );
}

async function transferOf(net: TestNetwork, to: Address, amount: bigint) {
  const { value } = await net.rpc.getLatestBlockhash().send();
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (m) => setTransactionMessageFeePayerSigner(net.payer, m),
    (m) => setTransactionMessageLifetimeUsingBlockhash(value, m),
    (m) =>
      appendTransactionMessageInstruction(
        getTransferSolInstruction({ source: net.payer, destination: to, amount: lamports(amount) }),
        m,
      ),
  );
  return signTransactionMessageWithSigners(message);
}

/** Microseconds a transfer: sent, and asked whether it is confirmed. Signing is the client's, before. */
async function transferUs(net: TestNetwork, round: number): Promise<number> {
  const signed: Transaction[] = [];
  for (let i = 0; i < TRANSFERS; i++)
    signed.push((await transferOf(net, TO, BigInt(round * TRANSFERS + i + 1))) as never);
  const ms = await timed(async () => {
    for (const transaction of signed) {
      const { err, slot } = await net.send(transaction);
      if (err !== null || slot === undefined) throw new Error("a transfer was not confirmed");
    }
  });
  return (ms * 1_000) / TRANSFERS;
}

/** MB of this process for each network that is held. */
async function heldMb(): Promise<number> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const all = [];
  for (let seed = 0; seed < HELD; seed++) all.push(await startNetwork({ seed }));
  globalThis.gc?.();
  const held = (process.memoryUsage.rss() - before) / HELD / 1e6;
  await Promise.all(all.map((net) => net.close()));
  return held;
}

export async function testingPart(bench: Bench): Promise<PartResult> {
  const firsts = Array.from({ length: FIRST_STARTS }, firstStart);
  const testStartFirstMs = median(firsts.map(({ startMs }) => startMs));
  await (await startNetwork()).close();
  const held = await heldMb();
  const starts: number[] = [];
  const litesvmStarts: number[] = [];
  for (let seed = 1; seed <= STARTS; seed++) {
    let net: TestNetwork | undefined;
    starts.push(
      await timed(async () => {
        net = await startNetwork({ seed });
      }),
    );
    await net!.close();
    if (seed > LITESVM_STARTS) continue;
    litesvmStarts.push(await timed(async () => new LiteSVM()));
  }
  const testStartMs = median(starts);
  await using net = await startNetwork();
  const rounds: number[] = [];
  for (let round = 0; round <= bench.sizes.rounds; round++) rounds.push(await transferUs(net, round));
  // The first round warms up.
  const testTransferUs = median(rounds.slice(1));
  const litesvmUs = 1e6 / litesvmRate(true, TRANSFERS, 0);
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const us = (value: number) => `${value.toFixed(0)} us`;
  return {
    figures: { testStartMs, testStartFirstMs, testTransferUs },
    detail: { firsts, starts, rounds, heldMb: held, litesvmStartMs: median(litesvmStarts), litesvmUs },
    rows: [
      { name: "start, median", value: ms(testStartMs), beside: `25; litesvm ${ms(median(litesvmStarts))}` },
      { name: "start, the first of a process", value: ms(testStartFirstMs), beside: "300" },
      { name: "memory of a network", value: `${held.toFixed(1)} MB`, beside: "30" },
      { name: "a transfer, confirmed", value: us(testTransferUs), beside: `500; litesvm ${us(litesvmUs)}` },
    ],
  };
}
