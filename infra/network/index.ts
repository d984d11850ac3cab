/** A whole network on this machine, in one workerd process or in two. Used by `npm start`, the tests and the benchmarks. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { FaucetLimits } from "../../shared/faucet/limits.ts";
import type { LedgerSettings } from "../../shared/ledger/ledger-shape.ts";
import type { AccessList } from "../../shared/rpc/access.ts";
import { isStorageFault } from "../../shared/storage/room.ts";
import { isStale } from "../build/wasm.mjs";
import type { ForkPoint } from "../fork/cache.ts";
import { beginFork, checkForkOptions, type Fork, type ForkOptions, openFork } from "../fork/index.ts";
import { rpcCall } from "../start/rpc.ts";
import { type Budget, budgetOf, descriptorLimit } from "./descriptors.ts";
import { ensureDevMints } from "./dev-mints.ts";
import { Disk } from "./disk.ts";
import { Failure } from "./failure.ts";
import { type NetworkFile, networkVariable, objectNames } from "./genesis.ts";
import { Guard } from "./guard.ts";
import type { Keypair } from "./keypair.ts";
import { checkPort, checkPortPair, findPortPair, MAX_PORT } from "./ports.ts";
import { killAndWait, residentBytes } from "./process.ts";
import { Processes } from "./processes.ts";
import { ACCOUNTS_FILE, StateFolder } from "./state.ts";
import { stateFailure } from "./state-failure.ts";
import { storageLines } from "./storage-lines.ts";
import { codeEnded } from "./worker-code.ts";
import type { LogSink } from "./workerd.ts";

export { Failure } from "./failure.ts";
export type { Keypair } from "./keypair.ts";
export type { LogSink } from "./workerd.ts";

const BUILD = join(dirname(fileURLToPath(import.meta.url)), "../build/wasm.mjs");

export const DEFAULT_PORT = 8899;
export const DEFAULT_SLOT_MS = 50;
export const DEFAULT_HOST = "127.0.0.1";
/** Ranges of the options, inclusive. A shard owns at least one of the 4,096 virtual shards; 64 fill one process. */
export const RANGES = {
  shards: [1, 64],
  slotMs: [10, 10_000],
  port: [1, MAX_PORT],
  processes: [1, 2],
} as const;

export interface NetworkOptions {
  /** Account shards. Unset: what the state says, 4 in a new network. */
  readonly shards?: number;
  readonly slotMs?: number;
  /** RPC port; the WebSocket is there too and on the next one. 0, the default here: a free pair. */
  readonly port?: number;
  /** A further port for the WebSocket. */
  readonly wsPort?: number;
  readonly host?: string;
  /** State folder. Unset: a temporary one that is deleted in the end. */
  readonly state?: string;
  /** Deletes the state first. */
  readonly reset?: boolean;
  /** Account list (docs/interfaces.md section 5) of a new network's genesis; one that is there must have begun with the same. */
  readonly accounts?: Uint8Array;
  /** Flags of the programs that run from their real ELFs (shared/protocol/real-programs.ts). Unset: what the state says, none in a new network. */
  readonly realPrograms?: number;
  /** For development: accounts can be changed by decree and the clock can be set (workers/edge/rpc/dev.ts). */
  readonly dev?: boolean;
  /** With `dev` only: accounts that nobody here has come from another cluster when they are needed. */
  readonly fork?: ForkOptions;
  /** Names that the network is asked under beside its host and those of loopback, where a browser could be meant to misuse one. */
  readonly allowHosts?: readonly string[];
  /** Origins of pages that may use faucet and development methods, beside those of this machine (shared/rpc/access.ts). */
  readonly allowOrigins?: readonly string[];
  /** Unset: the usual ones. */
  readonly faucetLimits?: FaucetLimits;
  /** What is kept of the past, and for tests how large generations are. Unset: everything is kept. */
  readonly ledger?: LedgerSettings;
  /** workerd processes, 1 or 2. In the second are all objects but the lanes. Any state can be run in either way. */
  readonly processes?: number;
  /** Ends workerd even when this process is ended with SIGKILL. */
  readonly guarded?: boolean;
  /** Descriptors that workerd is taken to be allowed, where that is fewer than RLIMIT_NOFILE says: for tests. */
  readonly descriptorLimit?: number;
  /** Another wrangler.toml than the project's. */
  readonly config?: string;
  /** Whether `evict` works: for tests. */
  readonly evictable?: boolean;
  readonly log?: LogSink;
  /** Ends the start wherever it is, and what has been started: `startNetwork` throws the signal's reason. Without effect on a network that is up. */
  readonly signal?: AbortSignal;
}

export interface Network {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly port: number;
  readonly shards: number;
  readonly slotMs: number;
  readonly state: string;
  /** False: the state was there already. */
  readonly created: boolean;
  /** What workerd's limit of file descriptors allows. */
  readonly budget: Budget;
  /** Base58. */
  readonly genesisHash: string;
  readonly identity: Keypair;
  readonly faucet: Keypair;
  /** Of the workerd processes, the one with the edge first; undefined while there is none. */
  readonly workerdPids: readonly (number | undefined)[];
  /** Of a forked network: from where. */
  readonly fork?: Pick<Fork, "from"> | undefined;
  /** Where its upstream was when it began; undefined: that is not known. */
  readonly forkedAt?: ForkPoint | undefined;
  /** SIGKILL to workerd, all processes or one; back once it is dead. It is started again at once: see `ready`. */
  kill(process?: number): Promise<void>;
  /** Back once all of workerd is up and answers. */
  ready(): Promise<void>;
  /** `kill`, then `ready`. */
  restart(): Promise<void>;
  /** Takes a Durable Object out of memory: `evict("AccountShard", "shard-0")`. */
  evict(className: string, name: string): Promise<void>;
  stop(): Promise<void>;
}

function checkRange(name: keyof typeof RANGES, value: number): void {
  const [low, high] = RANGES[name];
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new Failure("bad-option", `${name} must be a whole number from ${low} to ${high}, not ${value}`);
  }
}

/** A network that cannot start because of what it has stored answers too: it will not get better. One whose disk is full only waits. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    const text = await response.text();
    return response.ok || isStorageFault(text) || stateFailure(text, "") !== undefined;
  } catch {
    return false;
  }
}

/** Throws a Failure when an object cannot start because of what it has stored. */
async function refuseUnreadable(rpcUrl: string, directory: string): Promise<void> {
  const response = await fetch(`${rpcUrl}/v1/status`);
  const failure = stateFailure(await response.text(), directory);
  if (failure) throw failure;
}

/** 0.0.0.0 and :: are no addresses to connect to. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return DEFAULT_HOST;
  return host.includes(":") ? `[${host}]` : host;
}

class LocalNetwork implements Network {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly port: number;
  readonly slotMs: number;
  readonly created: boolean;
  readonly budget: Budget;
  readonly fork: Fork | undefined;
  forkedAt: ForkPoint | undefined;
  readonly #file: NetworkFile;
  readonly #folder: StateFolder;
  readonly #workerd: Processes;
  readonly #onStopped: () => void;
  #stopped: Promise<void> | undefined;

  constructor(
    options: Pick<Network, "port" | "slotMs" | "created" | "budget"> & {
      host: string;
      fork: Fork | undefined;
      onStopped: () => void;
    },
    file: NetworkFile,
    folder: StateFolder,
    workerd: Processes,
  ) {
    const host = reachable(options.host);
    this.rpcUrl = `http://${host}:${options.port}`;
    this.wsUrl = `ws://${host}:${options.port + 1}`;
    this.port = options.port;
    this.slotMs = options.slotMs;
    this.created = options.created;
    this.budget = options.budget;
    this.fork = options.fork;
    this.#onStopped = options.onStopped;
    this.#file = file;
    this.#folder = folder;
    this.#workerd = workerd;
  }

  get shards(): number {
    return this.#file.genesis.shardCount;
  }
  get state(): string {
    return this.#folder.directory;
  }
  get genesisHash(): string {
    return this.#file.genesisHash;
  }
  get identity(): Keypair {
    return this.#file.identity;
  }
  get faucet(): Keypair {
    return this.#file.faucet;
  }
  get workerdPids(): (number | undefined)[] {
    return this.#workerd.pids;
  }

  kill(process?: number): Promise<void> {
    return this.#workerd.kill(process);
  }

  async ready(): Promise<void> {
    // The status of the network is an answer from the other process, if there are two.
    const url = `${this.rpcUrl}/${this.#workerd.count > 1 ? "v1/status" : "health"}`;
    do await this.#workerd.ready();
    while (this.#stopped === undefined && !(await answers(url)) && (await sleep(20, true)));
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.ready();
  }

  evict(className: string, name: string): Promise<void> {
    return this.#workerd.evict(className, name);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#workerd.stop().then(() => {
      this.#folder.release();
      this.#onStopped();
    });
    return this.#stopped;
  }
}

/** Rejects when the signal is aborted. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Builds the WASM module if need be, in a process of its own: the compiler gives no other work a turn for many seconds. */
async function ensureWasm(log: LogSink, signal: AbortSignal | undefined): Promise<void> {
  if (!isStale()) return;
  log("info", "building the WASM module");
  try {
    await promisify(execFile)(process.execPath, [BUILD], { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Failure("build-failed", (error as { stderr?: string }).stderr || (error as Error).message);
  }
}

/** Throws a Failure for what the user can put right. Nothing is changed before everything is checked. */
export async function startNetwork(options: NetworkOptions = {}): Promise<Network> {
  const { slotMs = DEFAULT_SLOT_MS, processes = 1, signal } = options;
  if (options.shards !== undefined) checkRange("shards", options.shards);
  checkRange("slotMs", slotMs);
  checkRange("processes", processes);
  if (options.port) checkRange("port", options.port);
  if (options.fork && !options.dev) {
    throw new Failure("bad-option", "--fork needs --dev: what is fetched is set as a developer sets accounts");
  }
  if (options.fork) checkForkOptions(options.fork);
  const temporary = options.state === undefined;
  const directory = options.state === undefined ? mkdtempSync(join(tmpdir(), "infinisvm-")) : resolve(options.state);
  const guard = options.guarded ? new Guard(temporary ? directory : undefined) : undefined;
  const onStopped = () => {
    guard?.release();
    if (temporary) rmSync(directory, { recursive: true, force: true });
  };
  const aborted = signal && whenAborted(signal);
  aborted?.catch(() => {});
  const sooner = <T>(work: Promise<T>): Promise<T> => (aborted ? Promise.race([work, aborted]) : work);

  const folder = await sooner(StateFolder.take(directory)).catch((error: unknown) => {
    onStopped();
    throw error;
  });
  let started: LocalNetwork | undefined;
  let pids: readonly number[] = [];
  try {
    started = await sooner(
      launch(options, folder, onStopped, (running) => {
        pids = running;
        guard?.watch(running);
      }),
    );
    await sooner(started.ready());
    await sooner(refuseUnreadable(started.rpcUrl, directory));
    const { rpcUrl, fork } = started;
    if (fork) started.forkedAt = await sooner(beginFork((method, params) => rpcCall(rpcUrl, method, params), fork));
    else if (options.dev) await sooner(ensureDevMints(rpcUrl));
    return started;
  } catch (error) {
    if (signal?.aborted) await Promise.all(pids.filter((pid) => pid !== undefined).map(killAndWait));
    if (signal?.aborted) await codeEnded();
    await started?.stop();
    if (!started) folder.release();
    onStopped();
    throw error;
  }
}

function accessOf({ host = DEFAULT_HOST, allowHosts = [], allowOrigins = [] }: NetworkOptions): AccessList {
  return { hosts: [host, ...allowHosts], origins: allowOrigins };
}

async function launch(
  options: NetworkOptions,
  folder: StateFolder,
  onStopped: () => void,
  onProcesses: (pids: readonly number[]) => void,
): Promise<LocalNetwork> {
  const { host = DEFAULT_HOST, slotMs = DEFAULT_SLOT_MS, processes = 1, signal } = options;
  const log = storageLines(options.log ?? (() => {}));
  const wsPorts = options.wsPort === undefined || options.wsPort === (options.port ?? 0) + 1 ? [] : [options.wsPort];
  if (options.port) await checkPortPair(host, options.port);
  for (const port of wsPorts) await checkPort(host, port, "WebSocket");
  const { shards, reset, accounts: wanted, realPrograms } = options;
  const { network, created, accounts } = await folder.load({ shards, reset, accounts: wanted, realPrograms });
  folder.makeObjects();
  let running: readonly number[] = [];
  const fork = options.fork && openFork(options.fork, (line) => log("warn", line), folder.fork);
  const disk = new Disk(folder.directory, { reserve: options.state !== undefined });
  await ensureWasm(log, signal);
  const budget = budgetOf(options.descriptorLimit ?? descriptorLimit());
  const { port, workerd } = await onPorts(host, options.port, (port) =>
    Processes.start({
      processes: processes === 2 ? 2 : 1,
      objectNames: objectNames(network),
      config: options.config,
      evictable: options.evictable,
      host,
      port,
      wsPorts,
      storage: folder.objects,
      budget,
      variables: {
        NETWORK: networkVariable(network, slotMs, { ...options, access: accessOf(options) }),
        LIMITS: { webSockets: budget.webSockets },
      },
      data: accounts ? { GENESIS: join(folder.directory, ACCOUNTS_FILE) } : {},
      log,
      fork: fork?.service,
      look: () => ({ room: disk.look(), residentBytes: residentBytes(running) }),
      signal,
      onProcesses(pids) {
        running = pids;
        onProcesses(pids);
        folder.lock.note(pids);
      },
    }),
  );
  const stopped = () => {
    disk.release();
    onStopped();
  };
  const settings = { host, port, slotMs, created, budget, fork, onStopped: stopped };
  return new LocalNetwork(settings, network, folder, workerd);
}

/** Starts on the port wanted, or on the first free pair that is still free when workerd gets to it. */
async function onPorts(
  host: string,
  wanted: number | undefined,
  start: (port: number) => Promise<Processes>,
): Promise<{ port: number; workerd: Processes }> {
  for (;;) {
    const port = wanted || (await findPortPair(host));
    try {
      return { port, workerd: await start(port) };
    } catch (error) {
      const tryAnother = !wanted && error instanceof Failure && error.code === "port-taken";
      if (!tryAnother) throw error;
    }
  }
}
