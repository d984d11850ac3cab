/**
 * The tip as all requests of an isolate share it. An answer of the builder comes with a lease (shared/scheduling/tip-lease.ts): while that
 * runs, no request needs to ask, and none is answered as of an older slot than anybody was told of.
 *
 *   lease  ├──────────── used ────────────┼──── one request asks, the others go on ────┤ over: each asks, together (gather.ts)
 */
import type { HeadAnswer } from "../../durable-objects/builder/builder.ts";
import type { Head } from "../../shared/rpc/backend.ts";
import { elapsed } from "../../shared/scheduling/elapsed.ts";
import type { TipCache } from "./tip-cache.ts";

/** A question that is so old is answered no more, or its request has ended: others ask, milliseconds. */
const LOST_MS = 20;

export interface TipSource {
  /** As Builder.head. */
  ask(since: number, knownEpoch: number): Promise<HeadAnswer | null>;
  now(): number;
}

export class SharedTip {
  readonly #cache: TipCache;
  readonly #source: TipSource;
  #newest: { readonly head: Head; readonly from: number } | undefined;
  /** The lease with the latest end. */
  #lease: { readonly head: Head; readonly from: number; readonly ms: number } | undefined;
  /** Since when a request has been asking, for all. */
  #asking = Number.NEGATIVE_INFINITY;

  constructor(cache: TipCache, source: TipSource) {
    this.#cache = cache;
    this.#source = source;
  }

  /** The tip as of now; null: the builder is not ready. */
  async head(): Promise<Head | null> {
    const now = this.#source.now();
    const leased = this.#leased(now);
    const isAsked = elapsed(this.#asking, now) < LOST_MS;
    if (leased && (isAsked || elapsed(this.#lease!.from, now) * 2 < this.#lease!.ms)) return leased;
    return this.#ask();
  }

  /** The newest tip that was seen, if it was the newest so many milliseconds ago. */
  lately(ms: number): Head | undefined {
    const newest = this.#newest;
    return newest && elapsed(newest.from, this.#source.now()) <= ms ? newest.head : undefined;
  }

  #leased(now: number): Head | undefined {
    const lease = this.#lease;
    return lease && elapsed(lease.from, now) < lease.ms ? lease.head : undefined;
  }

  async #ask(): Promise<Head | null> {
    const from = this.#source.now();
    this.#asking = from;
    const { knownSlot, knownEpoch } = this.#cache;
    const answer = await this.#source.ask(knownSlot, knownEpoch).finally(() => {
      this.#asking = Number.NEGATIVE_INFINITY;
    });
    if (!answer) return null;
    const head = this.#cache.head(answer);
    // Answers overtake each other: this one may be of a question before the newest one's.
    const newest = this.#newest;
    if (newest && newest.head.slot > head.slot) return newest.head;
    this.#newest = { head, from: Math.max(from, newest?.from ?? from) };
    const lease = this.#lease;
    const isLonger = !lease || lease.head.slot < head.slot || from + answer.leaseMs > lease.from + lease.ms;
    if (isLonger) this.#lease = { head, from, ms: answer.leaseMs };
    return head;
  }
}
