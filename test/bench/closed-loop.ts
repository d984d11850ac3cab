/** Requests over a fixed number of connections, each of which sends its next one when it has the answer to the last. */
import { HttpConnection, requestBytes } from "../../infra/load/http-connection.ts";
import { cpuMs } from "./usage.ts";

export interface LoopResult {
  readonly perSecond: number;
  /** CPU of the server's processes a call, microseconds. */
  readonly cpuUs: number;
}

/** A JSON-RPC call as the bytes of a request. */
export function callBytes(url: string, method: string, params: readonly unknown[]): Uint8Array {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  return requestBytes("POST", new URL(url), body, "application/json");
}

/** Takes requests from a list over connections that stay open. */
export class ClosedLoop {
  readonly #connections: readonly HttpConnection[];
  /** Opens a connection. */
  readonly #opening: Uint8Array;

  constructor(url: string, connections: number) {
    this.#opening = callBytes(url, "getVersion", []);
    this.#connections = Array.from({ length: connections }, () => new HttpConnection(url));
  }

  /** `check` throws for an answer that is none. `pids`: the server's processes. */
  async run(
    requests: readonly Uint8Array[],
    pids: readonly (number | undefined)[],
    check: (body: Uint8Array) => void,
  ): Promise<LoopResult> {
    await Promise.all(this.#connections.map((connection) => connection.send(this.#opening)));
    const cpu = () => pids.reduce<number>((sum, pid) => sum + cpuMs(pid), 0);
    let next = 0;
    const before = cpu();
    const start = performance.now();
    const work = async (connection: HttpConnection) => {
      while (next < requests.length) {
        const { status, body } = await connection.send(requests[next++]!);
        if (status !== 200) throw new Error(`HTTP ${status}`);
        check(body);
      }
    };
    await Promise.all(this.#connections.map(work));
    const ms = performance.now() - start;
    return { perSecond: (requests.length / ms) * 1000, cpuUs: ((cpu() - before) * 1000) / requests.length };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
