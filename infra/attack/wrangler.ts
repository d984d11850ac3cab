/** A network under `wrangler dev`, as docs/operations.md describes the rehearsal of a deployment. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withStandardPrograms } from "../genesis/standard-programs.ts";
import { Failure } from "../network/failure.ts";
import { createNetworkFile, networkVariable } from "../network/genesis.ts";
import { DEFAULT_HOST, DEFAULT_SLOT_MS } from "../network/index.ts";
import { findPortPair } from "../network/ports.ts";
import { isAlive } from "../network/process.ts";
import { DEFAULT_SHARDS } from "../network/state.ts";
import type { Target } from "./target.ts";

const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
/** Deployed with the code: its network is the one that is rehearsed, where there is one. */
const GENESIS = join(ROOT, "build/genesis.bin");
/** It builds everything first. */
const START_MS = 180_000;
const POLL_MS = 250;
const STOP_MS = 10_000;
const WORKERD = "workerd";

function storedGenesis(): Uint8Array | undefined {
  try {
    const bytes = new Uint8Array(readFileSync(GENESIS));
    return bytes.length > 0 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Processes below `root` that run workerd; none where the system has no /proc. */
function workerdsBelow(root: number): number[] {
  const parents = new Map<number, { readonly parent: number; readonly name: string }>();
  try {
    for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const stat = /^\d+ \((.*)\) \S (\d+)/.exec(readStat(entry));
      if (stat) parents.set(Number(entry), { name: stat[1]!, parent: Number(stat[2]) });
    }
  } catch {
    return [];
  }
  const isBelow = (pid: number): boolean => pid === root || (parents.has(pid) && isBelow(parents.get(pid)!.parent));
  return [...parents].filter(([pid, { name }]) => name.startsWith(WORKERD) && isBelow(pid)).map(([pid]) => pid);
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return ""; // it has just ended
  }
}

/** Throws a Failure when it does not come up; what Wrangler said is in it. */
export async function startWranglerTarget(): Promise<Target> {
  const stored = storedGenesis();
  const accounts = stored ?? (await withStandardPrograms());
  if (!stored) writeFileSync(GENESIS, accounts);
  const folder = mkdtempSync(join(tmpdir(), "infinisvm-wrangler-"));
  const variables = join(folder, "variables");
  const network = networkVariable(createNetworkFile(DEFAULT_SHARDS, accounts), DEFAULT_SLOT_MS);
  writeFileSync(variables, `NETWORK='${JSON.stringify(network)}'\n`, { mode: 0o600 });
  const port = await findPortPair(DEFAULT_HOST);
  const args = ["dev", "--ip", DEFAULT_HOST, "--port", String(port), "--inspector-port", "0", "--log-level", "error"];
  args.push("--persist-to", join(folder, "state"), "--env-file", variables, "--show-interactive-dev-session=false");
  const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream
      .setEncoding("utf8")
      .on("data", (text: string) => lines.push(...text.split("\n").filter((line) => line.trim())));
  }
  const stop = async () => {
    const workerds = workerdsBelow(child.pid!);
    const exited = child.exitCode === null ? once(child, "exit") : undefined;
    child.kill("SIGTERM");
    await Promise.race([exited, sleep(STOP_MS, undefined, { ref: false })]);
    if (child.exitCode === null) child.kill("SIGKILL");
    for (const pid of workerds) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    if (!stored) rmSync(GENESIS, { force: true });
  };
  const url = new URL(`http://${DEFAULT_HOST}:${port}/`);
  const until = performance.now() + START_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || performance.now() > until) {
      await stop();
      throw new Failure("build-failed", `wrangler dev did not start: ${lines.slice(-5).join(" ")}`);
    }
    await sleep(POLL_MS);
  }
  return {
    url,
    ports: [port],
    name: "wrangler dev",
    pids: () => workerdsBelow(child.pid!),
    said: () => lines.splice(0),
    stop,
  };
}

async function isReady(url: URL): Promise<boolean> {
  const response = await fetch(new URL("/v1/status", url)).catch(() => undefined);
  return response?.status === 200;
}
