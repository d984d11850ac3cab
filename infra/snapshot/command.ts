/** What `npm run snapshot` does: networks as files. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { compareBytes } from "../../shared/protocol/bytes.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { type Account, encodeAccountList } from "../../shared/state/accounts.ts";
import { onNewChain } from "../compat/cluster.ts";
import { formatAccountFile } from "../genesis/account-file.ts";
import { isBuiltIn } from "../genesis/accounts.ts";
import { parseCommandLine } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { RANGES } from "../network/index.ts";
import { DEFAULT_SHARDS, StateFolder } from "../network/state.ts";
import { wholeNumber } from "../network/whole-number.ts";
import { DEFAULT_STATE } from "../start/options.ts";
import { accountsOf, blocksOf, pagesOf, readNetwork } from "./source.ts";
import { checkName, type Manifest, SNAPSHOT_FORMAT, SnapshotStore } from "./store.ts";

export const HELP = `Networks as files: every account of one moment, in compressed pages that are named by their hashes.

Usage: npm run snapshot -- COMMAND [options]

  save [NAME]            of a running network (--url)
  load SNAPSHOT          begins a network with its accounts (--state, --shards): npm start goes on with it
  list                   what there is
  accounts SNAPSHOT DIR  a file for each account, as "solana account ... --output json" writes it
  blocks FILE            blocks of a running network (--url, --from, --to), one line of JSON each

  --dir DIR      folder of the snapshots (snapshots)
  --url URL      a running network (http://127.0.0.1:8899)
  --state DIR    state folder of the network that begins (.infinisvm); there must be none in it
  --shards N     its account shards (${DEFAULT_SHARDS})
  --from SLOT, --to SLOT   first and last block; all, if they are left out
  --help         print this

SNAPSHOT is a name, an id, or the beginning of an id. Exit code 2: it could not be done; the one line on standard error says why.
`;

const OPTIONS = {
  dir: { type: "string" },
  url: { type: "string" },
  state: { type: "string" },
  shards: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const DEFAULT_URL = "http://127.0.0.1:8899";
const MAX_SLOT = Number.MAX_SAFE_INTEGER;

export interface Saved {
  readonly id: string;
  readonly manifest: Manifest;
}

export async function save(store: SnapshotStore, url: string, name?: string): Promise<Saved> {
  if (name !== undefined) checkName(name);
  const { moment, ranges } = await readNetwork(url);
  const accounts = accountsOf(ranges);
  const pages = [...pagesOf(accounts)].map((some) => store.putPage(encodeAccountList(some)));
  const lamports = accounts.reduce((sum, account) => sum + account.lamports, 0n);
  const manifest: Manifest = {
    format: SNAPSHOT_FORMAT,
    ...moment,
    accounts: accounts.length,
    lamports: String(lamports),
    pages,
  };
  return { id: store.put(manifest, name), manifest };
}

/** All accounts of a snapshot, checked. Throws a Failure where they are not what the manifest says. */
export function loadAccounts(store: SnapshotStore, manifest: Manifest): Account[] {
  const accounts = [...store.accounts(manifest)].flat();
  const lamports = accounts.reduce((sum, account) => sum + account.lamports, 0n);
  const isOrdered = accounts.every(({ key }, i) => i === 0 || compareBytes(accounts[i - 1]!.key, key) < 0);
  if (accounts.length === manifest.accounts && String(lamports) === manifest.lamports && isOrdered) return accounts;
  throw new Failure("bad-snapshot", "the snapshot's accounts are not those that its manifest counts");
}

/** Begins a network in a state folder that has none. Its builder and faucet are new: a snapshot has no keys. */
export async function load(store: SnapshotStore, manifest: Manifest, state: string, shards: number): Promise<void> {
  const accounts = loadAccounts(store, manifest)
    .filter(({ key }) => !isBuiltIn(encodeBase58(key)))
    .map(onNewChain);
  const folder = await StateFolder.take(resolve(state));
  try {
    const { created } = await folder.load({ shards, accounts: encodeAccountList(accounts) });
    if (!created) {
      throw new Failure("state-in-use", `${state} has a network already: --state DIR names another folder`);
    }
  } finally {
    folder.release();
  }
}

export function writeAccounts(store: SnapshotStore, manifest: Manifest, folder: string): number {
  mkdirSync(folder, { recursive: true });
  const accounts = loadAccounts(store, manifest);
  for (const account of accounts) {
    writeFileSync(join(folder, `${encodeBase58(account.key)}.json`), formatAccountFile(account));
  }
  return accounts.length;
}

export async function writeBlocks(url: string, file: string, from: number, to: number | undefined): Promise<number> {
  const out = openSync(file, "w");
  let count = 0;
  try {
    for await (const block of blocksOf(url, from, to)) {
      writeSync(out, `${block}\n`);
      count++;
    }
  } finally {
    closeSync(out);
  }
  return count;
}

const amount = (bytes: number): string =>
  bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`;

function table(store: SnapshotStore): string {
  const rows = store.list().map(({ id, names, manifest, storedBytes }) => {
    const { slot, accounts, unixTimestamp } = manifest;
    const time = new Date(unixTimestamp * 1000).toISOString().slice(0, 19);
    return `${id.slice(0, 12)}  ${names.join(", ").padEnd(20)}  slot ${slot}  ${time}  ${accounts} accounts  ${amount(storedBytes)}`;
  });
  return rows.length === 0 ? "there are no snapshots\n" : `${rows.join("\n")}\n`;
}

/** What is printed. */
export async function snapshotCommand(args: readonly string[]): Promise<string> {
  const { values, positionals } = parseCommandLine("snapshot", args, OPTIONS, true);
  const [command = "help", ...operands] = positionals;
  if (values.help || command === "help") return HELP;
  const store = new SnapshotStore(resolve(values.dir ?? "snapshots"));
  const url = (values.url ?? DEFAULT_URL).replace(/\/$/, "");
  const [first, second, third] = operands;
  if (third !== undefined) throw new Failure("bad-option", `"${third}" is one too many (npm run snapshot -- --help)`);
  const needs = (what: string, operand: string | undefined): string => {
    if (operand !== undefined) return operand;
    throw new Failure("bad-option", `snapshot ${command} needs ${what} (npm run snapshot -- --help)`);
  };
  switch (command) {
    case "save": {
      const { id, manifest } = await save(store, url, first);
      return `${id}\n${manifest.accounts} accounts as of slot ${manifest.slot}, ${manifest.pages.length} pages\n`;
    }
    case "load": {
      const { id, manifest } = store.find(needs("a snapshot", first));
      const state = values.state ?? DEFAULT_STATE;
      const shards = wholeNumber("--shards", values.shards ?? String(DEFAULT_SHARDS), RANGES.shards);
      await load(store, manifest, state, shards);
      return `${id.slice(0, 12)}: ${manifest.accounts} accounts on ${shards} shards in ${state}; npm start goes on\n`;
    }
    case "list":
      return table(store);
    case "accounts": {
      const { manifest } = store.find(needs("a snapshot", first));
      const count = writeAccounts(store, manifest, needs("a folder", second));
      return `${count} files in ${second}\n`;
    }
    case "blocks": {
      const file = needs("a file", first);
      const slot = (flag: string, text: string) => wholeNumber(flag, text, [0, MAX_SLOT]);
      const to = values.to === undefined ? undefined : slot("--to", values.to);
      const count = await writeBlocks(url, file, slot("--from", values.from ?? "0"), to);
      return `${count} blocks in ${file}\n`;
    }
    default:
      throw new Failure("bad-option", `there is no command "${command}": save, load, list, accounts, blocks`);
  }
}
