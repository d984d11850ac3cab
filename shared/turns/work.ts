/**
 * The work of one request, batch or message: a budget of units (costs.ts), and turns where it is long.
 *
 *   run(cost, work) ─▶ over the budget? refused with a time
 *                  ─▶ small, and the slice is not used up: at once
 *                  ─▶ otherwise its turn, and the event loop has had one in between
 */
import { REQUEST_BUDGET, SLICE, SMALL } from "./costs.ts";
import type { Kind } from "./turn-book.ts";

/** The shortest time to come back that is named, and the one where memory is short. */
const MIN_RETRY_MS = 100;
const MEMORY_RETRY_MS = 1_000;

/** Between two slices of one turn: the event loop has its own, and then whoever is more entitled. Throws WorkRefused. */
export type Pause = (cost: number) => Promise<void>;

/** Gives turns, one at a time, with a turn of the event loop between them. */
export interface Turns {
  /**
   * Runs `work`, whose first slice takes about `cost`, when it is its turn; before each further slice it calls `pause` with what that one takes.
   * Throws WorkRefused when too many wait.
   */
  take<T>(work: TurnRequest, run: (pause: Pause) => T | Promise<T>): Promise<T>;
  /** Notes bytes that a client's request keeps in memory, or with a negative number no longer. False: there is no room. */
  hold(client: string, bytes: number): boolean;
}

export interface TurnRequest {
  readonly kind: Kind;
  readonly client: string;
  readonly request: number;
  readonly cost: number;
}

/** More than may be done now: whoever asked comes back in so many milliseconds. */
export class WorkRefused extends Error {
  override readonly name = "WorkRefused";
  /** `retryAfterMs`: whoever asked may come back after so long. */
  constructor(readonly retryAfterMs: number) {
    super(`too much work; again in ${retryAfterMs} ms`);
  }
}

/** Of a client that may do all at once: in tests, and inside objects that have their own pace. */
export const NO_TURNS: Turns = {
  take: async (_, run) => run(async () => {}),
  hold: () => true,
};

/** A part of long work, short enough that others can wait for it. */
export interface Slice {
  /** Units. */
  readonly cost: number;
  run(): void | Promise<void>;
}

export interface WorkOptions {
  readonly turns?: Turns;
  /** Whose turn it is: all that comes from one address is one client's. A function is asked once, when that matters. */
  readonly client?: string | (() => string);
  /** Number of the request among those of the isolate, for turns within a client. */
  readonly request?: number;
  /** Units. */
  readonly budget?: number;
}

export class Work {
  readonly #turns: Turns;
  #client: string | (() => string);
  readonly #request: number;
  readonly #budget: number;
  kind: Kind = "read";
  #spent = 0;
  /** Spent since the event loop had a turn. */
  #slice = 0;
  #retryAfterMs = 0;
  #held = 0;

  constructor({ turns = NO_TURNS, client = "", request = 0, budget = REQUEST_BUDGET }: WorkOptions = {}) {
    this.#turns = turns;
    this.#client = client;
    this.#request = request;
    this.#budget = budget;
  }

  get #name(): string {
    if (typeof this.#client !== "string") this.#client = this.#client();
    return this.#client;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Notes work whose cost shows only when it is done; negative where less was done than `run` was told. */
  charge(cost: number): void {
    this.#spent = Math.max(0, this.#spent + cost);
    this.#slice = Math.max(0, this.#slice + cost);
  }

  /** The longest time that was named when something was refused; 0 when nothing was. */
  get retryAfterMs(): number {
    return this.#retryAfterMs;
  }

  #check(cost: number): void {
    if (this.#spent + cost <= this.#budget) return;
    // As long as it has worked: whoever keeps to it has half a core at most.
    throw this.#refused(Math.max(MIN_RETRY_MS, Math.ceil(this.#spent / 1_000)));
  }

  #refused(retryAfterMs: number): WorkRefused {
    this.#retryAfterMs = Math.max(this.#retryAfterMs, retryAfterMs);
    return new WorkRefused(retryAfterMs);
  }

  /** Bytes noted by `hold`. */
  get held(): number {
    return this.#held;
  }

  /** Notes bytes that stay in memory until the request has been answered. Throws WorkRefused. */
  hold(bytes: number): void {
    if (!this.#turns.hold(this.#name, bytes)) throw this.#refused(MEMORY_RETRY_MS);
    this.#held += bytes;
  }

  /** Some of them are gone already. */
  release(bytes: number): void {
    const gone = Math.min(bytes, this.#held);
    if (gone === 0) return;
    this.#held -= gone;
    this.#turns.hold(this.#name, -gone);
  }

  /** The answer has left. */
  end(): void {
    this.release(this.#held);
  }

  /** `make` of each item, which takes about `cost`, in slices. Throws WorkRefused. */
  async each<T, R>(cost: number, items: readonly T[], make: (item: T) => R): Promise<R[]> {
    const made: R[] = [];
    const atOnce = Math.max(1, Math.floor(SLICE / cost));
    for (let from = 0; from < items.length; from += atOnce) {
      const some = items.slice(from, from + atOnce);
      await this.run(some.length * cost, () => {
        for (const item of some) made.push(make(item));
      });
    }
    return made;
  }

  /** Runs what takes about `cost`. Throws WorkRefused. Not to be used inside another `run`. */
  async run<T>(cost: number, run: () => T | Promise<T>): Promise<T> {
    this.#check(cost);
    this.#spent += cost;
    return this.#isSmall(cost) ? run() : this.#take(cost, run);
  }

  /**
   * Runs one slice after the other, until there is none: within one turn, as long as nobody is more entitled to it. Throws WorkRefused; what
   * was done until then stays. Not to be used inside a `run`.
   */
  async series(next: () => Slice | undefined): Promise<void> {
    const following = (): Slice | undefined => {
      const slice = next();
      if (!slice) return undefined;
      this.#check(slice.cost);
      this.#spent += slice.cost;
      return slice;
    };
    let slice = following();
    for (; slice && this.#isSmall(slice.cost); slice = following()) await slice.run();
    if (!slice) return;
    const first = slice;
    await this.#take(first.cost, async (pause) => {
      await first.run();
      for (let more = following(); more; more = following()) {
        await pause(more.cost);
        await more.run();
      }
    });
  }

  /** Whether it may be done without a turn; then it has been noted as part of the slice. */
  #isSmall(cost: number): boolean {
    const isSmall = cost < SMALL && this.#slice + cost <= SLICE;
    this.#slice = isSmall ? this.#slice + cost : 0;
    return isSmall;
  }

  async #take<T>(cost: number, run: (pause: Pause) => T | Promise<T>): Promise<T> {
    const turn = { kind: this.kind, client: this.#name, request: this.#request, cost };
    try {
      return await this.#turns.take(turn, run);
    } catch (fault) {
      throw fault instanceof WorkRefused ? this.#refused(fault.retryAfterMs) : fault;
    }
  }
}
