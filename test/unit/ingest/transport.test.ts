import { expect, test } from "vitest";
import { fetchPost, hostTimer, streamUrl, webSocket } from "../../../shared/ingest/adapters.ts";
import {
  AnswerWriter,
  CLOSE,
  HEARD_EVERY_BYTES,
  KIND,
  newRequest,
  REQUEST_HEADER,
  readMessage,
  readRequest,
  STATUS,
} from "../../../shared/ingest/protocol.ts";
import {
  type PostAnswer,
  PostTransport,
  type SocketHandlers,
  StreamTransport,
} from "../../../shared/ingest/transport.ts";

/** What a transport tells, and timers that fire on demand. */
function listener() {
  const events: string[] = [];
  const messages: Uint8Array[] = [];
  const timers: { ms: number; then: () => void }[] = [];
  return {
    events,
    messages,
    timers,
    timer: (ms: number, then: () => void) => {
      const one = { ms, then };
      timers.push(one);
      return () => void timers.splice(timers.indexOf(one), 1);
    },
    fire: () => timers.shift()!.then(),
    opened: () => void events.push("opened"),
    closed: () => void events.push("closed"),
    failed: (error: Error) => void events.push(`failed: ${error.message}`),
    message: (bytes: Uint8Array) => void messages.push(bytes),
  };
}

/** Sockets that the test opens and closes. */
function sockets() {
  const opened: { handlers: SocketHandlers; sent: Uint8Array[]; closedWith?: number }[] = [];
  const connect = (handlers: SocketHandlers) => {
    const socket: (typeof opened)[number] = { handlers, sent: [] };
    opened.push(socket);
    return {
      send: (bytes: Uint8Array) => void socket.sent.push(bytes.slice()),
      close: (code: number) => {
        socket.closedWith = code;
      },
    };
  };
  return { opened, connect };
}

test("a stream connects again, with growing pauses until something comes", () => {
  const told = listener();
  const { opened, connect } = sockets();
  const transport = new StreamTransport(connect, told.timer);
  transport.start(told);
  opened[0]!.handlers.opened();
  opened[0]!.handlers.closed(1006);
  expect(told.events).toEqual(["opened", "closed"]);
  const pauses: number[] = [];
  for (let i = 1; i < 12; i++) {
    pauses.push(told.timers[0]!.ms);
    told.fire();
    // Never open: nothing was sent, so nothing is lost.
    opened[i]!.handlers.closed(CLOSE.TRY_AGAIN);
  }
  expect(pauses.slice(0, 4)).toEqual([50, 100, 200, 400]);
  expect(pauses.at(-1)).toBe(5_000);
  expect(told.events).toHaveLength(2);
  told.fire();
  opened.at(-1)!.handlers.opened();
  opened.at(-1)!.handlers.message(new Uint8Array(1));
  opened.at(-1)!.handlers.closed(CLOSE.LAGGING);
  expect(told.timers[0]!.ms).toBe(50);
});

test("a stream that calls us malformed is not tried again", () => {
  for (const code of [CLOSE.MALFORMED, CLOSE.TOO_LARGE]) {
    const told = listener();
    const { opened, connect } = sockets();
    new StreamTransport(connect, told.timer).start(told);
    opened[0]!.handlers.opened();
    opened[0]!.handlers.closed(code);
    expect(told.timers).toEqual([]);
    expect(told.events.at(-1)).toMatch(/^failed: /);
  }
});

test("what was heard is said with each message, by itself after so many bytes, and begins anew with each connection", () => {
  const told = listener();
  const { opened, connect } = sockets();
  const transport = new StreamTransport(connect, told.timer);
  transport.start(told);
  const [socket] = opened;
  socket!.handlers.opened();
  socket!.handlers.message(new Uint8Array(1_000));
  transport.send(newRequest(5, KIND.SUBMIT, 0));
  socket!.handlers.message(new Uint8Array(HEARD_EVERY_BYTES - 1));
  socket!.handlers.message(new Uint8Array(1));
  const sent = socket!.sent.map((bytes) => readRequest(bytes)!);
  expect(sent.map(({ kind, heard }) => [kind, heard])).toEqual([
    [KIND.SUBMIT, 1_000],
    [KIND.HEARD, 1_000 + HEARD_EVERY_BYTES],
  ]);
  socket!.handlers.closed(1006);
  told.fire();
  opened[1]!.handlers.opened();
  transport.send(newRequest(6, KIND.SUBMIT, 0));
  expect(readRequest(opened[1]!.sent[0]!)!.heard).toBe(0);
});

test("a stopped stream is closed, stays closed and tells nothing more", () => {
  const told = listener();
  const { opened, connect } = sockets();
  const transport = new StreamTransport(connect, told.timer);
  transport.start(told);
  opened[0]!.handlers.opened();
  transport.stop();
  expect(opened[0]!.closedWith).toBe(CLOSE.NORMAL);
  opened[0]!.handlers.message(new Uint8Array(1));
  opened[0]!.handlers.closed(1000);
  expect([told.events, told.messages, told.timers]).toEqual([["opened"], [], []]);
  const waiting = new StreamTransport(connect, told.timer);
  waiting.start(told);
  opened[1]!.handlers.closed(1006);
  waiting.stop();
  expect(told.timers).toEqual([]);
});

async function posted(answer: () => Promise<PostAnswer>) {
  const told = listener();
  const bodies: Uint8Array[] = [];
  const transport = new PostTransport((body) => {
    bodies.push(body.slice());
    return answer();
  });
  transport.start(told);
  const message = newRequest(9, KIND.SUBMIT, 6);
  message.set([1, 0, 7, 1, 0, 8], REQUEST_HEADER);
  transport.send(message);
  await new Promise((resolve) => setImmediate(resolve));
  expect([...bodies[0]!]).toEqual([1, 0, 7, 1, 0, 8]);
  return told;
}

/** Request, pause and statuses of the answer that the client gets. */
function answerOf({ messages }: { messages: Uint8Array[] }) {
  const message = readMessage(messages[0]!);
  if (message.type !== "answer") throw new Error("no answer");
  const { request, retryAfterMs, answer } = message;
  return [request, retryAfterMs > 0, answer.status(0), answer.status(1)];
}

test("POST: the answer, whatever its status says in addition", async () => {
  const good = await posted(async () => ({ status: 200, body: new AnswerWriter(2).bytes }));
  expect(good.events).toEqual(["opened"]);
  expect(answerOf(good)).toEqual([9, false, STATUS.TAKEN, STATUS.TAKEN]);
  const half = new AnswerWriter(2);
  half.set(1, STATUS.BUSY, 4004);
  expect(answerOf(await posted(async () => ({ status: 429, body: half.bytes })))).toEqual([9, true, 0, STATUS.BUSY]);
});

test.for<[string, () => Promise<PostAnswer>]>([
  ["no answer", () => Promise.reject(new Error("connection refused"))],
  ["the network has a problem", async () => ({ status: 503, body: new Uint8Array(0) })],
  ["a 429 of somebody in between", async () => ({ status: 429, body: new TextEncoder().encode("slow down") })],
])("POST: %s: all of it again later", async ([, answer]) => {
  expect(answerOf(await posted(answer))).toEqual([9, true, STATUS.BUSY, STATUS.BUSY]);
});

test("POST: another server than ours ends it", async () => {
  const told = await posted(async () => ({ status: 404, body: new Uint8Array(0) }));
  expect(told.messages).toEqual([]);
  expect(told.events.at(-1)).toMatch(/^failed: .*404/);
});

test("adapters: a standard WebSocket, fetch, timers, addresses", async () => {
  const listeners = new Map<string, (event: object) => void>();
  const sent: unknown[] = [];
  const standard = {
    binaryType: "blob",
    send: (bytes: unknown) => sent.push(bytes),
    close: (code: number) => sent.push(code),
    addEventListener: (type: string, then: (event: object) => void) => listeners.set(type, then),
  };
  const events: unknown[] = [];
  const socket = webSocket(() => standard)({
    opened: () => events.push("opened"),
    message: (bytes) => events.push([...bytes]),
    closed: (code) => events.push(code),
  });
  expect(standard.binaryType).toBe("arraybuffer");
  socket.send(Uint8Array.of(1));
  socket.close(1000);
  expect(sent).toEqual([Uint8Array.of(1), 1000]);
  listeners.get("open")!({});
  listeners.get("message")!({ data: Uint8Array.of(5).buffer });
  // An error comes before its close: the end is told once.
  listeners.get("error")!({});
  listeners.get("close")!({ code: 1013 });
  listeners.get("message")!({ data: Uint8Array.of(6).buffer });
  expect(events).toEqual(["opened", [5], 1006]);

  const asked: unknown[] = [];
  const answer = await fetchPost(async (url, init) => {
    asked.push(url, init.method);
    return { status: 429, arrayBuffer: async () => Uint8Array.of(3).buffer };
  }, "http://127.0.0.1:8899")(new Uint8Array(0));
  expect(asked).toEqual(["http://127.0.0.1:8899/v1/transactions", "POST"]);
  expect(answer).toEqual({ status: 429, body: Uint8Array.of(3) });

  const calls: unknown[] = [];
  const timer = hostTimer(
    (_then, ms) => ms * 2,
    (id: number) => void calls.push(id),
  );
  timer(21, () => {})();
  expect(calls).toEqual([42]);
  expect(streamUrl("http://a:1")).toBe("ws://a:1/v1/stream");
  expect(streamUrl("https://a/")).toBe("wss://a/v1/stream");
});
