/** What accounts were before and after each transaction that was sent here, for traces. The oldest are forgotten. */
import {
  type Address,
  getBase58Decoder,
  getCompiledTransactionMessageDecoder,
  getTransactionDecoder,
  type Signature,
} from "@solana/kit";
import { parse } from "../shared/rpc/json.ts";
import type { Engine } from "./engine.ts";
import { ask } from "./rpc.ts";

export interface AccountState {
  readonly lamports: bigint;
  readonly owner: Address;
  readonly data: Uint8Array;
  readonly executable: boolean;
}

export interface AccountRecord {
  /** null: there was none. */
  readonly before: AccountState | null;
  readonly after: AccountState | null;
}
export type AccountRecords = ReadonlyMap<Address, AccountRecord>;

/** Transactions, and bytes of data of all their accounts. */
const MAX_TRANSACTIONS = 1_000;
const MAX_BYTES = 64 << 20;
/** Accounts of one getMultipleAccounts. */
const READ = 100;
/** Bytes of a lookup table before its addresses. */
const TABLE_HEADER = 56;

interface Shown {
  readonly lamports: number | bigint;
  readonly owner: Address;
  readonly data: readonly [string, string];
  readonly executable: boolean;
}

export class AccountRecorder {
  readonly #engine: Pick<Engine, "call">;
  readonly #landed: (signature: string) => Promise<unknown>;
  readonly #bySignature = new Map<string, AccountRecords>();
  #bytes = 0;

  /** `landed`: back when it has. */
  constructor(engine: Pick<Engine, "call">, landed: (signature: string) => Promise<unknown>) {
    this.#engine = engine;
    this.#landed = landed;
  }

  of(signature: string): AccountRecords | undefined {
    return this.#bySignature.get(signature);
  }

  /** `send`: as JSON-RPC answers it. */
  around(wire: string, send: () => Promise<string>): Promise<string> {
    return this.#record(wire, send, (answer) => (parse(answer) as { readonly result?: string }).result);
  }

  sent(wire: string, send: () => Promise<Signature>): Promise<Signature> {
    return this.#record(wire, send, (signature) => signature);
  }

  async #record<T>(wire: string, send: () => Promise<T>, signatureOf: (answer: T) => string | undefined): Promise<T> {
    const keys = await this.#keysOf(wire);
    const before = await this.#read(keys);
    const answer = await send();
    const signature = signatureOf(answer);
    if (signature === undefined) return answer;
    await this.#landed(signature);
    const after = await this.#read(keys);
    this.#keep(signature, new Map(keys.map((key, i) => [key, { before: before[i]!, after: after[i]! }])));
    return answer;
  }

  #keep(signature: string, records: AccountRecords): void {
    this.#bySignature.set(signature, records);
    this.#bytes += bytesOf(records);
    for (const [oldest, old] of this.#bySignature) {
      const isOver = this.#bySignature.size > MAX_TRANSACTIONS || this.#bytes > MAX_BYTES;
      if (!isOver || oldest === signature) return;
      this.#bySignature.delete(oldest);
      this.#bytes -= bytesOf(old);
    }
  }

  /** None of what is no transaction: the network says what is wrong with it. */
  async #keysOf(wire: string): Promise<Address[]> {
    try {
      const { messageBytes } = getTransactionDecoder().decode(Buffer.from(wire, "base64"));
      const message = getCompiledTransactionMessageDecoder().decode(messageBytes);
      const lookups = "addressTableLookups" in message ? (message.addressTableLookups ?? []) : [];
      const tables = await this.#read(lookups.map(({ lookupTableAddress }) => lookupTableAddress));
      const looked = lookups.flatMap(({ writableIndexes, readonlyIndexes }, i) =>
        [...writableIndexes, ...readonlyIndexes].flatMap((index) => addressIn(tables[i] ?? null, index)),
      );
      return [...message.staticAccounts, ...looked];
    } catch {
      return [];
    }
  }

  async #read(keys: readonly Address[]): Promise<(AccountState | null)[]> {
    const states: (AccountState | null)[] = [];
    for (let from = 0; from < keys.length; from += READ) {
      const some = keys.slice(from, from + READ);
      const config = { encoding: "base64", commitment: "confirmed" };
      const { value } = await ask<{ value: (Shown | null)[] }>(this.#engine, "getMultipleAccounts", [some, config]);
      states.push(...value.map(stateOf));
    }
    return states;
  }
}

function stateOf(shown: Shown | null): AccountState | null {
  if (shown === null) return null;
  const { lamports, owner, data, executable } = shown;
  return { lamports: BigInt(lamports), owner, data: new Uint8Array(Buffer.from(data[0], "base64")), executable };
}

function addressIn(table: AccountState | null, index: number): Address[] {
  const at = TABLE_HEADER + 32 * index;
  if (table === null || table.data.length < at + 32) return [];
  return [getBase58Decoder().decode(table.data.subarray(at, at + 32)) as Address];
}

function bytesOf(records: AccountRecords): number {
  let bytes = 0;
  for (const { before, after } of records.values()) bytes += (before?.data.length ?? 0) + (after?.data.length ?? 0);
  return bytes;
}
