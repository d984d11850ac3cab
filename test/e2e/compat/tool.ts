/** The commands of infra/compat as launchers start them: by name, found on the PATH. */
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ended, RunningCommand } from "../running-command.ts";

export const BIN = join(import.meta.dirname, "../../../infra/compat/bin");
/** Of a launcher: the commands first on the PATH, beside the Node of this package. */
export const launcherEnvironment = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: [BIN, join(process.execPath, ".."), process.env.PATH].join(":"),
  ...more,
});

export class Tool extends RunningCommand {
  constructor(name: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
    super(name, args, {
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      env: launcherEnvironment(options.env),
    });
  }

  /** Back when the network at `url` answers; throws when the command ends instead. */
  async answers(url: string): Promise<void> {
    while (this.isRunning) {
      const answer = await fetch(`${url}/health`).catch(() => null);
      if (answer?.ok) return;
      await sleep(50);
    }
    throw new Error(`ended before it answered:\n${this.stdout}${this.stderr}`);
  }

  async kill(signal: NodeJS.Signals): Promise<Ended> {
    await this.signal(signal);
    return this.result();
  }
}

/** For commands that end by themselves. */
export function run(
  name: string,
  args: readonly string[],
  options?: ConstructorParameters<typeof Tool>[2],
): Promise<Ended> {
  return new Tool(name, args, options).result();
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
