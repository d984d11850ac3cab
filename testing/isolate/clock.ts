/** The time of an isolate: one that stands still but when it is moved, or the process's. */

export interface Timer {
  readonly due: number;
  /** Order of timers that are due at once. */
  readonly number: number;
  readonly run: () => void;
  cancelled: boolean;
  native: ReturnType<typeof setTimeout> | undefined;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  after(delayMs: number, run: () => void): Timer;
  cancel(timer: Timer): void;
  /** Of all timers nothing comes any more. */
  stop(): void;
}

const before = (a: Timer, b: Timer): boolean => a.due < b.due || (a.due === b.due && a.number < b.number);

/** A queue of timers, and no time but theirs. */
export class ManualClock implements Clock {
  #now: number;
  #number = 0;
  /** A binary heap; cancelled ones stay until it is their turn. */
  #heap: Timer[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const due = this.#now + Math.max(0, Math.ceil(Number(delayMs) || 0));
    const timer: Timer = { due, number: this.#number++, run, cancelled: false, native: undefined };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timer);
    for (let up = (at - 1) >> 1; at > 0 && before(timer, heap[up]!); up = (at - 1) >> 1) {
      heap[at] = heap[up]!;
      at = up;
    }
    heap[at] = timer;
    return timer;
  }

  cancel(timer: Timer): void {
    timer.cancelled = true;
  }

  /** When the next timer is due, milliseconds since 1970; undefined: there is none. */
  get next(): number | undefined {
    while (this.#heap[0]?.cancelled) this.#take();
    return this.#heap[0]?.due;
  }

  /** Moves the clock to the next timer and runs it. */
  fire(): void {
    if (this.next === undefined) return;
    const timer = this.#take();
    this.#now = Math.max(this.#now, timer.due);
    timer.run();
  }

  /** To a time before which no timer is due. */
  moveTo(now: number): void {
    this.#now = Math.max(this.#now, now);
  }

  stop(): void {
    this.#heap = [];
  }

  #take(): Timer {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) down++;
      if (!before(heap[down]!, last)) break;
      heap[at] = heap[down]!;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

export class RealClock implements Clock {
  #number = 0;
  readonly #running = new Set<Timer>();

  now(): number {
    return Date.now();
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: Timer = {
      due: this.now() + delayMs,
      number: this.#number++,
      run,
      cancelled: false,
      native: setTimeout(() => {
        this.#running.delete(timer);
        run();
      }, delayMs),
    };
    this.#running.add(timer);
    return timer;
  }

  cancel(timer: Timer): void {
    timer.cancelled = true;
    clearTimeout(timer.native);
    this.#running.delete(timer);
  }

  stop(): void {
    for (const timer of this.#running) this.cancel(timer);
  }
}

/** `Date` of an isolate with this clock. */
export function dateOf(clock: Clock): DateConstructor {
  return class extends Date {
    constructor(...given: [] | [number | string]) {
      super(...((given.length === 0 ? [clock.now()] : given) as [number]));
    }
    static override now(): number {
      return clock.now();
    }
  } as unknown as DateConstructor;
}

/** `now`: where a manual one begins, milliseconds since 1970. */
export function clockOf(kind: "manual" | "real", now: number): Clock {
  return kind === "manual" ? new ManualClock(now) : new RealClock();
}
