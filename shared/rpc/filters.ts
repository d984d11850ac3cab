/** Filters of getProgramAccounts and programSubscribe (rpc-client-types filter.rs). */
import type { Account } from "./accounts.ts";
import type { AccountFilter } from "./backend.ts";
import { decodeBase58 } from "./base58.ts";
import { decodeBase64 } from "./base64.ts";
import { invalidParams } from "./errors.ts";
import type { FilterParam } from "./params.ts";
import { readTokenAccount } from "./token-state.ts";

const MAX_FILTERS = 4;
/** Bytes of one comparison, and the longest base58 and base64 text of so many. */
const MAX_BYTES = 128;
const MAX_BASE58 = 175;
const MAX_BASE64 = 172;
/** Beyond any account. */
const MAX_OFFSET = 0xffff_ffffn;

export interface AccountTests {
  /** What a shard can test by itself. */
  readonly filter: AccountFilter;
  /** All of it, again. */
  accepts(account: Account): boolean;
}

type Memcmp = Extract<FilterParam, { memcmp: unknown }>["memcmp"];

function memcmpBytes(memcmp: Memcmp): Uint8Array {
  if (typeof memcmp.bytes !== "string") {
    if (memcmp.bytes.length > MAX_BYTES) throw invalidParams("Invalid param: DataTooLarge");
    return Uint8Array.from(memcmp.bytes);
  }
  const isBase64 = memcmp.encoding === "base64";
  if (memcmp.bytes.length > (isBase64 ? MAX_BASE64 : MAX_BASE58)) throw invalidParams("Invalid param: DataTooLarge");
  const bytes = isBase64 ? decodeBase64(memcmp.bytes) : decodeBase58(memcmp.bytes);
  if (bytes === null) throw invalidParams(`Invalid param: ${isBase64 ? "Base64DecodeError" : "Base58DecodeError"}`);
  if (bytes.length > MAX_BYTES) throw invalidParams("Invalid param: DataTooLarge");
  return bytes;
}

function matches(data: Uint8Array, offset: bigint, bytes: Uint8Array): boolean {
  if (offset + BigInt(bytes.length) > BigInt(data.length)) return false;
  const at = Number(offset);
  for (let i = 0; i < bytes.length; i++) if (data[at + i] !== bytes[i]) return false;
  return true;
}

/** Throws RpcError on filters that Agave refuses. */
export function accountTests(filters: readonly FilterParam[]): AccountTests {
  if (filters.length > MAX_FILTERS) throw invalidParams(`Too many filters provided; max ${MAX_FILTERS}`);
  const memcmp: { offset: bigint; bytes: Uint8Array }[] = [];
  const sizes: bigint[] = [];
  let tokenAccounts = false;
  for (const filter of filters) {
    if (typeof filter === "string" || "tokenAccountState" in filter) tokenAccounts = true;
    else if ("dataSize" in filter) sizes.push(filter.dataSize);
    else memcmp.push({ offset: filter.memcmp.offset, bytes: memcmpBytes(filter.memcmp) });
  }
  const shardTests = memcmp.map(({ offset, bytes }) => ({
    offset: Number(offset > MAX_OFFSET ? MAX_OFFSET : offset),
    bytes,
  }));
  return {
    filter: sizes[0] === undefined ? { memcmp: shardTests } : { dataSize: sizes[0], memcmp: shardTests },
    accepts: ({ data }) =>
      sizes.every((size) => size === BigInt(data.length)) &&
      memcmp.every(({ offset, bytes }) => matches(data, offset, bytes)) &&
      (!tokenAccounts || readTokenAccount(data) !== null),
  };
}
