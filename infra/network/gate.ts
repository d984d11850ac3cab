/**
 * Keeps workerd below its limit of descriptors: at the limit accept() fails, and with it the process ends (kj takes EMFILE for a fault).
 *
 *   descriptors   0 ────────────── open again ── full ───────── limit
 *   new ones go   to workerd ◀───────────────────┴─▶ here: 503 with a reason, closed
 *
 * When workerd is full, other sockets join its ports, and the kernel deals new connections to all of them alike: to workerd comes one in
 * some hundreds, of which those that say nothing are closed after 15 s (kj's headerTimeout). Whoever is connected already notices nothing,
 * and nothing is in the way of a request. How often it looks depends on how soon the limit could be reached.
 */
import { createServer, type Server, type Socket } from "node:net";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { A_CONNECTION, type Budget, descriptorsOf } from "./descriptors.ts";

/** Sockets that join each port; after each look that finds still more descriptors, as many more. */
const JOINING = 128;
const MOST_JOINED = 1_024;
/** The launcher has descriptors too: at most this part of its limit for sockets that join, and as much for those who are told. */
const OWN_SHARE = 1 / 8;
/** It is open again at this share of `full`. */
const OPEN_AGAIN = 0.9;
/** More than workerd accepts in a millisecond. */
const DESCRIPTORS_A_MS = 50 * A_CONNECTION;
const LOOK_MS = { least: 5, most: 250 };
/** Those that are being told; more are closed without a word. */
const MOST_TOLD = 512;
const TELL_MS = 500;

const BODY = JSON.stringify({
  jsonrpc: "2.0",
  error: {
    code: -32005,
    message: "The network has no room for another connection",
    data: { code: ErrorCode.EDGE_FULL },
  },
  id: null,
});
const ANSWER = [
  "HTTP/1.1 503 Service Unavailable",
  "content-type: application/json; charset=utf-8",
  `content-length: ${BODY.length}`,
  "access-control-allow-origin: *",
  "retry-after: 1",
  "connection: close",
  "",
  BODY,
].join("\r\n");

export interface GateOptions {
  readonly budget: Budget;
  readonly host: string;
  readonly ports: readonly number[];
  /** It is full, or open again. */
  readonly onChange: (full: boolean) => void;
}

export class Gate {
  readonly #options: GateOptions;
  #pid: number | undefined;
  #next: NodeJS.Timeout | undefined;
  #servers: Server[] = [];
  /** Descriptors of this process for one purpose of the two. */
  readonly #own: number;
  #told = 0;
  #most = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#own = Math.floor(options.budget.limit * OWN_SHARE);
  }

  /** Watches the process that has the ports now; undefined: none. */
  watch(pid: number | undefined): void {
    clearTimeout(this.#next);
    this.#pid = pid;
    this.#open();
    if (pid !== undefined) this.#look();
  }

  #look(): void {
    const used = this.#pid === undefined ? undefined : descriptorsOf(this.#pid);
    if (used === undefined) {
      this.#open();
      return;
    }
    const { full } = this.#options.budget;
    if (used >= full) this.#close(used);
    else if (used < full * OPEN_AGAIN) this.#open();
    const soon = Math.abs(full - used) / DESCRIPTORS_A_MS;
    this.#next = setTimeout(() => this.#look(), Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, soon)));
    this.#next.unref();
  }

  #close(used: number): void {
    const isFirst = this.#servers.length === 0;
    const { ports } = this.#options;
    const most = Math.min(MOST_JOINED, Math.floor(this.#own / ports.length));
    const joined = this.#servers.length / ports.length;
    if (!isFirst && (used <= this.#most || joined >= most)) return;
    this.#most = used;
    for (const port of ports) {
      for (let i = joined; i < Math.min(most, joined + JOINING); i++) this.#servers.push(this.#join(port));
    }
    if (isFirst) this.#options.onChange(true);
  }

  #open(): void {
    if (this.#servers.length === 0) return;
    for (const server of this.#servers) server.close();
    this.#servers = [];
    this.#most = 0;
    this.#options.onChange(false);
  }

  #join(port: number): Server {
    const server = createServer((socket) => this.#turnAway(socket));
    // One that cannot join, for lack of descriptors here or because workerd has just ended, is one less.
    server.on("error", () => {});
    server.listen({ host: this.#options.host, port, reusePort: true });
    server.unref();
    return server;
  }

  /** What it has sent is read and dropped: closed before, the connection would be reset and the answer lost. */
  #turnAway(socket: Socket): void {
    socket.on("error", () => {});
    if (this.#told >= Math.min(MOST_TOLD, this.#own)) {
      socket.destroy();
      return;
    }
    this.#told++;
    const timer = setTimeout(() => socket.destroy(), TELL_MS);
    socket.once("close", () => {
      clearTimeout(timer);
      this.#told--;
    });
    socket.resume();
    socket.end(ANSWER);
  }
}
