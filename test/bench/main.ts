/**
 * npm run bench [-- --json] [-- --quick]: what the network does on this machine, next to litesvm in the same run.
 * With --json one JSON object on standard output, progress on standard error.
 */
import { startNetwork } from "../../infra/network/index.ts";
import { wasmModule } from "../wasm-module.ts";
import { benchEndToEnd } from "./end-to-end.ts";
import { benchLitesvm } from "./litesvm.ts";
import { median } from "./measure.ts";
import { type PipelineResult, runPipeline } from "./pipeline.ts";
import { printReport, type Report } from "./report.ts";
import { makeWallets, randomTransfers } from "./wallets.ts";

const args = process.argv.slice(2);
const json = args.includes("--json");
const quick = args.includes("--quick");
const unknown = args.find((arg) => arg !== "--json" && arg !== "--quick");
if (unknown) {
  console.error(`unknown option ${unknown}; there are --json and --quick`);
  process.exit(2);
}

const RUNS = quick ? 1 : 5;
const SHARDS = 4;
const plan = {
  accounts: quick ? 1_000 : 10_000,
  transfers: quick ? 5_000 : 20_000,
  runs: RUNS,
  jsonRpcTransfers: quick ? 500 : 2_000,
  confirmations: quick ? 20 : 100,
};
const say = (line: string) => console.error(`· ${line}`);

function stages(): PipelineResult {
  const module = wasmModule();
  const wallets = makeWallets("bench", plan.accounts);
  const genesisHash = new Uint8Array(32).fill(7);
  const accounts = wallets.map(({ key }) => ({
    key,
    owner: new Uint8Array(32),
    lamports: 10n ** 12n,
    rentEpoch: (1n << 64n) - 1n,
    executable: false,
    data: new Uint8Array(0),
  }));
  const transactions = randomTransfers(wallets, plan.transfers, genesisHash, 5);
  const runs = Array.from({ length: RUNS }, () =>
    runPipeline({ module, shardCount: SHARDS, genesisHash, accounts, transactions, batch: 1_000 }),
  );
  const names = Object.keys(runs[0]!.stages);
  const middle = Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run.stages[name] ?? 0))]));
  return { ...runs[0]!, stages: middle };
}

say("litesvm, in process, nothing durable");
const litesvm = await benchLitesvm(quick ? 2_000 : 10_000, RUNS);
say("stages of the pipeline, one thread, no I/O");
const pipeline = stages();
say("a network in workerd");
const network = await startNetwork({ shards: SHARDS, slotMs: 50 });
try {
  const endToEnd = await benchEndToEnd(network, plan, say);
  const report: Report = { litesvm, pipeline, endToEnd, shards: SHARDS, plan };
  if (json) console.log(JSON.stringify(report));
  else printReport(report);
} finally {
  await network.stop();
}
