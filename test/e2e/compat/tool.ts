/** The commands of infra/compat as launchers start them: by name, found on the PATH. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach } from "vitest";

export const BIN = join(import.meta.dirname, "../../../infra/compat/bin");
/** Of a launcher: the commands first on the PATH, beside the Node of this package. */
export const launcherEnvironment = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: [BIN, join(process.execPath, ".."), process.env.PATH].join(":"),
  ...more,
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<Tool>();

export class Tool {
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  #onOutput = () => {};

  constructor(name: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
    this.#child = spawn(name, args, {
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      env: launcherEnvironment(options.env),
    });
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
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
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

  /** Back when the network at `url` answers; throws when the command ends instead. */
  async answers(url: string): Promise<void> {
    while (running.has(this)) {
      const answer = await fetch(`${url}/health`).catch(() => null);
      if (answer?.ok) return;
      await sleep(50);
    }
    throw new Error(`ended before it answered:\n${this.stdout}${this.stderr}`);
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }
}

/** For commands that end by themselves. */
export function run(
  name: string,
  args: readonly string[],
  options?: ConstructorParameters<typeof Tool>[2],
): Promise<Ended> {
  return new Tool(name, args, options).ended;
}

/** Back once nobody listens on the port. */
export async function portIsFree(port: number): Promise<void> {
  const isFree = () =>
    new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
    });
  while (!(await isFree())) await sleep(20);
}

/** JSON-RPC; throws for an error. */
export async function ask<T>(url: string, method: string, ...params: readonly unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: T; error?: { message: string } };
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}

export interface RpcAccount {
  readonly lamports: number;
  readonly owner: string;
  readonly executable: boolean;
  readonly data: readonly [string, string];
}

export async function accountAt(url: string, address: string): Promise<RpcAccount | null> {
  const options = { encoding: "base64", commitment: "confirmed" };
  return (await ask<{ value: RpcAccount | null }>(url, "getAccountInfo", address, options)).value;
}

afterEach(async () => {
  await Promise.all([...running].map((tool) => tool.kill("SIGTERM")));
});
