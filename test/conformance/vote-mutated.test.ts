/**
 * Vote accounts and Vote instructions with bytes changed at random, here and on Agave's runtime: what is read, what is refused and how, and
 * what becomes of it.
 *   VOTE_MUTATIONS (600), VOTE_SEED (1): a failure is found again by running its seed alone
 */
import type { Instruction } from "@solana/kit";
import { describe, it } from "vitest";
import { rent } from "./loader-fixture.ts";
import { Random } from "./random-prng.ts";
import {
  authorize,
  authorizeWithSeed,
  initialize,
  payer,
  signedBy,
  syncTower,
  TOWER_FORMS,
  updateCommissionBps,
  VOTE_SIZE,
  type VoteState,
  VoteWorld,
  voteFor,
  voter,
  voteState,
  withdraw,
  withdrawer,
} from "./vote-fixture.ts";

const MUTATIONS = Number(process.env.VOTE_MUTATIONS ?? 600);
const SEED = Number(process.env.VOTE_SEED ?? 1);
const CHUNK = 300;
/** Bytes that tags, counts and numbers are sensitive to. */
const BYTES = [0, 1, 2, 3, 4, 31, 32, 127, 128, 255];

function mutate(bytes: Uint8Array, r: Random, within: number): Uint8Array {
  const out = bytes.slice();
  for (let n = r.below(4); n > 0; n--)
    out[r.below(Math.min(within, out.length))] = r.chance(0.7) ? r.pick(BYTES) : r.below(256);
  return out;
}

function state(w: VoteWorld, r: Random): Uint8Array {
  const now = BigInt(w.c.currentSlot());
  const n = r.below(33);
  const shape: VoteState = {
    version: r.pick([1, 2, 3]),
    votes: Array.from({ length: n }, (_, i) => [r.below(20), now - 90n + BigInt(i), n - i] as const),
    root: r.chance(0.5) ? now - 100n - BigInt(r.below(600)) : null,
    voters: Array.from({ length: r.below(4) }, (_, i) => [BigInt(i), voter] as const),
    credits: Array.from({ length: r.below(4) }, (_, i) => [BigInt(i), BigInt(9 * i + 3), BigInt(9 * i)] as const),
    blsKey: r.chance(0.2) ? r.bytes(48) : null,
    timestamp: [now - 200n, now],
    size: r.pick([VOTE_SIZE, VOTE_SIZE, 3731, 4_000]),
  };
  return mutate(voteState(shape), r, r.pick([4, 80, 160, 700, 2_400]));
}

function anInstruction(w: VoteWorld, r: Random): Instruction {
  const now = BigInt(w.c.currentSlot());
  const slot = now - BigInt(1 + r.below(40));
  const hash = w.hash(slot);
  return r.weighted<() => Instruction>([
    [
      6,
      () => {
        const votes = [
          [slot - 2n, 2],
          [slot, 1],
        ] as const;
        const root = r.pick([null, 0n, now - 80n, now - 700n]);
        return syncTower({ votes, root, hash, timestamp: r.pick([null, now]) }, r.pick(TOWER_FORMS));
      },
    ],
    [3, () => voteFor([slot - 1n, slot], hash, { timestamp: r.pick([null, now]), proof: r.chance(0.5) })],
    [1, () => authorize(signedBy(r.pick([voter, withdrawer])), payer, r.pick([0, 1]))],
    [1, () => authorizeWithSeed(signedBy(payer), r.pick([0, 1]), voter, "seed", voter)],
    [1, () => updateCommissionBps(r.below(65_536))],
    [1, () => withdraw(r.pick([0n, 1n, w.c.lamports(payer)]))],
    [1, () => initialize()],
  ])();
}

describe("bytes changed at random", () => {
  for (let done = 0, seed = SEED; done < MUTATIONS; done += CHUNK, seed++) {
    const n = Math.min(CHUNK, MUTATIONS - done);
    it(`${n} transactions of seed ${seed} are as on Agave`, async () => {
      const w = await VoteWorld.create();
      const r = new Random(seed);
      w.c.advance(550);
      for (let i = 0; i < n; i++) {
        w.c.advance();
        const data = state(w, r);
        w.set(data, r.pick([rent(VOTE_SIZE), rent(data.length), 10n ** 9n]));
        const instruction = anInstruction(w, r);
        const changed = r.chance(0.5) ? mutate(instruction.data as Uint8Array, r, 200) : instruction.data!;
        w.c.expectSame(w.c.transaction({ payer, instructions: [{ ...instruction, data: changed }] }));
      }
    }, 0);
  }
});
