/** The command line of `npm run attack`. */
import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";
import { parseCommandLine } from "../network/command-line.ts";
import { Failure, RANGES } from "../network/index.ts";
import { wholeNumber } from "../network/whole-number.ts";
import { ATTACKS } from "./attacks/index.ts";

const DEFAULT_SECONDS = 8;
const SECONDS = [1, 60] as const;
const NAME_WIDTH = Math.max(...ATTACKS.map(({ name }) => name.length)) + 2;

export const HELP = `Attacks a network on this machine as one client can, with an unrelated user beside it, and prints what that user saw.

Usage: npm run attack -- [options]

  --only NAMES     attacks to run, separated by commas (all)
  --seconds N      how long each lasts, ${SECONDS.join(" to ")} (${DEFAULT_SECONDS})
  --small          few connections and calls, as the tests do it
  --processes N    workerd processes of the network that it starts, 1 or 2 (1)
  --wrangler       run the network with "wrangler dev" instead
  --url URL        attack this network, which has a faucet and is on loopback, instead of starting one
  --json           one JSON document instead of the table
  --help           print this

Attacks:

${ATTACKS.map(({ name, what }) => `  ${name.padEnd(NAME_WIDTH)}${what}`).join("\n")}

Exit code 0: the user's calls all succeeded and nothing died; 1: not so; 2: it could not start.
`;

export interface AttackOptions {
  readonly help: boolean;
  readonly json: boolean;
  readonly small: boolean;
  readonly seconds: number;
  readonly names: readonly string[];
  readonly target: { readonly url: string } | { readonly processes: 1 | 2 | "wrangler" };
}

const OPTIONS = {
  only: { type: "string" },
  seconds: { type: "string" },
  small: { type: "boolean" },
  processes: { type: "string" },
  wrangler: { type: "boolean" },
  url: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const bad = (message: string) => new Failure("bad-option", message);

function namesOf(only: string | undefined): string[] {
  const all = ATTACKS.map(({ name }) => name);
  const names = only === undefined ? all : only.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw bad(`--only: there is no attack "${unknown}"; --help lists them`);
  return names;
}

function targetOf(
  url: string | undefined,
  processes: string | undefined,
  isWrangler: boolean,
): AttackOptions["target"] {
  if (isWrangler && (url ?? processes) !== undefined) throw bad("--wrangler goes with neither --url nor --processes");
  if (isWrangler) return { processes: "wrangler" };
  if (url === undefined) return { processes: wholeNumber("--processes", processes ?? "1", RANGES.processes) as 1 | 2 };
  if (processes !== undefined) throw bad("--processes does not go with --url: that network runs already");
  if (URL.parse(url)?.protocol !== "http:") throw bad(`--url takes an http address, not "${url}"`);
  return { url };
}

/** Throws a Failure for an option that is unknown, out of its range or does not go with another. */
export function parseOptions(args: readonly string[]): AttackOptions {
  const { values } = parseCommandLine("attack", args, OPTIONS);
  const { url, processes, wrangler = false, only, seconds = String(DEFAULT_SECONDS) } = values;
  return {
    help: values.help ?? false,
    json: values.json ?? false,
    small: values.small ?? false,
    seconds: wholeNumber("--seconds", seconds, SECONDS),
    names: namesOf(only),
    target: targetOf(url, processes, wrangler),
  };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Throws a Failure unless every address of the URL's host is one of this machine's loopback: nobody else is attacked. */
export async function requireLoopback(url: string): Promise<void> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  const addresses = await lookup(host, { all: true }).catch(() => []);
  const isLoopback = addresses.every(({ address }) => LOOPBACK.check(address, isIPv6(address) ? "ipv6" : "ipv4"));
  if (addresses.length === 0 || !isLoopback) {
    throw bad(`--url: ${host} is not a loopback address; only a network on this machine is attacked`);
  }
}
