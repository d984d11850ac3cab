/** The messages that each shard knows, by the time at which it may forget them; what landed within a step of a height goes together. */
import { HEIGHT_STEP_MS } from "../../shared/protocol/limits.ts";

interface Landed {
  readonly until: number;
  count: number;
}

export class KnownMessages {
  readonly #limit: number;
  readonly #windowUs: number;
  readonly #landed: Landed[][];
  readonly #counts: Float64Array;
  #takenAt = Number.NEGATIVE_INFINITY;
  /** Of one shard at any time. */
  most = 0;

  constructor({ shards, maxKnown, windowMs }: { shards: number; maxKnown: number; windowMs: number }) {
    this.#limit = maxKnown;
    this.#windowUs = windowMs * 1000;
    this.#landed = Array.from({ length: shards }, () => []);
    this.#counts = new Float64Array(shards);
  }

  add(shard: number, count: number, now: number): void {
    this.#forget(shard, now);
    const until = Math.ceil(now / (HEIGHT_STEP_MS * 1000)) * HEIGHT_STEP_MS * 1000 + this.#windowUs;
    const last = this.#landed[shard]!.at(-1);
    if (last?.until === until) last.count += count;
    else this.#landed[shard]!.push({ until, count });
    this.#counts[shard]! += count;
    this.most = Math.max(this.most, this.#counts[shard]!);
  }

  #forget(shard: number, now: number): void {
    const landed = this.#landed[shard]!;
    while (landed.length > 0 && landed[0]!.until <= now) this.#counts[shard]! -= landed.shift()!.count;
  }

  /** Whether the builder takes a frame now; while a shard is full, one in a step of the height. */
  takes(now: number): boolean {
    let isFull = false;
    for (let shard = 0; shard < this.#counts.length; shard++) {
      if (this.#counts[shard]! < this.#limit) continue;
      this.#forget(shard, now);
      isFull ||= this.#counts[shard]! >= this.#limit;
    }
    if (!isFull) return true;
    if (now - this.#takenAt < HEIGHT_STEP_MS * 1000) return false;
    this.#takenAt = now;
    return true;
  }
}
