/** Accounts and instructions for the Token tests: a known state before each case, each case run here and on Agave's runtime. */
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { type Comparison, Conformance, keyBytes, testKey } from "./harness.ts";
import { readonly, signer, token, writable } from "./random-token.ts";
import { encodeTransaction, type Ix, type Meta, u32, u64 } from "./random-wire.ts";
import {
  COMPUTE_BUDGET,
  mintData,
  multisigData,
  NATIVE_MINT,
  RENT,
  rentExempt,
  SYSTEM,
  TOKEN,
  type TokenFields,
  tokenData,
} from "./random-world.ts";

export {
  COMPUTE_BUDGET,
  mintData,
  multisigData,
  NATIVE_MINT,
  RENT,
  readonly,
  rentExempt,
  SYSTEM,
  signer,
  TOKEN,
  token,
  tokenData,
  u32,
  u64,
  writable,
};

const key = (n: number): Uint8Array => keyBytes(testKey(n));

/** Who and what. `alice` owns `source` and is both authorities of `mint`; `bob` owns `destination`. */
export const K = {
  payer: key(1),
  alice: key(2),
  bob: key(3),
  carol: key(4),
  dave: key(5),
  mint: key(10),
  otherMint: key(11),
  source: key(20),
  destination: key(21),
  wrapped: key(22),
  wrapped2: key(23),
  multisig: key(30),
  blankMint: key(40),
  blankAccount: key(41),
  blankMultisig: key(42),
  nobody: key(50),
  foreignProgram: key(51),
} as const;

/** Order of the codes of TokenError. */
export const TokenError = {
  NotRentExempt: 0,
  InsufficientFunds: 1,
  InvalidMint: 2,
  MintMismatch: 3,
  OwnerMismatch: 4,
  FixedSupply: 5,
  AlreadyInUse: 6,
  InvalidNumberOfProvidedSigners: 7,
  InvalidNumberOfRequiredSigners: 8,
  UninitializedState: 9,
  NativeNotSupported: 10,
  NonNativeHasBalance: 11,
  InvalidInstruction: 12,
  InvalidState: 13,
  Overflow: 14,
  AuthorityTypeNotSupported: 15,
  MintCannotFreeze: 16,
  AccountFrozen: 17,
  MintDecimalsMismatch: 18,
  NonNativeNotSupported: 19,
} as const;

/** null: success. A number: Custom. A string: another error of the instruction. */
export type Expected = null | number | string;

function errorOf(expected: Expected, index: number): TransactionErrorJson | null {
  if (expected === null) return null;
  const error = typeof expected === "number" ? { Custom: expected } : expected;
  return { InstructionError: [index, error] } as TransactionErrorJson;
}

export class TokenBench {
  readonly c: Conformance;
  #signatures = 0;

  static async create(): Promise<TokenBench> {
    return new TokenBench(await Conformance.create());
  }

  private constructor(c: Conformance) {
    this.c = c;
    this.reset();
  }

  set(account: Uint8Array, data: Uint8Array, lamports = rentExempt(data.length), owner: Uint8Array = TOKEN): void {
    this.c.setAccount(account, { lamports, data, owner });
  }

  /** `source` or another account of `mint`. */
  setToken(account: Uint8Array, fields: Partial<TokenFields> = {}): void {
    this.set(account, tokenData({ mint: K.mint, owner: K.alice, amount: 1000n, ...fields }));
  }

  setWrapped(account: Uint8Array, amount: bigint, fields: Partial<TokenFields> = {}): void {
    const data = tokenData({ mint: NATIVE_MINT, owner: K.alice, amount, native: rentExempt(165), ...fields });
    this.set(account, data, rentExempt(165) + amount);
  }

  setMint(fields: Parameters<typeof mintData>[0] = {}): void {
    this.set(K.mint, mintData({ authority: K.alice, freeze: K.alice, supply: 10_000n, ...fields }));
  }

  reset(): void {
    for (const wallet of [K.payer, K.alice, K.bob, K.carol, K.dave]) this.c.fund(wallet, 10n ** 10n);
    this.c.setAccount(K.nobody, { lamports: 0n });
    this.setMint();
    this.set(K.otherMint, mintData({ authority: K.alice, freeze: K.alice, supply: 10_000n, decimals: 9 }));
    this.setToken(K.source);
    this.setToken(K.destination, { owner: K.bob, amount: 5n });
    this.setWrapped(K.wrapped, 1_000_000n);
    this.setWrapped(K.wrapped2, 2_000_000n, { owner: K.bob });
    this.set(K.multisig, multisigData(2, [K.alice, K.bob, K.carol]));
    this.set(K.blankMint, new Uint8Array(82));
    this.set(K.blankAccount, new Uint8Array(165));
    this.set(K.blankMultisig, new Uint8Array(355));
  }

  #wire(instructions: Ix[]): Uint8Array {
    const sign = (): Uint8Array => {
      const signature = new Uint8Array(64);
      new DataView(signature.buffer).setUint32(0, ++this.#signatures);
      return signature;
    };
    return encodeTransaction(K.payer, instructions, this.c.context().hashes[0]!, sign);
  }

  /** Runs instructions on both sides; the last one gives `expected`. */
  check(expected: Expected, ...instructions: Ix[]): Comparison {
    return this.c.expect(this.#wire(instructions), errorOf(expected, instructions.length - 1));
  }

  /** Runs instructions on both sides: whatever happens is the same. */
  both(what: string, ...instructions: Ix[]): Comparison {
    try {
      return this.c.expectSame(this.#wire(instructions));
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** As check, on the known state. */
  fresh(expected: Expected, ...instructions: Ix[]): Comparison {
    this.reset();
    return this.check(expected, ...instructions);
  }

  amount(account: Uint8Array): bigint {
    const { data } = this.c.account(account)!;
    return new DataView(data.buffer, data.byteOffset).getBigUint64(64, true);
  }
}

const W = writable;

export const I = {
  transfer: (amount: bigint | number, authority: Meta[] = [signer(K.alice)], from = K.source, to = K.destination): Ix =>
    token(3, u64(amount), [W(from), W(to), ...authority]),
  transferChecked: (amount: bigint | number, decimals = 6, authority: Meta[] = [signer(K.alice)], mint = K.mint): Ix =>
    token(12, [...u64(amount), decimals], [W(K.source), readonly(mint), W(K.destination), ...authority]),
  approve: (amount: bigint | number, authority: Meta[] = [signer(K.alice)], source = K.source): Ix =>
    token(4, u64(amount), [W(source), readonly(K.dave), ...authority]),
  approveChecked: (amount: number, decimals = 6, authority: Meta[] = [signer(K.alice)], mint = K.mint): Ix =>
    token(13, [...u64(amount), decimals], [W(K.source), readonly(mint), readonly(K.dave), ...authority]),
  revoke: (authority: Meta[] = [signer(K.alice)], source = K.source): Ix => token(5, [], [W(source), ...authority]),
  setAuthority: (
    type: number,
    next: Uint8Array | null,
    account: Uint8Array,
    authority: Meta[] = [signer(K.alice)],
  ): Ix => token(6, [type, ...(next ? [1, ...next] : [0])], [W(account), ...authority]),
  mintTo: (amount: bigint | number, authority: Meta[] = [signer(K.alice)], to = K.destination, mint = K.mint): Ix =>
    token(7, u64(amount), [W(mint), W(to), ...authority]),
  mintToChecked: (amount: bigint | number, decimals = 6, authority: Meta[] = [signer(K.alice)]): Ix =>
    token(14, [...u64(amount), decimals], [W(K.mint), W(K.destination), ...authority]),
  burn: (amount: bigint | number, authority: Meta[] = [signer(K.alice)], from = K.source, mint = K.mint): Ix =>
    token(8, u64(amount), [W(from), W(mint), ...authority]),
  burnChecked: (amount: bigint | number, decimals = 6, authority: Meta[] = [signer(K.alice)]): Ix =>
    token(15, [...u64(amount), decimals], [W(K.source), W(K.mint), ...authority]),
  close: (account: Uint8Array, to: Uint8Array = K.carol, authority: Meta[] = [signer(K.alice)]): Ix =>
    token(9, [], [W(account), W(to), ...authority]),
  freeze: (account = K.source, authority: Meta[] = [signer(K.alice)], mint = K.mint): Ix =>
    token(10, [], [W(account), readonly(mint), ...authority]),
  thaw: (account = K.source, authority: Meta[] = [signer(K.alice)], mint = K.mint): Ix =>
    token(11, [], [W(account), readonly(mint), ...authority]),
  syncNative: (account = K.wrapped, rent: Meta[] = []): Ix => token(17, [], [W(account), ...rent]),
  withdrawExcess: (account: Uint8Array, authority: Meta[] = [signer(K.alice)]): Ix =>
    token(38, [], [W(account), W(K.carol), ...authority]),
  unwrap: (amount: bigint | number | null, authority: Meta[] = [signer(K.alice)], to = K.carol, from = K.wrapped): Ix =>
    token(45, amount === null ? [0] : [1, ...u64(amount)], [W(from), W(to), ...authority]),
  batch: (...instructions: Ix[]): Ix =>
    token(
      255,
      instructions.flatMap(({ accounts, data }) => [accounts.length, data.length, ...data]),
      instructions.flatMap(({ accounts }) => accounts),
    ),
};

/** The multisig as authority, with these members' signatures. */
export const members = (...signers: Uint8Array[]): Meta[] => [readonly(K.multisig), ...signers.map(signer)];

/** The same instruction with fewer accounts, less data, or one account's flags changed. */
export const without = (ix: Ix, accounts: number): Ix => ({ ...ix, accounts: ix.accounts.slice(0, accounts) });
export const cut = (ix: Ix, bytes: number): Ix => ({ ...ix, data: [...ix.data].slice(0, bytes) });
export const flagged = (ix: Ix, index: number, flags: Partial<Meta>): Ix => ({
  ...ix,
  accounts: ix.accounts.map((meta, i) => (i === index ? { ...meta, ...flags } : meta)),
});
