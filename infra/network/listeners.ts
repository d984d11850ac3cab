/**
 * Where a network listens: sockets that are made here and that workerd inherits. They share their port (SO_REUSEPORT), so that more of them
 * can join while workerd has nearly run out of descriptors (gate.ts). Nothing listens while workerd does not run.
 *
 * Made in the moment in which the process is started, which Node has no public call for: `net._createServerHandle` is what its own cluster
 * module uses. Where it is missing, or the system cannot share ports (macOS, Windows), workerd listens by itself, and there is no gate.
 */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import * as net from "node:net";
import type { SocketOptions } from "./sockets-plugin.ts";

interface Handle {
  readonly fd: number;
  /** 0, or an error. */
  listen(backlog: number): number;
  close(): void;
}

/** The handle, or the number of an error. */
type CreateHandle = (address: string, port: number, family: number, fd: undefined, flags: number) => Handle | number;

const createHandle = (net as unknown as { readonly _createServerHandle?: CreateHandle })._createServerHandle;

/** UV_TCP_REUSEPORT of libuv's uv_tcp_flags. */
const REUSE_PORT = 2;
/** Of workerd's command line, as Miniflare starts it: not of its other child processes. */
const SERVES = "serve";
/** TCP_LISTEN of Linux, as /proc/net/tcp writes it. */
const LISTENING = "0A";

function listenersOn(port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = ["tcp", "tcp6"].flatMap((file) => {
    try {
      return readFileSync(`/proc/self/net/${file}`, "utf8").split("\n");
    } catch {
      return [];
    }
  });
  return lines.filter((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return state === LISTENING && local!.endsWith(suffix);
  }).length;
}

/** Undefined where it cannot be made so: then workerd tries it by itself, and says why it cannot. */
function listen(host: string, port: number, backlog: number): Handle | undefined {
  const handle = createHandle!(host, port, net.isIP(host), undefined, REUSE_PORT);
  if (typeof handle === "number") return undefined;
  // Another network that started in the same moment shares the port: neither keeps it.
  if (handle.listen(backlog) === 0 && listenersOn(port) === 1) return handle;
  handle.close();
  return undefined;
}

/** What ChildProcess.spawn takes, of which Node documents the result only. */
interface Spawning {
  readonly stdio: readonly unknown[];
  readonly args: readonly string[];
}

export class Listeners {
  readonly #sockets: readonly SocketOptions[];
  readonly #backlog: number;
  /** Whether the process that runs has inherited its sockets. */
  areShared = false;

  /** `backlog`: connections that may wait to be accepted; the system lowers it to its own limit. */
  constructor(sockets: readonly SocketOptions[], backlog: number) {
    this.#sockets = sockets;
    this.#backlog = backlog;
  }

  /** Lets a child process that is about to be spawned have the sockets. */
  giveTo(child: ChildProcess): void {
    this.areShared = false;
    const isPossible =
      process.platform === "linux" && createHandle && this.#sockets.every(({ host }) => net.isIP(host));
    if (!isPossible || this.#sockets.length === 0) return;
    const { spawn } = child as unknown as { spawn(options: Spawning): unknown };
    Object.assign(child, {
      spawn: (options: Spawning) => {
        if (!options.args.includes(SERVES)) return spawn.call(child, options);
        const handles = this.#sockets.map(({ host, port }) => listen(host, port, this.#backlog));
        this.areShared = handles.every((handle) => handle !== undefined);
        const stdio = [...options.stdio];
        const args = [...options.args];
        handles.forEach((handle, i) => {
          if (!handle || !this.areShared) return;
          args.push(`--socket-fd=${this.#sockets[i]!.name}=${stdio.length}`);
          stdio.push(handle.fd);
        });
        try {
          return spawn.call(child, { ...options, stdio, args });
        } finally {
          for (const handle of handles) handle?.close();
        }
      },
    });
  }
}
