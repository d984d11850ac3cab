/** What parsers are made of: a reader of the data of an instruction or an account, and shapes (name, accounts needed, members). */
import { viewOf } from "../protocol/bytes.ts";
import { encodeBase58 } from "./base58.ts";
import { encodeBase64 } from "./base64.ts";
import type { Json } from "./json.ts";

export type Members = { [name: string]: Json | undefined };
/** The accounts of an instruction by position, in base58. */
export type Accounts = readonly string[];

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Reads bincode; throws RangeError where the data end too early or say what cannot be, TypeError on text that is no UTF-8. */
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
  u16(): number {
    return viewOf(this.data).getUint16(this.#take(2), true);
  }
  u32(): number {
    return viewOf(this.data).getUint32(this.#take(4), true);
  }
  u64(): bigint {
    return viewOf(this.data).getBigUint64(this.#take(8), true);
  }
  i8(): number {
    return viewOf(this.data).getInt8(this.#take(1));
  }
  i16(): number {
    return viewOf(this.data).getInt16(this.#take(2), true);
  }
  i64(): bigint {
    return viewOf(this.data).getBigInt64(this.#take(8), true);
  }
  f64(): number {
    return viewOf(this.data).getFloat64(this.#take(8), true);
  }
  bytes(n: number): Uint8Array {
    const at = this.#take(n);
    return this.data.subarray(at, at + n);
  }
  key(): string {
    return encodeBase58(this.bytes(32));
  }
  /** MaybeNull of the token interfaces: 32 zero bytes are none. */
  keyOrNull(): string | null {
    const bytes = this.bytes(32);
    return bytes.some((byte) => byte !== 0) ? encodeBase58(bytes) : null;
  }
  base64(n: number): string {
    return encodeBase64(this.bytes(n));
  }
  /** Zero bytes are none. */
  base64OrNull(n: number): string | null {
    const bytes = this.bytes(n);
    return bytes.some((byte) => byte !== 0) ? encodeBase64(bytes) : null;
  }
  /** u32 index into `names`. */
  variant(names: readonly string[]): string {
    const name = names[this.u32()];
    if (name === undefined) throw new RangeError("no such variant");
    return name;
  }
  option<T>(value: () => T): T | null {
    const tag = this.u8();
    if (tag > 1) throw new RangeError("no tag of an option");
    return tag ? value() : null;
  }
  /** u64 count, elements of `size` bytes. */
  list<T>(size: number, element: () => T): T[] {
    const count = this.u64();
    if (count > BigInt(Math.floor(this.rest().length / size))) throw new RangeError("data end too early");
    return Array.from({ length: Number(count) }, element);
  }
  /** solana-short-vec: at most three bytes of 7 bits, no needless one, at most 65,535. */
  shortLength(): number {
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = this.u8();
      value |= (byte & 0x7f) << (7 * i);
      if ((byte === 0 && i > 0) || value > 0xffff) break;
      if (byte < 0x80) return value;
    }
    throw new RangeError("no short length");
  }
  /** solana-serde-varint: 7 bits a byte, lowest first, no needless byte, 64 bits at most. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (value > U64_MAX || (byte === 0 && shift > 0n)) break;
      return value;
    }
    throw new RangeError("no variable-length number");
  }
  /** bincode's string: u64 length, UTF-8. */
  text(): string {
    return this.#utf8(this.u64());
  }
  /** Borsh's string: u32 length, UTF-8. */
  borshText(): string {
    return this.#utf8(this.u32());
  }
  #utf8(length: bigint | number): string {
    if (length > this.data.length) throw new RangeError("instruction data end too early");
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes(Number(length)));
  }
  rest(): Uint8Array {
    return this.data.subarray(this.#at);
  }
  /** Throws RangeError where bytes are left. */
  end(): void {
    if (this.#at !== this.data.length) throw new RangeError("more data than expected");
  }
}

/** One kind of instruction: its name, how many accounts it needs, its members. */
export type Shape = readonly [type: string, minAccounts: number, info: (f: Fields, a: Accounts) => Members | null];

export function apply([type, minAccounts, info]: Shape, fields: Fields, accounts: Accounts): Json {
  if (accounts.length < minAccounts) return null;
  return { type, info: info(fields, accounts) };
}
