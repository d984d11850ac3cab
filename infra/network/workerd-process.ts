/**
 * One workerd process, started directly: its configuration is a file of Cap'n Proto's text, its log comes line by line, and on a pipe of
 * its own it says which ports its sockets have.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { isMainThread } from "node:worker_threads";
import type { Listeners, SocketOptions } from "./listeners.ts";
import { LineReader, type LogLine, saysAddressInUse } from "./workerd-lines.ts";

/** Nothing for group and others. */
const PRIVATE_UMASK = 0o077;
const CONTROL_FD = 3;
const FIRST_SHARED_FD = 4;
/** Name under which the debug port is told. */
export const DEBUG_PORT = "debug-port";
/** Lines of a process that did not come up. */
const MOST_LINES = 20;

/** Another binary than that of the package, for tests. */
const binary = (): string =>
  process.env.INFINISVM_WORKERD ?? (createRequire(import.meta.url)("workerd") as { readonly default: string }).default;

export interface ProcessOptions {
  /** File with the configuration. */
  readonly config: string;
  /** All sockets that the configuration names. */
  readonly sockets: readonly SocketOptions[];
  /** Those of them that it may share. */
  readonly listeners?: Listeners;
  /** Whether it has a debug port, at a port of this machine that is free. */
  readonly debug?: boolean;
  readonly onLine: (line: LogLine) => void;
  /** "SIGKILL" or "code 1". */
  readonly onExit: (how: string, pid: number) => void;
}

export class DidNotStart extends Error {
  readonly pid: number | undefined;
  readonly isAddressInUse: boolean;

  constructor(pid: number | undefined, how: string, lines: readonly string[]) {
    super(lines.length > 0 ? lines.join("\n") : `it ended (${how}) before it was up`);
    this.pid = pid;
    this.isAddressInUse = lines.some(saysAddressInUse);
  }
}

/** A process makes files with the umask of its parent; a thread of Node cannot change that, and a folder's own mode has to do. */
function privately<T>(start: () => T): T {
  if (!isMainThread) return start();
  const before = process.umask(PRIVATE_UMASK);
  try {
    return start();
  } finally {
    process.umask(before);
  }
}

function spawnWorkerd({ config, listeners, debug }: ProcessOptions): ChildProcess {
  const given = listeners?.give(FIRST_SHARED_FD);
  const args = ["serve", "--experimental", "--import-path=/", `--control-fd=${CONTROL_FD}`, ...(given?.args ?? [])];
  if (debug) args.push(`--${DEBUG_PORT}=127.0.0.1:0`);
  try {
    return privately(() =>
      spawn(binary(), [...args, config], {
        stdio: ["ignore", "pipe", "pipe", "pipe", ...(given?.fds ?? [])],
        env: { ...process.env, TZ: "UTC", FORCE_COLOR: "0" },
      }),
    );
  } finally {
    given?.close();
  }
}

export class WorkerdProcess {
  /** Ports by the name of their sockets, once it listens on all of them. Rejects with `DidNotStart` when it ends before. */
  readonly ports: Promise<ReadonlyMap<string, number>>;
  readonly pid: number | undefined;

  constructor(options: ProcessOptions) {
    const child = spawnWorkerd(options);
    this.pid = child.pid;
    let isUp = false;
    const before: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      const reader = new LineReader();
      createInterface(stream).on("line", (text) => {
        const line = reader.read(text);
        if (!line) return;
        if (!isUp && before.length < MOST_LINES) before.push(line.message);
        if (isUp || !saysAddressInUse(line.message)) options.onLine(line);
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, number>>();
    this.ports = promise;
    promise.catch(() => {});
    child.once("error", (error) => reject(new DidNotStart(undefined, "", [error.message])));
    // Its last lines come before "close", and after "exit".
    child.once("close", (code, signal) => reject(new DidNotStart(child.pid, signal ?? `code ${code}`, before)));
    child.once("exit", (code, signal) => options.onExit(signal ?? `code ${code}`, child.pid!));
    const missing = new Set(options.sockets.map(({ name }) => name));
    if (options.debug) missing.add(DEBUG_PORT);
    const ports = new Map<string, number>();
    const control = child.stdio[CONTROL_FD] as Readable | null | undefined;
    if (!control) return;
    createInterface(control).on("line", (text) => {
      const { event, socket, port } = JSON.parse(text) as { event: string; socket: string; port: number };
      if (event !== "listen" || !missing.delete(socket)) return;
      ports.set(socket, port);
      if (missing.size > 0) return;
      isUp = true;
      resolve(ports);
    });
  }
}
