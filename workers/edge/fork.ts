/**
 * A forked network's accounts (shared/rpc/backend.ts, Fork): what nobody here has is asked of upstream, once, and set by transactions of the
 * development program before whatever wants it runs.
 *
 *   keys ─▶ settled? ─▶ there? ─▶ has a transaction succeeded that names it? ─▶ upstream (binding FORK) ─▶ set where it is still missing ─▶ settled
 *              no           no                    no                                    present
 *
 * What is remembered here is only that there is nothing left to do for a key. Whether an account belongs to this chain follows from the chain: it is
 * there, or a transaction has succeeded that names it, as the one does that brought it. So blocks need no upstream, neither do restarts, and
 * what was closed here does not come back.
 */

import { decodeAccountsAnswer, encodeTokenQuery, FORK_STATUS, MAX_FORK_KEYS } from "../../shared/fork/protocol.ts";
import { concatBytes, equalBytes, viewOf } from "../../shared/protocol/bytes.ts";
import type { AccountDecree, Backend, Fork, Head, TokenAccountsQuery } from "../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import type { RpcError } from "../../shared/rpc/errors.ts";
import {
  ADDRESS_LOOKUP_TABLE_PROGRAM,
  BPF_LOADER_UPGRADEABLE,
  DEV_NETWORK_PROGRAM,
  FEATURE_PROGRAM,
  keyBytes,
  RESERVED_KEYS,
  SYSVAR_OWNER,
} from "../../shared/rpc/keys.ts";
import { hasCode, isProgramData, SLOT_OFFSET } from "../../shared/rpc/program-data.ts";
import { type Account, keyText, splitKeys } from "../../shared/state/accounts.ts";
import { isCarried } from "../../shared/state/carried.ts";
import { groupsOf } from "./decrees.ts";

/** Keys of which it is remembered that nothing is left to do. */
const MAX_SETTLED = 65_536;
/** How long others wait for who fetches a key, milliseconds; then they do it themselves, which does no harm. */
const LEASE_MS = 60_000;
const POLL_MS = 5;

/** The chain makes these itself; with upstream's it would be another one. */
const NEVER = new Set([...RESERVED_KEYS, DEV_NETWORK_PROGRAM].map((address) => keyText(keyBytes(address))));
const NATIVE_LOADER = "NativeLoader1111111111111111111111111111111";
const OWNERS = [NATIVE_LOADER, SYSVAR_OWNER, FEATURE_PROGRAM, DEV_NETWORK_PROGRAM].map(keyBytes);

const LOADER = keyBytes(BPF_LOADER_UPGRADEABLE);
const TABLES = keyBytes(ADDRESS_LOOKUP_TABLE_PROGRAM);
/** Slot in which a table was last extended. */
const EXTENDED_AT = 12;
const TABLE_META = 56;

type ForkPath = "accounts" | "again" | "token-accounts";

/** Whether the account may be upstream's. */
const isTakeable = ({ key, owner }: Account): boolean =>
  !NEVER.has(keyText(key)) && !OWNERS.some((one) => equalBytes(one, owner));

export interface ForkPorts {
  readonly backend: Pick<Backend, "head" | "addressPage"> & Required<Pick<Backend, "loadAccounts">>;
  /** One of the requests of shared/fork/protocol.ts. */
  readonly ask: (path: ForkPath, body: Uint8Array) => Promise<Uint8Array>;
  /** In this order; for each null, or why not. */
  readonly setAll: (accounts: readonly AccountDecree[]) => Promise<readonly (RpcError | null)[]>;
  readonly areWellKnown: (context: Uint8Array, keys: readonly Uint8Array[]) => boolean[];
  readonly warn: (line: string) => void;
}

/**
 * As of a slot of this chain: what upstream wrote in a later slot than the newest here would not be visible until this chain is as old.
 * Everything else stays as it is.
 */
export function asOfSlot(account: Account, slot: bigint): Account {
  const { owner, data } = account;
  const isCode = equalBytes(owner, LOADER) && isProgramData(data);
  const isTable = equalBytes(owner, TABLES) && data.length >= TABLE_META;
  if (!isCode && !isTable) return account;
  const at = isCode ? SLOT_OFFSET : EXTENDED_AT;
  if (viewOf(data).getBigUint64(at, true) <= slot) return account;
  const changed = data.slice();
  viewOf(changed).setBigUint64(at, slot, true);
  return { ...account, data: changed };
}

export class ForkedAccounts implements Fork {
  readonly #ports: ForkPorts;
  /** In the order in which they were settled. */
  readonly #settled = new Set<string>();
  /** Until when others wait for a key, milliseconds. */
  readonly #coming = new Map<string, number>();
  /** Answers about token accounts that were taken over. */
  readonly #listed = new Set<string>();

  constructor(ports: ForkPorts) {
    this.#ports = ports;
  }

  async fetch(keys: readonly Uint8Array[]): Promise<boolean> {
    const wanted = new Map(keys.map((key) => [keyText(key), key]));
    for (const name of wanted.keys()) if (NEVER.has(name) || this.#settled.has(name)) wanted.delete(name);
    if (wanted.size === 0) return false;
    let came = false;
    for (;;) {
      const own: Uint8Array[] = [];
      const now = Date.now();
      for (const [name, key] of wanted) {
        if ((this.#coming.get(name) ?? 0) > now) continue;
        wanted.delete(name);
        if (this.#settled.has(name)) came = true;
        else own.push(key);
      }
      for (let from = 0; from < own.length; from += MAX_FORK_KEYS) {
        if (await this.#leased(own.slice(from, from + MAX_FORK_KEYS))) came = true;
      }
      if (wanted.size === 0) return came;
      // Others fetch what is left. Their promises are of other requests, which may end before they are kept.
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async again(key: Uint8Array): Promise<readonly Account[] | undefined> {
    const bytes = await this.#ask("again", key);
    const answer = bytes && decodeAccountsAnswer(bytes, 1);
    if (!answer || answer.statuses[0] === FORK_STATUS.UNKNOWN) return undefined;
    const { slot } = await this.#ports.backend.head();
    return answer.accounts.filter(isTakeable).map((account) => asOfSlot(account, slot));
  }

  async fetchTokenAccounts(query: TokenAccountsQuery): Promise<boolean> {
    const body = encodeTokenQuery(query);
    const name = keyText(body);
    if (this.#listed.has(name)) return false;
    const answer = await this.#ask("token-accounts", body);
    if (answer?.[0] !== FORK_STATUS.PRESENT) return false;
    const came = await this.fetch(splitKeys(answer.subarray(1)));
    remember(this.#listed, name);
    return came;
  }

  async #leased(keys: readonly Uint8Array[]): Promise<boolean> {
    const names = keys.map(keyText);
    const until = Date.now() + LEASE_MS;
    for (const name of names) this.#coming.set(name, until);
    try {
      return await this.#bring(keys);
    } finally {
      for (const name of names) this.#coming.delete(name);
    }
  }

  /** Null: whoever runs the network does not answer. */
  async #ask(path: ForkPath, body: Uint8Array): Promise<Uint8Array | null> {
    try {
      return await this.#ports.ask(path, body);
    } catch (fault) {
      this.#ports.warn(`fork: upstream was not asked: ${fault}`);
      return null;
    }
  }

  #settle(key: Uint8Array): void {
    remember(this.#settled, keyText(key));
  }

  async #bring(keys: readonly Uint8Array[]): Promise<boolean> {
    let wanted = await this.#missing(keys);
    let came = false;
    while (wanted.length > 0) {
      const asked = wanted;
      const bytes = await this.#ask("accounts", concatBytes(...asked));
      if (bytes === null) break;
      const answer = decodeAccountsAnswer(bytes, asked.length);
      wanted = asked.filter((_, i) => answer.statuses[i] === FORK_STATUS.LATER);
      for (const [i, key] of asked.entries()) if (answer.statuses[i] === FORK_STATUS.ABSENT) this.#settle(key);
      if (await this.#take(answer.accounts)) came = true;
      // An answer that is full has something at least.
      if (wanted.length === asked.length) break;
    }
    return came;
  }

  /** Those that this chain does not have and never had; the others are settled. */
  async #missing(keys: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const { backend, areWellKnown } = this.#ports;
    const head = await backend.head();
    const known = areWellKnown(head.context, keys);
    const stored = keys.filter((key, i) => !known[i] && !isCarried(key, head.context));
    const loaded = await backend.loadAccounts(stored, head.slot);
    const absent = stored.filter((_, i) => loaded[i]!.lamports === 0n);
    const histories = await Promise.all(absent.map((key) => this.#isNamed(key)));
    const missing = absent.filter((_, i) => !histories[i]);
    const names = new Set(missing.map(keyText));
    for (const key of keys) if (!names.has(keyText(key))) this.#settle(key);
    return missing;
  }

  /** Whether a transaction has succeeded here that names it: whatever the account was, it is this chain's. */
  async #isNamed(key: Uint8Array): Promise<boolean> {
    const page = await this.#ports.backend.addressPage({ addresses: [key], status: "succeeded", limit: 1 });
    return page.ok && (page.entries.length > 0 || page.next !== null);
  }

  /** Whether any of them was set. */
  async #take(accounts: readonly Account[]): Promise<boolean> {
    const { backend } = this.#ports;
    const fit = accounts.filter((account) => {
      if (isTakeable(account)) return true;
      this.#settle(account.key);
      return false;
    });
    if (fit.length === 0) return false;
    const head = await backend.head();
    // A program is never there without its code.
    const ordered = [...fit.filter(hasCode), ...fit.filter((account) => !hasCode(account))];
    let came = false;
    for (const some of groupsOf(ordered)) if (await this.#set(some, head)) came = true;
    return came;
  }

  async #set(accounts: readonly Account[], { slot }: Head): Promise<boolean> {
    const { setAll, warn } = this.#ports;
    const decrees = accounts.map((account) => {
      const { key, lamports, owner, executable, rentEpoch, data } = asOfSlot(account, slot);
      return { key, lamports, owner, executable, rentEpoch, data, missingOnly: true };
    });
    let faults: readonly (RpcError | null)[];
    try {
      faults = await setAll(decrees);
    } catch (fault) {
      // No block has them: the next one who wants them tries again.
      warn(`fork: ${decrees.length} accounts could not be set: ${(fault as Error).message}`);
      return false;
    }
    for (const [i, fault] of faults.entries()) {
      this.#settle(decrees[i]!.key);
      if (fault) warn(`fork: ${encodeBase58(decrees[i]!.key)} is left out: ${fault.message}`);
    }
    return faults.some((fault) => fault === null);
  }
}

/** Adds it; the oldest goes where there are too many. */
function remember(names: Set<string>, name: string): void {
  names.add(name);
  if (names.size > MAX_SETTLED) names.delete(names.keys().next().value!);
}
