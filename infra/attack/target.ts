/** The network that is attacked: started for it, or one that runs. What can be seen of its processes from outside. */
import { readdirSync, readFileSync } from "node:fs";
import { noNetwork } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { startNetwork } from "../network/index.ts";
import { isAlive } from "../network/process.ts";
import { rpcCall } from "../start/rpc.ts";
import { requireLoopback } from "./options.ts";

export interface Target {
  readonly url: URL;
  /** All of them are attacked: one alone has too few ports of the other side. */
  readonly ports: readonly number[];
  readonly name: string;
  /** Its processes; none are known of a network that was there already. */
  readonly pids: () => readonly number[];
  /** What it has said on its log since the last question. */
  readonly said: () => readonly string[];
  stop(): Promise<void>;
}

export interface Usage {
  /** Of all processes, MiB. */
  readonly memoryMib: number;
  readonly descriptors: number;
}

/** Null where it cannot be read: no processes are known, or the system has no /proc. */
export function usageOf(pids: readonly number[]): Usage | null {
  let kib = 0;
  let descriptors = 0;
  for (const pid of pids) {
    try {
      kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
      descriptors += readdirSync(`/proc/${pid}/fd`).length;
    } catch {
      if (isAlive(pid)) return null;
    }
  }
  return kib > 0 ? { memoryMib: Math.round(kib / 1_024), descriptors } : null;
}

export async function startTarget(processes: 1 | 2): Promise<Target> {
  const lines: string[] = [];
  const network = await startNetwork({
    processes,
    guarded: true,
    log: (level, message) => {
      if (level !== "info") lines.push(message);
    },
  });
  return {
    url: new URL(network.rpcUrl),
    ports: [network.port, network.port + 1],
    name: processes === 1 ? "one workerd process" : "two workerd processes",
    pids: () => network.workerdPids.filter((pid) => pid !== undefined),
    said: () => lines.splice(0),
    stop: () => network.stop(),
  };
}

/** A network that runs. Throws a Failure when it is not on loopback, or does not answer. */
export async function runningTarget(address: string): Promise<Target> {
  await requireLoopback(address);
  const url = new URL(address);
  await rpcCall(url.href, "getGenesisHash").catch((error: unknown) => {
    throw new Failure("network-unreachable", noNetwork(address, error));
  });
  return { url, ports: [Number(url.port || 80)], name: address, pids: () => [], said: () => [], stop: async () => {} };
}
