/** SetAuthority, FreezeAccount, ThawAccount, and who counts as a multisig. */
import { beforeAll, describe, it } from "vitest";
import { TOKEN_2022 } from "./random-world.ts";
import {
  cut,
  flagged,
  I,
  K,
  members,
  multisigData,
  readonly,
  rentExempt,
  signer,
  TokenBench,
  TokenError,
  token,
  without,
  writable,
} from "./token-fixture.ts";

let t: TokenBench;
beforeAll(async () => {
  t = await TokenBench.create();
});

const [MINT, FREEZE, OWNER, CLOSE] = [0, 1, 2, 3] as const;

describe("SetAuthority of an account", () => {
  it("changes the owner and forgets the delegate", () => {
    t.reset();
    t.setToken(K.source, { delegate: K.dave, delegated: 9n, close: K.carol });
    t.check(null, I.setAuthority(OWNER, K.bob, K.source));
    t.check(TokenError.OwnerMismatch, I.setAuthority(OWNER, K.bob, K.source));
    t.check(null, I.setAuthority(OWNER, K.alice, K.source, [signer(K.bob)]));
    t.check(TokenError.InvalidInstruction, I.setAuthority(OWNER, null, K.source));
    t.check(TokenError.OwnerMismatch, I.setAuthority(OWNER, null, K.source, [signer(K.bob)]));
  });

  it("takes the close authority of wrapped SOL with its owner", () => {
    t.reset();
    t.setWrapped(K.wrapped, 5n, { close: K.carol });
    t.check(null, I.setAuthority(OWNER, K.bob, K.wrapped));
    t.check(null, I.close(K.wrapped, K.dave, [signer(K.bob)]));
  });

  it("changes the close authority", () => {
    t.fresh(null, I.setAuthority(CLOSE, K.bob, K.source));
    t.check(TokenError.OwnerMismatch, I.setAuthority(CLOSE, K.carol, K.source));
    t.check(null, I.setAuthority(CLOSE, K.carol, K.source, [signer(K.bob)]));
    t.check(null, I.setAuthority(CLOSE, null, K.source, [signer(K.carol)]));
    t.check(null, I.setAuthority(CLOSE, null, K.source));
  });

  it("knows no other authority", () => {
    for (const type of [MINT, FREEZE]) {
      t.fresh(TokenError.AuthorityTypeNotSupported, I.setAuthority(type, K.bob, K.source));
    }
    t.setToken(K.source, { state: 2 });
    for (const type of [MINT, OWNER, CLOSE]) {
      t.check(TokenError.AccountFrozen, I.setAuthority(type, K.bob, K.source));
    }
    t.set(K.source, new Uint8Array(165));
    t.check("UninitializedAccount", I.setAuthority(MINT, K.bob, K.source));
  });
});

describe("SetAuthority of a mint", () => {
  it.each([
    [MINT, TokenError.FixedSupply],
    [FREEZE, TokenError.MintCannotFreeze],
  ])("type %i: passes it on, or gives it up for good", (type, gone) => {
    t.fresh(null, I.setAuthority(type, K.bob, K.mint));
    t.check(TokenError.OwnerMismatch, I.setAuthority(type, K.bob, K.mint));
    t.check("MissingRequiredSignature", I.setAuthority(type, K.bob, K.mint, [readonly(K.bob)]));
    t.check(null, I.setAuthority(type, null, K.mint, [signer(K.bob)]));
    t.check(gone, I.setAuthority(type, K.bob, K.mint, [signer(K.bob)]));
  });

  it("knows no other authority", () => {
    for (const type of [OWNER, CLOSE]) {
      t.fresh(TokenError.AuthorityTypeNotSupported, I.setAuthority(type, K.bob, K.mint));
    }
    t.set(K.mint, new Uint8Array(82));
    t.check("UninitializedAccount", I.setAuthority(OWNER, K.bob, K.mint));
  });
});

describe("SetAuthority", () => {
  it("needs data and accounts", () => {
    const good = I.setAuthority(OWNER, K.bob, K.source);
    for (const bytes of [1, 2, 3, 4, 34]) t.fresh(TokenError.InvalidInstruction, cut(good, bytes));
    t.fresh(TokenError.InvalidInstruction, I.setAuthority(4, K.bob, K.source));
    t.fresh(TokenError.InvalidInstruction, { ...good, data: [6, 2, 2, ...K.bob] });
    for (const n of [0, 1]) t.fresh("NotEnoughAccountKeys", without(good, n));
    t.fresh("InvalidArgument", I.setAuthority(OWNER, K.bob, K.multisig));
    t.fresh("InvalidArgument", I.setAuthority(OWNER, K.bob, K.alice));
    t.fresh("ReadonlyDataModified", flagged(good, 0, { writable: false }));
    t.c.setAccount(K.source, { ...t.c.account(K.source)!, owner: K.foreignProgram });
    t.check("ExternalAccountDataModified", good);
    t.check("ExternalAccountDataModified", I.setAuthority(CLOSE, K.bob, K.source));
  });
});

describe("FreezeAccount and ThawAccount", () => {
  it("freeze and thaw", () => {
    t.fresh(null, I.freeze());
    t.check(TokenError.InvalidState, I.freeze());
    t.check(TokenError.AccountFrozen, I.transfer(1));
    t.check(null, I.thaw());
    t.check(TokenError.InvalidState, I.thaw());
    t.check(null, I.transfer(1));
  });

  it("need the mint's freeze authority", () => {
    t.fresh(TokenError.OwnerMismatch, I.freeze(K.source, [signer(K.bob)]));
    t.fresh("MissingRequiredSignature", I.freeze(K.source, [readonly(K.alice)]));
    t.setMint({ freeze: undefined });
    t.check(TokenError.MintCannotFreeze, I.freeze());
    t.setMint({ freeze: K.multisig });
    t.check("MissingRequiredSignature", I.freeze(K.source, members(K.alice)));
    t.check(null, I.freeze(K.source, members(K.alice, K.bob)));
  });

  it("need the right accounts", () => {
    for (const n of [0, 1, 2]) t.fresh("NotEnoughAccountKeys", without(I.freeze(), n));
    t.fresh(TokenError.MintMismatch, I.freeze(K.source, [signer(K.alice)], K.otherMint));
    t.fresh(TokenError.NativeNotSupported, I.freeze(K.wrapped));
    t.fresh(TokenError.InvalidState, I.thaw(K.wrapped));
    t.fresh("UninitializedAccount", I.freeze(K.blankAccount));
    t.fresh("InvalidAccountData", I.freeze(K.mint));
    t.fresh("ReadonlyDataModified", flagged(I.freeze(), 0, { writable: false }));
    t.set(K.mint, new Uint8Array(82));
    t.check("UninitializedAccount", I.freeze());
    t.reset();
    t.c.setAccount(K.source, { ...t.c.account(K.source)!, owner: K.foreignProgram });
    t.check("ExternalAccountDataModified", I.freeze());
  });
});

describe("a multisig", () => {
  const owned = (data: Uint8Array, owner?: Uint8Array) => {
    t.reset();
    t.setToken(K.source, { owner: K.multisig });
    t.set(K.multisig, data, rentExempt(data.length), owner);
  };
  const transfer = (...signers: Uint8Array[]) => I.transfer(1, members(...signers));

  it("of Token-2022 counts, of another program does not", () => {
    owned(multisigData(1, [K.alice]), TOKEN_2022);
    t.check(null, transfer(K.alice));
    t.check("MissingRequiredSignature", transfer());
    owned(multisigData(1, [K.alice]), K.foreignProgram);
    t.check("MissingRequiredSignature", transfer(K.alice));
    t.check(null, I.transfer(1, [signer(K.multisig)]));
  });

  it("must be initialised and of its size", () => {
    owned(multisigData(1, [K.alice], 1, 0));
    t.check("UninitializedAccount", transfer(K.alice));
    owned(multisigData(1, [K.alice], 1, 2));
    t.check("InvalidAccountData", transfer(K.alice));
    owned(multisigData(1, [K.alice]).slice(0, 354));
    t.check("MissingRequiredSignature", transfer(K.alice));
  });

  it("counts a member at each of its positions", () => {
    owned(multisigData(2, [K.alice, K.alice, K.bob]));
    t.check(null, transfer(K.alice));
    owned(multisigData(3, [K.alice, K.alice, K.bob]));
    t.check("MissingRequiredSignature", transfer(K.alice));
    t.check(null, transfer(K.bob, K.alice));
    owned(multisigData(0, [K.alice]));
    t.check(null, transfer());
  });

  it("fails on a member that is named but does not sign, even when enough others do", () => {
    owned(multisigData(1, [K.alice, K.bob]));
    t.check("MissingRequiredSignature", I.transfer(1, [...members(K.alice), readonly(K.bob)]));
  });

  it("of more than 11 members makes the program panic", () => {
    owned(multisigData(1, [K.alice], 12));
    t.check("ProgramFailedToComplete", transfer(K.alice));
    t.check("MissingRequiredSignature", transfer());
  });

  it("can be the delegate and the close authority", () => {
    t.reset();
    t.setToken(K.source, { delegate: K.multisig, delegated: 5n, close: K.multisig, amount: 5n });
    t.check(null, I.transfer(5, members(K.carol, K.bob)));
    t.check(null, I.close(K.source, K.dave, members(K.carol, K.bob)));
  });

  it("cannot be the account that is moved", () => {
    t.fresh("InvalidAccountData", token(9, [], [writable(K.multisig), writable(K.carol), ...members(K.alice, K.bob)]));
  });
});
