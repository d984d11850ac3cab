/** Latencies in buckets that grow by 2%: percentiles to that precision, in constant memory, whatever the number. */
const GROWTH = Math.log(1.02);
const SMALLEST_MS = 0.1;
const BUCKETS = 1_000;

/** Upper ends of the bars, milliseconds. */
const BARS = [5, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 120_000];
const BAR_WIDTH = 40;

const bucketOf = (ms: number) =>
  Math.min(BUCKETS - 1, Math.max(0, Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / GROWTH)));
const endOf = (bucket: number) => SMALLEST_MS * Math.exp(bucket * GROWTH);

const text = (ms: number) => (ms < 10 ? ms.toFixed(1) : String(Math.round(ms)));

export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  count = 0;
  max = 0;

  add(ms: number, times: number): void {
    this.#counts[bucketOf(ms)]! += times;
    this.count += times;
    this.max = Math.max(this.max, ms);
  }

  percentile(p: number): number {
    const wanted = (this.count * p) / 100;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= wanted && seen > 0) return Math.min(this.max, endOf(bucket));
    }
    return Number.NaN;
  }

  /** "p50 44 ms  p90 …". */
  summary(): string {
    if (this.count === 0) return "no latency: nothing was confirmed";
    const parts = [50, 90, 99].map((p) => `p${p} ${text(this.percentile(p))} ms`);
    return `${parts.join("  ")}  max ${text(this.max)} ms`;
  }

  /** One line a range of time that something fell into. */
  bars(): string[] {
    const sums = new Float64Array(BARS.length + 1);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const bar = BARS.findIndex((end) => endOf(bucket) <= end);
      sums[bar < 0 ? BARS.length : bar]! += this.#counts[bucket]!;
    }
    const first = sums.findIndex((sum) => sum > 0);
    const last = sums.findLastIndex((sum) => sum > 0);
    const most = Math.max(...sums);
    return Array.from({ length: first < 0 ? 0 : last - first + 1 }, (_, i) => {
      const bar = first + i;
      const low = bar === 0 ? 0 : BARS[bar - 1]!;
      const range = bar === BARS.length ? `over ${low} ms` : `${low} to ${BARS[bar]} ms`;
      const length = sums[bar]! === 0 ? 0 : Math.max(1, Math.round((sums[bar]! / most) * BAR_WIDTH));
      const share = ((sums[bar]! / this.count) * 100).toFixed(1);
      return `${range.padStart(18)} ${"#".repeat(length).padEnd(BAR_WIDTH)} ${share.padStart(5)}%`;
    });
  }
}
