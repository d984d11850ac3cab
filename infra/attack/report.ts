/** What `npm run attack` prints: a block of lines an attack, or one JSON document. */
import type { Outcome } from "./run.ts";
import type { Sample } from "./user.ts";

/** What an unrelated user is promised during any attack, p99 in milliseconds. */
export const TARGET_MS = { getSlot: 60, confirmation: 150 };
/** Lines of the network's log that are shown. */
const LOG_LINES = 5;

const ms = (value: number): string =>
  Number.isNaN(value) ? "-" : value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en");

/** Nothing died, and every call of the user succeeded. */
export function stood({ deaths, before, during, after }: Outcome): boolean {
  return deaths === 0 && [before, during, after].every(({ failures }) => failures.size === 0);
}

const PHASES = ["before", "during", "after"] as const;
const MEASURES = ["getSlot", "confirmation"] as const;

function row(title: string, sample: Sample): string {
  const figures = MEASURES.map((name) => {
    const times = sample[name];
    const over = times.percentile(99) > TARGET_MS[name] ? "!" : " ";
    return `${ms(times.percentile(50)).padStart(7)} ${ms(times.percentile(99)).padStart(7)}${over}${ms(times.max).padStart(8)}`;
  });
  return `  ${title.padEnd(8)}${figures.join("   ")}`;
}

export const HEADING = `  ${"".padEnd(8)}${"getSlot p50, p99, max".padStart(23)}   ${"confirmation".padStart(23)}   ms`;

export function text(outcome: Outcome): string {
  const { attack, usage, counts, deaths, log } = outcome;
  const lines = [`${attack.name}: ${attack.what}`, HEADING];
  for (const phase of PHASES) lines.push(row(phase, outcome[phase]));
  for (const phase of PHASES) {
    for (const [what, count] of outcome[phase].failures) lines.push(`  ${phase}: ${count} x ${what}`);
  }
  if (usage) {
    const { before, peak, after } = usage;
    lines.push(
      `  memory ${before.memoryMib} MiB before, ${peak.memoryMib} at most, ${after.memoryMib} after; descriptors ${before.descriptors}, ${peak.descriptors}, ${after.descriptors}`,
    );
  }
  const heard = counts && Object.entries(counts).map(([what, count]) => `${count.toLocaleString("en")} x ${what}`);
  lines.push(`  the attacker: ${heard === null ? "was killed" : heard.join(", ") || "nothing"}`);
  if (deaths > 0) lines.push(`  ${deaths} x a process of the network ended`);
  for (const line of log.slice(0, LOG_LINES)) lines.push(`  log: ${line.split("\n")[0]!.slice(0, 160)}`);
  if (log.length > LOG_LINES) lines.push(`  log: ${log.length - LOG_LINES} more lines`);
  return `${lines.join("\n")}\n`;
}

const figures = (sample: Sample) => ({
  ...Object.fromEntries(
    MEASURES.map((name) => {
      const times = sample[name];
      return [name, { p50: times.percentile(50), p99: times.percentile(99), max: times.max, count: times.count }];
    }),
  ),
  failures: Object.fromEntries(sample.failures),
});

export function json(target: string, outcomes: readonly Outcome[]): string {
  const attacks = outcomes.map((outcome) => ({
    name: outcome.attack.name,
    ...Object.fromEntries(PHASES.map((phase) => [phase, figures(outcome[phase])])),
    usage: outcome.usage,
    attacker: outcome.counts,
    deaths: outcome.deaths,
    log: outcome.log,
  }));
  return `${JSON.stringify({ target, promised: TARGET_MS, attacks }, null, 2)}\n`;
}
