/**
 * How full of known messages the shards are (shared/state/known-rows.ts), as far as the builder has heard. A shard cannot refuse a planned slot,
 * so it is the builder that takes less: while one is full, one frame a block height. Old messages go with the heights, 150 in a minute; a slot
 * with a part of the shard tells how far, and after 150 heights without one what it said is out of date.
 */
import { BLOCKHASH_WINDOW } from "../protocol/limits.ts";

export class KnownBook {
  readonly #limit: number;
  readonly #full = new Map<number, number>();
  #takenAt = -1;
  #refusedAt = -1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `height`: of the tip. */
  note(shard: number, known: number, height: number): void {
    if (known >= this.#limit) this.#full.set(shard, height);
    else this.#full.delete(shard);
  }

  /** Whether a frame may come in while the tip has this height. */
  takes(height: number): boolean {
    for (const [shard, since] of this.#full) if (height > since + BLOCKHASH_WINDOW) this.#full.delete(shard);
    const takes = this.#full.size === 0 || this.#takenAt !== height;
    if (!takes) this.#refusedAt = height;
    return takes;
  }

  /** Whether a frame waits for a greater height than this one of the tip: nothing else may be there to make a block. */
  waits(height: number): boolean {
    return this.#refusedAt === height;
  }

  taken(height: number): void {
    this.#takenAt = height;
  }
}
