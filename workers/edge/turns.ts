/**
 * Turns of long work in this isolate: one slice at a time, and the event loop has one in between (shared/turns).
 *
 * In workerd other requests get in when the loop waits for input: behind a timer, not behind a microtask or a message of a channel. With one
 * slice of each of many requests at a time they would still wait for all of them, so only one request of the isolate has the turn. A request
 * that is gone never gives it back: those who wait look now and then, which also keeps their requests from being taken for hung.
 */
import { TurnBook } from "../../shared/turns/turn-book.ts";
import { type Pause, type TurnRequest, type Turns, Work, WorkRefused } from "../../shared/turns/work.ts";

/** Slices that wait: of one client, and of all. */
const LIMITS = { perClient: 256, total: 1_024 };
/** Bytes that requests keep in memory: of one client, and of all. An isolate has 128 MB. */
const MAX_HELD_PER_CLIENT = 64 << 20;
const MAX_HELD = 96 << 20;
/** How long a slice may take, with its calls to objects, before the next one begins beside it. */
const LONGEST_SLICE_MS = 250;
/** How often those who wait look, and after how long without a look they are taken for gone. */
const LOOK_MS = 100;
const GONE_MS = 2_000;
const MIN_RETRY_MS = 100;

export interface TurnStats {
  /** Slices that wait, and clients that they are of. */
  readonly waiting: number;
  readonly clients: number;
  /** Slices that had their turn, and that were refused because too many waited. */
  readonly taken: number;
  readonly refused: number;
  /** Bytes that requests keep in memory, and requests refused for lack of it. */
  readonly heldBytes: number;
  readonly refusedForMemory: number;
}

interface Ticket {
  wake: () => void;
  /** Milliseconds: when it was last known to wait, and since when it has the turn. */
  seenAt: number;
  since: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const nobody = () => {};

export class EdgeTurns implements Turns {
  readonly #book = new TurnBook<Ticket>(LIMITS);
  readonly #held = new Map<string, number>();
  #heldBytes = 0;
  #taken = 0;
  #refused = 0;
  #refusedForMemory = 0;
  #requests = 0;

  /** The work of a new request, or of each message of a connection: they have their turns together. */
  work(client: string | (() => string)): () => Work {
    const request = ++this.#requests;
    return () => new Work({ turns: this, client, request });
  }

  get stats(): TurnStats {
    const { waiting, clients } = this.#book;
    const counts = { taken: this.#taken, refused: this.#refused, refusedForMemory: this.#refusedForMemory };
    return { waiting, clients, heldBytes: this.#heldBytes, ...counts };
  }

  hold(client: string, bytes: number): boolean {
    const own = (this.#held.get(client) ?? 0) + bytes;
    const all = this.#heldBytes + bytes;
    if (bytes > 0 && (own > MAX_HELD_PER_CLIENT || all > MAX_HELD)) {
      this.#refusedForMemory++;
      return false;
    }
    this.#heldBytes = all;
    if (own > 0) this.#held.set(client, own);
    else this.#held.delete(client);
    return true;
  }

  async take<T>(turn: TurnRequest, run: (pause: Pause) => T | Promise<T>): Promise<T> {
    const { kind, client } = turn;
    let ticket = await this.#ask(turn);
    let spent = turn.cost;
    const pause = async (cost: number): Promise<void> => {
      await sleep(0);
      spent += cost;
      if (this.#book.holder === ticket) {
        if (this.#book.keeps(kind, client, spent)) {
          ticket.since = Date.now();
          this.#taken++;
          return;
        }
        this.#pass();
      }
      ticket = await this.#ask({ ...turn, cost });
      spent = cost;
    };
    try {
      return await run(pause);
    } finally {
      await sleep(0);
      if (this.#book.holder === ticket) this.#pass();
    }
  }

  /** Resolves when it has the turn. */
  async #ask({ kind, client, request, cost }: TurnRequest): Promise<Ticket> {
    const now = Date.now();
    const ticket: Ticket = { wake: nobody, seenAt: now, since: now };
    const place = this.#book.ask(kind, client, request, cost, ticket);
    if (place === "full") {
      this.#refused++;
      throw new WorkRefused(Math.max(MIN_RETRY_MS, Math.ceil(this.#book.waitingOf(client) / 1_000)));
    }
    if (place === "wait") await this.#wait(ticket);
    this.#taken++;
    return ticket;
  }

  async #wait(ticket: Ticket): Promise<void> {
    let isAwake = false;
    // `new Promise` would forget in optimised code whose it is (gather.ts).
    const { promise: woken, resolve } = Promise.withResolvers<void>();
    ticket.wake = () => {
      isAwake = true;
      resolve();
    };
    while (!isAwake) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const look = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LOOK_MS);
      });
      await Promise.race([woken, look]);
      clearTimeout(timer);
      if (isAwake) return;
      ticket.seenAt = Date.now();
      const { holder } = this.#book;
      if (holder && ticket.seenAt - holder.since > LONGEST_SLICE_MS) this.#pass();
    }
  }

  #pass(): void {
    const now = Date.now();
    let next = this.#book.pass();
    while (next && now - next.seenAt > GONE_MS) next = this.#book.pass();
    if (!next) return;
    next.since = now;
    next.wake();
  }
}
