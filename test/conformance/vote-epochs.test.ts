/**
 * Vote accounts over epochs, and stakes that are delegated to them: the Vote program native here, the Stake program from its ELF, everything
 * compared with Agave's runtime, whose clock goes on as ours does.
 */
import type { Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { SLOTS_PER_EPOCH } from "../../shared/protocol/limits.ts";
import { Fields } from "../../shared/rpc/instruction-fields.ts";
import { STAKE_PROGRAM } from "../../shared/rpc/keys.ts";
import { parseVoteAccount } from "../../shared/rpc/parse-vote.ts";
import { encodeAccount } from "../../shared/state/accounts.ts";
import { amountsIn, StakeReference, stakeOf } from "../simulation/stake-reference.ts";
import { instruction, type Key, keyAddress, keyBytes, testKey } from "./harness.ts";
import { createAccount, RENT, u32 } from "./harness-system.ts";
import { CLOCK, failed, rent } from "./loader-fixture.ts";
import {
  authorize,
  create,
  initialize,
  node,
  other,
  payer,
  SOL,
  signedBy,
  syncTower,
  updateCommission,
  updateCommissionBps,
  Validator,
  VOTE,
  VOTE_SIZE,
  VOTER,
  VoteWorld,
  vote,
  voter,
  voterSigns,
  voteState,
  WITHDRAWER,
  withdraw,
  withdrawer,
} from "./vote-fixture.ts";

const HISTORY = "SysvarStakeHistory1111111111111111111111111";
const CONFIG = "StakeConfig11111111111111111111111111111111";
const RESERVE = rent(200);
const TOO_SOON = failed({ Custom: 5 });
const ACTIVE = failed({ Custom: 18 });
const stake = testKey(30);
const reference = testKey(31);

interface Shown {
  readonly commission: number;
  readonly inflationRewardsCommissionBps: number;
  readonly authorizedVoters: readonly { epoch: bigint; authorizedVoter: string }[];
  readonly epochCredits: readonly { epoch: bigint; credits: string; previousCredits: string }[];
}

let w: VoteWorld;
let stakes: StakeReference;
let validator: Validator;
const staking = (): Uint8Array[] =>
  [stake, vote, reference].flatMap((key) => {
    const account = w.c.account(key);
    return account ? [encodeAccount({ key: keyBytes(key), ...account })] : [];
  });
const epochNow = (): number => Math.floor(w.c.currentSlot() / SLOTS_PER_EPOCH);
/** Into the first slots of the next epoch, or of one later. */
function nextEpoch(epochs = 1): void {
  w.c.skip((epochNow() + epochs) * SLOTS_PER_EPOCH - w.c.currentSlot());
  w.c.advance(40);
  stakes.advance(epochNow(), staking());
  w.c.setStakes(stakes.record());
}
const shown = (): Shown =>
  (parseVoteAccount(new Fields(w.data()), keyAddress(vote)) as unknown as { info: Shown }).info;
const credits = (): [number, number, number][] =>
  shown().epochCredits.map((e) => [Number(e.epoch), Number(e.credits), Number(e.previousCredits)]);
const voters = (): [number, string][] => shown().authorizedVoters.map((v) => [Number(v.epoch), v.authorizedVoter]);

/** Votes for `count` slots, each in the slot behind it: 16 credits for each vote that becomes a root. */
function votes(count: number, by: Key = voter, error: TransactionErrorJson | null = null): void {
  const kept = structuredClone([validator.votes, validator.root]);
  const first = BigInt(w.c.currentSlot() - 1);
  for (let i = 0n; i < count; i += 1n) {
    const slot = first + i;
    validator.push(slot);
    const { votes: tower, root } = validator;
    w.run(syncTower({ votes: tower, root, hash: w.hash(slot) }, 14, voterSigns(by)), error);
    if (error) {
      validator.votes.splice(0, 99, ...(kept[0] as [bigint, number][]));
      validator.root = kept[1] as bigint | null;
      return;
    }
    w.c.advance();
  }
}

beforeEach(async () => {
  w = await VoteWorld.create(1);
  w.c.fund(payer, 10_000n * SOL);
  validator = new Validator();
  stakes = new StakeReference(staking());
  w.c.setStakes(stakes.record());
  w.run([create(), initialize()]);
});

describe("a validator over ten epochs", () => {
  it("earns credits, an entry for each epoch in which it votes", () => {
    const seen: [number, number, number][] = [];
    let all = 0;
    for (let epoch = 1; epoch <= 10; epoch++) {
      nextEpoch();
      // Without a vote an epoch leaves no entry.
      if (epoch === 5) continue;
      // 31 votes fill the tower; 18 of them do not bind any more an epoch later, 19 after two.
      const roots = 1 + (epoch % 3);
      votes(({ 1: 31, 6: 19 }[epoch] ?? 18) + roots);
      seen.push([epoch, all + 16 * roots, all]);
      all += 16 * roots;
      expect(credits()).toEqual(seen);
    }
    expect(credits().map(([epoch]) => epoch)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10]);
  });

  it("keeps the newest 64 epochs", () => {
    w.set({ credits: Array.from({ length: 63 }, (_, i) => [BigInt(i), BigInt(i + 1), BigInt(i)] as const) });
    nextEpoch(63);
    votes(32);
    expect([credits().length, credits()[0], credits().at(-1)]).toEqual([64, [0, 1, 0], [63, 79, 63]]);
    nextEpoch();
    votes(19);
    expect([credits().length, credits()[0], credits().at(-1)]).toEqual([64, [1, 2, 1], [64, 95, 79]]);
  });

  it("votes by another key two epochs after it was named, and by no other before or afterwards", () => {
    nextEpoch();
    w.run(authorize(signedBy(voter), other, VOTER));
    w.run(authorize(signedBy(voter), node, VOTER), TOO_SOON);
    for (let epoch = 1; epoch <= 2; epoch++) {
      votes(1, other, failed("MissingRequiredSignature"));
      votes(2);
      nextEpoch();
    }
    votes(1, voter, failed("MissingRequiredSignature"));
    votes(2, other);
    expect(voters()).toEqual([
      [2, keyAddress(voter)],
      [3, keyAddress(other)],
    ]);
    // The withdrawer needs nobody's consent.
    w.run(authorize(signedBy(withdrawer), node, VOTER));
    expect(voters()).toEqual([
      [2, keyAddress(voter)],
      [3, keyAddress(other)],
      [5, keyAddress(node)],
    ]);
    nextEpoch(4);
    votes(1, other, failed("MissingRequiredSignature"));
    votes(2, node);
    expect(voters()).toEqual([[7, keyAddress(node)]]);
  });

  it("has another withdrawer at once", () => {
    nextEpoch();
    w.run(authorize(signedBy(withdrawer), other, WITHDRAWER));
    w.run(updateCommission(1), failed("MissingRequiredSignature"));
    w.run(updateCommission(1, other));
    nextEpoch();
    w.run(authorize(signedBy(withdrawer), withdrawer, WITHDRAWER), failed("MissingRequiredSignature"));
    w.run(authorize(signedBy(other), withdrawer, WITHDRAWER));
    w.run(updateCommission(2));
  });

  it("changes its commission in the first and in the last slots of an epoch, up and down", () => {
    for (const percent of [11, 100, 0]) {
      nextEpoch();
      w.run(updateCommission(percent));
      expect(shown().commission).toBe(percent);
      w.c.skip(SLOTS_PER_EPOCH - 100);
      w.run(updateCommissionBps(percent * 50 + 25));
      expect(shown().inflationRewardsCommissionBps).toBe(percent * 50 + 25);
    }
  });

  it("takes out what is above the rent at any time, and all of it two epochs after its last credits", () => {
    w.c.setAccount(vote, { ...w.c.account(vote)!, owner: VOTE, lamports: rent(VOTE_SIZE) + 5n });
    nextEpoch();
    votes(32);
    w.run(withdraw(6n), failed("InsufficientFunds"));
    w.run(withdraw(5n));
    const all = rent(VOTE_SIZE);
    w.run(withdraw(all), ACTIVE);
    nextEpoch();
    w.run(withdraw(all), ACTIVE);
    nextEpoch();
    w.run(withdraw(all));
    expect(w.c.account(vote)).toBeNull();
    votes(1, voter, failed("InvalidAccountOwner"));
    // The same address again, as if it had never been.
    w.run([create(), initialize()]);
    validator = new Validator();
    expect(credits()).toEqual([]);
    votes(32);
    expect(credits()).toEqual([[3, 16, 0]]);
  });

  it("that never voted is closed at once", () => {
    nextEpoch();
    w.run(withdraw(rent(VOTE_SIZE)));
    expect(w.c.account(vote)).toBeNull();
  });
});

const staked = (lamports: bigint): Instruction[] => [
  createAccount(
    [
      [payer, "ws"],
      [stake, "ws"],
    ],
    RESERVE + lamports,
    200n,
    STAKE_PROGRAM,
  ),
  instruction(
    STAKE_PROGRAM,
    [
      [stake, "w"],
      [RENT, "r"],
    ],
    [...u32(0), ...keyBytes(payer), ...keyBytes(payer), ...new Array<number>(48).fill(0)],
  ),
  instruction(
    STAKE_PROGRAM,
    [
      [stake, "w"],
      [vote, "r"],
      [CLOCK, "r"],
      [HISTORY, "r"],
      [CONFIG, "r"],
      [payer, "rs"],
    ],
    u32(2),
  ),
];
const deactivateDelinquent = (of: Key = vote): Instruction =>
  instruction(
    STAKE_PROGRAM,
    [
      [stake, "w"],
      [of, "r"],
      [reference, "r"],
    ],
    u32(14),
  );
const withdrawStake = (lamports: bigint): Instruction =>
  instruction(
    STAKE_PROGRAM,
    [
      [stake, "w"],
      [other, "w"],
      [CLOCK, "r"],
      [HISTORY, "r"],
      [payer, "rs"],
    ],
    [4, 0, 0, 0, ...new Uint8Array(new BigUint64Array([lamports]).buffer)],
  );
/** Of the stake's delegation: credits that it has seen, epoch in which it is deactivated. */
function delegation(): { seen: bigint; until: bigint } {
  const { data } = w.c.account(stake)!;
  const view = new DataView(data.buffer, data.byteOffset);
  return { seen: view.getBigUint64(188, true), until: view.getBigUint64(172, true) };
}
/** A validator that voted in each of the last `epochs` epochs, this one included. */
function voting(epochs: number): void {
  const now = epochNow();
  const data = voteState({
    credits: Array.from({ length: epochs }, (_, i) => {
      const epoch = BigInt(now - epochs + 1 + i);
      return [epoch, epoch * 10n + 10n, epoch * 10n] as const;
    }),
  });
  w.c.setAccount(reference, { lamports: rent(data.length), data, owner: VOTE });
}

describe("a stake that is delegated to a validator over epochs", () => {
  it("sees the credits of the day it is delegated", () => {
    nextEpoch();
    votes(32);
    w.run(staked(5n * SOL));
    expect(delegation()).toEqual({ seen: 16n, until: 2n ** 64n - 1n });
  });

  it("is deactivated by anybody once its validator has not voted for five epochs, and comes back whole", () => {
    nextEpoch(10);
    votes(32);
    w.run(staked(5n * SOL));
    for (let epochs = 1; epochs <= 4; epochs++) {
      nextEpoch();
      voting(5);
      w.run(deactivateDelinquent(), failed({ Custom: 11 }));
    }
    nextEpoch();
    voting(4);
    // The witness has to have voted in each of the last five epochs, and the stake has to be this validator's.
    w.run(deactivateDelinquent(), failed({ Custom: 9 }));
    voting(5);
    w.run(deactivateDelinquent(reference), failed({ Custom: 10 }));
    w.run(deactivateDelinquent());
    expect(delegation().until).toBe(15n);
    w.run(deactivateDelinquent(), failed({ Custom: 2 }));
    const [counts] = amountsIn(15n, stakeOf(staking()[0]!)!, stakes.history);
    expect(counts).toBeGreaterThan(0n);
    w.run(withdrawStake(5n * SOL - counts + 1n), failed("InsufficientFunds"));
    w.run(withdrawStake(5n * SOL - counts));
    nextEpoch(600);
    w.run(withdrawStake(RESERVE + counts));
    expect(w.c.account(stake)).toBeNull();
  });

  it("stays where its validator votes again in time", () => {
    nextEpoch();
    votes(32);
    w.run(staked(5n * SOL));
    nextEpoch(4);
    votes(22);
    expect(credits().at(-1)).toEqual([5, 48, 16]);
    nextEpoch(4);
    voting(5);
    w.run(deactivateDelinquent(), failed({ Custom: 11 }));
  });

  it("is deactivated where its validator never voted", () => {
    w.run(staked(5n * SOL));
    nextEpoch(5);
    voting(5);
    w.run(deactivateDelinquent());
    expect(delegation()).toEqual({ seen: 0n, until: 5n });
  });
});
