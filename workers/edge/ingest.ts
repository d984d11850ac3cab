/**
 * POST /v1/transactions: many transactions in one request, as bytes.
 *
 *   body    (u16 length, wire transaction) repeated; at most MAX_INGEST_BYTES
 *   answer  u32 n, then for each transaction in order: u8 status, u16 code; all little-endian
 *             status 0 taken, durable in a lane; code 0
 *                    1 refused; the code says why: shared/errors (1000 and up), or a TransactionError's number (below)
 *                    2 not taken, the lane is full: send it again later
 *
 *   body ─▶ parse ─▶ look up addresses (few have any) ─▶ verify signatures ─▶ frames ─▶ lane
 *
 * Transactions stay in one byte string from end to end, and WASM goes over them; the loops here touch only its verdicts and
 * the lengths of records. No object, string or promise per transaction.
 */
import { ErrorCode } from "../../shared/errors/codes.ts";
import { TRANSACTION_ERRORS } from "../../shared/errors/transaction-error.ts";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { MAX_FRAME_BYTES } from "../../shared/protocol/limits.ts";
import { REC } from "../../shared/protocol/record.ts";
import type { Backend, SubmitResult } from "../../shared/rpc/backend.ts";
import type { WasmInstance } from "../../shared/svm/wasm-instance.ts";
import { readBody } from "./body.ts";
import { problem } from "./problem.ts";

export const MAX_INGEST_BYTES = 4 << 20;

const TAKEN = 0;
const REFUSED = 1;
const BUSY = 2;
const ANSWER_HEADER = 4;
const ANSWER_ENTRY = 3;
const FRAME_HEADER = 4;
const SIGNATURE_FAILURE = TRANSACTION_ERRORS.indexOf("SignatureFailure");

/** Resolves the address table lookups of records in place; for each record 0 or the number of a TransactionError. */
export type LookupResolver = (records: readonly Uint8Array[]) => Promise<readonly number[]>;

export interface IngestServices {
  readonly backend: Pick<Backend, "submit">;
  readonly wasm: WasmInstance;
  readonly resolveLookups: LookupResolver;
}

/** Transactions that are still in: their records after each other, and for each its place in the request. */
interface Batch {
  readonly records: Uint8Array;
  readonly places: Uint32Array;
}

class Answer {
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
}

/** Takes out what has a code, keeping the order, and answers it. Works in place. */
function refuse(batch: Batch, codes: ArrayLike<number>, answer: Answer): Batch {
  const { records, places } = batch;
  const view = viewOf(records);
  let from = 0;
  let to = 0;
  let kept = 0;
  for (let i = 0; i < places.length; i++) {
    const length = view.getUint32(from + REC.LEN, true);
    const code = codes[i]!;
    if (code !== 0) {
      answer.set(places[i]!, REFUSED, code);
    } else {
      if (to !== from) records.copyWithin(to, from, from + length);
      places[kept++] = places[i]!;
      to += length;
    }
    from += length;
  }
  return { records: records.subarray(0, to), places: places.subarray(0, kept) };
}

/** `null`: the lengths do not add up. */
function parse(wasm: WasmInstance, body: Uint8Array): { batch: Batch; answer: Answer } | null {
  const count = wasm.call("txParseBatch", body);
  if (count < 0) return null;
  const out = wasm.out();
  const view = viewOf(out);
  const answer = new Answer(count);
  const places = new Uint32Array(count);
  let good = 0;
  for (let i = 0; i < count; i++) {
    const code = view.getInt32(4 + i * 4, true);
    if (code === 0) places[good++] = i;
    else answer.set(i, REFUSED, -code);
  }
  return { batch: { records: out.subarray(4 + count * 4), places: places.subarray(0, good) }, answer };
}

/** Most transactions have no lookups, and then nothing happens here. */
async function lookUp(batch: Batch, resolve: LookupResolver, answer: Answer): Promise<Batch> {
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

/** `records` as a frame. */
function frameOf(records: Uint8Array, count: number): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER + records.length);
  viewOf(frame).setUint32(0, count, true);
  frame.set(records, FRAME_HEADER);
  return frame;
}

function verify(wasm: WasmInstance, batch: Batch, answer: Answer): Batch {
  const { places } = batch;
  if (places.length === 0) return batch;
  const good = wasm.call("txVerifyFrame", frameOf(batch.records, places.length));
  if (good < 0) throw new Error(`a parsed frame was refused: ${good}`);
  const out = wasm.out();
  let kept = 0;
  for (let i = 0; i < places.length; i++) {
    if (out[4 + i] === 1) places[kept++] = places[i]!;
    else answer.set(places[i]!, REFUSED, SIGNATURE_FAILURE);
  }
  return { records: out.subarray(4 + places.length), places: places.subarray(0, kept) };
}

/** Hands the batch to the lane in frames of bounded size. The longest wait a full lane asked for, 0 when it took all. */
async function submit(backend: Pick<Backend, "submit">, batch: Batch, answer: Answer): Promise<number> {
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
      answer.set(places[i]!, result.ok ? TAKEN : BUSY, result.ok ? 0 : ErrorCode.EDGE_BUSY);
    }
  });
  return retryAfterMs;
}

/** 200 with the binary answer; 429 with the same answer when a lane was full and took none or not all. */
export async function ingest(request: Request, services: IngestServices): Promise<Response> {
  const body = await readBody(request, MAX_INGEST_BYTES);
  if (!body) return problem(ErrorCode.EDGE_BODY_TOO_LARGE);
  const parsed = parse(services.wasm, body);
  if (!parsed) return problem(ErrorCode.PARSE_BATCH);
  const { answer } = parsed;
  const resolved = await lookUp(parsed.batch, services.resolveLookups, answer);
  const verified = verify(services.wasm, resolved, answer);
  const retryAfterMs = await submit(services.backend, verified, answer);
  const headers: Record<string, string> = { "content-type": "application/octet-stream" };
  if (retryAfterMs > 0) headers["retry-after"] = String(Math.ceil(retryAfterMs / 1000));
  return new Response(answer.bytes, { status: retryAfterMs > 0 ? 429 : 200, headers });
}
