/** Transactions that a client hands over together, and what became of them: flat arrays, nothing per transaction. */
import type { TransactionErrorCode } from "../errors/transaction-error.ts";
import { wireSignature } from "../protocol/record.ts";
import { SIGNATURE_SIZE } from "./protocol.ts";

/** What is known of a transaction. From REFUSED on nothing more will come. */
export const FATES = ["waiting", "taken", "refused", "confirmed", "failed", "not-landed", "expired"] as const;
/**
 * waiting     not answered yet
 * taken       durable in a lane: the network does the rest. The last word over POST
 * refused     it can never land: `code` of shared/errors, or the number of a TransactionError
 * confirmed   landed in `slot` without error
 * failed      landed in `slot` with `error`; its fee is paid
 * not-landed  looked at and left out of `slot`, with `error` (no funds for the fee, ...); the same bytes may be sent again
 * expired     its blockhash is too old: it has not landed and never will
 */
export type Fate = (typeof FATES)[number];

export const WAITING = FATES.indexOf("waiting");
export const TAKEN = FATES.indexOf("taken");
export const REFUSED = FATES.indexOf("refused");
export const CONFIRMED = FATES.indexOf("confirmed");
export const FAILED = FATES.indexOf("failed");
export const NOT_LANDED = FATES.indexOf("not-landed");
export const EXPIRED = FATES.indexOf("expired");

/** Bytes of a transaction's length. */
const LENGTH_SIZE = 2;

/** `transactions` as a body: (u16 length, wire transaction) repeated. */
export function packTransactions(transactions: readonly Uint8Array[]): Uint8Array {
  const body = new Uint8Array(transactions.reduce((sum, { length }) => sum + LENGTH_SIZE + length, 0));
  let at = 0;
  for (const transaction of transactions) {
    if (transaction.length > 0xffff) throw new RangeError(`a transaction of ${transaction.length} bytes`);
    body[at] = transaction.length;
    body[at + 1] = transaction.length >> 8;
    body.set(transaction, at + LENGTH_SIZE);
    at += LENGTH_SIZE + transaction.length;
  }
  return body;
}

/** Where each transaction of a body starts, and its end. */
function offsetsOf(body: Uint8Array): Uint32Array {
  let count = 0;
  let at = 0;
  while (at + LENGTH_SIZE <= body.length) {
    at += LENGTH_SIZE + (body[at]! | (body[at + 1]! << 8));
    count++;
  }
  if (at !== body.length) throw new RangeError("the lengths of the transactions do not add up");
  const offsets = new Uint32Array(count + 1);
  for (let i = 0, from = 0; i < count; i++) {
    from += LENGTH_SIZE + (body[from]! | (body[from + 1]! << 8));
    offsets[i + 1] = from;
  }
  return offsets;
}

export interface BatchOptions {
  /** As getLatestBlockhash gives it: beyond it what was never taken is reported as expired instead of being sent again. */
  readonly lastValidBlockHeight?: number;
  /** Of `watch`: these were not sent before this moment, so the ledger need not be asked whether it has them. */
  readonly fresh?: boolean;
  /** Called when something became of some of its transactions. */
  readonly onProgress?: (batch: Batch) => void;
}

export class Batch {
  readonly count: number;
  readonly isWatch: boolean;
  /** Order among a client's batches. */
  readonly sequence: number;
  readonly options: BatchOptions;
  /** Transactions of which nothing more will come. */
  settled = 0;
  /** How many have each fate, by its number. */
  readonly counts = new Uint32Array(FATES.length);
  readonly #bytes: Uint8Array;
  readonly #offsets: Uint32Array;
  readonly #fates: Uint8Array;
  readonly #slots: Float64Array;
  readonly #codes: Uint16Array;
  /** txError, index and instructionError as one word, and the custom code: only where something failed. */
  #errors: Uint32Array | undefined;

  /** `bytes`: a body, or 64 bytes a signature where it only watches. Kept, not copied. */
  constructor(bytes: Uint8Array, isWatch: boolean, sequence: number, options: BatchOptions) {
    this.isWatch = isWatch;
    this.sequence = sequence;
    this.options = options;
    this.#bytes = bytes;
    this.#offsets = isWatch ? new Uint32Array(0) : offsetsOf(bytes);
    this.count = isWatch ? bytes.length / SIGNATURE_SIZE : this.#offsets.length - 1;
    if (!Number.isInteger(this.count)) throw new RangeError("signatures have 64 bytes each");
    this.#fates = new Uint8Array(this.count);
    this.#slots = new Float64Array(this.count);
    this.#codes = new Uint16Array(this.count);
    this.counts[WAITING] = this.count;
  }

  get done(): boolean {
    return this.settled === this.count;
  }
  fate(i: number): Fate {
    return FATES[this.#fates[i]!]!;
  }
  fateNumber(i: number): number {
    return this.#fates[i]!;
  }
  /** Slot in which it landed, or was left out; 0 before. */
  slot(i: number): number {
    return this.#slots[i]!;
  }
  /** Why it was refused; 0 otherwise. */
  code(i: number): number {
    return this.#codes[i]!;
  }
  /** Of a transaction that failed or did not land. */
  error(i: number): TransactionErrorCode | null {
    const fate = this.#fates[i];
    if (!this.#errors || (fate !== FAILED && fate !== NOT_LANDED)) return null;
    const word = this.#errors[i * 2]!;
    return {
      txError: word & 0xff,
      errorIndex: (word >>> 8) & 0xff,
      instructionError: (word >>> 16) & 0xff,
      customCode: this.#errors[i * 2 + 1]!,
    };
  }
  /** First signature of a transaction, 64 bytes. */
  signature(i: number): Uint8Array {
    if (this.isWatch) return this.#bytes.subarray(i * SIGNATURE_SIZE, (i + 1) * SIGNATURE_SIZE);
    return wireSignature(this.#bytes.subarray(this.#offsets[i]! + LENGTH_SIZE, this.#offsets[i + 1]));
  }
  /** Bytes from transaction `from` to before `to`, with their lengths; or signatures. */
  size(from: number, to: number): number {
    return this.isWatch ? (to - from) * SIGNATURE_SIZE : this.#offsets[to]! - this.#offsets[from]!;
  }
  slice(from: number, to: number): Uint8Array {
    if (this.isWatch) return this.#bytes.subarray(from * SIGNATURE_SIZE, to * SIGNATURE_SIZE);
    return this.#bytes.subarray(this.#offsets[from]!, this.#offsets[to]!);
  }

  /** For the client alone: the last word on a transaction is said once. */
  set(i: number, fate: number, slot = 0, code = 0): void {
    this.counts[this.#fates[i]!]!--;
    this.counts[fate]!++;
    this.#fates[i] = fate;
    this.#slots[i] = slot;
    this.#codes[i] = code;
  }
  setError(i: number, word: number, customCode: number): void {
    this.#errors ??= new Uint32Array(this.count * 2);
    this.#errors[i * 2] = word;
    this.#errors[i * 2 + 1] = customCode;
  }
}

/** In the places of a piece: the entry travels in another message now. */
export const GONE = 0xffff_ffff;

/** Entries of a batch that travel in one message. */
export interface Piece {
  readonly batch: Batch;
  /** Index in the batch of each entry of the message. */
  readonly places: Uint32Array;
  readonly watch: boolean;
  /** The network may have them already. */
  readonly again: boolean;
  /** Entries of which something more may come. */
  left: number;
  answered: boolean;
}

export function newPiece(batch: Batch, places: Uint32Array, watch: boolean, again: boolean): Piece {
  return { batch, places, watch, again, left: places.length, answered: false };
}

/** Of `a` before `b`: the order in which they were handed over. */
export function comparePieces(a: Piece, b: Piece): number {
  return a.batch.sequence - b.batch.sequence || a.places[0]! - b.places[0]!;
}

/** Bytes of the piece's message without its head. */
export function bodySize({ batch, places, watch }: Piece): number {
  if (watch) return places.length * SIGNATURE_SIZE;
  let size = 0;
  for (const place of places) size += batch.size(place, place + 1);
  return size;
}

/** Writes them to `out` from `at` on: neighbours in one go. */
export function writeBody({ batch, places, watch }: Piece, out: Uint8Array, at: number): void {
  const bySignature = watch && !batch.isWatch;
  let to = at;
  for (let i = 0; i < places.length; ) {
    let end = i + 1;
    while (!bySignature && end < places.length && places[end] === places[end - 1]! + 1) end++;
    const bytes = bySignature ? batch.signature(places[i]!) : batch.slice(places[i]!, places[end - 1]! + 1);
    out.set(bytes, to);
    to += bytes.length;
    i = end;
  }
}

/** Cuts a batch into pieces of bounded size. */
export function cutBatch(batch: Batch, maxTransactions: number, maxBytes: number): Piece[] {
  const pieces: Piece[] = [];
  let first = 0;
  let size = 0;
  const close = (end: number) => {
    if (end === first) return;
    const places = Uint32Array.from({ length: end - first }, (_, i) => first + i);
    pieces.push(newPiece(batch, places, batch.isWatch, batch.isWatch && !batch.options.fresh));
    first = end;
    size = 0;
  };
  for (let i = 0; i < batch.count; i++) {
    const length = batch.size(i, i + 1);
    if (i - first === maxTransactions || size + length > maxBytes) close(i);
    size += length;
  }
  close(batch.count);
  return pieces;
}

/** An answer's outcome word without the fate: txError, index, instructionError. */
export function errorWord(txError: number, errorIndex: number, instructionError: number): number {
  return (txError | (errorIndex << 8) | (instructionError << 16)) >>> 0;
}
