/**
 * One call for many requests: what requests of this isolate ask of an object while a call to it is under way, or within a turn of the event loop,
 * goes there together.
 *
 *   request a ─ ask ─▶ ┐ begins a group, whose call outlives its request
 *   request b ─ ask ─▶ ├─(the call before is back, or LINGER_MS)─▶ one call ─▶ answers, in order ─▶ each request is woken
 *   request c ─ ask ─▶ ┘
 *
 * An object call costs a Worker more than reading a request and answering it. In workerd a request may wake another one, whose code then runs in
 * its own context, by a promise that knows whose it is: one of Promise.withResolvers. `new Promise` forgets it once its code is optimised.
 * Whoever waits for another request only would be taken for hung, so each keeps a timer; where it goes off the request asks by itself.
 */

export interface GatherHost {
  /** Lets work go on when the request that began it has ended. */
  keep(work: Promise<void>): void;
  /** Resolves once others have had their turn. */
  turn(): Promise<void>;
  /** Runs `wake` after so many milliseconds, unless what it returns is called before. */
  after(ms: number, wake: () => void): () => void;
}

/** How long a request waits for another one's call: far longer than a call takes. */
const PATIENCE_MS = 5_000;
/** How long a group waits for the call before it: an object that is far away is asked by several at once. */
const LINGER_MS = 4;

interface Asked<Item, Answer> {
  readonly item: Item;
  readonly wake: () => void;
  outcome: { readonly answer: Answer } | { readonly fault: unknown } | undefined;
}

interface Group<Item, Answer> {
  readonly asked: Asked<Item, Answer>[];
  /** Ends its waiting for more. */
  go: () => void;
}

const nothing = () => {};

export class Gather<Item, Answer> {
  readonly #call: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly #host: GatherHost;
  readonly #most: number;
  /** The one that takes more. */
  #open: Group<Item, Answer> | undefined;
  #calls = 0;

  /** `call`: one answer for each item, in order, plain data all of them. `most`: items of one call. */
  constructor(call: (items: readonly Item[]) => Promise<readonly Answer[]>, host: GatherHost, most: number) {
    this.#call = call;
    this.#host = host;
    this.#most = most;
  }

  /** The answer to an item. Rejects as the call does. */
  async ask(item: Item): Promise<Answer> {
    const { promise, resolve: wake } = Promise.withResolvers<void>();
    const asked: Asked<Item, Answer> = { item, wake, outcome: undefined };
    this.#join(asked);
    const cancel = this.#host.after(PATIENCE_MS, wake);
    await promise;
    cancel();
    const { outcome } = asked;
    if (!outcome) return (await this.#call([item]))[0]!;
    if ("fault" in outcome) throw outcome.fault;
    return outcome.answer;
  }

  #join(asked: Asked<Item, Answer>): void {
    const open = this.#open;
    if (open) {
      open.asked.push(asked);
      if (open.asked.length < this.#most) return;
      this.#open = undefined;
      open.go();
      return;
    }
    const group = { asked: [asked], go: nothing };
    if (this.#most > 1) this.#open = group;
    this.#host.keep(this.#run(group));
  }

  /** Never rejects: whoever asked is told. */
  async #run(group: Group<Item, Answer>): Promise<void> {
    if (this.#calls > 0) await this.#linger(group);
    else await this.#host.turn();
    if (this.#open === group) this.#open = undefined;
    this.#calls++;
    try {
      const answers = await this.#call(group.asked.map(({ item }) => item));
      for (const [i, asked] of group.asked.entries()) asked.outcome = { answer: answers[i]! };
    } catch (fault) {
      for (const asked of group.asked) asked.outcome = { fault };
    }
    this.#calls--;
    this.#open?.go();
    for (const { wake } of group.asked) wake();
  }

  async #linger(group: Group<Item, Answer>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    group.go = resolve;
    const cancel = this.#host.after(LINGER_MS, resolve);
    await promise;
    cancel();
  }
}
