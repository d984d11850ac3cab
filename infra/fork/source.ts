/**
 * Accounts of a fork's upstream: from the cache, or fetched once and kept there.
 *
 *   keys ─▶ cache ─▶ gathered for a moment ─▶ batches of 100 ─▶ upstream        a key that is under way is waited for
 *
 * A program comes with its code.
 */
import * as z from "zod";
import { MAX_FORK_KEYS } from "../../shared/fork/protocol.ts";
import { equalBytes } from "../../shared/protocol/bytes.ts";
import type { TokenAccountsQuery } from "../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { isTokenProgram } from "../../shared/rpc/keys.ts";
import { programDataKey } from "../../shared/rpc/program-data.ts";
import { type Account, keyText, MAX_ACCOUNT_DATA } from "../../shared/state/accounts.ts";
import { addressBytes } from "../genesis/key-file.ts";
import { Failure } from "../network/failure.ts";
import type { ForkCache, ForkPoint } from "./cache.ts";
import { AnswerTooLarge, type Upstream, UpstreamDown } from "./upstream.ts";

/** How long keys are gathered, milliseconds. */
const GATHER_MS = 2;
/** Requests for accounts at once. */
const MAX_REQUESTS = 4;
/** Token accounts of one list that are taken over. */
const MAX_LISTED = 1_000;
/** Of 10 MiB in base64. */
const MAX_DATA_TEXT = 4 * Math.ceil(MAX_ACCOUNT_DATA / 3);
const U64_MAX = (1n << 64n) - 1n;

const u64 = z
  .union([z.number().int().min(0), z.bigint().min(0n)])
  .transform(BigInt)
  .refine((value) => value <= U64_MAX, "not a u64");
const address = z.string().transform((text, context) => {
  const bytes = addressBytes(text);
  if (bytes) return bytes;
  context.addIssue({ code: "custom", message: "not an address" });
  return z.NEVER;
});
const base64 = z
  .string()
  .max(MAX_DATA_TEXT)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/)
  .transform((text) => new Uint8Array(Buffer.from(text, "base64")))
  .refine(({ length }) => length <= MAX_ACCOUNT_DATA, "more data than an account may have");
const accountSchema = z.object({
  lamports: u64,
  owner: address,
  executable: z.boolean(),
  // A double of some providers: nothing reads it.
  rentEpoch: u64.catch(U64_MAX),
  data: z.tuple([base64, z.literal("base64")]),
});
const accountsSchema = (count: number) => z.object({ value: z.array(accountSchema.nullable()).length(count) });
const tokenAccountsSchema = z.object({ value: z.array(z.object({ pubkey: address })) });
const slotSchema = z.number().int().min(0);
const hashSchema = address.transform((bytes) => encodeBase58(bytes));

/** Null: there is none upstream. Undefined: it could not be asked. */
export type Found = Account | null | undefined;

interface Waiting {
  readonly key: Uint8Array;
  readonly done: (found: Found) => void;
}

export interface ForkSourceOptions {
  readonly cache: ForkCache;
  /** Undefined: offline, what is not in the cache is not there. */
  readonly upstream: Upstream | undefined;
  /** Answers of upstream are as of this slot or a later one; undefined: of where it is. */
  readonly slot: number | undefined;
  readonly warn: (line: string) => void;
}

export class ForkSource {
  readonly #options: ForkSourceOptions;
  /** Under way. */
  readonly #asked = new Map<string, Promise<Found>>();
  #waiting: Waiting[] = [];
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #requests = 0;
  #toldOffline = false;
  /** What the cache has of them does not count. */
  readonly #stale = new Set<string>();

  constructor(options: ForkSourceOptions) {
    this.#options = options;
  }

  /** Of these keys, in order; behind them the code of programs among them. */
  async accounts(keys: readonly Uint8Array[]): Promise<{ readonly found: readonly Found[]; readonly code: Account[] }> {
    const found = await Promise.all(keys.map((key) => this.#account(key)));
    const codeKeys = found.flatMap((account) => (account && programDataKey(account)) ?? []);
    const code = await Promise.all(codeKeys.map((key) => this.#account(key)));
    // A program without its code is none: both, or neither.
    const missing = codeKeys.filter((_, i) => code[i] === undefined);
    const isWhole = (account: Found) => {
      const key = account && programDataKey(account);
      return !key || !missing.some((one) => equalBytes(one, key));
    };
    return {
      found: found.map((account) => (isWhole(account) ? account : undefined)),
      code: code.flatMap((account) => account ?? []),
    };
  }

  /** These are asked for again, and the code of programs among them; offline they stay what they are. */
  forget(keys: readonly Uint8Array[]): void {
    const { cache, upstream } = this.#options;
    if (!upstream) return;
    for (const key of keys) {
      const kept = cache.account(key);
      const code = kept && programDataKey(kept);
      if (code) this.#stale.add(keyText(code));
      this.#stale.add(keyText(key));
    }
  }

  /** Addresses of token accounts; undefined: upstream could not be asked. */
  async tokenAccounts({ by, of, key, filter }: TokenAccountsQuery): Promise<readonly Uint8Array[] | undefined> {
    const { cache, upstream, warn } = this.#options;
    const [address, text] = [encodeBase58(key), encodeBase58(filter)];
    const name = `${by}-${address}-${text}`;
    const kept = cache.list(name);
    if (kept) return kept;
    if (!upstream) {
      this.#tellOffline(`the token accounts of ${address} are`);
      return undefined;
    }
    // Upstream would refuse it, and be taken to be down.
    if (of === "program" && !isTokenProgram(text)) return [];
    try {
      const method = by === "owner" ? "getTokenAccountsByOwner" : "getTokenAccountsByDelegate";
      const view = { encoding: "base64", commitment: "confirmed", dataSlice: { offset: 0, length: 0 } };
      const params = [address, of === "mint" ? { mint: text } : { programId: text }, { ...view, ...this.#since }];
      const { value } = await upstream.call(method, params, tokenAccountsSchema);
      const keys = value.map(({ pubkey }) => pubkey);
      if (keys.length > MAX_LISTED) {
        warn(`fork: ${address} has ${keys.length} token accounts upstream; the first ${MAX_LISTED} are taken over`);
      }
      const taken = keys.slice(0, MAX_LISTED);
      cache.keepList(name, taken);
      return taken;
    } catch (fault) {
      return undefinedIfDown(fault);
    }
  }

  /** Where the fork begins: as the cache says, or else upstream. Undefined: neither says. Throws a Failure where they contradict the options. */
  async begin(): Promise<ForkPoint | undefined> {
    const { cache, slot: wanted, upstream } = this.#options;
    const kept = cache.point;
    if (kept && wanted !== undefined && kept.slot !== wanted) {
      const text = `the fork cache begins in slot ${kept.slot}, not ${wanted}`;
      throw new Failure("bad-fork-cache", `${text} (leave --fork-slot out, or take another --fork-cache)`);
    }
    if (!upstream) return kept;
    try {
      const genesisHash = await upstream.call("getGenesisHash", [], hashSchema);
      if (kept && kept.genesisHash !== genesisHash) {
        const text = `the fork cache is of another cluster (genesis ${kept.genesisHash}) than ${upstream.host}`;
        throw new Failure("bad-fork-cache", `${text} (genesis ${genesisHash})`);
      }
      if (kept) return kept;
      const newest = await upstream.call("getSlot", [{ commitment: "confirmed" }], slotSchema);
      if (wanted !== undefined && wanted > newest) {
        throw new Failure("bad-option", `--fork-slot ${wanted}: ${upstream.host} is in slot ${newest}`);
      }
      const slot = wanted ?? newest;
      const unixTimestamp = (await this.#blockTime(upstream, slot)) ?? (await this.#blockTime(upstream, newest));
      cache.point = { genesisHash, slot, unixTimestamp: unixTimestamp ?? Math.floor(Date.now() / 1000) };
      return cache.point;
    } catch (fault) {
      if (fault instanceof Failure) throw fault;
      undefinedIfDown(fault);
      return kept;
    }
  }

  /** Undefined for a slot without a block, or which upstream has forgotten. */
  async #blockTime(upstream: Upstream, slot: number): Promise<number | undefined> {
    try {
      return (await upstream.call("getBlockTime", [slot], slotSchema.nullable())) ?? undefined;
    } catch (fault) {
      return undefinedIfDown(fault);
    }
  }

  get #since(): { minContextSlot?: number } {
    const { slot } = this.#options;
    return slot === undefined ? {} : { minContextSlot: slot };
  }

  #account(key: Uint8Array): Promise<Found> {
    const name = keyText(key);
    const underWay = this.#asked.get(name);
    if (underWay) return underWay;
    const { cache, upstream } = this.#options;
    const kept = this.#stale.has(name) ? undefined : cache.account(key);
    if (kept !== undefined) return Promise.resolve(kept);
    if (!upstream) {
      this.#tellOffline(`${encodeBase58(key)} is`);
      return Promise.resolve(undefined);
    }
    // A view of something larger would keep all of that.
    const own = key.slice();
    const asked = new Promise<Found>((done) => this.#waiting.push({ key: own, done })).finally(() =>
      this.#asked.delete(name),
    );
    this.#asked.set(name, asked);
    this.#gathering ??= setTimeout(() => this.#send(), GATHER_MS);
    return asked;
  }

  #send(): void {
    this.#gathering = undefined;
    while (this.#waiting.length > 0 && this.#requests < MAX_REQUESTS) {
      const batch = this.#waiting.splice(0, MAX_FORK_KEYS);
      this.#requests++;
      void this.#fetch(batch).finally(() => {
        this.#requests--;
        this.#send();
      });
    }
  }

  async #fetch(batch: readonly Waiting[]): Promise<void> {
    const { cache } = this.#options;
    try {
      const accounts = await this.#ask(batch.map(({ key }) => key));
      for (const [i, { key, done }] of batch.entries()) {
        cache.keep(key, accounts[i]!);
        this.#stale.delete(keyText(key));
        done(accounts[i]!);
      }
    } catch (fault) {
      if (fault instanceof AnswerTooLarge && batch.length > 1) {
        const half = batch.length >> 1;
        await this.#fetch(batch.slice(0, half));
        return this.#fetch(batch.slice(half));
      }
      if (!(fault instanceof UpstreamDown)) this.#options.warn(`fork: ${(fault as Error).message}`);
      for (const { done } of batch) done(undefined);
    }
  }

  async #ask(keys: readonly Uint8Array[]): Promise<(Account | null)[]> {
    const params = [keys.map(encodeBase58), { encoding: "base64", commitment: "confirmed", ...this.#since }];
    const { value } = await this.#options.upstream!.call("getMultipleAccounts", params, accountsSchema(keys.length));
    return value.map((account, i) => {
      if (account === null || account.lamports === 0n) return null;
      const { lamports, owner, executable, rentEpoch, data } = account;
      return { key: keys[i]!, lamports, owner, executable, rentEpoch, data: data[0] };
    });
  }

  #tellOffline(what: string): void {
    if (this.#toldOffline) return;
    this.#toldOffline = true;
    this.#options.warn(`fork: ${what} not in the cache, and there is no upstream: what is not in it counts as missing`);
  }
}

/** Throws everything that does not say that upstream is down. */
function undefinedIfDown(fault: unknown): undefined {
  if (fault instanceof UpstreamDown || fault instanceof AnswerTooLarge) return undefined;
  throw fault;
}
