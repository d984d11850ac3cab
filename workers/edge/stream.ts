/**
 * GET /v1/stream: transactions in, their fate out, as binary messages over a WebSocket. Formats and limits:
 * shared/ingest/protocol.ts.
 *
 *   client ══WebSocket══▶ edge: parse, verify (WASM) ──frames──▶ lane
 *      ▲                   │ what a lane took: request, index, signature
 *      ║                   ▼
 *      ╚══════ edge ◀══channel══ subscriptions object ◀── each stored block
 *
 * Where the socket lives: here, in the stateless worker, and not in an object. Verifying signatures is nearly all of the work, and
 * workers are many while an object is one thread; a client also connects to the edge next to it. What has to be in one place is
 * only the question "who waits for this signature?", asked once a signature and block: that is with the subscriptions object, which has every
 * block anyway, over flat tables (shared/ingest/outcome-watch.ts). The channel carries 68 bytes for a transaction that was taken and
 * 16 for its outcome, in one message a request and a block. So each block is looked through once for all streams, instead of being
 * sent to every one of them, and nothing on the way makes an object, promise, string or Map entry for a transaction.
 *
 * Backpressure, all of it answered: a lane that is full, MAX_WAITING transactions without outcome, or more than MAX_IN_WORK_BYTES in
 * work: busy, with a time to come back. A client that reads too slowly: closed as lagging, because a worker cannot see how much of what it
 * sent has left. When the channel breaks the client is closed with "try again": it connects and asks for what it does not know.
 */
import { type Env, subscriptionsStub } from "../../durable-objects/host/env.ts";
import { storageRoom } from "../../durable-objects/host/storage-room.ts";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { REGISTRATION_ENTRY, REGISTRATION_HEADER, TYPE_REGISTERED } from "../../shared/ingest/outcome-watch.ts";
import {
  AnswerView,
  AnswerWriter,
  CLOSE,
  countTransactions,
  encodeAnswer,
  encodeUnwatched,
  isWatch,
  KIND,
  MAX_INGEST_BYTES,
  MAX_REQUEST_TRANSACTIONS,
  MAX_UNHEARD_BYTES,
  MAX_WAITING,
  readRequest,
  SIGNATURE_SIZE,
  STATUS,
  type StreamRequest,
  TYPE,
  wasSentBefore,
} from "../../shared/ingest/protocol.ts";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { REC, signaturesAt } from "../../shared/protocol/record.ts";
import { textOf } from "../../shared/storage/room.ts";
import type { Work } from "../../shared/turns/work.ts";
import { ADDRESS_HEADER, addressOf } from "./client.ts";
import { type Ingested, type IngestServices, ingestBody } from "./ingest.ts";
import { problem } from "./problem.ts";

/** Bytes of one stream's messages that are being verified or wait for a lane. */
const MAX_IN_WORK_BYTES = 4 * MAX_INGEST_BYTES;
const BUSY_RETRY_MS = 50;
const CHANNEL_URL = "https://subscriptions/v1/stream";

/** A registration with room for `count` signatures (shared/ingest/outcome-watch.ts). */
function newRegistration(request: number, lookup: boolean, count: number): Uint8Array {
  const bytes = new Uint8Array(REGISTRATION_HEADER + count * REGISTRATION_ENTRY);
  viewOf(bytes).setUint32(0, request, true);
  bytes[4] = lookup ? 1 : 0;
  return bytes;
}

function copySignature(from: DataView, at: number, to: DataView, out: number): void {
  for (let i = 0; i < SIGNATURE_SIZE; i += 4) to.setUint32(out + i, from.getUint32(at + i));
}

/** What a lane took, with the signatures from the records. */
function registrationOfTaken(request: number, lookup: boolean, { batch, answer }: Ingested): Uint8Array {
  const { records, places } = batch;
  const view = viewOf(records);
  const answers = new AnswerView(answer.bytes);
  const bytes = newRegistration(request, lookup, places.length);
  const out = viewOf(bytes);
  let to = REGISTRATION_HEADER;
  let at = 0;
  for (let i = 0; i < places.length; i++) {
    if (answers.status(places[i]!) === STATUS.TAKEN) {
      out.setUint16(to, places[i]!, true);
      copySignature(view, signaturesAt(view, at), out, to + 4);
      to += REGISTRATION_ENTRY;
    }
    at += view.getUint32(at + REC.LEN, true);
  }
  return bytes.subarray(0, to);
}

function registrationOfSignatures({ request, kind, body }: StreamRequest, count: number): Uint8Array {
  const bytes = newRegistration(request, wasSentBefore(kind), count);
  const out = viewOf(bytes);
  const signatures = viewOf(body);
  for (let i = 0, to = REGISTRATION_HEADER; i < count; i++, to += REGISTRATION_ENTRY) {
    out.setUint16(to, i, true);
    copySignature(signatures, i * SIGNATURE_SIZE, out, to + 4);
  }
  return bytes;
}

/** Transactions or signatures of a request; -1 when its lengths do not add up. */
function countOf({ kind, body }: StreamRequest): number {
  if (!isWatch(kind)) return countTransactions(body);
  return body.length % SIGNATURE_SIZE === 0 ? body.length / SIGNATURE_SIZE : -1;
}

class Stream {
  readonly #client: WebSocket;
  readonly #channel: WebSocket;
  readonly #services: IngestServices;
  readonly #newWork: () => Work;
  /** Requests to watch that the channel has not answered. */
  readonly #watches = new Set<number>();
  #sent = 0;
  #heard = 0;
  #bytesInWork = 0;
  /** Transactions in work or without outcome. */
  #waiting = 0;
  #open = true;

  /** `newWork`: of a message; all of them have the turns of one request. */
  constructor(client: WebSocket, channel: WebSocket, services: IngestServices, newWork: () => Work) {
    this.#client = client;
    this.#channel = channel;
    this.#services = services;
    this.#newWork = newWork;
    for (const socket of [client, channel]) {
      socket.accept();
      socket.binaryType = "arraybuffer";
    }
    client.addEventListener("message", ({ data }) => this.#message(data));
    client.addEventListener("close", ({ code }) => this.close(code === CLOSE.LAGGING ? code : CLOSE.NORMAL));
    client.addEventListener("error", () => this.close(CLOSE.NORMAL));
    channel.addEventListener("message", ({ data }) => this.#fromChannel(new Uint8Array(data as ArrayBuffer)));
    channel.addEventListener("close", () => this.close(CLOSE.TRY_AGAIN));
    channel.addEventListener("error", () => this.close(CLOSE.TRY_AGAIN));
  }

  close(code: number): void {
    if (!this.#open) return;
    this.#open = false;
    for (const [socket, reason] of [
      [this.#client, code],
      [this.#channel, CLOSE.NORMAL],
    ] as const) {
      try {
        socket.close(reason);
      } catch {
        // It is closed already.
      }
    }
  }

  #send(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#sent = (this.#sent + bytes.length) >>> 0;
    if ((this.#sent - this.#heard) >>> 0 > MAX_UNHEARD_BYTES) this.close(CLOSE.LAGGING);
    else this.#client.send(bytes);
  }

  #message(data: string | ArrayBuffer): void {
    if (!this.#open) return;
    const error = this.#take(data);
    if (error) this.close(error);
  }

  /** The close code that the message deserves, if any. */
  #take(data: string | ArrayBuffer): number | undefined {
    if (typeof data === "string") return CLOSE.MALFORMED;
    if (data.byteLength > MAX_INGEST_BYTES) return CLOSE.TOO_LARGE;
    const request = readRequest(new Uint8Array(data));
    if (!request) return CLOSE.MALFORMED;
    this.#heard = request.heard;
    if (request.kind === KIND.HEARD) return;
    const count = countOf(request);
    if (count < 0) return CLOSE.MALFORMED;
    if (count > MAX_REQUEST_TRANSACTIONS) return CLOSE.TOO_LARGE;
    const full = this.#bytesInWork + data.byteLength > MAX_IN_WORK_BYTES || this.#waiting + count > MAX_WAITING;
    if (full) {
      this.#answerAll(request.request, count, STATUS.BUSY, BUSY_RETRY_MS);
      return;
    }
    this.#waiting += count;
    if (isWatch(request.kind)) {
      this.#watches.add(request.request);
      this.#channel.send(registrationOfSignatures(request, count));
      return;
    }
    this.#bytesInWork += data.byteLength;
    this.#submit(request, count)
      .catch((fault) => {
        // Whether a lane has it is not known: the client comes back with it.
        if (!storageRoom.blame(fault)) console.error(`stream: ${textOf(fault)}`);
        this.close(CLOSE.TRY_AGAIN);
      })
      .finally(() => {
        this.#bytesInWork -= data.byteLength;
      });
  }

  #answerAll(request: number, count: number, status: number, retryAfterMs: number): void {
    const code = status === STATUS.BUSY ? ErrorCode.EDGE_BUSY : 0;
    this.#send(encodeAnswer(request, retryAfterMs, new AnswerWriter(count).fill(status, code).bytes));
  }

  async #submit({ request, kind, body }: StreamRequest, count: number): Promise<void> {
    const done = await ingestBody(body, this.#services, this.#newWork());
    if (!done) throw new RangeError("the lengths of a counted body do not add up");
    const registration = registrationOfTaken(request, wasSentBefore(kind), done);
    const taken = (registration.length - REGISTRATION_HEADER) / REGISTRATION_ENTRY;
    this.#waiting -= count - taken;
    this.#send(encodeAnswer(request, done.retryAfterMs, done.answer.bytes));
    if (taken > 0 && this.#open) this.#channel.send(registration);
  }

  #fromChannel(bytes: Uint8Array): void {
    const view = viewOf(bytes);
    if (view.getUint8(0) === TYPE.OUTCOMES) {
      this.#waiting -= view.getUint32(4, true);
      this.#send(bytes);
      return;
    }
    if (view.getUint8(0) !== TYPE_REGISTERED) return;
    const ok = view.getUint8(1) === 1;
    const retryAfterMs = view.getUint16(2, true);
    const request = view.getUint32(4, true);
    const count = view.getUint32(8, true);
    if (!ok) this.#waiting -= count;
    if (this.#watches.delete(request)) {
      this.#answerAll(request, count, ok ? STATUS.TAKEN : STATUS.BUSY, retryAfterMs);
    } else if (!ok) {
      this.#send(encodeUnwatched(request, retryAfterMs));
    }
  }
}

/** The answer to the upgrade; the stream lives as long as its two sockets. */
export async function openStream(
  request: Request,
  env: Env,
  services: IngestServices,
  newWork: () => Work,
): Promise<Response> {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return problem(ErrorCode.EDGE_UPGRADE);
  }
  const headers = { upgrade: "websocket", [ADDRESS_HEADER]: addressOf(request) };
  const answer = await subscriptionsStub(env).fetch(CHANNEL_URL, { headers });
  const { webSocket: channel } = answer;
  if (!channel) return new Response(answer.body, answer);
  const { 0: client, 1: server } = new WebSocketPair();
  new Stream(server, channel, services, newWork);
  return new Response(null, { status: 101, webSocket: client });
}
