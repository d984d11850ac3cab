/**
 * Where a network listens: sockets that are made here and that workerd inherits. They share their port (SO_REUSEPORT), so that more of them
 * can join while workerd has nearly run out of descriptors (gate.ts). Nothing listens while workerd does not run.
 *
 * Made in the moment in which the process is started, which Node has no public call for: `net._createServerHandle` is what its own cluster
 * module uses. Where it is missing, or the system cannot share ports (macOS, Windows), workerd listens by itself, and there is no gate.
 */
import { readFileSync } from "node:fs";
import * as net from "node:net";

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

/** A socket of workerd's. */
export interface SocketOptions {
  readonly name: string;
  /** An address or a name. */
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** Of the worker; the default one when absent. */
  readonly entrypoint?: string | undefined;
}

/** What a process is started with, so that it has the sockets. */
export interface Given {
  readonly args: readonly string[];
  /** Descriptors, of which the first is to be number `firstFd` in the process. */
  readonly fds: readonly number[];
  /** The process has been started, or not. */
  close(): void;
}

const NOTHING: Given = { args: [], fds: [], close() {} };

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

  /** For a process that is about to be started. */
  give(firstFd: number): Given {
    this.areShared = false;
    const isPossible =
      process.platform === "linux" && createHandle && this.#sockets.every(({ host }) => net.isIP(host));
    if (!isPossible || this.#sockets.length === 0) return NOTHING;
    const handles = this.#sockets.map(({ host, port }) => listen(host, port, this.#backlog));
    const made = handles.filter((handle) => handle !== undefined);
    const close = () => {
      for (const handle of made) handle.close();
    };
    if (made.length < handles.length) {
      close();
      return NOTHING;
    }
    this.areShared = true;
    const args = this.#sockets.map(({ name }, i) => `--socket-fd=${name}=${firstFd + i}`);
    return { args, fds: made.map(({ fd }) => fd), close };
  }
}
