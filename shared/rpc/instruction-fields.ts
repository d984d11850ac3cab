/** What instruction parsers are made of: a reader of the data, and shapes (name, accounts needed, members). */
import { viewOf } from "../protocol/bytes.ts";
import { encodeBase58 } from "./base58.ts";
import type { Json } from "./json.ts";

export type Members = { [name: string]: Json | undefined };
/** The accounts of an instruction by position, in base58. */
export type Accounts = readonly string[];

/** Reads an instruction's data; throws RangeError where they end too early, TypeError on text that is no UTF-8. */
export class Fields {
  #at = 0;
  constructor(readonly data: Uint8Array) {}
  #take(n: number): number {
    if (this.#at + n > this.data.length) throw new RangeError("instruction data end too early");
    this.#at += n;
    return this.#at - n;
  }
  u8(): number {
    return this.data[this.#take(1)]!;
  }
  u32(): number {
    return viewOf(this.data).getUint32(this.#take(4), true);
  }
  u64(): bigint {
    return viewOf(this.data).getBigUint64(this.#take(8), true);
  }
  key(): string {
    const at = this.#take(32);
    return encodeBase58(this.data.subarray(at, at + 32));
  }
  /** bincode's string: u64 length, UTF-8. */
  text(): string {
    const length = this.u64();
    if (length > BigInt(this.data.length)) throw new RangeError("instruction data end too early");
    const at = this.#take(Number(length));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.data.subarray(at, this.#at));
  }
  rest(): Uint8Array {
    return this.data.subarray(this.#at);
  }
}

/** One kind of instruction: its name, how many accounts it needs, its members. */
export type Shape = readonly [type: string, minAccounts: number, info: (f: Fields, a: Accounts) => Members];

export function apply([type, minAccounts, info]: Shape, fields: Fields, accounts: Accounts): Json {
  if (accounts.length < minAccounts) return null;
  return { type, info: info(fields, accounts) };
}
