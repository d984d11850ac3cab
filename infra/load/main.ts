/** `npm run load`: a steady load, and what the network makes of it. Options: options.ts. */

import { hostTimer, streamUrl, webSocket } from "../../shared/ingest/adapters.ts";
import { CONFIRMED } from "../../shared/ingest/batch.ts";
import { IngestClient } from "../../shared/ingest/client.ts";
import { PostTransport, StreamTransport } from "../../shared/ingest/transport.ts";
import { noNetwork } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { rpcCall } from "../start/rpc.ts";
import { fundAccounts, latestBlockhash } from "./funding.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { HELP, type LoadOptions, parseOptions, type TransportName } from "./options.ts";
import { loadPlan, makePlan, type Plan, savePlan } from "./plan.ts";
import { rawPost } from "./raw-post.ts";
import { Progress, report } from "./report.ts";
import { type Clients, Run } from "./run.ts";
import { Signers } from "./signers.ts";

const EXIT_REFUSED = 2;
const timer = hostTimer(setTimeout, clearTimeout);

async function genesisHash(url: string): Promise<string> {
  try {
    return await rpcCall<string>(url, "getGenesisHash");
  } catch (error) {
    throw new Failure("network-unreachable", noNetwork(url, error));
  }
}

function planOf({ source }: LoadOptions): Plan {
  return source.replay === undefined ? makePlan(source) : loadPlan(source.replay);
}

function clientsOf(transport: TransportName, url: string): Clients & { close(): void } {
  const open = () => new WebSocket(streamUrl(url));
  const watch = new IngestClient(new StreamTransport(webSocket(open), timer), timer);
  if (transport === "stream") return { submit: watch, watch, close: () => watch.close() };
  const { post, close } = rawPost(url);
  const submit = new IngestClient(new PostTransport(post), timer);
  const closeAll = () => {
    submit.close();
    watch.close();
    close();
  };
  return { submit, watch, close: closeAll };
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { url, transport, save, source } = options;
  const plan = planOf(options);
  const say = (text: string) => process.stdout.write(`${text}\n`);
  say(`network ${await genesisHash(url)} at ${url}`);
  if (save !== undefined) savePlan(save, plan);
  const clients = clientsOf(transport, url);
  const { owners, tokenAccounts } = await fundAccounts(url, clients.watch, plan, say);
  const signers = new Signers({
    seed: plan.seed,
    owners: owners.bytes.buffer,
    tokenAccounts: tokenAccounts?.bytes.buffer ?? null,
    version: options.version,
  });
  const run = new Run(plan, source.tps ?? plan.tps, signers, clients, () => latestBlockhash(url));
  const interrupt = () => run.stop();
  process.once("SIGINT", interrupt);
  const kind = `${plan.token ? "token transfers" : "transfers"}${options.version === 1 ? " of version 1" : ""}`;
  say(`${run.total.toLocaleString("en")} ${kind}, ${source.tps ?? plan.tps} a second, over ${transport}`);
  const progress = new Progress(run);
  const memory = options.soak ? new MemoryWatch(url, say) : undefined;
  try {
    await run.run();
  } finally {
    progress.stop();
    memory?.stop();
    process.off("SIGINT", interrupt);
    clients.close();
    await signers.stop();
  }
  process.stdout.write(`\n${report(run, transport)}`);
  return run.counts[CONFIRMED] === run.total ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`infinisvm load: ${(error as Error).message}\n`);
  process.exit(error instanceof Failure ? EXIT_REFUSED : 1);
}
