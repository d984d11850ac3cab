/** Broken parts, for the tests of the oracle: each is a wrapper around a real one. */

import { concatBytes } from "../../shared/protocol/bytes.ts";
import { frameRecords, recordSignature } from "../../shared/protocol/record.ts";
import { splitList } from "./reference.ts";

/** `target` with some methods replaced. */
export function wrap<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get(object, name) {
      if (name in replaced) return replaced[name as keyof T];
      const value = Reflect.get(object, name, object) as unknown;
      return typeof value === "function" ? value.bind(object) : value;
    },
  });
}

/** An account list of encoded accounts. */
export function listOf(accounts: readonly Uint8Array[]): Uint8Array {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, accounts.length, true);
  return concatBytes(head, ...accounts);
}

/** The list with `change` done to a copy of each account. */
export function changed(list: Uint8Array, change: (account: Uint8Array, index: number) => Uint8Array): Uint8Array {
  return listOf(splitList(list).map((account, i) => change(account.slice(), i)));
}

/** Bytes of a loan or return before its account list. */
const MESSAGE_HEADER = 64;
/** A loan or return with its accounts replaced, in their order and with their sizes. */
export function resent(message: Uint8Array, change: (list: Uint8Array) => Uint8Array): Uint8Array {
  return concatBytes(message.slice(0, MESSAGE_HEADER), change(message.slice(MESSAGE_HEADER)));
}
export const accountsOf = (message: Uint8Array): Uint8Array[] => splitList(message.slice(MESSAGE_HEADER));

export const LAMPORTS = 64;
export const lamportsOf = (account: Uint8Array): bigint =>
  new DataView(account.buffer, account.byteOffset).getBigUint64(LAMPORTS, true);

/** The accounts' lamports handed round by one: the sum stays the same. */
export function rotated(list: Uint8Array): Uint8Array {
  const accounts = splitList(list);
  return changed(list, (account, i) => {
    const from = accounts[(i + 1) % accounts.length]!;
    account.set(from.subarray(LAMPORTS, LAMPORTS + 8), LAMPORTS);
    return account;
  });
}

export const signaturesOf = (frame: Uint8Array): Uint8Array =>
  concatBytes(...frameRecords(frame).map((record) => recordSignature(record)));
