/**
 * A message of a PubSub client: its calls, and what each wants to watch, read before anything is changed. Reading is most of the work of a
 * batch and can be done in parts; what the calls change is then done at once (SubscriptionMachine), so that no block comes between.
 */
import { asRequest, MAX_BATCH, MAX_BODY_BYTES, tooLarge } from "./engine.ts";
import { INVALID_REQUEST, internalError, invalidRequest, parseError, RpcError } from "./errors.ts";
import { type Json, parse, stringify } from "./json.ts";
import { isUnsubscribe, parseSubscribe, type Watch } from "./subscription-params.ts";

export type ReadCall =
  | { readonly kind: "malformed" }
  /** Has no answer, such as the ping that clients send to keep the socket open. */
  | { readonly kind: "notification" }
  | ({ readonly kind: "call" } & CallOf);

export interface CallOf {
  readonly id: Exclude<NonNullable<ReturnType<typeof asRequest>>["id"], undefined>;
  readonly method: string;
  readonly params: unknown;
  /** JSON text of the parameters. `null`: they are nested deeper than can be written. */
  readonly text: string | null;
  /** What a subscribe call wants; null: it is none. */
  readonly watch: Watch | RpcError | null;
}

export class SubscribeMessage {
  /** Set: the message is none, and nothing in it is looked at. */
  readonly refusal: RpcError | undefined;
  readonly isBatch: boolean;
  readonly calls: ReadCall[] = [];
  readonly #values: readonly unknown[];

  private constructor(values: readonly unknown[], isBatch: boolean, refusal?: RpcError) {
    this.#values = values;
    this.isBatch = isBatch;
    this.refusal = refusal;
  }

  /** Nothing of its calls has been read yet. */
  static open(text: string): SubscribeMessage {
    const refused = (error: RpcError) => new SubscribeMessage([], false, error);
    if (text.length > MAX_BODY_BYTES) return refused(tooLarge(MAX_BODY_BYTES));
    let value: unknown;
    try {
      value = parse(text);
    } catch {
      return refused(parseError());
    }
    if (!Array.isArray(value)) return new SubscribeMessage([value], false);
    if (value.length === 0) return refused(invalidRequest());
    if (value.length <= MAX_BATCH) return new SubscribeMessage(value, true);
    return refused(new RpcError(INVALID_REQUEST, `Batch too large: ${value.length} calls; max ${MAX_BATCH}`));
  }

  /** All calls read. */
  static read(text: string): SubscribeMessage {
    const message = SubscribeMessage.open(text);
    message.readSome(Number.POSITIVE_INFINITY);
    return message;
  }

  /** Reads so many calls more. False: there are none left. */
  readSome(count: number): boolean {
    const end = Math.min(this.#values.length, this.calls.length + count);
    while (this.calls.length < end) this.calls.push(readCall(this.#values[this.calls.length]));
    return end < this.#values.length;
  }
}

function readCall(value: unknown): ReadCall {
  const request = asRequest(value);
  if (request === null) return { kind: "malformed" };
  const { id, method, params } = request;
  if (id === undefined) return { kind: "notification" };
  return { kind: "call", id, method, params, text: textOf(params), watch: watchOf(method, params) };
}

function watchOf(method: string, params: unknown): Watch | RpcError | null {
  if (isUnsubscribe(method)) return null;
  try {
    return parseSubscribe(method, params);
  } catch (error) {
    return error instanceof RpcError ? error : internalError();
  }
}

function textOf(params: unknown): string | null {
  try {
    return stringify((params ?? null) as Json);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
