/** Virtual time: a heap of events, and servers that do one thing after another. Microseconds throughout. */

type Action = () => void;

export class Clock {
  now = 0;
  readonly #times: number[] = [];
  readonly #actions: Action[] = [];
  readonly #order: number[] = [];
  #next = 0;

  /** Events of the same time run in the order in which they were asked for. */
  after(us: number, action: Action): void {
    this.#push(this.now + us, this.#next++, action);
  }

  run(until: number): void {
    while (this.#times.length > 0 && this.#times[0]! <= until) {
      const action = this.#actions[0]!;
      this.now = this.#times[0]!;
      this.#pop();
      action();
    }
    this.now = until;
  }

  #before(i: number, j: number): boolean {
    return (
      this.#times[i]! < this.#times[j]! || (this.#times[i] === this.#times[j] && this.#order[i]! < this.#order[j]!)
    );
  }

  #swap(i: number, j: number): void {
    for (const list of [this.#times, this.#order, this.#actions] as unknown[][])
      [list[i], list[j]] = [list[j], list[i]];
  }

  #push(time: number, order: number, action: Action): void {
    let i = this.#times.push(time) - 1;
    this.#order.push(order);
    this.#actions.push(action);
    while (i > 0 && this.#before(i, (i - 1) >> 1)) {
      this.#swap(i, (i - 1) >> 1);
      i = (i - 1) >> 1;
    }
  }

  #pop(): void {
    const last = this.#times.length - 1;
    this.#swap(0, last);
    for (const list of [this.#times, this.#order, this.#actions] as unknown[][]) list.pop();
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < last && this.#before(child, least)) least = child;
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }
}

/** One thread: what it is given it does in order. */
export class Server {
  readonly name: string;
  readonly #clock: Clock;
  #freeAt = 0;
  busyUs = 0;

  constructor(clock: Clock, name: string) {
    this.#clock = clock;
    this.name = name;
  }

  work(us: number, done: Action): void {
    this.#freeAt = Math.max(this.#freeAt, this.#clock.now) + us;
    this.busyUs += us;
    this.#clock.after(this.#freeAt - this.#clock.now, done);
  }
}
