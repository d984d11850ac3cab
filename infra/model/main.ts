/** `npm run model`: what the network would do with more edges, lanes and shards than this machine has cores. */
import { existsSync, readFileSync } from "node:fs";
import { parseCommandLine } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { type Costs, costsFrom } from "./costs.ts";
import { DEFAULT_COSTS } from "./defaults.ts";
import { GUIDE_REQUESTS_PER_SECOND, generatorCost, limitsOf, objectFlows } from "./flow.ts";
import { MEMORY_LIMIT_BYTES, MEMORY_TARGET_BYTES, memoryTable } from "./memory.ts";
import type { Scenario } from "./network.ts";
import { checkLine, flowLines, generatorLine, limitLines, memoryLines, outcomeLine, whole } from "./report.ts";
import { check, ladder, PRODUCTION, simulate } from "./scenarios.ts";

const HELP = `A discrete-event model of the network, fed with measured costs.

Usage: npm run model -- [options]

  --measured FILE  costs of a run of the bench (build/bench.json); without it the committed ones
  --edges N        edge workers (24)          --lanes N       ingress lanes (8)
  --shards N       account shards (16)        --rate N        transactions/s offered (1000000)
  --skew S         Zipf exponent of the accounts, 0: uniform (0)
  --cross P        share of transfers between shards, 0 to 1 (0.5)
  --accounts N     accounts (1000000)         --slot MS       slot time (50)
  --block N        transactions of a block (16384)
  --network MS     one way between two objects (1)
  --seconds S      of the run; more than 60 is longer than the blockhash window (3)
  --known N        messages that a shard knows at the most (1310720)
  --watched P      share of the transactions that a client waits for over a stream, 0 to 1 (1)
  --json           one JSON object
  --help           print this

Without any of them: the check against the measured runs, then a ladder of networks up to 1,000,000/s.
`;

const NUMBERS = {
  edges: "edges",
  lanes: "lanes",
  shards: "shards",
  rate: "offeredPerSecond",
  skew: "skew",
  cross: "crossShare",
  accounts: "accounts",
  slot: "slotMs",
  block: "blockTransactions",
  network: "networkMs",
  seconds: "seconds",
  known: "maxKnown",
  watched: "watchedShare",
} as const;

function readOptions(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flags = Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, text]));
  const { values } = parseCommandLine("model", args, {
    ...flags,
    measured: text,
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  const change: Record<string, number> = {};
  for (const [flag, field] of Object.entries(NUMBERS)) {
    const given = (values as Record<string, unknown>)[flag];
    if (given === undefined) continue;
    const number = Number(given);
    if (!Number.isFinite(number) || number < 0) throw new RangeError(`--${flag} takes a number, not "${given}"`);
    change[field] = number;
  }
  return { values, change: change as Partial<Scenario> };
}

function readCosts(file: string | undefined): Costs {
  if (file === undefined) return DEFAULT_COSTS;
  if (!existsSync(file)) throw new RangeError(`${file} is not there: npm run bench writes build/bench.json`);
  return costsFrom(JSON.parse(readFileSync(file, "utf8")), DEFAULT_COSTS);
}

function main(): void {
  const { values, change } = readOptions(process.argv.slice(2));
  if (values.help) {
    console.log(HELP);
    return;
  }
  const costs = readCosts(values.measured);
  const base: Scenario = { ...PRODUCTION, ...change };
  const scenario = { ...base, connections: base.edges * 16 };
  const asked = Object.keys(change).length > 0;
  const checks = asked ? [] : check(costs);
  const steps = asked ? [{ what: "as asked", scenario }] : ladder(PRODUCTION);
  const outcomes = steps.map(({ what, scenario }) => {
    const outcome = simulate(scenario, costs);
    const objects = objectFlows(scenario, outcome.perSecond, outcome.blockSize);
    return { what, scenario, outcome, objects, limits: limitsOf(scenario, outcome.perSecond, objects) };
  });
  const memory = memoryTable(scenario);
  const generator = generatorCost(costs.load);
  if (values.json) {
    console.log(JSON.stringify({ costs, checks, outcomes, memory, generator }));
    return;
  }
  const print = (title: string, lines: readonly string[]) => console.log(`\n${[title, ...lines].join("\n")}`);
  console.log(`Costs: ${costs.measuredOn}`);
  if (checks.length > 0) print("One process on one core, against what was measured there", checks.map(checkLine));
  print(
    "Throughput, latency p50 / p99, what is busiest",
    outcomes.map(({ what, scenario, outcome }) => outcomeLine(what, scenario.offeredPerSecond, outcome)),
  );
  const shown = outcomes.find(({ scenario: { shards } }) => shards === scenario.shards) ?? outcomes[0]!;
  const guide = `(!): more than ${whole(GUIDE_REQUESTS_PER_SECOND)}`;
  print(`One object of each kind, "${shown.what}" ${guide}`, flowLines(shown.objects));
  print(`For how long, "${shown.what}"`, limitLines(shown.limits));
  print(
    `Memory of an object at the most: target ${MEMORY_TARGET_BYTES / 1e6} of ${MEMORY_LIMIT_BYTES / 1e6} MB`,
    memoryLines(memory),
  );
  print("The load generator on the same cores", [generatorLine(generator)]);
}

try {
  main();
} catch (error) {
  if (!(error instanceof RangeError || error instanceof Failure)) throw error;
  console.error(`model: ${error.message}`);
  process.exitCode = 2;
}
