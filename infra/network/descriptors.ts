/** File descriptors of a process: how many it may have (RLIMIT_NOFILE), and how many it has. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";

/** workerd holds each connection twice: kj duplicates the descriptor to hear apart that it can be written to. */
export const A_CONNECTION = 2;
/** What a network has open besides: SQLite files, at most nine an object. */
const A_NETWORK = 600;
/** A quarter of the limit stays free, for what comes in before it is noticed: at least and at most so many. */
const RESERVE = { share: 4, least: 200, most: 16_384 };
/** Of the connections that there is room for, so many may be WebSockets: others still find some to ask on. */
const SOCKETS_SHARE = 0.75;
/** SOMAXCONN of Linux. */
const MOST_BACKLOG = 4_096;
/** Where the system says no limit, this is enough for all that the network itself allows. */
const UNLIMITED = 1_048_576;

function parseLimit(text: string | undefined): number {
  const limit = Number(text);
  return Number.isInteger(limit) && limit > 0 ? limit : UNLIMITED;
}

/**
 * The limit that a child process of this one begins with. It is the hard limit already where that is higher than the soft one: Node raises
 * its own at its start, and its children inherit it.
 */
export function descriptorLimit(): number {
  try {
    if (process.platform === "linux") {
      const limits = readFileSync("/proc/self/limits", "utf8");
      return parseLimit(/^Max open files\s+(\S+)/m.exec(limits)?.[1]);
    }
    return parseLimit(execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim());
  } catch {
    return UNLIMITED;
  }
}

/** How many a process has; undefined where that cannot be seen. Linux from 6.2 on says it at once, before the names are counted. */
export function descriptorsOf(pid: number): number | undefined {
  const folder = `/proc/${pid}/fd`;
  try {
    return statSync(folder).size || readdirSync(folder).length;
  } catch {
    return undefined;
  }
}

export interface Budget {
  readonly limit: number;
  /** Descriptors at which new connections are turned away. */
  readonly full: number;
  readonly connections: number;
  readonly webSockets: number;
  /** Connections that may wait to be accepted: they will be, however full it is by then. */
  readonly backlog: number;
}

/** What a limit allows. */
export function budgetOf(limit: number): Budget {
  const reserve = Math.min(RESERVE.most, Math.max(RESERVE.least, Math.floor(limit / RESERVE.share)));
  const full = Math.max(0, limit - reserve);
  const connections = Math.max(0, Math.floor((full - Math.min(A_NETWORK, full / 2)) / A_CONNECTION));
  const backlog = Math.min(MOST_BACKLOG, Math.floor(reserve / 4 / A_CONNECTION));
  return { limit, full, connections, webSockets: Math.floor(connections * SOCKETS_SHARE), backlog };
}
