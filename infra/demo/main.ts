/** `npm run demo`: an app's day on the network, written with @solana/kit alone. */
import { invocation, noNetwork, parseCommandLine, usage } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { connect } from "./app.ts";
import { Report } from "./report.ts";
import { NoFaucet, tell } from "./story.ts";

const EXIT_REFUSED = 2;
const MAX_PAYMENTS = 10_000;

const HELP = `Runs an app's payments and tokens against a network that is up (${invocation("start")}).

Usage: ${usage("demo")} [options]

  --url URL        RPC of the network (http://127.0.0.1:8899)
  --payments N     payments sent in parallel, 1 to ${MAX_PAYMENTS} (200)
  --help           print this
`;

function parseOptions() {
  const { values } = parseCommandLine("demo", process.argv.slice(2), {
    url: { type: "string", default: "http://127.0.0.1:8899" },
    payments: { type: "string", default: "200" },
    help: { type: "boolean", short: "h" },
  });
  const payments = /^\d{1,6}$/.test(values.payments) ? Number(values.payments) : 0;
  if (payments < 1 || payments > MAX_PAYMENTS) {
    const text = `--payments takes a whole number from 1 to ${MAX_PAYMENTS}, not "${values.payments}"`;
    throw new Failure("bad-option", text);
  }
  if (!/^https?:$/.test(URL.parse(values.url)?.protocol ?? "")) {
    throw new Failure("bad-option", `--url takes an http or https address, not "${values.url}"`);
  }
  return { url: values.url, payments, help: values.help ?? false };
}

async function main(): Promise<number> {
  const { url, payments, help } = parseOptions();
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const app = connect(url);
  const genesis = await app.rpc
    .getGenesisHash()
    .send()
    .catch((error: Error) => {
      throw new Failure("network-unreachable", noNetwork(url, error));
    });
  process.stdout.write(`network ${genesis} at ${url}\n`);
  const report = new Report(app);
  await tell(app, report, payments).catch((error: unknown) => {
    if (!(error instanceof NoFaucet)) throw error;
    throw new Failure(
      "no-faucet",
      `the network at ${url} gives no lamports: ${error.message}. The demo needs a network with a faucet`,
    );
  });
  process.stdout.write(`\n${report.table()}\n`);
  return report.allConfirmed ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`infinisvm demo: ${(error as Error).message}\n`);
  process.exit(error instanceof Failure ? EXIT_REFUSED : 1);
}
