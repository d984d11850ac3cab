/**
 * A workerd process of a network that is kept running: when it dies it is started again at once, on the same ports; where that fails, or it
 * dies again and again, with growing pauses. What it runs is configured from wrangler.toml (worker-config.ts).
 */
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DiskReport } from "../../durable-objects/host/storage-room.ts";
import type { ForkService } from "../fork/index.ts";
import { configText } from "./capnp.ts";
import type { Budget } from "./descriptors.ts";
import { Evictor } from "./evict.ts";
import { Failure } from "./failure.ts";
import { Gate } from "./gate.ts";
import { LauncherServices } from "./launcher-services.ts";
import { Listeners, type SocketOptions } from "./listeners.ts";
import { isAlive, killAndWait } from "./process.ts";
import { type SplitOptions, splitWorker, tellPeer } from "./split/setup.ts";
import { networkCode } from "./worker-code.ts";
import { configFile, uniqueKeyOf, workerConfig } from "./worker-config.ts";
import { type LogLine, worthOf } from "./workerd-lines.ts";
import { DEBUG_PORT, DidNotStart, WorkerdProcess } from "./workerd-process.ts";

/** More deaths than this within the window, and an immediate restart is not enough. */
const MAX_DEATHS = 5;
const DEATH_WINDOW_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** How much later than workerd this process may hear of a signal to both. */
const STOP_NOTICE_MS = 300;
/** Pause between two lines about the same: that there is no room for connections. */
const TELL_FULL_MS = 60_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const PRIVATE_FILE = 0o600;
/** The worker's default entry point on this machine, for the other process of a split network. */
const PRIVATE: SocketOptions = { name: "private", host: "127.0.0.1", port: 0 };

export type LogSink = (level: LogLine["level"], message: string) => void;

export interface WorkerdOptions {
  /** Path of wrangler.toml; unset: the project's. */
  readonly config?: string | undefined;
  /** Descriptors that workerd may have. */
  readonly budget: Budget;
  readonly host: string;
  /** Port of the RPC; the WebSocket has the next one. */
  readonly port: number;
  /** Further ports for the WebSocket. */
  readonly wsPorts: readonly number[];
  /** Folder of the Durable Objects' storage. */
  readonly storage: string;
  /** Variables for the workers. */
  readonly variables: Record<string, unknown>;
  /** Files of bytes for the workers, by the name of their binding. */
  readonly data: Record<string, string>;
  readonly log: LogSink;
  /** How much room the disk has; unset: nobody looks. */
  readonly look?: () => DiskReport;
  /** Of a forked network: asks its upstream. */
  readonly fork?: ForkService | undefined;
  /** Whether objects can be taken out of memory: for tests. */
  readonly evictable?: boolean | undefined;
  readonly onProcess: (pid: number) => void;
  /** Stops it, at any moment. */
  readonly signal?: AbortSignal | undefined;
  /** When this is one of two processes of a network. */
  readonly split?: SplitOptions;
  /** A process is up, or has ended. */
  readonly onChange?: () => void;
}

interface Setup {
  /** File with the configuration. */
  readonly config: string;
  readonly sockets: readonly SocketOptions[];
  readonly public: readonly SocketOptions[];
  readonly launcher: LauncherServices;
  readonly evictor: Evictor | undefined;
}

function publicSockets({ host, port, wsPorts, split }: WorkerdOptions): SocketOptions[] {
  if (split?.half === "back") return [];
  const pubSub = [port + 1, ...wsPorts].map((port) => ({ name: `pubsub-${port}`, host, port, entrypoint: "pubsub" }));
  return [{ name: "rpc", host, port }, ...pubSub];
}

async function setUp(options: WorkerdOptions): Promise<Setup> {
  const { split, storage, variables, data, look, fork } = options;
  const { deployable, code } = await networkCode(options.config, split !== undefined);
  const { name, compatibilityDate } = deployable;
  const half = split && splitWorker(deployable, (className) => uniqueKeyOf(name, className), split);
  const classes = (half?.objects ?? deployable.objects).map(({ className }) => className);
  const evictor = options.evictable ? await Evictor.for(name, compatibilityDate, classes) : undefined;
  const launcher = await LauncherServices.start({
    ...(look && { DISK: () => ({ status: 200, body: JSON.stringify(look()) }) }),
    ...(fork && { FORK: fork }),
  });
  const open = publicSockets(options);
  const sockets = [...open, ...(split ? [PRIVATE] : []), ...(evictor ? [evictor.socket] : [])];
  const services = evictor ? [evictor.service] : [];
  const config = join(dirname(storage), configFile(split?.half));
  const text = configText(
    workerConfig({ deployable, code, storage, variables, data, sockets, split: half, launcher, services }),
  );
  writeFileSync(config, text, { mode: PRIVATE_FILE });
  return { config, sockets, public: open, launcher, evictor };
}

interface Latch {
  readonly opened: Promise<void>;
  open(): void;
}

function latch(): Latch {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

export class Workerd {
  readonly #options: WorkerdOptions;
  readonly #setup: Setup;
  readonly #listeners: Listeners;
  /** Of a process with ports. */
  readonly #gate: Gate | undefined;
  #toldFullAt = Number.NEGATIVE_INFINITY;
  #pid: number | undefined;
  /** Of the process that is up. */
  #ports: ReadonlyMap<string, number> | undefined;
  #deaths: number[] = [];
  /** The process whose death is wanted. */
  #killing: number | undefined;
  #stopping = false;
  /** Aborted when it is to stop. */
  readonly #end = new AbortController();
  #recovery: Promise<void> | undefined;
  /** Open while a process is up. */
  #up = latch();

  private constructor(options: WorkerdOptions, setup: Setup) {
    this.#options = options;
    this.#setup = setup;
    this.#listeners = new Listeners(setup.public, options.budget.backlog);
    const ports = setup.public.map(({ port }) => port);
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
    const workerd = new Workerd(options, await setUp(options));
    const { signal } = options;
    const stop = () => void workerd.stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      signal?.throwIfAborted();
      await workerd.#launch();
    } catch (error) {
      await workerd.stop();
      if (!(error instanceof DidNotStart && error.isAddressInUse)) throw error;
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

  /** Back when a process is up. Throws `DidNotStart` when it ends before. */
  async #launch(): Promise<void> {
    const { config, sockets } = this.#setup;
    const workerd = new WorkerdProcess({
      config,
      sockets,
      listeners: this.#listeners,
      debug: this.#options.split !== undefined,
      onLine: (line) => this.#log(line),
      onExit: (how, pid) => this.#ended(how, pid),
    });
    if (workerd.pid !== undefined) {
      this.#pid = workerd.pid;
      this.#options.onProcess(workerd.pid);
      if (this.#listeners.areShared) this.#gate?.watch(workerd.pid);
    }
    this.#ports = await workerd.ports;
    this.#options.onChange?.();
    this.#up.open();
  }

  #log({ level, message }: LogLine): void {
    const worth = worthOf(message);
    if (worth === "unless-it-stops") this.#unlessItStops(level, message);
    else if (worth === "news" && !this.#stopping) this.#options.log(level, message);
  }

  /** Logs what would be no news if all of it is about to stop. */
  #unlessItStops(level: LogLine["level"], message: string): void {
    const log = () => {
      if (!this.#stopping) this.#options.log(level, message);
    };
    setTimeout(log, STOP_NOTICE_MS).unref();
  }

  #ended(how: string, pid: number): void {
    const wasUp = this.#ports !== undefined;
    if (this.#pid === pid) {
      this.#pid = undefined;
      this.#ports = undefined;
      this.#gate?.watch(undefined);
    }
    // One that was not up is its launcher's to see.
    if (this.#stopping || !wasUp) return;
    this.#up.open(); // whoever waits now asks the process, finds none and waits again
    this.#up = latch();
    this.#options.onChange?.();
    this.#recover(pid === this.#killing ? undefined : this.#died(how));
  }

  /** Why it is not simply started again; undefined: it is. */
  #died(how: string): string | undefined {
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < DEATH_WINDOW_MS), now];
    const text = `workerd ended (${how}); starting it again`;
    // Ctrl-C reaches all processes of a terminal, this one maybe last.
    if (SIGNALS.includes(how)) this.#unlessItStops("warn", text);
    else this.#options.log("warn", text);
    if (this.#deaths.length <= MAX_DEATHS) return undefined;
    this.#deaths = [];
    return "it ends again and again";
  }

  #recover(reason: string | undefined): void {
    this.#recovery ??= this.#relaunch(reason).finally(() => {
      this.#recovery = undefined;
    });
  }

  async #relaunch(before: string | undefined): Promise<void> {
    let reason = before;
    for (let pause = FIRST_PAUSE_MS; !this.#stopping; ) {
      if (reason !== undefined) {
        this.#options.log("error", `workerd did not start: ${reason.split("\n")[0]}; next attempt in ${pause} ms`);
        await sleep(pause, undefined, { signal: this.#end.signal }).catch(() => {});
        if (this.#stopping) return;
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
      try {
        return await this.#launch();
      } catch (error) {
        const isWanted = error instanceof DidNotStart && error.pid === this.#killing;
        reason = isWanted ? undefined : (error as Error).message;
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
    const port = this.#ports?.get(DEBUG_PORT);
    return port === undefined ? undefined : `127.0.0.1:${port}`;
  }

  /** Tells this process of a split network where the other one is. */
  async meet(address: string | undefined): Promise<void> {
    const port = this.#ports?.get(PRIVATE.name);
    if (port !== undefined) await tellPeer(port, this.#options.split!.token, address ?? "");
  }

  /** Takes a Durable Object out of memory; its next message brings it back. Of a network that was started for it. */
  async evict(className: string, name: string): Promise<void> {
    const { evictor } = this.#setup;
    if (!evictor) throw new Failure("bad-option", "objects are evicted only in a network that was started evictable");
    await evictor.evict(this.#ports!.get(evictor.socket.name)!, { className, name });
  }

  /** Also while it starts: by SIGKILL, as SQLite's files are whole at any moment. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#end.abort();
    const pid = this.#pid;
    if (pid !== undefined && isAlive(pid)) await killAndWait(pid);
    await this.#recovery;
    this.#gate?.watch(undefined);
    this.#setup.launcher.stop();
    rmSync(this.#setup.config, { force: true });
  }
}
