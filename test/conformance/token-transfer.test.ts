/** Transfer and TransferChecked: every way to succeed, every error. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  cut,
  flagged,
  I,
  K,
  members,
  NATIVE_MINT,
  readonly,
  rentExempt,
  signer,
  TokenBench,
  TokenError,
  token,
  tokenData,
  u64,
  without,
  writable,
} from "./token-fixture.ts";

let t: TokenBench;
beforeAll(async () => {
  t = await TokenBench.create();
});

const MAX = 2n ** 64n - 1n;

describe.each([
  ["Transfer", (amount: bigint | number, by = [signer(K.alice)]) => I.transfer(amount, by)],
  ["TransferChecked", (amount: bigint | number, by = [signer(K.alice)]) => I.transferChecked(amount, 6, by)],
])("%s", (name, transfer) => {
  it("moves tokens", () => {
    t.fresh(null, transfer(10));
    expect([t.amount(K.source), t.amount(K.destination)]).toEqual([990n, 15n]);
    t.check(null, transfer(990));
    t.check(TokenError.InsufficientFunds, transfer(1));
    t.check(null, transfer(0));
  });

  it("needs data and accounts", () => {
    const good = transfer(1);
    for (let bytes = 1; bytes < good.data.length; bytes++) t.fresh(TokenError.InvalidInstruction, cut(good, bytes));
    t.fresh(null, { ...good, data: [...good.data, 1, 2, 3] });
    for (let n = 0; n < good.accounts.length; n++) t.fresh("NotEnoughAccountKeys", without(good, n));
    t.fresh(null, { ...good, accounts: [...good.accounts, readonly(K.carol), signer(K.dave)] });
  });

  it("needs the owner's signature", () => {
    t.fresh(TokenError.OwnerMismatch, transfer(1, [signer(K.bob)]));
    t.fresh("MissingRequiredSignature", transfer(1, [readonly(K.alice)]));
    t.fresh(TokenError.OwnerMismatch, transfer(0, [signer(K.bob)]));
  });

  it("obeys a delegate within the allowance", () => {
    const delegated = (amount: bigint) => {
      t.reset();
      t.setToken(K.source, { delegate: K.dave, delegated: amount });
    };
    const by = [signer(K.dave)];
    delegated(50n);
    t.check(null, transfer(20, by));
    t.check(null, transfer(0, by));
    t.check(TokenError.InsufficientFunds, transfer(31, by));
    t.check(null, transfer(30, by));
    t.check(TokenError.OwnerMismatch, transfer(1, by));
    delegated(50n);
    t.check("MissingRequiredSignature", transfer(1, [readonly(K.dave)]));
    t.check(null, transfer(60));
    delegated(2000n);
    t.check(TokenError.InsufficientFunds, transfer(1001, by));
    delegated(0n);
    t.check(null, transfer(0, by));
  });

  it("obeys a multisig", () => {
    const owned = () => {
      t.reset();
      t.setToken(K.source, { owner: K.multisig });
    };
    for (const signers of [
      [K.alice, K.bob],
      [K.carol, K.alice],
      [K.alice, K.bob, K.carol],
    ]) {
      owned();
      t.check(null, transfer(1, members(...signers)));
    }
    owned();
    t.check("MissingRequiredSignature", transfer(1, members()));
    t.check("MissingRequiredSignature", transfer(1, members(K.alice)));
    t.check("MissingRequiredSignature", transfer(1, members(K.alice, K.alice)));
    t.check("MissingRequiredSignature", transfer(1, members(K.alice, K.dave)));
    t.check("MissingRequiredSignature", transfer(1, [...members(K.alice), readonly(K.bob)]));
    t.check(null, transfer(1, [...members(K.alice), readonly(K.dave), signer(K.bob)]));
    t.check(TokenError.OwnerMismatch, transfer(1, [signer(K.alice), signer(K.bob)]));
  });

  it("refuses frozen, uninitialised, malformed and foreign accounts", () => {
    t.reset();
    t.setToken(K.source, { state: 2 });
    t.check(TokenError.AccountFrozen, transfer(1));
    t.check(TokenError.AccountFrozen, transfer(5000));
    t.reset();
    t.setToken(K.destination, { state: 2 });
    t.check(TokenError.AccountFrozen, transfer(1));
    for (const account of [K.source, K.destination]) {
      t.reset();
      t.set(account, new Uint8Array(165));
      t.check("UninitializedAccount", transfer(1));
      t.setToken(account, { state: 3 });
      t.check("InvalidAccountData", transfer(1));
      for (const size of [0, 82, 164, 166, 355]) {
        t.set(account, new Uint8Array(size), 10n ** 9n);
        t.check("InvalidAccountData", transfer(1));
      }
      t.reset();
      const data = tokenData({ mint: K.mint, owner: K.alice, amount: 1000n });
      t.set(account, data, rentExempt(165), K.foreignProgram);
      t.check("ExternalAccountDataModified", transfer(1));
      t.check("IncorrectProgramId", transfer(0));
    }
  });

  it("refuses another mint", () => {
    t.reset();
    t.setToken(K.destination, { mint: K.otherMint });
    t.check(TokenError.MintMismatch, transfer(1));
    t.check(TokenError.InsufficientFunds, transfer(1001));
  });

  it("to itself changes nothing but checks everything", () => {
    const self = (amount: number, by = [signer(K.alice)]) => {
      const ix = transfer(amount, by);
      return flagged(ix, name === "Transfer" ? 1 : 2, { key: K.source });
    };
    t.fresh(null, self(10));
    t.fresh(TokenError.InsufficientFunds, self(1001));
    t.fresh(TokenError.OwnerMismatch, self(10, [signer(K.bob)]));
    t.setToken(K.source, { state: 2 });
    t.check(TokenError.AccountFrozen, self(10));
    t.setToken(K.source, { delegate: K.dave, delegated: 5n });
    t.check(null, self(5, [signer(K.dave)]));
    t.check(TokenError.InsufficientFunds, self(6, [signer(K.dave)]));
    t.set(K.source, tokenData({ mint: K.mint, owner: K.alice, amount: 9n }), rentExempt(165), K.foreignProgram);
    t.check("IncorrectProgramId", self(1));
  });

  it("may not write what is read-only", () => {
    const to = name === "Transfer" ? 1 : 2;
    t.fresh("ReadonlyDataModified", flagged(transfer(1), 0, { writable: false }));
    t.fresh("ReadonlyDataModified", flagged(transfer(1), to, { writable: false }));
    t.fresh(null, flagged(transfer(0), to, { writable: false }));
  });

  it("is all or nothing with its transaction", () => {
    t.fresh(TokenError.InsufficientFunds, transfer(600), transfer(600));
    expect(t.amount(K.source)).toBe(1000n);
    t.check(null, transfer(600), transfer(400));
  });

  it("runs out of compute units as on Agave", () => {
    const limit = (units: number) => ({
      program: Uint8Array.from(Buffer.from("0306466fe5211732ffecadba72c39be7bc8ce5bbc5f7126b2c439b3a40000000", "hex")),
      accounts: [],
      data: [2, units & 255, units >> 8, 0, 0],
    });
    // 150 for the compute budget instruction itself
    t.fresh("ProgramFailedToComplete", limit(150 + 20), transfer(1));
    t.fresh(null, limit(150 + 200), transfer(1));
  });

  it("wraps a destination's overflow as the program does", () => {
    t.reset();
    t.setToken(K.destination, { owner: K.bob, amount: MAX });
    t.check(null, transfer(2));
    expect(t.amount(K.destination)).toBe(1n);
  });
});

describe("Transfer of wrapped SOL", () => {
  const transfer = (amount: bigint | number) => I.transfer(amount, [signer(K.alice)], K.wrapped, K.wrapped2);

  it("moves the lamports too", () => {
    t.fresh(null, transfer(1_000_000));
    expect(t.c.lamports(K.wrapped2)).toBe(rentExempt(165) + 3_000_000n);
    t.check(TokenError.InsufficientFunds, transfer(1));
  });

  it("fails when the lamports are not there", () => {
    t.reset();
    const data = tokenData({ mint: NATIVE_MINT, owner: K.alice, amount: 10n ** 9n, native: rentExempt(165) });
    t.set(K.wrapped, data);
    t.both("too much", transfer(rentExempt(165) + 1n));
    t.both("below rent", transfer(1000));
  });

  it("to itself", () => {
    t.fresh(null, I.transfer(10, [signer(K.alice)], K.wrapped, K.wrapped));
  });
});

describe("TransferChecked", () => {
  it("checks the mint and its decimals", () => {
    t.fresh(TokenError.MintDecimalsMismatch, I.transferChecked(1, 5));
    t.fresh(TokenError.MintMismatch, I.transferChecked(1, 6, [signer(K.alice)], K.otherMint));
    t.reset();
    t.set(K.mint, new Uint8Array(82));
    t.check("UninitializedAccount", I.transferChecked(1));
    t.set(K.mint, new Uint8Array(81));
    t.check("InvalidAccountData", I.transferChecked(1));
  });

  it("does not care who owns the mint", () => {
    t.reset();
    t.c.setAccount(K.mint, { ...t.c.account(K.mint)!, owner: K.foreignProgram });
    t.check(null, I.transferChecked(1));
  });

  it("takes the authority from account 3", () => {
    const accounts = [writable(K.source), readonly(K.mint), writable(K.destination), signer(K.alice)];
    t.fresh(null, token(12, [...u64(1), 6], accounts));
    t.fresh("NotEnoughAccountKeys", token(12, [...u64(1), 6], accounts.slice(0, 3)));
  });
});
