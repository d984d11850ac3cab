/**
 * Random workloads over System, Token, Associated Token and Memo, from a seed: accounts to start with and signed wire transactions.
 * Most transactions are meant to succeed; hot and shared accounts, poor payers, wrong signers, duplicates, accounts of the wrong kind, overflowing
 * amounts and a failing instruction at the end (nothing of the transaction may stay) are mixed in. The generator never sees a result, so
 * the same workload can be run on any number of shards.
 */

import {
  missingProgram,
  randomAssociatedTokenInstruction,
  randomBudgetInstruction,
  randomConfig,
  randomMemoInstruction,
  randomRecoverNested,
} from "./random-other.ts";
import { Random } from "./random-prng.ts";
import { randomSystemInstruction, reviveTokenAccount } from "./random-system.ts";
import { randomTokenInstruction } from "./random-token.ts";
import { encodeTransaction, type Ix, type Sign } from "./random-wire.ts";
import { World, type WorldAccount } from "./random-world.ts";

export interface WorkloadOptions {
  /** Of every transaction. */
  blockhash: Uint8Array;
  /** Real ed25519 signatures; otherwise signatures are only different from each other. */
  signed?: boolean;
  associatedToken?: boolean;
  memo?: boolean;
  /** Share of version 1 transactions (SIMD-0385), from 0 to 1. */
  version1?: number;
}

export interface Workload {
  accounts: WorldAccount[];
  transactions: Uint8Array[];
}

/** A signature that no other transaction has, in place of a real one. */
function counterSign(seed: number): Sign {
  let counter = 0;
  return () => {
    const signature = new Uint8Array(64);
    const view = new DataView(signature.buffer);
    view.setUint32(0, seed);
    view.setUint32(4, ++counter);
    return signature;
  };
}

/** Now and then an account is named again, in the place of another one or behind the others. */
function repeatAccounts(r: Random, instruction: Ix): void {
  const { accounts } = instruction;
  if (accounts.length < 2 || !r.chance(0.05)) return;
  const again = r.pick(accounts);
  if (r.chance(0.5)) accounts[r.below(accounts.length)] = again;
  else accounts.push(again);
}

function randomInstructions(r: Random, w: World, options: WorkloadOptions): Ix[] {
  return r.weighted<() => Ix[]>([
    [60, () => [randomTokenInstruction(r, w)]],
    [24, () => [randomSystemInstruction(r, w)]],
    [7, () => reviveTokenAccount(r, w)],
    [options.associatedToken ? 7 : 0, () => [randomAssociatedTokenInstruction(r, w)]],
    [options.associatedToken ? 0.5 : 0, () => [randomRecoverNested(r, w)]],
    [options.memo ? 2 : 0, () => [randomMemoInstruction(r, w)]],
    [0.3, () => [missingProgram(r, w)]],
  ])();
}

/** Wire sizes that Agave accepts. */
const MAX_SIZE = 1232;
const MAX_V1_SIZE = 4096;

export function* randomTransactions(seed: number, world: World, options: WorkloadOptions): Generator<Uint8Array> {
  const r = new Random(seed);
  const sign = options.signed ? world.sign : counterSign(seed);
  while (true) {
    const instructions: Ix[] = [];
    while (r.chance(0.07)) instructions.push(randomBudgetInstruction(r));
    const config = options.version1 && r.chance(options.version1) ? randomConfig(r) : undefined;
    do instructions.push(...randomInstructions(r, world, options));
    while (r.chance(config ? 0.75 : 0.35));
    for (const instruction of instructions) repeatAccounts(r, instruction);
    const payer = r.weighted([
      [30, world.wallets],
      [1, world.poor],
      [0.2, world.fresh],
      [0.2, world.tokens.map((t) => t.key)],
    ]);
    const wire = encodeTransaction(r.hot(payer), instructions, options.blockhash, sign, config);
    if (wire.length <= (config ? MAX_V1_SIZE : MAX_SIZE)) yield wire;
  }
}

/** A world wears out (owners change, accounts close, what was fresh is used), so each is left after so many transactions. */
const TRANSACTIONS_PER_WORLD = 500;

export function randomWorkload(seed: number, count: number, options: WorkloadOptions): Workload {
  const accounts: WorldAccount[] = [];
  const transactions: Uint8Array[] = [];
  for (let round = 0; transactions.length < count; round++) {
    const worldSeed = seed * 100_000 + round;
    const world = new World(worldSeed);
    accounts.push(...world.accounts);
    let left = Math.min(TRANSACTIONS_PER_WORLD, count - transactions.length);
    for (const transaction of randomTransactions(worldSeed, world, options)) {
      transactions.push(transaction);
      if (--left === 0) break;
    }
  }
  return { accounts, transactions };
}
