/** A pair of neighbouring TCP ports: the RPC port, and the one after it, on which web3.js v1 looks for the WebSocket. */
import { createServer } from "node:net";
import { Failure, systemCode } from "./failure.ts";

export const MAX_PORT = 65_534;

/** The port, or an error code when it cannot be listened on. Port 0: any free one. */
function tryPort(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(systemCode(error) || error.message));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === "object" && address ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}

export async function findPortPair(host: string): Promise<number> {
  for (;;) {
    const port = await tryPort(host, 0);
    if (typeof port === "string") throw new Failure("bad-option", `cannot listen on ${host}: ${port}`);
    if (port <= MAX_PORT && typeof (await tryPort(host, port + 1)) === "number") return port;
  }
}

export async function checkPortPair(host: string, port: number): Promise<void> {
  const uses = ["RPC", "WebSocket: always the RPC port + 1"];
  for (const [offset, use] of uses.entries()) {
    const result = await tryPort(host, port + offset);
    if (typeof result === "number") continue;
    if (result === "EADDRINUSE") {
      throw new Failure("port-taken", `port ${port + offset} (${use}) is taken; choose another with --port`);
    }
    throw new Failure("bad-option", `cannot listen on ${host}:${port + offset} (${use}): ${result}`);
  }
}
