/**
 * WebSockets within a process, as workerd has them: a pair, either end accepted by whoever reads it (`accept`, then events) or given to an
 * object (`ctx.acceptWebSocket`), whose methods are called; such a socket outlives the object, with its attachment.
 */
export type SocketData = string | ArrayBuffer;

export interface SocketEvent {
  readonly type: string;
  readonly data?: SocketData;
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
}

/** Whom an object's socket tells. */
export interface SocketOwner {
  message(socket: Socket, data: SocketData): void;
  closed(socket: Socket, code: number, reason: string, wasClean: boolean): void;
}

type Listener = (event: SocketEvent) => void;

const NO_STATUS = 1005;
const LOST = 1006;
/** RFC 6455 section 7.4: codes that an endpoint may send. */
const maySend = (code: number) =>
  code === 1000 ||
  (code >= 1001 && code <= 1014 && code !== 1004 && code !== NO_STATUS && code !== LOST) ||
  (code >= 3000 && code <= 4999);

export class Socket {
  binaryType = "arraybuffer";
  peer!: Socket;
  #owner: SocketOwner | undefined;
  readonly #listeners = new Map<string, Set<Listener>>();
  /** What came before somebody listened. */
  #early: SocketEvent[] = [];
  #isAccepted = false;
  #sentClose = false;
  #heardClose = false;
  #attachment: unknown = null;
  /** A text that is answered by another without its owner: ctx.setWebSocketAutoResponse. */
  autoResponse: { readonly request: string; readonly response: string; readonly at: () => number } | undefined;
  autoResponseAt: number | undefined;

  /** 1: open, 2: closing, 3: closed. */
  get readyState(): number {
    if (this.#heardClose) return 3;
    return this.#sentClose ? 2 : 1;
  }

  accept(): void {
    this.#isAccepted = true;
    const early = this.#early;
    this.#early = [];
    for (const event of early) this.#tell(event);
  }

  get isOwned(): boolean {
    return this.#owner !== undefined;
  }

  /** From here on the owner is told. */
  own(owner: SocketOwner): void {
    this.#owner = owner;
    this.accept();
  }

  addEventListener(type: string, listener: Listener): void {
    const of = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, of.add(listener));
  }
  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  send(data: string | ArrayBuffer | ArrayBufferView): void {
    if (this.#sentClose || this.#heardClose) throw new TypeError("Can't call WebSocket send() after close().");
    const sent: SocketData = typeof data === "string" ? data : copyOf(data);
    if (this.peer.#answers(sent)) return;
    queueMicrotask(() => this.peer.#hear({ type: "message", data: sent }));
  }

  close(code = NO_STATUS, reason = ""): void {
    if (code !== NO_STATUS && !maySend(code)) throw new TypeError(`Invalid WebSocket close code: ${code}.`);
    if (this.#sentClose) return;
    this.#sentClose = true;
    queueMicrotask(() => this.peer.#hear({ type: "close", code, reason, wasClean: true }));
  }

  /** Breaks off: both ends see a lost connection. */
  break(reason = ""): void {
    for (const end of [this, this.peer]) {
      end.#sentClose = true;
      queueMicrotask(() => end.#hear({ type: "close", code: LOST, reason, wasClean: false }));
    }
  }

  serializeAttachment(attachment: unknown): void {
    this.#attachment = structuredClone(attachment);
  }
  deserializeAttachment(): unknown {
    return structuredClone(this.#attachment);
  }

  #answers(data: SocketData): boolean {
    const { autoResponse } = this;
    if (autoResponse === undefined || data !== autoResponse.request) return false;
    this.autoResponseAt = autoResponse.at();
    queueMicrotask(() => this.peer.#hear({ type: "message", data: autoResponse.response }));
    return true;
  }

  #hear(event: SocketEvent): void {
    if (this.#heardClose) return;
    if (event.type === "close") this.#heardClose = true;
    if (this.#isAccepted) this.#tell(event);
    else this.#early.push(event);
  }

  #tell(event: SocketEvent): void {
    if (this.#owner) {
      if (event.type === "message") this.#owner.message(this, event.data!);
      else this.#owner.closed(this, event.code!, event.reason!, event.wasClean!);
    }
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }
}

function copyOf(data: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  if (data instanceof ArrayBuffer) return data.slice(0);
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
}

/** `new WebSocketPair()` of an isolate. */
export class SocketPair {
  readonly 0 = new Socket();
  readonly 1 = new Socket();

  constructor() {
    this[0].peer = this[1];
    this[1].peer = this[0];
  }
}

export class AutoResponsePair {
  readonly request: string;
  readonly response: string;

  constructor(request: string, response: string) {
    this.request = request;
    this.response = response;
  }
}
