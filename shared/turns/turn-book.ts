/**
 * One slice of long work at a time in an isolate: who has the turn, who waits for it. Reads come before bulk.
 *
 *   ask ─▶ nobody has it: now
 *     └──▶ wait: in the fair queue of its kind ─▶ `pass` gives the turn on when a slice is over
 *
 * Pure: the shell (workers/edge/turns.ts) wakes whom `pass` names, and calls `pass` too when whoever has the turn is gone.
 */
import { SLICE } from "./costs.ts";
import { type FairLimits, FairQueue } from "./fair-queue.ts";

/** Read: somebody waits for one answer. Bulk: a batch, a stream, a walk over many accounts. */
export type Kind = "read" | "bulk";

/** Reads that may go before bulk that waits, one after the other: bulk goes on, slowly, whatever reads there are. */
const READS_A_BULK = 4;

/**
 * What a request of bulk may do with the turn while only others of its own client wait, in units. Requests that advance together all end late,
 * and what they hold grows cold meanwhile: a batch of a thousand transactions is finished in one go.
 */
const KEEP = 4 * SLICE;

export class TurnBook<T> {
  readonly #queues: Readonly<Record<Kind, FairQueue<T>>>;
  #holder: T | undefined;
  #reads = 0;

  constructor(limits: FairLimits) {
    this.#queues = { read: new FairQueue(limits), bulk: new FairQueue(limits) };
  }

  get holder(): T | undefined {
    return this.#holder;
  }
  get waiting(): number {
    return this.#queues.read.size + this.#queues.bulk.size;
  }
  get clients(): number {
    return Math.max(this.#queues.read.clients, this.#queues.bulk.clients);
  }

  /** Cost of all that a client has waiting. */
  waitingOf(client: string): number {
    return this.#queues.read.waiting(client) + this.#queues.bulk.waiting(client);
  }

  /** Full: there is no room to wait. */
  ask(kind: Kind, client: string, request: number, cost: number, item: T): "now" | "wait" | "full" {
    if (this.#holder === undefined) {
      this.#holder = item;
      return "now";
    }
    return this.#queues[kind].push(client, request, cost, item) ? "wait" : "full";
  }

  /** Whether the holder, who has done `spent` since it got the turn, goes on with it before those who wait. */
  keeps(kind: Kind, client: string, spent: number): boolean {
    if (this.waiting === 0) return true;
    const { read, bulk } = this.#queues;
    if (kind === "read" || read.size > 0) return false;
    return bulk.clients === 1 && bulk.waiting(client) > 0 && spent <= KEEP;
  }

  /** The slice of whoever has the turn is over: who has it now. */
  pass(): T | undefined {
    const { read, bulk } = this.#queues;
    const isRead = read.size > 0 && (bulk.size === 0 || this.#reads < READS_A_BULK);
    this.#reads = isRead ? this.#reads + 1 : 0;
    this.#holder = (isRead ? read : bulk).next();
    return this.#holder;
  }
}
