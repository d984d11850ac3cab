/**
 * The load generator of the throughput parts. It runs on the cores that it measures, so all that can be done before the clock starts is done
 * before: requests are whole byte strings, connections are open; then a request is one write and its answer one look.
 */
import { HttpConnection, requestBytes } from "../../infra/load/http-connection.ts";
import { STATUS } from "../../shared/ingest/protocol.ts";
import { ingestBody } from "./wallets.ts";

const HTTP_OK = 200;
const HTTP_BUSY = 429;
const ANSWER_HEAD = 4;
const ANSWER_ENTRY = 3;
/** Full lanes take some milliseconds to have room again. */
const BUSY_PAUSE_MS = 20;
/** How often the chain is asked how far it is: a question costs the generator and the edge 0.1 ms each. */
const POLL_MS = 25;
/** And while less than this share is missing, so that the end is not found late. */
const END = 0.1;
const POLL_END_MS = 5;

/** Transactions and the request that sends them. */
export interface Packed {
  readonly transactions: readonly Uint8Array[];
  readonly request: Uint8Array;
}

export interface Sent {
  /** From the first byte written until the last transaction has landed. */
  readonly ms: number;
  /** CPU time of this process meanwhile, a transaction. */
  readonly cpuUs: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU time of this process with all its threads, microseconds. */
function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The places of those a lane had no room for. Throws when one is refused. */
export function busyPlaces(status: number, answer: Uint8Array, count: number): number[] {
  if (status !== HTTP_OK && status !== HTTP_BUSY) throw new Error(`HTTP ${status} for ${count} transactions`);
  const isWhole = answer.length === ANSWER_HEAD + count * ANSWER_ENTRY;
  if (!isWhole && status === HTTP_OK) throw new Error(`an answer of ${answer.length} bytes for ${count} transactions`);
  const busy: number[] = [];
  for (let i = 0; i < count; i++) {
    const at = ANSWER_HEAD + i * ANSWER_ENTRY;
    const fate = isWhole ? answer[at]! : STATUS.BUSY;
    if (fate === STATUS.BUSY) busy.push(i);
    else if (fate !== STATUS.TAKEN) {
      const code = answer[at + 1]! | (answer[at + 2]! << 8);
      throw new Error(`transaction ${i} is refused with code ${code} (HTTP ${status})`);
    }
  }
  return busy;
}

export class Sender {
  readonly #ingest: URL;
  readonly #connections: readonly HttpConnection[];
  readonly #poll: HttpConnection;
  readonly #question: Uint8Array;

  constructor(rpcUrl: string, connections: number) {
    this.#ingest = new URL("/v1/transactions", rpcUrl);
    this.#connections = Array.from({ length: connections }, () => new HttpConnection(rpcUrl));
    this.#poll = new HttpConnection(rpcUrl);
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getTransactionCount" }));
    this.#question = requestBytes("POST", new URL(rpcUrl), body, "application/json");
  }

  pack(transactions: readonly Uint8Array[], batch: number): Packed[] {
    return Array.from({ length: Math.ceil(transactions.length / batch) }, (_, i) =>
      this.#packed(transactions.slice(i * batch, (i + 1) * batch)),
    );
  }

  #packed(transactions: readonly Uint8Array[]): Packed {
    return { transactions, request: requestBytes("POST", this.#ingest, ingestBody(transactions)) };
  }

  async #count(): Promise<number> {
    const { status, body } = await this.#poll.send(this.#question);
    const { result } = JSON.parse(Buffer.from(body).toString()) as { result?: number };
    if (result === undefined) throw new Error(`HTTP ${status} for getTransactionCount`);
    return result;
  }

  async #deliver(connection: HttpConnection, packed: Packed): Promise<void> {
    for (let left: Packed | undefined = packed; left; ) {
      const { transactions, request }: Packed = left;
      const { status, body } = await connection.send(request);
      const busy = busyPlaces(status, body, transactions.length);
      left = busy.length > 0 ? this.#packed(busy.map((i) => transactions[i]!)) : undefined;
      if (left) await pause(BUSY_PAUSE_MS);
    }
  }

  /** Sends all over all connections and waits until they have landed; nothing else may land meanwhile. */
  async send(packed: readonly Packed[]): Promise<Sent> {
    const total = packed.reduce((sum, { transactions }) => sum + transactions.length, 0);
    const before = await this.#count();
    // Opens the connections.
    await Promise.all(this.#connections.map((connection) => connection.send(this.#question)));
    const queue = [...packed];
    const cpu = ownCpuUs();
    const start = performance.now();
    const worker = async (connection: HttpConnection) => {
      for (let next = queue.shift(); next; next = queue.shift()) await this.#deliver(connection, next);
    };
    await Promise.all(this.#connections.map(worker));
    for (let left = total; left > 0; ) {
      await pause(left > total * END ? POLL_MS : POLL_END_MS);
      left = before + total - (await this.#count());
    }
    return { ms: performance.now() - start, cpuUs: (ownCpuUs() - cpu) / total };
  }

  close(): void {
    for (const connection of [this.#poll, ...this.#connections]) connection.close();
  }
}
