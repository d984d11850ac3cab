/** Accounts of another cluster, over its JSON-RPC: what --clone copies into a genesis. */
import { equalBytes, viewOf } from "../../shared/protocol/bytes.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { parse } from "../../shared/rpc/json.ts";
import { ADDRESS_LOOKUP_TABLE_PROGRAM, BPF_LOADER_UPGRADEABLE, keyBytes } from "../../shared/rpc/keys.ts";
import { isProgramData, SLOT_OFFSET } from "../../shared/rpc/program-data.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { addressBytes } from "../genesis/key-file.ts";
import { Failure } from "../network/failure.ts";

/** Keys that one getMultipleAccounts takes (Agave: MAX_MULTIPLE_ACCOUNTS). */
const KEYS_A_CALL = 100;
/** Public clusters limit requests: tries, and the first pause between them, which doubles, milliseconds. */
const ATTEMPTS = 5;
const PAUSE_MS = 500;
const TIMEOUT_MS = 60_000;

/** Of a program account of the upgradeable loader: u32 2, address of its program data. */
const PROGRAM = 2;
const PROGRAM_SIZE = 36;
/** Of a lookup table: u32 1, u64 deactivation slot, u64 last extended slot, u8 start index of that; addresses from byte 56. */
const TABLE_LAST_EXTENDED = 12;
const TABLE_START_INDEX = 20;
const TABLE_ADDRESSES = 56;

const MONIKERS: Readonly<Record<string, string>> = {
  m: "https://api.mainnet-beta.solana.com",
  "mainnet-beta": "https://api.mainnet-beta.solana.com",
  t: "https://api.testnet.solana.com",
  testnet: "https://api.testnet.solana.com",
  d: "https://api.devnet.solana.com",
  devnet: "https://api.devnet.solana.com",
  l: "http://localhost:8899",
  localhost: "http://localhost:8899",
};

/** The URL that a name of the Solana tools stands for; itself, if it is one. */
export function clusterUrl(text: string): string {
  return MONIKERS[text] ?? text;
}

export function isUrlOrMoniker(text: string): string | undefined {
  const url = clusterUrl(text);
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return undefined;
  return `${text} is neither an http URL nor one of mainnet-beta, testnet, devnet, localhost`;
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

interface RpcAccount {
  readonly lamports: number | bigint;
  readonly owner: string;
  readonly executable: boolean;
  readonly rentEpoch?: number | bigint;
  readonly data: readonly [string, string];
}

export class Cluster {
  readonly #url: string;

  constructor(url: string) {
    this.#url = clusterUrl(url);
  }

  slot(): Promise<number> {
    return this.#call("getSlot", []) as Promise<number>;
  }

  /** In the order of the keys; null where there is none. */
  async accounts(keys: readonly Uint8Array[]): Promise<(Account | null)[]> {
    const found: (Account | null)[] = [];
    for (let from = 0; from < keys.length; from += KEYS_A_CALL) {
      const some = keys.slice(from, from + KEYS_A_CALL);
      const params = [some.map(encodeBase58), { encoding: "base64", commitment: "confirmed" }];
      const { value } = (await this.#call("getMultipleAccounts", params)) as { value: (RpcAccount | null)[] };
      found.push(...value.map((account, i) => account && accountOf(some[i]!, account)));
    }
    return found;
  }

  async #call(method: string, params: readonly unknown[]): Promise<unknown> {
    for (let attempt = 1, pause = PAUSE_MS; ; attempt++, pause *= 2) {
      try {
        return await this.#once(method, params);
      } catch (error) {
        // What the cluster refuses it refuses again.
        if (error instanceof Failure || attempt === ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  async #once(method: string, params: readonly unknown[]): Promise<unknown> {
    const unreachable = (why: string) => new Error(`${method} at ${this.#url}: ${why}`);
    const response = await fetch(this.#url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: Error) => {
      throw unreachable((error.cause as Error | undefined)?.message ?? error.message);
    });
    const text = await response.text();
    if (response.status === 429 || response.status >= 500) throw unreachable(`status ${response.status}`);
    let answer: Answer;
    try {
      answer = parse(text) as unknown as Answer;
    } catch {
      throw new Failure("network-unreachable", `${this.#url} is no Solana JSON-RPC (status ${response.status})`);
    }
    const { error, result } = answer;
    if (error) throw new Failure("network-unreachable", `${method} at ${this.#url}: ${error.message} (${error.code})`);
    return result;
  }
}

function accountOf(key: Uint8Array, { lamports, owner, executable, rentEpoch, data }: RpcAccount): Account {
  return {
    key,
    owner: addressBytes(owner)!,
    lamports: BigInt(lamports),
    rentEpoch: BigInt(rentEpoch ?? 0),
    executable,
    data: new Uint8Array(Buffer.from(data[0], "base64")),
  };
}

const isOwnedBy = ({ owner }: Account, program: string): boolean => equalBytes(owner, keyBytes(program));

/**
 * As of slot 0 of a chain that begins: a program, or an address of a lookup table, of a later slot would not be visible until this chain is
 * as old.
 */
export function onNewChain(account: Account): Account {
  const { data } = account;
  if (isOwnedBy(account, BPF_LOADER_UPGRADEABLE) && isProgramData(data)) {
    return { ...account, data: data.slice().fill(0, SLOT_OFFSET, SLOT_OFFSET + 8) };
  }
  if (isOwnedBy(account, ADDRESS_LOOKUP_TABLE_PROGRAM) && data.length >= TABLE_ADDRESSES) {
    return { ...account, data: data.slice().fill(0, TABLE_LAST_EXTENDED, TABLE_START_INDEX + 1) };
  }
  return account;
}

const programDataOf = (account: Account): Uint8Array | undefined =>
  isOwnedBy(account, BPF_LOADER_UPGRADEABLE) &&
  account.data.length >= PROGRAM_SIZE &&
  viewOf(account.data).getUint32(0, true) === PROGRAM
    ? account.data.slice(4, PROGRAM_SIZE)
    : undefined;

/** What to copy. */
export interface Wanted {
  /** Each must be there. */
  readonly accounts: readonly Uint8Array[];
  /** Left out where they are not. */
  readonly maybe: readonly Uint8Array[];
  /** Each must be a program of the upgradeable loader. */
  readonly programs: readonly Uint8Array[];
  /** Each must be a lookup table: copied with the accounts that it names. */
  readonly tables: readonly Uint8Array[];
}

/**
 * The accounts as a genesis can have them, upgradeable programs always with their program data. Throws a Failure for one that must be there
 * and is not; `skipped` hears of one that may be missing.
 */
export async function clone(cluster: Cluster, wanted: Wanted, skipped: (line: string) => void): Promise<Account[]> {
  const found: Account[] = [];
  const missing = (key: Uint8Array) => `${encodeBase58(key)}: there is no such account`;
  const get = async (keys: readonly Uint8Array[], isRequired: boolean): Promise<Account[]> => {
    const answers = await cluster.accounts(keys);
    return answers.flatMap((account, i) => {
      if (account) return [account];
      if (isRequired) throw new Failure("clone-failed", missing(keys[i]!));
      skipped(`${missing(keys[i]!)}; left out`);
      return [];
    });
  };
  for (const program of await get(wanted.programs, true)) {
    if (!programDataOf(program)) {
      throw new Failure("clone-failed", `${encodeBase58(program.key)} is no program of the upgradeable loader`);
    }
    found.push(program);
  }
  found.push(...(await get(wanted.accounts, true)), ...(await get(wanted.maybe, false)));
  const named: Uint8Array[] = [];
  for (const table of await get(wanted.tables, true)) {
    if (!isOwnedBy(table, ADDRESS_LOOKUP_TABLE_PROGRAM)) {
      throw new Failure("clone-failed", `${encodeBase58(table.key)} is no address lookup table`);
    }
    found.push(table);
    for (let at = TABLE_ADDRESSES; at + 32 <= table.data.length; at += 32) named.push(table.data.slice(at, at + 32));
  }
  found.push(...(await get(named, false)));
  const programData = found.flatMap((account) => programDataOf(account) ?? []);
  for (const data of await get(programData, false)) found.push(data);
  return found.map(onNewChain);
}
