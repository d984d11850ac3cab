/**
 * Pages of the transactions that name an address (getSignaturesForAddress, getTransactionsForAddress), in either order.
 *
 *   index of each address ─▶ candidates ─▶ merged by position, within the bounds ─▶ blocks confirm and filter ─▶ page, cursor
 *
 * All bounds become one range of positions, so that a page costs what is in it and not what lies before it. Candidates are confirmed
 * many at once: they are in generations of the ledger, which are objects of their own.
 */
import { equalBytes, viewOf } from "../protocol/bytes.ts";
import { RESULT, TOKEN_BALANCE } from "../protocol/layouts/result.ts";
import { decodeRecord } from "../protocol/record.ts";
import { addressKey, type IndexHit, type IndexKey, LAST_INDEX } from "./index-run.ts";
import { memoOf } from "./memo.ts";
import type { Reading } from "./reading.ts";

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

/** Which transactions are entries of a page. */
export interface AddressFilter {
  /** The address, and behind it token accounts whose transactions count as its own. */
  readonly addresses: readonly Uint8Array[];
  readonly status?: "succeeded" | "failed";
  /** Of the token accounts only transactions that change what the first address has in them. */
  readonly balanceChanged?: boolean;
  readonly full?: boolean;
}

export interface AddressQuery extends AddressFilter {
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
  /** At least 1. */
  readonly limit: number;
}

export type AddressPage =
  /** `next`: where to go on; null at the end. Without entries, too, where much had to be looked at. */
  | { readonly ok: true; readonly entries: FoundEntry[]; readonly next: Position | null }
  /** A bound's signature that the ledger does not have. */
  | { readonly ok: false; readonly unknown: Uint8Array };

/** What a page is made from. */
export interface PageSource {
  /** The next candidates of a key in the page's order, from `start` on, itself within; fewer than `count` only at the end. */
  candidates(key: IndexKey, oldestFirst: boolean, start: Position, count: number): Reading<readonly Position[]>;
  find(signature: Uint8Array): Reading<Position | null>;
  /** Null where the transaction is none that the filter asks for. */
  entries(filter: AddressFilter, places: readonly Position[]): Reading<(FoundEntry | null)[]>;
  /** First slot whose block has this time or a later one; the one after the tip where there is none. */
  slotAt(time: number): Reading<number>;
}

/** Candidates whose blocks are opened for one page: bounds the work of one call. */
const MAX_CANDIDATES = 20_000;
/** Candidates asked for at once, at most. */
const MOST = 1_000;

interface Bounds {
  readonly from: Position;
  readonly to: Position;
}

export function comparePositions(a: Position, b: Position): number {
  return a.slot - b.slot || a.index - b.index;
}

export function* addressPage(source: PageSource, query: AddressQuery): Reading<AddressPage> {
  const bounds = yield* boundsOf(source, query);
  if (bounds instanceof Uint8Array) return { ok: false, unknown: bounds };
  const entries: FoundEntry[] = [];
  const candidates = new Candidates(source, query, bounds);
  let looked = 0;
  let last: Position | undefined;
  for (let wanted = query.limit + 1; ; wanted *= 2) {
    const places = yield* candidates.next(Math.min(MOST, wanted));
    if (places.length === 0) return { ok: true, entries, next: null };
    const found = yield* source.entries(query, places);
    for (const [i, at] of places.entries()) {
      const entry = found[i];
      // Only what would be on the next page makes one.
      if (entries.length >= query.limit && entry) return { ok: true, entries, next: last! };
      if (++looked > MAX_CANDIDATES) return { ok: true, entries, next: last! };
      if (entries.length >= query.limit) continue;
      last = at;
      if (entry) entries.push(entry);
    }
  }
}

/** The positions that the query asks for, or a signature that is not known. */
function* boundsOf(source: PageSource, query: AddressQuery): Reading<Bounds | Uint8Array> {
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
    const at = yield* source.find(signature);
    if (!at) return signature;
    list.push({ slot: at.slot, index: at.index + step });
  }
  if (times.from !== undefined) from.push({ slot: yield* source.slotAt(times.from), index: 0 });
  if (times.to !== undefined) to.push({ slot: (yield* source.slotAt(times.to + 1)) - 1, index: LAST_INDEX });
  if (after && oldestFirst) from.push({ slot: after.slot, index: after.index + 1 });
  else if (after) to.push({ slot: after.slot, index: after.index - 1 });
  return {
    from: from.reduce((a, b) => (comparePositions(a, b) < 0 ? b : a)),
    to: to.reduce((a, b) => (comparePositions(a, b) > 0 ? b : a)),
  };
}

/** What is known of one address's candidates. */
interface Stream {
  readonly key: IndexKey;
  /** Where to go on asking. */
  start: Position;
  known: readonly Position[];
  /** Of the next one in `known`. */
  at: number;
  isOver: boolean;
}

/** The candidates of all addresses in the page's order, each position once. */
class Candidates {
  readonly #source: PageSource;
  readonly #oldestFirst: boolean;
  readonly #end: Position;
  readonly #streams: readonly Stream[];
  #last: Position | undefined;

  constructor(source: PageSource, { addresses, oldestFirst = false }: AddressQuery, { from, to }: Bounds) {
    const [start, end] = oldestFirst ? [from, to] : [to, from];
    this.#source = source;
    this.#oldestFirst = oldestFirst;
    this.#end = end;
    this.#streams = addresses.map((address) => {
      return { key: addressKey(viewOf(address), 0), start, known: [], at: 0, isOver: this.#order(start, end) > 0 };
    });
  }

  #order(a: Position, b: Position): number {
    return this.#oldestFirst ? comparePositions(a, b) : comparePositions(b, a);
  }

  /** At most `count`; none at the end. */
  *next(count: number): Reading<Position[]> {
    const out: Position[] = [];
    while (out.length < count) {
      let first: Stream | undefined;
      for (const stream of this.#streams) {
        if (stream.at === stream.known.length && !stream.isOver) yield* this.#fill(stream, count);
        const head = stream.known[stream.at];
        if (head && (!first || this.#order(head, first.known[first.at]!) < 0)) first = stream;
      }
      const at = first?.known[first.at++];
      if (!at || this.#order(at, this.#end) > 0) break;
      if (this.#last && this.#order(at, this.#last) === 0) continue;
      this.#last = at;
      out.push(at);
    }
    return out;
  }

  *#fill(stream: Stream, count: number): Reading<void> {
    stream.known = yield* this.#source.candidates(stream.key, this.#oldestFirst, stream.start, count);
    stream.at = 0;
    stream.isOver = stream.known.length < count;
    const last = stream.known.at(-1);
    if (last) stream.start = { slot: last.slot, index: last.index + (this.#oldestFirst ? 1 : -1) };
  }
}

/** The entry of a transaction, or null where it is none that the filter asks for. */
export function entryOf(filter: AddressFilter, status: FoundStatus, transaction: FoundTransaction): FoundEntry | null {
  if (filter.status && (status.txError === 0) !== (filter.status === "succeeded")) return null;
  const record = decodeRecord(transaction.record);
  const named = (address: Uint8Array) => record.accountKeys.some((key) => equalBytes(key, address));
  const [address, ...tokenAccounts] = filter.addresses;
  const isTheirs = () => !filter.balanceChanged || changesTokensOf(transaction.result, address!);
  if (!named(address!) && !(tokenAccounts.some(named) && isTheirs())) return null;
  return {
    ...status,
    signature: record.signatures[0]!.slice(),
    blockTime: transaction.blockTime,
    index: transaction.index,
    memo: memoOf(record),
    ...(filter.full && { transaction }),
  };
}

/** Whether a token account that `owner` has, before or after, has another amount afterwards, or is there on one side only. */
export function changesTokensOf(result: Uint8Array, owner: Uint8Array): boolean {
  if (result[RESULT.DETAIL] !== 1) return false;
  const view = viewOf(result);
  const first = RESULT.HEADER + view.getUint16(RESULT.NUM_ACCOUNTS, true) * 16;
  const before = new Map<number, bigint>();
  const numBefore = view.getUint16(RESULT.NUM_TOKEN_PRE, true);
  const all = numBefore + view.getUint16(RESULT.NUM_TOKEN_POST, true);
  for (let i = 0; i < all; i++) {
    const at = first + i * TOKEN_BALANCE.SIZE;
    if (!equalBytes(result.subarray(at + TOKEN_BALANCE.OWNER, at + TOKEN_BALANCE.OWNER + 32), owner)) continue;
    const account = result[at + TOKEN_BALANCE.ACCOUNT_INDEX]!;
    const amount = view.getBigUint64(at + TOKEN_BALANCE.AMOUNT, true);
    if (i < numBefore) before.set(account, amount);
    else if (before.get(account) !== amount) return true;
    else before.delete(account);
  }
  return before.size > 0;
}
