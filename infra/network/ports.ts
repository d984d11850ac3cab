/** A pair of neighbouring TCP ports: the RPC port, and the one after it, on which web3.js v1 looks for the WebSocket. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { Failure, systemCode } from "./failure.ts";

export const MAX_PORT = 65_534;
const LOWEST_FREE = 20_000;
const HIGHEST_FREE = 32_000;

/** The port, or an error code when it cannot be listened on. */
function tryPort(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(systemCode(error) || error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(port)));
  });
}

/**
 * A free pair at random from below the ports that systems hand out to outgoing connections: one of those could take a port
 * while its network is between two processes.
 */
export async function findPortPair(host: string): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_FREE, HIGHEST_FREE);
    const first = await tryPort(host, port);
    if (typeof first === "string" && first !== "EADDRINUSE") {
      throw new Failure("bad-option", `cannot listen on ${host}: ${first}`);
    }
    if (typeof first === "number" && typeof (await tryPort(host, port + 1)) === "number") return port;
  }
}

/** Throws a Failure when it cannot be listened on. */
export async function checkPort(host: string, port: number, use: string): Promise<void> {
  const result = await tryPort(host, port);
  if (typeof result === "number") return;
  if (result === "EADDRINUSE") {
    throw new Failure("port-taken", `port ${port} (${use}) is taken; choose another with --port`);
  }
  throw new Failure("bad-option", `cannot listen on ${host}:${port} (${use}): ${result}`);
}

export async function checkPortPair(host: string, port: number): Promise<void> {
  await checkPort(host, port, "RPC");
  await checkPort(host, port + 1, "WebSocket: always the RPC port + 1");
}
