/** TCP connections by the thousand, cheaper than an HTTP client's, and what becomes of them. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { systemCode } from "../../network/failure.ts";
import type { Context, End } from "../attack.ts";

/** Connections that may be on their way at once: more than a listener's queue has room for would only wait. */
const CONNECTING = 256;
const STATUS = /^HTTP\/1\.1 (\d{3})/;

/** The head that asks for a WebSocket. */
export function upgradeRequest(url: URL): string {
  const lines = ["GET / HTTP/1.1", `host: ${url.host}`, "connection: upgrade", "upgrade: websocket"];
  lines.push("sec-websocket-version: 13", `sec-websocket-key: ${randomBytes(16).toString("base64")}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

export interface Opening {
  /** Sent as soon as it is connected; "": nothing. */
  readonly first: () => string;
  /** Whether an answer is awaited before the next connection takes this one's place in the queue. */
  readonly answered: boolean;
  readonly onOpen?: (socket: Socket) => void;
}

/**
 * Opens `count` connections and keeps them; counts what is said to each. The network's ports are used by turns, so that there
 * are enough of one's own.
 */
export async function openMany(context: Context, end: End, count: number, opening: Opening): Promise<Socket[]> {
  const sockets: Socket[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count && !end.isOver) sockets.push(await openOne(context, next++, opening));
  };
  await Promise.race([end.over, Promise.all(Array.from({ length: Math.min(count, CONNECTING) }, lane))]);
  return sockets;
}

/** Back once it is connected, and answered where that is awaited, or when it has failed. */
function openOne({ url, ports, tally }: Context, index: number, opening: Opening): Promise<Socket> {
  return new Promise((resolve) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port: ports[index % ports.length]!, noDelay: true });
    const done = () => resolve(socket);
    socket.once("connect", () => {
      tally.add("connected");
      const text = opening.first();
      if (text !== "") socket.write(text);
      opening.onOpen?.(socket);
      if (!opening.answered) done();
    });
    socket.once("data", (data) => {
      const status = STATUS.exec(data.toString("latin1", 0, 12))?.[1];
      if (status !== undefined) tally.add(`HTTP ${status}`);
      done();
    });
    socket.on("error", (error) => tally.add(systemCode(error) || error.message));
    socket.once("close", () => {
      tally.add("closed");
      done();
    });
  });
}
