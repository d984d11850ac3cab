/** `npm run simulate`: seeds of the simulator, as many as one likes. */
import { describeFailure } from "../../test/simulation/minimise.ts";
import { type RunOptions, runSeed } from "../../test/simulation/run.ts";
import { buildWasm } from "../build/wasm.mjs";
import { parseCommandLine } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { wholeNumber } from "../network/whole-number.ts";

const HELP = `Runs whole networks in virtual time, each with the workload and the faults of its seed, and judges what came of them.

Usage: npm run simulate -- [options]

  --seeds N         how many seeds (200)
  --from S          the first seed (1)
  --shards N        shards of every network, 1 to 64 (each seed its own)
  --transactions N  transactions of every network (each seed its own)
  --keep-going      do not stop at the first seed that fails
  --verbose         print every event of every run
  --help            print this

Exit code 1: a seed failed; its smallest failing run is printed.
`;

function optional(flag: string, text: string | undefined, low: number, high: number): number | undefined {
  return text === undefined ? undefined : wholeNumber(flag, text, [low, high]);
}

function readOptions(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseCommandLine("simulate", args, {
    seeds: text,
    from: text,
    shards: text,
    transactions: text,
    "keep-going": flag,
    verbose: flag,
    help: flag,
  });
  const shards = optional("--shards", values.shards, 1, 64);
  const transactions = optional("--transactions", values.transactions, 1, 10_000);
  return {
    help: values.help,
    verbose: values.verbose,
    keepGoing: values["keep-going"],
    seeds: optional("--seeds", values.seeds, 1, 1_000_000_000) ?? 200,
    from: optional("--from", values.from, 0, 4_000_000_000) ?? 1,
    run: { ...(shards === undefined ? {} : { shards }), ...(transactions === undefined ? {} : { transactions }) },
  };
}

interface Totals {
  seeds: number;
  failed: number;
  slots: number;
  landed: number;
  notLanded: number;
  crashes: number;
  faults: number;
  virtualMs: number;
}

function summary(totals: Totals, startedAt: number): string {
  const seconds = (performance.now() - startedAt) / 1000;
  const { seeds, failed, slots, landed, notLanded, crashes, faults, virtualMs } = totals;
  return (
    `${seeds} seeds, ${failed} failed, ${(seeds / seconds).toFixed(1)} seeds/s | ${slots} slots, ${landed} landed, ` +
    `${notLanded} not landed | ${faults} faults, ${crashes} crashes | ${(virtualMs / 3_600_000).toFixed(1)} virtual hours`
  );
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  await buildWasm();
  const startedAt = performance.now();
  const totals: Totals = {
    seeds: 0,
    failed: 0,
    slots: 0,
    landed: 0,
    notLanded: 0,
    crashes: 0,
    faults: 0,
    virtualMs: 0,
  };
  let shownAt = startedAt;
  for (let seed = options.from; seed < options.from + options.seeds; seed++) {
    const run: RunOptions = { seed, ...options.run };
    const trace = options.verbose ? { trace: (line: string) => void process.stdout.write(`${line}\n`) } : {};
    const report = runSeed({ ...run, ...trace });
    totals.seeds++;
    totals.slots += report.verdict?.slots ?? 0;
    totals.landed += report.verdict?.landed ?? 0;
    totals.notLanded += report.verdict?.notLanded ?? 0;
    totals.crashes += report.crashes;
    totals.faults += report.faults.length;
    totals.virtualMs += report.virtualMs;
    if (report.failure) {
      totals.failed++;
      process.stdout.write(`${describeFailure(run, report)}\n\n`);
      if (!options.keepGoing) break;
    }
    if (performance.now() - shownAt > 5000) {
      shownAt = performance.now();
      process.stderr.write(`${summary(totals, startedAt)}\n`);
    }
  }
  process.stdout.write(`${summary(totals, startedAt)}\n`);
  return totals.failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`simulate: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
