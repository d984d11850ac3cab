/** `npm start` as a child process, run as npm runs it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import { findPortPair } from "../../infra/network/ports.ts";
import { type Ended, type Exit, endCommands, RunningCommand } from "./running-command.ts";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "../../infra/start/main.ts");

const folders: string[] = [];

export class StartCommand extends RunningCommand {
  constructor(...args: readonly string[]) {
    // A group of its own, as a terminal makes one: see `interruptAll`.
    super(process.execPath, [MAIN, ...args], { detached: true });
  }

  /** Back when the network is up and has confirmed its first transfer. */
  async up(): Promise<void> {
    await this.printed(/First transfer\s+confirmed in \d+ ms/);
  }

  /** Ctrl-C, as a terminal does it: SIGINT to the command and to the processes that it has started. */
  async interruptAll(): Promise<Exit> {
    process.kill(-this.child.pid!, "SIGINT");
    return await this.exit;
  }
}

/** The command's output and end; for commands that end by themselves. */
export function runStart(...args: readonly string[]): Promise<Ended> {
  return new StartCommand(...args).result();
}

/** A folder of the test's own, deleted after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "infinisvm-start-"));
  folders.push(folder);
  return folder;
}

/** `--state` and `--port` for a network of the test's own. */
export async function ownNetwork(): Promise<{ state: string; port: number; url: string; args: string[] }> {
  const state = join(temporaryFolder(), "state");
  const port = await findPortPair("127.0.0.1");
  return { state, port, url: `http://127.0.0.1:${port}`, args: ["--state", state, "--port", String(port)] };
}

afterEach(async () => {
  await endCommands();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
