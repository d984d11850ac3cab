/** The Vote program called by a program that signs for a withdrawer and a voter of its own, here and on Agave's runtime. */
import { type Address, getProgramDerivedAddress } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { instruction, type Key, keyBytes } from "./harness.ts";
import { type Accounts, u32, u64 } from "./harness-system.ts";
import { CLOCK, failed, rent } from "./loader-fixture.ts";
import { compile, first, SbpfWorld } from "./sbpf-fixture.ts";
import { SCRIPT_PROGRAM } from "./script-program.ts";
import {
  authorize,
  other,
  SOL,
  signedBy,
  towerBytes,
  VOTE,
  VOTE_SIZE,
  VOTER,
  VoteWorld,
  vote,
  voter,
  WITHDRAWER,
  withdrawer,
} from "./vote-fixture.ts";

const SEED = [118, 111, 116, 101];
const [authority, bump] = await getProgramDerivedAddress({
  programAddress: first as Address,
  seeds: [new Uint8Array(SEED)],
});
/** Accounts of the program's instruction, by place. */
const ACCOUNTS: Accounts = [
  [vote, "w"],
  [authority, "r"],
  [other, "w"],
  [CLOCK, "r"],
  [VOTE, "r"],
];
const [ACCOUNT, AUTHORITY, OTHER, CLOCK_AT, PROGRAM] = [0, 1, 2, 3, 4] as const;
const SIGNER = 1;
const WRITABLE = 2;

let w: VoteWorld;
beforeEach(async () => {
  w = await VoteWorld.create();
  await SbpfWorld.of(w.c).deploy(first, compile(SCRIPT_PROGRAM));
});

/** A script that calls Vote with these accounts (place, flags). */
function calling(
  metas: readonly (readonly [number, number])[],
  data: readonly number[],
  seed = [...SEED, bump],
): number[] {
  const infos = [ACCOUNT, AUTHORITY, OTHER, CLOCK_AT, PROGRAM];
  const call = [metas.length, ...metas.flat(), infos.length, ...infos, data.length, ...data, seed.length, ...seed];
  return [8, 0, PROGRAM, ...call];
}
const run = (script: number[], error: unknown = null) =>
  w.run(instruction(first, ACCOUNTS, [...script, 0, 0]), error === null ? null : failed(error));
const withdrawing = (lamports: bigint): number[] =>
  calling(
    [
      [ACCOUNT, WRITABLE],
      [OTHER, WRITABLE],
      [AUTHORITY, SIGNER],
    ],
    [...u32(3), ...u64(lamports)],
  );
const owned = (voterKey: Key): void => {
  w.set({ voters: [[0n, voterKey]] }, 2n * SOL);
  w.run(authorize(signedBy(withdrawer), authority, WITHDRAWER));
};

describe("a program", () => {
  it("withdraws, and closes the account", () => {
    owned(voter);
    run(withdrawing(SOL));
    run(withdrawing(SOL - rent(VOTE_SIZE) + 1n), "InsufficientFunds");
    run([...withdrawing(1n), ...withdrawing(SOL - 1n)]);
    expect(w.c.account(vote)).toBeNull();
  });
  it("votes", () => {
    w.c.advance(40);
    owned(authority);
    const slot = BigInt(w.c.currentSlot());
    const tower = (votes: [bigint, number][]) => {
      const data = towerBytes(14, { votes, hash: w.hash(votes.at(-1)![0]), timestamp: 7n });
      return calling(
        [
          [ACCOUNT, WRITABLE],
          [AUTHORITY, SIGNER],
        ],
        data,
      );
    };
    const newer: [bigint, number][] = [
      [slot - 5n, 2],
      [slot - 3n, 1],
    ];
    run([...tower([[slot - 5n, 1]]), ...tower(newer)]);
    run(tower(newer), { Custom: 0 });
  });
  it("names a voter, also where the account grows by it", () => {
    w.set({ version: 1, voters: [[0n, authority]] }, 2n * SOL);
    const data = [...u32(1), ...keyBytes(other), ...u32(VOTER)];
    run(
      calling(
        [
          [ACCOUNT, WRITABLE],
          [CLOCK_AT, 0],
          [AUTHORITY, SIGNER],
        ],
        data,
      ),
    );
    expect(w.data().length).toBe(VOTE_SIZE);
  });
  it("cannot do so without its signature, nor in an account that is read-only", () => {
    owned(authority);
    const data = [...u32(3), ...u64(1n)];
    const unsigned = [
      [ACCOUNT, WRITABLE],
      [OTHER, WRITABLE],
      [AUTHORITY, 0],
    ] as const;
    run(calling(unsigned, data), "MissingRequiredSignature");
    const readonly = [
      [ACCOUNT, 0],
      [OTHER, WRITABLE],
      [AUTHORITY, SIGNER],
    ] as const;
    run(calling(readonly, data), "ReadonlyLamportChange");
    run(calling(unsigned.slice(0, 0), data), "MissingAccount");
  });
});
