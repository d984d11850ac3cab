/** Subscriptions found by what they watch: without a string for each account of a block where nobody watches. */
import { equalBytes } from "../protocol/bytes.ts";
import type { Watch } from "./subscription-params.ts";
import type { SocketId, StoredSubscription } from "./subscriptions.ts";

export interface Subscription {
  readonly id: number;
  readonly socket: SocketId;
  readonly watch: Watch;
  readonly stored: StoredSubscription;
}

export type OfKind<K extends Watch["kind"]> = Subscription & { readonly watch: Extract<Watch, { kind: K }> };

/** First four bytes of a key or signature. */
const prefix = (bytes: Uint8Array, at = 0) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Subscriptions by the prefix of what they watch. */
export class Index<K extends Watch["kind"]> {
  readonly #byPrefix = new Map<number, Set<OfKind<K>>>();
  readonly #keyOf: (watch: Extract<Watch, { kind: K }>) => Uint8Array;

  constructor(keyOf: (watch: Extract<Watch, { kind: K }>) => Uint8Array) {
    this.#keyOf = keyOf;
  }
  get isEmpty(): boolean {
    return this.#byPrefix.size === 0;
  }
  add(subscription: OfKind<K>): void {
    const slot = prefix(this.#keyOf(subscription.watch));
    const there = this.#byPrefix.get(slot);
    if (there) there.add(subscription);
    else this.#byPrefix.set(slot, new Set([subscription]));
  }
  remove(subscription: OfKind<K>): void {
    const slot = prefix(this.#keyOf(subscription.watch));
    const there = this.#byPrefix.get(slot);
    there?.delete(subscription);
    if (there?.size === 0) this.#byPrefix.delete(slot);
  }
  all(): OfKind<K>[] {
    return [...this.#byPrefix.values()].flatMap((there) => [...there]);
  }
  has(key: Uint8Array): boolean {
    return this.#byPrefix.has(prefix(key));
  }
  find(key: Uint8Array): OfKind<K>[] {
    return [...(this.#byPrefix.get(prefix(key)) ?? [])].filter((sub) => equalBytes(this.#keyOf(sub.watch), key));
  }
}
