/** Looking at, and ending, processes by their id. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Fields of /proc/PID/stat, counted from the one after the command's name. */
const STAT_STATE = 0;
const STAT_THREADS = 17;

/** Whether the process still has anything: one that has ended and waits to be noticed by its parent has not. */
export function isAlive(pid: number): boolean {
  try {
    if (process.platform !== "linux") return !/^$|^Z/.test(ps("state=", pid));
    // The command's name, in parentheses, may hold anything. While threads are left, so are files and ports.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[STAT_STATE] !== "Z" || Number(fields[STAT_THREADS]) > 1;
  } catch {
    return false;
  }
}

function ps(column: string, pid: number): string {
  return execFileSync("ps", ["-ww", "-o", column, "-p", String(pid)], { encoding: "utf8" }).trim();
}

/** The command line of a process, its arguments separated by spaces; "" when there is no such process. */
export function commandLine(pid: number): string {
  try {
    if (process.platform === "linux") {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    }
    return ps("command=", pid);
  } catch {
    return "";
  }
}

/** Memory that the processes have in RAM; what cannot be asked counts as none. */
export function residentBytes(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    try {
      if (process.platform !== "linux") return Number(ps("rss=", pid));
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) * 1024;
}

/** SIGKILL, and back once the process is gone. */
export async function killAndWait(pid: number): Promise<void> {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return; // gone already
  }
  while (isAlive(pid)) await sleep(2);
}
