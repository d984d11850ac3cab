/**
 * A workerd process of a network, run by Miniflare and configured from wrangler.toml.
 *
 *   client ──▶ RPC port ──────────▶ default entry point of the worker
 *   client ──▶ WebSocket port ────▶ its entry point `pubsub`, the same handler
 *
 * Both are sockets of workerd's own (sockets-plugin.ts): requests reach the worker without Miniflare's entry worker in between, which
 * would cost two thirds of the requests a second. When workerd dies Miniflare starts it again at once, on the same
 * ports. Where that fails, or the process dies again and again, it is started anew here, with growing pauses.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";
import {
  convertV4MiniflareOptions,
  Log,
  LogLevel,
  Miniflare,
  type MiniflareOptions,
  type Request,
  Response,
  type V4MiniflareOptions,
} from "miniflare";
import { unstable_readConfig as readConfig, unstable_getMiniflareWorkerOptions as workerOptionsOf } from "wrangler";
import type { DiskReport } from "../../durable-objects/host/storage-room.ts";
import type { ForkService } from "../fork/index.ts";
import { bundleWorkers } from "./bundle.ts";
import type { Budget } from "./descriptors.ts";
import { Failure } from "./failure.ts";
import { Gate } from "./gate.ts";
import { Listeners } from "./listeners.ts";
import { isAlive, killAndWait } from "./process.ts";
import { type SocketOptions, socketsBinding } from "./sockets-plugin.ts";
import { Registry, type SplitOptions, splitSource, splitWorker, tellPeer, type WorkerOptions } from "./split/setup.ts";
import { worthOf } from "./workerd-lines.ts";

/** Of workerd: nothing for group and others. */
const PRIVATE_UMASK = 0o077;
/** More deaths than this within the window, and Miniflare's immediate restart is not enough. */
const MAX_DEATHS = 5;
const DEATH_WINDOW_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** How much later than workerd this process may hear of a signal to both. */
const STOP_NOTICE_MS = 300;
/** Pause between two lines about the same: that there is no room for connections. */
const TELL_FULL_MS = 60_000;
/** How long a process may take to end when it is asked to. */
const STOP_PATIENCE_MS = 5_000;

export type LogSink = (level: "info" | "warn" | "error", message: string) => void;

export interface WorkerdOptions {
  /** Path of wrangler.toml. */
  readonly config: string;
  /** Descriptors that workerd may have. */
  readonly budget: Budget;
  readonly host: string;
  /** Port of the RPC; the WebSocket has the next one. */
  readonly port: number;
  /** Further ports for the WebSocket. */
  readonly wsPorts: readonly number[];
  /** Folder of the Durable Objects' storage. */
  readonly storage: string;
  /** Variables for the workers, beside those of wrangler.toml. */
  readonly variables: Record<string, unknown>;
  /** Bytes for the workers, by the name of their binding. */
  readonly data: Record<string, Uint8Array>;
  readonly log: LogSink;
  /** How much room the disk has; unset: nobody looks. */
  readonly look?: () => DiskReport;
  /** Of a forked network: asks its upstream. */
  readonly fork?: ForkService | undefined;
  readonly onProcess: (pid: number) => void;
  /** Stops it, at any moment. */
  readonly signal?: AbortSignal | undefined;
  /** When this is one of two processes of a network. */
  readonly split?: SplitOptions;
  /** A process is up, or has ended. */
  readonly onChange?: () => void;
}

/** In whose name a child process is started: Miniflare does not tell the process it runs. */
const starting = new AsyncLocalStorage<Workerd>();
subscribe("child_process", (message) => {
  const child = (message as { process: ChildProcess }).process;
  const owner = starting.getStore();
  if (!owner) return;
  owner.listeners.giveTo(child);
  child.once("spawn", () => owner.adopt(child));
  privateFiles();
});

/**
 * The process that is about to be started makes files that only its user can read: it takes its umask from this one, in the same turn.
 * A thread of Node cannot change it; there the state folder's own mode has to do.
 */
function privateFiles(): void {
  if (!isMainThread) return;
  const before = process.umask(PRIVATE_UMASK);
  queueMicrotask(() => process.umask(before));
}

/** Miniflare ends the process itself on these signals, before anything could be put in order. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
function withoutSignalHandlers<T>(make: () => T): T {
  const before = SIGNALS.map((signal) => process.listeners(signal));
  const made = make();
  SIGNALS.forEach((signal, i) => {
    for (const listener of process.listeners(signal)) {
      if (!before[i]!.includes(listener)) process.removeListener(signal, listener);
    }
  });
  return made;
}

/** Reports each failed restart, which Miniflare only logs. */
class FailureLog extends Log {
  readonly #onError: (error: Error) => void;
  constructor(onError: (error: Error) => void) {
    super(LogLevel.ERROR);
    this.#onError = onError;
  }
  override error(error: Error): void {
    this.#onError(error);
  }
  override log(): void {}
}

const diskService = (look: () => DiskReport) => async () => Response.json(look());

const forkBinding = (fork: ForkService) => async (request: Request) => {
  const { status, body } = await fork(new URL(request.url).pathname, new Uint8Array(await request.arrayBuffer()));
  return new Response(body, { status });
};

interface MiniflareSetup {
  readonly workerName: string;
  readonly options: MiniflareOptions;
  /** Of a split network only. */
  readonly registry: Registry | undefined;
  readonly sockets: readonly SocketOptions[];
}

function socketsOf({ host, port, wsPorts }: WorkerdOptions): SocketOptions[] {
  const pubSub = [port + 1, ...wsPorts].map((port) => ({ name: `pubsub-${port}`, host, port, entrypoint: "pubsub" }));
  return [{ name: "rpc", host, port }, ...pubSub];
}

async function miniflareSetup(options: WorkerdOptions): Promise<MiniflareSetup> {
  const config = readConfig({ config: options.config });
  const { workerOptions, main, define } = workerOptionsOf(config);
  const workerName = config.name;
  if (main === undefined || workerName === undefined) {
    throw new Failure("build-failed", `${options.config} must have a name and a main module`);
  }
  const { modulesRules: _, ...whole } = workerOptions;
  const { split } = options;
  const worker = split ? splitWorker(whole as unknown as WorkerOptions, workerName, split) : whole;
  const registry = split && new Registry(options.storage, split.half);
  const sockets = split?.half === "back" ? [] : socketsOf(options);
  // wrangler's type of its options is wider than Miniflare's for the same object.
  const v4 = {
    ...worker,
    name: workerName,
    modulesRoot: "/",
    modules: await bundleWorkers(main, define, split && splitSource(main, whole as unknown as WorkerOptions)),
    bindings: { ...(worker.bindings as object | undefined), ...options.variables },
    dataBlobBindings: options.data,
    serviceBindings: {
      ...(worker.serviceBindings as object | undefined),
      ...(options.look && { DISK: diskService(options.look) }),
      ...(options.fork && { FORK: forkBinding(options.fork) }),
    },
    cacheAPI: false,
    host: "127.0.0.1",
    port: 0,
    cf: false,
    logRequests: false,
    resourcePersistencePath: options.storage,
    unsafeDevRegistryPath: registry?.folder,
    unsafeBindings: [...((worker.unsafeBindings as object[] | undefined) ?? []), socketsBinding(workerName, sockets)],
  } as unknown as V4MiniflareOptions;
  return { workerName, options: convertV4MiniflareOptions(v4), registry, sockets };
}

interface Latch {
  readonly opened: Promise<void>;
  open(): void;
}

function latch(): Latch {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

export class Workerd {
  readonly #options: WorkerdOptions;
  readonly #setup: MiniflareSetup;
  readonly listeners: Listeners;
  /** Of a process with ports. */
  readonly #gate: Gate | undefined;
  #toldFullAt = Number.NEGATIVE_INFINITY;
  #miniflare: Miniflare | undefined;
  #pid: number | undefined;
  #deaths: number[] = [];
  /** The process whose death is wanted. */
  #killing: number | undefined;
  #generation = 0;
  #stopping = false;
  /** Aborted when it is to stop. */
  readonly #end = new AbortController();
  #recovery: Promise<void> | undefined;
  /** Open while a process is up. */
  #up = latch();

  private constructor(options: WorkerdOptions, setup: MiniflareSetup) {
    this.#options = options;
    this.#setup = setup;
    this.listeners = new Listeners(setup.sockets, options.budget.backlog);
    const ports = setup.sockets.map(({ port }) => port);
    if (ports.length === 0) return;
    const { budget, host } = options;
    this.#gate = new Gate({ budget, host, ports, onChange: (isFull) => isFull && this.#tellFull() });
  }

  /** Once a minute: an attack makes it full again and again. */
  #tellFull(): void {
    if (performance.now() - this.#toldFullAt < TELL_FULL_MS) return;
    this.#toldFullAt = performance.now();
    const { full, limit } = this.#options.budget;
    const text = `${full} of workerd's ${limit} file descriptors are in use: new connections are refused until there are fewer`;
    this.#options.log("warn", text);
  }

  static async start(options: WorkerdOptions): Promise<Workerd> {
    const workerd = new Workerd(options, await miniflareSetup(options));
    const { signal } = options;
    signal?.throwIfAborted();
    const stop = () => void workerd.stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await workerd.#launch();
    } catch (error) {
      await workerd.stop();
      if ((error as { code?: string }).code !== "ERR_ADDRESS_IN_USE") throw error;
      throw new Failure(
        "port-taken",
        `port ${options.port} or ${options.port + 1} is taken; choose another with --port`,
      );
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    return workerd;
  }

  /** Of the process that runs now; undefined while there is none. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Called for each workerd process that Miniflare starts for this network. */
  adopt(child: ChildProcess): void {
    this.#pid = child.pid;
    this.#options.onProcess(child.pid!);
    if (this.listeners.areShared) this.#gate?.watch(child.pid!);
    child.once("exit", (code, signal) => {
      if (this.#pid === child.pid) {
        this.#pid = undefined;
        this.#gate?.watch(undefined);
      }
      if (!this.#stopping) this.#died(signal ?? `code ${code}`, child.pid === this.#killing);
    });
  }

  async #launch(): Promise<void> {
    const generation = ++this.#generation;
    const current = () => generation === this.#generation && !this.#stopping;
    const options: MiniflareOptions = {
      ...this.#setup.options,
      log: new FailureLog((error) => current() && this.#recover(error.message)),
      handleStructuredLogs: ({ level, message }) => {
        const known = level === "error" || level === "warn" ? level : "info";
        const worth = worthOf(message);
        if (worth === "unless-it-stops") this.#unlessItStops(known, message);
        else if (worth === "news" && !this.#stopping) this.#options.log(known, message);
      },
      unsafeHandleRuntimeRestart: () => {
        if (current()) this.#isUp();
      },
    };
    const miniflare = starting.run(this, () => withoutSignalHandlers(() => new Miniflare(options)));
    this.#miniflare = miniflare;
    await miniflare.ready;
    this.#isUp();
  }

  /** Logs what would be no news if all of it is about to stop. */
  #unlessItStops(level: "info" | "warn" | "error", message: string): void {
    const log = () => {
      if (!this.#stopping) this.#options.log(level, message);
    };
    setTimeout(log, STOP_NOTICE_MS).unref();
  }

  #isUp(): void {
    this.#options.onChange?.();
    this.#up.open();
  }

  #died(how: string, wanted: boolean): void {
    this.#up.open(); // whoever waits now asks the process, finds none and waits again
    this.#up = latch();
    this.#options.onChange?.();
    if (wanted) return;
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < DEATH_WINDOW_MS), now];
    const text = `workerd ended (${how}); starting it again`;
    // Ctrl-C reaches all processes of a terminal, this one maybe last.
    if (SIGNALS.some((signal) => signal === how)) this.#unlessItStops("warn", text);
    else this.#options.log("warn", text);
    if (this.#deaths.length > MAX_DEATHS) this.#recover("it ends again and again");
  }

  #recover(reason: string): void {
    this.#recovery ??= this.#relaunch(reason).finally(() => {
      this.#recovery = undefined;
    });
  }

  async #relaunch(reason: string): Promise<void> {
    this.#deaths = [];
    for (let pause = FIRST_PAUSE_MS; !this.#stopping; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      this.#options.log("error", `workerd did not start: ${reason.split("\n")[0]}; next attempt in ${pause} ms`);
      this.#generation++;
      await this.#miniflare?.dispose().catch(() => {});
      await sleep(pause, undefined, { signal: this.#end.signal }).catch(() => {});
      if (this.#stopping) return;
      try {
        return await this.#launch();
      } catch (error) {
        reason = (error as Error).message;
      }
    }
  }

  /** SIGKILL. It is started again at once; `ready` tells when. */
  async kill(): Promise<void> {
    const pid = this.#pid;
    if (pid === undefined) return;
    this.#killing = pid;
    await killAndWait(pid);
    while (this.#pid === pid) await sleep(1);
  }

  /** Resolves once a process is up. */
  async ready(): Promise<void> {
    await this.#up.opened;
  }

  /** Where the other process of a split network reaches this one; undefined while it is not up. */
  get debugAddress(): string | undefined {
    return this.#pid === undefined ? undefined : this.#setup.registry?.address(this.#setup.workerName);
  }

  /** Tells this process of a split network where the other one is. */
  async meet(address: string | undefined): Promise<void> {
    const { split } = this.#options;
    if (split && this.#miniflare) await tellPeer(this.#miniflare, split.token, address ?? "");
  }

  /** Takes a Durable Object out of memory, as the platform does now and then; its next message brings it back. */
  async evict(className: string, name: string): Promise<void> {
    try {
      await this.#miniflare!.unsafeEvictDurableObject(this.#setup.workerName, className, { name });
    } catch (error) {
      const isOutAlready = (error as Error).message.includes("not currently running");
      if (!isOutAlready) throw error;
    }
  }

  /** Also while it starts. A process that does not end in time is killed: SQLite's files are whole at any moment. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#generation++;
    this.#end.abort();
    const before = this.#pid;
    const ended = this.#recovery?.then(() => this.#miniflare?.dispose()) ?? this.#miniflare?.dispose();
    await Promise.race([ended?.catch(() => {}), sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
    const pid = this.#pid ?? before;
    if (pid !== undefined && isAlive(pid)) await killAndWait(pid);
    this.#setup.registry?.remove();
  }
}
