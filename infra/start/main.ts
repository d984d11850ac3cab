/** `npm start`: a network on this machine until Ctrl-C. Options: options.ts. */
import { Failure, type LogSink, type Network, startNetwork } from "../network/index.ts";
import { firstTransfer } from "./first-transfer.ts";
import { HELP, parseOptions } from "./options.ts";
import { StatusLine } from "./status.ts";

const EXIT_FAILED = 1;
const EXIT_REFUSED = 2;

function report(network: Network, isDev: boolean, confirmedMs: number, startedMs: number): string {
  const origin = network.created ? "new" : "continued";
  const rows = [
    ["RPC", network.rpcUrl],
    ["WebSocket", `${network.wsUrl} (and ${network.rpcUrl.replace("http", "ws")})`],
    ["Shards", String(network.shards)],
    ["Slot time", `${network.slotMs} ms`],
    ...(network.workerdPids.length > 1 ? [["Processes", String(network.workerdPids.length)]] : []),
    ["State", `${network.state} (${origin})`],
    ["Faucet", network.faucet.address],
    ...(isDev ? [["Development", "whoever reaches the RPC can set accounts and the clock"]] : []),
    ["First transfer", `confirmed in ${Math.round(confirmedMs)} ms`],
  ];
  const lines = rows.map(([name, value]) => `  ${name!.padEnd(16)}${value}`);
  return `InfiniSVM network, up in ${(startedMs / 1000).toFixed(1)} s\n${lines.join("\n")}\n`;
}

function interrupted(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve(signal));
  });
}

async function run(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  let status: StatusLine | undefined;
  const log: LogSink = (level, message) => {
    if (options.quiet && level !== "error") return;
    const stream = level === "info" ? process.stdout : process.stderr;
    if (status) status.print(message, stream);
    else stream.write(`${message}\n`);
  };
  for (const warning of options.warnings) log("warn", warning);
  const signal = interrupted();
  const network = await startNetwork({ ...options.network, log });
  try {
    const confirmedMs = await Promise.race([firstTransfer(network), signal.then(() => null)]);
    if (confirmedMs !== null && !options.quiet) {
      process.stdout.write(report(network, options.network.dev ?? false, confirmedMs, performance.now()));
      status = new StatusLine(network);
    }
    await signal;
    return 0;
  } finally {
    status?.stop();
    await network.stop();
    if (!options.quiet) process.stdout.write(`stopped; the network is kept in ${network.state}\n`);
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const refused = error instanceof Failure;
  process.stderr.write(`infinisvm: ${refused ? error.message : (error as Error).message}\n`);
  process.exitCode = refused ? EXIT_REFUSED : EXIT_FAILED;
}
