/** The latest latencies, for a median on demand. */
const SIZE = 128;

export class LatencyWindow {
  readonly #values = new Float64Array(SIZE);
  #count = 0;

  add(ms: number): void {
    this.#values[this.#count++ % SIZE] = ms;
  }

  /** `null`: nothing measured yet. */
  median(): number | null {
    const size = Math.min(this.#count, SIZE);
    if (size === 0) return null;
    return this.#values.slice(0, size).sort()[size >> 1]!;
  }
}
