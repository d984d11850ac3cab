/** From a run that fails to the smallest that still does: fewer faults, then fewer transactions, by leaving out ever smaller parts. */
import { type RunOptions, type RunReport, runSeed } from "./run.ts";

export interface Minimal {
  readonly report: RunReport;
  readonly options: RunOptions;
  readonly runs: number;
}

/** `items` without all that `works` can do without. Each part is tried once a round, the parts halve from round to round. */
export function reduced<T>(items: readonly T[], works: (items: readonly T[]) => boolean): readonly T[] {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (works(without)) kept = without;
      else at += size;
    }
  }
  return kept;
}

export function minimise(options: RunOptions, report: RunReport, maxRuns = 300): Minimal {
  const kind = report.failure!.kind;
  let runs = 0;
  let best: Minimal = { report, options, runs };
  const fails = (faults: readonly string[], transactions: readonly number[]): boolean => {
    if (runs >= maxRuns) return false;
    runs++;
    const tried = { ...options, onlyFaults: new Set(faults), onlyTransactions: new Set(transactions) };
    const found = runSeed(tried);
    if (found.failure?.kind !== kind) return false;
    best = { report: found, options: tried, runs };
    return true;
  };
  let faults = report.faults;
  let transactions = report.transactions;
  if (fails([], transactions)) faults = [];
  else faults = reduced(faults, (fewer) => fails(fewer, transactions));
  transactions = reduced(transactions, (fewer) => fails(faults, fewer));
  reduced(faults, (fewer) => fails(fewer, transactions));
  return { ...best, runs };
}

/** What a person needs to see of a failure. */
export function describeFailure(options: RunOptions, report: RunReport): string {
  const { report: least, options: how, runs } = minimise(options, report);
  const lines: string[] = [];
  runSeed({ ...how, trace: (line) => lines.push(line) });
  const cause = least.failure!.cause instanceof Error ? `\n${least.failure!.cause.stack}` : "";
  return [
    `seed ${options.seed}: ${report.failure!.kind}: ${report.failure!.message}`,
    `smallest run found (${runs} tried): ${least.faults.length} of ${report.faults.length} faults, ` +
      `${least.transactions.length} of ${report.transactions.length} transactions, ${least.events} events`,
    ...lines,
    `faults: ${least.faults.join("; ") || "none"}`,
    `${least.failure!.kind}: ${least.failure!.message}${cause}`,
    `again: npm run simulate -- --seeds 1 --from ${options.seed}${options.shards ? ` --shards ${options.shards}` : ""}` +
      `${options.transactions ? ` --transactions ${options.transactions}` : ""} --verbose`,
  ].join("\n");
}
