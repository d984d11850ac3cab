/** `npm run model`: what the network would do with more edges, lanes and shards than this machine has cores. */
import { existsSync, readFileSync } from "node:fs";
import { parseCommandLine } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { type Costs, costsFrom } from "./costs.ts";
import { DEFAULT_COSTS } from "./defaults.ts";
import type { Outcome, Scenario } from "./network.ts";
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

const whole = (value: number) => Math.round(value).toLocaleString("en-US");

function line(what: string, offered: number, outcome: Outcome): void {
  const { perSecond, p50Ms, p99Ms, busy, saturatesFirst, largestGroup } = outcome;
  const shares = Object.entries(busy).map(([name, share]) => `${name} ${Math.round(share * 100)}%`);
  console.log(
    `  ${what.padEnd(28)}${whole(perSecond).padStart(10)}/s of ${whole(offered).padStart(10)}   ` +
      `${p50Ms.toFixed(0).padStart(5)} / ${p99Ms.toFixed(0).padStart(5)} ms   ${saturatesFirst.padEnd(12)}` +
      `(${shares.join(", ")}; largest group ${Math.round(largestGroup * 100)}%)`,
  );
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
  const outcomes = steps.map(({ what, scenario }) => ({ what, scenario, outcome: simulate(scenario, costs) }));
  if (values.json) {
    console.log(JSON.stringify({ costs, checks, outcomes }));
    return;
  }
  console.log(`Costs: ${costs.measuredOn}`);
  if (checks.length > 0) console.log("\nOne process on one core, against what was measured there");
  for (const { shards, measured, byTheClock, modelled, ratio } of checks) {
    const name = `${shards} shard${shards > 1 ? "s" : ""}`;
    const beside = `measured ${whole(measured)}/s of CPU time, ${whole(byTheClock)}/s by the clock`;
    console.log(`  ${name.padEnd(28)}${whole(modelled).padStart(10)}/s   ${beside}   ${ratio.toFixed(2)}x`);
  }
  console.log("\nThroughput, latency p50 / p99, what is busiest");
  for (const { what, scenario, outcome } of outcomes) line(what, scenario.offeredPerSecond, outcome);
}

try {
  main();
} catch (error) {
  if (!(error instanceof RangeError || error instanceof Failure)) throw error;
  console.error(`model: ${error.message}`);
  process.exitCode = 2;
}
