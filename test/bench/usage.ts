/** What a running network has used: the counters of its objects and the CPU time of its process. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { NetworkStats } from "../../workers/edge/stats.ts";
import type { BenchNetwork } from "./setup.ts";

export interface Counters {
  readonly at: number;
  readonly cpuMs: number;
  readonly rows: number;
  readonly bytes: number;
  readonly messages: number;
  readonly proposed: number;
  readonly crossShard: number;
  readonly blocks: number;
  readonly objects: number;
}

/** Milliseconds in a tick of the kernel's accounting. */
const TICK_MS = 1000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
/** Fields of /proc/PID/stat, counted from the one after the command's name (proc(5)): utime and stime. */
const UTIME = 11;
const STIME = 12;

/** CPU time of a process with all its threads, milliseconds; NaN where the system has no /proc. */
export function cpuMs(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[UTIME]) + Number(fields[STIME])) * TICK_MS;
  } catch {
    return Number.NaN;
  }
}

export async function counters({ network, client }: BenchNetwork): Promise<Counters> {
  const stats = await client.stats();
  const { builder, ledger, indexes, lanes, shards } = stats;
  const actors: NetworkStats["lanes"][number][] = [builder, ledger, ...indexes, ...lanes, ...shards];
  const sum = (name: "rowsWritten" | "bytesWritten" | "messagesSent") =>
    actors.reduce((total, actor) => total + actor[name], 0);
  return {
    at: performance.now(),
    cpuMs: network.workerdPids.reduce<number>((total, pid) => total + cpuMs(pid), 0),
    rows: sum("rowsWritten"),
    bytes: sum("bytesWritten"),
    messages: sum("messagesSent"),
    proposed: stats.builder.proposed,
    crossShard: stats.builder.crossShard,
    blocks: stats.builder.blocks,
    // The one that no counter is asked of: subscriptions.
    objects: actors.length + 1,
  };
}

/** What was used between two looks, or in several such intervals together. */
export function used(from: Counters, to: Counters): Counters {
  const difference = (name: keyof Counters) => to[name] - from[name];
  return {
    at: difference("at"),
    cpuMs: difference("cpuMs"),
    rows: difference("rows"),
    bytes: difference("bytes"),
    messages: difference("messages"),
    proposed: difference("proposed"),
    crossShard: difference("crossShard"),
    blocks: difference("blocks"),
    objects: to.objects,
  };
}

export function addUp(all: readonly Counters[]): Counters {
  const sum = (name: keyof Counters) => all.reduce((total, each) => total + each[name], 0);
  return {
    at: sum("at"),
    cpuMs: sum("cpuMs"),
    rows: sum("rows"),
    bytes: sum("bytes"),
    messages: sum("messages"),
    proposed: sum("proposed"),
    crossShard: sum("crossShard"),
    blocks: sum("blocks"),
    objects: all[0]!.objects,
  };
}
