/**
 * Accounts whose data are known by their BLAKE3 hash. Programs are large and seldom change: who has the data already is answered a stub,
 * and gives one to an instance that has them (wasm/state/stub.ts).
 */

import { equalBytes, viewOf } from "../protocol/bytes.ts";
import { ENC, LIST, STUB } from "../protocol/layouts/account.ts";
import {
  type Account,
  accountAt,
  accountOffsets,
  accountSizeAt,
  encodedAccountSize,
  keyText,
  LIST_HEADER,
  writeAccount,
} from "./accounts.ts";

export const HASH_SIZE = 32;
export const STUB_SIZE = STUB.SIZE;

/** An account; `hash`: where its data can stand for themselves by it. */
export interface LoadedAccount extends Account {
  readonly hash?: Uint8Array;
}

/** Data that a reader has, and their hash. */
export interface KnownData {
  readonly hash: Uint8Array;
  readonly data: Uint8Array;
}

const isStubAt = (bytes: Uint8Array, at: number): boolean => bytes[at + ENC.STUB] === 1;

/** Bytes of the encoded account or stub at `at`, 0 when there is none within `bytes`. */
export function stubbedSizeAt(bytes: Uint8Array, at: number): number {
  if (bytes.length - at >= STUB_SIZE && isStubAt(bytes, at)) return STUB_SIZE;
  return accountSizeAt(bytes, at);
}

/**
 * The accounts of lists with stubs, by keyText; `known`: what was asked with. Undefined when a stub is not what was asked for, or a
 * list is none.
 */
export function decodeStubbed(
  lists: readonly Uint8Array[],
  known: ReadonlyMap<string, KnownData>,
): Map<string, LoadedAccount> | undefined {
  const accounts = new Map<string, LoadedAccount>();
  for (const list of lists) {
    const offsets = accountOffsets(list, stubbedSizeAt);
    if (!offsets) return undefined;
    for (const at of offsets.slice(0, -1)) {
      const account = accountAt(list, at);
      const name = keyText(account.key);
      if (!isStubAt(list, at)) {
        accounts.set(name, account);
        continue;
      }
      const own = known.get(name);
      const hash = list.subarray(at + STUB.HASH, at + STUB.SIZE);
      if (!own || viewOf(list).getUint32(at + ENC.DATA_LEN, true) !== own.data.length || !equalBytes(own.hash, hash))
        return undefined;
      accounts.set(name, { ...account, ...own });
    }
  }
  return accounts;
}

/** Bytes that writeStubbedList writes. */
export function stubbedListSize(accounts: readonly LoadedAccount[], stubs: boolean): number {
  return accounts.reduce(
    (sum, one) => sum + (stubs && one.hash ? STUB_SIZE : encodedAccountSize(one)),
    LIST_HEADER as number,
  );
}

/** Writes an account list to `out`, which is zero there; `stubs`: with stubs where there is a hash. Returns where it ends. */
export function writeStubbedList(
  out: Uint8Array,
  from: number,
  accounts: readonly LoadedAccount[],
  stubs: boolean,
): number {
  viewOf(out).setUint32(from + LIST.COUNT, accounts.length, true);
  let at = from + LIST_HEADER;
  for (const account of accounts) {
    if (!stubs || !account.hash) {
      at = writeAccount(out, at, account);
      continue;
    }
    writeAccount(out, at, { ...account, data: account.hash });
    viewOf(out).setUint32(at + ENC.DATA_LEN, account.data.length, true);
    out[at + ENC.STUB] = 1;
    at += STUB_SIZE;
  }
  return at;
}
