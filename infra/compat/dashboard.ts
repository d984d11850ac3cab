/** What solana-test-validator prints (Agave: validator/src/dashboard.rs): launchers wait for some of these lines. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Network } from "../network/index.ts";
import { rpcCall } from "../start/rpc.ts";

const TERMINAL_INTERVAL_MS = 1_000;
const PLAIN_INTERVAL_MS = 5_000;
const LAMPORTS_PER_SOL = 1_000_000_000n;

/** An amount as Agave prints it: nine digits behind the point. */
export function nineDigits(lamports: bigint): string {
  return `${lamports / LAMPORTS_PER_SOL}.${String(lamports % LAMPORTS_PER_SOL).padStart(9, "0")}`;
}

/** An amount as the Solana CLI prints it: without the zeros at the end. */
export function solText(lamports: bigint): string {
  return nineDigits(lamports).replace(/\.?0+$/, "");
}

/** Of this package. */
export function packageVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

interface State {
  readonly processed: number;
  readonly confirmed: number;
  readonly finalized: number;
  readonly transactions: number;
  readonly balance: bigint;
}

async function readState({ rpcUrl, identity }: Network): Promise<State> {
  const slot = (commitment: string) => rpcCall<number>(rpcUrl, "getSlot", [{ commitment }]);
  const [processed, confirmed, finalized, transactions, { value }] = await Promise.all([
    slot("processed"),
    slot("confirmed"),
    slot("finalized"),
    rpcCall<number>(rpcUrl, "getTransactionCount"),
    rpcCall<{ value: number }>(rpcUrl, "getBalance", [identity.address]),
  ]);
  return { processed, confirmed, finalized, transactions, balance: BigInt(value) };
}

function uptime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export class Dashboard {
  readonly #network: Network;
  readonly #startedAt = performance.now();
  readonly #isTerminal = process.stdout.isTTY;
  #timer: NodeJS.Timeout | undefined;
  #last = "";

  constructor(network: Network) {
    this.#network = network;
  }

  async open(): Promise<void> {
    const { rpcUrl, wsUrl, identity, genesisHash } = this.#network;
    const version = await rpcCall<{ "solana-core": string }>(rpcUrl, "getVersion");
    const rows = [
      ["Identity", identity.address],
      ["Genesis Hash", genesisHash],
      ["Version", version["solana-core"]],
      ["JSON RPC URL", rpcUrl],
      ["WebSocket PubSub URL", wsUrl],
    ];
    process.stdout.write(rows.map(([name, value]) => `${name}: ${value}\n`).join(""));
    await this.#update();
    const interval = this.#isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
    this.#timer = setInterval(() => this.#update(), interval);
  }

  async #update(): Promise<void> {
    const state = await readState(this.#network).catch(() => undefined);
    if (!state) return; // workerd is being restarted
    const { processed, confirmed, finalized, transactions, balance } = state;
    const line =
      `Processed Slot: ${processed} | Confirmed Slot: ${confirmed} | Finalized Slot: ${finalized} | ` +
      `Full Snapshot Slot: - | Incremental Snapshot Slot: - | Transactions: ${transactions} | ◎${nineDigits(balance)}`;
    const whole = `${uptime(performance.now() - this.#startedAt)} | ${line}`;
    if (this.#isTerminal) process.stdout.write(`\r\x1b[2K${whole}`);
    else if (line !== this.#last) process.stdout.write(`${whole}\n`);
    this.#last = line;
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#isTerminal) process.stdout.write("\n");
  }
}
