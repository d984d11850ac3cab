/** Compute units of the Token program: every instruction, its variants and errors cost what they cost on Agave. */
import { describe, expect, it } from "vitest";
import type { Ix } from "./random-wire.ts";
import { INCINERATOR } from "./random-world.ts";
import {
  I,
  K,
  members,
  mintData,
  NATIVE_MINT,
  RENT,
  readonly,
  SYSTEM,
  signer,
  TokenBench,
  token,
  u64,
  writable,
} from "./token-fixture.ts";

interface Case {
  name: string;
  ix: Ix;
  prepare?: (t: TokenBench) => void;
}

const of = (name: string, ix: Ix, prepare?: (t: TokenBench) => void): Case => ({ name, ix, prepare });
const source = (fields: Parameters<TokenBench["setToken"]>[1]) => (t: TokenBench) => t.setToken(K.source, fields);
const delegated = source({ delegate: K.dave, delegated: 500n });
const dave = [signer(K.dave)];
const both = members(K.alice, K.bob);
const wrappedTo = (amount: number) => I.transfer(amount, [signer(K.alice)], K.wrapped, K.wrapped2);
const rent = readonly(RENT);
const account = (form: number, mint: Uint8Array = K.mint): Ix =>
  token(form, form === 1 ? [] : K.alice, [
    writable(K.blankAccount),
    readonly(mint),
    ...(form === 1 ? [readonly(K.alice)] : []),
    ...(form === 18 ? [] : [rent]),
  ]);
const mint = (form: number, freeze: number[]): Ix =>
  token(form, [6, ...K.alice, ...freeze], [writable(K.blankMint), ...(form === 0 ? [rent] : [])]);
const multisig = (form: number, n: number): Ix => {
  const keys = [K.alice, K.bob, K.carol].slice(0, n).map(readonly);
  return token(form, [1], [writable(K.blankMultisig), ...(form === 2 ? [rent] : []), ...keys]);
};
const ui = (form: number, payload: Iterable<number>): Ix => token(form, payload, [readonly(K.mint)]);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const batch = (...instructions: Ix[]): Ix => I.batch(...instructions);

/** Equal to the unit. */
const COMMON: Case[] = [
  of("InitializeMint", mint(0, [0])),
  of("InitializeMint with freeze authority", mint(0, [1, ...K.bob])),
  of("InitializeMint2", mint(20, [0])),
  of("InitializeMint2 with freeze authority", mint(20, [1, ...K.bob])),
  of("InitializeAccount", account(1)),
  of("InitializeAccount2", account(16)),
  of("InitializeAccount3", account(18)),
  of("InitializeAccount of wrapped SOL", account(1, NATIVE_MINT)),
  of("InitializeAccount2 of wrapped SOL", account(16, NATIVE_MINT)),
  of("InitializeAccount3 of wrapped SOL", account(18, NATIVE_MINT)),
  of("InitializeMultisig, 3 members", multisig(2, 3)),
  of("InitializeMultisig2, 3 members", multisig(19, 3)),
  of("InitializeImmutableOwner", token(22, [], [writable(K.blankAccount)])),
  of("Transfer", I.transfer(10)),
  of("Transfer of everything", I.transfer(1000)),
  of("Transfer of nothing", I.transfer(0)),
  of("Transfer to itself", I.transfer(1, [signer(K.alice)], K.source, K.source)),
  of("Transfer of wrapped SOL", wrappedTo(10)),
  of("Transfer by the owner, with a delegate set", I.transfer(10), delegated),
  of("Transfer by the delegate", I.transfer(10, dave), delegated),
  of("Transfer by the delegate, the whole allowance", I.transfer(500, dave), delegated),
  of("TransferChecked", I.transferChecked(10)),
  of("TransferChecked by the owner, with a delegate set", I.transferChecked(10), delegated),
  of("Approve", I.approve(5)),
  of("ApproveChecked", I.approveChecked(5)),
  of("Revoke", I.revoke(), delegated),
  of("Revoke by the delegate", I.revoke(dave), delegated),
  of("Revoke of nothing", I.revoke()),
  of("SetAuthority mint", I.setAuthority(0, K.bob, K.mint)),
  of("SetAuthority mint, none", I.setAuthority(0, null, K.mint)),
  of("SetAuthority freeze", I.setAuthority(1, K.bob, K.mint)),
  of("SetAuthority freeze, none", I.setAuthority(1, null, K.mint)),
  of("SetAuthority owner", I.setAuthority(2, K.bob, K.source)),
  of("SetAuthority close", I.setAuthority(3, K.bob, K.source)),
  of("SetAuthority close, none", I.setAuthority(3, null, K.source)),
  of("MintTo", I.mintTo(5)),
  of("MintTo nothing", I.mintTo(0)),
  of("MintToChecked", I.mintToChecked(5)),
  of("Burn", I.burn(5)),
  of("Burn by the delegate", I.burn(5, dave), delegated),
  of("BurnChecked", I.burnChecked(5)),
  of("CloseAccount", I.close(K.source), source({ amount: 0n })),
  of("CloseAccount of wrapped SOL", I.close(K.wrapped)),
  of("FreezeAccount", I.freeze()),
  of("ThawAccount", I.thaw(), source({ state: 2 })),
  of("SyncNative", I.syncNative()),
  of("SyncNative with the Rent sysvar", I.syncNative(K.wrapped, [rent])),
  of("GetAccountDataSize", ui(21, [])),
  of("WithdrawExcessLamports of an account", I.withdrawExcess(K.source)),
  of("WithdrawExcessLamports of a mint", I.withdrawExcess(K.mint)),
  of("UnwrapLamports", I.unwrap(null)),
  of("UnwrapLamports of an amount", I.unwrap(10)),
];

/** Units depend on digits, on which members sign, on further accounts. */
const VARIANTS: Case[] = [
  of("Transfer with 1 more account", I.transfer(1, [signer(K.alice), readonly(K.carol)])),
  of("Transfer with 2 more accounts", I.transfer(1, [signer(K.alice), readonly(K.carol), readonly(K.dave)])),
  of("Transfer by a multisig, 2 of 3", I.transfer(1, both), source({ owner: K.multisig })),
  of("Transfer by a multisig, 3 sign", I.transfer(1, members(K.alice, K.bob, K.carol)), source({ owner: K.multisig })),
  of("TransferChecked of nothing", I.transferChecked(0)),
  of("TransferChecked by the delegate", I.transferChecked(10, 6, dave), delegated),
  of("TransferChecked by a multisig, 2 of 3", I.transferChecked(1, 6, both), source({ owner: K.multisig })),
  of("Approve by a multisig, 2 of 3", I.approve(1, both), source({ owner: K.multisig })),
  of("SetAuthority owner of wrapped SOL", I.setAuthority(2, K.bob, K.wrapped)),
  of("SetAuthority close, by the close authority", I.setAuthority(3, K.bob, K.source, dave), source({ close: K.dave })),
  of("MintTo by a multisig, 2 of 3", I.mintTo(1, both), (t) => t.setMint({ authority: K.multisig })),
  of("MintToChecked of nothing", I.mintToChecked(0)),
  of("Burn of nothing", I.burn(0)),
  of("Burn by a multisig, 2 of 3", I.burn(1, both), source({ owner: K.multisig })),
  of("Burn of what is nobody's", I.burn(1), source({ owner: SYSTEM })),
  of("Burn by the owner, with a delegate set", I.burn(1), delegated),
  of("CloseAccount by the close authority", I.close(K.source, K.carol, dave), source({ amount: 0n, close: K.dave })),
  of("CloseAccount to the owner", I.close(K.source, K.alice), source({ amount: 0n })),
  of("CloseAccount into the incinerator", I.close(K.source, INCINERATOR), source({ amount: 0n, owner: SYSTEM })),
  of("FreezeAccount by a multisig, 2 of 3", I.freeze(K.source, both), (t) => t.setMint({ freeze: K.multisig })),
  of("AmountToUiAmount 0", ui(23, u64(0))),
  of("AmountToUiAmount 1.5", ui(23, u64(1_500_000))),
  of("AmountToUiAmount 123.45", ui(23, u64(123_450_000))),
  of("AmountToUiAmount, the largest", ui(23, u64(2n ** 64n - 1n))),
  of("UiAmountToAmount 1", ui(24, text("1"))),
  of("UiAmountToAmount 1.5", ui(24, text("1.5"))),
  of("UiAmountToAmount 123456.789", ui(24, text("123456.789"))),
  of("WithdrawExcessLamports of a mint without authority", I.withdrawExcess(K.mint, [signer(K.mint)]), (t) =>
    t.set(K.mint, mintData({})),
  ),
  of("WithdrawExcessLamports of a multisig", I.withdrawExcess(K.multisig, both)),
  of("UnwrapLamports by a delegate", I.unwrap(5, dave), (t) =>
    t.setWrapped(K.wrapped, 1000n, { delegate: K.dave, delegated: 50n }),
  ),
  of("UnwrapLamports to itself", I.unwrap(5, [signer(K.alice)], K.wrapped)),
  of("Batch of 1 Transfer", batch(I.transfer(1))),
  of("Batch of 2 Transfers", batch(I.transfer(1), I.transfer(1))),
  of("Batch of TransferChecked", batch(I.transferChecked(1))),
  of("Batch of MintTo", batch(I.mintTo(1))),
  of("Batch of Approve and Transfer", batch(I.approve(1), I.transfer(1))),
];

const ERRORS: Case[] = [
  of("Transfer: insufficient funds", I.transfer(5000)),
  of("Transfer: owner does not match", I.transfer(1, [signer(K.bob)])),
  of("TransferChecked: decimals different", I.transferChecked(1, 9)),
  of("MintTo: owner does not match", I.mintTo(1, [signer(K.bob)])),
  of("CloseAccount: balance is not zero", I.close(K.source)),
  of("InitializeAccount3: already in use", token(18, K.alice, [writable(K.source), readonly(K.mint)])),
  of("unknown instruction", token(99, [], [])),
  of("no data", token(0, [], [])),
];
ERRORS.at(-1)!.ix.data = [];

describe("compute units of the Token program", () => {
  it("are Agave's for every instruction, variant and error", async () => {
    const t = await TokenBench.create();
    const rows = [...COMMON, ...VARIANTS, ...ERRORS].map(({ name, ix, prepare }) => {
      t.reset();
      prepare?.(t);
      return [name, t.both(name, ix).ours.computeUnits] as const;
    });
    // The oracle's own figures, so that a new one of its versions shows.
    expect(Object.fromEntries(rows)).toMatchObject({
      Transfer: 76,
      TransferChecked: 105,
      MintTo: 119,
      "Transfer by a multisig, 3 sign": 387,
      "UiAmountToAmount 123456.789": 770,
      "Batch of 2 Transfers": 363,
      "Transfer: insufficient funds": 181,
      "no data": 28,
    });
  });
});
