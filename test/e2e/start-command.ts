/** `npm start` as a child process, run as npm runs it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import { findPortPair } from "../../infra/network/ports.ts";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "../../infra/start/main.ts");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<StartCommand>();
const folders: string[] = [];

export class StartCommand {
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  #onOutput = () => {};

  constructor(...args: readonly string[]) {
    // A group of its own, as a terminal makes one: see `interruptAll`.
    this.#child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#onOutput();
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#onOutput();
    });
    running.add(this);
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        running.delete(this);
        resolve({ code, signal });
        this.#onOutput();
      });
    });
  }

  /** Back when the pattern is in what was printed; throws when the command ends without it. */
  async printed(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = `${this.stdout}\n${this.stderr}`.match(pattern);
      if (match) return match;
      if (!running.has(this)) throw new Error(`ended without ${pattern}:\n${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve;
      });
    }
  }

  /** Back when the network is up and has confirmed its first transfer. */
  async up(): Promise<void> {
    await this.printed(/First transfer\s+confirmed in \d+ ms/);
  }

  /** Ctrl-C, as a terminal does it: SIGINT to the command and to the processes that it has started. */
  async interruptAll(): Promise<Ended> {
    process.kill(-this.#child.pid!, "SIGINT");
    return await this.ended;
  }

  async signal(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return await this.ended;
  }
}

/** The command's output and end; for commands that end by themselves. */
export async function runStart(...args: readonly string[]): Promise<Ended & { stdout: string; stderr: string }> {
  const command = new StartCommand(...args);
  const ended = await command.ended;
  return { ...ended, stdout: command.stdout, stderr: command.stderr };
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
  await Promise.all([...running].map((command) => command.signal("SIGTERM")));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
