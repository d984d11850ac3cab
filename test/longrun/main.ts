/** `npm run longrun`: what only shows after millions of transactions, on the real machines over SQLite files. */
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCommandLine } from "../../infra/network/command-line.ts";
import { Failure } from "../../infra/network/failure.ts";
import { wholeNumber } from "../../infra/network/whole-number.ts";
import { historyRun } from "./history.ts";
import { lookupsRun } from "./lookups.ts";
import type { RunInput } from "./run.ts";
import { windowRun } from "./window.ts";

interface LongRun {
  readonly run: (input: RunInput) => Promise<object>;
  readonly count: number;
  /** Bytes that stay on disk, a transaction. */
  readonly diskBytes: number;
}

const RUNS: Readonly<Record<string, LongRun>> = {
  window: { run: windowRun, count: 5_000_000, diskBytes: 700 },
  lookups: { run: lookupsRun, count: 10_000_000, diskBytes: 700 },
  history: { run: historyRun, count: 40_000_000, diskBytes: 700 },
};

const HELP = `Runs the machines of a whole network over SQLite files, in one process and without sockets, and checks what comes of it.

Usage: npm run longrun -- NAME [options]

  window       as many messages as that in one blockhash window: all taken, none twice, repeats refused (5000000)
  lookups      what getSignatureStatuses costs after so many transactions, beside 200000 (10000000)
  history      generations of a size: no object above it, and reads answer over all of them (40000000)

  --count N              transactions, 10000 to 100000000
  --generation-bytes N   of the ledger; an object may have a quarter more (1000000000 in history, else 8000000000)
  --minutes N            history: no more is sent after so long, and what there is is judged
  --folder DIR           where the files are while it runs; they go at the end (a new one in the system's folder for such)
  --json                 print the result as one line of JSON
  --help                 print this

Exit code 1: something was wrong, and the first wrong thing is named. 2: the command line is.
`;

const OPTIONS = {
  count: { type: "string" },
  "generation-bytes": { type: "string" },
  minutes: { type: "string" },
  folder: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

function readOptions(args: readonly string[]) {
  const { values, positionals } = parseCommandLine("longrun", args, OPTIONS, true);
  if (values.help) return undefined;
  const [name] = positionals;
  if (positionals.length !== 1 || !Object.hasOwn(RUNS, name!))
    throw new Failure("bad-option", `name one of ${Object.keys(RUNS).join(", ")}`);
  const { count, "generation-bytes": generation, minutes, json, folder } = values;
  if (minutes !== undefined && name !== "history")
    throw new Failure("bad-option", "--minutes is for history: the others need all of their transactions");
  const bytes = name === "history" ? 1_000_000_000 : 8_000_000_000;
  return {
    name: name!,
    json,
    folder,
    minutes: minutes === undefined ? undefined : wholeNumber("--minutes", minutes, [1, 1_440]),
    count: count === undefined ? RUNS[name!]!.count : wholeNumber("--count", count, [10_000, 100_000_000]),
    generationBytes:
      generation === undefined ? bytes : wholeNumber("--generation-bytes", generation, [1_000_000, 8_000_000_000]),
  };
}

const PROGRESS_MS = 5_000;

/** A line every few seconds. */
function progress(count: number): (landed: number) => void {
  const begin = performance.now();
  let last = begin;
  return (landed) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    const seconds = (now - begin) / 1000;
    const rss = (process.memoryUsage.rss() / 1e6).toFixed(0);
    const rate = (landed / seconds).toFixed(0);
    process.stderr.write(`· ${landed} of ${count} landed, ${rate}/s, ${seconds.toFixed(0)} s, ${rss} MB resident\n`);
  };
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(HELP);
    return 0;
  }
  const { name, count, generationBytes, minutes, json } = options;
  const { run, diskBytes } = RUNS[name]!;
  // A folder that somebody names may have other things in it: only one inside it is emptied.
  const parent = options.folder ?? tmpdir();
  if (!existsSync(parent)) throw new Failure("bad-option", `there is no folder ${parent}`);
  const folder = mkdtempSync(join(parent, "infinisvm-longrun-"));
  const clean = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clean);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < count * diskBytes)
    throw new Failure("no-room", `${count} transactions take ${(count * diskBytes) / 1e9} GB of disk in ${folder}`);
  const begin = performance.now();
  const input = { count, generationBytes, folder: join(folder, "objects"), say: progress(count) };
  const stops = () => minutes !== undefined && performance.now() - begin > minutes * 60_000;
  const report = await run({ ...input, stops });
  const result = { run: name, ...report, seconds: Math.round((performance.now() - begin) / 1000) };
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${JSON.stringify(result, null, 2)}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isFailure = error instanceof Failure;
  process.stderr.write(`longrun: ${isFailure ? error.message : (error as Error).stack}\n`);
  process.exitCode = isFailure ? 2 : 1;
}
