/**
 * Bytes of the binary ingest, for both ends. All integers are little-endian.
 *
 * POST /v1/transactions
 *   body     (u16 length, wire transaction) repeated
 *   answer   u32 n, then for each transaction in order: u8 status, u16 code
 *              status 0 taken, durable in a lane; code 0
 *                     1 refused; the code says why: shared/errors (1000 and up), or a TransactionError's number (below)
 *                     2 not taken, there is no room at the moment: send it again later
 *
 * GET /v1/stream, a WebSocket of binary messages
 *
 *   client ─▶ server   0 u32 request   chosen by the client, each number once a connection
 *                      4 u8  kind      bit 0: these were sent before, so ask the ledger too; bit 1: signatures only
 *                                        0 submit  1 submit again  2 watch  3 watch again  4 heard
 *                      5 u8[3] 0
 *                      8 u32 heard     bytes of the server's messages that the client has read on this connection (mod 2^32)
 *                     12 body          submit: as POST;  watch: signatures, 64 bytes each;  heard: nothing
 *
 *   server ─▶ client   answer      u8 1, u8 0, u16 retryAfterMs, u32 request, then as POST's answer. One for each submit and watch
 *                      outcomes    u8 2, u8 commitment (2 confirmed), u16 0, u32 n, u64 slot, u64 block height, then n entries of 16 bytes:
 *                                    0 u32 request   4 u16 index in that request   6 u16 how many slots before `slot` it landed
 *                                    8 u8  fate      0 did not land, 1 landed, 2 expired
 *                                    9 u8  txError, 10 u8 instruction or account index, 11 u8 instructionError, 12 u32 customCode
 *                                  One a block for a client that waits for something, also when n is 0: by the height it knows what has expired.
 *                      unwatched   u8 3, u8 0, u16 retryAfterMs, u32 request: the request's transactions are taken, but there was no
 *                                  room to wait for them: watch them again later
 *
 * Every transaction that is answered `taken` comes in exactly one entry of an `outcomes` message as long as the connection lasts,
 * or its request comes in an `unwatched`. The answer comes first.
 */
import { viewOf } from "../protocol/bytes.ts";

/** Bytes of a POST's body, and of one message to the stream with its head. */
export const MAX_INGEST_BYTES = 4 << 20;
/** Transactions or signatures in one message to the stream. */
export const MAX_REQUEST_TRANSACTIONS = 16_384;
/** Transactions of one stream that are taken and have no outcome yet; more are answered busy. */
export const MAX_WAITING = 65_536;
/** Bytes sent to a client that it has not said it has heard; beyond it the stream is closed as lagging. */
export const MAX_UNHEARD_BYTES = 4 << 20;
/** A client says that it has heard so much at the latest; far below the limit, so that one in time never meets it. */
export const HEARD_EVERY_BYTES = 256 << 10;

/** Close codes of a stream. */
export const CLOSE = {
  NORMAL: 1000,
  /** A message larger than the limits. */
  TOO_LARGE: 1009,
  /** Something behind the edge went away: connect again and send again. */
  TRY_AGAIN: 1013,
  /** Not a message of this protocol. */
  MALFORMED: 4400,
  /** The client reads too slowly; connect again. */
  LAGGING: 4408,
} as const;

/** Whether it may help to connect again. */
export function mayReconnect(code: number): boolean {
  return code !== CLOSE.MALFORMED && code !== CLOSE.TOO_LARGE;
}

export const STATUS = { TAKEN: 0, REFUSED: 1, BUSY: 2 } as const;

export const SIGNATURE_SIZE = 64;
const ANSWER_HEADER = 4;
const ANSWER_ENTRY = 3;

/** Of a POST's answer for `count` transactions, all of them taken so far. */
export class AnswerWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(count: number) {
    this.bytes = new Uint8Array(ANSWER_HEADER + count * ANSWER_ENTRY);
    this.#view = viewOf(this.bytes);
    this.#view.setUint32(0, count, true);
  }

  set(place: number, status: number, code: number): void {
    const at = ANSWER_HEADER + place * ANSWER_ENTRY;
    this.#view.setUint8(at, status);
    this.#view.setUint16(at + 1, code, true);
  }

  /** The same for all. */
  fill(status: number, code: number): this {
    const count = this.#view.getUint32(0, true);
    for (let i = 0; i < count; i++) this.set(i, status, code);
    return this;
  }
}

/** A POST's answer, read in place. */
export class AnswerView {
  readonly count: number;
  readonly #view: DataView;

  /** Throws RangeError when the bytes are no answer. */
  constructor(bytes: Uint8Array) {
    this.#view = viewOf(bytes);
    this.count = this.#view.getUint32(0, true);
    if (bytes.length !== ANSWER_HEADER + this.count * ANSWER_ENTRY) throw new RangeError("not an answer");
  }
  status(place: number): number {
    return this.#view.getUint8(ANSWER_HEADER + place * ANSWER_ENTRY);
  }
  code(place: number): number {
    return this.#view.getUint16(ANSWER_HEADER + place * ANSWER_ENTRY + 1, true);
  }
}

/** Number of transactions of a body, or -1 when its lengths do not add up. */
export function countTransactions(body: Uint8Array): number {
  let count = 0;
  let at = 0;
  while (at + 2 <= body.length) {
    at += 2 + (body[at]! | (body[at + 1]! << 8));
    count++;
  }
  return at === body.length ? count : -1;
}

// --- client to server ---

export const KIND = { SUBMIT: 0, SUBMIT_AGAIN: 1, WATCH: 2, WATCH_AGAIN: 3, HEARD: 4 } as const;
export const REQUEST_HEADER = 12;

export function isWatch(kind: number): boolean {
  return kind === KIND.WATCH || kind === KIND.WATCH_AGAIN;
}
export function wasSentBefore(kind: number): boolean {
  return kind === KIND.SUBMIT_AGAIN || kind === KIND.WATCH_AGAIN;
}

export interface StreamRequest {
  readonly request: number;
  readonly kind: number;
  readonly heard: number;
  readonly body: Uint8Array;
}

/** `null`: not a message of this protocol. */
export function readRequest(bytes: Uint8Array): StreamRequest | null {
  if (bytes.length < REQUEST_HEADER) return null;
  const view = viewOf(bytes);
  const kind = view.getUint8(4);
  if (kind > KIND.HEARD) return null;
  const body = bytes.subarray(REQUEST_HEADER);
  return { request: view.getUint32(0, true), kind, heard: view.getUint32(8, true), body };
}

/** A message with room for `bodyLength` bytes from REQUEST_HEADER on; `heard` is filled in when it is sent. */
export function newRequest(request: number, kind: number, bodyLength: number): Uint8Array {
  const bytes = new Uint8Array(REQUEST_HEADER + bodyLength);
  viewOf(bytes).setUint32(0, request, true);
  bytes[4] = kind;
  return bytes;
}

export function setHeard(message: Uint8Array, heard: number): void {
  viewOf(message).setUint32(8, heard, true);
}

// --- server to client ---

export const TYPE = { ANSWER: 1, OUTCOMES: 2, UNWATCHED: 3 } as const;
export const COMMITMENT_CONFIRMED = 2;
export const FATE = { NOT_LANDED: 0, LANDED: 1, EXPIRED: 2 } as const;
/** Head of answers and `unwatched`. */
export const REPLY_HEADER = 8;
export const OUTCOMES_HEADER = 24;
export const OUTCOME_SIZE = 16;
/** `behind` of an outcome that is at least so old. */
const MAX_BEHIND = 0xffff;
const MAX_U16 = 0xffff;

function reply(type: number, request: number, retryAfterMs: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(REPLY_HEADER + body.length);
  const view = viewOf(bytes);
  view.setUint8(0, type);
  view.setUint16(2, Math.min(MAX_U16, Math.ceil(retryAfterMs)), true);
  view.setUint32(4, request, true);
  bytes.set(body, REPLY_HEADER);
  return bytes;
}

/** `answer`: as of a POST. */
export function encodeAnswer(request: number, retryAfterMs: number, answer: Uint8Array): Uint8Array {
  return reply(TYPE.ANSWER, request, retryAfterMs, answer);
}

export function encodeUnwatched(request: number, retryAfterMs: number): Uint8Array {
  return reply(TYPE.UNWATCHED, request, retryAfterMs, new Uint8Array(0));
}

export type StreamMessage =
  | {
      readonly type: "answer";
      readonly request: number;
      readonly retryAfterMs: number;
      readonly answer: AnswerView;
    }
  | { readonly type: "outcomes"; readonly slot: number; readonly outcomes: OutcomesView }
  | { readonly type: "unwatched"; readonly request: number; readonly retryAfterMs: number };

/** Throws RangeError for anything else. */
export function readMessage(bytes: Uint8Array): StreamMessage {
  const view = viewOf(bytes);
  const type = view.getUint8(0);
  if (type === TYPE.OUTCOMES) {
    const outcomes = new OutcomesView(bytes);
    return { type: "outcomes", slot: outcomes.slot, outcomes };
  }
  const retryAfterMs = view.getUint16(2, true);
  const request = view.getUint32(4, true);
  if (type === TYPE.UNWATCHED) return { type: "unwatched", request, retryAfterMs };
  if (type !== TYPE.ANSWER) throw new RangeError(`no message has type ${type}`);
  return { type: "answer", request, retryAfterMs, answer: new AnswerView(bytes.subarray(REPLY_HEADER)) };
}

/** An `outcomes` message, read in place. */
export class OutcomesView {
  readonly count: number;
  readonly slot: number;
  readonly height: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = viewOf(bytes);
    this.count = this.#view.getUint32(4, true);
    this.slot = Number(this.#view.getBigUint64(8, true));
    this.height = Number(this.#view.getBigUint64(16, true));
    if (bytes.length !== OUTCOMES_HEADER + this.count * OUTCOME_SIZE) throw new RangeError("not an outcomes message");
  }
  request(i: number): number {
    return this.#view.getUint32(OUTCOMES_HEADER + i * OUTCOME_SIZE, true);
  }
  index(i: number): number {
    return this.#view.getUint16(OUTCOMES_HEADER + i * OUTCOME_SIZE + 4, true);
  }
  behind(i: number): number {
    return this.#view.getUint16(OUTCOMES_HEADER + i * OUTCOME_SIZE + 6, true);
  }
  fate(i: number): number {
    return this.#view.getUint8(OUTCOMES_HEADER + i * OUTCOME_SIZE + 8);
  }
  txError(i: number): number {
    return this.#view.getUint8(OUTCOMES_HEADER + i * OUTCOME_SIZE + 9);
  }
  errorIndex(i: number): number {
    return this.#view.getUint8(OUTCOMES_HEADER + i * OUTCOME_SIZE + 10);
  }
  instructionError(i: number): number {
    return this.#view.getUint8(OUTCOMES_HEADER + i * OUTCOME_SIZE + 11);
  }
  customCode(i: number): number {
    return this.#view.getUint32(OUTCOMES_HEADER + i * OUTCOME_SIZE + 12, true);
  }
}

/** Grows by doubling; one for each client and block. */
export class OutcomesWriter {
  #bytes = new Uint8Array(OUTCOMES_HEADER + 16 * OUTCOME_SIZE);
  #view = viewOf(this.#bytes);
  #count = 0;

  /** `result`: fate, txError, errorIndex and instructionError as one word, as a result has them at offset 8. */
  add(request: number, index: number, behind: number, result: number, customCode: number): void {
    const at = OUTCOMES_HEADER + this.#count * OUTCOME_SIZE;
    if (at + OUTCOME_SIZE > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = viewOf(larger);
    }
    this.#view.setUint32(at, request, true);
    this.#view.setUint16(at + 4, index, true);
    this.#view.setUint16(at + 6, Math.min(MAX_BEHIND, behind), true);
    this.#view.setUint32(at + 8, result, true);
    this.#view.setUint32(at + 12, customCode, true);
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  finish(slot: number, height: number): Uint8Array {
    this.#view.setUint8(0, TYPE.OUTCOMES);
    this.#view.setUint8(1, COMMITMENT_CONFIRMED);
    this.#view.setUint32(4, this.#count, true);
    this.#view.setBigUint64(8, BigInt(slot), true);
    this.#view.setBigUint64(16, BigInt(height), true);
    return this.#bytes.subarray(0, OUTCOMES_HEADER + this.#count * OUTCOME_SIZE);
  }
}
