/** Every System instruction on Agave's runtime and on ours: success and each error path. */
import type { Address, Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, keyBytes, SYSTEM, testKey } from "./harness.ts";
import {
  allocate,
  assign,
  createAccount,
  createAccountAllowPrefund,
  move,
  system,
  transfer,
  u32,
  u64,
} from "./harness-system.ts";

const payer = testKey(1);
const from = testKey(2);
const to = testKey(3);
const program = testKey(4);
const SOL = 10n ** 9n;
const RENT_0 = 890_880n;
const failed = (error: unknown, index = 0): TransactionErrorJson =>
  ({ InstructionError: [index, error] }) as TransactionErrorJson;
const custom = (code: number): TransactionErrorJson => failed({ Custom: code });
const rent = (space: number): bigint => (128n + BigInt(space)) * 6960n;

let c: Conformance;
beforeEach(async () => {
  c = await Conformance.create();
  c.fund(payer, 100n * SOL);
  c.fund(from, 10n * SOL);
});

const run = (instructions: Instruction | Instruction[], error: TransactionErrorJson | null) =>
  c.expect(c.transaction({ payer, instructions: [instructions].flat() }), error);

describe("Transfer", () => {
  it.each([
    ["some", 2n * SOL, null],
    ["nothing", 0n, null],
    ["all", 10n * SOL, null],
    ["too much", 10n * SOL + 1n, custom(1)],
    ["the maximum", 2n ** 64n - 1n, custom(1)],
    ["less than the rent-exempt minimum", RENT_0 - 1n, { InsufficientFundsForRent: { account_index: 2 } }],
    ["the rent-exempt minimum", RENT_0, null],
    ["all but less than the minimum", 10n * SOL - RENT_0 + 1n, { InsufficientFundsForRent: { account_index: 1 } }],
  ] as [string, bigint, TransactionErrorJson | null][])("%s", (_, lamports, error) => {
    run(move(from, to, lamports), error);
  });

  it("to itself", () => {
    run(
      transfer(
        [
          [from, "ws"],
          [from, "ws"],
        ],
        SOL,
      ),
      null,
    );
    run(
      transfer(
        [
          [from, "ws"],
          [from, "ws"],
        ],
        11n * SOL,
      ),
      custom(1),
    );
  });
  it("without the signature", () => {
    run(
      transfer(
        [
          [from, "w"],
          [to, "w"],
        ],
        SOL,
      ),
      failed("MissingRequiredSignature"),
    );
  });
  it("from a read-only account", () => {
    run(
      transfer(
        [
          [from, "rs"],
          [to, "w"],
        ],
        SOL,
      ),
      failed("ReadonlyLamportChange"),
    );
    run(
      transfer(
        [
          [from, "rs"],
          [to, "w"],
        ],
        0n,
      ),
      failed("ReadonlyLamportChange"),
    );
  });
  it("to a read-only account", () => {
    run(
      transfer(
        [
          [from, "ws"],
          [to, "r"],
        ],
        SOL,
      ),
      failed("ReadonlyLamportChange"),
    );
  });
  it("from an account with data", () => {
    c.setAccount(from, { lamports: SOL, data: new Uint8Array(3) });
    run(move(from, to, 1n), failed("InvalidArgument"));
  });
  it("from an account of another program", () => {
    c.setAccount(from, { lamports: SOL, owner: program });
    run(move(from, to, 1n), failed("ExternalAccountLamportSpend"));
  });
  it("to an account of another program", () => {
    c.setAccount(to, { lamports: SOL, owner: program, data: new Uint8Array(9) });
    run(move(from, to, 1n), null);
  });
  it("overflowing the receiver", () => {
    c.fund(to, 2n ** 64n - 1n);
    run(move(from, to, 1n), failed("ArithmeticOverflow"));
  });
  it("with too few accounts", () => {
    run(transfer([[from, "ws"]], 1n), failed("MissingAccount"));
    run(transfer([], 1n), failed("MissingAccount"));
  });
  it("from an account that does not exist", () => {
    run(move(testKey(99), to, 1n), custom(1));
    run(move(testKey(99), to, 0n), null);
  });
  it("into a sysvar, a program and a reserved key: the lock is demoted", () => {
    for (const target of [
      "SysvarC1ock11111111111111111111111111111111",
      "Vote111111111111111111111111111111111111111",
      "ComputeBudget111111111111111111111111111111",
      "Sysvar1nstructions1111111111111111111111111",
      "NativeLoader1111111111111111111111111111111",
      "BPFLoaderUpgradeab1e11111111111111111111111",
    ]) {
      run(move(from, target, SOL), failed("ReadonlyLamportChange"));
    }
  });
});

describe("malformed data", () => {
  it.each([
    ["none", []],
    ["three bytes", [2, 0, 0]],
    ["unknown variant", u32(14)],
    ["huge variant", u32(0xffffffff)],
    ["Transfer cut short", [...u32(2), 1, 2, 3]],
    ["CreateAccount cut short", [...u32(0), ...u64(1n), ...u64(1n), 1]],
    ["Assign cut short", [...u32(1), ...new Array(31).fill(1)]],
    ["a seed longer than the data", [...u32(10), ...keyBytes(from), ...u64(33n), 65, 66]],
    ["a seed of 2^63 bytes", [...u32(10), ...keyBytes(from), ...u64(2n ** 63n), 65, 66]],
    ["a seed that is no UTF-8", [...u32(10), ...keyBytes(from), ...u64(1n), 0xff, ...keyBytes(program)]],
    ["a seed cut in a character", [...u32(10), ...keyBytes(from), ...u64(1n), 0xc3, ...keyBytes(program)]],
    ["a surrogate in the seed", [...u32(10), ...keyBytes(from), ...u64(3n), 0xed, 0xa0, 0x80, ...keyBytes(program)]],
    [
      "an overlong character in the seed",
      [...u32(10), ...keyBytes(from), ...u64(2n), 0xc0, 0x80, ...keyBytes(program)],
    ],
  ] as [string, number[]][])("%s", (_, data) => {
    run(
      system(
        [
          [from, "ws"],
          [to, "w"],
        ],
        data,
      ),
      failed("InvalidInstructionData"),
    );
  });
  it("trailing bytes are ignored", () => {
    run(
      system(
        [
          [from, "ws"],
          [to, "w"],
        ],
        [...u32(2), ...u64(SOL), 1, 2, 3],
      ),
      null,
    );
  });
});

describe("CreateAccount", () => {
  const both = [
    [from, "ws"],
    [to, "ws"],
  ] as [Address, string][];
  it.each([
    ["for a program", rent(10), 10n, null],
    ["without data", RENT_0, 0n, null],
    ["without lamports", 0n, 10n, null],
    ["without lamports and data", 0n, 0n, null],
    ["one lamport short", rent(10) - 1n, 10n, { InsufficientFundsForRent: { account_index: 2 } }],
    ["more lamports than there are", 11n * SOL, 10n, custom(1)],
    ["10 MiB and a byte", SOL, 10_485_761n, custom(3)],
    ["2^64-1 bytes", SOL, 2n ** 64n - 1n, custom(3)],
  ] as [string, bigint, bigint, TransactionErrorJson | null][])("%s", (_, lamports, space, error) => {
    run(createAccount(both, lamports, space, program), error);
  });
  it("10 MiB", () => {
    c.fund(from, 1_000n * SOL);
    run(createAccount(both, rent(10_485_760), 10_485_760n, program), null);
  });
  it("30 MiB in one transaction", () => {
    c.fund(from, 1_000n * SOL);
    const create = (n: number) =>
      createAccount(
        [
          [from, "ws"],
          [testKey(n), "ws"],
        ],
        rent(10_485_760),
        10_485_760n,
        program,
      );
    run([create(50), create(51), create(52)], failed("MaxAccountsDataAllocationsExceeded", 2));
  });
  it("for the System program", () => run(createAccount(both, rent(5), 5n, SYSTEM), null));
  it("at an address in use", () => {
    c.fund(to, 1n);
    run(createAccount(both, rent(1), 1n, program), custom(0));
    c.setAccount(to, { lamports: SOL, owner: program });
    run(createAccount(both, rent(1), 1n, program), custom(0));
  });
  it("twice in one transaction", () => {
    run(
      [createAccount(both, rent(1), 1n, program), createAccount(both, rent(1), 1n, program)],
      failed({ Custom: 0 }, 1),
    );
  });
  it("without signatures", () => {
    run(
      createAccount(
        [
          [from, "ws"],
          [to, "w"],
        ],
        SOL,
        1n,
        program,
      ),
      failed("MissingRequiredSignature"),
    );
    run(
      createAccount(
        [
          [from, "w"],
          [to, "ws"],
        ],
        SOL,
        1n,
        program,
      ),
      failed("MissingRequiredSignature"),
    );
  });
  it("read-only", () => {
    run(
      createAccount(
        [
          [from, "ws"],
          [to, "rs"],
        ],
        SOL,
        1n,
        program,
      ),
      failed("ReadonlyDataModified"),
    );
    run(
      createAccount(
        [
          [from, "rs"],
          [to, "ws"],
        ],
        SOL,
        1n,
        program,
      ),
      failed("ReadonlyLamportChange"),
    );
    run(
      createAccount(
        [
          [from, "ws"],
          [to, "rs"],
        ],
        SOL,
        0n,
        program,
      ),
      failed("ReadonlyDataModified"),
    );
  });
  it("from itself", () => {
    run(
      createAccount(
        [
          [from, "ws"],
          [from, "ws"],
        ],
        SOL,
        1n,
        program,
      ),
      custom(0),
    );
    run(
      createAccount(
        [
          [to, "ws"],
          [to, "ws"],
        ],
        0n,
        1n,
        program,
      ),
      failed("InvalidArgument"),
    );
  });
  it("too few accounts", () => run(createAccount([[from, "ws"]], SOL, 1n, program), failed("MissingAccount")));
  it("from an account of another program", () => {
    c.setAccount(from, { lamports: 10n * SOL, owner: program });
    run(createAccount(both, SOL, 1n, program), failed("ExternalAccountLamportSpend"));
  });
});

describe("CreateAccountAllowPrefund", () => {
  const both = [
    [to, "ws"],
    [from, "ws"],
  ] as [Address, string][];
  it("a new account", () => run(createAccountAllowPrefund(both, rent(10), 10n, program), null));
  it("an account with lamports", () => {
    c.fund(to, SOL);
    run(createAccountAllowPrefund(both, SOL, 10n, program), null);
  });
  it("without lamports", () => {
    c.fund(to, SOL);
    run(createAccountAllowPrefund([[to, "ws"]], 0n, 10n, program), null);
  });
  it("in use", () => {
    c.setAccount(to, { lamports: SOL, owner: program });
    run(createAccountAllowPrefund(both, SOL, 10n, program), custom(0));
    c.setAccount(to, { lamports: SOL, data: new Uint8Array(1) });
    run(createAccountAllowPrefund(both, SOL, 10n, program), custom(0));
  });
  it("without signatures", () => {
    run(
      createAccountAllowPrefund(
        [
          [to, "w"],
          [from, "ws"],
        ],
        SOL,
        10n,
        program,
      ),
      failed("MissingRequiredSignature"),
    );
    run(
      createAccountAllowPrefund(
        [
          [to, "ws"],
          [from, "w"],
        ],
        SOL,
        10n,
        program,
      ),
      failed("MissingRequiredSignature"),
    );
  });
  it("too few accounts", () => {
    run(createAccountAllowPrefund([[to, "ws"]], 1n, 10n, program), failed("MissingAccount"));
    run(createAccountAllowPrefund([], 0n, 10n, program), failed("MissingAccount"));
  });
  it("too little", () => {
    run(createAccountAllowPrefund(both, 20n * SOL, 10n, program), custom(1));
    run(createAccountAllowPrefund(both, 1n, 10n, program), { InsufficientFundsForRent: { account_index: 2 } });
  });
  it("twice in one transaction, to below what the first needs", () => {
    const again = createAccountAllowPrefund(both, rent(10), 10n, SYSTEM);
    run([again, again], failed({ Custom: 0 }, 1));
  });
});

describe("Assign and Allocate", () => {
  it("assign", () => run(assign([[from, "ws"]], program), null));
  it("assign to the owner it has needs nothing", () => run(assign([[from, "r"]], SYSTEM), null));
  it("assign without the signature", () => run(assign([[from, "w"]], program), failed("MissingRequiredSignature")));
  it("assign a read-only account", () => run(assign([[from, "rs"]], program), failed("ModifiedProgramId")));
  it("assign an account with data", () => {
    c.setAccount(from, { lamports: SOL, data: Uint8Array.of(0, 0, 0) });
    run(assign([[from, "ws"]], program), null);
    c.setAccount(to, { lamports: SOL, data: Uint8Array.of(0, 0, 1) });
    run(assign([[to, "ws"]], program), failed("ModifiedProgramId"));
  });
  it("assign an account of another program", () => {
    c.setAccount(from, { lamports: SOL, owner: program });
    run(assign([[from, "ws"]], to), failed("ModifiedProgramId"));
  });
  it("assign no account", () => run(assign([], program), failed("MissingAccount")));
  it("allocate", () => run(allocate([[from, "ws"]], 100n), null));
  it("allocate nothing", () => run(allocate([[from, "ws"]], 0n), null));
  it("allocate nothing, read-only", () => run(allocate([[from, "rs"]], 0n), failed("ReadonlyDataModified")));
  it("allocate beyond the rent", () => {
    c.fund(from, SOL);
    run(allocate([[from, "ws"]], 1_000_000n), { InsufficientFundsForRent: { account_index: 1 } });
  });
  it("allocate without the signature", () => run(allocate([[from, "w"]], 1n), failed("MissingRequiredSignature")));
  it("allocate too much", () => run(allocate([[from, "ws"]], 10_485_761n), custom(3)));
  it("allocate in use", () => {
    c.setAccount(from, { lamports: SOL, data: new Uint8Array(1) });
    run(allocate([[from, "ws"]], 1n), custom(0));
    c.setAccount(from, { lamports: SOL, owner: program });
    run(allocate([[from, "ws"]], 1n), custom(0));
  });
  it("allocate no account", () => run(allocate([], 1n), failed("MissingAccount")));
  it("allocate, then assign, then pay", () => {
    run([allocate([[to, "ws"]], 7n), assign([[to, "ws"]], program), move(from, to, rent(7))], null);
  });
  it("allocate and assign an account that stays empty", () => {
    run([allocate([[to, "ws"]], 7n), assign([[to, "ws"]], program)], null);
    expect(c.account(to)).toBeNull();
  });
});
