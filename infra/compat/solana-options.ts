/** The commands of `solana` that tools call, with their options (Agave: cli/src/clap_app.rs, cli/src/program.rs). */
import type { Command, Option } from "./clap.ts";
import { isUrlOrMoniker } from "./cluster.ts";

const flag = (long: string, help: string, short?: string): Option => ({ long, help, ...(short && { short }) });
const value = (long: string, name: string, help: string, short?: string): Option => ({
  long,
  values: [name],
  help,
  ...(short && { short }),
});

/** Taken by every command, before or behind its name. */
export const GLOBAL: readonly Option[] = [
  value("config", "FILEPATH", "Configuration file to use", "C"),
  { ...value("url", "URL_OR_MONIKER", "URL of the JSON RPC, or localhost", "u"), check: isUrlOrMoniker },
  value("ws", "URL", "URL of the WebSocket"),
  value("keypair", "KEYPAIR", "Key file of the client", "k"),
  {
    ...value("commitment", "COMMITMENT_LEVEL", "processed, confirmed or finalized"),
    check: (text) => (/^(processed|confirmed|finalized)$/.test(text) ? undefined : `'${text}' isn't a valid value`),
  },
  {
    ...value("output", "FORMAT", "json or json-compact"),
    check: (text) => (/^(json|json-compact)$/.test(text) ? undefined : `'${text}' isn't a valid value`),
  },
  flag("verbose", "Accepted", "v"),
  flag("no-address-labels", "Accepted"),
  value("rpc-timeout", "SECONDS", "Accepted"),
  value("confirm-transaction-initial-timeout", "SECONDS", "Accepted"),
  flag("use-quic", "Accepted"),
  flag("use-udp", "Accepted"),
  flag("use-tpu-client", "Accepted"),
  flag("skip-seed-phrase-validation", "Accepted"),
];

const authority = value("upgrade-authority", "KEYPAIR", "Key file of the upgrade authority [default: client keypair]");
const bufferAuthority = value(
  "buffer-authority",
  "KEYPAIR",
  "Key file of the buffer's authority [default: client keypair]",
);
const feePayer = value("fee-payer", "KEYPAIR", "Key file of who pays [default: client keypair]");
/** Nothing competes for a place in a block by its fee, and everything is sent over the RPC. */
const sending: readonly Option[] = [
  feePayer,
  value("with-compute-unit-price", "COMPUTE-UNIT-PRICE", "Accepted"),
  value("max-sign-attempts", "MAX_ATTEMPTS", "Accepted"),
  flag("use-rpc", "Always so"),
  flag("skip-fee-check", "Accepted"),
  flag("skip-preflight", "Accepted"),
  flag("skip-feature-verify", "Accepted"),
];

const command = (name: string, about: string, operands: readonly string[], options: readonly Option[]): Command => ({
  name: `solana ${name}`,
  about,
  clap: 2,
  operands,
  options: [...options, ...GLOBAL],
});

const LIST = [
  command("address", "The client's address", [], [flag("confirm-key", "Accepted")]),
  command(
    "account",
    "What an account holds",
    ["ACCOUNT_ADDRESS"],
    [value("output-file", "FILEPATH", "Write it there", "o"), flag("lamports", "Lamports instead of SOL")],
  ),
  command("airdrop", "SOL from the faucet", ["AMOUNT", "[RECIPIENT_ADDRESS]"], []),
  command("balance", "An account's balance", ["[ACCOUNT_ADDRESS]"], [flag("lamports", "Lamports instead of SOL")]),
  command("block-height", "The block height", [], []),
  command("cluster-version", "The version of the network", [], []),
  command("config get", "The configuration", ["[CONFIG_FIELD]"], []),
  command("config set", "Changes it: --url, --ws, --keypair, --commitment", [], []),
  command("confirm", "Whether a transaction is confirmed", ["TRANSACTION_SIGNATURE"], []),
  command("genesis-hash", "The genesis hash", [], []),
  command("logs", "Logs of transactions as they are confirmed", ["[ADDRESS]"], [flag("include-votes", "Accepted")]),
  command(
    "rent",
    "The rent-exempt minimum of an account",
    ["DATA_LENGTH"],
    [flag("lamports", "Lamports instead of SOL")],
  ),
  command("slot", "The slot", [], []),
  command("transaction-count", "How many transactions there were", [], []),
  command(
    "transfer",
    "Sends SOL",
    ["RECIPIENT_ADDRESS", "AMOUNT"],
    [
      value("from", "FROM_ADDRESS", "Key file of the sender [default: client keypair]"),
      feePayer,
      flag("allow-unfunded-recipient", "Always so"),
      flag("no-wait", "Accepted"),
      value("with-compute-unit-price", "COMPUTE-UNIT-PRICE", "Accepted"),
    ],
  ),
  command(
    "program deploy",
    "Deploys or upgrades a program",
    ["PROGRAM_FILEPATH"],
    [
      value("program-id", "PROGRAM_ID", "Key file or address of the program"),
      value("buffer", "BUFFER_SIGNER", "Key file or address of the buffer"),
      authority,
      value("max-len", "max_len", "What the program may grow to"),
      flag("final", "Nobody can upgrade it"),
      flag("no-auto-extend", "Accepted"),
      flag("allow-excessive-deploy-account-balance", "Accepted"),
      ...sending,
    ],
  ),
  command("program upgrade", "Upgrades a program", ["PROGRAM_FILEPATH", "PROGRAM_ID"], [authority, ...sending]),
  command(
    "program write-buffer",
    "Writes a program into a buffer",
    ["PROGRAM_FILEPATH"],
    [
      value("buffer", "BUFFER_SIGNER", "Key file of the buffer"),
      bufferAuthority,
      value("max-len", "max_len", "Accepted"),
      ...sending,
    ],
  ),
  command(
    "program show",
    "What a program or a buffer is",
    ["[ACCOUNT_ADDRESS]"],
    [
      flag("programs", "All of the authority's"),
      flag("buffers", "All of the authority's"),
      flag("all", "Accepted"),
      flag("lamports", "Lamports instead of SOL"),
      bufferAuthority,
    ],
  ),
  command("program dump", "Writes a program to a file", ["ACCOUNT_ADDRESS", "OUTPUT_LOCATION"], []),
  command(
    "program close",
    "Closes a program or a buffer",
    ["[ACCOUNT_ADDRESS]"],
    [
      flag("buffers", "All of the authority's"),
      flag("bypass-warning", "The program's address can never be used again"),
      flag("lamports", "Lamports instead of SOL"),
      {
        ...value("authority", "KEYPAIR", "Key file of the authority"),
        aliases: ["upgrade-authority", "buffer-authority"],
      },
      value("recipient", "RECIPIENT_ADDRESS", "Gets the lamports [default: client keypair]"),
      feePayer,
    ],
  ),
  command("program extend", "Makes room for a longer program", ["PROGRAM_ID", "ADDITIONAL_BYTES"], [feePayer]),
  command(
    "program set-upgrade-authority",
    "Changes who can upgrade a program",
    ["PROGRAM_ADDRESS"],
    [
      authority,
      value("new-upgrade-authority", "NEW_UPGRADE_AUTHORITY", "Key file, or address with the next option"),
      flag("skip-new-upgrade-authority-signer-check", "An address will do"),
      flag("final", "Nobody"),
      feePayer,
    ],
  ),
  command(
    "program set-buffer-authority",
    "Changes whose a buffer is",
    ["BUFFER_PUBKEY"],
    [bufferAuthority, value("new-buffer-authority", "NEW_BUFFER_AUTHORITY", "Address"), feePayer],
  ),
];

/** By their names, of one word or of two. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  LIST.map((one) => [one.name.slice("solana ".length), one]),
);
