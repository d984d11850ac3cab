/** CloseAccount, SyncNative, WithdrawExcessLamports, UnwrapLamports. */
import { beforeAll, describe, expect, it } from "vitest";
import { INCINERATOR } from "./random-world.ts";
import {
  cut,
  flagged,
  I,
  K,
  members,
  mintData,
  multisigData,
  NATIVE_MINT,
  RENT,
  readonly,
  rentExempt,
  SYSTEM,
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

describe("CloseAccount", () => {
  const empty = (fields = {}) => {
    t.reset();
    t.setToken(K.source, { amount: 0n, ...fields });
  };

  it("pays the lamports out, and the account is gone", () => {
    empty();
    t.check(null, I.close(K.source));
    expect(t.c.account(K.source)).toBeNull();
    t.check("InvalidAccountData", I.close(K.source));
    empty();
    t.check(null, I.close(K.source, K.nobody));
    empty();
    t.check(null, I.close(K.source, K.payer));
  });

  it("closes wrapped SOL with its balance, other tokens only when there are none", () => {
    t.fresh(null, I.close(K.wrapped));
    t.fresh(TokenError.NonNativeHasBalance, I.close(K.source));
    t.setToken(K.source, { amount: 0n, state: 2 });
    t.check(null, I.close(K.source));
  });

  it("obeys the close authority instead of the owner", () => {
    empty({ close: K.carol });
    t.check(TokenError.OwnerMismatch, I.close(K.source));
    t.check("MissingRequiredSignature", I.close(K.source, K.dave, [readonly(K.carol)]));
    t.check(null, I.close(K.source, K.dave, [signer(K.carol)]));
    empty({ owner: K.multisig });
    t.check("MissingRequiredSignature", I.close(K.source, K.dave, members(K.alice)));
    t.check(null, I.close(K.source, K.dave, members(K.alice, K.bob)));
  });

  it("sends what is nobody's to the incinerator alone", () => {
    for (const owner of [SYSTEM, INCINERATOR]) {
      empty({ owner });
      t.check("InvalidAccountData", I.close(K.source, K.dave, [readonly(K.carol)]));
      t.check(null, I.close(K.source, INCINERATOR, [readonly(K.carol)]));
    }
  });

  it("refuses the wrong accounts", () => {
    empty();
    t.check("InvalidAccountData", I.close(K.source, K.source));
    for (const n of [0, 1, 2]) t.check("NotEnoughAccountKeys", without(I.close(K.source), n));
    t.check("InvalidAccountData", I.close(K.mint));
    t.check("UninitializedAccount", I.close(K.blankAccount));
    t.check(TokenError.OwnerMismatch, I.close(K.source, K.dave, [signer(K.bob)]));
    t.check("ReadonlyLamportChange", flagged(I.close(K.source), 0, { writable: false }));
    t.check("ReadonlyLamportChange", flagged(I.close(K.source), 1, { writable: false }));
    t.set(K.source, tokenData({ mint: K.mint, owner: K.alice }), rentExempt(165), K.foreignProgram);
    t.check("ExternalAccountLamportSpend", I.close(K.source));
  });

  it("and what follows in the same transaction", () => {
    empty();
    t.both("transfer to it", I.close(K.source), I.transfer(0, [signer(K.bob)], K.destination, K.source));
    empty();
    t.both("close, create again", I.close(K.source), {
      program: SYSTEM,
      accounts: [
        { key: K.payer, signer: true, writable: true },
        { key: K.source, signer: true, writable: true },
      ],
      data: [0, 0, 0, 0, ...u64(rentExempt(165)), ...u64(165), ...K.foreignProgram],
    });
    empty();
    t.both("close into the next one to close", I.close(K.source, K.wrapped), I.close(K.wrapped));
    empty();
    t.both("close, then pay to it", I.close(K.source), {
      program: SYSTEM,
      accounts: [{ key: K.payer, signer: true, writable: true }, writable(K.source)],
      data: [2, 0, 0, 0, ...u64(rentExempt(165))],
    });
  });
});

describe("SyncNative", () => {
  it("takes up the lamports that came in", () => {
    for (const rent of [[], [readonly(RENT)]]) {
      t.fresh(null, I.syncNative(K.wrapped, rent));
      t.set(K.wrapped, t.c.account(K.wrapped)!.data, 10n ** 9n);
      t.check(null, I.syncNative(K.wrapped, rent));
      expect(t.amount(K.wrapped)).toBe(10n ** 9n - rentExempt(165));
    }
  });

  it("corrects the reserve", () => {
    t.reset();
    t.setWrapped(K.wrapped, 1000n, { native: 5n });
    t.check(null, I.syncNative());
  });

  it("refuses everything else", () => {
    t.fresh("NotEnoughAccountKeys", without(I.syncNative(), 0));
    t.fresh("InvalidArgument", I.syncNative(K.wrapped, [readonly(K.carol)]));
    t.fresh(TokenError.NonNativeNotSupported, I.syncNative(K.source));
    t.fresh("UninitializedAccount", I.syncNative(K.blankAccount));
    t.fresh("InvalidAccountData", I.syncNative(K.mint));
    t.fresh("IncorrectProgramId", I.syncNative(K.alice));
    t.reset();
    t.set(K.wrapped, t.c.account(K.wrapped)!.data, 10n ** 9n);
    t.check("ReadonlyDataModified", flagged(I.syncNative(), 0, { writable: false }));
  });

  it("overflows below the reserve", () => {
    t.reset();
    const data = tokenData({ mint: NATIVE_MINT, owner: K.alice, amount: 5n, native: rentExempt(165) });
    t.set(K.wrapped, data, rentExempt(165) - 1n);
    t.check(TokenError.Overflow, I.syncNative());
  });
});

describe("WithdrawExcessLamports", () => {
  it("from a token account", () => {
    t.reset();
    t.set(K.source, t.c.account(K.source)!.data, 10n ** 9n);
    t.check(null, I.withdrawExcess(K.source));
    t.check(null, I.withdrawExcess(K.source));
    t.check(TokenError.OwnerMismatch, I.withdrawExcess(K.source, [signer(K.bob)]));
    t.check("MissingRequiredSignature", I.withdrawExcess(K.source, [readonly(K.alice)]));
    t.check(TokenError.NativeNotSupported, I.withdrawExcess(K.wrapped));
    t.check("UninitializedAccount", I.withdrawExcess(K.blankAccount));
  });

  it("from a mint, by its authority or, without one, by itself", () => {
    t.reset();
    t.set(K.mint, t.c.account(K.mint)!.data, 10n ** 9n);
    t.check(null, I.withdrawExcess(K.mint));
    t.check(TokenError.OwnerMismatch, I.withdrawExcess(K.mint, [signer(K.bob)]));
    t.set(K.mint, mintData({}), 10n ** 9n);
    t.check(TokenError.AuthorityTypeNotSupported, I.withdrawExcess(K.mint));
    t.check("MissingRequiredSignature", I.withdrawExcess(K.mint, [readonly(K.mint)]));
    t.check(null, I.withdrawExcess(K.mint, [signer(K.mint)]));
    t.check("UninitializedAccount", I.withdrawExcess(K.blankMint));
  });

  it("from a multisig, by its members", () => {
    t.reset();
    t.set(K.multisig, multisigData(2, [K.alice, K.bob, K.carol]), 10n ** 9n);
    t.check("MissingRequiredSignature", I.withdrawExcess(K.multisig, members(K.alice)));
    t.check(TokenError.OwnerMismatch, I.withdrawExcess(K.multisig, [signer(K.alice)]));
    t.check(null, I.withdrawExcess(K.multisig, members(K.alice, K.carol)));
    t.check("UninitializedAccount", I.withdrawExcess(K.blankMultisig, [signer(K.blankMultisig)]));
  });

  it("refuses everything else", () => {
    for (const n of [0, 1, 2]) t.fresh("NotEnoughAccountKeys", without(I.withdrawExcess(K.source), n));
    t.fresh(TokenError.InvalidState, I.withdrawExcess(K.alice));
    t.set(K.source, t.c.account(K.source)!.data, rentExempt(165) - 5n);
    t.check(TokenError.NotRentExempt, I.withdrawExcess(K.source));
    t.set(K.source, t.c.account(K.source)!.data, 10n ** 9n, K.foreignProgram);
    t.check("ExternalAccountLamportSpend", I.withdrawExcess(K.source));
    t.reset();
    t.set(K.source, t.c.account(K.source)!.data, 10n ** 9n);
    t.check("ReadonlyLamportChange", flagged(I.withdrawExcess(K.source), 1, { writable: false }));
    t.check(null, flagged(I.withdrawExcess(K.source), 1, { key: K.source }));
  });
});

describe("UnwrapLamports", () => {
  it("all, or an amount", () => {
    t.fresh(null, I.unwrap(null));
    expect(t.c.lamports(K.wrapped)).toBe(rentExempt(165));
    t.fresh(null, I.unwrap(1000));
    t.check(null, I.unwrap(0));
    t.check(TokenError.InsufficientFunds, I.unwrap(10n ** 9n));
    t.fresh(null, I.unwrap(10, [signer(K.alice)], K.wrapped2));
    t.fresh(null, I.unwrap(10, [signer(K.alice)], K.wrapped));
    expect(t.amount(K.wrapped)).toBe(999_990n);
    t.fresh(null, I.unwrap(null, [signer(K.alice)], K.alice));
  });

  it("obeys owner, delegate and multisig", () => {
    t.fresh(TokenError.OwnerMismatch, I.unwrap(1, [signer(K.bob)]));
    t.fresh("MissingRequiredSignature", I.unwrap(1, [readonly(K.alice)]));
    t.setWrapped(K.wrapped, 1000n, { delegate: K.dave, delegated: 10n });
    t.check(null, I.unwrap(4, [signer(K.dave)]));
    t.check(TokenError.InsufficientFunds, I.unwrap(null, [signer(K.dave)]));
    t.check(null, I.unwrap(1));
    t.check(null, I.unwrap(6, [signer(K.dave)]));
    t.check(TokenError.OwnerMismatch, I.unwrap(0, [signer(K.dave)]));
    t.setWrapped(K.wrapped, 1000n, { owner: K.multisig });
    t.check(null, I.unwrap(1, members(K.alice, K.bob)));
    t.check("MissingRequiredSignature", I.unwrap(1, members(K.alice)));
  });

  it("refuses everything else", () => {
    const good = I.unwrap(5);
    for (const bytes of [1, 2, 9]) t.fresh(TokenError.InvalidInstruction, cut(good, bytes));
    t.fresh(TokenError.InvalidInstruction, { ...good, data: [45, 2, ...u64(1)] });
    t.fresh(null, { ...good, data: [45, 0, 7] });
    for (const n of [0, 1, 2]) t.fresh("NotEnoughAccountKeys", without(good, n));
    t.fresh(TokenError.NonNativeNotSupported, I.unwrap(1, [signer(K.alice)], K.carol, K.source));
    t.fresh("UninitializedAccount", I.unwrap(1, [signer(K.alice)], K.carol, K.blankAccount));
    t.setWrapped(K.wrapped, 1000n, { state: 2 });
    t.both("frozen", I.unwrap(1));
    t.setWrapped(K.wrapped, 1000n);
    t.both("read-only source", flagged(good, 0, { writable: false }));
    t.both("read-only destination", flagged(good, 1, { writable: false }));
    const data = tokenData({ mint: NATIVE_MINT, owner: K.alice, amount: 5000n, native: 1n });
    t.set(K.wrapped, data, rentExempt(165), K.foreignProgram);
    t.check("IncorrectProgramId", I.unwrap(0));
    t.both("foreign", I.unwrap(1));
    t.set(K.wrapped, data);
    t.both("more than there is", I.unwrap(5000));
  });

  it("and a payment from it in the same transaction", () => {
    t.reset();
    t.both("unwrap, close", I.unwrap(10), I.close(K.wrapped, K.carol));
    t.fresh(null, token(45, [0], [writable(K.wrapped), writable(K.alice), signer(K.alice)]));
  });
});
