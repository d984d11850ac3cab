/**
 * A client for many transactions: hand them over in batches, get one promise a batch, and the network's pace is kept for you.
 *
 *   submit ─▶ queue ─(window, one message a piece)─▶ under way ─▶ answered ─▶ outcomes ─▶ the batch's promise
 *               ▲                                       │ busy: again, in order, after a pause
 *               └───────────────────────────────────────┘ connection lost: all that is not known is sent or asked again
 *
 * Sending twice is harmless: a signature lands at most once. What may have reached the network before is marked, so that the network
 * asks its ledger too, and nothing that landed is reported as expired.
 *
 *   const client = new IngestClient(new StreamTransport(webSocket(() => new WebSocket(streamUrl(url))), timer), timer);
 *   const batch = await client.submit(transactions);        // batch.fate(i): "confirmed", …
 *   const { fate, slot } = await client.send(transaction);  // one; gathered with others into a batch
 */
import type { TransactionErrorCode } from "../errors/transaction-error.ts";
import { TRANSACTION_ERRORS } from "../errors/transaction-error.ts";
import {
  Batch,
  type BatchOptions,
  bodySize,
  CONFIRMED,
  comparePieces,
  cutBatch,
  EXPIRED,
  errorWord,
  FAILED,
  type Fate,
  GONE,
  NOT_LANDED,
  newPiece,
  type Piece,
  packTransactions,
  REFUSED,
  TAKEN,
  writeBody,
} from "./batch.ts";
import {
  type AnswerView,
  FATE,
  KIND,
  MAX_INGEST_BYTES,
  MAX_REQUEST_TRANSACTIONS,
  MAX_WAITING,
  newRequest,
  type OutcomesView,
  REQUEST_HEADER,
  readMessage,
  STATUS,
} from "./protocol.ts";
import type { Timer, Transport } from "./transport.ts";

export interface IngestOptions {
  /** Transactions under way at once, taken or not, without outcome. */
  readonly window?: number;
  /** Transactions and bytes of one message. */
  readonly messageTransactions?: number;
  readonly messageBytes?: number;
  /** How long `send` waits for company, milliseconds. */
  readonly gatherMs?: number;
  /** Transactions that may wait for their turn; more are not accepted. */
  readonly maxQueued?: number;
}

export type IngestErrorCode = "closed" | "failed" | "full";

export class IngestError extends Error {
  override readonly name = "IngestError";
  readonly code: IngestErrorCode;
  constructor(code: IngestErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What became of one transaction. */
export interface TransactionStatus {
  readonly fate: Fate;
  readonly slot: number;
  readonly code: number;
  readonly error: TransactionErrorCode | null;
}

const BLOCKHASH_NOT_FOUND = TRANSACTION_ERRORS.indexOf("BlockhashNotFound");
const FIRST_BACKOFF_MS = 20;
const LONGEST_BACKOFF_MS = 2_000;

interface Settler<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

interface Gathered extends Settler<TransactionStatus> {
  readonly transaction: Uint8Array;
}

export class IngestClient {
  readonly #transport: Transport;
  readonly #timer: Timer;
  readonly #options: Required<IngestOptions>;
  #isOpen = false;
  #ended: IngestError | undefined;
  #sequence = 0;
  #nextRequest = 1;
  /** In order. */
  #queue: Piece[] = [];
  #queued = 0;
  readonly #requests = new Map<number, Piece>();
  #unanswered = 0;
  #outstanding = 0;
  readonly #settlers = new Map<Batch, Settler<Batch>>();
  /** Batches that the message at hand has touched. */
  readonly #touched = new Set<Batch>();
  #height = 0;
  #busy = 0;
  #backoff = FIRST_BACKOFF_MS;
  /** After a busy answer: one message at a time, until one is taken as a whole. */
  #probing = false;
  #cancelPause: (() => void) | undefined;
  #gathering: Gathered[] = [];
  #readyWaiters: Settler<void>[] = [];

  constructor(transport: Transport, timer: Timer, options: IngestOptions = {}) {
    this.#transport = transport;
    this.#timer = timer;
    this.#options = {
      window: options.window ?? MAX_WAITING / 2,
      messageTransactions: Math.min(options.messageTransactions ?? 1_000, MAX_REQUEST_TRANSACTIONS),
      messageBytes: Math.min(options.messageBytes ?? 1 << 20, MAX_INGEST_BYTES - REQUEST_HEADER),
      gatherMs: options.gatherMs ?? 1,
      maxQueued: options.maxQueued ?? 1 << 18,
    };
    transport.start({
      opened: () => this.#opened(),
      message: (bytes) => this.#message(bytes),
      closed: () => this.#closed(),
      failed: (error) => this.#end(new IngestError("failed", error.message)),
    });
  }

  /** Transactions that wait for their turn. */
  get queued(): number {
    return this.#queued;
  }
  /** Transactions under way. */
  get outstanding(): number {
    return this.#outstanding;
  }
  /** Height of the newest block heard of; 0 before, and always over POST. */
  get height(): number {
    return this.#height;
  }
  /** How often a transaction was answered busy. */
  get busyAnswers(): number {
    return this.#busy;
  }

  /**
   * Resolves when the last word on every transaction is said: over the stream, what became of it; over POST, that it is taken.
   * `transactions` may be a body as POST takes it; it is kept, not copied.
   */
  submit(transactions: readonly Uint8Array[] | Uint8Array, options: BatchOptions = {}): Promise<Batch> {
    const bytes = transactions instanceof Uint8Array ? transactions : packTransactions(transactions);
    return this.#start(new Batch(bytes, false, this.#sequence++, options));
  }

  /** What becomes of transactions that were, or will be, sent by another way: 64 bytes of signature each. Only over the stream. */
  watch(signatures: Uint8Array, options: BatchOptions = {}): Promise<Batch> {
    if (!this.#transport.tellsOutcomes) throw new TypeError("this transport tells no outcomes");
    return this.#start(new Batch(signatures, true, this.#sequence++, options));
  }

  /** One transaction, for those who send few: gathered with others into a batch. */
  send(transaction: Uint8Array): Promise<TransactionStatus> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#gathering.push({ transaction, resolve, reject });
      if (this.#gathering.length === 1) this.#timer(this.#options.gatherMs, () => this.#sendGathered());
      else if (this.#gathering.length === this.#options.messageTransactions) this.#sendGathered();
    });
  }

  /** Resolves when less than a window of transactions waits for its turn: submit more then. */
  ready(): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#queued < this.#options.window) return Promise.resolve();
    return new Promise((resolve, reject) => this.#readyWaiters.push({ resolve, reject }));
  }

  /** Promises of what has no last word are rejected. */
  close(): void {
    this.#end(new IngestError("closed", "the client was closed"));
  }

  // --- batches ---

  #start(batch: Batch): Promise<Batch> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#queued + batch.count > this.#options.maxQueued) {
      return Promise.reject(new IngestError("full", `${this.#queued} transactions wait already`));
    }
    if (batch.count === 0) return Promise.resolve(batch);
    return new Promise((resolve, reject) => {
      this.#settlers.set(batch, { resolve, reject });
      this.#queue.push(...cutBatch(batch, this.#options.messageTransactions, this.#options.messageBytes));
      this.#queued += batch.count;
      this.#pump();
    });
  }

  #sendGathered(): void {
    const gathered = this.#gathering;
    this.#gathering = [];
    if (gathered.length === 0) return;
    const told = new Uint8Array(gathered.length);
    const onProgress = (batch: Batch) => {
      const last = this.#transport.tellsOutcomes ? REFUSED : TAKEN;
      gathered.forEach(({ resolve }, i) => {
        if (told[i] === 1 || batch.fateNumber(i) < last) return;
        told[i] = 1;
        resolve({ fate: batch.fate(i), slot: batch.slot(i), code: batch.code(i), error: batch.error(i) });
      });
    };
    this.submit(
      gathered.map(({ transaction }) => transaction),
      { onProgress },
    ).catch((error) => {
      for (const { reject } of gathered) reject(error);
    });
  }

  /** A step in a transaction's life. */
  #set(piece: Piece, i: number, fate: number, slot = 0, code = 0): void {
    const { batch } = piece;
    batch.set(piece.places[i]!, fate, slot, code);
    this.#touched.add(batch);
    if (fate === TAKEN && this.#transport.tellsOutcomes) return;
    batch.settled++;
    this.#leave(piece, 1);
  }

  /** `n` entries of a piece that is under way need nothing more from it. */
  #leave(piece: Piece, n: number): void {
    piece.left -= n;
    this.#outstanding -= n;
  }

  #tell(): void {
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const batch of touched) {
      batch.options.onProgress?.(batch);
      if (!batch.done) continue;
      this.#settlers.get(batch)?.resolve(batch);
      this.#settlers.delete(batch);
    }
  }

  // --- to the network ---

  #pump(): void {
    const { window } = this.#options;
    while (this.#isOpen && !this.#cancelPause && this.#queue.length > 0) {
      if (this.#unanswered >= (this.#probing ? 1 : this.#transport.maxRequests)) break;
      const piece = this.#queue[0]!;
      if (this.#outstanding > 0 && this.#outstanding + piece.places.length > window) break;
      this.#queue.shift();
      this.#queued -= piece.places.length;
      this.#outstanding += piece.places.length;
      if (this.#isOver(piece)) for (let i = 0; i < piece.places.length; i++) this.#set(piece, i, EXPIRED);
      else this.#sendPiece(piece);
    }
    this.#tell();
    if (this.#queued >= window) return;
    for (const { resolve } of this.#readyWaiters.splice(0)) resolve();
  }

  /** Never taken, and too late now. */
  #isOver({ batch, again, watch }: Piece): boolean {
    const { lastValidBlockHeight = Number.POSITIVE_INFINITY } = batch.options;
    return !again && !watch && this.#height > lastValidBlockHeight;
  }

  #sendPiece(piece: Piece): void {
    const request = this.#nextRequest;
    this.#nextRequest = (request + 1) >>> 0;
    const kind = (piece.watch ? KIND.WATCH : KIND.SUBMIT) | (piece.again ? KIND.SUBMIT_AGAIN : 0);
    const message = newRequest(request, kind, bodySize(piece));
    writeBody(piece, message, REQUEST_HEADER);
    this.#requests.set(request, piece);
    this.#unanswered++;
    this.#transport.send(message);
  }

  /** Back into the queue, at its place. */
  #requeue(piece: Piece): void {
    let at = 0;
    while (at < this.#queue.length && comparePieces(this.#queue[at]!, piece) < 0) at++;
    this.#queue.splice(at, 0, piece);
    this.#queued += piece.places.length;
  }

  #pause(retryAfterMs: number): void {
    this.#probing = true;
    if (this.#cancelPause) return;
    this.#cancelPause = this.#timer(Math.max(retryAfterMs, this.#backoff), () => {
      this.#cancelPause = undefined;
      this.#pump();
    });
    this.#backoff = Math.min(LONGEST_BACKOFF_MS, this.#backoff * 2);
  }

  // --- from the network ---

  #opened(): void {
    this.#isOpen = true;
    this.#pump();
  }

  #message(bytes: Uint8Array): void {
    if (this.#ended) return;
    try {
      this.#read(bytes);
    } catch (error) {
      this.#end(new IngestError("failed", `the network does not speak this protocol: ${(error as Error).message}`));
    }
    this.#pump();
  }

  #read(bytes: Uint8Array): void {
    const message = readMessage(bytes);
    if (message.type === "outcomes") this.#outcomes(message.slot, message.outcomes);
    else {
      const piece = this.#requests.get(message.request);
      if (!piece) return;
      if (message.type === "answer") this.#answer(message.request, piece, message.answer, message.retryAfterMs);
      else this.#unwatched(message.request, piece, message.retryAfterMs);
    }
  }

  #answer(request: number, piece: Piece, answer: AnswerView, retryAfterMs: number): void {
    if (piece.answered || answer.count !== piece.places.length) throw new RangeError("an answer to another request");
    piece.answered = true;
    this.#unanswered--;
    const busy: number[] = [];
    const unsure: number[] = [];
    for (let i = 0; i < answer.count; i++) {
      const status = answer.status(i);
      const code = answer.code(i);
      if (status === STATUS.BUSY) busy.push(i);
      else if (status === STATUS.TAKEN) this.#taken(piece, i);
      else if (code !== BLOCKHASH_NOT_FOUND) this.#set(piece, i, REFUSED, 0, code);
      else if (piece.again && this.#transport.tellsOutcomes) unsure.push(i);
      else this.#set(piece, i, EXPIRED);
    }
    this.#again(piece, unsure, true, true);
    if (busy.length > 0) {
      this.#busy += busy.length;
      this.#again(piece, busy, piece.watch, piece.again);
      this.#pause(retryAfterMs);
    } else {
      this.#probing = false;
      this.#backoff = FIRST_BACKOFF_MS;
    }
    if (piece.left === 0) this.#requests.delete(request);
  }

  /** An outcome may have come before the answer to a question. */
  #taken(piece: Piece, i: number): void {
    if (piece.batch.fateNumber(piece.places[i]!) < TAKEN) this.#set(piece, i, TAKEN);
  }

  /** Entries of a piece go back into the queue. */
  #again(piece: Piece, entries: readonly number[], watch: boolean, again: boolean): void {
    if (entries.length === 0) return;
    const places = Uint32Array.from(entries, (i) => piece.places[i]!);
    for (const i of entries) piece.places[i] = GONE;
    this.#leave(piece, entries.length);
    this.#requeue(newPiece(piece.batch, places, watch, again));
  }

  #unwatched(request: number, piece: Piece, retryAfterMs: number): void {
    this.#requests.delete(request);
    this.#again(piece, this.#unsettled(piece), true, true);
    this.#pause(retryAfterMs);
  }

  #unsettled({ batch, places }: Piece): number[] {
    const entries: number[] = [];
    for (let i = 0; i < places.length; i++) {
      if (places[i] !== GONE && batch.fateNumber(places[i]!) < REFUSED) entries.push(i);
    }
    return entries;
  }

  #outcomes(slot: number, outcomes: OutcomesView): void {
    this.#height = Math.max(this.#height, outcomes.height);
    let request = -1;
    let piece: Piece | undefined;
    for (let n = 0; n < outcomes.count; n++) {
      if (outcomes.request(n) !== request) {
        request = outcomes.request(n);
        piece = this.#requests.get(request);
      }
      if (!piece) continue;
      const i = outcomes.index(n);
      const place = piece.places[i]!;
      if (place === GONE || piece.batch.fateNumber(place) >= REFUSED) continue;
      const txError = outcomes.txError(n);
      const landed = outcomes.fate(n) === FATE.LANDED;
      if (txError !== 0) {
        const word = errorWord(txError, outcomes.errorIndex(n), outcomes.instructionError(n));
        piece.batch.setError(place, word, outcomes.customCode(n));
      }
      if (outcomes.fate(n) === FATE.EXPIRED) this.#set(piece, i, EXPIRED);
      else this.#set(piece, i, landed ? (txError === 0 ? CONFIRMED : FAILED) : NOT_LANDED, slot - outcomes.behind(n));
      if (piece.left === 0 && piece.answered) this.#requests.delete(request);
    }
  }

  /** What was under way is sent again, or asked for where it was taken. */
  #closed(): void {
    this.#isOpen = false;
    const lost = [...this.#requests.values()];
    this.#requests.clear();
    this.#unanswered = 0;
    for (const piece of lost) {
      this.#again(piece, this.#unsettled(piece), piece.watch || piece.answered, true);
    }
  }

  #end(error: IngestError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#isOpen = false;
    this.#cancelPause?.();
    this.#transport.stop();
    for (const { reject } of [...this.#settlers.values(), ...this.#gathering, ...this.#readyWaiters]) reject(error);
    this.#settlers.clear();
    this.#queue = [];
    this.#queued = 0;
  }
}
