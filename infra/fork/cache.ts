/**
 * What upstream has answered, so that it is asked once: in memory, or in a folder that can be committed and then needs no upstream.
 *
 *   fork.json                  which cluster, and where the fork begins
 *   accounts/ADDRESS.json      as `solana account ADDRESS --output json` writes it
 *   absent.txt                 addresses of which there is no account, one a line
 *   token-accounts/NAME.json   addresses of the token accounts of an owner or delegate
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { type Account, keyText } from "../../shared/state/accounts.ts";
import { formatAccountFile, readAccountFile } from "../genesis/account-file.ts";
import { addressBytes } from "../genesis/key-file.ts";
import { Failure } from "../network/failure.ts";

const FILE = "fork.json";
const ACCOUNTS = "accounts";
const ABSENT = "absent.txt";
const TOKEN_ACCOUNTS = "token-accounts";
const VERSION = 1;
/** Entries that are kept; what comes beyond them is asked for again. */
const MAX_ACCOUNTS = 100_000;
const MAX_ABSENT = 1_000_000;
const MAX_LISTS = 10_000;
/** Bytes of data in memory. */
const MAX_MEMORY_BYTES = 256 << 20;

/** Where a fork begins. */
export interface ForkPoint {
  /** base58. */
  readonly genesisHash: string;
  readonly slot: number;
  /** Seconds, of that slot. */
  readonly unixTimestamp: number;
}

export interface ForkCache {
  point: ForkPoint | undefined;
  /** Null: there is none upstream. Undefined: it was not asked. */
  account(key: Uint8Array): Account | null | undefined;
  keep(key: Uint8Array, account: Account | null): void;
  list(name: string): readonly Uint8Array[] | undefined;
  keepList(name: string, keys: readonly Uint8Array[]): void;
}

export class MemoryCache implements ForkCache {
  point: ForkPoint | undefined;
  readonly #accounts = new Map<string, Account | null>();
  readonly #lists = new Map<string, readonly Uint8Array[]>();
  #bytes = 0;

  account(key: Uint8Array): Account | null | undefined {
    return this.#accounts.get(keyText(key));
  }

  keep(key: Uint8Array, account: Account | null): void {
    const before = this.#accounts.get(keyText(key))?.data.length ?? 0;
    const bytes = (account?.data.length ?? 0) - before;
    if (this.#accounts.size >= MAX_ABSENT || this.#bytes + bytes > MAX_MEMORY_BYTES) return;
    this.#bytes += bytes;
    this.#accounts.set(keyText(key), account);
  }

  list(name: string): readonly Uint8Array[] | undefined {
    return this.#lists.get(name);
  }

  keepList(name: string, keys: readonly Uint8Array[]): void {
    if (this.#lists.size < MAX_LISTS) this.#lists.set(name, keys);
  }
}

const pointSchema = z.object({
  version: z.literal(VERSION),
  genesisHash: z.string().min(32).max(44),
  slot: z.number().int().min(0),
  unixTimestamp: z.number().int().min(0),
});
const listSchema = z.array(z.string()).max(100_000);

function damaged(path: string, why: string): Failure {
  return new Failure(
    "bad-fork-cache",
    `${path} is not what was written: ${why} (delete it, and it is asked for again)`,
  );
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw damaged(path, (error as Error).message);
  }
}

export class FolderCache implements ForkCache {
  readonly #folder: string;
  readonly #warn: (line: string) => void;
  #point: ForkPoint | undefined;
  /** base58. */
  readonly #accounts: Set<string>;
  readonly #lists: Set<string>;
  readonly #absent: Set<string>;

  /** Makes the folder. Throws a Failure where it cannot be used. */
  constructor(folder: string, warn: (line: string) => void) {
    this.#folder = folder;
    this.#warn = warn;
    try {
      for (const part of [ACCOUNTS, TOKEN_ACCOUNTS]) mkdirSync(join(folder, part), { recursive: true });
      this.#accounts = namesIn(join(folder, ACCOUNTS));
      this.#lists = namesIn(join(folder, TOKEN_ACCOUNTS));
      this.#absent = this.#readAbsent();
    } catch (error) {
      throw new Failure("file-unreadable", `the fork cache ${folder} cannot be used: ${(error as Error).message}`);
    }
    if (!existsSync(join(folder, FILE))) return;
    const parsed = pointSchema.safeParse(readJson(join(folder, FILE)));
    if (!parsed.success) throw damaged(join(folder, FILE), z.prettifyError(parsed.error));
    const { genesisHash, slot, unixTimestamp } = parsed.data;
    this.#point = { genesisHash, slot, unixTimestamp };
  }

  get point(): ForkPoint | undefined {
    return this.#point;
  }
  set point(point: ForkPoint | undefined) {
    this.#point = point;
    if (point) this.#write(FILE, `${JSON.stringify({ version: VERSION, ...point }, null, 2)}\n`);
  }

  account(key: Uint8Array): Account | null | undefined {
    const address = encodeBase58(key);
    if (this.#absent.has(address)) return null;
    if (!this.#accounts.has(address)) return undefined;
    const path = this.#path(ACCOUNTS, address);
    try {
      const account = readAccountFile(path);
      if (encodeBase58(account.key) !== address) throw damaged(path, "it has another account");
      return account;
    } catch (error) {
      this.#accounts.delete(address);
      this.#warn(`fork: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** What was kept before goes, also where it was fetched again and is not there any more, or is again. */
  keep(key: Uint8Array, account: Account | null): void {
    const address = encodeBase58(key);
    if (account === null) {
      if (this.#accounts.delete(address)) rmSync(this.#path(ACCOUNTS, address), { force: true });
      this.#keepAbsent(address);
      return;
    }
    const isKnown = this.#accounts.has(address);
    if (!isKnown && this.#accounts.size >= MAX_ACCOUNTS) return;
    if (!this.#write(join(ACCOUNTS, `${address}.json`), formatAccountFile(account))) return;
    this.#accounts.add(address);
    if (this.#absent.delete(address)) this.#write(ABSENT, linesOf(this.#absent));
  }

  list(name: string): readonly Uint8Array[] | undefined {
    if (!this.#lists.has(name)) return undefined;
    const path = this.#path(TOKEN_ACCOUNTS, name);
    try {
      const keys = listSchema.parse(readJson(path)).map(addressBytes);
      if (keys.some((key) => key === null || key === undefined)) throw damaged(path, "not addresses");
      return keys as Uint8Array[];
    } catch (error) {
      this.#lists.delete(name);
      this.#warn(`fork: ${(error as Error).message}`);
      return undefined;
    }
  }

  keepList(name: string, keys: readonly Uint8Array[]): void {
    if (this.#lists.size >= MAX_LISTS) return;
    const text = `${JSON.stringify(keys.map(encodeBase58).sort(), null, 2)}\n`;
    if (this.#write(join(TOKEN_ACCOUNTS, `${name}.json`), text)) this.#lists.add(name);
  }

  #path(part: string, name: string): string {
    return join(this.#folder, part, `${name}.json`);
  }

  /** In the order of the alphabet, so that what several people add merges. */
  #readAbsent(): Set<string> {
    const path = join(this.#folder, ABSENT);
    if (!existsSync(path)) return new Set();
    const text = readFileSync(path, "utf8");
    const addresses = [...new Set(text.split("\n").filter((line) => addressBytes(line)))].sort();
    const sorted = linesOf(addresses);
    if (sorted !== text) this.#write(ABSENT, sorted);
    return new Set(addresses);
  }

  #keepAbsent(address: string): void {
    if (this.#absent.size >= MAX_ABSENT || this.#absent.has(address)) return;
    try {
      appendFileSync(join(this.#folder, ABSENT), `${address}\n`);
      this.#absent.add(address);
    } catch (error) {
      this.#tellUnwritten(ABSENT, error);
    }
  }

  /** Whole or not at all. False: it could not be written, and is asked for again. */
  #write(name: string, text: string): boolean {
    const path = join(this.#folder, name);
    try {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
      return true;
    } catch (error) {
      rmSync(`${path}.new`, { force: true });
      this.#tellUnwritten(name, error);
      return false;
    }
  }

  #tellUnwritten(name: string, error: unknown): void {
    this.#warn(`fork: ${join(this.#folder, name)} cannot be written: ${(error as Error).message}`);
  }
}

const linesOf = (addresses: Iterable<string>): string => [...addresses].map((address) => `${address}\n`).join("");

/** Of its files *.json, without that. */
function namesIn(folder: string): Set<string> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Set(files.map((name) => name.slice(0, -".json".length)));
}
