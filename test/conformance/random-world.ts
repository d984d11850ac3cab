/**
 * The accounts a random workload plays with, all derived from its seed: wallets rich and poor, mints, token accounts in every state, wrapped SOL, multisigs,
 * accounts not yet initialised, accounts of nobody, lookalikes owned by another program.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign as signBytes } from "node:crypto";
import { PublicKey } from "@solana/web3.js";
import { hex, type Sign, u64 } from "./random-wire.ts";

const address = (text: string): Uint8Array => new PublicKey(text).toBytes();
export const SYSTEM = new Uint8Array(32);
export const TOKEN = address("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
export const ASSOCIATED_TOKEN = address("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
export const MEMO = address("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
export const COMPUTE_BUDGET = address("ComputeBudget111111111111111111111111111111");
export const NATIVE_MINT = address("So11111111111111111111111111111111111111112");
export const RENT = address("SysvarRent111111111111111111111111111111111");
export const CLOCK = address("SysvarC1ock11111111111111111111111111111111");
export const RECENT_BLOCKHASHES = address("SysvarRecentB1ockHashes11111111111111111111");
export const INCINERATOR = address("1nc1nerator11111111111111111111111111111111");
export const TOKEN_2022 = address("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

export const rentExempt = (size: number): bigint => (128n + BigInt(size)) * 6960n;

export interface WorldAccount {
  key: Uint8Array;
  owner: Uint8Array;
  lamports: bigint;
  data: Uint8Array;
}

export interface TokenSlot {
  key: Uint8Array;
  mint: number;
  owner: Uint8Array;
}

export interface MintFields {
  authority?: Uint8Array;
  freeze?: Uint8Array;
  supply?: bigint;
  decimals?: number;
  initialized?: number;
}

const option = (key?: Uint8Array): number[] => (key ? [1, 0, 0, 0, ...key] : new Array<number>(36).fill(0));

export function mintData({ authority, freeze, supply = 0n, decimals = 6, initialized = 1 }: MintFields): Uint8Array {
  return Uint8Array.from([...option(authority), ...u64(supply), decimals, initialized, ...option(freeze)]);
}

export interface TokenFields {
  mint: Uint8Array;
  owner: Uint8Array;
  amount?: bigint;
  delegate?: Uint8Array;
  state?: number;
  native?: bigint;
  delegated?: bigint;
  close?: Uint8Array;
}

export function tokenData(fields: TokenFields): Uint8Array {
  const { mint, owner, amount = 0n, delegate, state = 1, native, delegated = 0n, close } = fields;
  const reserve = native === undefined ? new Array<number>(12).fill(0) : [1, 0, 0, 0, ...u64(native)];
  return Uint8Array.from([
    ...mint,
    ...owner,
    ...u64(amount),
    ...option(delegate),
    state,
    ...reserve,
    ...u64(delegated),
    ...option(close),
  ]);
}

export function multisigData(
  m: number,
  members: readonly Uint8Array[],
  n = members.length,
  initialized = 1,
): Uint8Array {
  const data = new Uint8Array(355);
  data.set([m, n, initialized]);
  for (const [i, member] of members.entries()) data.set(member, 3 + 32 * i);
  return data;
}

/** PKCS #8 header of an ed25519 secret key. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

export interface Nested {
  wallet: Uint8Array;
  ownerMint: Uint8Array;
  mint: Uint8Array;
  owner: Uint8Array;
  nested: Uint8Array;
  destination: Uint8Array;
}

export class World {
  readonly accounts: WorldAccount[] = [];
  readonly wallets: Uint8Array[] = [];
  /** Wallets that cannot pay much, or nothing. */
  readonly poor: Uint8Array[] = [];
  /** Nobody's yet: keys that can sign for their own creation. */
  readonly fresh: Uint8Array[] = [];
  readonly mints: { key: Uint8Array; authority: Uint8Array; freeze: Uint8Array; decimals: number }[] = [];
  readonly tokens: TokenSlot[] = [];
  readonly wrapped: TokenSlot[] = [];
  readonly multisigs: { key: Uint8Array; m: number; members: Uint8Array[] }[] = [];
  /** Owned by the Token program, not initialised, of the sizes 82, 165, 355 in turn. */
  readonly blank: Uint8Array[] = [];
  /** Nonce accounts, every other one initialised. */
  readonly nonces: { key: Uint8Array; authority: Uint8Array }[] = [];
  /** Associated accounts of an associated account, which RecoverNested empties. */
  readonly nested: Nested[] = [];
  /** Accounts that lead to errors wherever they appear. */
  readonly odd: Uint8Array[] = [];
  readonly #secrets = new Map<string, KeyObject>();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#makeWallets();
    this.#makeTokens();
    this.#makeNonces();
    this.#makeNested();
    this.#makeOddities();
  }

  /** The key number `name` of this world: a real ed25519 public key. */
  key(name: string): Uint8Array {
    const secret = createHash("sha256").update(`infinisvm random world ${this.#seed} ${name}`).digest();
    const key = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: "der", type: "pkcs8" });
    const publicKey = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
    this.#secrets.set(hex(publicKey), key);
    return publicKey;
  }

  /** Real signatures; a key without a secret here signs with zeros. */
  readonly sign: Sign = (key, message) => {
    const secret = this.#secrets.get(hex(key));
    return secret ? new Uint8Array(signBytes(null, message, secret)) : new Uint8Array(64);
  };

  associated(wallet: Uint8Array, mint: Uint8Array): Uint8Array {
    const seeds = [wallet, TOKEN, mint];
    return PublicKey.findProgramAddressSync(seeds, new PublicKey(ASSOCIATED_TOKEN))[0].toBytes();
  }

  #add(name: string, owner: Uint8Array, data: Uint8Array, lamports = rentExempt(data.length)): Uint8Array {
    const key = this.key(name);
    this.accounts.push({ key, owner, lamports, data });
    return key;
  }

  #makeWallets(): void {
    const none = new Uint8Array(0);
    for (let i = 0; i < 12; i++) this.wallets.push(this.#add(`wallet ${i}`, SYSTEM, none, 10n ** 12n));
    for (const lamports of [890_880n, 895_880n, 900_000n, 1_000_000n, 5_000n, 10_000n]) {
      this.poor.push(this.#add(`poor ${lamports}`, SYSTEM, none, lamports));
    }
    for (let i = 0; i < 40; i++) this.fresh.push(this.key(`fresh ${i}`));
  }

  #makeTokens(): void {
    for (const [i, [m, n]] of [
      [1, 1],
      [2, 3],
      [3, 5],
      [11, 11],
    ].entries()) {
      const members = Array.from({ length: n! }, (_, j) => this.wallets[(i + j) % this.wallets.length]!);
      this.multisigs.push({ key: this.#add(`multisig ${i}`, TOKEN, multisigData(m!, members)), m: m!, members });
    }
    const owners = [...this.wallets, ...this.wallets, ...this.multisigs.map((multisig) => multisig.key)];
    for (const [i, decimals] of [6, 9, 0, 2, 18, 255].entries()) {
      const authority = i === 4 ? this.multisigs[1]!.key : this.wallets[i]!;
      const freeze = i === 4 ? this.multisigs[0]!.key : this.wallets[i + 1]!;
      const supply = i === 5 ? 2n ** 64n - 1000n : 10n ** 12n;
      const data = mintData({ authority, freeze, supply, decimals });
      this.mints.push({ key: this.#add(`mint ${i}`, TOKEN, data, 10n ** 8n), authority, freeze, decimals });
    }
    for (let i = 0; i < 60; i++) {
      const mint = i % this.mints.length;
      const owner = owners[(i * 7) % owners.length]!;
      const delegate = i % 5 === 0 ? this.wallets[(i + 3) % this.wallets.length]! : undefined;
      const amount = i % 9 === 8 ? 0n : BigInt(1000 * (i + 1));
      const fields: TokenFields = { mint: this.mints[mint]!.key, owner, amount, state: i % 17 === 16 ? 2 : 1 };
      if (delegate) Object.assign(fields, { delegate, delegated: 500n });
      if (i % 11 === 10) fields.close = this.wallets[(i + 5) % this.wallets.length]!;
      this.tokens.push({
        key: this.#add(`token ${i}`, TOKEN, tokenData(fields), rentExempt(165) + BigInt(i % 3)),
        mint,
        owner,
      });
    }
    for (let i = 0; i < 12; i++) {
      const owner = owners[i % owners.length]!;
      const data = tokenData({ mint: NATIVE_MINT, owner, amount: 10n ** 9n, native: rentExempt(165) });
      const key = this.#add(`wrapped ${i}`, TOKEN, data, rentExempt(165) + 10n ** 9n + BigInt(i % 2));
      this.wrapped.push({ key, mint: -1, owner });
    }
    const sizes = [82, 165, 355];
    for (let i = 0; i < 18; i++) this.blank.push(this.#add(`blank ${i}`, TOKEN, new Uint8Array(sizes[i % 3]!)));
  }

  #makeNonces(): void {
    for (let i = 0; i < 6; i++) {
      const authority = this.wallets[i]!;
      const data = new Uint8Array(80);
      if (i % 2) data.set([1, 0, 0, 0, 1, 0, 0, 0, ...authority, ...this.wallets[0]!, ...u64(5000)]);
      const key = this.#add(`nonce ${i}`, SYSTEM, data, rentExempt(80) + BigInt(i) * 1000n);
      this.nonces.push({ key, authority });
    }
  }

  #makeNested(): void {
    for (let i = 0; i < 2; i++) {
      const wallet = this.wallets[i]!;
      const [ownerMint, mint] = [this.mints[i]!.key, this.mints[i + 1]!.key];
      const owner = this.associated(wallet, ownerMint);
      const nested = this.associated(owner, mint);
      const destination = this.associated(wallet, mint);
      const put = (key: Uint8Array, data: Uint8Array): void => {
        this.accounts.push({ key, owner: TOKEN, lamports: rentExempt(165), data });
      };
      put(owner, tokenData({ mint: ownerMint, owner: wallet }));
      put(nested, tokenData({ mint, owner, amount: 77n }));
      put(destination, tokenData({ mint, owner: wallet }));
      this.nested.push({ wallet, ownerMint, mint, owner, nested, destination });
    }
  }

  #makeOddities(): void {
    const foreign = this.key("some program");
    const mint = this.mints[0]!.key;
    const owner = this.wallets[0]!;
    const add = (name: string, data: Uint8Array, by = TOKEN, lamports?: bigint): void => {
      this.odd.push(this.#add(`odd ${name}`, by, data, lamports));
    };
    add("foreign token account", tokenData({ mint, owner, amount: 5000n }), foreign);
    add("foreign empty token account", tokenData({ mint, owner }), foreign);
    add("foreign mint", mintData({ authority: owner, freeze: owner, supply: 1000n }), foreign);
    add("foreign multisig", multisigData(1, [owner]), foreign);
    add("token-2022 multisig", multisigData(1, [owner]), TOKEN_2022);
    add("state 3", tokenData({ mint, owner, amount: 5000n, state: 3 }));
    add("mint initialised 2", mintData({ authority: owner, initialized: 2 }));
    add("mint without authorities", mintData({ supply: 1000n }));
    add("no rent", new Uint8Array(165), TOKEN, rentExempt(165) - 1n);
    add("wrong size", new Uint8Array(166));
    add("size 0", new Uint8Array(0), TOKEN, 10n ** 9n);
    add("full", tokenData({ mint, owner, amount: 2n ** 64n - 1n }));
    add("of the system program", tokenData({ mint, owner: SYSTEM, amount: 100n }));
    add("empty, of the system program", tokenData({ mint, owner: SYSTEM }));
    add("of the incinerator", tokenData({ mint, owner: INCINERATOR, amount: 100n }));
    add("system account with data", new Uint8Array(10), SYSTEM);
    add("short of its reserve", tokenData({ mint: NATIVE_MINT, owner, amount: 10n, native: rentExempt(165) }));
    this.odd.push(RENT, CLOCK, TOKEN, SYSTEM, NATIVE_MINT, INCINERATOR);
  }
}
