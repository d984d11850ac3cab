import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { AnswerReader, HttpConnection, requestBytes } from "../../../infra/load/http-connection.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const textOf = (answer: { status: number; body: Uint8Array } | undefined) =>
  answer && { status: answer.status, body: Buffer.from(answer.body).toString("latin1") };

describe("an answer read from its bytes", () => {
  const answers: [string, string, { status: number; body: string }][] = [
    ["with a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", { status: 200, body: "hello" }],
    ["without a body", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", { status: 204, body: "" }],
    [
      "in chunks",
      "HTTP/1.1 429 Slow\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n",
      { status: 429, body: "abc0123456789" },
    ],
    [
      "in chunks, with a trailer",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: 1\r\n\r\n",
      { status: 200, body: "a" },
    ],
    [
      "after an interim one",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx",
      { status: 200, body: "x" },
    ],
  ];
  it.each(answers)("%s, whole and byte by byte", (_, text, wanted) => {
    expect(textOf(new AnswerReader().push(bytes(text)))).toEqual(wanted);
    const reader = new AnswerReader();
    const all = Array.from(text, (character) => reader.push(bytes(character)));
    expect(all.slice(0, -1).every((answer) => answer === undefined)).toBe(true);
    expect(textOf(all.at(-1))).toEqual(wanted);
  });

  it.each([
    ["SSH-2.0-x\r\n\r\n", "no HTTP answer"],
    ["HTTP/1.1 200 OK\r\n\r\n", "unknown length"],
    ["HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", "unknown length"],
    ["HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n", "unknown length"],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "no length before a chunk"],
    [`HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`, "too long"],
  ])("refuses %j", (text, message) => {
    expect(() => new AnswerReader().push(bytes(text))).toThrow(message);
  });
});

describe("a connection", () => {
  const servers: { close(): void }[] = [];
  const connections: HttpConnection[] = [];
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.close();
    for (const server of servers.splice(0)) server.close();
  });

  async function listen<T extends Server>(server: T): Promise<string> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const connect = (url: string) => {
    const connection = new HttpConnection(url);
    connections.push(connection);
    return connection;
  };
  const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

  it("carries one request after another over one socket", async () => {
    const seen: string[] = [];
    let sockets = 0;
    const server = createHttpServer((request, response) => {
      let body = "";
      request.on("data", (data) => (body += data));
      request.on("end", () => {
        seen.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
        response.end(`answer ${seen.length}`);
      });
    });
    server.on("connection", () => sockets++);
    const url = await listen(server as unknown as Server);
    const connection = connect(url);
    const post = requestBytes("POST", new URL("/a?b=1", url), bytes("body"), "text/plain");
    expect(textOf(await connection.send(post))).toEqual({ status: 200, body: "answer 1" });
    expect(textOf(await connection.send(requestBytes("GET", new URL(url))))).toEqual({ status: 200, body: "answer 2" });
    expect(seen).toEqual(["POST /a?b=1 text/plain body", "GET / undefined "]);
    expect(sockets).toBe(1);
  });

  /** A server whose nth connection does what the nth function says with each request. */
  const scripted = (...scripts: ((socket: Socket, nth: number) => void)[]) => {
    let n = 0;
    return createServer((socket) => {
      const script = scripts[n++]!;
      let requests = 0;
      socket.on("error", () => {});
      socket.on("data", () => script(socket, ++requests));
    });
  };

  it("sends again what met a connection that was closed meanwhile, once", async () => {
    const url = await listen(
      scripted(
        (socket, nth) => (nth === 1 ? socket.write(OK) : socket.destroy()),
        (socket) => socket.write(OK),
      ),
    );
    const connection = connect(url);
    const request = requestBytes("GET", new URL(url));
    for (let i = 0; i < 2; i++) expect(textOf(await connection.send(request))).toEqual({ status: 200, body: "ok" });
    const twice = connect(
      await listen(
        scripted(
          (socket, nth) => (nth === 1 ? socket.write(OK) : socket.destroy()),
          (socket) => socket.destroy(),
        ),
      ),
    );
    await twice.send(request);
    await expect(twice.send(request)).rejects.toThrow(/closed without an answer|ECONNRESET/);
  });

  it("does not send again what was answered in part", async () => {
    const half = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no";
    const url = await listen(scripted((socket, nth) => (nth === 1 ? socket.write(OK) : socket.end(half))));
    const connection = connect(url);
    const request = requestBytes("GET", new URL(url));
    await connection.send(request);
    await expect(connection.send(request)).rejects.toThrow("closed without an answer");
  });

  it("opens another socket after an answer that closes this one", async () => {
    const closing = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
    const url = await listen(
      scripted(
        (socket) => socket.end(closing),
        (socket) => socket.write(OK),
      ),
    );
    const connection = connect(url);
    const request = requestBytes("GET", new URL(url));
    for (let i = 0; i < 2; i++) expect(textOf(await connection.send(request))).toEqual({ status: 200, body: "ok" });
  });

  it("says why there is no answer", async () => {
    const server = createServer();
    const url = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const request = requestBytes("GET", new URL(url));
    await expect(connect(url).send(request)).rejects.toThrow("ECONNREFUSED");
    const silent = connect(await listen(scripted(() => {})));
    const waiting = silent.send(request);
    expect(() => silent.send(request)).toThrow("under way");
    silent.close();
    await expect(waiting).rejects.toThrow("the connection was closed");
  });
});
