/**
 * The code of programs that an isolate has read: data by account and BLAKE3 hash, and which account has the code of which program.
 *
 * It answers nothing by itself. A reader names the hash it has, the shard compares it with what the account has as of the slot asked for
 * and answers data where they differ: an old version is never used, only sent for in vain.
 */
import { equalBytes } from "../../shared/protocol/bytes.ts";
import { hasCode, programDataKey } from "../../shared/rpc/program-data.ts";
import { type Account, keyText } from "../../shared/state/accounts.ts";
import type { KnownData, LoadedAccount } from "../../shared/state/stubs.ts";

/** Bytes of data from which on an account is kept; as few as an instance keeps (wasm/state/stub.ts). */
export const MIN_CODE_BYTES = 512;
/** Of the 128 MB that an isolate has, beside the instance's own copies (wasm/state/code-cache.ts). */
export const CODE_CACHE_BYTES = 16 << 20;
const MAX_PROGRAMS = 4_096;

/** A map that forgets what was not used for the longest time. */
class Recent<V> {
  readonly #entries = new Map<string, V>();
  get size(): number {
    return this.#entries.size;
  }
  use(name: string): V | undefined {
    const value = this.#entries.get(name);
    if (value !== undefined) this.set(name, value);
    return value;
  }
  set(name: string, value: V): void {
    this.#entries.delete(name);
    this.#entries.set(name, value);
  }
  /** What is at this name, or else what was not used for the longest time, goes. */
  take(name?: string): V | undefined {
    const gone = name ?? this.#entries.keys().next().value;
    const value = gone === undefined ? undefined : this.#entries.get(gone);
    if (gone !== undefined) this.#entries.delete(gone);
    return value;
  }
}

export class ProgramCache {
  readonly #hashOf: (data: Uint8Array) => Uint8Array;
  readonly #maxBytes: number;
  readonly #codes = new Recent<KnownData>();
  readonly #programData = new Recent<Uint8Array>();
  #bytes = 0;

  /** `hashOf`: BLAKE3. */
  constructor(hashOf: (data: Uint8Array) => Uint8Array, maxBytes = CODE_CACHE_BYTES) {
    this.#hashOf = hashOf;
    this.#maxBytes = maxBytes;
  }

  /** Bytes of data that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is known of the data of an account. */
  find(key: Uint8Array): KnownData | undefined {
    return this.#codes.use(keyText(key));
  }

  /** Accounts with the code of those programs among `keys` that were seen before, as far as they are not among `keys` themselves. */
  expected(keys: readonly Uint8Array[]): Uint8Array[] {
    const names = new Set(keys.map(keyText));
    const found: Uint8Array[] = [];
    for (const key of keys) {
      const code = this.#programData.use(keyText(key));
      if (!code || names.has(keyText(code))) continue;
      names.add(keyText(code));
      found.push(code);
    }
    return found;
  }

  /** Remembers an account that was read; the account, with the hash of its data where they are kept. */
  keep(account: Account): LoadedAccount {
    const code = programDataKey(account);
    if (code) this.#noteProgram(account.key, code);
    if (account.data.length < MIN_CODE_BYTES || account.data.length > this.#maxBytes || !hasCode(account))
      return account;
    const name = keyText(account.key);
    const hash = this.#hashOf(account.data);
    const before = this.#codes.take(name);
    if (before) this.#bytes -= before.data.length;
    const same = before && equalBytes(before.hash, hash);
    // Not a view of the answer: it would keep all of that in memory.
    const kept = same ? before : { hash, data: account.data.slice() };
    this.#codes.set(name, kept);
    this.#bytes += kept.data.length;
    while (this.#bytes > this.#maxBytes) this.#bytes -= this.#codes.take()!.data.length;
    return { ...account, ...kept };
  }

  #noteProgram(key: Uint8Array, code: Uint8Array): void {
    this.#programData.set(keyText(key), code.slice());
    if (this.#programData.size > MAX_PROGRAMS) this.#programData.take();
  }
}
