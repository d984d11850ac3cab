/**
 * Pages of the transactions that name an address (getSignaturesForAddress, getTransactionsForAddress), in either order.
 *
 *   index of each address ─▶ candidates ─▶ merged by position, within the bounds ─▶ blocks confirm and filter ─▶ page, cursor
 *
 * All bounds become one range of positions, so that a page costs what is in it and not what lies before it.
 */
import { equalBytes, viewOf } from "../protocol/bytes.ts";
import { decodeRecord } from "../protocol/record.ts";
import { addressKey, type IndexHit, type IndexKey } from "./index-run.ts";
import { memoOf } from "./memo.ts";

/** A transaction's place in the chain: slot, and position among the block's landed transactions. */
export type Position = IndexHit;

export interface FoundTransaction {
  readonly slot: bigint;
  readonly blockTime: bigint;
  /** Position among the block's landed transactions. */
  readonly index: number;
  readonly record: Uint8Array;
  readonly result: Uint8Array;
}

export interface FoundStatus {
  readonly slot: bigint;
  readonly txError: number;
  readonly errorIndex: number;
  readonly instructionError: number;
  readonly customCode: number;
}

export interface FoundEntry extends FoundStatus {
  readonly signature: Uint8Array;
  readonly blockTime: bigint;
  readonly index: number;
  readonly memo: string | null;
  /** With `full` only. */
  readonly transaction?: FoundTransaction;
}

/** Both ends are within; absent: no bound. */
export interface Range {
  readonly from?: number;
  readonly to?: number;
}

export interface AddressQuery {
  /** The address, and behind it token accounts whose transactions count as its own. */
  readonly addresses: readonly Uint8Array[];
  readonly oldestFirst?: boolean;
  /** Where the page before ended: the next one begins behind it. */
  readonly after?: Position;
  readonly slots?: Range;
  /** Unix seconds of the blocks. */
  readonly times?: Range;
  /** Transactions that it is behind, behind or at, before, before or at. */
  readonly signatures?: {
    readonly gt?: Uint8Array;
    readonly gte?: Uint8Array;
    readonly lt?: Uint8Array;
    readonly lte?: Uint8Array;
  };
  readonly status?: "succeeded" | "failed";
  /** Of the token accounts only transactions that change what the first address has in them. */
  readonly balanceChanged?: boolean;
  /** At least 1. */
  readonly limit: number;
  readonly full?: boolean;
}

export type AddressPage =
  /** `next`: where to go on; null at the end. Without entries, too, where much had to be looked at. */
  | { readonly ok: true; readonly entries: FoundEntry[]; readonly next: Position | null }
  /** A bound's signature that the ledger does not have. */
  | { readonly ok: false; readonly unknown: Uint8Array };

/** What a page is made from. */
export interface PageSource {
  /** Those before `start` in that order may be left out. */
  candidates(key: IndexKey, oldestFirst: boolean, start: number): Iterator<Position>;
  find(signature: Uint8Array): Position | null;
  transaction(at: Position): FoundTransaction;
  status(at: Position): FoundStatus;
  /** First slot whose block has this time or a later one; the one after the tip where there is none. */
  slotAt(time: number): number;
}

/** Candidates whose blocks are opened for one page: bounds the work of one call. */
const MAX_CANDIDATES = 20_000;
const LAST_INDEX = 0xffffff;

interface Bounds {
  readonly from: Position;
  readonly to: Position;
}

export function comparePositions(a: Position, b: Position): number {
  return a.slot - b.slot || a.index - b.index;
}

export function addressPage(source: PageSource, query: AddressQuery): AddressPage {
  const bounds = boundsOf(source, query);
  if (bounds instanceof Uint8Array) return { ok: false, unknown: bounds };
  const entries: FoundEntry[] = [];
  let candidates = 0;
  let last: Position | undefined;
  for (const at of merged(source, query, bounds)) {
    // Only what would be on the next page makes one.
    if (entries.length >= query.limit && isMatch(source, query, at)) return { ok: true, entries, next: last! };
    if (++candidates > MAX_CANDIDATES) return { ok: true, entries, next: last! };
    if (entries.length < query.limit) {
      last = at;
      const transaction = source.transaction(at);
      if (matches(source.status(at), transaction, query)) entries.push(entryOf(source, at, transaction, query.full));
    }
  }
  return { ok: true, entries, next: null };
}

/** The positions that the query asks for, or a signature that is not known. */
function boundsOf(source: PageSource, query: AddressQuery): Bounds | Uint8Array {
  const { signatures = {}, slots = {}, times = {}, after, oldestFirst } = query;
  const from: Position[] = [{ slot: slots.from ?? 0, index: 0 }];
  const to: Position[] = [{ slot: slots.to ?? Number.MAX_SAFE_INTEGER, index: LAST_INDEX }];
  const ends = [
    { signature: signatures.gt, list: from, step: 1 },
    { signature: signatures.gte, list: from, step: 0 },
    { signature: signatures.lt, list: to, step: -1 },
    { signature: signatures.lte, list: to, step: 0 },
  ];
  for (const { signature, list, step } of ends) {
    if (!signature) continue;
    const at = source.find(signature);
    if (!at) return signature;
    list.push({ slot: at.slot, index: at.index + step });
  }
  if (times.from !== undefined) from.push({ slot: source.slotAt(times.from), index: 0 });
  if (times.to !== undefined) to.push({ slot: source.slotAt(times.to + 1) - 1, index: LAST_INDEX });
  if (after && oldestFirst) from.push({ slot: after.slot, index: after.index + 1 });
  else if (after) to.push({ slot: after.slot, index: after.index - 1 });
  return {
    from: from.reduce((a, b) => (comparePositions(a, b) < 0 ? b : a)),
    to: to.reduce((a, b) => (comparePositions(a, b) > 0 ? b : a)),
  };
}

/** The candidates of all addresses in the page's order, each position once. */
function* merged(source: PageSource, query: AddressQuery, { from, to }: Bounds): Generator<Position> {
  const { oldestFirst = false } = query;
  const order = (a: Position, b: Position) => (oldestFirst ? comparePositions(a, b) : comparePositions(b, a));
  const [start, end] = oldestFirst ? [from, to] : [to, from];
  const sources = query.addresses.map((address) =>
    source.candidates(addressKey(viewOf(address), 0), oldestFirst, start.slot),
  );
  const heads: (Position | null)[] = sources.map(nextOf);
  let last: Position | undefined;
  for (;;) {
    let first = -1;
    for (const [i, head] of heads.entries()) {
      if (head && (first < 0 || order(head, heads[first]!) < 0)) first = i;
    }
    const at = heads[first];
    if (!at || order(at, end) > 0) return;
    heads[first] = nextOf(sources[first]!);
    if (order(at, start) < 0 || (last && order(at, last) === 0)) continue;
    last = at;
    yield at;
  }
}

function nextOf(source: Iterator<Position>): Position | null {
  const { done, value } = source.next();
  return done ? null : value;
}

function isMatch(source: PageSource, query: AddressQuery, at: Position): boolean {
  return matches(source.status(at), source.transaction(at), query);
}

function matches(status: FoundStatus, { record, result }: FoundTransaction, query: AddressQuery): boolean {
  if (query.status && (status.txError === 0) !== (query.status === "succeeded")) return false;
  const { accountKeys } = decodeRecord(record);
  const named = (address: Uint8Array) => accountKeys.some((key) => equalBytes(key, address));
  const [address, ...tokenAccounts] = query.addresses;
  if (named(address!)) return true;
  return tokenAccounts.some(named) && (!query.balanceChanged || changesTokensOf(result, address!));
}

function entryOf(source: PageSource, at: Position, transaction: FoundTransaction, full = false): FoundEntry {
  const record = decodeRecord(transaction.record);
  return {
    ...source.status(at),
    signature: record.signatures[0]!.slice(),
    blockTime: transaction.blockTime,
    index: at.index,
    memo: memoOf(record),
    ...(full && { transaction }),
  };
}

/** Offsets in a result and in a token balance of it (docs/interfaces.md section 4). */
const RESULT = { NUM_ACCOUNTS: 32, NUM_PRE: 40, NUM_POST: 42, DETAIL: 44, HEADER: 48 } as const;
const BALANCE = { ACCOUNT: 0, OWNER: 40, AMOUNT: 72, SIZE: 88 } as const;

/** Whether a token account that `owner` has, before or after, has another amount afterwards, or is there on one side only. */
export function changesTokensOf(result: Uint8Array, owner: Uint8Array): boolean {
  if (result[RESULT.DETAIL] !== 1) return false;
  const view = viewOf(result);
  const first = RESULT.HEADER + view.getUint16(RESULT.NUM_ACCOUNTS, true) * 16;
  const before = new Map<number, bigint>();
  const numBefore = view.getUint16(RESULT.NUM_PRE, true);
  const all = numBefore + view.getUint16(RESULT.NUM_POST, true);
  for (let i = 0; i < all; i++) {
    const at = first + i * BALANCE.SIZE;
    if (!equalBytes(result.subarray(at + BALANCE.OWNER, at + BALANCE.OWNER + 32), owner)) continue;
    const account = result[at + BALANCE.ACCOUNT]!;
    const amount = view.getBigUint64(at + BALANCE.AMOUNT, true);
    if (i < numBefore) before.set(account, amount);
    else if (before.get(account) !== amount) return true;
    else before.delete(account);
  }
  return before.size > 0;
}
