/**
 * The two ways to the network behind one interface: messages of the stream in, messages of the stream out.
 *
 *   StreamTransport  a WebSocket to GET /v1/stream; connects again with growing pauses
 *   PostTransport    POST /v1/transactions: each message is a request, its answer a message; nothing tells outcomes
 *
 * No clock and no I/O here: sockets, requests and timers are passed in (adapters.ts has those of a browser, a Worker and Node).
 */
import { ErrorCode } from "../errors/codes.ts";
import {
  AnswerWriter,
  CLOSE,
  countTransactions,
  encodeAnswer,
  HEARD_EVERY_BYTES,
  KIND,
  mayReconnect,
  newRequest,
  readRequest,
  STATUS,
  setHeard,
} from "./protocol.ts";

/** Calls `then` after so many milliseconds; the answer takes it back. */
export type Timer = (ms: number, then: () => void) => () => void;

export interface TransportListener {
  /** Messages can be sent. */
  opened(): void;
  message(bytes: Uint8Array): void;
  /** Of what was sent and not answered nothing is known; `opened` follows. */
  closed(): void;
  /** It will not work again. */
  failed(error: Error): void;
}

export interface Transport {
  /** Whether it tells what became of transactions that were taken. */
  readonly tellsOutcomes: boolean;
  /** Requests under way at once. */
  readonly maxRequests: number;
  start(listener: TransportListener): void;
  send(message: Uint8Array): void;
  stop(): void;
}

/** A WebSocket, open or opening. Messages are binary. */
export interface Socket {
  send(bytes: Uint8Array): void;
  close(code: number): void;
}
export interface SocketHandlers {
  opened(): void;
  message(bytes: Uint8Array): void;
  /** Called once, also when it never opened. */
  closed(code: number): void;
}
export type Connect = (handlers: SocketHandlers) => Socket;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export class StreamTransport implements Transport {
  readonly tellsOutcomes = true;
  readonly maxRequests = 64;
  readonly #connect: Connect;
  readonly #timer: Timer;
  #listener!: TransportListener;
  #socket: Socket | undefined;
  #cancel = () => {};
  #pause = FIRST_PAUSE_MS;
  #heard = 0;
  #told = 0;
  #stopped = false;

  constructor(connect: Connect, timer: Timer) {
    this.#connect = connect;
    this.#timer = timer;
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
    this.#open();
  }

  #open(): void {
    this.#heard = 0;
    this.#told = 0;
    let isOpen = false;
    this.#socket = this.#connect({
      opened: () => {
        isOpen = true;
        if (!this.#stopped) this.#listener.opened();
      },
      message: (bytes) => {
        this.#pause = FIRST_PAUSE_MS;
        this.#heard += bytes.length;
        if (!this.#stopped) this.#listener.message(bytes);
        if (this.#heard - this.#told >= HEARD_EVERY_BYTES) this.send(newRequest(0, KIND.HEARD, 0));
      },
      closed: (code) => {
        this.#socket = undefined;
        if (this.#stopped) return;
        if (isOpen) this.#listener.closed();
        if (mayReconnect(code)) this.#cancel = this.#timer(this.#pause, () => this.#open());
        else this.#listener.failed(new Error(`the network closed the stream with code ${code}`));
        this.#pause = Math.min(LONGEST_PAUSE_MS, this.#pause * 2);
      },
    });
  }

  send(message: Uint8Array): void {
    setHeard(message, this.#heard >>> 0);
    this.#told = this.#heard;
    this.#socket?.send(message);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#socket?.close(CLOSE.NORMAL);
  }
}

export interface PostAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}
/** Sends a body to POST /v1/transactions. Rejects when there was no answer. */
export type Post = (body: Uint8Array) => Promise<PostAnswer>;

const HTTP_OK = 200;
const HTTP_BUSY = 429;
const HTTP_SERVER_ERROR = 500;
/** When there was no answer, or one that says that the network has a problem. */
const NO_ANSWER_PAUSE_MS = 500;
/** The status says that a lane was full, in whole seconds at the least: that is too coarse. */
const BUSY_PAUSE_MS = 50;

export class PostTransport implements Transport {
  readonly tellsOutcomes = false;
  readonly maxRequests: number;
  readonly #post: Post;
  #listener!: TransportListener;
  #stopped = false;

  constructor(post: Post, maxRequests = 4) {
    this.#post = post;
    this.maxRequests = maxRequests;
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
    listener.opened();
  }

  send(message: Uint8Array): void {
    const { request, body } = readRequest(message)!;
    this.#post(body).then(
      (answer) => this.#answered(request, body, answer),
      () => this.#busy(request, body, NO_ANSWER_PAUSE_MS),
    );
  }

  #answered(request: number, body: Uint8Array, answer: PostAnswer): void {
    if (this.#stopped) return;
    if (answer.status === HTTP_OK || answer.status === HTTP_BUSY) {
      // A 429 without statuses comes from somebody before the edge.
      if (answer.body.length === new AnswerWriter(countTransactions(body)).bytes.length) {
        const pause = answer.status === HTTP_BUSY ? BUSY_PAUSE_MS : 0;
        this.#listener.message(encodeAnswer(request, pause, answer.body));
      } else this.#busy(request, body, NO_ANSWER_PAUSE_MS);
    } else if (answer.status >= HTTP_SERVER_ERROR) this.#busy(request, body, NO_ANSWER_PAUSE_MS);
    else this.#listener.failed(new Error(`the network answers POST /v1/transactions with status ${answer.status}`));
  }

  /** Sent again later: what the network has already does not land twice. */
  #busy(request: number, body: Uint8Array, retryAfterMs: number): void {
    if (this.#stopped) return;
    const answer = new AnswerWriter(countTransactions(body)).fill(STATUS.BUSY, ErrorCode.EDGE_BUSY);
    this.#listener.message(encodeAnswer(request, retryAfterMs, answer.bytes));
  }

  stop(): void {
    this.#stopped = true;
  }
}
