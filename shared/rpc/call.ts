/**
 * What one HTTP request (a single call or a batch) works with: the chain, the WASM services, and one look at the tip, so that
 * all calls of a batch see the same slot and cost the chain one question.
 */
import { type Account, decodeAccountList } from "./accounts.ts";
import type { Backend, ChainInfo, Head } from "./backend.ts";
import { encodeBase58 } from "./base58.ts";
import { minContextSlotNotReached } from "./errors.ts";
import type { Json } from "./json.ts";
import { NATIVE_MINT } from "./keys.ts";
import type { RpcServices } from "./services.ts";
import { readMint } from "./token-state.ts";
import { mintNeeded } from "./ui-account.ts";

/** The Agave release whose RPC answers these are. */
export const SOLANA_CORE = "3.0.0";
const NATIVE_MINT_DECIMALS = 9;

export class Call {
  #head: Promise<Head> | undefined;
  constructor(
    readonly backend: Backend,
    readonly services: RpcServices,
  ) {}

  /** The tip; throws RpcError when it is before `minContextSlot`. */
  async head(minContextSlot?: bigint): Promise<Head> {
    this.#head ??= this.backend.head();
    const head = await this.#head;
    if (minContextSlot !== undefined && head.slot < minContextSlot) throw minContextSlotNotReached(head.slot);
    return head;
  }

  info(): Promise<ChainInfo> {
    return this.backend.info();
  }

  /** One account for each key, in order, as of the tip; null where there is none. */
  async accounts(head: Head, keys: readonly Uint8Array[]): Promise<(Account | null)[]> {
    return readAccounts(this.backend, this.services, head, keys);
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
  const known = services.wellKnown(head.context, keys);
  const others = keys.filter((_, i) => known[i] === null);
  const stored = others.length === 0 ? [] : decodeAccountList(await backend.readAccounts(others, head.slot));
  let next = 0;
  return keys.map((_, i) => {
    const account = known[i] ?? stored[next++];
    return account === undefined || account.lamports === 0n ? null : account;
  });
}

/** Decimals of the mints that `jsonParsed` needs to show the token accounts among `accounts`, by the mint's base58. */
export async function mintDecimals(
  read: (keys: readonly Uint8Array[]) => Promise<(Account | null)[]>,
  accounts: readonly (Account | null)[],
): Promise<ReadonlyMap<string, number>> {
  const wanted = new Map<string, Uint8Array>();
  for (const account of accounts) {
    const mint = account && mintNeeded(account);
    if (mint) wanted.set(encodeBase58(mint), mint);
  }
  const decimals = new Map<string, number>();
  const mints = await read([...wanted.values()]);
  for (const [i, address] of [...wanted.keys()].entries()) {
    const mint = mints[i] && readMint(mints[i].data);
    if (mint) decimals.set(address, mint.decimals);
  }
  if (wanted.has(NATIVE_MINT)) decimals.set(NATIVE_MINT, NATIVE_MINT_DECIMALS);
  return decimals;
}

/** Decimals for showing `account`, if it is a token account of a known mint. */
export function decimalsFor(account: Account, decimals: ReadonlyMap<string, number>): number | undefined {
  const mint = mintNeeded(account);
  return mint === null ? undefined : decimals.get(encodeBase58(mint));
}

export function withContext(slot: bigint, value: Json): Json {
  return { context: { apiVersion: SOLANA_CORE, slot }, value };
}
