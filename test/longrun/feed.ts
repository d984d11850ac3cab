/** Sends transfers by the million into a chain, so many a slot, with crashes of every kind of object in between. */
import type { NodeId } from "../../shared/protocol/messages.ts";
import { type Chain, SLOT_MS } from "./chain.ts";
import type { Landed } from "./landed.ts";
import type { Transfers } from "./transfers.ts";

/** Transfers of a frame, as an edge hands them on. */
const FRAME = 512;
/** Slots without progress after which a run is given up. */
const STUCK_SLOTS = 2_000;
const TURN_SLOTS = 16;

export interface FeedOptions {
  /** Transfers `first` to `last`, both within. */
  readonly first: number;
  readonly last: number;
  /** Transfers of a block, about. */
  readonly perSlot: number;
  /** For each frame. */
  readonly blockhash: () => Uint8Array;
  /** Every so many slots an object dies, each kind in turn. 0: none. */
  readonly crashEvery: number;
  /** Called each slot. */
  readonly onSlot?: () => void;
  /** Asked each slot: true ends it before the last one. */
  readonly stops?: () => boolean;
}

export class Feed {
  readonly #chain: Chain;
  readonly #transfers: Transfers;
  readonly #landed: Landed;
  #lane = 0;
  #slot = 0;
  crashes = 0;

  constructor(chain: Chain, transfers: Transfers, landed: Landed) {
    this.#chain = chain;
    this.#transfers = transfers;
    this.#landed = landed;
  }

  /** The last transfer that was sent. All that were have landed. */
  async run(options: FeedOptions): Promise<number> {
    const { first, last, perSlot, blockhash, crashEvery, onSlot, stops } = options;
    let next = first;
    let stuck = 0;
    while (next <= last && !stops?.()) {
      const before = next;
      const end = Math.min(last, next + perSlot - 1);
      while (next <= end) {
        const count = Math.min(FRAME, end - next + 1);
        const numbers = Array.from({ length: count }, (_, i) => next + i);
        if (!this.offer(numbers, blockhash())) break;
        next += count;
      }
      this.slot(crashEvery);
      onSlot?.();
      // Signals and lines of progress have a turn.
      if (this.#slot % TURN_SLOTS === 0) await new Promise((resolve) => setImmediate(resolve));
      stuck = next > before ? 0 : stuck + 1;
      if (stuck > STUCK_SLOTS) throw new Error(`lanes take nothing more after transfer ${next - 1}`);
    }
    this.#chain.rest();
    return next - 1;
  }

  /** A frame of these to the next lane. False: it has no room. */
  offer(numbers: readonly number[], blockhash: Uint8Array): boolean {
    return this.#chain.submit(this.#lane++, this.#transfers.frame(numbers, blockhash));
  }

  /** Sends again what has landed, at most `count` of the numbers up to `upTo`, evenly spread. How many were sent. */
  again(count: number, blockhash: Uint8Array, upTo: number): number {
    const step = Math.max(1, Math.floor(upTo / count));
    const length = Math.min(count, Math.floor(upTo / step));
    return this.repeat(
      Array.from({ length }, (_, i) => upTo - i * step),
      blockhash,
    );
  }

  repeat(numbers: readonly number[], blockhash: Uint8Array): number {
    const some = numbers.filter((number) => this.#landed.offer(number));
    for (let at = 0; at < some.length; at += FRAME) {
      const part = some.slice(at, at + FRAME);
      for (let slots = 0; !this.offer(part, blockhash); slots++) {
        if (slots > STUCK_SLOTS) throw new Error("lanes take nothing that was offered again");
        this.slot(0);
      }
    }
    return some.length;
  }

  slot(crashEvery: number): void {
    this.#slot++;
    if (crashEvery > 0 && this.#slot % crashEvery === 0) this.#crash();
    this.#chain.pass(SLOT_MS);
  }

  #crash(): void {
    const { lanes, shards, newest } = this.#chain;
    const { indexes, generation } = newest.machine.catalog;
    const index: NodeId = `index-${indexes.at(-1)!.first}`;
    const kinds: readonly NodeId[] = [
      "builder",
      shards[this.crashes % shards.length]!.id,
      `ledger-${generation}`,
      lanes[this.crashes % lanes.length]!.id,
      index,
    ];
    this.#chain.crash(kinds[this.crashes % kinds.length]!);
    this.crashes++;
  }
}
