/** The options of `surfpool start` (Surfpool: crates/cli/src/cli/mod.rs, `StartSimnet`), and which of them mean nothing here. */
import { MAX_PORT } from "../network/ports.ts";
import { type Command, isNumber, type Option } from "./clap.ts";
import { isUrlOrMoniker } from "./cluster.ts";

const U64_MAX = (1n << 64n) - 1n;
const isPort = isNumber(1n, BigInt(MAX_PORT));
const oneOf =
  (...names: readonly string[]) =>
  (value: string): string | undefined =>
    names.includes(value) ? undefined : `possible values: ${names.join(", ")}`;

/** Accepted, and named in one line: nothing here can honour them. By the name of the option. */
export const NOT_HONOURED: Readonly<Record<string, string>> = {
  runbook: "there are no runbooks; the programs in target/deploy are there from the start",
  "runbook-input": "there are no runbooks",
  watch: "programs are not deployed again when their files change",
  "geyser-plugin-config": "there are no plugins; /v1/blocks and /v1/feed have what they would see",
  "subgraph-db": "there are no subgraphs",
  "studio-port": "there is no studio",
  feature: "all features of Agave 4 are active, and no others",
  "disable-feature": "all features of Agave 4 are active, and stay so",
  "skip-signature-verification": "signatures are always verified",
};

const ignored = (long: string, help: string, rest: Partial<Option> = {}): Option => ({ long, help, ...rest });
const several = (value: string) => ({ values: [value], multiple: true });

export const SURFPOOL_START: Command = {
  name: "surfpool start",
  about: "Starts a local network with the methods surfnet_*",
  clap: 4,
  options: [
    {
      long: "manifest-file-path",
      short: "m",
      values: ["MANIFEST_PATH"],
      help: "Its folder is that of the project [default: ./txtx.yml]",
    },
    { long: "port", short: "p", values: ["SIMNET_PORT"], check: isPort, help: "RPC port [default: 8899]" },
    { long: "ws-port", short: "w", values: ["WS_PORT"], check: isPort, help: "WebSocket, beside the RPC port + 1" },
    { long: "host", short: "o", values: ["NETWORK_HOST"], help: "Address to listen on [default: 127.0.0.1]" },
    { long: "slot-time", short: "t", values: ["SLOT_TIME"], check: isNumber(1n, U64_MAX), help: "Milliseconds" },
    {
      long: "block-production-mode",
      short: "b",
      values: ["MODE"],
      check: oneOf("clock", "transaction", "manual"),
      help: "clock and transaction: a block at the end of each slot that has transactions",
    },
    {
      long: "rpc-url",
      short: "u",
      values: ["RPC_URL"],
      conflicts: "network",
      check: isUrlOrMoniker,
      help: "Where accounts come from that nobody here has",
    },
    {
      long: "network",
      short: "n",
      values: ["NETWORK"],
      conflicts: "rpc-url",
      check: oneOf("mainnet", "devnet", "testnet"),
      help: "The same, by name",
    },
    ignored("no-tui", "There is no terminal interface"),
    { long: "no-deploy", help: "Leave out the programs of the folder" },
    { long: "runbook", short: "r", ...several("RUNBOOKS"), help: "Not honoured" },
    ignored("yes", "Nothing is asked", { short: "y" }),
    { long: "airdrop", short: "a", ...several("AIRDROP_ADDRESSES"), help: "Addresses that get lamports" },
    {
      long: "airdrop-amount",
      short: "q",
      values: ["LAMPORTS"],
      check: isNumber(1n, U64_MAX),
      help: "How many [default: 10000000000000]",
    },
    {
      long: "airdrop-keypair-path",
      short: "k",
      ...several("AIRDROP_KEYPAIR_PATH"),
      help: "Key files whose addresses get them too [default: ~/.config/solana/id.json]",
    },
    ignored("watch", "Not honoured"),
    ignored("geyser-plugin-config", "Not honoured", { short: "g", ...several("PLUGIN_CONFIG_PATH") }),
    ignored("subgraph-db", "Not honoured", { short: "d", values: ["SUBGRAPH_DB"] }),
    ignored("no-studio", "There is no studio"),
    ignored("studio-port", "Not honoured", { short: "s", values: ["STUDIO_PORT"] }),
    { long: "offline", help: "Fetch nothing from another cluster" },
    ignored("disable-instruction-profiling", "Profiles are made when they are asked for"),
    {
      long: "log-level",
      short: "l",
      values: ["LOG_LEVEL"],
      help: 'What is printed: "error", "none", or all from "info" on [default: info]',
    },
    ignored("log-path", "Nothing is written to files", { values: ["LOG_DIR"] }),
    ignored("max-profiles", "No profile is kept", { short: "c", values: ["MAX_PROFILES"] }),
    ignored("log-bytes-limit", "Logs are cut as on mainnet", { values: ["LOG_BYTES_LIMIT"] }),
    { long: "daemon", help: "Go on in the background" },
    ignored("ci", "Nothing to switch off"),
    ignored("legacy-anchor-compatibility", "Always so"),
    {
      long: "anchor-test-config-path",
      ...several("ANCHOR_TEST_CONFIG_PATHS"),
      help: "Files Test.toml whose programs and accounts are taken too",
    },
    ignored("feature", "Not honoured", { short: "f", ...several("FEATURES") }),
    ignored("disable-feature", "Not honoured", several("DISABLE_FEATURES")),
    ignored("features-all", "Always so"),
    ignored("runbook-input", "Not honoured", { short: "i", ...several("RUNBOOK_INPUT") }),
    { long: "db", values: ["DB"], help: "Keep the network in a folder beside this file from one start to the next" },
    { long: "surfnet-id", values: ["SURFNET_ID"], help: "Which of the networks of --db [default: default]" },
    {
      long: "snapshot",
      ...several("SNAPSHOT"),
      help: "JSON files of accounts, as surfnet_exportSnapshot answers them",
    },
    ignored("skip-signature-verification", "Not honoured"),
    {
      long: "bpf-program",
      values: ["ADDRESS", "FILE.so"],
      multiple: true,
      help: "A program of the genesis, with upgrades disabled",
    },
    {
      long: "upgradeable-program",
      values: ["ADDRESS", "FILE.so", "UPGRADE_AUTHORITY"],
      multiple: true,
      help: "One that UPGRADE_AUTHORITY can upgrade",
    },
    { long: "account-dir", ...several("DIRECTORY"), help: "Account files of a folder" },
  ],
};
