/**
 * How a forked network's edge asks for accounts of its upstream: over the binding FORK, behind which whoever runs the network is. It knows
 * the address of the upstream; the edge names keys only.
 *
 *   POST /accounts         key, key, ...             -> u8 status for each, then an account list: those that are there, and the code of programs
 *   POST /again            the same, of what is there now, whatever was fetched before
 *   POST /token-accounts   u8 by, u8 of, key, key    -> u8 status, then keys
 */
import { concatBytes } from "../protocol/bytes.ts";
import type { TokenAccountsQuery } from "../rpc/backend.ts";
import { type Account, decodeAccountList, encodeAccountList, splitKeys } from "../state/accounts.ts";

/** Keys of one request; as many as one getMultipleAccounts takes (Agave: MAX_MULTIPLE_ACCOUNTS). */
export const MAX_FORK_KEYS = 100;
/** Bytes of accounts in one answer, from which on the rest is LATER. */
export const MAX_FORK_ANSWER = 12 << 20;

export const FORK_STATUS = {
  /** Upstream could not be asked. */
  UNKNOWN: 0,
  ABSENT: 1,
  PRESENT: 2,
  /** It is there, but the answer is full: ask again. */
  LATER: 3,
} as const;
export type ForkStatus = (typeof FORK_STATUS)[keyof typeof FORK_STATUS];

export interface ForkedAccountsAnswer {
  /** One for each key, in order. */
  readonly statuses: Uint8Array;
  readonly accounts: readonly Account[];
}

export function encodeAccountsAnswer({ statuses, accounts }: ForkedAccountsAnswer): Uint8Array {
  return concatBytes(statuses, encodeAccountList(accounts));
}

/** `count`: keys that were asked for. Throws a RangeError for anything else than an answer. */
export function decodeAccountsAnswer(bytes: Uint8Array, count: number): ForkedAccountsAnswer {
  const accounts = bytes.length < count ? undefined : decodeAccountList(bytes.subarray(count));
  if (!accounts) throw new RangeError("not an answer to /accounts");
  return { statuses: bytes.subarray(0, count), accounts };
}

export function encodeTokenQuery({ by, of, key, filter }: TokenAccountsQuery): Uint8Array {
  return concatBytes(Uint8Array.of(by === "owner" ? 0 : 1, of === "mint" ? 0 : 1), key, filter);
}

const QUERY_BYTES = 66;

/** Undefined: it is none. */
export function decodeTokenQuery(bytes: Uint8Array): TokenAccountsQuery | undefined {
  if (bytes.length !== QUERY_BYTES || bytes[0]! > 1 || bytes[1]! > 1) return undefined;
  const [key, filter] = splitKeys(bytes.subarray(2)) as [Uint8Array, Uint8Array];
  return { by: bytes[0] === 0 ? "owner" : "delegate", of: bytes[1] === 0 ? "mint" : "program", key, filter };
}
