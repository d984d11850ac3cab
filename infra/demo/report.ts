/** Progress while the demo runs, and the table at its end. */
import type { App, Confirmed } from "./app.ts";
import { SOL } from "./app.ts";

const CLEAR_LINE = "\r\x1b[2K";
/** Questions to the RPC at the same time. */
const FEES_AT_ONCE = 20;

interface Row {
  readonly step: string;
  readonly count: number;
  readonly confirmed: readonly Confirmed[];
  readonly failures: readonly string[];
  readonly fees: bigint;
}

function percentile(sorted: readonly number[], share: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? "-" : `${Math.round(value)} ms`;
}

/** Why a transaction failed: the error with its cause, and what its program said last. */
function explain(reason: unknown): string {
  const error = reason as Error & { readonly context?: { readonly logs?: readonly string[] } };
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  const said = error.context?.logs?.findLast((line) => line.startsWith("Program log: "));
  return `${error.message}${cause}${said ? ` ("${said}")` : ""}`;
}

async function sumFees(app: App, confirmed: readonly Confirmed[]): Promise<bigint> {
  let sum = 0n;
  for (let at = 0; at < confirmed.length; at += FEES_AT_ONCE) {
    const some = confirmed.slice(at, at + FEES_AT_ONCE);
    for (const fee of await Promise.all(some.map(({ signature }) => app.fee(signature)))) sum += fee;
  }
  return sum;
}

export class Report {
  readonly #app: App;
  readonly #rows: Row[] = [];

  constructor(app: App) {
    this.#app = app;
  }

  /** Waits for all of a step's transactions, each of which is under way already. */
  async step(step: string, transactions: readonly Promise<Confirmed>[]): Promise<void> {
    let done = 0;
    this.#progress(step, done, transactions.length);
    const counted = transactions.map((transaction) =>
      transaction.finally(() => this.#progress(step, ++done, transactions.length)),
    );
    const settled = await Promise.allSettled(counted);
    const confirmed = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failures = settled.flatMap((result) => (result.status === "rejected" ? [explain(result.reason)] : []));
    const fees = await sumFees(this.#app, confirmed);
    this.#rows.push({ step, count: transactions.length, confirmed, failures, fees });
    process.stdout.write(
      `${process.stdout.isTTY ? CLEAR_LINE : ""}${confirmed.length}/${transactions.length} ${step}\n`,
    );
    for (const failure of new Set(failures)) process.stdout.write(`  ${failure}\n`);
  }

  get allConfirmed(): boolean {
    return this.#rows.every(({ failures }) => failures.length === 0);
  }

  table(): string {
    const head = ["step", "count", "confirmed", "p50", "p99", "fees (SOL)"];
    const total: Row = {
      step: "all",
      count: this.#rows.reduce((sum, { count }) => sum + count, 0),
      confirmed: this.#rows.flatMap(({ confirmed }) => confirmed),
      failures: [],
      fees: this.#rows.reduce((sum, { fees }) => sum + fees, 0n),
    };
    const cells = [...this.#rows, total].map(({ step, count, confirmed, fees }) => {
      const sorted = confirmed.map(({ ms }) => ms).sort((a, b) => a - b);
      const sol = (Number(fees) / Number(SOL)).toFixed(6);
      return [step, String(count), String(confirmed.length), percentile(sorted, 0.5), percentile(sorted, 0.99), sol];
    });
    const rows = [head, ...cells];
    const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    const line = (row: readonly string[]) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
    const rule = "-".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
    return [line(head), rule, ...cells.slice(0, -1).map(line), rule, line(cells.at(-1)!)].join("\n");
  }

  #progress(step: string, done: number, of: number): void {
    if (process.stdout.isTTY) process.stdout.write(`${CLEAR_LINE}${done}/${of} ${step}`);
  }
}
