/** The RPC and PubSub of a fixture on real sockets, for clients that open their own. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { blockEvent } from "../../../shared/rpc/block-event.ts";
import { SubscriptionDriver } from "../../../shared/rpc/subscription-driver.ts";
import type { Fixture } from "./fixture.ts";

export interface Served {
  readonly http: string;
  readonly ws: string;
  readonly driver: SubscriptionDriver;
  /** How many the sockets have sent. */
  messages(): number;
  close(): void;
}

export async function serve(fixture: Fixture): Promise<Served> {
  const sockets = new Map<string, WebSocket>();
  const driver = new SubscriptionDriver(fixture.backend, fixture.backend.services, {
    send(socket, text, delayMs) {
      if (delayMs) setTimeout(() => sockets.get(socket)?.send(text), delayMs);
      else sockets.get(socket)?.send(text);
    },
    drop: () => {},
    added: () => {},
    removed: () => {},
    fault: (fault) => fixture.faults.push(fault),
  });
  fixture.backend.onBlock = (block) => driver.block(blockEvent(block));

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await fixture.rpc.handle(Buffer.concat(chunks));
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  });
  let next = 0;
  let messages = 0;
  new WebSocketServer({ server }).on("connection", (webSocket) => {
    const socket = `socket-${next++}`;
    sockets.set(socket, webSocket);
    driver.opened(socket, []);
    webSocket.on("message", (data) => {
      messages++;
      void driver.message(socket, String(data));
    });
    webSocket.on("close", () => {
      sockets.delete(socket);
      driver.closed(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    http: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}`,
    driver,
    messages: () => messages,
    close() {
      for (const webSocket of sockets.values()) webSocket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
}
