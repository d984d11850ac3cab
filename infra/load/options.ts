/** The command line of `npm run load`. */
import { invocation, parseCommandLine, usage } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import type { TransactionVersion } from "./message.ts";

export const HELP = `Sends transfers to a network that is up (${invocation("start")}), at a steady rate, and measures how long each takes to be confirmed.

Usage: ${usage("load")} [options]

  --tps N            transfers a second, whether the network keeps up or not (1000)
  --duration S       seconds (10)
  --accounts N       accounts that pay each other, funded from the faucet as needed (1000)
  --zipf S           skew: the account of rank r is chosen in proportion to 1/r^S, from 0, all alike, to 5 (0)
  --token            transfers of an SPL token instead of SOL
  --version V        0, legacy transactions, or 1, as of SIMD-0385 (0)
  --transport T      stream (GET /v1/stream) or post (POST /v1/transactions) (stream)
  --url URL          of the network (http://127.0.0.1:8899)
  --seed TEXT        of the accounts' keys and of the choice of transfers (load)
  --soak             a line a minute about the network's memory, for long runs: --tps 3000 --duration 3600 --soak
  --save FILE        keep the transfers, to send the same ones again
  --replay FILE      send the transfers of a file; of the options above only --tps, --version, --transport, --url and --soak go
  --help             print this

Exit code 0: everything was confirmed; 1: not everything; 2: it could not start, the one line on standard error says why.
`;

export type TransportName = "post" | "stream";

export interface LoadOptions {
  readonly help: boolean;
  readonly url: string;
  readonly transport: TransportName;
  readonly version: TransactionVersion;
  readonly save: string | undefined;
  readonly soak: boolean;
  readonly source:
    | {
        readonly replay: undefined;
        readonly tps: number;
        readonly duration: number;
        readonly accounts: number;
        readonly zipf: number;
        readonly token: boolean;
        readonly seed: string;
      }
    | { readonly replay: string; readonly tps: number | undefined };
}

const bad = (message: string) => new Failure("bad-option", message);

function number(flag: string, text: string, low: number, high: number, whole: boolean): number {
  const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high && (!whole || Number.isInteger(value))) return value;
  throw bad(`${flag} takes a ${whole ? "whole " : ""}number from ${low} to ${high}, not "${text}"`);
}

const OPTIONS = {
  tps: { type: "string" },
  duration: { type: "string" },
  accounts: { type: "string" },
  zipf: { type: "string" },
  token: { type: "boolean" },
  transport: { type: "string" },
  version: { type: "string" },
  url: { type: "string" },
  seed: { type: "string" },
  soak: { type: "boolean" },
  save: { type: "string" },
  replay: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Of a replay the file says the rest. */
const NOT_WITH_REPLAY = ["duration", "accounts", "zipf", "token", "seed", "save"] as const;

/** Throws a Failure for an option that is unknown, out of its range or does not go with another. */
export function parseOptions(args: readonly string[]): LoadOptions {
  const { values } = parseCommandLine("load", args, OPTIONS);
  const { url = "http://127.0.0.1:8899", transport = "stream", save, replay } = values;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    throw bad(`--url takes an http or https address, not "${url}"`);
  if (transport !== "post" && transport !== "stream") throw bad(`--transport is post or stream, not "${transport}"`);
  const { version = "0" } = values;
  if (version !== "0" && version !== "1") throw bad(`--version is 0 or 1, not "${version}"`);
  if (save === "" || replay === "") throw bad("--save and --replay take the name of a file");
  const tps = values.tps === undefined ? undefined : number("--tps", values.tps, 1, 1_000_000, true);
  const common = {
    help: values.help ?? false,
    url,
    transport,
    version: version === "1" ? 1 : 0,
    save,
    soak: values.soak ?? false,
  } as const;
  if (replay !== undefined) {
    const extra = NOT_WITH_REPLAY.find((name) => values[name] !== undefined);
    if (extra) throw bad(`--${extra} does not go with --replay: the file has it`);
    return { ...common, source: { replay, tps } };
  }
  return {
    ...common,
    source: {
      replay,
      tps: tps ?? 1_000,
      duration: number("--duration", values.duration ?? "10", 0.1, 86_400, false),
      accounts: number("--accounts", values.accounts ?? "1000", 2, 1_000_000, true),
      zipf: number("--zipf", values.zipf ?? "0", 0, 5, false),
      token: values.token ?? false,
      seed: values.seed ?? "load",
    },
  };
}
