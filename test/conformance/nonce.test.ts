/** Nonce accounts and durable-nonce transactions on Agave's runtime and on ours. */
import { createHash } from "node:crypto";
import { getBase58Decoder, getBase58Encoder, type Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { type Comparison, Conformance, keyBytes, SYSTEM, testKey } from "./harness.ts";
import {
  type Accounts,
  advanceNonce,
  assign,
  authorizeNonce,
  createAccount,
  initializeNonce,
  move,
  RECENT_BLOCKHASHES,
  RENT,
  system,
  u32,
  u64,
  upgradeNonce,
  withdrawNonce,
} from "./harness-system.ts";

const payer = testKey(1);
const nonce = testKey(2);
const authority = testKey(3);
const to = testKey(4);
const other = testKey(5);
const SOL = 10n ** 9n;
const NONCE_RENT = (128n + 80n) * 6960n;
const failed = (error: unknown, index = 0): TransactionErrorJson =>
  ({ InstructionError: [index, error] }) as TransactionErrorJson;
const custom = (code: number, index = 0): TransactionErrorJson => failed({ Custom: code }, index);

const initAccounts: Accounts = [
  [nonce, "w"],
  [RECENT_BLOCKHASHES, "r"],
  [RENT, "r"],
];
const advanceAccounts: Accounts = [
  [nonce, "w"],
  [RECENT_BLOCKHASHES, "r"],
  [authority, "rs"],
];
const withdrawAccounts: Accounts = [
  [nonce, "w"],
  [to, "w"],
  [RECENT_BLOCKHASHES, "r"],
  [RENT, "r"],
  [authority, "rs"],
];

let c: Conformance;
beforeEach(async () => {
  c = await Conformance.create();
  c.fund(payer, 100n * SOL);
  c.fund(authority, SOL);
});

const run = (
  instructions: Instruction | Instruction[],
  error: TransactionErrorJson | null,
  blockhash?: string,
): Comparison =>
  c.expect(c.transaction({ payer, instructions: [instructions].flat(), ...(blockhash ? { blockhash } : {}) }), error);
const create = (lamports = 2n * NONCE_RENT): Instruction[] => [
  createAccount(
    [
      [payer, "ws"],
      [nonce, "ws"],
    ],
    lamports,
    80n,
    SYSTEM,
  ),
  initializeNonce(initAccounts, authority),
];
const data = (): Uint8Array => c.account(nonce)!.data;
const value = (): string => getBase58Decoder().decode(data().slice(40, 72));

/** Data of a nonce account as bytes. */
function state(
  version: number,
  tag: number,
  owner = authority,
  hash: Uint8Array = new Uint8Array(32).fill(9),
): Uint8Array {
  return Uint8Array.from([...u32(version), ...u32(tag), ...keyBytes(owner), ...hash, ...u64(5000n)]);
}
const put = (bytes: Uint8Array, lamports = SOL): void => c.setAccount(nonce, { lamports, data: bytes });

describe("InitializeNonceAccount", () => {
  it("a new account", () => {
    run(create(), null);
    expect(data().slice(8, 40)).toEqual(keyBytes(authority));
  });
  it("twice", () => run([...create(), initializeNonce(initAccounts, authority)], failed("InvalidAccountData", 2)));
  it("below the rent", () => {
    put(new Uint8Array(80), NONCE_RENT - 1n);
    run(initializeNonce(initAccounts, authority), failed("InsufficientFunds"));
  });
  it("read-only", () => {
    put(new Uint8Array(80));
    run(
      initializeNonce(
        [
          [nonce, "r"],
          [RECENT_BLOCKHASHES, "r"],
          [RENT, "r"],
        ],
        authority,
      ),
      failed("InvalidArgument"),
    );
  });
  it("accounts missing or in the wrong place", () => {
    put(new Uint8Array(80));
    run(initializeNonce([], authority), failed("MissingAccount"));
    run(initializeNonce([[nonce, "w"]], authority), failed("MissingAccount"));
    run(
      initializeNonce(
        [
          [nonce, "w"],
          [RECENT_BLOCKHASHES, "r"],
        ],
        authority,
      ),
      failed("MissingAccount"),
    );
    run(
      initializeNonce(
        [
          [nonce, "w"],
          [RENT, "r"],
          [RECENT_BLOCKHASHES, "r"],
        ],
        authority,
      ),
      failed("InvalidArgument"),
    );
    run(
      initializeNonce(
        [
          [nonce, "w"],
          [RECENT_BLOCKHASHES, "r"],
          [to, "r"],
        ],
        authority,
      ),
      failed("InvalidArgument"),
    );
  });
  it.each([
    ["empty", 0, "InvalidAccountData"],
    ["7 bytes", 7, "InvalidAccountData"],
    ["8 bytes", 8, "AccountDataTooSmall"],
    ["79 bytes", 79, "AccountDataTooSmall"],
    ["81 bytes", 81, null],
  ] as [string, number, string | null][])("data of %s", (_, length, error) => {
    put(new Uint8Array(length));
    run(initializeNonce(initAccounts, authority), error ? failed(error) : null);
  });
  it("data of another kind", () => {
    put(state(2, 0));
    run(initializeNonce(initAccounts, authority), failed("InvalidAccountData"));
    put(state(1, 2));
    run(initializeNonce(initAccounts, authority), failed("InvalidAccountData"));
    put(state(1, 0));
    run(initializeNonce(initAccounts, authority), null);
  });
  it("an account of another program", () => {
    c.setAccount(nonce, { lamports: SOL, data: new Uint8Array(80), owner: other });
    run(initializeNonce(initAccounts, authority), failed("ExternalAccountDataModified"));
  });
});

describe("AdvanceNonceAccount", () => {
  it("in a later slot", () => {
    run(create(), null);
    const first = value();
    c.advance();
    run(advanceNonce(advanceAccounts), null);
    expect(value()).not.toBe(first);
  });
  it("in the same slot", () => {
    run(create(), null);
    run(advanceNonce(advanceAccounts), custom(7));
  });
  it("twice in one transaction", () => {
    run(create(), null);
    c.advance();
    run([advanceNonce(advanceAccounts), advanceNonce(advanceAccounts)], custom(7, 1));
  });
  it("without the authority", () => {
    run(create(), null);
    c.advance();
    run(
      advanceNonce([
        [nonce, "w"],
        [RECENT_BLOCKHASHES, "r"],
        [authority, "r"],
      ]),
      failed("MissingRequiredSignature"),
    );
    run(
      advanceNonce([
        [nonce, "w"],
        [RECENT_BLOCKHASHES, "r"],
        [other, "rs"],
      ]),
      failed("MissingRequiredSignature"),
    );
    run(
      advanceNonce([
        [nonce, "w"],
        [RECENT_BLOCKHASHES, "r"],
      ]),
      failed("MissingRequiredSignature"),
    );
  });
  it("wrong accounts", () => {
    run(create(), null);
    c.advance();
    run(advanceNonce([]), failed("MissingAccount"));
    run(advanceNonce([[nonce, "w"]]), failed("MissingAccount"));
    run(
      advanceNonce([
        [nonce, "w"],
        [RENT, "r"],
        [authority, "rs"],
      ]),
      failed("InvalidArgument"),
    );
    run(
      advanceNonce([
        [nonce, "r"],
        [RECENT_BLOCKHASHES, "r"],
        [authority, "rs"],
      ]),
      failed("InvalidArgument"),
    );
  });
  it("uninitialised, empty, foreign, legacy", () => {
    put(new Uint8Array(80));
    run(advanceNonce(advanceAccounts), failed("InvalidAccountData"));
    put(new Uint8Array(0));
    run(advanceNonce(advanceAccounts), failed("InvalidAccountData"));
    c.setAccount(nonce, { lamports: SOL, data: state(1, 1), owner: other });
    run(advanceNonce(advanceAccounts), failed("ExternalAccountDataModified"));
    put(state(0, 1));
    run(advanceNonce(advanceAccounts), null);
  });
});

describe("WithdrawNonceAccount", () => {
  beforeEach(() => {
    run(create(), null);
    c.advance();
  });
  it("a part", () => {
    run(withdrawNonce(withdrawAccounts, NONCE_RENT), null);
    run(withdrawNonce(withdrawAccounts, 1n), failed("InsufficientFunds"));
  });
  it("to below the rent", () => run(withdrawNonce(withdrawAccounts, NONCE_RENT + 1n), failed("InsufficientFunds")));
  it("2^64-1", () => run(withdrawNonce(withdrawAccounts, 2n ** 64n - 1n), failed("InsufficientFunds")));
  it("all", () => {
    run(withdrawNonce(withdrawAccounts, 2n * NONCE_RENT), null);
    expect(c.account(nonce)).toBeNull();
  });
  it("all, in the slot of its value", () => {
    run(advanceNonce(advanceAccounts), null);
    run(withdrawNonce(withdrawAccounts, 2n * NONCE_RENT), custom(7));
  });
  it("all, to itself", () => {
    const accounts: Accounts = [
      [nonce, "w"],
      [nonce, "w"],
      [RECENT_BLOCKHASHES, "r"],
      [RENT, "r"],
      [authority, "rs"],
    ];
    run(withdrawNonce(accounts, 2n * NONCE_RENT), null);
    run(advanceNonce(advanceAccounts), failed("InvalidAccountData"));
  });
  it("without the authority", () => {
    const accounts: Accounts = [
      [nonce, "w"],
      [to, "w"],
      [RECENT_BLOCKHASHES, "r"],
      [RENT, "r"],
      [other, "rs"],
    ];
    run(withdrawNonce(accounts, NONCE_RENT), failed("MissingRequiredSignature"));
    run(withdrawNonce(accounts, 2n * NONCE_RENT), failed("MissingRequiredSignature"));
  });
  it("wrong accounts", () => {
    run(withdrawNonce([[nonce, "w"]], 1n), failed("MissingAccount"));
    run(
      withdrawNonce(
        [
          [nonce, "w"],
          [to, "w"],
        ],
        1n,
      ),
      failed("MissingAccount"),
    );
    run(
      withdrawNonce(
        [
          [nonce, "w"],
          [to, "w"],
          [RECENT_BLOCKHASHES, "r"],
        ],
        1n,
      ),
      failed("MissingAccount"),
    );
    run(
      withdrawNonce(
        [
          [nonce, "w"],
          [to, "w"],
          [RENT, "r"],
          [RENT, "r"],
        ],
        1n,
      ),
      failed("InvalidArgument"),
    );
    run(
      withdrawNonce(
        [
          [nonce, "w"],
          [to, "w"],
          [RECENT_BLOCKHASHES, "r"],
          [to, "w"],
        ],
        1n,
      ),
      failed("InvalidArgument"),
    );
    run(withdrawNonce([[nonce, "r"], ...withdrawAccounts.slice(1)], 1n), failed("InvalidArgument"));
    run(withdrawNonce([[nonce, "w"], [to, "r"], ...withdrawAccounts.slice(2)], 1n), failed("ReadonlyLamportChange"));
  });
  it("an uninitialised account: its own signature", () => {
    put(new Uint8Array(80));
    run(withdrawNonce(withdrawAccounts, 1n), failed("MissingRequiredSignature"));
    const signed: Accounts = [[nonce, "ws"], ...withdrawAccounts.slice(1)];
    run(withdrawNonce(signed, SOL + 1n), failed("InsufficientFunds"));
    run(withdrawNonce(signed, SOL - NONCE_RENT), null);
    run(withdrawNonce(signed, NONCE_RENT), null);
  });
  it("an account of another program", () => {
    c.setAccount(nonce, { lamports: SOL, data: state(1, 1), owner: other });
    run(withdrawNonce(withdrawAccounts, 1n), failed("ExternalAccountLamportSpend"));
    run(withdrawNonce(withdrawAccounts, SOL), failed("ExternalAccountDataModified"));
  });
  it("no nonce account", () => {
    c.fund(nonce, SOL);
    run(withdrawNonce(withdrawAccounts, 1n), failed("InvalidAccountData"));
  });
  it("overflowing the receiver", () => {
    c.fund(to, 2n ** 64n - 1n);
    run(withdrawNonce(withdrawAccounts, 1n), failed("ArithmeticOverflow"));
  });
});

describe("AuthorizeNonceAccount and UpgradeNonceAccount", () => {
  it("authorize", () => {
    run(create(), null);
    run(
      authorizeNonce(
        [
          [nonce, "w"],
          [other, "rs"],
        ],
        other,
      ),
      failed("MissingRequiredSignature"),
    );
    run(
      authorizeNonce(
        [
          [nonce, "r"],
          [authority, "rs"],
        ],
        other,
      ),
      failed("InvalidArgument"),
    );
    run(authorizeNonce([], other), failed("MissingAccount"));
    run(
      authorizeNonce(
        [
          [nonce, "w"],
          [authority, "rs"],
        ],
        other,
      ),
      null,
    );
    c.advance();
    run(advanceNonce(advanceAccounts), failed("MissingRequiredSignature"));
    run(
      advanceNonce([
        [nonce, "w"],
        [RECENT_BLOCKHASHES, "r"],
        [other, "rs"],
      ]),
      null,
    );
  });
  it("authorize uninitialised, empty, legacy, foreign", () => {
    put(new Uint8Array(80));
    run(
      authorizeNonce(
        [
          [nonce, "w"],
          [authority, "rs"],
        ],
        other,
      ),
      failed("InvalidAccountData"),
    );
    put(new Uint8Array(0));
    run(
      authorizeNonce(
        [
          [nonce, "w"],
          [authority, "rs"],
        ],
        other,
      ),
      failed("InvalidAccountData"),
    );
    put(state(0, 1));
    run(
      authorizeNonce(
        [
          [nonce, "w"],
          [authority, "rs"],
        ],
        other,
      ),
      null,
    );
    c.setAccount(nonce, { lamports: SOL, data: state(1, 1), owner: other });
    run(
      authorizeNonce(
        [
          [nonce, "w"],
          [authority, "rs"],
        ],
        other,
      ),
      failed("ExternalAccountDataModified"),
    );
  });
  it("upgrade", () => {
    put(state(0, 1));
    run(upgradeNonce([[nonce, "r"]]), failed("InvalidArgument"));
    run(upgradeNonce([[nonce, "w"]]), null);
    run(upgradeNonce([[nonce, "w"]]), failed("InvalidArgument"));
    put(state(0, 0));
    run(upgradeNonce([[nonce, "w"]]), failed("InvalidArgument"));
    put(new Uint8Array(3));
    run(upgradeNonce([[nonce, "w"]]), failed("InvalidAccountData"));
    c.setAccount(nonce, { lamports: SOL, data: state(0, 1), owner: other });
    run(upgradeNonce([[nonce, "w"]]), failed("InvalidAccountOwner"));
    run(upgradeNonce([]), failed("MissingAccount"));
  });
});

describe("durable-nonce transactions", () => {
  beforeEach(() => {
    run(create(), null);
    c.advance();
  });
  const pay = move(payer, to, SOL);

  it("succeed, once", () => {
    const blockhash = value();
    expect(run([advanceNonce(advanceAccounts), pay], null, blockhash).adopted).toHaveLength(1);
    run([advanceNonce(advanceAccounts), pay], "BlockhashNotFound", blockhash);
    run([advanceNonce(advanceAccounts), pay], "BlockhashNotFound", value()); // the value of this very slot
    // The harness takes over our value where litesvm's is not Agave's, so it is checked here.
    const newest = new Uint8Array(getBase58Encoder().encode(c.latestBlockhash()));
    const next = createHash("sha256").update("DURABLE_NONCE").update(newest).digest();
    expect(Buffer.from(data().slice(40, 72)).equals(next)).toBe(true);
    c.advance();
    run([advanceNonce(advanceAccounts), pay], null, value());
  });
  it("advance even when they fail, and pay", () => {
    const blockhash = value();
    const before = c.lamports(payer);
    run([advanceNonce(advanceAccounts), move(payer, to, 1_000n * SOL)], custom(1, 1), blockhash);
    expect(c.lamports(payer)).toBe(before - 10_000n);
    expect(value()).not.toBe(blockhash);
    run([advanceNonce(advanceAccounts), pay], "BlockhashNotFound", blockhash);
  });
  it("advance even when nothing can be loaded", () => {
    const blockhash = value();
    const before = c.lamports(payer);
    const missing = { programAddress: testKey(77), accounts: [], data: new Uint8Array(0) };
    run([advanceNonce(advanceAccounts), missing], "ProgramAccountNotFound", blockhash);
    expect(c.lamports(payer)).toBe(before - 10_000n);
    expect(value()).not.toBe(blockhash);
  });
  it("keep what was rolled back out of the nonce account", () => {
    const blockhash = value();
    const steal = withdrawNonce(withdrawAccounts, NONCE_RENT);
    run([advanceNonce(advanceAccounts), steal, move(payer, to, 1_000n * SOL)], custom(1, 2), blockhash);
    expect(c.lamports(nonce)).toBe(2n * NONCE_RENT);
  });
  it("need the advance first, writable, signed by the authority", () => {
    const blockhash = value();
    run([pay, advanceNonce(advanceAccounts)], "BlockhashNotFound", blockhash);
    run([advanceNonce([[nonce, "r"], ...advanceAccounts.slice(1)])], "BlockhashNotFound", blockhash);
    run(
      [
        advanceNonce([
          [nonce, "w"],
          [RECENT_BLOCKHASHES, "r"],
          [other, "rs"],
        ]),
      ],
      "BlockhashNotFound",
      blockhash,
    );
    run(
      [
        advanceNonce([
          [nonce, "w"],
          [RECENT_BLOCKHASHES, "r"],
        ]),
      ],
      "BlockhashNotFound",
      blockhash,
    );
    run([system(advanceAccounts, [4, 0, 0])], "BlockhashNotFound", blockhash);
    run([system(advanceAccounts, [...u32(4), 9, 9]), pay], null, blockhash);
  });
  it("do not work with a legacy, foreign or missing nonce account", () => {
    const blockhash = value();
    const bytes = data();
    put(Uint8Array.from([0, ...bytes.slice(1)]));
    run([advanceNonce(advanceAccounts), pay], "BlockhashNotFound", blockhash);
    c.setAccount(nonce, { lamports: SOL, data: bytes, owner: other });
    run([advanceNonce(advanceAccounts), pay], "BlockhashNotFound", blockhash);
    c.setAccount(nonce, { lamports: 0n });
    run([advanceNonce(advanceAccounts), pay], "BlockhashNotFound", blockhash);
  });
  it("may withdraw all", () => {
    run([advanceNonce(advanceAccounts), withdrawNonce(withdrawAccounts, 2n * NONCE_RENT)], custom(7, 1), value());
  });
});

describe("a nonce account that pays", () => {
  const self: Accounts = [
    [nonce, "ws"],
    [RECENT_BLOCKHASHES, "r"],
  ];
  const transaction = (instructions: Instruction[], blockhash?: string) =>
    c.transaction({ payer: nonce, instructions, ...(blockhash ? { blockhash } : {}) });
  const own = (lamports: bigint, hash?: Uint8Array): void => put(state(1, 1, nonce, hash), lamports);

  it("keeps the rent of its data", () => {
    own(NONCE_RENT + 4_999n);
    c.expect(transaction([advanceNonce(self)]), "InsufficientFundsForFee");
    own(NONCE_RENT + 5_000n);
    c.expect(transaction([advanceNonce(self)]), null);
  });
  it("is the nonce of its own transaction, and fails", () => {
    own(SOL);
    const blockhash = value();
    c.expect(
      transaction([advanceNonce(self), assign([[nonce, "ws"]], other)], blockhash),
      failed("ModifiedProgramId", 1),
    );
    expect(c.lamports(nonce)).toBe(SOL - 5_000n);
    expect(value()).not.toBe(blockhash);
  });
  it("is the nonce of its own transaction", () => {
    own(SOL);
    c.expect(transaction([advanceNonce(self)], value()), null);
  });
  it("cannot pay uninitialised", () => {
    put(new Uint8Array(80));
    c.expect(transaction([assign([[nonce, "ws"]], other)]), "InvalidAccountForFee");
  });
});
