/** The options of solana-test-validator (Agave: validator/src/cli.rs, `test_app`), and which of them mean nothing here. */
import { statSync } from "node:fs";
import { addressOf } from "../genesis/key-file.ts";
import { MAX_PORT } from "../network/ports.ts";
import { type Command, isNumber, type Option } from "./clap.ts";
import { isUrlOrMoniker } from "./cluster.ts";

const U64_MAX = (1n << 64n) - 1n;
const isPort = isNumber(1n, BigInt(MAX_PORT));
const isU64 = isNumber(0n, U64_MAX);

function isKey(value: string): string | undefined {
  try {
    addressOf(value, "ADDRESS");
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function isFolder(value: string): string | undefined {
  if (statSync(value, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  return `path does not exist or is not a directory: ${value}`;
}

function isSol(value: string): string | undefined {
  return /^\d+(\.\d{1,9})?$/.test(value) ? undefined : "not an amount of SOL";
}

const clones = (long: string, help: string, short?: string): Option => ({
  long,
  ...(short !== undefined && { short }),
  values: ["ADDRESS"],
  greedy: true,
  multiple: true,
  requires: "url",
  check: isKey,
  help,
});

/** Accepted, and named in one line: nothing here can honour them. By the name of the option. */
export const NOT_HONOURED: Readonly<Record<string, string>> = {
  "slots-per-epoch": "an epoch always has 432,000 slots; surfnet_timeTravel of a network with --dev moves to another",
  "clone-feature-set": "all features of Agave 4 are active, and no others",
  "deactivate-feature": "all features of Agave 4 are active, and stay so",
  "compute-unit-limit": "a transaction's limit is that of mainnet",
  "log-messages-bytes-limit": "logs are cut as on mainnet",
  "transaction-account-lock-limit": "a transaction's limit of locks is that of mainnet",
  "geyser-plugin-config": "there are no plugins; /v1/blocks and /v1/feed have what they would see",
  "faucet-sol": "the faucet has 500 million SOL",
  "gossip-port": "there is no gossip",
  "gossip-host": "there is no gossip",
  "dynamic-port-range": "the RPC, the WebSocket and the faucet have the only ports",
  "enable-rpc-bigtable-ledger-storage": "there is no BigTable",
  "enable-bigtable-ledger-upload": "there is no BigTable",
  "rpc-bigtable-instance": "there is no BigTable",
  "rpc-bigtable-app-profile-id": "there is no BigTable",
};

/** Of a ledger that is there already: its genesis is what it is. */
export const ONLY_AT_GENESIS = [
  "bpf-program",
  "upgradeable-program",
  "clone",
  "maybe-clone",
  "clone-upgradeable-program",
  "deep-clone-address-lookup-table",
  "account",
  "account-dir",
  "mint",
  "warp-slot",
];

const sol = (long: string, help: string): Option => ({ long, values: ["SOL"], optional: true, check: isSol, help });

export const TEST_VALIDATOR: Command = {
  name: "solana-test-validator",
  about: "Test Validator",
  clap: 2,
  options: [
    { long: "config", short: "C", values: ["PATH"], help: "Configuration file to use" },
    {
      long: "url",
      short: "u",
      values: ["URL_OR_MONIKER"],
      check: isUrlOrMoniker,
      help: "The cluster to clone from: a URL, or mainnet-beta, testnet, devnet, localhost",
    },
    { long: "mint", values: ["PUBKEY"], check: isKey, help: "Gets 500 million SOL [default: client keypair]" },
    { long: "ledger", short: "l", values: ["DIR"], help: "Use DIR as ledger location [default: test-ledger]" },
    { long: "reset", short: "r", help: "Begin a new ledger if there is one" },
    { long: "quiet", short: "q", conflicts: "log", help: "Print nothing" },
    { long: "log", conflicts: "quiet", help: "Stream the log to standard error" },
    {
      long: "account-index",
      values: ["INDEX"],
      greedy: true,
      multiple: true,
      check: (value) => (/^(program-id|spl-token-(owner|mint))$/.test(value) ? undefined : "no such index"),
      help: "Always there",
    },
    { long: "faucet-port", values: ["PORT"], check: isPort, help: "Enable the faucet on this port [default: 9900]" },
    {
      long: "rpc-faucet-address",
      values: ["HOST:PORT"],
      check: (value) => (/:\d{1,5}$/.test(value) ? undefined : "expected HOST:PORT"),
      help: "As --faucet-port: only the port counts",
    },
    {
      long: "rpc-port",
      values: ["PORT"],
      check: isPort,
      help: "JSON RPC on this port, the WebSocket on the next one [default: 8899]",
    },
    { long: "enable-rpc-bigtable-ledger-storage", help: "Not honoured" },
    { long: "enable-bigtable-ledger-upload", help: "Not honoured" },
    { long: "rpc-bigtable-instance", values: ["INSTANCE_NAME"], help: "Not honoured" },
    { long: "rpc-bigtable-app-profile-id", values: ["APP_PROFILE_ID"], help: "Not honoured" },
    { long: "rpc-pubsub-enable-vote-subscription", help: "Always there" },
    { long: "rpc-pubsub-enable-block-subscription", help: "Always there" },
    {
      long: "bpf-program",
      values: ["ADDRESS_OR_KEYPAIR", "SBF_PROGRAM.SO"],
      multiple: true,
      help: "A program of the genesis, with upgrades disabled",
    },
    {
      long: "upgradeable-program",
      values: ["ADDRESS_OR_KEYPAIR", "SBF_PROGRAM.SO", "UPGRADE_AUTHORITY"],
      multiple: true,
      help: 'A program of the genesis that UPGRADE_AUTHORITY can upgrade; "none": nobody',
    },
    {
      long: "account",
      values: ["ADDRESS", "DUMP.JSON"],
      multiple: true,
      help: 'An account as "solana account --output json" writes it, at ADDRESS; "-": at its own',
    },
    {
      long: "account-dir",
      values: ["DIRECTORY"],
      greedy: true,
      multiple: true,
      check: isFolder,
      help: "All such files of a folder",
    },
    {
      long: "ticks-per-slot",
      values: ["TICKS"],
      check: isNumber(2n, U64_MAX),
      help: "6.25 ms each, at least 10 ms and at most 10 s a slot [default: 8]",
    },
    { long: "slots-per-epoch", values: ["SLOTS"], check: isNumber(32n, U64_MAX), help: "Not honoured" },
    { long: "gossip-port", values: ["PORT"], help: "Not honoured" },
    { long: "gossip-host", values: ["HOST"], help: "Not honoured" },
    { long: "dynamic-port-range", values: ["MIN_PORT-MAX_PORT"], help: "Not honoured" },
    { long: "bind-address", values: ["HOST"], help: "Address to listen on [default: 127.0.0.1]" },
    clones("clone", "Copy an account, a program with its code, from the cluster of --url", "c"),
    clones("maybe-clone", "The same, left out where it does not exist"),
    clones("clone-upgradeable-program", "Copy an upgradeable program from the cluster of --url"),
    clones("deep-clone-address-lookup-table", "Copy a lookup table and the accounts that it names"),
    {
      long: "warp-slot",
      short: "w",
      values: ["WARP_SLOT"],
      optional: true,
      check: isU64,
      help: "Go on from this slot; without a value from that of the cluster of --url",
    },
    { long: "limit-ledger-size", values: ["SHRED_COUNT"], help: "Everything is kept" },
    { long: "faucet-sol", values: ["SOL"], check: isSol, help: "Not honoured" },
    {
      long: "faucet-time-slice-secs",
      values: ["SECS"],
      check: isNumber(1n, 1_000_000n),
      help: "Time slice of --faucet-per-time-sol-cap [default: 60]",
    },
    sol("faucet-per-time-sol-cap", "What a recipient gets within a time slice [default: no limit]"),
    sol("faucet-per-request-sol-cap", "What a request gets at most [default: no limit]"),
    {
      long: "geyser-plugin-config",
      aliases: ["accountsdb-plugin-config"],
      values: ["FILE"],
      greedy: true,
      multiple: true,
      help: "Not honoured",
    },
    {
      long: "deactivate-feature",
      values: ["FEATURE_PUBKEY"],
      greedy: true,
      multiple: true,
      check: isKey,
      help: "Not honoured",
    },
    {
      long: "compute-unit-limit",
      aliases: ["max-compute-units"],
      values: ["COMPUTE_UNITS"],
      check: isU64,
      help: "Not honoured",
    },
    { long: "log-messages-bytes-limit", values: ["BYTES"], check: isU64, help: "Not honoured" },
    { long: "transaction-account-lock-limit", values: ["NUM_ACCOUNTS"], check: isU64, help: "Not honoured" },
    { long: "clone-feature-set", requires: "url", help: "Not honoured" },
  ],
};
