/** Virtual time: what is planned for a moment happens in the order of moments, then in the order of planning. */
export interface Planned {
  readonly time: number;
  readonly order: number;
  run: (() => void) | undefined;
}

const before = (a: Planned, b: Planned): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);

export class Scheduler {
  /** A binary heap. */
  readonly #heap: Planned[] = [];
  #order = 0;
  now = 0;
  /** Things that happened so far. */
  count = 0;

  /** Milliseconds from now. */
  after(delayMs: number, run: () => void): Planned {
    const planned = { time: this.now + Math.max(0, delayMs), order: this.#order++, run };
    const heap = this.#heap;
    let i = heap.push(planned) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(planned, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = planned;
    return planned;
  }

  cancel(planned: Planned | undefined): void {
    if (planned) planned.run = undefined;
  }

  #pop(): Planned | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!last || last === first) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first;
  }

  /** Runs until nothing is planned any more (true), or nothing before `until`, or until `most` things happened. */
  run(until: number, most = Number.POSITIVE_INFINITY): boolean {
    const end = this.count + most;
    for (;;) {
      const next = this.#heap[0];
      if (!next) return true;
      if (next.run && (next.time > until || this.count >= end)) {
        this.now = Math.max(this.now, Math.min(until, next.time));
        return false;
      }
      this.#pop();
      if (!next.run) continue;
      this.now = next.time;
      this.count++;
      next.run();
    }
  }
}
