/** The command line of `npm start`. */
import type { FaucetLimits } from "../../shared/faucet/limits.ts";
import type { LedgerSettings } from "../../shared/ledger/ledger-shape.ts";
import { REAL_PROGRAMS } from "../../shared/protocol/real-programs.ts";
import { MAX_CLOCK_SLOT } from "../../shared/scheduling/dev-clock.ts";
import { checkForkOptions, type ForkOptions } from "../fork/index.ts";
import { GENESIS_OPTIONS, type GenesisAccounts, genesisAccounts } from "../genesis/accounts.ts";
import { parseRealPrograms } from "../genesis/standard-programs.ts";
import { parseCommandLine, refuseForgottenDashes, usage } from "../network/command-line.ts";
import { DEFAULT_HOST, DEFAULT_PORT, DEFAULT_SLOT_MS, Failure, type NetworkOptions, RANGES } from "../network/index.ts";
import { DEFAULT_SHARDS } from "../network/state.ts";
import { wholeNumber } from "../network/whole-number.ts";
import { EXPOSURE_OPTIONS, parseExposure } from "./exposure.ts";
import { DEFAULT_KEEP, parseKeep } from "./keep.ts";
import { takeGenesisOptions } from "./many-values.ts";

export const DEFAULT_STATE = ".infinisvm";

export const HELP = `Starts a local InfiniSVM network: an SVM chain inside workerd, for any Solana client.

Usage: ${usage("start")} [options]

  --shards N     account shards, ${RANGES.shards.join(" to ")} (${DEFAULT_SHARDS}; fixed by a network's genesis)
  --slot-ms MS   time of a slot in milliseconds, ${RANGES.slotMs.join(" to ")} (${DEFAULT_SLOT_MS})
  --processes N  workerd processes, 1 or 2 (1): with 2 the edge is in a process of its own. On two cores that is not faster
                 (docs/performance.md); it shows that the network's parts need not share a process
  --port PORT    RPC and WebSocket; the WebSocket is on PORT + 1 too (${DEFAULT_PORT})
  --host HOST    address to listen on (${DEFAULT_HOST}); 0.0.0.0: all of this machine's, so that others reach it
  --allow-host NAME      a name under which it is asked, beside --host and those of this machine; repeatable
  --allow-origin ORIGIN  pages of this origin may use faucet and development methods, and all of a network with --dev, beside
                         pages of this machine (docs/security.md); repeatable, * for all
  --faucet-per-call SOL, --faucet-per-hour SOL, --faucet-total-per-hour SOL
                 what the faucet gives a call (10,000), within an hour to an address (100,000) and to all (1,000,000), or none
  --state DIR    folder that keeps the network from one start to the next (${DEFAULT_STATE})
  --keep WHAT    how much of the past: all, an amount like 20GB, days like 30d (${DEFAULT_KEEP}); may change from start to start
  --reset        delete that network first and begin a new one
  --dev          for development: RPC methods set accounts and token balances, move and stop the clock, profile a transaction
  --fork URL     with --dev: accounts that nobody here has come from that cluster when they are needed (docs/operations.md)
  --fork-slot N  the slot in which the chain begins, and before which nothing is taken; the cluster's, if it is left out
  --fork-cache DIR  keeps what was fetched; without --fork it is all there is, and nobody is asked
  --log          one line a transaction: signature, ok or failed, compute units, error
  --quiet        print errors only, and what --log prints
  --help         print this

What a new network begins with, each as often as needed; a network that is there already must have begun with the same:

  --program ID FILE.so                           a program that never changes (also --bpf-program)
  --upgradeable-program ID FILE.so AUTHORITY     one that AUTHORITY can upgrade; "none": nobody can
  --account [ADDRESS] FILE.json                  an account as "solana account ... --output json" writes it
  --account-dir DIR, --clone-from DIR            all such files of a folder
  --mint ADDRESS                                 a wallet with 500 million SOL
  --real-programs LIST                           programs that no instance carries, for comparison:
                                                 ${Object.keys(REAL_PROGRAMS).join(",")}

ID, ADDRESS and AUTHORITY are addresses, or key files of the Solana CLI.

Ends with Ctrl-C. Exit code 2: it could not start, and nothing was changed; the one line on standard error says why.
`;

export interface StartOptions {
  readonly help: boolean;
  readonly quiet: boolean;
  /** One line a transaction. */
  readonly log: boolean;
  /** About the accounts that the options name: what is unusual about them. */
  readonly warnings: readonly string[];
  readonly network: NetworkOptions & {
    readonly state: string;
    readonly host: string;
    readonly ledger: LedgerSettings;
    readonly faucetLimits: FaucetLimits;
  };
}

const OPTIONS = {
  shards: { type: "string" },
  "slot-ms": { type: "string" },
  processes: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  ...EXPOSURE_OPTIONS,
  state: { type: "string" },
  keep: { type: "string" },
  reset: { type: "boolean" },
  dev: { type: "boolean" },
  "real-programs": { type: "string" },
  fork: { type: "string" },
  "fork-slot": { type: "string" },
  "fork-cache": { type: "string" },
  log: { type: "boolean" },
  quiet: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const NO_ACCOUNTS: GenesisAccounts = { list: undefined, warnings: [] };

function present(flag: string, text: string | undefined): string | undefined {
  if (text === "") throw new Failure("bad-option", `${flag} must not be empty`);
  return text;
}

interface ForkValues {
  readonly fork?: string | undefined;
  readonly "fork-slot"?: string | undefined;
  readonly "fork-cache"?: string | undefined;
}

function parseFork(values: ForkValues): { fork?: ForkOptions } {
  const url = values.fork;
  const cache = present("--fork-cache", values["fork-cache"]);
  const slotText = values["fork-slot"];
  const slot = slotText === undefined ? undefined : wholeNumber("--fork-slot", slotText, [0, MAX_CLOCK_SLOT]);
  if (url === undefined && cache === undefined && slot === undefined) return {};
  const fork = { url, slot, cache };
  checkForkOptions(fork);
  return { fork };
}

/** Throws a Failure for an option that is unknown or out of its range. */
export function parseOptions(args: readonly string[]): StartOptions {
  refuseForgottenDashes("start", [...Object.keys(GENESIS_OPTIONS), ...Object.keys(OPTIONS)], args);
  const { rest, options } = takeGenesisOptions(args);
  const { values } = parseCommandLine("start", rest, OPTIONS);
  const { list: accounts, warnings } = values.help ? NO_ACCOUNTS : genesisAccounts(options);
  const realPrograms = values["real-programs"];
  return {
    help: values.help ?? false,
    quiet: values.quiet ?? false,
    log: values.log ?? false,
    warnings,
    network: {
      ...(values.shards !== undefined && { shards: wholeNumber("--shards", values.shards, RANGES.shards) }),
      slotMs: wholeNumber("--slot-ms", values["slot-ms"] ?? String(DEFAULT_SLOT_MS), RANGES.slotMs),
      processes: wholeNumber("--processes", values.processes ?? "1", RANGES.processes),
      port: wholeNumber("--port", values.port ?? String(DEFAULT_PORT), RANGES.port),
      host: present("--host", values.host) ?? DEFAULT_HOST,
      state: present("--state", values.state) ?? DEFAULT_STATE,
      ...parseExposure(values),
      ledger: parseKeep(values.keep ?? DEFAULT_KEEP),
      reset: values.reset ?? false,
      dev: values.dev ?? false,
      ...parseFork(values),
      ...(accounts && { accounts }),
      ...(realPrograms !== undefined && { realPrograms: parseRealPrograms("--real-programs", realPrograms) }),
    },
  };
}
