/**
 * Reads of the whole ledger, however many generations it has. What is asked for is looked for in the newest blocks first, then in the index,
 * newest generation first, and every candidate is confirmed by the block that has it. The order matters: an entry leaves the newest
 * generation's memory only when the index has it.
 */
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import {
  type AddressFilter,
  type AddressPage,
  type AddressQuery,
  addressPage,
  type FoundEntry,
  type FoundStatus,
  type FoundTransaction,
  type PageSource,
} from "./address-page.ts";
import { type Catalog, firstSlotOf, generationOf, type IndexGeneration, partitionOf } from "./catalog.ts";
import { type IndexHit, type IndexKey, isBefore, LAST_INDEX, signatureKey } from "./index-run.ts";
import type { Answer, LedgerPort, LedgerPorts } from "./ledger-ports.ts";
import type { PerformanceSample } from "./performance-samples.ts";
import { all, one, type Reading, type Soon } from "./reading.ts";
import type { PriorityFee } from "./recent-fees.ts";

/** Blocks with transactions whose prices are told (shared/ledger/recent-fees.ts). */
const PRICED_BLOCKS = 150;
/** How often the newest generation may change while somebody reads. */
const MAX_MOVES = 1_000;

export class LedgerReader {
  readonly #ports: LedgerPorts;
  #newest: number | undefined;
  #catalog: Catalog | undefined;

  constructor(ports: LedgerPorts) {
    this.#ports = ports;
  }

  /** In the order of `signatures` (64 bytes each). Without `history` older ones than the recent blocks' may be left out. */
  *statuses(signatures: readonly Uint8Array[], history: boolean): Reading<(FoundStatus | null)[]> {
    if (signatures.length === 0) return [];
    const { statuses, since } = yield* this.#current((ledger) => ledger.recentStatuses(concatBytes(...signatures)));
    const found = [...statuses];
    const missing = () => found.flatMap((status, i) => (status === null ? [i] : []));
    const read = (ledger: LedgerPort, places: readonly IndexHit[], of: readonly number[]) =>
      ledger.statuses(places, concatBytes(...of.map((i) => signatures[i]!)));
    for (const index of newestFirst(this.#catalog!)) {
      const wanted = missing();
      if (wanted.length === 0 || (!history && index.end !== undefined && index.end < since)) break;
      const candidates = yield* this.#candidates(
        index,
        wanted.map((i) => signatures[i]!),
        history ? 0 : since,
      );
      const places = candidates.flatMap((hits, n) => hits.map((hit) => ({ ...hit, of: wanted[n]! })));
      for (const { of, status } of yield* this.#confirm(places, read)) found[of] ??= status;
    }
    return found;
  }

  *transaction(signature: Uint8Array): Reading<FoundTransaction | null> {
    const place = yield* this.#place(signature);
    const ledger = place && this.#ledgerOf(place.slot);
    return ledger ? yield* one(ledger.transaction(place)) : null;
  }

  /** A slot's block, as `read` gets it from its generation; null: there is none, or not any more. */
  *block<T>(slot: number, read: (generation: number) => Soon<T | null>): Reading<T | null> {
    // Blocks do not change: what the catalog was a while ago is good enough for one that is found.
    const guess = this.#catalog && generationOf(this.#catalog, slot);
    const found = guess === undefined ? null : yield* one(read(guess));
    if (found !== null) return found;
    const number = generationOf(yield* this.catalog(), slot);
    return number === undefined ? null : yield* one(read(number));
  }

  /** Slots with a block in [from, to], ascending, at most `limit`. */
  *blocks(from: number, to: number, limit: number): Reading<number[]> {
    const catalog = yield* this.catalog();
    const slots: number[] = [];
    const numbers = [...catalog.finished.filter(({ lastSlot }) => lastSlot >= from), { number: catalog.generation }];
    for (const { number } of numbers) {
      if (slots.length >= limit) break;
      slots.push(...(yield* one(this.#ports.ledger(number).blocks(from, to, limit - slots.length))));
      if (catalog.finished.some((one) => one.number === number && one.lastSlot >= to)) break;
    }
    return slots;
  }

  /** Oldest slot that can be read. */
  *firstBlock(): Reading<number> {
    return firstSlotOf(yield* this.catalog());
  }

  /** The catalog as it is now. */
  *catalog(): Reading<Catalog> {
    yield* this.#current((ledger) => ledger.catalog());
    return this.#catalog!;
  }

  /** Blocks in [from, to]. */
  *countBlocks(from: number, to: number): Reading<number> {
    const catalog = yield* this.catalog();
    const among = catalog.finished.filter(({ firstSlot, lastSlot }) => lastSlot >= from && firstSlot <= to);
    const numbers = [...among.map(({ number }) => number), ...(to >= catalog.begin ? [catalog.generation] : [])];
    const counts = yield* all(numbers.map((number) => this.#ports.ledger(number).countBlocks(from, to)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Newest first. */
  *samples(limit: number): Reading<PerformanceSample[]> {
    return yield* this.#current((ledger) => ledger.samples(limit));
  }

  /** Of the newest 150 blocks with transactions, oldest first. */
  *priorityFees(addresses: readonly Uint8Array[]): Reading<PriorityFee[]> {
    const { generation, finished } = yield* this.catalog();
    const keys = concatBytes(...addresses);
    let fees: PriorityFee[] = [];
    for (const number of [generation, ...finished.map((one) => one.number).reverse()]) {
      fees = [...(yield* one(this.#ports.ledger(number).priorityFees(keys))), ...fees];
      if (fees.length >= PRICED_BLOCKS) break;
    }
    return fees.slice(-PRICED_BLOCKS);
  }

  /** Transactions that name an address, a page at a time. */
  page(query: AddressQuery): Reading<AddressPage> {
    return addressPage(this.#pages, query);
  }

  readonly #pages: PageSource = {
    candidates: (key, oldestFirst, start, count) => this.#history(key, oldestFirst, start, count),
    find: (signature) => this.#place(signature),
    entries: (filter, places) => this.#entries(filter, places),
    slotAt: (time) => this.#slotAt(time),
  };

  /** Candidates of an address: those that the newest generation has in memory, and those of the index. */
  *#history(key: IndexKey, oldestFirst: boolean, start: IndexHit, count: number): Reading<IndexHit[]> {
    const ask = (ledger: LedgerPort) => ledger.recentHistory(key, start, oldestFirst, count);
    const { places, indexed } = yield* this.#current(ask);
    const end = { slot: indexed, index: LAST_INDEX };
    if (oldestFirst) {
      // What the newest generation has comes behind all that the index had then.
      const first = { slot: firstSlotOf(this.#catalog!), index: 0 };
      const old = yield* this.#indexed(key, true, isBefore(start, first) ? first : start, end, count);
      return [...old, ...places].slice(0, count);
    }
    if (places.length === count) return places;
    const from = isBefore(start, end) ? start : end;
    return [...places, ...(yield* this.#indexed(key, false, from, undefined, count - places.length))];
  }

  /** Candidates of an address in the index, from a place on, and where it is oldest first up to `end`. */
  *#indexed(
    key: IndexKey,
    oldestFirst: boolean,
    start: IndexHit,
    end: IndexHit | undefined,
    count: number,
  ): Reading<IndexHit[]> {
    const { indexes } = this.#catalog!;
    const first = firstSlotOf(this.#catalog!);
    const found: IndexHit[] = [];
    for (const index of oldestFirst ? indexes : indexes.toReversed()) {
      if (found.length >= count) break;
      // Generations of the index follow on each other: one that is all on the other side of the start has nothing.
      if (oldestFirst ? index.end !== undefined && index.end < start.slot : index.begin >= start.slot) continue;
      const partition = index.first + partitionOf(key, index.partitions);
      const hits = yield* one(this.#ports.index(partition).history(key, start, oldestFirst, count - found.length));
      found.push(...hits.filter((hit) => hit.slot >= first && !(end && isBefore(end, hit))));
    }
    return found;
  }

  *#entries(filter: AddressFilter, places: readonly IndexHit[]): Reading<(FoundEntry | null)[]> {
    const found: (FoundEntry | null)[] = places.map(() => null);
    const read = (ledger: LedgerPort, some: readonly IndexHit[]) => ledger.entries(filter, some);
    const confirmed = yield* this.#confirm(
      places.map((place, of) => ({ ...place, of })),
      read,
    );
    for (const { of, status } of confirmed) found[of] = status;
    return found;
  }

  /** First slot whose block has this time or a later one; the one after the tip where there is none. */
  *#slotAt(time: number): Reading<number> {
    const { finished, generation } = yield* this.catalog();
    const number = finished.find(({ lastTime }) => lastTime >= time)?.number ?? generation;
    return yield* one(this.#ports.ledger(number).slotAt(time));
  }

  /** Where a signature's transaction stands. */
  *#place(signature: Uint8Array): Reading<IndexHit | null> {
    const recent = yield* this.#current((ledger) => ledger.recentPlace(signature));
    if (recent) return recent;
    for (const index of newestFirst(this.#catalog!)) {
      const [hits] = yield* this.#candidates(index, [signature], 0);
      const places = hits!.map((hit, of) => ({ ...hit, of }));
      const read = (ledger: LedgerPort, some: readonly IndexHit[]) =>
        ledger.statuses(some, concatBytes(...some.map(() => signature)));
      const confirmed = yield* this.#confirm(places, read);
      if (confirmed.length > 0) return hits![confirmed[0]!.of]!;
    }
    return null;
  }

  /** What one generation of the index has for each signature. */
  *#candidates(index: IndexGeneration, signatures: readonly Uint8Array[], since: number): Reading<IndexHit[][]> {
    const keys = signatures.map((signature) => signatureKey(viewOf(signature), 0));
    const byPartition = groupBy(keys.keys(), (i) => partitionOf(keys[i]!, index.partitions));
    const calls = [...byPartition].map(([partition, of]) =>
      this.#ports.index(index.first + partition).find(
        "signatures",
        of.map((i) => keys[i]!),
        since,
      ),
    );
    const answers = yield* all(calls);
    const found: IndexHit[][] = keys.map(() => []);
    for (const [n, of] of [...byPartition.values()].entries())
      for (const [k, i] of of.entries()) found[i] = answers[n]![k]!;
    return found;
  }

  /** Reads places in their generations; keeps those that are what was looked for. `of`: what a place is a candidate for. */
  *#confirm<T>(
    places: readonly (IndexHit & { readonly of: number })[],
    read: (ledger: LedgerPort, places: readonly IndexHit[], of: readonly number[]) => Soon<(T | null)[]>,
  ): Reading<{ readonly of: number; readonly status: T }[]> {
    const byGeneration = groupBy(places.keys(), (i) => generationOf(this.#catalog!, places[i]!.slot) ?? -1);
    byGeneration.delete(-1);
    const groups = [...byGeneration];
    const calls = groups.map(([number, which]) => {
      const some = which.map((i) => places[i]!);
      const plain = some.map(({ slot, index }) => ({ slot, index }));
      return read(
        this.#ports.ledger(number),
        plain,
        some.map(({ of }) => of),
      );
    });
    const answers = yield* all(calls);
    return groups.flatMap(([, which], n) =>
      which.flatMap((i, k) => {
        const status = answers[n]![k];
        return status == null ? [] : [{ of: places[i]!.of, status }];
      }),
    );
  }

  #ledgerOf(slot: number): LedgerPort | undefined {
    const number = generationOf(this.#catalog!, slot);
    return number === undefined ? undefined : this.#ports.ledger(number);
  }

  /** Asks the newest generation; afterwards the catalog is one that it had then or later. */
  *#current<T>(ask: (ledger: LedgerPort) => Soon<Answer<T>>): Reading<T> {
    for (let moves = 0; moves < MAX_MOVES; moves++) {
      this.#newest ??= yield* one(this.#ports.newest());
      const newest: number = this.#newest;
      const answer = yield* one(ask(this.#ports.ledger(newest)));
      if ("moved" in answer) this.#newest = answer.moved;
      else if ("gone" in answer) this.#newest = undefined;
      else if (answer.version === this.#catalog?.version) return answer.value;
      else {
        const catalog = yield* one(this.#ports.ledger(newest).catalog());
        // Where it has moved in between, all is asked again.
        if (!("value" in catalog)) continue;
        if (!this.#catalog || catalog.value.version > this.#catalog.version) this.#catalog = catalog.value;
        return answer.value;
      }
    }
    throw new Error("the ledger's newest generation cannot be found");
  }
}

const newestFirst = ({ indexes }: Catalog): readonly IndexGeneration[] => indexes.toReversed();

function groupBy(items: Iterable<number>, by: (item: number) => number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group) group.push(item);
    else groups.set(by(item), [item]);
  }
  return groups;
}
