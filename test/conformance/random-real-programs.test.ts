/**
 * The native Token, Associated Token and Memo programs against the real ELFs: the same random transactions, executed
 *
 *   by the ELFs in Agave's runtime  ==  by the ELFs in our machine        everything, compute units too
 *   by the ELFs in our machine      ==  by the native programs            everything but compute units
 *
 *   REAL_TRANSACTIONS (5000), REAL_SEED (1): a failure is found again by running its seed alone
 */
import { describe, expect, it } from "vitest";
import { realProgramAddresses } from "../../shared/protocol/real-programs.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { Conformance } from "./harness.ts";
import type { AccountState, ExecutionResult } from "./harness-result.ts";
import { Ours } from "./harness-wasm.ts";
import { randomWorkload } from "./random-workload.ts";

const TRANSACTIONS = Number(process.env.REAL_TRANSACTIONS ?? 5_000);
const SEED = Number(process.env.REAL_SEED ?? 1);
const CHUNK = 1_000;
const TOKEN_ASSOCIATED_MEMO = 7;

const CONSUMED = / consumed \d+ of \d+ compute units$/;
/** What is the same whether a program is native or not. */
function visible({ error, landed, fee, returnData, inner, logs, tokenPre, tokenPost }: ExecutionResult) {
  const lines = logs.map((line) => line.replace(CONSUMED, " consumed"));
  return { error, landed, fee, returnData, inner, logs: lines, tokenPre, tokenPost };
}

interface Tally {
  succeeded: number;
  outcomes: Set<string>;
  sameUnits: number;
  ran: number;
}

/** One transaction three times; throws with what differs. */
function runThree(real: Conformance, native: Ours, wire: Uint8Array, tally: Tally): void {
  const { ours } = real.expectSame(wire);
  const { result, record } = native.execute(wire, { ...real.context(), flags: 0 });
  expect(visible(result)).toEqual(visible(ours));
  for (const key of record?.accountKeys ?? []) {
    if (PROGRAMS.has(encodeBase58(key))) continue;
    expect(native.account(key), encodeBase58(key)).toEqual(real.ours.account(key));
  }
  tally.outcomes.add(JSON.stringify(ours.error));
  if (ours.error === null) tally.succeeded += 1;
  if (ours.computeUnits > 0) tally.ran += 1;
  if (ours.computeUnits > 0 && ours.computeUnits === result.computeUnits) tally.sameUnits += 1;
}

const PROGRAMS = new Set(realProgramAddresses(TOKEN_ASSOCIATED_MEMO));

describe("native programs and the real ones", () => {
  it(`do the same in ${TRANSACTIONS} random transactions from seed ${SEED}`, { timeout: 0 }, async () => {
    const real = await Conformance.create({ realPrograms: TOKEN_ASSOCIATED_MEMO });
    const native = new Ours();
    const tally: Tally = { succeeded: 0, outcomes: new Set(), sameUnits: 0, ran: 0 };
    for (let done = 0; done < TRANSACTIONS; done += CHUNK) {
      const seed = SEED + done / CHUNK;
      real.advance();
      const options = { blockhash: real.context().hashes[0]!, associatedToken: true, memo: true };
      const { accounts, transactions } = randomWorkload(seed, Math.min(CHUNK, TRANSACTIONS - done), options);
      for (const { key, ...account } of accounts) {
        real.setAccount(key, account);
        native.setAccount(key, real.ours.account(key) as AccountState);
      }
      for (const [step, wire] of transactions.entries()) {
        try {
          runThree(real, native, wire, tally);
        } catch (error) {
          const again = `REAL_SEED=${seed} REAL_TRANSACTIONS=${CHUNK}`;
          throw new Error(`seed ${seed}, step ${step} (${again}): ${(error as Error).message}`, { cause: error });
        }
      }
    }
    const { succeeded, outcomes, sameUnits, ran } = tally;
    console.log(
      `${succeeded} of ${TRANSACTIONS} succeeded, ${outcomes.size} outcomes; same units in ${sameUnits} of ${ran}`,
    );
    // A workload that only fails, or never fails in new ways, shows nothing.
    expect(succeeded).toBeGreaterThan(TRANSACTIONS / 4);
    expect(outcomes.size).toBeGreaterThan(Math.min(30, TRANSACTIONS / 50));
  });
});
