/**
 * HTTP/1.1 over one keep-alive socket, written raw: a request is bytes that were put together beforehand, one at a time is under way.
 * A load generator shares the machine with what it measures, and `fetch` costs several microseconds a transfer.
 */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

const MAX_HEAD_BYTES = 64 << 10;
/** No answer of the network is larger than a block with its details. */
const MAX_BODY_BYTES = 256 << 20;
const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");

/** A whole request, head and body in one piece. `url`: with its path. */
export function requestBytes(method: string, url: URL, body?: Uint8Array, contentType?: string): Uint8Array {
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`];
  if (contentType !== undefined) lines.push(`content-type: ${contentType}`);
  if (body !== undefined) lines.push(`content-length: ${body.length}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return body === undefined ? head : Buffer.concat([head, body]);
}

/** An answer as its bytes come in. Interim answers (1xx) are skipped. */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0);
  #status = 0;
  /** Bytes of the body, undefined while the head is not complete; Infinity: chunks. */
  #length: number | undefined;
  /** The other side closes after this answer. */
  closes = false;
  readonly #chunks: Buffer[] = [];
  #chunkBytes = 0;

  get isEmpty(): boolean {
    return this.#bytes.length === 0 && this.#length === undefined;
  }

  /** The answer once it is complete. Throws when it is none. */
  push(data: Buffer): HttpAnswer | undefined {
    this.#bytes = this.#bytes.length === 0 ? data : Buffer.concat([this.#bytes, data]);
    while (this.#length === undefined) if (!this.#readHead()) return undefined;
    if (this.#length === Number.POSITIVE_INFINITY) return this.#readChunks();
    if (this.#bytes.length < this.#length) return undefined;
    return { status: this.#status, body: new Uint8Array(this.#bytes.subarray(0, this.#length)) };
  }

  #readHead(): boolean {
    const end = this.#bytes.indexOf(HEAD_END);
    if (end < 0) {
      if (this.#bytes.length > MAX_HEAD_BYTES) throw new Error("the head of an HTTP answer is too long");
      return false;
    }
    const [first, ...lines] = this.#bytes.toString("latin1", 0, end).split("\r\n");
    this.#bytes = this.#bytes.subarray(end + HEAD_END.length);
    const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(first!)?.[1];
    if (status === undefined) throw new Error("no HTTP answer");
    this.#status = Number(status);
    if (this.#status < 200) return true;
    const headers = new Map(
      lines.map((line) => [line.split(":", 1)[0]!.toLowerCase(), line.replace(/^[^:]*:\s*/, "")]),
    );
    this.closes = /\bclose\b/i.test(headers.get("connection") ?? "");
    this.#length = bodyLength(this.#status, headers);
    return true;
  }

  #readChunks(): HttpAnswer | undefined {
    while (true) {
      const lineEnd = this.#bytes.indexOf(LINE_END);
      if (lineEnd < 0) return undefined;
      const text = this.#bytes.toString("latin1", 0, lineEnd).split(";", 1)[0]!.trim();
      if (!/^[0-9a-f]{1,8}$/i.test(text)) throw new Error("no length before a chunk of an HTTP answer");
      const size = Number.parseInt(text, 16);
      if (size === 0) return this.#lastChunk(lineEnd + LINE_END.length);
      const from = lineEnd + LINE_END.length;
      if (this.#bytes.length < from + size + LINE_END.length) return undefined;
      this.#chunks.push(this.#bytes.subarray(from, from + size));
      this.#chunkBytes += size;
      if (this.#chunkBytes > MAX_BODY_BYTES) throw new Error("an HTTP answer is too long");
      this.#bytes = this.#bytes.subarray(from + size + LINE_END.length);
    }
  }

  /** After the last chunk come trailers, mostly none, and an empty line. */
  #lastChunk(from: number): HttpAnswer | undefined {
    const isOver = this.#bytes.indexOf(LINE_END, from) === from || this.#bytes.indexOf(HEAD_END, from) >= 0;
    return isOver ? { status: this.#status, body: new Uint8Array(Buffer.concat(this.#chunks)) } : undefined;
  }
}

function bodyLength(status: number, headers: ReadonlyMap<string, string>): number {
  if (status === 204 || status === 304) return 0;
  if (/\bchunked\b/i.test(headers.get("transfer-encoding") ?? "")) return Number.POSITIVE_INFINITY;
  const length = headers.get("content-length") ?? "";
  if (!/^\d{1,12}$/.test(length) || Number(length) > MAX_BODY_BYTES)
    throw new Error("an HTTP answer of unknown length");
  return Number(length);
}

interface Pending {
  readonly request: Uint8Array;
  readonly reader: AnswerReader;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly isRepeat: boolean;
}

export class HttpConnection {
  readonly #url: URL;
  #socket: Socket | undefined;
  #pending: Pending | undefined;

  /** Connects with the first request. */
  constructor(url: string | URL) {
    this.#url = new URL(url);
  }

  /**
   * Sends what `requestBytes` made. A connection that the other side closed while nothing was under way shows only now: then the request
   * goes out once more. Rejects when there is no answer.
   */
  send(request: Uint8Array): Promise<HttpAnswer> {
    if (this.#pending) throw new Error("a request is under way on this connection");
    return new Promise((resolve, reject) => {
      this.#begin({ request, resolve, reject, reader: new AnswerReader(), isRepeat: this.#socket === undefined });
    });
  }

  close(): void {
    this.#lose(new Error("the connection was closed"), false);
  }

  #begin(pending: Pending): void {
    this.#pending = pending;
    this.#socket ??= this.#open();
    this.#socket.write(pending.request);
  }

  #open(): Socket {
    const { protocol, hostname, port } = this.#url;
    const isTls = protocol === "https:";
    const host = hostname.replace(/^\[|\]$/g, "");
    const at = { host, port: Number(port || (isTls ? 443 : 80)), noDelay: true };
    const socket = isTls ? connectTls({ ...at, servername: host }) : connectPlain(at);
    // What a socket says after another has taken its place concerns nobody.
    const ifCurrent = (then: () => void) => () => this.#socket === socket && then();
    socket.on("data", (data) => ifCurrent(() => this.#received(data))());
    socket.on("error", (error) => ifCurrent(() => this.#lose(error, true))());
    socket.on(
      "close",
      ifCurrent(() => this.#lose(new Error("the connection was closed without an answer"), true)),
    );
    return socket;
  }

  #received(data: Buffer): void {
    const pending = this.#pending;
    try {
      if (!pending) throw new Error("an answer to no request");
      const answer = pending.reader.push(data);
      if (!answer) return;
      this.#pending = undefined;
      if (pending.reader.closes) this.close();
      pending.resolve(answer);
    } catch (error) {
      this.#lose(error as Error, false);
    }
  }

  #lose(error: Error, mayRepeat: boolean): void {
    const pending = this.#pending;
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#pending = undefined;
    if (!pending) return;
    if (mayRepeat && !pending.isRepeat && pending.reader.isEmpty) this.#begin({ ...pending, isRepeat: true });
    else pending.reject(error);
  }
}
