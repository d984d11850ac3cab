/** Broken parts, for the tests of the oracle: each is a wrapper around a real one. */

import { concatBytes, viewOf } from "../../shared/protocol/bytes.ts";
import { CONTEXT_SIZE } from "../../shared/protocol/limits.ts";
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

/** Bytes of a loan or return before its account list, and where the list's length stands. */
const MESSAGE_HEADER = 72;
const LIST_LENGTH = 64;
const listEnd = (message: Uint8Array): number => MESSAGE_HEADER + viewOf(message).getUint32(LIST_LENGTH, true);
/** A loan or return with its accounts replaced, in their order and with their sizes. */
export function resent(message: Uint8Array, change: (list: Uint8Array) => Uint8Array): Uint8Array {
  const end = listEnd(message);
  return concatBytes(message.slice(0, MESSAGE_HEADER), change(message.slice(MESSAGE_HEADER, end)), message.slice(end));
}
export const accountsOf = (message: Uint8Array): Uint8Array[] =>
  splitList(message.slice(MESSAGE_HEADER, listEnd(message)));

/** A loan or return that says of no message that it is known, or landed. */
export function silent(message: Uint8Array): Uint8Array {
  const tags = viewOf(message).getUint32(68, true);
  const out = message.slice();
  out.fill(0, out.length - ((tags + 7) & ~7));
  return out;
}

/** A shard proposal with no tags. */
export function withoutTags(proposal: Uint8Array): Uint8Array {
  const view = viewOf(proposal);
  const start = 96 + CONTEXT_SIZE + (view.getUint32(84, true) + view.getUint32(88, true)) * 40;
  const out = concatBytes(proposal.subarray(0, start), proposal.subarray(start + view.getUint32(92, true) * 16));
  viewOf(out).setUint32(0, out.length, true);
  viewOf(out).setUint32(92, 0, true);
  return out;
}

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
