/** MintTo, MintToChecked, Burn, BurnChecked. */
import { beforeAll, describe, expect, it } from "vitest";
import { INCINERATOR } from "./random-world.ts";
import {
  cut,
  flagged,
  I,
  K,
  members,
  mintData,
  readonly,
  rentExempt,
  SYSTEM,
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

const MAX = 2n ** 64n - 1n;

describe.each([
  ["MintTo", (amount: bigint | number, by = [signer(K.alice)]) => I.mintTo(amount, by)],
  ["MintToChecked", (amount: bigint | number, by = [signer(K.alice)]) => I.mintToChecked(amount, 6, by)],
])("%s", (_, mintTo) => {
  it("issues tokens up to the largest supply", () => {
    t.fresh(null, mintTo(100));
    expect(t.amount(K.destination)).toBe(105n);
    t.check(null, mintTo(0));
    t.check(null, mintTo(MAX - 10_100n));
    t.check(TokenError.Overflow, mintTo(1));
  });

  it("needs data, accounts and the authority", () => {
    const good = mintTo(1);
    for (let bytes = 1; bytes < good.data.length; bytes++) t.fresh(TokenError.InvalidInstruction, cut(good, bytes));
    for (let n = 0; n < good.accounts.length; n++) t.fresh("NotEnoughAccountKeys", without(good, n));
    t.fresh(TokenError.OwnerMismatch, mintTo(1, [signer(K.bob)]));
    t.fresh("MissingRequiredSignature", mintTo(1, [readonly(K.alice)]));
    t.setMint({ authority: undefined });
    t.check(TokenError.FixedSupply, mintTo(1));
    t.setMint({ authority: K.multisig });
    t.check(null, mintTo(1, members(K.bob, K.carol)));
    t.check("MissingRequiredSignature", mintTo(1, members(K.bob)));
  });

  it("refuses the wrong accounts", () => {
    t.reset();
    t.setToken(K.destination, { state: 2 });
    t.check(TokenError.AccountFrozen, mintTo(1));
    t.setToken(K.destination, { native: 5n });
    t.check(TokenError.NativeNotSupported, mintTo(1));
    t.setToken(K.destination, { mint: K.otherMint });
    t.check(TokenError.MintMismatch, mintTo(1));
    t.set(K.destination, new Uint8Array(165));
    t.check("UninitializedAccount", mintTo(1));
    t.reset();
    t.set(K.mint, new Uint8Array(82));
    t.check("UninitializedAccount", mintTo(1));
    t.set(K.mint, new Uint8Array(83));
    t.check("InvalidAccountData", mintTo(1));
    t.reset();
    t.set(K.mint, mintData({ authority: K.alice }), rentExempt(82), K.foreignProgram);
    t.check("ExternalAccountDataModified", mintTo(1));
    t.check("IncorrectProgramId", mintTo(0));
    t.reset();
    t.set(K.destination, tokenData({ mint: K.mint, owner: K.bob }), rentExempt(165), K.foreignProgram);
    t.check("ExternalAccountDataModified", mintTo(1));
    t.check("IncorrectProgramId", mintTo(0));
    for (const i of [0, 1]) t.fresh("ReadonlyDataModified", flagged(mintTo(1), i, { writable: false }));
    t.fresh("InvalidAccountData", flagged(mintTo(1), 1, { key: K.mint }));
  });
});

describe.each([
  ["Burn", (amount: bigint | number, by = [signer(K.alice)]) => I.burn(amount, by)],
  ["BurnChecked", (amount: bigint | number, by = [signer(K.alice)]) => I.burnChecked(amount, 6, by)],
])("%s", (_, burn) => {
  it("destroys tokens", () => {
    t.fresh(null, burn(400));
    t.check(null, burn(0));
    t.check(TokenError.InsufficientFunds, burn(601));
    t.check(null, burn(600));
  });

  it("needs data, accounts and an authority", () => {
    const good = burn(1);
    for (let bytes = 1; bytes < good.data.length; bytes++) t.fresh(TokenError.InvalidInstruction, cut(good, bytes));
    for (let n = 0; n < good.accounts.length; n++) t.fresh("NotEnoughAccountKeys", without(good, n));
    t.fresh(TokenError.OwnerMismatch, burn(1, [signer(K.bob)]));
    t.fresh("MissingRequiredSignature", burn(1, [readonly(K.alice)]));
    t.setToken(K.source, { owner: K.multisig });
    t.check(null, burn(1, members(K.alice, K.bob)));
    t.check("MissingRequiredSignature", burn(1, members(K.dave)));
  });

  it("obeys a delegate within the allowance", () => {
    t.reset();
    t.setToken(K.source, { delegate: K.dave, delegated: 10n });
    t.check(null, burn(4, [signer(K.dave)]));
    t.check(TokenError.InsufficientFunds, burn(7, [signer(K.dave)]));
    t.check("MissingRequiredSignature", burn(1, [readonly(K.dave)]));
    t.check(null, burn(1));
    t.check(null, burn(6, [signer(K.dave)]));
    t.check(TokenError.OwnerMismatch, burn(0, [signer(K.dave)]));
  });

  it("lets anybody burn what is nobody's", () => {
    for (const owner of [SYSTEM, INCINERATOR]) {
      t.reset();
      t.setToken(K.source, { owner });
      t.check(null, burn(1, [readonly(K.dave)]));
      t.check(null, burn(0, [readonly(K.dave)]));
    }
  });

  it("refuses the wrong accounts", () => {
    t.reset();
    t.setToken(K.source, { state: 2 });
    t.check(TokenError.AccountFrozen, burn(1));
    t.setToken(K.source, { native: 5n });
    t.check(TokenError.NativeNotSupported, burn(1));
    t.setToken(K.source, { mint: K.otherMint });
    t.check(TokenError.MintMismatch, burn(1));
    t.set(K.source, new Uint8Array(165));
    t.check("UninitializedAccount", burn(1));
    t.reset();
    t.set(K.mint, new Uint8Array(82));
    t.check("UninitializedAccount", burn(1));
    t.reset();
    t.setMint({ supply: 1n });
    t.both("more than the supply", burn(5));
    t.reset();
    t.set(K.mint, mintData({ supply: 100n }), rentExempt(82), K.foreignProgram);
    t.check("ExternalAccountDataModified", burn(1));
    t.check("IncorrectProgramId", burn(0));
    for (const i of [0, 1]) t.fresh("ReadonlyDataModified", flagged(burn(1), i, { writable: false }));
  });
});

describe("the checked forms", () => {
  it("check the decimals", () => {
    t.fresh(TokenError.MintDecimalsMismatch, I.mintToChecked(1, 9));
    t.fresh(TokenError.MintDecimalsMismatch, I.burnChecked(1, 9));
  });
});
