/** A loopback port before an in-process network, for clients that know nothing else: HTTP and WebSocket on it, the latter on the next one too. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { findPortPair } from "../infra/network/ports.ts";
import type { Urls } from "./engine.ts";
import { IsolateRequest, type IsolateResponse } from "./isolate/http.ts";
import type { Socket } from "./isolate/sockets.ts";

const HOST = "127.0.0.1";
/** Beyond the largest body that the edge takes on a network for development (22 MiB). */
const MAX_BODY_BYTES = 24 << 20;
const MAX_MESSAGE_BYTES = 4 << 20;
const INTERNAL_ERROR = 1011;
const LOST = 1006;
const NO_STATUS = 1005;

type Fetch = (request: IsolateRequest) => Promise<IsolateResponse>;

/** Undefined: it is larger than any that is answered. */
async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

function requestOf({ method = "GET", url = "/", headers }: IncomingMessage, body?: Uint8Array): IsolateRequest {
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent.set(name, String(value));
  if (body) sent.set("content-length", String(body.length));
  const hasBody = body !== undefined && body.length > 0;
  return new IsolateRequest(`http://${HOST}${url}`, { method, headers: sent, ...(hasBody && { body }) });
}

export class PortServer {
  readonly #fetch: Fetch;
  readonly #servers: Server[] = [];
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });

  private constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  static async open(fetch: Fetch): Promise<{ readonly server: PortServer; readonly urls: Urls }> {
    const server = new PortServer(fetch);
    for (;;) {
      const port = await findPortPair(HOST);
      try {
        for (const one of [port, port + 1]) await server.#listen(one);
        return { server, urls: { http: `http://${HOST}:${port}`, webSocket: `ws://${HOST}:${port + 1}` } };
      } catch {
        // Somebody else was faster.
        await server.close();
      }
    }
  }

  async close(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    await Promise.all(
      this.#servers.splice(0).map(
        (server) =>
          new Promise<void>((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      ),
    );
  }

  #listen(port: number): Promise<void> {
    const server = createServer((incoming, outgoing) => {
      this.#answer(incoming, outgoing).catch(() => outgoing.destroy());
    });
    server.on("upgrade", (incoming, socket, head) => {
      this.#upgrade(incoming, socket, head).catch(() => socket.destroy());
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: HOST, port, exclusive: true }, () => {
        this.#servers.push(server);
        resolve();
      });
    });
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    if (body === undefined) {
      outgoing.writeHead(413).end();
      return;
    }
    const response = await this.#fetch(requestOf(incoming, body));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(new Uint8Array(await response.arrayBuffer()));
  }

  async #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { webSocket, status } = await this.#fetch(requestOf(incoming));
    if (!webSocket) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(incoming, socket, head, (client) => join(client, webSocket));
  }
}

/** What one end says the other hears. */
function join(client: import("ws").WebSocket, inner: Socket): void {
  client.on("message", (data: Buffer, isBinary) => {
    if (inner.readyState === 1) inner.send(isBinary ? data : data.toString());
  });
  client.on("close", (code) => {
    if (code === LOST || code === NO_STATUS) inner.close();
    else inner.close(code);
  });
  client.on("error", () => inner.break());
  inner.addEventListener("message", ({ data }) => client.send(data!));
  inner.addEventListener("close", ({ code = NO_STATUS, reason = "" }) => {
    if (code === LOST) client.close(INTERNAL_ERROR, reason);
    else if (code === NO_STATUS) client.close();
    else client.close(code, reason);
  });
  inner.accept();
}
