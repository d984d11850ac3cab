/**
 * More connections than workerd has descriptors for: new ones are refused with a reason, those that are there go on, and when there is
 * room again it is open again. The network is told a low limit, so that few connections reach it.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { HttpConnection, requestBytes } from "../../infra/load/http-connection.ts";
import { type Network, startNetwork } from "../../infra/network/index.ts";

/** Full at 500 descriptors, of which a network uses about 100. */
const DESCRIPTORS = 700;
/** More than that many need not be opened for it. */
const MOST = 1_000;

describe.runIf(process.platform === "linux").each([1, 2] as const)(
  "a network of %i processes without descriptors",
  (processes) => {
    let network: Network;
    const log: string[] = [];
    const open: Socket[] = [];

    beforeAll(async () => {
      network = await startNetwork({
        processes,
        descriptorLimit: DESCRIPTORS,
        log: (_, message) => log.push(message),
      });
    });
    afterAll(async () => {
      for (const socket of open) socket.destroy();
      await network?.stop();
    });

    function opened(): Socket {
      const socket = connect(network.port, "127.0.0.1").on("error", () => {});
      open.push(socket);
      return socket;
    }

    /** What a connection is told that says nothing; "": nothing for so long. */
    async function told(ms: number): Promise<string> {
      const socket = opened();
      let text = "";
      socket.on("data", (data) => {
        text += data;
      });
      await Promise.race([once(socket, "end").catch(() => {}), sleep(ms)]);
      return text;
    }

    it("refuses new connections with a reason, and serves those that it has", async () => {
      const pids = network.workerdPids;
      const url = new URL(network.rpcUrl);
      const user = new HttpConnection(url);
      const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getHealth" }));
      const health = requestBytes("POST", url, body, "application/json");
      expect((await user.send(health)).status).toBe(200);

      while (log.length === 0 && open.length < MOST) {
        await Promise.all(Array.from({ length: 10 }, () => once(opened(), "connect")));
        await sleep(5); // the launcher, which shares this thread, has its turn
      }
      expect(log).toEqual([
        "500 of workerd's 700 file descriptors are in use: new connections are refused until there are fewer",
      ]);
      const answers = await Promise.all(Array.from({ length: 60 }, () => told(2_000)));
      const refused = answers.filter((answer) => answer !== "");
      expect(refused.length).toBeGreaterThan(0);
      for (const answer of refused) {
        expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
        expect(answer).toContain("\r\nretry-after: 1\r\n");
        expect(JSON.parse(answer.split("\r\n\r\n")[1]!)).toEqual({
          jsonrpc: "2.0",
          error: { code: -32005, message: "The network has no room for another connection", data: { code: 4007 } },
          id: null,
        });
      }
      expect(Buffer.from((await user.send(health)).body).toString()).toContain('"result":"ok"');
      expect(network.workerdPids).toEqual(pids);
      expect(log).toHaveLength(1);
      user.close();
    });

    it("is open again when there is room", async () => {
      for (const socket of open.splice(0)) socket.destroy();
      const isOpen = async () => {
        const response = await fetch(`${network.rpcUrl}/health`).catch(() => undefined);
        return response?.status === 200;
      };
      while (!(await isOpen())) await sleep(50);
      // Every one of many: no other socket takes a share of the port any more.
      await sleep(500);
      const answers = await Promise.all(Array.from({ length: 40 }, () => told(500)));
      expect(answers.filter((answer) => answer !== "")).toEqual([]);
      for (const socket of open.splice(0)) socket.destroy();
    });

    it("gives WebSockets of one address half of the room there is for them, and closes idle ones for others", async () => {
      const { webSockets } = network.budget;
      const most = Math.ceil(webSockets / 2);
      const sockets = await Promise.all(
        Array.from({ length: most }, async () => {
          const socket = new WebSocket(network.wsUrl);
          await once(socket, "open");
          return socket;
        }),
      );
      const refused = new WebSocket(network.wsUrl);
      const [, response] = await once(refused, "unexpected-response");
      expect(response.statusCode).toBe(429);
      expect(response.headers["retry-after"]).toBe("1");
      const chunks = await response.toArray();
      expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual({
        title: "this address has as many connections as one may have",
        status: 429,
        code: 4008,
      });

      const first = sockets[0]!;
      const subscribed = once(first, "message");
      first.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "slotSubscribe" }));
      await subscribed;
      await sleep(5_100); // by then the others count as idle
      const late = new WebSocket(network.wsUrl);
      await once(late, "open");
      const leaving = () => sockets.filter(({ readyState }) => readyState !== WebSocket.OPEN);
      while (leaving().length === 0) await sleep(10);
      expect(leaving()).not.toContain(first);
      const [gone] = leaving();
      const closed = once(gone!, "close");
      gone!.terminate();
      expect(await closed).toEqual([1001, Buffer.from("idle, and others need the room")]);
      for (const one of [...sockets, late]) one.terminate();
    });
  },
);
