/**
 * JSON-RPC of another cluster, which is not trusted: answers are bounded and parsed, redirects are not followed, what fails is tried again
 * with growing pauses, and what fails again and again is left alone for a while.
 */
import * as z from "zod";
import { parse } from "../../shared/rpc/json.ts";

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 250;
const LONGEST_RETRY_AFTER_MS = 2_000;
const TIMEOUT_MS = 8_000;
/** How long a method that failed is not called, at first and at most, milliseconds. */
const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 60_000;
/** Bytes of an answer. */
const MAX_ANSWER_BYTES = 48 << 20;
/** JSON-RPC errors that may be gone with the next try: unhealthy, behind the slot that is asked for. */
const PASSING = [-32005, -32016];

/** Upstream does not tell. */
export class UpstreamDown extends Error {
  override readonly name = "UpstreamDown";
}
/** The answer has more bytes than are read. */
export class AnswerTooLarge extends Error {
  override readonly name = "AnswerTooLarge";
}

/** A failure that another try may mend. */
class Passing extends Error {
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

const answerSchema = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string() }) }),
  z.object({ result: z.unknown() }),
]);

export interface UpstreamOptions {
  readonly url: string;
  /** One line when upstream stops answering, one when it answers again. */
  readonly warn: (line: string) => void;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly now?: () => number;
  /** Bytes of an answer. */
  readonly maxAnswerBytes?: number;
}

interface Rest {
  readonly until: number;
  readonly ms: number;
}

export class Upstream {
  /** What may be shown of the URL: paths and queries have keys. */
  readonly host: string;
  readonly #url: string;
  readonly #warn: (line: string) => void;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #now: () => number;
  readonly #maxAnswerBytes: number;
  readonly #resting = new Map<string, Rest>();

  constructor({ url, warn, sleep, now = () => performance.now(), maxAnswerBytes = MAX_ANSWER_BYTES }: UpstreamOptions) {
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#url = url;
    this.host = new URL(url).host;
    this.#warn = warn;
    this.#sleep = sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    this.#now = now;
  }

  /** The parsed result. Throws UpstreamDown, or AnswerTooLarge. */
  async call<T extends z.ZodType>(method: string, params: readonly unknown[], schema: T): Promise<z.output<T>> {
    const resting = this.#resting.get(method);
    if (resting && this.#now() < resting.until) throw new UpstreamDown(`${method} at ${this.host} failed lately`);
    for (let attempt = 1, pause = FIRST_PAUSE_MS; ; attempt++, pause *= 4) {
      try {
        const result = schema.safeParse(await this.#once(method, params));
        if (!result.success)
          throw new Error(`an answer of another form: ${z.prettifyError(result.error).slice(0, 200)}`);
        if (this.#resting.delete(method)) this.#warn(`fork: ${method} at ${this.host} answers again`);
        return result.data;
      } catch (fault) {
        if (fault instanceof AnswerTooLarge) throw fault;
        const again = fault instanceof Passing && attempt < ATTEMPTS;
        if (!again) throw this.#rest(method, (fault as Error).message);
        await this.#sleep(Math.max(pause, fault.retryAfterMs));
      }
    }
  }

  #rest(method: string, why: string): UpstreamDown {
    const before = this.#resting.get(method);
    const ms = before ? Math.min(LONGEST_REST_MS, before.ms * 2) : FIRST_REST_MS;
    this.#resting.set(method, { until: this.#now() + ms, ms });
    const text = `${method} at ${this.host}: ${why}`;
    if (!before) this.#warn(`fork: ${text}; what is not here counts as missing until it answers`);
    return new UpstreamDown(text);
  }

  async #once(method: string, params: readonly unknown[]): Promise<unknown> {
    const response = await fetch(this.#url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: Error) => {
      throw new Passing((error.cause as Error | undefined)?.message ?? error.message);
    });
    const { status } = response;
    if (status === 429 || status >= 500) {
      await response.body?.cancel();
      throw new Passing(`status ${status}`, retryAfterMs(response));
    }
    const text = await bodyOf(response, this.#maxAnswerBytes);
    let answer: unknown;
    try {
      answer = parse(text);
    } catch {
      throw new Error(`no JSON (status ${status})`);
    }
    const parsed = answerSchema.safeParse(answer);
    if (!parsed.success) throw new Error(`no JSON-RPC (status ${status})`);
    if ("result" in parsed.data) return parsed.data.result;
    const { code, message } = parsed.data.error;
    const why = `${message.slice(0, 200)} (${code})`;
    throw PASSING.includes(code) ? new Passing(why) : new Error(why);
  }
}

/** Of seconds, as the header has them; 0 where it has something else. */
function retryAfterMs({ headers }: Response): number {
  const seconds = Number(headers.get("retry-after") ?? 0);
  return seconds > 0 ? Math.min(LONGEST_RETRY_AFTER_MS, seconds * 1_000) : 0;
}

async function bodyOf({ body }: Response, most: number): Promise<string> {
  if (body === null) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      if (bytes > most) throw new AnswerTooLarge(`an answer of more than ${most} bytes`);
      parts.push(part);
    }
  } catch (fault) {
    throw fault instanceof AnswerTooLarge ? fault : new Passing((fault as Error).message);
  }
  return Buffer.concat(parts).toString("utf8");
}
