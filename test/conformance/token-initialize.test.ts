/** InitializeMint(2), InitializeAccount(1, 2, 3), InitializeMultisig(1, 2), InitializeImmutableOwner. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  cut,
  flagged,
  K,
  NATIVE_MINT,
  RENT,
  readonly,
  rentExempt,
  TokenBench,
  TokenError,
  token,
  tokenData,
  without,
  writable,
} from "./token-fixture.ts";

let t: TokenBench;
beforeAll(async () => {
  t = await TokenBench.create();
});

const rent = readonly(RENT);

describe.each([
  ["InitializeMint", 0],
  ["InitializeMint2", 20],
])("%s", (_, form) => {
  const accounts = [writable(K.blankMint), ...(form === 0 ? [rent] : [])];
  const mint = (freeze: number[] = [0]) => token(form, [6, ...K.alice, ...freeze], accounts);

  it("makes a mint, with and without a freeze authority", () => {
    t.fresh(null, mint());
    t.check(TokenError.AlreadyInUse, mint());
    t.fresh(null, mint([1, ...K.bob]));
    t.fresh(null, mint([0, ...K.bob]));
  });

  it("needs its data", () => {
    const good = mint([1, ...K.bob]);
    for (const bytes of [1, 2, 33, 34, 35, 36, 66]) t.fresh(TokenError.InvalidInstruction, cut(good, bytes));
    t.fresh(TokenError.InvalidInstruction, mint([2, ...K.bob]));
    t.fresh(null, { ...good, data: [...good.data, 9] });
  });

  it("needs its accounts", () => {
    for (let n = 0; n < accounts.length; n++) t.fresh("NotEnoughAccountKeys", without(mint(), n));
    if (form === 0) t.fresh("InvalidArgument", flagged(mint(), 1, { key: K.carol }));
  });

  it("wants a rent-exempt, unused account of 82 bytes", () => {
    t.reset();
    t.set(K.blankMint, new Uint8Array(82), rentExempt(82) - 1n);
    t.check(TokenError.NotRentExempt, mint());
    for (const size of [0, 81, 83, 165]) {
      t.set(K.blankMint, new Uint8Array(size), 10n ** 9n);
      t.check("InvalidAccountData", mint());
    }
    const odd = new Uint8Array(82);
    odd[45] = 2;
    t.set(K.blankMint, odd);
    t.check("InvalidAccountData", mint());
    t.set(K.blankMint, new Uint8Array(82), rentExempt(82), K.foreignProgram);
    t.check("ExternalAccountDataModified", mint());
    t.fresh("ReadonlyDataModified", flagged(mint(), 0, { writable: false }));
  });
});

describe.each([
  ["InitializeAccount", 1],
  ["InitializeAccount2", 16],
  ["InitializeAccount3", 18],
])("%s", (_, form) => {
  const make = (mint: Uint8Array = K.mint) => {
    const accounts = [writable(K.blankAccount), readonly(mint)];
    if (form === 1) accounts.push(readonly(K.alice));
    if (form !== 18) accounts.push(rent);
    return token(form, form === 1 ? [] : K.alice, accounts);
  };

  it("makes a token account", () => {
    t.fresh(null, make());
    expect(t.amount(K.blankAccount)).toBe(0n);
    t.check(TokenError.AlreadyInUse, make());
    t.reset();
    t.set(K.blankAccount, new Uint8Array(165), 10n ** 9n);
    t.check(null, make());
  });

  it("makes wrapped SOL of what is above the rent", () => {
    t.fresh(null, make(NATIVE_MINT));
    t.reset();
    t.set(K.blankAccount, new Uint8Array(165), rentExempt(165) + 77n);
    t.check(null, make(NATIVE_MINT));
    expect(t.amount(K.blankAccount)).toBe(77n);
  });

  it("needs data and accounts", () => {
    if (form !== 1) for (const bytes of [1, 2, 32]) t.fresh(TokenError.InvalidInstruction, cut(make(), bytes));
    for (let n = 0; n < make().accounts.length; n++) t.fresh("NotEnoughAccountKeys", without(make(), n));
    const last = make().accounts.length - 1;
    if (form !== 18) t.fresh("InvalidArgument", flagged(make(), last, { key: K.carol }));
  });

  it("wants a rent-exempt, unused account of 165 bytes", () => {
    t.reset();
    t.set(K.blankAccount, new Uint8Array(165), rentExempt(165) - 1n);
    t.check(TokenError.NotRentExempt, make());
    for (const size of [0, 82, 164, 166, 355]) {
      t.set(K.blankAccount, new Uint8Array(size), 10n ** 9n);
      t.check("InvalidAccountData", make());
    }
    t.setToken(K.blankAccount, { state: 2 });
    t.check(TokenError.AlreadyInUse, make());
    t.setToken(K.blankAccount, { state: 3 });
    t.check("InvalidAccountData", make());
    t.set(K.blankAccount, new Uint8Array(165), rentExempt(165), K.foreignProgram);
    t.check("ExternalAccountDataModified", make());
    t.fresh("ReadonlyDataModified", flagged(make(), 0, { writable: false }));
  });

  it("wants a mint", () => {
    t.fresh(TokenError.InvalidMint, make(K.source));
    t.fresh(TokenError.InvalidMint, make(K.blankMint));
    t.fresh("IncorrectProgramId", make(K.alice));
    t.c.setAccount(K.mint, { ...t.c.account(K.mint)!, owner: K.foreignProgram });
    t.check("IncorrectProgramId", make());
  });

  it("does not look at the account when the mint is the account", () => {
    t.reset();
    t.both("mint is the account", make(K.blankAccount));
  });
});

describe.each([
  ["InitializeMultisig", 2],
  ["InitializeMultisig2", 19],
])("%s", (_, form) => {
  const keys = [K.alice, K.bob, K.carol, K.dave];
  const make = (m: number, n: number) => {
    const signers = Array.from({ length: n }, (_, i) => readonly(keys[i % keys.length]!));
    return token(form, [m], [writable(K.blankMultisig), ...(form === 2 ? [rent] : []), ...signers]);
  };

  it("makes a multisig of 1 to 11 members", () => {
    for (let n = 1; n <= 11; n++) t.fresh(null, make(1 + (n >> 1), n));
    t.check(TokenError.AlreadyInUse, make(1, 1));
    // More signatures asked for than there are members: accepted.
    t.fresh(null, make(11, 1));
  });

  it("refuses other numbers", () => {
    t.fresh(TokenError.InvalidNumberOfProvidedSigners, make(1, 0));
    t.fresh(TokenError.InvalidNumberOfProvidedSigners, make(1, 12));
    t.fresh(TokenError.InvalidNumberOfRequiredSigners, make(0, 2));
    t.fresh(TokenError.InvalidNumberOfRequiredSigners, make(12, 2));
    t.fresh(TokenError.InvalidInstruction, cut(make(1, 1), 1));
  });

  it("wants a rent-exempt, unused account of 355 bytes", () => {
    t.fresh("NotEnoughAccountKeys", without(make(1, 1), 0));
    if (form === 2) {
      t.fresh("NotEnoughAccountKeys", without(make(1, 1), 1));
      t.fresh("InvalidArgument", flagged(make(1, 1), 1, { key: K.carol }));
    }
    t.reset();
    t.set(K.blankMultisig, new Uint8Array(355), rentExempt(355) - 1n);
    t.check(TokenError.NotRentExempt, make(1, 1));
    t.set(K.blankMultisig, new Uint8Array(354));
    t.check("InvalidAccountData", make(1, 1));
    const odd = new Uint8Array(355);
    odd[2] = 2;
    t.set(K.blankMultisig, odd);
    t.check("InvalidAccountData", make(1, 1));
    t.set(K.blankMultisig, new Uint8Array(355), rentExempt(355), K.foreignProgram);
    t.check("ExternalAccountDataModified", make(1, 1));
    t.check(TokenError.InvalidNumberOfProvidedSigners, make(1, 0));
    t.fresh("ReadonlyDataModified", flagged(make(1, 1), 0, { writable: false }));
  });
});

describe("InitializeImmutableOwner", () => {
  const make = (account: Uint8Array) => token(22, [], [writable(account)]);

  it("accepts an unused account and changes nothing", () => {
    t.fresh(null, make(K.blankAccount));
    t.fresh(null, flagged(make(K.blankAccount), 0, { writable: false }));
    t.set(K.blankAccount, new Uint8Array(165), rentExempt(165), K.foreignProgram);
    t.check(null, make(K.blankAccount));
  });

  it("refuses any other", () => {
    t.fresh(TokenError.AlreadyInUse, make(K.source));
    t.fresh("InvalidAccountData", make(K.blankMint));
    t.fresh("NotEnoughAccountKeys", without(make(K.source), 0));
    t.set(K.blankAccount, tokenData({ mint: K.mint, owner: K.alice, state: 7 }));
    t.check("InvalidAccountData", make(K.blankAccount));
  });
});
