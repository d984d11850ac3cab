/**
 * npm run bench [-- --json] [-- --quick] [-- --only NAME]: what the network does on this machine, next to its references
 * in the same run. With --json one JSON object on standard output, progress on standard error.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine } from "../../infra/network/command-line.ts";
import { Failure } from "../../infra/network/failure.ts";
import { builderRestartPart } from "./builder-restart.ts";
import { lookupPart } from "./lookup.ts";
import { confirmPart, endToEndPart, scalePart, tricklePart } from "./part-network.ts";
import { rpcPart } from "./part-rpc.ts";
import { sbpfPart } from "./part-sbpf.ts";
import { cryptoPart, executePart, litesvmPart, parsePart, planPart, platformPart, stagesPart } from "./part-stages.ts";
import { restartPart, storePart } from "./part-store.ts";
import { testingPart } from "./part-testing.ts";
import { Bench, FIGURES, FULL, type Part, type PartResult, QUICK } from "./parts.ts";
import { twoProcessPart } from "./two-process.ts";

const PARTS: Record<string, { title: string; part: Part }> = {
  crypto: { title: "Cryptography, in workerd", part: cryptoPart },
  parse: { title: "Parser, in workerd", part: parsePart },
  plan: { title: "Planner, in workerd", part: planPart },
  execute: { title: "Execution on one shard, signatures checked, in workerd", part: executePart },
  sbpf: { title: "sBPF programs, an instruction, in workerd", part: sbpfPart },
  litesvm: { title: "The reference", part: litesvmPart },
  platform: { title: "The platform, in workerd", part: platformPart },
  stages: { title: "All stages in one thread, no I/O: microseconds a SOL transfer", part: stagesPart },
  store: { title: "Memory of the account store", part: storePart },
  restart: { title: "Restart of a shard, in workerd", part: restartPart },
  "builder-restart": { title: "Restart of the builder, in Node over SQLite", part: builderRestartPart },
  lookup: { title: "Signatures in an index partition, in workerd", part: lookupPart },
  "end-to-end": { title: "End to end, one workerd process, 4 shards", part: endToEndPart },
  rpc: { title: "JSON-RPC, beside a bare worker in workerd", part: rpcPart },
  confirm: { title: "Confirmation, submit to WebSocket notification", part: confirmPart },
  trickle: { title: "One transaction a second", part: tricklePart },
  testing: { title: "Networks inside tests, in process", part: testingPart },
  "two-process": { title: "Two workerd processes", part: twoProcessPart },
  scale: { title: "Shards in one process", part: scalePart },
};

const USAGE = `npm run bench -- [--quick] [--json] [--only NAME]...\nparts: ${Object.keys(PARTS).join(", ")}\n`;

const OPTIONS = {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  only: { type: "string", multiple: true, default: [] as string[] },
  help: { type: "boolean", short: "h", default: false },
} as const;

function readArguments(args: readonly string[]) {
  try {
    const { values } = parseCommandLine("bench", args, OPTIONS);
    const unknown = values.only.find((name) => !Object.hasOwn(PARTS, name));
    if (unknown !== undefined) throw new Failure("bad-option", `no part "${unknown}"`);
    if (!values.help) return values;
    process.stdout.write(USAGE);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`bench: ${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

function print(title: string, { rows }: PartResult): void {
  console.log(`\n${title}`);
  for (const { name, value, beside } of rows) {
    console.log(`  ${name.padEnd(54)}${value.padStart(16)}   ${beside ?? ""}`.trimEnd());
  }
}

const options = readArguments(process.argv.slice(2));
const bench = new Bench(options.quick ? QUICK : FULL, (line) => console.error(`· ${line}`));
const names = options.only.length > 0 ? options.only : Object.keys(PARTS);
const figures: Record<string, number> = {};
const details: Record<string, object> = {};
try {
  for (const name of names) {
    const { title, part } = PARTS[name]!;
    bench.say(title);
    try {
      const result = await part(bench);
      Object.assign(figures, result.figures);
      details[name] = result.detail;
      if (!options.json) print(title, result);
    } catch (error) {
      // The other parts are still worth having; what this one should have measured is among the missing.
      console.error(`${name}:`, error);
      process.exitCode = 1;
    }
  }
} finally {
  await bench.stop();
}
const missing = FIGURES.filter((name) => figures[name] === undefined);
const report = { ...figures, missing, quick: options.quick, date: new Date().toISOString(), parts: details };
if (options.json) console.log(JSON.stringify(report));
else if (missing.length > 0) console.log(`\nNot measured in this run: ${missing.join(", ")}`);
// The model reads what was measured last: npm run model -- --measured build/bench.json
const build = join(import.meta.dirname, "../../build");
mkdirSync(build, { recursive: true });
writeFileSync(join(build, "bench.json"), JSON.stringify(report, null, 2));
