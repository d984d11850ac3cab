/**
 * Who works next: deficit round robin (Shreedhar and Varghese 1995) over clients, round robin over the requests of one client.
 *
 *   ring of clients    a (deficit 3,000)        b (5,000)        c (0)
 *                      ├ request 1: t t t       └ request 4: t   └ request 7: t t ...
 *                      └ request 2: t
 *
 * In each round a client may do QUANTUM more of work; what it does not use it keeps for the next, as long as it has something waiting.
 * So whoever has little waits for one slice of each client that has much, however much that is, and a client with a hundred requests gets
 * no more than one with a single request. Pure: no clock, no randomness.
 */

import { Fifo } from "./fifo.ts";

/** Units (costs.ts) a client gets a round: a slice. */
export const QUANTUM = 5_000;

export interface FairLimits {
  /** Entries of one client, and of all. */
  readonly perClient: number;
  readonly total: number;
}

interface Entry<T> {
  readonly cost: number;
  readonly item: T;
}

interface Client<T> {
  readonly name: string;
  /** Requests in the order of their turns; each has at least one entry. */
  readonly requests: Map<number, Fifo<Entry<T>>>;
  entries: number;
  /** Cost of them. */
  waiting: number;
  deficit: number;
  /** It has had this round's quantum and goes on with it. */
  isIn: boolean;
}

export class FairQueue<T> {
  readonly #limits: FairLimits;
  readonly #clients = new Map<string, Client<T>>();
  /** Clients in the order of their turns. */
  readonly #ring = new Fifo<Client<T>>();
  #size = 0;

  constructor(limits: FairLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }
  get clients(): number {
    return this.#clients.size;
  }

  /** Cost of all that a client has waiting. */
  waiting(client: string): number {
    return this.#clients.get(client)?.waiting ?? 0;
  }

  /** False: there is no room for it. */
  push(client: string, request: number, cost: number, item: T): boolean {
    if (this.#size >= this.#limits.total) return false;
    let of = this.#clients.get(client);
    if (of && of.entries >= this.#limits.perClient) return false;
    if (!of) {
      of = { name: client, requests: new Map(), entries: 0, waiting: 0, deficit: 0, isIn: false };
      this.#clients.set(client, of);
      this.#ring.push(of);
    }
    const entries = of.requests.get(request);
    if (entries) entries.push({ cost, item });
    else {
      const first = new Fifo<Entry<T>>();
      first.push({ cost, item });
      of.requests.set(request, first);
    }
    of.entries++;
    of.waiting += cost;
    this.#size++;
    return true;
  }

  /** Forgets all that a client has waiting. */
  drop(client: string): void {
    const of = this.#clients.get(client);
    if (!of) return;
    this.#clients.delete(client);
    this.#size -= of.entries;
    // It leaves the ring when its turn comes.
    of.requests.clear();
  }

  /** Takes out whose turn it is. */
  next(): T | undefined {
    for (;;) {
      const client = this.#ring.first;
      if (!client) return undefined;
      const turn = client.requests.entries().next().value;
      if (!turn) {
        this.#ring.shift();
        continue;
      }
      const [request, entries] = turn;
      const { cost, item } = entries.first!;
      if (!client.isIn) client.deficit += QUANTUM;
      client.isIn = cost <= client.deficit;
      if (!client.isIn) {
        this.#ring.push(this.#ring.shift()!);
        continue;
      }
      client.deficit -= cost;
      entries.shift();
      client.requests.delete(request);
      if (entries.length > 0) client.requests.set(request, entries);
      client.entries--;
      client.waiting -= cost;
      this.#size--;
      if (client.entries === 0) {
        // Whoever has nothing to do saves nothing up.
        this.#clients.delete(client.name);
        this.#ring.shift();
      }
      return item;
    }
  }
}
