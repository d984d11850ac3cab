/** The command line of `npm run program`. */
import { homedir } from "node:os";
import { join } from "node:path";
import { parseCommandLine, usage } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";

export const HELP = `Deploys programs to a running network and looks after them, as "solana program" does.

Usage: ${usage("program")} COMMAND ... [options]

  deploy FILE.so                a new program, or an upgrade where --program-id is one already
  upgrade FILE.so               an upgrade; --program-id ADDRESS
  write-buffer FILE.so          only into a buffer, to be deployed later with --buffer
  show ADDRESS                  what is there; show --programs, show --buffers: all that --authority owns
  dump ADDRESS FILE.so          the program's ELF, or what a buffer holds
  set-authority ADDRESS         --new-authority KEY|ADDRESS, or --final: nobody, for ever
  extend ADDRESS BYTES          room for a longer program
  close ADDRESS                 gives the lamports back; close --buffers: all buffers of --authority
  keygen FILE.json              a new key file; prints its address

  --program-id KEY|ADDRESS      (FILE-keypair.json beside FILE.so, made when it is not there)
  --authority KEY               may upgrade and close (the payer)
  --payer KEY                   pays (~/.config/solana/id.json)
  --buffer KEY|ADDRESS          instead of the one derived from authority, network, program id and file
  --max-len BYTES               what a new program may grow to (its length)
  --recipient ADDRESS           gets what close gives back (the payer)
  --airdrop SOL                 asks the network's faucet for so much first
  --url URL                     JSON-RPC of the network (http://127.0.0.1:8899)
  --final                       deploy, set-authority: nobody can change the program afterwards
  --bypass-warning              close a program, although its address can never be used again
  --json                        the result as one JSON object
  --quiet                       no progress

KEY is a key file of the Solana CLI. An interrupted deploy, upgrade or write-buffer continues when it is run again: only the parts
that the buffer lacks are written. Exit code 2: refused, and the one line on standard error says why.
`;

const OPTIONS = {
  "program-id": { type: "string" },
  authority: { type: "string" },
  "upgrade-authority": { type: "string" },
  payer: { type: "string" },
  buffer: { type: "string" },
  "max-len": { type: "string" },
  recipient: { type: "string" },
  "new-authority": { type: "string" },
  airdrop: { type: "string" },
  url: { type: "string", short: "u" },
  final: { type: "boolean" },
  programs: { type: "boolean" },
  buffers: { type: "boolean" },
  "bypass-warning": { type: "boolean" },
  json: { type: "boolean" },
  quiet: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Operands of each command: fewest and most. */
const COMMANDS = {
  deploy: [1, 1],
  upgrade: [1, 1],
  "write-buffer": [1, 1],
  show: [0, 1],
  dump: [2, 2],
  "set-authority": [1, 1],
  extend: [2, 2],
  close: [0, 1],
  keygen: [1, 1],
} as const;
export type Command = keyof typeof COMMANDS;

type Option = keyof typeof OPTIONS;
const ALL: readonly Option[] = ["url", "payer", "json", "quiet", "help"];
const AUTHORITY: readonly Option[] = ["authority", "upgrade-authority"];
/** Which options go with which command, beside those that say where and how: all commands take these. */
const TAKES: Readonly<Record<Command, readonly Option[]>> = {
  deploy: [...AUTHORITY, "airdrop", "program-id", "buffer", "max-len", "final"],
  upgrade: [...AUTHORITY, "airdrop", "program-id", "buffer", "final"],
  "write-buffer": [...AUTHORITY, "airdrop", "buffer"],
  show: [...AUTHORITY, "programs", "buffers"],
  dump: [],
  "set-authority": [...AUTHORITY, "airdrop", "new-authority", "final"],
  extend: ["airdrop"],
  close: [...AUTHORITY, "airdrop", "buffers", "recipient", "bypass-warning"],
  keygen: [],
};
/** Pairs of which only one can be meant. */
const EITHER: readonly (readonly [Option, Option])[] = [
  ["authority", "upgrade-authority"],
  ["programs", "buffers"],
];

type Values = ReturnType<typeof parse>["values"];
export interface ProgramOptions {
  readonly command: Command | "help";
  readonly operands: readonly string[];
  readonly values: Values;
  readonly url: string;
  /** Key file of the payer. */
  readonly payer: string;
}

const DEFAULT_URL = "http://127.0.0.1:8899";
const SEE_HELP = `${usage("program")} --help lists the commands`;

function parse(args: readonly string[]) {
  return parseCommandLine("program", args, OPTIONS, true);
}

/** Throws a Failure for a command line that says nothing that can be done. */
export function parseProgramOptions(args: readonly string[]): ProgramOptions {
  const { values, positionals } = parse(args);
  const url = values.url ?? DEFAULT_URL;
  const payer = values.payer ?? join(homedir(), ".config/solana/id.json");
  const [command, ...operands] = positionals;
  if (values.help || command === undefined) return { command: "help", operands: [], values, url, payer };
  if (!Object.hasOwn(COMMANDS, command)) throw new Failure("bad-option", `no command "${command}"; ${SEE_HELP}`);
  const known = command as Command;
  for (const option of Object.keys(values) as Option[]) {
    if (ALL.includes(option) || TAKES[known].includes(option)) continue;
    throw new Failure("bad-option", `--${option} does not go with ${command}; ${SEE_HELP}`);
  }
  for (const [one, other] of EITHER) {
    if (values[one] === undefined || values[other] === undefined) continue;
    throw new Failure("bad-option", `either --${one} or --${other}, not both; ${SEE_HELP}`);
  }
  const [fewest, most] = COMMANDS[known];
  const all = values.buffers || values.programs;
  if (operands.length < fewest || operands.length > most || (fewest === 0 && !all === (operands.length === 0))) {
    throw new Failure("bad-option", `${command} does not take ${operands.length} operands here; ${SEE_HELP}`);
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Failure("bad-option", `--url takes the http URL of a JSON-RPC, not "${url}"`);
  }
  return { command: known, operands, values, url, payer };
}
