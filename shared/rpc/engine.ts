/**
 * JSON-RPC 2.0 over bytes: single calls and batches, Agave's answers to what is no call at all, bounded work.
 */
import { damageIn } from "../errors/damage.ts";
import { bytesCost, COST } from "../turns/costs.ts";
import { Work, WorkRefused } from "../turns/work.ts";
import type { Backend } from "./backend.ts";
import { type Asker, Call } from "./call.ts";
import {
  INVALID_REQUEST,
  internalError,
  invalidRequest,
  methodNotFound,
  parseError,
  RpcError,
  storeDamaged,
  tooMuchWork,
} from "./errors.ts";
import { runFetching } from "./fetching.ts";
import { type Json, parse, stringify } from "./json.ts";
import type { Methods } from "./method.ts";
import type { RpcServices } from "./services.ts";

/** Bytes of one HTTP body or WebSocket message. The longest sensible call is a batch of transactions. */
export const MAX_BODY_BYTES = 1 << 20;
/** The same on a network for development, where an account's data can come in one call: 10 MiB in hexadecimal, and what is around it. */
export const MAX_DEV_BODY_BYTES = 22 << 20;
/** Calls in one batch. */
export const MAX_BATCH = 1_000;
/** Calls of a batch under way at once. */
const BATCH_PARALLEL = 16;
/** Characters from which on an answer is noted as kept in memory by itself. */
const NOTED = 16 << 10;
const notedOf = (text: string | null): number => (text !== null && text.length >= NOTED ? text.length : 0);
/** Characters of a batch's answer; what does not fit is answered with an error, and calls after it are not run. */
const MAX_BATCH_ANSWER = 32 << 20;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface RpcResponse {
  readonly status: number;
  /** Empty for notifications. */
  readonly body: string;
  /** Something was refused for lack of room: all of it, or the rest of a batch. The longest time that was named. */
  readonly retryAfterMs?: number;
}

export interface Rpc {
  /** `asker`: who sent it; absent: the network itself. `work`: its budget, and whose turn it is; absent: all at once. */
  handle(body: Uint8Array, asker?: Asker, work?: Work): Promise<RpcResponse>;
}

export interface EngineOptions {
  /** Told of every fault that is not the client's; the client only hears "Internal error". */
  /** Bytes of a body; MAX_BODY_BYTES when absent. */
  readonly maxBodyBytes?: number;
  readonly onFault?: (fault: unknown, method: string) => void;
  /** What to answer to a fault that is not the client's, where more is known than that. */
  readonly explain?: (fault: unknown) => RpcError | undefined;
}

type Id = string | number | bigint | null;

interface Request {
  readonly id: Id | undefined;
  readonly method: string;
  readonly params: unknown;
}

export function errorAnswer(id: Id, error: RpcError): string {
  return stringify({ jsonrpc: "2.0", error: { code: error.code, message: error.message, data: error.data }, id });
}

function isId(value: unknown): value is Id | undefined {
  return (
    value === undefined ||
    value === null ||
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "bigint"
  );
}

/** `null`: not a request. */
export function asRequest(value: unknown): Request | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  if (jsonrpc !== "2.0" || typeof method !== "string" || !isId(id)) return null;
  return { id, method, params };
}

export function createEngine(
  methods: Methods,
  backend: Backend,
  services: RpcServices,
  options: EngineOptions = {},
): Rpc {
  const { maxBodyBytes = MAX_BODY_BYTES } = options;

  async function result(call: Call, request: Request): Promise<Json> {
    const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (method === undefined) throw methodNotFound(request.method);
    if (call.backend.fork && !method.acts) return runFetching(call, method, request.params);
    return method.run(call, request.params);
  }

  function toRpcError(fault: unknown, method: string): RpcError {
    if (fault instanceof RpcError) return fault;
    if (fault instanceof WorkRefused) return tooMuchWork(fault.retryAfterMs);
    const known = options.explain?.(fault);
    if (known) return known;
    options.onFault?.(fault, method);
    const damage = damageIn(fault instanceof Error ? fault.message : String(fault));
    return damage ? storeDamaged(damage) : internalError();
  }

  /** `null`: a notification, which has no answer. */
  async function answer(call: Call, value: unknown): Promise<string | null> {
    const request = asRequest(value);
    if (request === null) return errorAnswer(null, invalidRequest());
    if (request.id === undefined) return null;
    try {
      const text = stringify({ jsonrpc: "2.0", result: await result(call, request), id: request.id });
      if (text.length >= NOTED) call.work.hold(text.length);
      return text;
    } catch (fault) {
      return errorAnswer(request.id, toRpcError(fault, request.method));
    }
  }

  /** One of many: each is work, and every so many of them the others get a turn. */
  async function oneOf(call: Call, value: unknown): Promise<string | null> {
    const { work } = call;
    try {
      await work.run(COST.call, () => undefined);
      const held = work.held;
      const text = await answer(call, value);
      // What a large one has read is gone, but for its answer: no other is under way beside it.
      if (isLarge(value)) work.release(work.held - held - notedOf(text));
      if (text === null) return null;
      work.charge(bytesCost(text.length));
      // A longer one is noted already.
      if (text.length < NOTED) work.hold(text.length);
      return text;
    } catch (fault) {
      if (!(fault instanceof WorkRefused)) throw fault;
      return refuse(value, tooMuchWork(fault.retryAfterMs));
    }
  }

  const isLarge = (value: unknown): boolean => {
    const name = asRequest(value)?.method ?? "";
    return Object.hasOwn(methods, name) && methods[name]?.isLarge === true;
  };

  /** Calls of a batch that may be under way at once. */
  function* rounds(values: readonly unknown[]): Generator<readonly unknown[]> {
    let round: unknown[] = [];
    for (const value of values) {
      if (round.length > 0 && (round.length === BATCH_PARALLEL || isLarge(value))) {
        yield round;
        round = [];
      }
      round.push(value);
      if (!isLarge(value)) continue;
      yield round;
      round = [];
    }
    if (round.length > 0) yield round;
  }

  async function batch(call: Call, values: readonly unknown[]): Promise<string> {
    const answers: string[] = [];
    let size = 0;
    for (const some of rounds(values)) {
      const done =
        size < MAX_BATCH_ANSWER
          ? await Promise.all(some.map((value) => oneOf(call, value)))
          : some.map((value) => refuse(value, answersTooLarge()));
      for (const [i, text] of done.entries()) {
        if (text === null) continue;
        // Several of one round may each be as long as a whole batch.
        const fits = size + text.length <= MAX_BATCH_ANSWER;
        if (!fits) size = MAX_BATCH_ANSWER;
        const shown = fits ? text : refuse(some[i], answersTooLarge())!;
        answers.push(shown);
        size += shown.length;
      }
    }
    return answers.length === 0 ? "" : `[${answers.join(",")}]`;
  }

  return {
    async handle(body, asker, work = new Work()) {
      if (body.length > maxBodyBytes) {
        return { status: 413, body: errorAnswer(null, tooLarge(maxBodyBytes)) };
      }
      let value: unknown;
      try {
        value = parse(UTF8.decode(body));
      } catch {
        return { status: 200, body: errorAnswer(null, parseError()) };
      }
      const call = new Call(backend, services, asker, work);
      const answered = (text: string): RpcResponse => {
        const { retryAfterMs } = work;
        return { status: 200, body: text, ...(retryAfterMs > 0 && { retryAfterMs }) };
      };
      if (!Array.isArray(value)) return answered((await answer(call, value)) ?? "");
      if (value.length === 0) return { status: 200, body: errorAnswer(null, invalidRequest()) };
      if (value.length > MAX_BATCH) {
        return {
          status: 200,
          body: errorAnswer(
            null,
            new RpcError(INVALID_REQUEST, `Batch too large: ${value.length} calls; max ${MAX_BATCH}`),
          ),
        };
      }
      work.kind = "bulk";
      return answered(await batch(call, value));
    },
  };
}

/** Also for whoever reads the body: to stop there and answer. */
export function tooLarge(limit: number): RpcError {
  return new RpcError(INVALID_REQUEST, `Request too large; max ${limit} bytes`);
}

const answersTooLarge = (): RpcError =>
  new RpcError(INVALID_REQUEST, `The answers of the batch are larger than ${MAX_BATCH_ANSWER} characters`);

/** `null`: a notification. */
function refuse(value: unknown, error: RpcError): string | null {
  const request = asRequest(value);
  if (request?.id === undefined && request !== null) return null;
  return errorAnswer(request?.id ?? null, error);
}
