/** The few RPC calls that the benchmarks make, over one keep-alive HTTP agent and one WebSocket. */
import WebSocket from "ws";
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import type { NetworkStats } from "../../workers/edge/stats.ts";
import { ingestBody } from "./wallets.ts";

/** Integers that a double cannot hold become bigints: the faucet has more lamports than that. */
function parseExactly(text: string): unknown {
  const reviver = (_: string, value: unknown, { source }: { source: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
  return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
}

/**
 * While transactions are being signed nothing is read: a connection that the other side has closed meanwhile shows only
 * when it is used again. Sent twice, a transaction lands once.
 */
async function fetchAgain(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    if (cause?.code !== "UND_ERR_SOCKET" && cause?.code !== "ECONNRESET") throw error;
    return await fetch(url, init);
  }
}

export class BenchClient {
  readonly url: string;
  readonly #wsUrl: string;
  #id = 1;

  constructor(rpcUrl: string, wsUrl: string) {
    this.url = rpcUrl;
    this.#wsUrl = wsUrl;
  }

  async rpc<T>(method: string, ...params: unknown[]): Promise<T> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: this.#id++, method, params });
    const response = await fetchAgain(this.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const answer = parseExactly(await response.text()) as { result?: T; error?: { code: number; message: string } };
    if (answer.error) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`);
    return answer.result as T;
  }

  async blockhash(): Promise<Uint8Array> {
    const { value } = await this.rpc<{ value: { blockhash: string } }>("getLatestBlockhash");
    return decodeBase58(value.blockhash)!;
  }

  transactionCount(): Promise<number> {
    return this.rpc<number>("getTransactionCount");
  }

  async stats(): Promise<NetworkStats> {
    return (await (await fetchAgain(`${this.url}/v1/stats`)).json()) as NetworkStats;
  }

  /** Sends one batch until every transaction of it is taken. Throws when one is refused. */
  async ingest(transactions: readonly Uint8Array[]): Promise<void> {
    let left = transactions;
    while (left.length > 0) {
      const response = await fetchAgain(`${this.url}/v1/transactions`, {
        method: "POST",
        body: ingestBody(left) as BodyInit,
      });
      const answer = new Uint8Array(await response.arrayBuffer());
      const busy: Uint8Array[] = [];
      left.forEach((transaction, i) => {
        const status = answer[4 + i * 3];
        if (status === 2 || response.status === 429) busy.push(transaction);
        else if (status !== 0) {
          const code = answer[5 + i * 3]! | (answer[6 + i * 3]! << 8);
          throw new Error(`transaction ${i} is refused with code ${code} (HTTP ${response.status})`);
        }
      });
      left = busy;
      if (busy.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits until the chain has landed `count` transactions; milliseconds since `start`. */
  async landed(count: number, start: number): Promise<number> {
    while ((await this.transactionCount()) < count) await new Promise((resolve) => setTimeout(resolve, 5));
    return performance.now() - start;
  }

  /** A socket for signature notifications. */
  async socket(): Promise<ConfirmSocket> {
    const socket = new WebSocket(this.#wsUrl);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return new ConfirmSocket(socket);
  }

  sendRaw(transaction: Uint8Array): Promise<string> {
    const encoded = Buffer.from(transaction).toString("base64");
    return this.rpc<string>("sendTransaction", encoded, { encoding: "base64", skipPreflight: true });
  }
}

export class ConfirmSocket {
  readonly #socket: WebSocket;
  readonly #confirmed = new Map<number, () => void>();
  readonly #subscribed = new Map<number, (id: number) => void>();
  #id = 1;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      const message = JSON.parse(String(data));
      if (message.id !== undefined) this.#subscribed.get(message.id)?.(message.result);
      else this.#confirmed.get(message.params.subscription)?.();
    });
  }

  /** Resolves once the subscription stands; `notified` when the notification comes. */
  async confirmation(signature: Uint8Array): Promise<{ notified: Promise<void> }> {
    const id = this.#id++;
    const subscription = new Promise<number>((resolve) => this.#subscribed.set(id, resolve));
    const params = [encodeBase58(signature), { commitment: "confirmed" }];
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "signatureSubscribe", params }));
    const number = await subscription;
    return { notified: new Promise<void>((resolve) => this.#confirmed.set(number, resolve)) };
  }

  close(): void {
    this.#socket.close();
  }
}
