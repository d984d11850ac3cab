/** Batch, unknown instructions, and instructions without data. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  I,
  K,
  mintData,
  readonly,
  rentExempt,
  signer,
  TOKEN,
  TokenBench,
  TokenError,
  token,
  tokenData,
  u64,
  writable,
} from "./token-fixture.ts";

let t: TokenBench;
beforeAll(async () => {
  t = await TokenBench.create();
});

describe("Batch", () => {
  it("runs its instructions one after another", () => {
    t.fresh(null, I.batch(I.transfer(10)));
    t.fresh(null, I.batch(I.transfer(10), I.transferChecked(20), I.mintTo(5), I.burn(1), I.approve(7), I.revoke()));
    expect([t.amount(K.source), t.amount(K.destination)]).toEqual([969n, 40n]);
    t.fresh(null, I.batch(I.freeze(), I.thaw(), I.syncNative(), I.unwrap(1), I.setAuthority(3, K.bob, K.source)));
    t.fresh(null, I.batch(I.mintToChecked(1), I.burnChecked(1), I.approveChecked(1), I.withdrawExcess(K.mint)));
    t.fresh(
      null,
      I.batch(token(20, [6, ...K.alice, 0], [writable(K.blankMint)]), token(22, [], [writable(K.blankAccount)])),
    );
    t.fresh(null, I.batch(token(21, [], [readonly(K.mint)]), token(23, u64(5), [readonly(K.mint)])));
  });

  it("is all or nothing, with the error of the one that failed", () => {
    t.fresh(TokenError.InsufficientFunds, I.batch(I.transfer(900), I.transfer(200)));
    expect(t.amount(K.source)).toBe(1000n);
    t.fresh(TokenError.InvalidInstruction, I.batch(I.transfer(1), token(99, [], [])));
  });

  it("does not nest", () => {
    t.fresh(TokenError.InvalidInstruction, I.batch(I.batch(I.transfer(1))));
  });

  it("needs whole headers, data and accounts", () => {
    const batch = (data: number[], accounts = I.transfer(1).accounts) => token(255, data, accounts);
    const transfer = [...I.transfer(1).data];
    t.fresh(TokenError.InvalidInstruction, batch([]));
    t.fresh(TokenError.InvalidInstruction, batch([3]));
    t.fresh(TokenError.InvalidInstruction, batch([3, 0]));
    t.fresh(TokenError.InvalidInstruction, batch([3, 9]));
    t.fresh(TokenError.InvalidInstruction, batch([3, 10, ...transfer]));
    t.fresh(TokenError.InvalidInstruction, batch([3, 9, ...transfer, 0]));
    t.fresh(TokenError.InvalidInstruction, batch([3, 9, ...transfer, 0, 0]));
    t.fresh("NotEnoughAccountKeys", batch([4, 9, ...transfer]));
    t.fresh("NotEnoughAccountKeys", batch([3, 9, ...transfer, 1, 1, 21]));
    t.fresh("NotEnoughAccountKeys", batch([2, 9, ...transfer]));
    t.fresh("NotEnoughAccountKeys", batch([1, 9, ...transfer]));
    t.fresh("NotEnoughAccountKeys", batch([0, 9, ...transfer]));
    t.fresh(TokenError.InvalidInstruction, batch([0, 1, 77], []));
  });

  it("checks whose accounts are written before it runs each", () => {
    for (const account of [K.source, K.destination]) {
      t.reset();
      t.set(account, tokenData({ mint: K.mint, owner: K.alice, amount: 9n }), rentExempt(165), K.foreignProgram);
      t.check("IncorrectProgramId", I.batch(I.transfer(1)));
      t.check("IncorrectProgramId", I.batch(I.transferChecked(1)));
      t.check("IncorrectProgramId", account === K.source ? I.batch(I.burn(1)) : I.batch(I.mintTo(1)));
    }
    t.reset();
    t.set(K.source, tokenData({ mint: K.mint, owner: K.alice }), rentExempt(165), K.foreignProgram);
    for (const ix of [I.approve(1), I.revoke(), I.setAuthority(3, K.bob, K.source), I.close(K.source), I.freeze()]) {
      t.check("IncorrectProgramId", I.batch(ix));
    }
    for (const ix of [I.thaw(), I.approveChecked(1), I.withdrawExcess(K.source)])
      t.check("IncorrectProgramId", I.batch(ix));
    t.check("IncorrectProgramId", I.batch(I.unwrap(1, [signer(K.alice)], K.carol, K.source)));
    t.check("IncorrectProgramId", I.batch(token(22, [], [writable(K.source)])));
    t.reset();
    t.set(K.mint, mintData({ authority: K.alice }), rentExempt(82), K.foreignProgram);
    t.check("IncorrectProgramId", I.batch(I.mintTo(1)));
    t.check("IncorrectProgramId", I.batch(I.burn(1)));
    for (const form of [4, 5, 6, 9, 10, 11, 13, 22, 38, 45])
      t.check("NotEnoughAccountKeys", I.batch(token(form, [], [])));
  });

  it("sees a closed account as closed", () => {
    t.reset();
    t.setToken(K.source, { amount: 0n });
    t.both("close, transfer", I.batch(I.close(K.source), I.transfer(0)));
    t.both("close, close", I.batch(I.close(K.source), I.close(K.source)));
    t.both("close, initialise", I.batch(I.close(K.source), token(18, K.alice, [writable(K.source), readonly(K.mint)])));
    t.both("close into a wrapped account, sync", I.batch(I.close(K.source, K.wrapped), I.syncNative()));
    t.reset();
    t.both(
      "unwrap into another, sync, close",
      I.batch(I.unwrap(5, [signer(K.alice)], K.wrapped2), I.syncNative(K.wrapped2), I.close(K.wrapped)),
    );
  });
});

describe("the Token program", () => {
  it("knows no other instruction", () => {
    t.reset();
    for (let form = 25; form < 255; form++) {
      if (form === 38 || form === 45) continue;
      t.check(TokenError.InvalidInstruction, token(form, u64(1), I.transfer(1).accounts));
    }
  });

  it("says nothing when there is no data at all", () => {
    const { ours } = t.fresh(TokenError.InvalidInstruction, { program: TOKEN, accounts: [], data: [] });
    expect(ours.logs.filter((line) => line.startsWith("Program log:"))).toEqual([]);
  });

  it("takes 255 accounts", () => {
    const accounts = Array.from({ length: 255 }, (_, i) => readonly(i === 0 ? K.mint : K.alice));
    t.fresh(null, token(21, [], accounts));
    t.fresh(null, token(255, [255, 1, 21], accounts));
    t.fresh("NotEnoughAccountKeys", token(255, [255, 1, 21], accounts.slice(1)));
    t.fresh(
      TokenError.InvalidNumberOfProvidedSigners,
      token(19, [1], [writable(K.blankMultisig), ...accounts.slice(1)]),
    );
  });

  it("leaves no change of a failed transaction, nor of a later instruction's failure", () => {
    t.fresh(TokenError.OwnerMismatch, I.mintTo(5), I.transfer(3), I.close(K.wrapped), I.transfer(1, [signer(K.bob)]));
    expect([t.amount(K.source), t.amount(K.destination), t.amount(K.wrapped)]).toEqual([1000n, 5n, 1_000_000n]);
  });
});
