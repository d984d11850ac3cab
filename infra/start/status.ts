/** The live line below the report: rewritten in place on a terminal, a line of its own now and then elsewhere. */
import type { BuilderStatus } from "../../durable-objects/builder/builder.ts";
import type { Network } from "../network/index.ts";

const TERMINAL_INTERVAL_MS = 1_000;
const LOG_INTERVAL_MS = 5_000;
const CLEAR_LINE = "\r\x1b[2K";

async function readStatus(network: Network): Promise<BuilderStatus | null> {
  try {
    const response = await fetch(`${network.rpcUrl}/v1/status`);
    return response.ok ? ((await response.json()) as BuilderStatus) : null;
  } catch {
    return null; // workerd is being restarted
  }
}

function describe(status: BuilderStatus, before: BuilderStatus | null, seconds: number): string {
  const rate = before ? Math.max(0, Math.round((status.transactions - before.transactions) / seconds)) : 0;
  const p50 = status.confirmationP50 === null ? "-" : `${Math.round(status.confirmationP50)} ms`;
  return `slot ${status.slot}  ${rate.toLocaleString("en")} transactions/s  p50 confirmation ${p50}`;
}

export class StatusLine {
  readonly #network: Network;
  readonly #terminal: boolean;
  readonly #timer: NodeJS.Timeout;
  #before: BuilderStatus | null = null;
  #at = performance.now();
  #line = "";

  constructor(network: Network) {
    this.#network = network;
    this.#terminal = process.stdout.isTTY;
    this.#timer = setInterval(() => this.#update(), this.#terminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS);
  }

  async #update(): Promise<void> {
    const status = await readStatus(this.#network);
    if (!status) return;
    const now = performance.now();
    const line = describe(status, this.#before, (now - this.#at) / 1000);
    this.#before = status;
    this.#at = now;
    if (this.#terminal) process.stdout.write(`${CLEAR_LINE}${line}`);
    else if (line !== this.#line) process.stdout.write(`${line}\n`);
    this.#line = line;
  }

  /** Prints a line of its own above the live one. */
  print(text: string, stream: NodeJS.WriteStream): void {
    if (this.#terminal) process.stdout.write(CLEAR_LINE);
    stream.write(`${text}\n`);
    if (this.#terminal) process.stdout.write(this.#line);
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#terminal && this.#line) process.stdout.write("\n");
  }
}
