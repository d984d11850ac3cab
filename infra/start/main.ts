/** `npm start`: a network on this machine until Ctrl-C. Options: options.ts. */
import { diskSpace, diskWarning } from "../network/disk.ts";
import { Failure, type LogSink, type Network, startNetwork } from "../network/index.ts";
import { firstTransfer } from "./first-transfer.ts";
import { HELP, parseOptions, type StartOptions } from "./options.ts";
import { danger, report } from "./report.ts";
import { StatusLine } from "./status.ts";
import { TransactionLog } from "./transactions.ts";

const EXIT_FAILED = 1;
const EXIT_REFUSED = 2;
/** As shells report a process that SIGINT ended. */
const EXIT_INTERRUPTED = 130;

/** The first signal ends the network in order; another one ends it at once. */
function interruption(processes: () => readonly (number | undefined)[]): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (!controller.signal.aborted) return controller.abort();
    for (const pid of processes()) if (pid !== undefined) process.kill(pid, "SIGKILL");
    process.exit(EXIT_INTERRUPTED);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  return controller.signal;
}

const whenAborted = (signal: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener("abort", () => resolve(null), { once: true });
  });

/** Prints above the status line, once there is one. */
class Output {
  status: StatusLine | undefined;
  readonly #isQuiet: boolean;

  constructor(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
  }

  readonly log: LogSink = (level, message) => {
    if (this.#isQuiet && level !== "error") return;
    const stream = level === "info" ? process.stdout : process.stderr;
    if (this.status) this.status.print(message, stream);
    else stream.write(`${message}\n`);
  };
}

async function serve(network: Network, options: StartOptions, output: Output, ended: Promise<null>): Promise<void> {
  const { host, dev = false, ledger: keep, faucetLimits } = options.network;
  const confirmedMs = await Promise.race([firstTransfer(network), ended]);
  if (confirmedMs === null) return;
  const disk = diskSpace(network.state);
  const warning = danger({ host, dev });
  const noRoom = diskWarning(disk, keep.keepBytes);
  if (!options.quiet) {
    process.stdout.write(
      report({ network, host, dev, keep, disk, faucetLimits, confirmedMs, startedMs: performance.now() }),
    );
    output.status = new StatusLine(network);
  }
  if (warning) output.log("error", warning);
  if (noRoom) output.log("warn", noRoom);
  const transactions = options.log
    ? new TransactionLog(network, (line) => {
        if (output.status) output.status.print(line, process.stdout);
        else process.stdout.write(`${line}\n`);
      })
    : undefined;
  await ended;
  transactions?.stop();
}

async function run(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const output = new Output(options.quiet);
  let network: Network | undefined;
  const signal = interruption(() => network?.workerdPids ?? []);
  for (const warning of options.warnings) output.log("warn", warning);
  const starting = startNetwork({ ...options.network, log: output.log, signal });
  try {
    network = await starting;
  } catch (error) {
    if (!signal.aborted) throw error;
    if (!options.quiet) process.stdout.write("stopped before it was up\n");
    return 0;
  }
  try {
    await serve(network, options, output, whenAborted(signal));
    return 0;
  } finally {
    output.status?.stop();
    await network.stop();
    if (!options.quiet) process.stdout.write(`stopped; the network is kept in ${network.state}\n`);
  }
}

try {
  // What a start that was interrupted has left under way is of no use to anybody.
  process.exit(await run(process.argv.slice(2)));
} catch (error) {
  const refused = error instanceof Failure;
  process.stderr.write(`infinisvm: ${refused ? error.message : (error as Error).message}\n`);
  process.exit(refused ? EXIT_REFUSED : EXIT_FAILED);
}
