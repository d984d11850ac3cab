/**
 * Many transactions as bytes, from a request (POST /v1/transactions, here) or a message of a stream (stream.ts); the formats are those
 * of shared/ingest/protocol.ts.
 *
 *   body ─▶ slices ─▶ parse ─▶ blockhash usable? ─▶ look up addresses (few have any) ─▶ verify signatures ─▶ frames ─▶ lane
 *
 * A slice is what is parsed and verified in one turn (shared/turns): others get in between. Good signatures are cheapest many at a time, bad ones
 * cost four times as much and are halved out of their group: after a slice with bad ones the next is smaller.
 *
 * Transactions stay in one byte string from end to end, and WASM goes over them; the loops here touch only its verdicts and
 * the lengths of records. No object, string or promise per transaction.
 */
import { storageRoom } from "../../durable-objects/host/storage-room.ts";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { TRANSACTION_ERRORS } from "../../shared/errors/transaction-error.ts";
import { AnswerWriter, countTransactions, MAX_INGEST_BYTES, STATUS } from "../../shared/ingest/protocol.ts";
import { concatBytes, viewOf } from "../../shared/protocol/bytes.ts";
import { CONTEXT_SIZE, MAX_FRAME_BYTES } from "../../shared/protocol/limits.ts";
import { REC, recordKeys } from "../../shared/protocol/record.ts";
import type { Backend, Fork, SubmitResult } from "../../shared/rpc/backend.ts";
import { StorageFull } from "../../shared/rpc/errors.ts";
import { lookupTables } from "../../shared/rpc/lookup-tables.ts";
import { FULL_RETRY_MS } from "../../shared/storage/room.ts";
import type { WasmInstance } from "../../shared/svm/wasm-instance.ts";
import { COST, FEW_SIGNATURES, SIGNATURES } from "../../shared/turns/costs.ts";
import { type Work, WorkRefused } from "../../shared/turns/work.ts";
import { readBody } from "./body.ts";
import { problem, retryAfter } from "./problem.ts";

const FRAME_HEADER = 4;
/** Transactions parsed in one slice: two milliseconds. */
const PARSED_AT_ONCE = 512;
/** One bad signature in so many is no reason for smaller groups. */
const TOLERATED = 64;
const BLOCKHASH_NOT_FOUND = TRANSACTION_ERRORS.indexOf("BlockhashNotFound");
const SIGNATURE_FAILURE = TRANSACTION_ERRORS.indexOf("SignatureFailure");

/** Resolves the address table lookups of records in place; for each record 0 or the number of a TransactionError. */
export type LookupResolver = (records: readonly Uint8Array[]) => Promise<readonly number[]>;

export interface IngestServices {
  readonly backend: Pick<Backend, "submit" | "head">;
  /** Of a forked network, for who may use development methods: what transactions name comes before they do. */
  readonly fork?: Fork | undefined;
  readonly wasm: WasmInstance;
  readonly resolveLookups: LookupResolver;
  readonly pace: SignaturePace;
}

/** Transactions that are still in: their records after each other, and for each its place in the request. */
export interface Batch {
  readonly records: Uint8Array;
  readonly places: Uint32Array;
}

/** Takes out what has a code, keeping the order, and answers it. Works in place. */
function refuse(batch: Batch, codes: ArrayLike<number>, answer: AnswerWriter): Batch {
  const { records, places } = batch;
  const view = viewOf(records);
  let from = 0;
  let to = 0;
  let kept = 0;
  for (let i = 0; i < places.length; i++) {
    const length = view.getUint32(from + REC.LEN, true);
    const code = codes[i]!;
    if (code !== 0) {
      answer.set(places[i]!, STATUS.REFUSED, code);
    } else {
      if (to !== from) records.copyWithin(to, from, from + length);
      places[kept++] = places[i]!;
      to += length;
    }
    from += length;
  }
  return { records: records.subarray(0, to), places: places.subarray(0, kept) };
}

/** Transactions of a body from place `first` on: their bytes, and how many. */
interface Slice {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly count: number;
}

function parse(wasm: WasmInstance, { bytes, first, count }: Slice, answer: AnswerWriter): Batch {
  if (wasm.call("txParseBatch", bytes) !== count) throw new Error("the lengths of a counted body do not add up");
  const out = wasm.out();
  const view = viewOf(out);
  const places = new Uint32Array(count);
  let good = 0;
  for (let i = 0; i < count; i++) {
    const code = view.getInt32(4 + i * 4, true);
    if (code === 0) places[good++] = first + i;
    else answer.set(first + i, STATUS.REFUSED, -code);
  }
  return { records: out.subarray(4 + count * 4), places: places.subarray(0, good) };
}

/** Most transactions have no lookups, and then nothing happens here. */
async function lookUp(batch: Batch, resolve: LookupResolver, answer: AnswerWriter): Promise<Batch> {
  const { records, places } = batch;
  const view = viewOf(records);
  const found: Uint8Array[] = [];
  const indexes: number[] = [];
  let at = 0;
  for (let i = 0; i < places.length; i++) {
    const length = view.getUint32(at + REC.LEN, true);
    if (records[at + REC.NUM_LOOKUPS] !== 0) {
      found.push(records.subarray(at, at + length));
      indexes.push(i);
    }
    at += length;
  }
  if (found.length === 0) return batch;
  const codes = new Uint16Array(places.length);
  (await resolve(found)).forEach((code, k) => {
    codes[indexes[k]!] = code;
  });
  return refuse(batch, codes, answer);
}

/** On a forked network only: an object for each transaction does no harm there. */
async function fetchKeys({ records, places }: Batch, fork: Fork, keysOf: (record: Uint8Array) => Uint8Array[]) {
  const view = viewOf(records);
  const keys: Uint8Array[] = [];
  for (let i = 0, at = 0; i < places.length; i++) {
    const length = view.getUint32(at + REC.LEN, true);
    keys.push(...keysOf(records.subarray(at, at + length)));
    at += length;
  }
  await fork.fetch(keys);
}

/** `records` as a frame. */
function frameOf(records: Uint8Array, count: number): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER + records.length);
  viewOf(frame).setUint32(0, count, true);
  frame.set(records, FRAME_HEADER);
  return frame;
}

/** Of `context` only the slot context counts, not the epoch record behind it (Head.context). */
function checkAge(wasm: WasmInstance, context: Uint8Array, batch: Batch, answer: AnswerWriter): Batch {
  const { places } = batch;
  if (places.length === 0) return batch;
  const own = context.subarray(0, CONTEXT_SIZE);
  const usable = wasm.call("txCheckAge", concatBytes(own, frameOf(batch.records, places.length)));
  if (usable < 0) throw new Error(`a parsed frame was refused: ${usable}`);
  if (usable === places.length) return batch;
  const codes = wasm
    .out()
    .subarray(4)
    .map((good) => (good === 1 ? 0 : BLOCKHASH_NOT_FOUND));
  return refuse(batch, codes, answer);
}

/** How many signatures are checked at once; of an isolate. */
export class SignaturePace {
  #most = SIGNATURES;

  get most(): number {
    return this.#most;
  }

  /** Of so many, so many were good. */
  note(all: number, good: number): void {
    this.#most = all - good > all / TOLERATED ? FEW_SIGNATURES : Math.min(SIGNATURES, this.#most * 2);
  }
}

interface Signed {
  readonly signatures: number;
}

/** The transactions of the batch from `from` on whose signatures are checked at once; one at least. */
function someOf({ records, places }: Batch, from: { at: number; index: number }, most: number): Batch & Signed {
  const view = viewOf(records);
  let { at, index } = from;
  let signatures = 0;
  do {
    signatures += records[at + REC.NUM_REQUIRED]!;
    at += view.getUint32(at + REC.LEN, true);
    index++;
  } while (index < places.length && signatures + records[at + REC.NUM_REQUIRED]! <= most);
  return { records: records.subarray(from.at, at), places: places.subarray(from.index, index), signatures };
}

function verifySome(wasm: WasmInstance, { records, places }: Batch, answer: AnswerWriter): Batch {
  const good = wasm.call("txVerifyFrame", frameOf(records, places.length));
  if (good < 0) throw new Error(`a parsed frame was refused: ${good}`);
  const out = wasm.out();
  let kept = 0;
  const verified = new Uint32Array(good);
  for (let i = 0; i < places.length; i++) {
    if (out[4 + i] === 1) verified[kept++] = places[i]!;
    else answer.set(places[i]!, STATUS.REFUSED, SIGNATURE_FAILURE);
  }
  return { records: out.subarray(4 + places.length), places: verified };
}

/** What is verified of the batch is added to `verified`. Throws WorkRefused; what was verified until then stays. */
async function verify(
  { wasm, pace }: Pick<IngestServices, "wasm" | "pace">,
  batch: Batch,
  work: Work,
  answer: AnswerWriter,
  verified: Batch[],
): Promise<void> {
  const next = { at: 0, index: 0 };
  await work.series(() => {
    if (next.index >= batch.places.length) return undefined;
    const some = someOf(batch, next, pace.most);
    const count = some.places.length;
    next.at += some.records.length;
    next.index += count;
    const run = () => {
      const good = verifySome(wasm, some, answer);
      verified.push(good);
      work.charge((count - good.places.length) * (COST.badSignature - COST.signature));
      pace.note(count, good.places.length);
    };
    return { cost: some.signatures * COST.signature, run };
  });
}

/** Hands the batch to the lane in frames of bounded size. The longest wait a full lane asked for, 0 when it took all. */
async function submit(backend: Pick<Backend, "submit">, batch: Batch, answer: AnswerWriter): Promise<number> {
  const { records, places } = batch;
  const view = viewOf(records);
  const frames: { first: number; count: number; result: Promise<SubmitResult> }[] = [];
  let start = 0;
  let first = 0;
  let at = 0;
  const close = (next: number) => {
    if (next === first) return;
    const result = backend.submit(frameOf(records.subarray(start, at), next - first));
    frames.push({ first, count: next - first, result });
    start = at;
    first = next;
  };
  for (let i = 0; i < places.length; i++) {
    const length = view.getUint32(at + REC.LEN, true);
    if (FRAME_HEADER + at + length - start > MAX_FRAME_BYTES) close(i);
    at += length;
  }
  close(places.length);
  const results = await Promise.all(frames.map(({ result }) => result));
  let retryAfterMs = 0;
  results.forEach((result, k) => {
    const frame = frames[k]!;
    if (!result.ok) retryAfterMs = Math.max(retryAfterMs, result.retryAfterMs);
    for (let i = frame.first; i < frame.first + frame.count; i++) {
      if (result.ok) answer.set(places[i]!, STATUS.TAKEN, 0);
      else answer.set(places[i]!, STATUS.BUSY, result.full ? ErrorCode.STORE_FULL : ErrorCode.EDGE_BUSY);
    }
  });
  return retryAfterMs;
}

/** Null: for lack of room on the disk the builder cannot even be asked, and nothing can be taken. */
async function contextOf(backend: Pick<Backend, "head">): Promise<Uint8Array | null> {
  try {
    return (await backend.head()).context;
  } catch (fault) {
    if (fault instanceof StorageFull || storageRoom.blame(fault)) return null;
    throw fault;
  }
}

export interface Ingested {
  /** As POST /v1/transactions answers. */
  readonly answer: AnswerWriter;
  /** What went to a lane, taken or not. */
  readonly batch: Batch;
  /** The longest wait that a full lane asked for, or that is left of too much work; 0 when all was taken. */
  readonly retryAfterMs: number;
}

/** The parts of a body that are parsed at once. */
function* slicesOf(body: Uint8Array): Generator<Slice, undefined> {
  let first = 0;
  for (let start = 0; start < body.length; ) {
    let end = start;
    let count = 0;
    for (; count < PARSED_AT_ONCE && end < body.length; count++) end += 2 + (body[end]! | (body[end + 1]! << 8));
    yield { bytes: body.subarray(start, end), first, count };
    first += count;
    start = end;
  }
}

/** All that is good is in one batch again, so that a lane is asked once. */
function together(batches: readonly Batch[]): Batch {
  if (batches.length === 1) return batches[0]!;
  const places = new Uint32Array(batches.reduce((sum, batch) => sum + batch.places.length, 0));
  let at = 0;
  for (const batch of batches) {
    places.set(batch.places, at);
    at += batch.places.length;
  }
  return { records: concatBytes(...batches.map(({ records }) => records)), places };
}

/** `null`: the lengths of the body do not add up. `work`: of the request, or of the stream's message. */
export async function ingestBody(body: Uint8Array, services: IngestServices, work: Work): Promise<Ingested | null> {
  const count = countTransactions(body);
  if (count < 0) return null;
  const { wasm, backend, fork } = services;
  // What is not looked at, because there is too much of it, is left busy.
  const answer = new AnswerWriter(count).fill(STATUS.BUSY, ErrorCode.EDGE_BUSY);
  const verified: Batch[] = [];
  let laterMs = 0;
  work.kind = "bulk";
  const context = await contextOf(backend);
  if (context === null) {
    const none = { records: new Uint8Array(0), places: new Uint32Array(0) };
    return { answer: answer.fill(STATUS.BUSY, ErrorCode.STORE_FULL), batch: none, retryAfterMs: FULL_RETRY_MS };
  }
  try {
    const parsed: Batch[] = [];
    const slices = slicesOf(body);
    await work.series(() => {
      const { value: slice } = slices.next();
      if (!slice) return undefined;
      const run = () => {
        parsed.push(parse(wasm, slice, answer));
      };
      return { cost: slice.count * COST.parse, run };
    });
    // Whole again before signatures are checked: the rest of a slice of parsing would be a group of its own, and a dear one.
    const whole = together(parsed);
    // Lookup tables first: they name the rest.
    if (fork) await fetchKeys(whole, fork, lookupTables);
    const resolved = await lookUp(whole, services.resolveLookups, answer);
    if (fork) await fetchKeys(resolved, fork, recordKeys);
    await verify(services, checkAge(wasm, context, resolved, answer), work, answer, verified);
  } catch (fault) {
    if (!(fault instanceof WorkRefused)) throw fault;
    laterMs = fault.retryAfterMs;
  }
  const batch = together(verified);
  const retryAfterMs = Math.max(laterMs, await submit(backend, batch, answer));
  return { answer, batch, retryAfterMs };
}

/** 200 with the binary answer; 429 with the same answer when not all was taken for lack of room, here or in a lane. */
export async function ingest(request: Request, services: IngestServices, work: Work): Promise<Response> {
  const body = await readBody(request, MAX_INGEST_BYTES);
  if (!body) return problem(ErrorCode.EDGE_BODY_TOO_LARGE);
  const done = await ingestBody(body, services, work);
  if (!done) return problem(ErrorCode.PARSE_BATCH);
  const { answer, retryAfterMs } = done;
  const wait = retryAfterMs > 0 ? retryAfter(retryAfterMs) : {};
  const headers = { "content-type": "application/octet-stream", ...wait };
  return new Response(answer.bytes, { status: retryAfterMs > 0 ? 429 : 200, headers });
}
