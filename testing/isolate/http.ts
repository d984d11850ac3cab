/**
 * Requests and responses of an isolate: what the workers use of the web's classes, over bytes that are there already. Node's own cost more
 * than a transaction does, and read their bodies through streams, which need turns of the event loop.
 */
import { concatBytes } from "../../shared/protocol/bytes.ts";
import type { Socket } from "./sockets.ts";

type Content = string | Uint8Array | ArrayBuffer | Content[] | Body | null | undefined;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function bytesOf(content: Content): Uint8Array {
  if (content === null || content === undefined) return new Uint8Array(0);
  if (content instanceof Body) return content.bytes();
  if (content instanceof Uint8Array) return content;
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  return encoder.encode(String(content));
}

/** In the place of a stream: it has all its bytes, and is read as a whole. */
export class Body {
  readonly #content: Content;

  constructor(content: Content) {
    this.#content = content;
  }

  bytes(): Uint8Array {
    return bytesOf(this.#content);
  }

  getReader() {
    let isRead = false;
    return {
      read: async () => {
        if (isRead) return { done: true, value: undefined };
        isRead = true;
        return { done: false, value: this.bytes() };
      },
      cancel: async () => {},
    };
  }
}

interface Source {
  pull(controller: Controller): void;
}
interface Controller {
  enqueue(bytes: Uint8Array): void;
  close(): void;
  error(reason: Error): void;
}

/** `new ReadableStream(source)` of an isolate, whose sources have all their bytes: read in one go. */
export class PulledBody extends Body {
  readonly #source: Source;

  constructor(source: Source) {
    super(null);
    this.#source = source;
  }

  override bytes(): Uint8Array {
    const parts: Uint8Array[] = [];
    let isOpen = true;
    const end = () => {
      isOpen = false;
    };
    const controller: Controller = {
      enqueue: (bytes) => parts.push(bytes),
      close: end,
      error(reason) {
        throw reason;
      },
    };
    while (isOpen) this.#source.pull(controller);
    return concatBytes(...parts);
  }
}

abstract class Message {
  readonly headers: Headers;
  readonly #content: Content;

  constructor(content: Content, headers: HeadersInit | undefined) {
    this.#content = content;
    this.headers = new Headers(headers);
  }

  get body(): Body | null {
    if (this.#content instanceof Body) return this.#content;
    return this.#content === null || this.#content === undefined ? null : new Body(this.#content);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = bytesOf(this.#content);
    return (bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)).buffer as ArrayBuffer;
  }

  async text(): Promise<string> {
    return typeof this.#content === "string" ? this.#content : decoder.decode(bytesOf(this.#content));
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}

export interface IsolateRequestInit {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: Content;
}

export class IsolateRequest extends Message {
  readonly url: string;
  readonly method: string;

  constructor(input: string | URL | IsolateRequest, init: IsolateRequestInit | IsolateRequest = {}) {
    const from = input instanceof IsolateRequest ? input : undefined;
    super(init.body ?? from?.body, init.headers ?? from?.headers);
    this.url = from ? from.url : String(input);
    this.method = (init.method ?? from?.method ?? "GET").toUpperCase();
  }
}

export interface IsolateResponseInit {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: HeadersInit;
  readonly webSocket?: Socket | null;
}

export class IsolateResponse extends Message {
  readonly status: number;
  readonly statusText: string;
  readonly webSocket: Socket | null;

  constructor(content?: Content, init: IsolateResponseInit = {}) {
    super(content, init.headers);
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? "";
    this.webSocket = init.webSocket ?? null;
    if (typeof content === "string" && !this.headers.has("content-type")) {
      this.headers.set("content-type", "text/plain;charset=UTF-8");
    }
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  static json(value: unknown, init: IsolateResponseInit = {}): IsolateResponse {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new IsolateResponse(JSON.stringify(value), { ...init, headers });
  }
}
