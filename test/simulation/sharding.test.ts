/**
 * Sharding never shows: the same workload on 1, 2, 4 and 8 shards, and one transaction after another on the reference executor, gives the same
 * blocks, the same results byte for byte and the same accounts. SHARDING_SEEDS: how many workloads (6).
 */

import { describe, expect, it } from "vitest";
import { decodeBlock } from "../../shared/protocol/block.ts";
import type { PlannerPort } from "../../shared/scheduling/planner-port.ts";
import { sizeEntry } from "../../shared/state/account-sizes.ts";
import { type Account, decodeAccountList } from "../../shared/state/accounts.ts";
import { CARRIED } from "../carried-programs.ts";
import { randomWorkload } from "../conformance/random-workload.ts";
import { SYSTEM } from "../conformance/random-world.ts";
import { Dice } from "./dice.ts";
import { programAccounts } from "./programs.ts";
import { type Outcome, play } from "./scenario.ts";
import { type Batch, transactionOf, type WantedTransaction } from "./workload.ts";
import { hex, plainAccounts } from "./world.ts";

const SEEDS = Number(process.env.SHARDING_SEEDS ?? 6);
const TRANSACTIONS = 600;
const SHARDS = [1, 2, 4, 8];
/** Transactions submitted together: one frame, one block. */
const BATCH = 60;

function workloadOf(seed: number): { batches: Batch[]; accounts: Account[] } {
  const made = randomWorkload(1000 + seed, TRANSACTIONS, {
    blockhash: SYSTEM,
    associatedToken: true,
    memo: true,
    version1: 0.25,
  });
  const tokenAccounts = made.accounts.map(({ key, owner, lamports, data }) => ({
    key,
    owner,
    lamports,
    data,
    rentEpoch: (1n << 64n) - 1n,
    executable: false,
  }));
  const accounts = [...plainAccounts(), ...programAccounts(), ...tokenAccounts];
  const dice = new Dice(seed);
  const tokens = { accounts, transactions: made.transactions };
  const shape = { transactions: TRANSACTIONS, lanes: 1, activeMs: 0, tokens, programs: true };
  const wanted = (number: number): WantedTransaction =>
    dice.chance(`only tokens ${number}`, 0.5)
      ? { number, wire: made.transactions[number]!, freshness: "recent" }
      : transactionOf(dice, shape, number);
  const batches = Array.from({ length: TRANSACTIONS / BATCH }, (_, i) => ({
    atMs: i * 1000,
    submissions: [{ lane: 0, afterMs: 0 }],
    transactions: Array.from({ length: BATCH }, (_, j) => wanted(i * BATCH + j)),
  }));
  return { batches, accounts };
}

interface Visible {
  readonly blocks: readonly { readonly frame: string; readonly results: string; readonly header: string }[];
  readonly accounts: ReadonlyMap<string, string>;
}

/** What of a run may not depend on the number of shards: headers, bodies, results and accounts. */
function visible({ cluster }: Outcome): Visible {
  const blocks = [...cluster.blocks().values()].map((bytes) => {
    const block = decodeBlock(bytes);
    return { frame: hex(block.frame), results: hex(block.results), header: hex(block.header) };
  });
  const keys = new Map(cluster.knownKeys().map((key) => [hex(key), key]));
  const changed = [...keys.values()].map((key) => {
    const machine = cluster.shards[cluster.shardOf(key)]!.machine!;
    return hex(machine.read(key, Number.MAX_SAFE_INTEGER).slice(8));
  });
  return { blocks, accounts: new Map(changed.sort().map((account) => [account.slice(0, 64), account])) };
}

/** `realPrograms`: flags of the programs that are not carried but borrowed from their shards. */
function run(seed: number, shards: number, realPrograms = 0): Outcome {
  const { batches, accounts } = workloadOf(seed);
  accounts.push(...decodeAccountList(CARRIED)!);
  const outcome = play({
    seed,
    shape: { shards, accounts, slotMs: 50, realPrograms },
    workload: batches,
    prepare: (p) => {
      p.acted++;
    },
  });
  // The oracle has executed every block on the reference executor and compared results and accounts.
  if (outcome.failure) throw outcome.failure;
  return outcome;
}

/** Names of a run that must look alike on all numbers of shards. */
const RUNS: readonly (readonly [string, number, number])[] = [
  ...Array.from({ length: SEEDS }, (_, i) => [`workload ${i + 1}`, i + 1, 0] as const),
  ["workload 1 with Token, Associated Token and Memo on shards only", 1, 7],
];

describe("the number of shards does not show", () => {
  for (const [name, seed, realPrograms] of RUNS) {
    it(name, () => {
      const one = run(seed, 1, realPrograms);
      const expected = visible(one);
      expect(one.verdict!.landed).toBeGreaterThan(TRANSACTIONS / 2);
      expect(expected.accounts.size).toBeGreaterThan(50);
      for (const shards of SHARDS.slice(1)) {
        const outcome = run(seed, shards, realPrograms);
        expect(outcome.verdict!.crossShardSlots).toBeGreaterThan(0);
        const seen = visible(outcome);
        expect(seen.blocks.length).toBe(expected.blocks.length);
        for (const [slot, block] of expected.blocks.entries()) expect(seen.blocks[slot], `slot ${slot}`).toEqual(block);
        expect([...seen.accounts]).toEqual([...expected.accounts]);
      }
    });
  }
});

/** Runs of one block with shards, chance and placements of their own. */
const PLACEMENTS = Number(process.env.PLACEMENTS ?? 20);

it("the header and results of a block are the same bytes whatever the number of shards and the placement", () => {
  const { batches, accounts } = workloadOf(7);
  accounts.push(...decodeAccountList(CARRIED)!);
  const seen = new Set<string>();
  const groups = new Set<string>();
  for (let round = 0; round < PLACEMENTS; round++) {
    const dice = new Dice(round);
    const placed = (planner: PlannerPort): PlannerPort => {
      // A size hint moves an account's group to the shard of the account.
      for (const { key } of accounts) {
        if (dice.chance(`hint ${hex(key)}`, 0.3))
          planner.noteSizes(sizeEntry(key, dice.below(`size ${hex(key)}`, 100_000)));
      }
      return planner;
    };
    const outcome = play({
      // The clients' chance: what is in the block.
      seed: 7,
      shape: { shards: 1 + dice.below("shards", 16), accounts, slotMs: 50 },
      workload: batches.slice(0, 1),
      sabotage: { planner: placed },
      onMessage: (_play, from, to, { type }) => {
        if (type === "loan") groups.add(`${round} ${from} ${to}`);
        return undefined;
      },
      prepare: (p) => {
        p.acted++;
      },
    });
    if (outcome.failure) throw outcome.failure;
    const { blocks } = visible(outcome);
    expect(blocks.length).toBeGreaterThan(1);
    seen.add(blocks.map(({ header, frame, results }) => `${header} ${frame} ${results}`).join("\n"));
  }
  expect(seen.size).toBe(1);
  expect(groups.size).toBeGreaterThan(PLACEMENTS);
});
