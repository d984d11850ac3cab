/**
 * Token, Associated Token and Memo: the same random transactions, executed
 *
 *   in Agave's runtime  ==  here, by programs of a shard, always by their ELFs
 *                       ==  here, by carried programs, natively where that is known to be the same        everything, compute units too
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

/** All but the lamports of accounts, which for a carried program's are those of the genesis unless the transaction may write it. */
function visible({ preLamports: _, postLamports: __, ...rest }: ExecutionResult) {
  return rest;
}

interface Tally {
  succeeded: number;
  outcomes: Set<string>;
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
}

const PROGRAMS = new Set(realProgramAddresses(TOKEN_ASSOCIATED_MEMO));

describe("carried programs and those of a shard", () => {
  it(`do the same in ${TRANSACTIONS} random transactions from seed ${SEED}`, { timeout: 0 }, async () => {
    const real = await Conformance.create({ realPrograms: TOKEN_ASSOCIATED_MEMO });
    const native = new Ours();
    const tally: Tally = { succeeded: 0, outcomes: new Set() };
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
    const { succeeded, outcomes } = tally;
    // A workload that only fails, or never fails in new ways, shows nothing.
    expect(succeeded).toBeGreaterThan(TRANSACTIONS / 4);
    expect(outcomes.size).toBeGreaterThan(Math.min(30, TRANSACTIONS / 50));
  });
});
