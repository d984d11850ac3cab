/**
 * Random instructions of the Vote program, here and on Agave's runtime, everything compared: a validator that votes, mostly rightly, over
 * epochs, while its authorities change and its account is filled, emptied and made anew.
 *   VOTE_TRANSACTIONS (1000), VOTE_SEED (1): a failure is found again by running its seed alone
 */
import type { Instruction } from "@solana/kit";
import { describe, it } from "vitest";
import type { Key } from "./harness.ts";
import { RENT, u32 } from "./harness-system.ts";
import { CLOCK, rent } from "./loader-fixture.ts";
import { Random } from "./random-prng.ts";
import {
  authorize,
  authorizeChecked,
  authorizeWithSeed,
  EPOCH,
  initialize,
  node,
  other,
  payer,
  type Role,
  SLOT_HASHES,
  SOL,
  signedBy,
  syncTower,
  TOWER_FORMS,
  type Tower,
  updateCollector,
  updateCommission,
  updateCommissionBps,
  updateIdentity,
  Validator,
  VOTE_SIZE,
  type VoteState,
  VoteWorld,
  vote,
  voteFor,
  voter,
  withdraw,
  withdrawer,
} from "./vote-fixture.ts";

const TRANSACTIONS = Number(process.env.VOTE_TRANSACTIONS ?? 1_000);
const SEED = Number(process.env.VOTE_SEED ?? 1);
/** Transactions of one seed. */
const CHUNK = 500;
const FRESH = 25;
const people = [voter, voter, voter, withdrawer, withdrawer, node, other, payer];
const anything: Key[] = [...people, vote, CLOCK, RENT, SLOT_HASHES];

class Workload {
  readonly w: VoteWorld;
  readonly r: Random;
  private validator = new Validator();

  constructor(w: VoteWorld, r: Random) {
    this.w = w;
    this.r = r;
  }
  private get now(): bigint {
    return BigInt(this.w.c.currentSlot());
  }
  private back(slots: number): bigint {
    return this.now - BigInt(slots);
  }
  private hash(slot: bigint): Uint8Array {
    const known = slot < this.now && slot >= this.back(this.w.c.context().hashes.length);
    return known && !this.r.chance(0.03) ? this.w.hash(slot) : this.r.bytes(32);
  }
  /** Somebody, mostly the right one. */
  private by(right: Key): Key {
    return this.r.chance(0.85) ? right : this.r.pick(people);
  }

  private spoiled(): Tower {
    const { r } = this;
    const votes = this.validator.votes.map(([slot, n]): [bigint, number] => [slot, n]);
    const at = r.below(votes.length);
    const change = r.below(7);
    if (change === 0) votes.splice(at, 1);
    if (change === 1) votes[at]![1] = r.below(34);
    if (change === 2) votes[at]![0] += BigInt(r.below(5)) - 2n;
    if (change === 3) votes.push([this.back(r.below(4)), 1]);
    if (change === 4) votes.unshift([this.back(r.below(600)), 31]);
    const root = change === 5 ? this.back(r.below(700)) : change === 6 ? null : this.validator.root;
    return { votes, root, hash: this.hash(votes.at(-1)?.[0] ?? 0n) };
  }
  private vote(): Instruction {
    const { r } = this;
    const slot = this.back(1 + r.skewed(12));
    if (!this.validator.votes.length || slot > this.validator.votes.at(-1)![0]) this.validator.push(slot);
    const rises = (t: Tower): boolean => t.votes.every(([s], i) => s >= (i ? t.votes[i - 1]![0] : (t.root ?? 0n)));
    const timestamp = r.chance(0.2) ? this.now - BigInt(r.below(3)) : null;
    const last = this.validator.votes.at(-1)?.[0] ?? slot;
    const right: Tower = { votes: this.validator.votes, root: this.validator.root, hash: this.hash(last), timestamp };
    const tower = r.chance(0.8) ? right : this.spoiled();
    const form = r.pick(TOWER_FORMS);
    const accounts: [Key, string][] = [
      [vote, r.chance(0.98) ? "w" : "r"],
      [this.by(voter), "rs"],
    ];
    return syncTower(tower, rises(tower) ? form : form & 1 ? 9 : 8, accounts);
  }
  private legacyVote(): Instruction {
    const { r } = this;
    const count = r.below(6);
    const slots = Array.from({ length: count }, (_, i) => this.back(1 + (count - i) * (1 + r.below(3))));
    if (r.chance(0.1)) slots.push(this.back(r.below(700)));
    const accounts: [Key, string][] = [
      [vote, "w"],
      [SLOT_HASHES, "r"],
      [CLOCK, "r"],
      [this.by(voter), "rs"],
    ];
    return voteFor(slots, this.hash(slots.at(-1) ?? 0n), {
      proof: r.chance(0.3),
      accounts,
      timestamp: r.chance(0.2) ? this.now : null,
    });
  }
  private manage(): Instruction {
    const { r } = this;
    const by = this.by(withdrawer);
    const amount = r.pick([0n, 1n, SOL, this.w.c.lamports(vote), this.w.c.lamports(vote) - rent(VOTE_SIZE)]);
    const role = r.pick<Role>([0, 0, 1, u32(3)]);
    return r.weighted<() => Instruction>([
      [2, () => updateCommission(r.below(256), by)],
      [2, () => updateCommissionBps(r.below(65_536), r.below(3), by)],
      [
        2,
        () =>
          updateIdentity([
            [vote, "w"],
            [r.pick(people), r.chance(0.8) ? "rs" : "r"],
            [by, "rs"],
          ]),
      ],
      [
        2,
        () =>
          updateCollector(
            [
              [vote, "w"],
              [r.pick(anything), "w"],
              [by, "rs"],
            ],
            r.below(3),
          ),
      ],
      [2, () => withdraw(BigInt.asUintN(64, amount), r.pick(people), by)],
      [3, () => authorize(signedBy(this.by(voter)), this.by(voter), role)],
      [1, () => authorizeChecked(signedBy(by, this.by(voter)), role)],
      [1, () => authorizeWithSeed(signedBy(by), role, r.pick(anything), "x".repeat(r.below(36)), this.by(voter))],
      [2, () => initialize()],
    ])();
  }
  private fresh(): void {
    const { r } = this;
    const epoch = BigInt(Math.floor(Number(this.now) / EPOCH));
    const credits = Array.from(
      { length: r.below(67) },
      (_, i) => [BigInt(i), BigInt(i * 3 + r.below(3)), BigInt(i * 3)] as const,
    );
    this.validator = new Validator();
    for (let slots = 40 + r.below(400); slots > 20; slots -= 1 + r.skewed(20)) this.validator.push(this.back(slots));
    const state: VoteState = {
      version: r.pick([1, 2, 3]),
      votes: this.validator.votes.map(([slot, n]) => [r.below(25), slot, n] as const),
      root: this.validator.root,
      voters: Array.from(
        { length: 1 + r.below(4) },
        (_, i) => [epoch + BigInt(i) - BigInt(r.below(3)), voter] as const,
      ).filter(([e]) => e >= 0n),
      credits,
      timestamp: [this.back(500), this.now - 500n],
      size: r.pick([VOTE_SIZE, VOTE_SIZE, VOTE_SIZE, 3731]),
    };
    this.w.set(state, r.pick([rent(VOTE_SIZE), rent(VOTE_SIZE), SOL, rent(3731)]));
  }

  step(i: number): void {
    const { r, w } = this;
    if (i % FRESH === 0) {
      if (r.chance(0.3)) w.c.skip(EPOCH + r.below(3) * EPOCH);
      this.fresh();
    }
    w.c.advance(r.below(4));
    const instruction = r.weighted<() => Instruction>([
      [6, () => this.vote()],
      [2, () => this.legacyVote()],
      [3, () => this.manage()],
    ])();
    w.c.expectSame(w.c.transaction({ payer, instructions: [instruction] }));
  }
}

describe("random instructions", () => {
  for (let done = 0, seed = SEED; done < TRANSACTIONS; done += CHUNK, seed++) {
    const n = Math.min(CHUNK, TRANSACTIONS - done);
    it(`${n} transactions of seed ${seed} are as on Agave`, async () => {
      const w = await VoteWorld.create();
      w.c.advance(600);
      const workload = new Workload(w, new Random(seed));
      for (let i = 0; i < n; i++) workload.step(i);
    }, 0);
  }
});
