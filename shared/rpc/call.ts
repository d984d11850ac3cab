/**
 * What one HTTP request (a single call or a batch) works with: the chain, the WASM services, and one look at the tip, so that
 * all calls of a batch see the same slot and cost the chain one question.
 */
import { viewOf } from "../protocol/bytes.ts";
import { keyText } from "../state/accounts.ts";
import { Work } from "../turns/work.ts";
import type { Refusal } from "./access.ts";
import { type Account, decodeAccountList } from "./accounts.ts";
import type { Backend, ChainInfo, Fork, Head, TokenAccountsQuery } from "./backend.ts";
import { type BalanceMints, balanceMints } from "./balance-mints.ts";
import { encodeBase58 } from "./base58.ts";
import { minContextSlotNotReached } from "./errors.ts";
import type { Json } from "./json.ts";
import { keyBytes, NATIVE_MINT, SYSVAR_CLOCK } from "./keys.ts";
import type { RpcServices } from "./services.ts";
import { readMintConfig } from "./token-extensions.ts";
import { mintNeeded } from "./ui-account.ts";
import type { MintScale } from "./ui-amount.ts";
import { SOLANA_CORE } from "./version.ts";

/** Wrapped SOL is shown even where its mint does not exist. */
export const NATIVE_MINT_SCALE: MintScale = { decimals: 9, unixTimestamp: 0n };

/** What is known of who sent a request. */
export interface Asker {
  /** What keeps guarded methods from it (access.ts); null: nothing. */
  readonly refusal: Refusal | null;
  /** The client's address on the network, where it is known. */
  readonly address?: string | undefined;
}

/** Who calls from within. */
const OURSELVES: Asker = { refusal: null };

export class Call {
  #tip: { head: Promise<Head> | undefined } = { head: undefined };
  /** Accounts that were read and are not there; undefined: nobody wants to know. */
  #missing: Map<string, Uint8Array> | undefined;

  constructor(
    readonly backend: Backend,
    readonly services: RpcServices,
    readonly asker: Asker = OURSELVES,
    /** What may be done for it. */
    readonly work: Work = new Work(),
  ) {}

  /** The tip; throws RpcError when it is before `minContextSlot`. */
  async head(minContextSlot?: bigint): Promise<Head> {
    this.#tip.head ??= this.backend.head();
    const head = await this.#tip.head;
    if (minContextSlot !== undefined && head.slot < minContextSlot) throw minContextSlotNotReached(head.slot);
    return head;
  }

  info(): Promise<ChainInfo> {
    return this.backend.info();
  }

  /** One account for each key, in order, as of the tip; null where there is none. */
  async accounts(head: Head, keys: readonly Uint8Array[]): Promise<(Account | null)[]> {
    const accounts = await readAccounts(this.backend, this.services, head, keys);
    for (const [i, account] of accounts.entries())
      if (account === null) this.#missing?.set(keyText(keys[i]!), keys[i]!);
    return accounts;
  }

  /** The same call, which notes what it does not find; with the same look at the tip. */
  noting(): Call {
    const call = new Call(this.backend, this.services, this.asker, this.work);
    call.#tip = this.#tip;
    call.#missing = new Map();
    return call;
  }

  /** What a simulation was given. */
  noteLoaded(accounts: readonly Account[]): void {
    if (!this.#missing) return;
    for (const { key, lamports } of accounts) if (lamports === 0n) this.#missing.set(keyText(key), key);
  }

  /** Fetches what was not found; whether anything came. */
  async fetchMissing(): Promise<boolean> {
    const missing = this.#missing;
    return missing !== undefined && missing.size > 0 && this.fetch([...missing.values()]);
  }

  /**
   * On a forked network: fetches those of the accounts that nobody here has. Whether anything came; then the tip is another. It is
   * done for those only who may use development methods: it changes the chain.
   */
  async fetch(keys: readonly Uint8Array[]): Promise<boolean> {
    return this.#fetched((fork) => fork.fetch(keys));
  }

  async fetchTokenAccounts(query: TokenAccountsQuery): Promise<boolean> {
    return this.#fetched((fork) => fork.fetchTokenAccounts(query));
  }

  async #fetched(ask: (fork: Fork) => Promise<boolean>): Promise<boolean> {
    const { fork } = this.backend;
    if (!fork || this.asker.refusal || !(await ask(fork))) return false;
    this.#tip.head = undefined;
    return true;
  }

  /** Mints of the token balances in `results` that these leave open, as of the tip. */
  balanceMints(results: Iterable<Uint8Array>): Promise<BalanceMints> {
    return balanceMints(async (keys) => this.accounts(await this.head(), keys), results);
  }

  async account(head: Head, key: Uint8Array): Promise<Account | null> {
    return (await this.accounts(head, [key]))[0] ?? null;
  }
}

export async function readAccounts(
  backend: Backend,
  services: RpcServices,
  head: Head,
  keys: readonly Uint8Array[],
): Promise<(Account | null)[]> {
  if (keys.length === 0) return [];
  const known = services.wellKnown(head.sysvars, keys);
  const others = keys.filter((_, i) => known[i] === null);
  const stored = others.length === 0 ? [] : decodeAccountList(await backend.readAccounts(others, head.slot));
  let next = 0;
  return keys.map((_, i) => {
    const account = known[i] ?? stored[next++];
    return account === undefined || account.lamports === 0n ? null : account;
  });
}

type Read = (keys: readonly Uint8Array[]) => Promise<(Account | null)[]>;
const CLOCK = keyBytes(SYSVAR_CLOCK);
/** Offset of the Clock's time, i64 seconds. */
const CLOCK_UNIX_TIMESTAMP = 32;

/** How amounts of a mint are shown in the slot that `read` reads. Null: the account is no mint. */
export async function mintScale(read: Read, mint: Account | null): Promise<MintScale | null> {
  const config = mint && readMintConfig(mint.data);
  if (!config) return null;
  const isTimed = config.interestBearing !== undefined || config.scaledUiAmount !== undefined;
  const clock = isTimed ? (await read([CLOCK]))[0] : null;
  return { ...config, unixTimestamp: clock ? viewOf(clock.data).getBigInt64(CLOCK_UNIX_TIMESTAMP, true) : 0n };
}

/** Of the mints that `jsonParsed` needs to show the token accounts among `accounts`, by the mint's base58. */
export async function mintScales(
  read: Read,
  accounts: readonly (Account | null)[],
): Promise<ReadonlyMap<string, MintScale>> {
  const wanted = new Map<string, Uint8Array>();
  for (const account of accounts) {
    const mint = account && mintNeeded(account);
    if (mint) wanted.set(encodeBase58(mint), mint);
  }
  const scales = new Map<string, MintScale>();
  const mints = await read([...wanted.values()]);
  for (const [i, address] of [...wanted.keys()].entries()) {
    const scale = await mintScale(read, mints[i] ?? null);
    if (scale) scales.set(address, scale);
  }
  if (wanted.has(NATIVE_MINT)) scales.set(NATIVE_MINT, NATIVE_MINT_SCALE);
  return scales;
}

/** For showing `account`, if it is a token account of a known mint. */
export function scaleFor(account: Account, scales: ReadonlyMap<string, MintScale>): MintScale | undefined {
  const mint = mintNeeded(account);
  return mint === null ? undefined : scales.get(encodeBase58(mint));
}

export function withContext(slot: bigint, value: Json): Json {
  return { context: { apiVersion: SOLANA_CORE, slot }, value };
}
