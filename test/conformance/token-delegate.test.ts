/** Approve, ApproveChecked, Revoke. */
import { beforeAll, describe, it } from "vitest";
import {
  cut,
  flagged,
  I,
  K,
  members,
  readonly,
  rentExempt,
  signer,
  TokenBench,
  TokenError,
  tokenData,
  without,
} from "./token-fixture.ts";

let t: TokenBench;
beforeAll(async () => {
  t = await TokenBench.create();
});

describe.each([
  ["Approve", (by = [signer(K.alice)]) => I.approve(70, by)],
  ["ApproveChecked", (by = [signer(K.alice)]) => I.approveChecked(70, 6, by)],
])("%s", (_, approve) => {
  it("gives an allowance, and replaces one", () => {
    t.fresh(null, approve());
    t.check(null, approve());
    t.check(null, I.transfer(50, [signer(K.dave)]));
    t.check(TokenError.InsufficientFunds, I.transfer(50, [signer(K.dave)]));
    t.setToken(K.source, { delegate: K.carol, delegated: 5n });
    t.check(null, approve());
    t.check(TokenError.OwnerMismatch, approve([signer(K.dave)]));
  });

  it("needs data, accounts and the owner", () => {
    const good = approve();
    for (let bytes = 1; bytes < good.data.length; bytes++) t.fresh(TokenError.InvalidInstruction, cut(good, bytes));
    for (let n = 0; n < good.accounts.length; n++) t.fresh("NotEnoughAccountKeys", without(good, n));
    t.fresh(TokenError.OwnerMismatch, approve([signer(K.bob)]));
    t.fresh("MissingRequiredSignature", approve([readonly(K.alice)]));
    t.fresh("ReadonlyDataModified", flagged(good, 0, { writable: false }));
    t.reset();
    t.setToken(K.source, { owner: K.multisig });
    t.check(null, approve(members(K.alice, K.carol)));
    t.check("MissingRequiredSignature", approve(members(K.alice)));
  });

  it("refuses frozen and odd accounts", () => {
    t.reset();
    t.setToken(K.source, { state: 2 });
    t.check(TokenError.AccountFrozen, approve());
    t.set(K.source, new Uint8Array(165));
    t.check("UninitializedAccount", approve());
    t.set(K.source, new Uint8Array(82));
    t.check("InvalidAccountData", approve());
    t.set(K.source, tokenData({ mint: K.mint, owner: K.alice }), rentExempt(165), K.foreignProgram);
    t.check("ExternalAccountDataModified", approve());
  });
});

describe("ApproveChecked", () => {
  it("checks the mint and its decimals", () => {
    t.fresh(TokenError.MintDecimalsMismatch, I.approveChecked(1, 7));
    t.fresh(TokenError.MintMismatch, I.approveChecked(1, 6, [signer(K.alice)], K.otherMint));
    t.reset();
    t.set(K.mint, new Uint8Array(82));
    t.check("UninitializedAccount", I.approveChecked(1));
  });
});

describe("Revoke", () => {
  it("by the owner, with or without a delegate", () => {
    t.fresh(null, I.revoke());
    t.setToken(K.source, { delegate: K.dave, delegated: 5n });
    t.check(null, I.revoke());
    t.check(TokenError.OwnerMismatch, I.transfer(1, [signer(K.dave)]));
  });

  it("by the delegate itself", () => {
    t.reset();
    t.setToken(K.source, { delegate: K.dave, delegated: 5n });
    t.check("MissingRequiredSignature", I.revoke([readonly(K.dave)]));
    t.check(TokenError.OwnerMismatch, I.revoke([signer(K.bob)]));
    t.check(null, I.revoke([signer(K.dave)]));
    t.check(TokenError.OwnerMismatch, I.revoke([signer(K.dave)]));
  });

  it("looks at the account before it misses the authority", () => {
    t.fresh("NotEnoughAccountKeys", without(I.revoke(), 0));
    t.fresh("NotEnoughAccountKeys", without(I.revoke(), 1));
    t.set(K.source, new Uint8Array(165));
    t.check("UninitializedAccount", without(I.revoke(), 1));
    t.setToken(K.source, { state: 2 });
    t.check("NotEnoughAccountKeys", without(I.revoke(), 1));
    t.check(TokenError.AccountFrozen, I.revoke());
  });

  it("writes nothing new into a read-only account without complaint", () => {
    t.reset();
    t.both("no delegate", flagged(I.revoke(), 0, { writable: false }));
    t.setToken(K.source, { delegate: K.dave, delegated: 5n });
    t.check("ReadonlyDataModified", flagged(I.revoke(), 0, { writable: false }));
  });
});
