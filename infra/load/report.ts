/** What a run prints: a line while it goes, and a table in the end. */
import { CONFIRMED, EXPIRED, FAILED, NOT_LANDED, REFUSED } from "../../shared/ingest/batch.ts";
import type { Run } from "./run.ts";

const TERMINAL_INTERVAL_MS = 250;
const LOG_INTERVAL_MS = 1_000;
const CLEAR_LINE = "\r\x1b[2K";
/** Beyond it the generator itself was too slow to be believed. */
const LATE_MS = 100;

const number = (n: number) => Math.round(n).toLocaleString("en");

export class Progress {
  readonly #run: Run;
  readonly #terminal = process.stdout.isTTY;
  readonly #timer: NodeJS.Timeout;
  #confirmed = 0;
  #at = performance.now();

  constructor(run: Run) {
    this.#run = run;
    this.#timer = setInterval(() => this.#print(), this.#terminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS);
  }

  #print(): void {
    const run = this.#run;
    if (run.startedAt === 0) return;
    const now = performance.now();
    const confirmed = run.counts[CONFIRMED]!;
    const rate = ((confirmed - this.#confirmed) * 1000) / (now - this.#at);
    this.#confirmed = confirmed;
    this.#at = now;
    const parts = [
      `${((now - run.startedAt) / 1000).toFixed(1)} s`,
      `sent ${number(run.sent)} of ${number(run.total)}`,
      `confirmed ${number(confirmed)} (${number(rate)}/s)`,
      `waiting ${number(run.sent - run.unsent - run.settled)}`,
      `busy ${number(run.busyAnswers)}`,
      run.latency.count > 0 ? run.latency.summary() : "",
    ];
    const line = parts.filter((part) => part !== "").join("  ");
    process.stdout.write(this.#terminal ? `${CLEAR_LINE}${line}` : `${line}\n`);
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#terminal) process.stdout.write(CLEAR_LINE);
  }
}

export function report(run: Run, transport: string): string {
  const seconds = run.sentAllMs / 1000;
  const tail = (run.endedAt - run.startedAt) / 1000;
  const confirmed = run.counts[CONFIRMED]!;
  const rows: [string, number, string][] = [
    ["sent", run.sent, `in ${seconds.toFixed(1)} s, ${number(run.sent / seconds)}/s over ${transport}`],
    ["accepted", run.accepted, ""],
    ["confirmed", confirmed, `${number(confirmed / tail)}/s, all of it in ${tail.toFixed(1)} s`],
    ["failed", run.counts[FAILED]!, "landed with an error"],
    ["not landed", run.counts[NOT_LANDED]!, "left out of a block"],
    ["refused", run.counts[REFUSED]!, ""],
    ["expired", run.counts[EXPIRED]!, "blockhash too old before they landed"],
    ["given up", run.unsent, "the client's queue was full"],
    ["busy", run.busyAnswers, "answers; sent again"],
  ];
  const lines = rows.map(([name, count, text]) => `${name.padEnd(12)}${number(count).padStart(12)}  ${text}`.trimEnd());
  lines.push("", "latency from due to confirmed", `  ${run.latency.summary()}`, ...run.latency.bars());
  const each = (us: number) => `${(us / Math.max(1, run.sent)).toFixed(1)} us`;
  const [sending, signing] = [each(Math.max(0, run.cpuUs - run.signingCpuUs)), each(run.signingCpuUs)];
  lines.push("", `this generator's CPU a transfer: ${sending}, and ${signing} to sign it`);
  if (run.lateMs > LATE_MS) {
    lines.push("", `this generator was up to ${number(run.lateMs)} ms late: the machine cannot make this load in time`);
  }
  return `${lines.join("\n")}\n`;
}
