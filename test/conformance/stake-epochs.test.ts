/**
 * Stakes over epochs: the Stake program from its ELF on Agave's runtime and on ours. The history that both see is worked out by the reference
 * of the simulation. STAKE_TRANSACTIONS: how many random ones (90), STAKE_SEED: of the first (1).
 */
import type { Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { SLOTS_PER_EPOCH } from "../../shared/protocol/limits.ts";
import { STAKE_PROGRAM } from "../../shared/rpc/keys.ts";
import { encodeAccount } from "../../shared/state/accounts.ts";
import { amountsIn, StakeReference, stakeOf } from "../simulation/stake-reference.ts";
import { instruction, type Key, keyBytes, testKey } from "./harness.ts";
import { type Accounts, createAccount, RENT, u32, u64 } from "./harness-system.ts";
import { CLOCK, failed, rent } from "./loader-fixture.ts";
import { other, payer, SOL, VoteWorld, vote, voteState } from "./vote-fixture.ts";

const HISTORY = "SysvarStakeHistory1111111111111111111111111";
const CONFIG = "StakeConfig11111111111111111111111111111111";
const SIZE = 200;
const FOREVER = 2n ** 64n - 1n;
const RESERVE = rent(SIZE);
const staker = testKey(21);
const [a, b, c, old] = [30, 31, 32, 40].map(testKey) as [Key, Key, Key, Key];
const vote2 = testKey(23);

let w: VoteWorld;
let reference: StakeReference;
let keys: Key[];
beforeEach(async () => {
  w = await VoteWorld.create(1);
  w.c.fund(staker, 1_000n * SOL);
  w.c.fund(payer, 10_000n * SOL);
  const data = voteState();
  for (const key of [vote, vote2]) {
    w.c.setAccount(key, { lamports: rent(data.length), data, owner: "Vote111111111111111111111111111111111111111" });
  }
  keys = [a, b, c, old];
  // A stake of the genesis, so that others warm up by 9 % of it.
  w.c.setAccount(old, { lamports: RESERVE + 20n * SOL, data: bootstrap(20n * SOL), owner: STAKE_PROGRAM });
  reference = new StakeReference(staking());
  w.c.setStakes(reference.record());
});

function bootstrap(lamports: bigint): Uint8Array {
  const data = new Uint8Array(SIZE);
  const meta = [...u64(RESERVE), ...keyBytes(staker), ...keyBytes(staker), ...new Array<number>(48).fill(0)];
  data.set([...u32(2), ...meta, ...keyBytes(vote), ...u64(lamports), ...u64(FOREVER), ...u64(FOREVER)]);
  return data;
}
function encoded(key: Key): Uint8Array[] {
  const account = w.c.account(key);
  return account ? [encodeAccount({ key: keyBytes(key), ...account })] : [];
}
const staking = (): Uint8Array[] => [...keys, vote, vote2].flatMap(encoded);
/** The clock goes on to the next epoch, or `epochs` further. */
function nextEpoch(epochs = 1): void {
  w.c.skip(SLOTS_PER_EPOCH * epochs);
  w.c.advance();
  reference.advance(Math.floor(w.c.currentSlot() / SLOTS_PER_EPOCH), staking());
  w.c.setStakes(reference.record());
}
/** Lamports of a stake account that count in this epoch. */
function effective(key: Key): bigint {
  const stake = stakeOf(encoded(key)[0]!)!;
  return amountsIn(BigInt(reference.epoch), stake, reference.history)[0];
}

const ix = (accounts: Accounts, data: number[]): Instruction => instruction(STAKE_PROGRAM, accounts, data);
const create = (key: Key, lamports: bigint): Instruction =>
  createAccount(
    [
      [payer, "ws"],
      [key, "ws"],
    ],
    lamports,
    BigInt(SIZE),
    STAKE_PROGRAM,
  );
const initialize = (key: Key): Instruction =>
  ix(
    [
      [key, "w"],
      [RENT, "r"],
    ],
    [...u32(0), ...keyBytes(staker), ...keyBytes(staker), ...new Array<number>(48).fill(0)],
  );
const AUTHORITY: Accounts = [[staker, "rs"]];
const SYSVARS: Accounts = [
  [CLOCK, "r"],
  [HISTORY, "r"],
];
const delegate = (key: Key, to: Key = vote): Instruction =>
  ix([[key, "w"], [to, "r"], ...SYSVARS, [CONFIG, "r"], ...AUTHORITY], u32(2));
const deactivate = (key: Key): Instruction => ix([[key, "w"], [CLOCK, "r"], ...AUTHORITY], u32(5));
const split = (key: Key, to: Key, lamports: bigint): Instruction =>
  ix([[key, "w"], [to, "w"], ...AUTHORITY], [...u32(3), ...u64(lamports)]);
const merge = (to: Key, from: Key): Instruction => ix([[to, "w"], [from, "w"], ...SYSVARS, ...AUTHORITY], u32(7));
const withdraw = (key: Key, lamports: bigint): Instruction =>
  ix([[key, "w"], [other, "w"], ...SYSVARS, ...AUTHORITY], [...u32(4), ...u64(lamports)]);
const move = (kind: 16 | 17, from: Key, to: Key, lamports: bigint): Instruction =>
  ix([[from, "w"], [to, "w"], ...AUTHORITY], [...u32(kind), ...u64(lamports)]);
const made = (key: Key, lamports: bigint): Instruction[] => [create(key, RESERVE + lamports), initialize(key)];

/** What does not count any more can be taken out, and not a lamport of the rest. */
function withdrawAll(key: Key): void {
  const lamports = w.c.lamports(key) - RESERVE - effective(key);
  w.run(withdraw(key, lamports + 1n), failed("InsufficientFunds"));
  w.run(withdraw(key, lamports));
}

describe("a stake over epochs", () => {
  it("warms up by its share of 9 % of what counts, is split while it does, and cools down the same way", () => {
    w.run([...made(a, 6n * SOL), delegate(a)]);
    w.run([...made(b, 3n * SOL), delegate(b, vote2)]);
    expect(effective(a)).toBe(0n);
    nextEpoch();
    // 9 % of 20 SOL, two thirds of it.
    expect(effective(a)).toBe(1_200_000_000n);
    expect(effective(b)).toBe(600_000_000n);
    w.run([create(c, RESERVE), split(a, c, 2n * SOL)]);
    expect(effective(c)).toBe(effective(a) / 2n);
    for (let epoch = 0; epoch < 3; epoch++) nextEpoch();
    w.run(deactivate(a));
    w.run(delegate(a, vote2), failed({ Custom: 3 }));
    withdrawAll(a);
    nextEpoch();
    withdrawAll(a);
    for (let epoch = 0; epoch < 4; epoch++) nextEpoch();
    expect(effective(a)).toBe(0n);
    w.run(withdraw(a, w.c.lamports(a)));
    expect(w.c.account(a)).toBeNull();
  });

  it("that is deactivated in the epoch of its delegation never counts", () => {
    w.run([...made(a, 6n * SOL), delegate(a)]);
    w.run(deactivate(a));
    w.run(deactivate(a), failed({ Custom: 2 }));
    w.run(withdraw(a, 6n * SOL + RESERVE));
    expect(w.c.account(a)).toBeNull();
    nextEpoch();
    expect(reference.history.get(BigInt(reference.epoch - 1))).toEqual([20n * SOL, 0n, 0n]);
  });

  it("is merged with what is in the same state, and with nothing that warms up or cools down", () => {
    w.run([...made(a, 6n * SOL), delegate(a)]);
    w.run([...made(b, 3n * SOL), delegate(b)]);
    w.run([create(c, RESERVE), split(a, c, SOL)]);
    w.run(merge(a, c));
    nextEpoch();
    w.run(merge(a, b), failed({ Custom: 5 }));
    for (let epoch = 0; epoch < 8; epoch++) nextEpoch();
    expect(effective(b)).toBe(3n * SOL);
    w.run(merge(a, b));
    expect(effective(a)).toBe(9n * SOL + RESERVE);
    w.run([...made(b, 3n * SOL), delegate(b, vote2)]);
    w.run(merge(a, b), failed({ Custom: 6 }));
  });

  it("moves stake and lamports between accounts of one authority", () => {
    w.run([...made(a, 6n * SOL), delegate(a)]);
    w.run([...made(b, 3n * SOL), delegate(b)]);
    w.run(move(16, a, b, SOL), failed("InvalidAccountData"));
    for (let epoch = 0; epoch < 9; epoch++) nextEpoch();
    w.run(move(16, a, b, SOL));
    expect([effective(a), effective(b)]).toEqual([5n * SOL, 4n * SOL]);
    w.c.fund(testKey(50), SOL);
    w.run(move(17, a, b, 1n), failed("InvalidArgument"));
    w.run(
      ix([[a, "w"], [b, "w"], [vote, "r"], [CONFIG, "r"], ...AUTHORITY], u32(15)),
      failed("InvalidInstructionData"),
    );
  });

  it("counts in full where the clock jumps over more epochs than the history has", () => {
    w.run([...made(a, 6n * SOL), delegate(a)]);
    nextEpoch(3);
    expect(effective(a)).toBeGreaterThan(1_800_000_000n);
    w.run([create(b, RESERVE), split(a, b, SOL)]);
    nextEpoch(600);
    expect(effective(a)).toBe(5n * SOL);
    w.run(deactivate(a));
    nextEpoch(2);
    w.run(withdraw(b, 1n), failed("InsufficientFunds"));
    withdrawAll(a);
  });
});

describe("random stakes", () => {
  const TRANSACTIONS = Number(process.env.STAKE_TRANSACTIONS ?? 90);
  const SEED = Number(process.env.STAKE_SEED ?? 1);
  it(`${TRANSACTIONS} transactions over epochs, seed ${SEED}`, () => {
    let state = SEED >>> 0;
    const below = (n: number): number => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
      return ((state ^ (state >>> 13)) >>> 0) % n;
    };
    keys = Array.from({ length: 8 }, (_, i) => testKey(60 + i)).concat(old as never);
    const pick = (): Key => keys[below(keys.length)]!;
    let landed = 0;
    for (let i = 0; i < TRANSACTIONS; i++) {
      if (below(5) === 0) nextEpoch(below(8) === 0 ? 1 + below(20) : 1);
      const [one, two] = [pick(), pick()];
      const lamports = BigInt(1 + below(4_000)) * 1_000_003n;
      const instructions = [
        () => (w.c.account(one) ? [delegate(one)] : [...made(one, lamports), delegate(one, below(2) ? vote : vote2)]),
        () => (w.c.account(one) ? [deactivate(one)] : made(one, lamports)),
        () => [delegate(one, below(2) ? vote : vote2)],
        () => [deactivate(one)],
        () => (w.c.account(two) ? [split(one, two, lamports)] : [create(two, RESERVE), split(one, two, lamports)]),
        () => [merge(one, two)],
        () => [withdraw(one, below(3) ? lamports : w.c.lamports(one))],
        () => [move(below(2) ? 16 : 17, one, two, lamports)],
      ][below(8)]!();
      const { ours } = w.c.expectSame(w.c.transaction({ payer, instructions }));
      if (ours.error === null) landed++;
      w.c.advance();
    }
    expect(landed).toBeGreaterThan(TRANSACTIONS / 5);
  });
});
