/** A command as a child process: what it prints, and how it ends. Whatever a test leaves running is ended after it. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { afterEach } from "vitest";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}
export interface Ended extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<RunningCommand>();

export class RunningCommand {
  readonly exit: Promise<Exit>;
  stdout = "";
  stderr = "";
  protected readonly child: ChildProcess;
  #onOutput = () => {};

  constructor(file: string, args: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#onOutput();
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#onOutput();
    });
    running.add(this);
    this.exit = new Promise((resolve) => {
      this.child.once("close", (code, signal) => {
        running.delete(this);
        resolve({ code, signal });
        this.#onOutput();
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }
  get isRunning(): boolean {
    return running.has(this);
  }
  /** How it ended, with all that it printed. */
  async result(): Promise<Ended> {
    const exit = await this.exit;
    return { ...exit, stdout: this.stdout, stderr: this.stderr };
  }

  /** Back when the pattern is in what was printed; throws when the command ends without it. */
  async printed(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = `${this.stdout}\n${this.stderr}`.match(pattern);
      if (match) return match;
      if (!this.isRunning) throw new Error(`ended without ${pattern}:\n${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve;
      });
    }
  }

  signal(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.exit;
  }
}

/** Ends all that still run. */
export async function endCommands(): Promise<void> {
  await Promise.all([...running].map((command) => command.signal("SIGTERM")));
}

afterEach(endCommands);
