/** The Stake program of the genesis: what can be done with a stake account where there are no validators to delegate to. */
import type { Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { STAKE_PROGRAM } from "../../shared/rpc/keys.ts";
import { Conformance, instruction, type Key, keyBytes, testKey } from "./harness.ts";
import { type Accounts, createAccount, RENT, u32, u64 } from "./harness-system.ts";
import { CLOCK, failed, rent } from "./loader-fixture.ts";

const STAKE_HISTORY = "SysvarStakeHistory1111111111111111111111111";
const SIZE = 200;
const SOL = 10n ** 9n;
const [payer, stake, split, staker, withdrawer, other] = [1, 2, 3, 4, 5, 6].map(testKey) as [
  Key,
  Key,
  Key,
  Key,
  Key,
  Key,
];

let c: Conformance;
beforeEach(async () => {
  // Any flag puts the programs of a genesis in; Stake is always among them.
  c = await Conformance.create({ realPrograms: 1 });
  for (const key of [payer, staker, withdrawer, other]) c.fund(key, 100n * SOL);
});
const run = (instructions: Instruction[], error: TransactionErrorJson | null) =>
  c.expect(c.transaction({ payer, instructions }), error);
const ix = (accounts: Accounts, data: number[]) => instruction(STAKE_PROGRAM, accounts, data);

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
const authorized = [...keyBytes(staker), ...keyBytes(withdrawer)];
const lockup = (until: bigint): number[] => [...u64(until), ...u64(0n), ...keyBytes(other)];
const initialize = (until = 0n): Instruction =>
  ix(
    [
      [stake, "w"],
      [RENT, "r"],
    ],
    [...u32(0), ...authorized, ...lockup(until)],
  );
const withdraw = (lamports: bigint, by: Key = withdrawer): Instruction =>
  ix(
    [
      [stake, "w"],
      [other, "w"],
      [CLOCK, "r"],
      [STAKE_HISTORY, "r"],
      [by, "rs"],
    ],
    [...u32(4), ...u64(lamports)],
  );
const made = (lamports = 5n * SOL): void => {
  run([create(stake, lamports), initialize()], null);
};

describe("a stake account", () => {
  it("is initialized once, with enough lamports, of the right size", () => {
    run([create(stake, rent(SIZE)), initialize()], null);
    expect(c.account(stake)?.data.slice(0, 4)).toEqual(Uint8Array.from(u32(1)));
    run([initialize()], failed("InvalidAccountData"));
    c.setAccount(stake, { lamports: SOL, data: new Uint8Array(199), owner: STAKE_PROGRAM });
    run([initialize()], failed("InvalidAccountData"));
    c.setAccount(stake, { lamports: 1_000n, data: new Uint8Array(SIZE), owner: STAKE_PROGRAM });
    run([initialize()], failed("InsufficientFunds"));
  });
  it("changes hands", () => {
    made();
    const authorize = (by: Key, role: number) =>
      ix(
        [
          [stake, "w"],
          [CLOCK, "r"],
          [by, "rs"],
        ],
        [...u32(1), ...keyBytes(other), ...u32(role)],
      );
    run([authorize(other, 0)], failed("MissingRequiredSignature"));
    run([authorize(staker, 0)], null);
    run([authorize(staker, 1)], failed("MissingRequiredSignature"));
    run([authorize(withdrawer, 1)], null);
    run([withdraw(SOL)], failed("MissingRequiredSignature"));
    run([withdraw(SOL, other)], null);
  });
  it("is split in two", () => {
    made();
    const parts = ix(
      [
        [stake, "w"],
        [split, "w"],
        [staker, "rs"],
      ],
      [...u32(3), ...u64(2n * SOL)],
    );
    run([create(split, rent(SIZE)), parts], null);
    expect(c.lamports(split)).toBe(2n * SOL + rent(SIZE));
    run([parts], failed("InvalidAccountData"));
  });
  it("is withdrawn from, down to its rent, or closed", () => {
    made();
    run([withdraw(5n * SOL - rent(SIZE) + 1n)], failed("InsufficientFunds"));
    run([withdraw(5n * SOL - rent(SIZE))], null);
    run([withdraw(rent(SIZE))], null);
    expect(c.account(stake)).toBeNull();
  });
  it("is locked until its time", () => {
    run([create(stake, 5n * SOL), initialize(4_000_000_000n)], null);
    run([withdraw(SOL)], failed({ Custom: 1 }));
    const unlock = ix(
      [
        [stake, "w"],
        [other, "rs"],
      ],
      [...u32(6), 1, ...u64(1n), 0, 0],
    );
    run([unlock], null);
    run([withdraw(SOL)], null);
  });
  it("is not delegated to what is no vote account", () => {
    made();
    const delegate = ix(
      [
        [stake, "w"],
        [other, "r"],
        [CLOCK, "r"],
        [STAKE_HISTORY, "r"],
        [other, "r"],
        [staker, "rs"],
      ],
      u32(2),
    );
    run([delegate], failed("IncorrectProgramId"));
    run(
      [
        ix(
          [
            [stake, "w"],
            [CLOCK, "r"],
            [staker, "rs"],
          ],
          u32(5),
        ),
      ],
      failed("InvalidAccountData"),
    );
  });
});
