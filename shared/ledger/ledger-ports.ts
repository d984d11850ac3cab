/** What a reader of the ledger asks its objects: each method is a call to one of them, or runs in the same thread. */
import type { AddressFilter, FoundEntry, FoundStatus, FoundTransaction } from "./address-page.ts";
import type { Catalog } from "./catalog.ts";
import type { IndexKind } from "./index-machine.ts";
import type { IndexHit, IndexKey } from "./index-run.ts";
import type { PerformanceSample } from "./performance-samples.ts";
import type { Soon } from "./reading.ts";
import type { PriorityFee } from "./recent-fees.ts";

/** An answer of the newest generation, with the version of its catalog; or where that is now. `gone`: ask the builder. */
export type Answer<T> =
  | { readonly value: T; readonly version: number }
  | { readonly moved: number }
  | { readonly gone: true };

export interface RecentStatuses {
  /** Null: not among the blocks that the index has not yet. */
  readonly statuses: (FoundStatus | null)[];
  /** What is older than this slot is not recent any more. */
  readonly since: number;
}

export interface RecentPlaces {
  readonly places: IndexHit[];
  /** The index has those up to this slot, and only those are not among the places. */
  readonly indexed: number;
}

export interface LedgerPort {
  // Of the newest generation:
  catalog(): Soon<Answer<Catalog>>;
  recentStatuses(signatures: Uint8Array): Soon<Answer<RecentStatuses>>;
  recentPlace(signature: Uint8Array): Soon<Answer<IndexHit | null>>;
  /** Candidates of an address from a place on, itself within, in the order asked for. */
  recentHistory(key: IndexKey, start: IndexHit, oldestFirst: boolean, count: number): Soon<Answer<RecentPlaces>>;
  samples(limit: number): Soon<Answer<PerformanceSample[]>>;
  // Of any generation:
  statuses(places: readonly IndexHit[], signatures: Uint8Array): Soon<(FoundStatus | null)[]>;
  transaction(place: IndexHit): Soon<FoundTransaction | null>;
  entries(filter: AddressFilter, places: readonly IndexHit[]): Soon<(FoundEntry | null)[]>;
  blocks(from: number, to: number, limit: number): Soon<number[]>;
  countBlocks(from: number, to: number): Soon<number>;
  /** First slot of this generation whose block has this time or a later one; the one after its last where there is none. */
  slotAt(time: number): Soon<number>;
  /** `addresses`: 32 bytes each. */
  priorityFees(addresses: Uint8Array): Soon<PriorityFee[]>;
}

export interface IndexPort {
  /** The newest candidates of each key; runs that are all older than slot `since` may be left out. */
  find(kind: IndexKind, keys: readonly IndexKey[], since: number): Soon<IndexHit[][]>;
  /** Candidates of one address from a place on, itself within, in the order asked for. */
  history(key: IndexKey, start: IndexHit, oldestFirst: boolean, count: number): Soon<IndexHit[]>;
}

export interface LedgerPorts {
  /** Number of a generation that is, or was a moment ago, the newest. */
  newest(): Soon<number>;
  ledger(generation: number): LedgerPort;
  index(partition: number): IndexPort;
}
