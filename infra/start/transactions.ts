/**
 * `npm start -- --log`: one line a transaction. What landed comes from `logsSubscribe`, its compute units from the block:
 *
 *   logs notifications ──by slot──▶ queue of slots ──one at a time──▶ getBlock ──▶ lines
 */
import { errorTextOf } from "../../shared/rpc/error-text.ts";
import type { Json } from "../../shared/rpc/json.ts";
import { rpcCall } from "./rpc.ts";

/** Slots that wait for their block. Beyond it transactions are counted and not shown. */
const MAX_WAITING = 64;
const RECONNECT_MS = 500;
/** The newest version of transactions that a block is asked for with. */
const MAX_VERSION = 255;

interface Landed {
  readonly signature: string;
  readonly err: Json;
  readonly logs: readonly string[];
}

/** What the program that failed said last, in quotes; "" when it said nothing. */
function lastWords(logs: readonly string[]): string {
  const said = logs.findLast((line) => line.startsWith("Program log: "));
  return said === undefined ? "" : ` ("${said.slice("Program log: ".length)}")`;
}

/** `units`: null where they are not known. */
export function transactionLine({ signature, err, logs }: Landed, units: number | null): string {
  const cost = units === null ? "? units" : `${units.toLocaleString("en")} units`;
  if (err === null) return `${signature}  ok      ${cost}`;
  return `${signature}  failed  ${cost}  ${errorTextOf(err)}${lastWords(logs)}`;
}

export class TransactionLog {
  readonly #rpcUrl: string;
  readonly #wsUrl: string;
  readonly #print: (line: string) => void;
  readonly #waiting = new Map<number, Landed[]>();
  #socket: WebSocket | undefined;
  #isBusy = false;
  #omitted = 0;
  #isStopped = false;

  constructor(urls: { readonly rpcUrl: string; readonly wsUrl: string }, print: (line: string) => void) {
    this.#rpcUrl = urls.rpcUrl;
    this.#wsUrl = urls.wsUrl;
    this.#print = print;
    this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket?.close();
  }

  /** Again after workerd was restarted. */
  #connect(): void {
    if (this.#isStopped) return;
    const socket = new WebSocket(this.#wsUrl);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      const params = ["all", { commitment: "confirmed" }];
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "logsSubscribe", params }));
    });
    socket.addEventListener("message", ({ data }) => {
      const { method, params } = JSON.parse(String(data));
      if (method === "logsNotification") this.#landed(params.result.context.slot, params.result.value);
    });
    socket.addEventListener("close", () => setTimeout(() => this.#connect(), RECONNECT_MS).unref());
  }

  #landed(slot: number, landed: Landed): void {
    const known = this.#waiting.get(slot);
    if (known) known.push(landed);
    else if (this.#waiting.size < MAX_WAITING) this.#waiting.set(slot, [landed]);
    else this.#omitted++;
    if (!this.#isBusy) void this.#show();
  }

  async #show(): Promise<void> {
    this.#isBusy = true;
    for (const [slot, landed] of this.#waiting) {
      const units = await this.#units(slot).catch(() => new Map<string, number>());
      // Meanwhile more of the slot may have come.
      this.#waiting.delete(slot);
      if (this.#isStopped) return;
      for (const one of landed) this.#print(transactionLine(one, units.get(one.signature) ?? null));
      if (this.#omitted > 0) this.#print(`${this.#omitted} transactions are not shown: they came too fast`);
      this.#omitted = 0;
    }
    this.#isBusy = false;
  }

  /** Compute units of a block's transactions by signature. */
  async #units(slot: number): Promise<Map<string, number>> {
    const options = {
      commitment: "confirmed",
      encoding: "json",
      transactionDetails: "full",
      rewards: false,
      maxSupportedTransactionVersion: MAX_VERSION,
    };
    const block = await rpcCall<{
      transactions: {
        transaction: { signatures: [string] };
        meta: { computeUnitsConsumed: number };
      }[];
    }>(this.#rpcUrl, "getBlock", [slot, options]);
    return new Map(
      block.transactions.map(({ transaction, meta }) => [transaction.signatures[0], meta.computeUnitsConsumed]),
    );
  }
}
