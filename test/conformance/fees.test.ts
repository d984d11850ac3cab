/** Fees, who may pay them, and rent states, on Agave's runtime and on ours. */
import type { Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, instruction, testKey } from "./harness.ts";
import { assign, createAccount, move, transfer, u32, u64 } from "./harness-system.ts";

const payer = testKey(1);
const other = testKey(2);
const to = testKey(3);
const program = testKey(4);
const COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111";
const SOL = 10n ** 9n;
const RENT_0 = 890_880n;
const rentError = (index: number): TransactionErrorJson => ({ InsufficientFundsForRent: { account_index: index } });

let c: Conformance;
beforeEach(async () => {
  c = await Conformance.create();
  c.fund(payer, 10n * SOL);
  c.fund(other, 10n * SOL);
});
const run = (instructions: Instruction[], error: TransactionErrorJson | null) =>
  c.expect(c.transaction({ payer, instructions }), error);
const pay = (lamports: bigint): Instruction => move(payer, to, lamports);

describe("fees", () => {
  it("5,000 lamports a signature", () => {
    run([pay(SOL)], null);
    expect(c.lamports(payer)).toBe(9n * SOL - 5_000n);
    run([pay(SOL), move(other, to, 1n)], null);
    expect(c.lamports(payer)).toBe(8n * SOL - 15_000n);
  });
  it("without instructions", () => {
    run([], null);
    expect(c.lamports(payer)).toBe(10n * SOL - 5_000n);
  });
  it.each([
    [1n, 200_000, 1n],
    [1_000_000n, 1, 1n],
    [1_000_001n, 1, 2n],
    [999_999n, 1, 1n],
    [123_456n, 654_321, 80_780n],
    [2n ** 64n - 1n, 0, 0n],
  ] as [bigint, number, bigint][])("priority: %d micro-lamports, %d units", (price, units, extra) => {
    const price_ = instruction(COMPUTE_BUDGET, [], [3, ...u64(price)]);
    const limit = instruction(COMPUTE_BUDGET, [], [2, ...u32(units)]);
    c.both(c.transaction({ payer, instructions: [price_, limit] }));
    expect(c.lamports(payer)).toBe(10n * SOL - 5_000n - extra);
    expect(c.expectSame(c.transaction({ payer, instructions: [price_, limit] })).ours.fee).toBe(5_000n + extra);
  });
  it("price without a limit: the limit is the default", () => {
    run([instruction(COMPUTE_BUDGET, [], [3, ...u64(7_777_777n)]), pay(SOL)], null);
    run([instruction(COMPUTE_BUDGET, [], [3, ...u64(2n ** 64n - 1n)]), pay(SOL)], "InsufficientFundsForFee");
  });
  it("a failed transaction pays, and changes nothing else", () => {
    run([pay(SOL), assign([[payer, "ws"]], program), pay(1n)], {
      InstructionError: [2, "ExternalAccountLamportSpend"],
    });
    expect(c.lamports(payer)).toBe(10n * SOL - 5_000n);
    expect(c.account(to)).toBeNull();
  });
});

describe("who pays", () => {
  it("nobody there", () => {
    c.setAccount(payer, { lamports: 0n });
    run([pay(1n)], "AccountNotFound");
  });
  it("an account of a program", () => {
    c.setAccount(payer, { lamports: SOL, owner: program });
    run([], "InvalidAccountForFee");
  });
  it("an account with data", () => {
    c.setAccount(payer, { lamports: SOL, data: new Uint8Array(1) });
    run([], "InvalidAccountForFee");
    c.setAccount(payer, { lamports: SOL, data: new Uint8Array(80) });
    run([], "InvalidAccountForFee");
  });
  it("too little", () => {
    c.fund(payer, 4_999n);
    run([], "InsufficientFundsForFee");
  });
  it("exactly the fee", () => {
    c.fund(payer, 5_000n);
    run([], null);
    expect(c.account(payer)).toBeNull();
  });
  it("exactly the fee, and the transaction fails", () => {
    c.fund(payer, 5_000n);
    run([move(other, to, 11n * SOL)], "InsufficientFundsForFee"); // two signatures
    c.fund(payer, 10_000n);
    run([move(other, to, 11n * SOL)], { InstructionError: [0, { Custom: 1 }] });
    expect(c.lamports(payer)).toBe(0n);
  });
  it("to below the rent-exempt minimum", () => {
    c.fund(payer, RENT_0 + 4_999n);
    run([], rentError(0));
    c.fund(payer, RENT_0 + 5_000n);
    run([], null);
  });
  it("from below the rent-exempt minimum", () => {
    c.fund(payer, 100_000n);
    run([], rentError(0));
    c.fund(payer, 5_000n);
    run([], null);
  });
  it("the payer may empty itself", () => {
    run([pay(10n * SOL - 5_000n)], null);
    expect(c.account(payer)).toBeNull();
  });
  it("but not leave too little", () => {
    run([pay(10n * SOL - 5_001n)], rentError(0));
    expect(c.lamports(payer)).toBe(10n * SOL - 5_000n);
  });
  it("and come back", () => {
    run(
      [
        pay(10n * SOL - 5_000n),
        transfer(
          [
            [other, "ws"],
            [payer, "ws"],
          ],
          SOL,
        ),
      ],
      { InstructionError: [0, { Custom: 1 }] },
    );
    c.fund(payer, 10n * SOL);
    run(
      [
        pay(10n * SOL - 10_000n),
        transfer(
          [
            [other, "ws"],
            [payer, "ws"],
          ],
          SOL,
        ),
      ],
      null,
    );
    expect(c.lamports(payer)).toBe(SOL);
  });
});

describe("rent states", () => {
  it("an account below the minimum may be credited and closed, but not debited", () => {
    c.fund(to, 500_000n);
    run([move(other, to, 1n)], null);
    run([move(to, other, 1n)], rentError(1));
    run([move(to, other, 1n), move(other, to, 1n)], null);
    run([move(to, other, 500_001n)], null);
    expect(c.account(to)).toBeNull();
  });
  it("nor may it change its owner or grow", () => {
    c.fund(to, 500_000n);
    run([assign([[to, "ws"]], program)], rentError(1));
    run([assign([[to, "ws"]], program), move(other, to, SOL)], null);
  });
  it("it may become exempt", () => {
    c.fund(to, 500_000n);
    run([move(other, to, RENT_0)], null);
  });
  it("it may not change its size", () => {
    c.fund(to, 500_000n);
    run([instruction("11111111111111111111111111111111", [[to, "ws"]], [...u32(8), ...u64(1n)])], rentError(1));
  });
  it("untouched it is no hindrance", () => {
    c.fund(to, 500_000n);
    run([move(other, to, 0n)], null);
  });
  it("the incinerator takes anything", () => {
    run([move(other, "1nc1nerator11111111111111111111111111111111", 1n)], null);
  });
  it("the first account at fault is named", () => {
    run([move(other, to, 1n), move(other, testKey(9), 1n)], rentError(2));
  });
  it("an account may come and go in one transaction", () => {
    run(
      [
        createAccount(
          [
            [other, "ws"],
            [to, "ws"],
          ],
          SOL,
          0n,
          "11111111111111111111111111111111",
        ),
        move(to, other, SOL),
      ],
      null,
    );
    expect(c.account(to)).toBeNull();
  });
  it("rent epoch: set where it was not, on writable accounts", () => {
    c.setAccount(to, { lamports: SOL, rentEpoch: 0n });
    c.setAccount(other, { lamports: SOL, rentEpoch: 3n });
    run([move(payer, to, 0n), move(payer, other, 1n)], null);
    expect(c.account(to)!.rentEpoch).toBe(2n ** 64n - 1n);
    expect(c.account(other)!.rentEpoch).toBe(2n ** 64n - 1n);
  });
  it("rent epoch: as it was where the transaction failed or the account is read-only", () => {
    c.setAccount(to, { lamports: SOL, rentEpoch: 0n });
    c.setAccount(payer, { lamports: SOL, rentEpoch: 0n });
    run([move(payer, to, 2n * SOL)], { InstructionError: [0, { Custom: 1 }] });
    expect(c.account(payer)!.rentEpoch).toBe(0n);
    run(
      [
        transfer(
          [
            [payer, "ws"],
            [to, "r"],
          ],
          0n,
        ),
      ],
      { InstructionError: [0, "ReadonlyLamportChange"] },
    );
    expect(c.account(to)!.rentEpoch).toBe(0n);
  });
  it("rent epoch: an account below the minimum keeps its own", () => {
    c.setAccount(to, { lamports: 500_000n, rentEpoch: 5n });
    run([move(other, to, 1n)], null);
    expect(c.account(to)!.rentEpoch).toBe(5n);
  });
});
