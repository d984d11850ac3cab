/** Vote and VoteSwitch, slot by slot, here and on Agave's runtime. */
import { beforeEach, describe, expect, it } from "vitest";
import { CLOCK, failed } from "./loader-fixture.ts";
import {
  other,
  SLOT_HASHES,
  VOTE_SIZE,
  type VoteState,
  VoteWorld,
  vote,
  voteAccounts,
  voteFor,
  voteIx,
  voter,
} from "./vote-fixture.ts";

let w: VoteWorld;
let now: bigint;
beforeEach(async () => {
  w = await VoteWorld.create();
  w.c.advance(60);
  w.set();
  now = BigInt(w.c.currentSlot());
});
const oldest = (): bigint => now - BigInt(w.c.context().hashes.length);
const back = (slots: number): bigint => now - BigInt(slots);
const custom = (code: number) => ({ Custom: code });
type More = Parameters<typeof voteFor>[2] & { hash?: Uint8Array };
function cast(slots: readonly bigint[], error: unknown = null, { hash, ...more }: More = {}) {
  const last = slots.at(-1) ?? back(1);
  return w.run(voteFor(slots, hash ?? w.hash(last), more), error === null ? null : failed(error));
}
const votesOf = (data: Uint8Array): [number, bigint, number][] => {
  const view = new DataView(data.buffer, data.byteOffset + 4 + 140 + 1);
  return Array.from({ length: Number(view.getBigUint64(0, true)) }, (_, i) => {
    const at = 8 + 13 * i;
    return [view.getUint8(at), view.getBigUint64(at + 1, true), view.getUint32(at + 9, true)];
  });
};

describe("a vote", () => {
  it("is added to the tower, whose older votes get more confirmations", () => {
    cast([back(5), back(4)]);
    expect(votesOf(w.data())).toEqual([
      [5, back(5), 2],
      [4, back(4), 1],
    ]);
    cast([back(2)], null, { proof: true });
    cast([back(1)]);
    expect(votesOf(w.data()).map(([, , n]) => n)).toEqual([4, 3, 2, 1]);
  });
  it("pops what it is not bound to any more", () => {
    cast([back(20), back(19)]);
    cast([back(10)]);
    expect(votesOf(w.data()).map(([, slot]) => slot)).toEqual([back(10)]);
  });
  it("makes the oldest of 31 votes a root, and earns its credits", () => {
    cast(Array.from({ length: 40 }, (_, i) => back(50 - i)));
    expect(votesOf(w.data()).length).toBe(31);
    cast(Array.from({ length: 5 }, (_, i) => back(10 - i)));
    const one = (latency: number): VoteState => ({
      votes: Array.from({ length: 31 }, (_, i) => [latency, back(50 - i), 31 - i] as const),
      credits: [[0n, 40n, 20n]],
    });
    for (const latency of [0, 1, 2, 3, 17, 18, 255]) {
      w.set(one(latency));
      cast([back(19), back(18)]);
    }
  });
  it("counts slots it had before as cast, and leaves out those that are too old", () => {
    cast([back(9)]);
    cast([back(9), back(8)]);
    cast([back(8), back(9), back(7)]);
    cast([1n, oldest() - 1n, back(6)]);
    cast([back(5), 3n], null, { hash: w.hash(back(5)) });
    cast([back(6)], custom(0));
    cast([back(7), back(6), back(5)], custom(0));
  });
  it("has slots, of this chain, in order, and the last one's hash", () => {
    const hash = w.hash(back(1));
    cast([], custom(3), { hash });
    cast([oldest() - 1n, 0n], custom(16), { hash });
    cast([now], custom(1), { hash });
    cast([back(2), now + 9n], custom(1), { hash });
    cast([back(2), back(3)], custom(1), { hash });
    cast([back(2), back(2)], custom(1), { hash });
    cast([back(3), back(2)], custom(2), { hash });
    cast([back(1)], null, { hash });
    cast([oldest()], custom(0), { hash });
  });
  it("takes a timestamp that does not go back", () => {
    cast([back(9), back(8)], null, { timestamp: 5n });
    cast([back(7)], custom(4), { timestamp: 4n });
    cast([back(7)], null, { timestamp: 5n });
    cast([back(6), back(5), 2n], null, { timestamp: 6n, hash: w.hash(back(5)) });
    cast([back(4)], custom(4), { timestamp: -1n });
  });
  it("names SlotHashes and the Clock, and its voter signs", () => {
    const accounts = (list: [typeof vote, string][], error: string) =>
      cast([back(3)], error, { accounts: [[vote, "w"], ...list] });
    accounts([], "MissingAccount");
    accounts([[CLOCK, "r"]], "InvalidArgument");
    accounts([[SLOT_HASHES, "r"]], "MissingAccount");
    accounts(
      [
        [SLOT_HASHES, "r"],
        [SLOT_HASHES, "r"],
        [voter, "rs"],
      ],
      "InvalidArgument",
    );
    accounts(
      [
        [SLOT_HASHES, "r"],
        [CLOCK, "r"],
      ],
      "MissingRequiredSignature",
    );
    accounts(
      [
        [SLOT_HASHES, "r"],
        [CLOCK, "r"],
        [voter, "r"],
      ],
      "MissingRequiredSignature",
    );
    cast([back(3)], "MissingRequiredSignature", { accounts: voteAccounts(other) });
    w.set(new Uint8Array(VOTE_SIZE));
    cast([back(3)], "InvalidAccountData");
    w.set({ version: 1, voters: [] });
    cast([back(3)], "UninitializedAccount");
  });
  it("may be cut off anywhere, and is then refused", () => {
    const bytes = voteFor([back(3), back(2)], w.hash(back(2)), { timestamp: 5n, proof: true }).data!;
    for (let length = 0; length < bytes.length; length += 3) {
      w.run(voteIx(voteAccounts(), bytes.slice(0, length)), failed("InvalidInstructionData"));
    }
    const huge = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, ...new Array<number>(100).fill(0)];
    w.run(voteIx(voteAccounts(), huge), failed("InvalidInstructionData"));
  });
  it("goes through states that no program made", () => {
    const states: VoteState[] = [
      {
        votes: [
          [1, back(3), 1],
          [1, back(9), 2],
        ],
      },
      { votes: Array.from({ length: 40 }, (_, i) => [1, BigInt(i), 30] as const) },
      { votes: Array.from({ length: 32 }, (_, i) => [9, BigInt(i), 2 ** 32 - 1] as const) },
      { version: 1, votes: [[0, 2n ** 64n - 1n, 3]], size: VOTE_SIZE },
    ];
    for (const state of states) {
      for (const slots of [
        [back(2), back(1)],
        [oldest(), back(20)],
      ]) {
        w.set(state);
        const last = slots.at(-1)!;
        w.c.expectSame(w.c.transaction({ payer: other, instructions: [voteFor(slots, w.hash(last))] }));
      }
    }
  });
});
