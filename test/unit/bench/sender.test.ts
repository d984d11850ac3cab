import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { busyPlaces, Sender } from "../../bench/sender.ts";

/** An answer with these statuses; a refused one has code 7. */
const answerOf = (...statuses: number[]) =>
  Uint8Array.of(statuses.length, 0, 0, 0, ...statuses.flatMap((status) => [status, status === 1 ? 7 : 0, 0]));

it("tells which transactions a lane had no room for", () => {
  expect(busyPlaces(200, answerOf(0, 0, 0), 3)).toEqual([]);
  expect(busyPlaces(429, answerOf(2, 0, 2), 3)).toEqual([0, 2]);
  expect(busyPlaces(429, new Uint8Array(0), 2)).toEqual([0, 1]);
  expect(() => busyPlaces(200, answerOf(0, 1), 2)).toThrow("transaction 1 is refused with code 7");
  expect(() => busyPlaces(200, answerOf(0), 2)).toThrow("an answer of 7 bytes for 2 transactions");
  expect(() => busyPlaces(500, new Uint8Array(0), 2)).toThrow("HTTP 500");
});

it("sends what was packed, again what found no room, and waits until all has landed", async () => {
  const bodies: string[] = [];
  let landed = 40;
  const server = createServer(async (request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    if (request.url === "/") {
      response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: landed }));
      return;
    }
    bodies.push(body.toString("hex"));
    const isFirst = bodies.length === 1;
    response.statusCode = isFirst ? 429 : 200;
    landed += isFirst ? 1 : body.length / 3;
    response.end(isFirst ? answerOf(2, 0) : answerOf(...new Array(body.length / 3).fill(0)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sender = new Sender(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 1);
  const transactions = [1, 2, 3].map((byte) => Uint8Array.of(byte));
  const { ms, cpuUs } = await sender.send(sender.pack(transactions, 2));
  sender.close();
  server.close();
  expect(bodies).toEqual(["010001010002", "010001", "010003"]);
  expect(landed).toBe(43);
  expect(ms).toBeGreaterThan(0);
  expect(cpuUs).toBeGreaterThan(0);
});
