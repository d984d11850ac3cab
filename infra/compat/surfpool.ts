/** `surfpool start`: a network for development under the name, with the options and the first line of Surfpool's. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { NO_FAUCET_LIMITS } from "../../shared/faucet/limits.ts";
import type { ForkOptions } from "../fork/index.ts";
import { addressBytes, addressOf, readKeyFile } from "../genesis/key-file.ts";
import { Failure } from "../network/failure.ts";
import { DEFAULT_PORT, type LogSink, RANGES, startNetwork } from "../network/index.ts";
import { accessFromEnvironment } from "./access.ts";
import { readWorkspace } from "./anchor-workspace.ts";
import { helpText, type Parsed, parseArguments } from "./clap.ts";
import { Cluster, clone, clusterUrl } from "./cluster.ts";
import { packageVersion } from "./dashboard.ts";
import { Genesis } from "./genesis.ts";
import { endBy, signalled } from "./signals.ts";
import { NOT_HONOURED, SURFPOOL_START } from "./surfpool-options.ts";
import { readSnapshot } from "./surfpool-snapshot.ts";

const DEFAULT_KEYPAIR = "~/.config/solana/id.json";
const AIRDROP_LAMPORTS = 10_000_000_000_000n;
const NETWORKS: Readonly<Record<string, string>> = { mainnet: "mainnet-beta", devnet: "devnet", testnet: "testnet" };
const EXIT_USAGE = 2;

const LEVELS = ["error", "warn", "info"] as const;
type Level = (typeof LEVELS)[number];

/** Prints what `--log-level` lets through, in the form of Surfpool's lines. */
function printer(parsed: Parsed): LogSink {
  const wanted = (parsed.value("log-level") ?? "info").toLowerCase();
  const most = wanted === "none" || wanted === "off" ? -1 : LEVELS.indexOf(wanted as Level);
  const last = most < 0 && wanted !== "none" && wanted !== "off" ? LEVELS.length - 1 : most;
  return (level, message) => {
    if (LEVELS.indexOf(level) > last) return;
    const [, month, day, , time] = new Date().toString().split(" ");
    process.stdout.write(`${month} ${day} ${time} ${level.toUpperCase()} ${message}\n`);
  };
}

const home = (path: string): string => path.replace(/^~(?=\/)/, homedir());

function airdrops(parsed: Parsed, genesis: Genesis, log: LogSink): void {
  const lamports = BigInt(parsed.value("airdrop-amount") ?? AIRDROP_LAMPORTS);
  for (const address of parsed.all("airdrop")) {
    const key = addressBytes(address);
    if (key) genesis.wallet(key, lamports);
    else log("warn", `Unable to airdrop pubkey ${address}: it is no address`);
  }
  const files = parsed.has("airdrop-keypair-path") ? parsed.all("airdrop-keypair-path") : [DEFAULT_KEYPAIR];
  for (const file of files.map(home)) {
    if (existsSync(file)) genesis.wallet(readKeyFile(file).publicKey, lamports);
    else log("info", `No keypair found at provided path ${file}; skipping airdrop for that keypair`);
  }
}

/** Null: whatever the options say, nothing is to be fetched. */
function clusterOf(parsed: Parsed): Cluster | null {
  const name = parsed.value("network");
  const url = parsed.value("rpc-url") ?? (name && NETWORKS[name]) ?? process.env.SURFPOOL_DATASOURCE_RPC_URL;
  return parsed.has("offline") ? null : new Cluster(url ?? "mainnet-beta");
}

/** Undefined: no cluster is named. Surfpool's mainnet without a name would be asked for every address of a test. */
function forkOf(parsed: Parsed): ForkOptions | undefined {
  const name = parsed.value("network");
  const url = parsed.value("rpc-url") ?? (name && NETWORKS[name]) ?? process.env.SURFPOOL_DATASOURCE_RPC_URL;
  return parsed.has("offline") || url === undefined ? undefined : { url: clusterUrl(url) };
}

async function genesisOf(parsed: Parsed, log: LogSink): Promise<Uint8Array | undefined> {
  const warn = (line: string) => log("warn", line);
  const genesis = new Genesis(warn);
  const cluster = clusterOf(parsed);
  const wanted: string[] = [];
  airdrops(parsed, genesis, log);
  for (const path of parsed.all("snapshot")) {
    const { accounts, missing } = readSnapshot(path);
    genesis.add(accounts);
    wanted.push(...missing);
  }
  for (const folder of parsed.all("account-dir")) genesis.option({ flag: "account-dir", values: [folder] });
  const workspace = parsed.has("no-deploy")
    ? undefined
    : readWorkspace(
        dirname(parsed.value("manifest-file-path") ?? "./txtx.yml"),
        parsed.all("anchor-test-config-path"),
        warn,
      );
  if (workspace) {
    for (const { address, file } of workspace.accounts) genesis.option({ flag: "account", values: [address, file] });
    for (const folder of workspace.accountFolders) genesis.option({ flag: "account-dir", values: [folder] });
    wanted.push(...workspace.clones);
  }
  if (wanted.length > 0 && cluster === null) warn(`not cloned, because of --offline: ${wanted.join(", ")}`);
  if (wanted.length > 0 && cluster !== null) {
    const accounts = wanted.map((address) => addressOf(address, "clone"));
    genesis.add(await clone(cluster, { accounts, maybe: [], programs: [], tables: [] }, warn));
  }
  const wallet = workspace?.wallet ?? home(DEFAULT_KEYPAIR);
  const authority = existsSync(wallet) ? wallet : "none";
  for (const { id, file, upgradeable } of workspace?.programs ?? []) {
    genesis.upgradeableProgram(id, file, upgradeable ? authority : "none");
    log("info", `${id} is ${file}`);
  }
  for (const [id, file] of parsed.each("bpf-program") as [string, string][]) genesis.program(id, file);
  for (const [id, file, owner] of parsed.each("upgradeable-program") as [string, string, string][]) {
    genesis.upgradeableProgram(id, file, owner);
  }
  return genesis.list();
}

/** The folder of a network that is kept; undefined: of one that is not. */
function stateOf(parsed: Parsed): string | undefined {
  const database = parsed.value("db");
  if (database === undefined || database === ":memory:") return undefined;
  if (/^postgres(ql)?:/.test(database)) throw new Failure("bad-option", "--db takes a file: there is no Postgres here");
  const id = parsed.value("surfnet-id") ?? "default";
  if (!/^[\w.-]{1,64}$/.test(id)) throw new Failure("bad-option", `--surfnet-id "${id}" is no name for a folder`);
  return resolve(`${database.replace(/\.sqlite$/, "")}.${id}.infinisvm`);
}

async function start(parsed: Parsed): Promise<number> {
  const log = printer(parsed);
  for (const long of parsed.names()) {
    const why = NOT_HONOURED[long];
    if (why !== undefined) log("warn", `--${long} is not honoured: ${why}`);
  }
  if (parsed.value("block-production-mode") === "manual") {
    log("warn", "--block-production-mode manual is not honoured: surfnet_pauseClock stops the clock");
  }
  const fork = forkOf(parsed);
  if (!fork && !parsed.has("offline")) {
    log("info", "nothing is fetched from another cluster on demand: --network or --rpc-url says from which");
  }
  const state = stateOf(parsed);
  if (state !== undefined) mkdirSync(dirname(state), { recursive: true });
  const isContinued = state !== undefined && existsSync(join(state, "network.json"));
  const accounts = isContinued ? undefined : await genesisOf(parsed, log);
  const slotTime = parsed.value("slot-time");
  const host = process.env.SURFPOOL_NETWORK_HOST ?? parsed.value("host");
  const wsPort = parsed.value("ws-port");
  const [low, high] = RANGES.slotMs;
  const network = await startNetwork({
    port: Number(parsed.value("port") ?? DEFAULT_PORT),
    guarded: true,
    dev: true,
    // As Surfpool's, which has none; accounts can be set anyway.
    faucetLimits: NO_FAUCET_LIMITS,
    log,
    ...accessFromEnvironment(),
    ...(state !== undefined && { state }),
    ...(wsPort !== undefined && { wsPort: Number(wsPort) }),
    ...(host !== undefined && { host }),
    ...(slotTime !== undefined && { slotMs: Math.min(high, Math.max(low, Number(slotTime))) }),
    ...(accounts && { accounts }),
    ...(fork && { fork }),
  });
  const signal = signalled();
  const ws = wsPort === undefined ? network.wsUrl : network.wsUrl.replace(/\d+$/, wsPort);
  log("info", `Surfnet up and running, emulating local Solana validator (RPC: ${network.rpcUrl}, WS: ${ws})`);
  const ended = await signal;
  await network.stop();
  return await endBy(ended);
}

function startDetached(args: readonly string[]): number {
  const rest = args.filter((arg) => arg !== "--daemon");
  const [node = process.execPath, main = ""] = process.argv;
  const flags = [...process.execArgv, main, "surfpool", "start", ...rest];
  const child = spawn(node, flags, { detached: true, stdio: "ignore" });
  child.unref();
  process.stdout.write(`Surfnet starts in the background (process ${child.pid})\n`);
  return 0;
}

/** Runs until a signal. Throws a Failure, or a UsageError, for what cannot be started. */
export async function surfpool([command, ...args]: readonly string[]): Promise<number> {
  if (command === "--version" || command === "-V") {
    process.stdout.write(`surfpool ${packageVersion()} (InfiniSVM)\n`);
    return 0;
  }
  if (command === "start" || command === "simnet") {
    const parsed = parseArguments(SURFPOOL_START, args);
    if (parsed.has("daemon")) return startDetached(args);
    if (!parsed.has("help")) return await start(parsed);
  }
  if (["start", "simnet", "help", "--help", "-h"].includes(command ?? "")) {
    process.stdout.write(helpText(SURFPOOL_START));
    return 0;
  }
  const what = command === undefined ? "a subcommand is required" : `unrecognized subcommand '${command}'`;
  process.stderr.write(`error: ${what}; this surfpool, which is InfiniSVM's, has \`start\` only\n`);
  return EXIT_USAGE;
}
