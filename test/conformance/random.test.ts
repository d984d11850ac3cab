/**
 * Random sequences over System, Token, Associated Token and Memo, each transaction here and on Agave's runtime, everything compared after each.
 *   RANDOM_TRANSACTIONS (20000), RANDOM_SEED (1), RANDOM_PROGRAMS ("ata,memo": what takes part besides System and Token)
 */
import { describe, expect, it } from "vitest";
import { wireSignature } from "../../shared/protocol/record.ts";
import { Conformance } from "./harness.ts";
import { randomWorkload, type Workload, type WorkloadOptions } from "./random-workload.ts";

const TRANSACTIONS = Number(process.env.RANDOM_TRANSACTIONS ?? 20_000);
const SEED = Number(process.env.RANDOM_SEED ?? 1);
const PROGRAMS = (process.env.RANDOM_PROGRAMS ?? "ata,memo").split(",");
const options = (blockhash: Uint8Array): WorkloadOptions => ({
  blockhash,
  associatedToken: PROGRAMS.includes("ata"),
  memo: PROGRAMS.includes("memo"),
  version1: 0.3,
});
/** Transactions of one seed: a failure is found again by running its seed alone. */
const CHUNK = 1000;

interface Tally {
  outcomes: Map<string, number>;
  succeeded: number;
}

function run(c: Conformance, seed: number, workload: Workload, tally: Tally): void {
  for (const { key, ...account } of workload.accounts) c.setAccount(key, account);
  for (const [step, wire] of workload.transactions.entries()) {
    let outcome: string;
    try {
      const { ours } = c.expectSame(wire);
      outcome = JSON.stringify(ours.error);
    } catch (error) {
      const again = `RANDOM_SEED=${seed} RANDOM_TRANSACTIONS=${CHUNK}`;
      throw new Error(`seed ${seed}, step ${step} (${again}): ${(error as Error).message}`, { cause: error });
    }
    tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
    if (outcome === "null") tally.succeeded += 1;
  }
}

describe("random sequences", () => {
  it(`${TRANSACTIONS} transactions have the same effects as on Agave, from seed ${SEED}`, async () => {
    const c = await Conformance.create();
    const tally: Tally = { outcomes: new Map(), succeeded: 0 };
    for (let done = 0; done < TRANSACTIONS; done += CHUNK) {
      const seed = SEED + done / CHUNK;
      c.advance();
      const blockhash = c.context().hashes[0]!;
      run(c, seed, randomWorkload(seed, Math.min(CHUNK, TRANSACTIONS - done), options(blockhash)), tally);
    }
    const report = [...tally.outcomes].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${count} ${outcome}`);
    console.log(
      `${tally.succeeded} of ${TRANSACTIONS} succeeded, ${report.length} outcomes:\n${report.slice(0, 25).join("\n")}`,
    );
    // A workload that only fails, or never fails in new ways, shows nothing.
    expect(tally.succeeded).toBeGreaterThan(TRANSACTIONS / 4);
    expect(report.length).toBeGreaterThan(Math.min(30, TRANSACTIONS / 50));
  });

  it("a workload is the same for the same seed, and really signed when asked to be", () => {
    const blockhash = new Uint8Array(32).fill(9);
    const a = randomWorkload(5, 50, options(blockhash));
    expect(randomWorkload(5, 50, options(blockhash))).toEqual(a);
    const signed = randomWorkload(5, 50, { ...options(blockhash), signed: true });
    for (const [i, wire] of signed.transactions.entries()) {
      const unsigned = a.transactions[i]!;
      const { length } = wireSignature(wire);
      expect(length).toBe(64);
      const isV1 = unsigned[0] === 0x81;
      const [from, to] = isV1 ? [0, unsigned.length - 64 * unsigned[1]!] : [1 + 64 * unsigned[0]!, unsigned.length];
      expect(wire.subarray(from, to)).toEqual(unsigned.subarray(from, to));
    }
  });
});
