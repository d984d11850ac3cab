/**
 * Somebody who has nothing to do with the attack: asks for the slot every few milliseconds on a connection of his own, and pays again
 * and again, over another one, waiting for the confirmation on a WebSocket.
 *
 * A question that is answered late holds up those that would have been asked meanwhile: each of them counts with the time that it would
 * have waited, or a stall of seconds would be one slow call among a thousand.
 */
import type { KeyObject } from "node:crypto";
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import { publicKeyOf, secretOf } from "../load/accounts.ts";
import { airdrop, transfer } from "../load/funding.ts";
import { Histogram } from "../load/histogram.ts";
import { HttpConnection, requestBytes } from "../load/http-connection.ts";
import { signTransaction } from "../load/message.ts";
import { systemCode } from "../network/failure.ts";
import { pause } from "./attack.ts";
import { Notifications } from "./notifications.ts";

const SLOT_PERIOD_MS = 5;
const PAYMENT_PERIOD_MS = 50;
/** What is not answered by then has failed. */
const PATIENCE_MS = 30_000;
const BLOCKHASH_MS = 5_000;
const LAMPORTS = 5_000_000_000n;

export interface Sample {
  readonly getSlot: Histogram;
  /** From sending a payment and subscribing to it, both at once, until both are answered and it is confirmed. */
  readonly confirmation: Histogram;
  /** By method and reason. */
  readonly failures: ReadonlyMap<string, number>;
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number };
}

/** Fails after PATIENCE_MS. */
async function patiently<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class User {
  readonly #url: URL;
  readonly #secret: KeyObject = secretOf("attack-user", process.pid);
  readonly #slots: HttpConnection;
  readonly #payments: HttpConnection;
  readonly #notifications: Notifications;
  #blockhash: Uint8Array = new Uint8Array();
  #blockhashAt = Number.NEGATIVE_INFINITY;
  #amount = 1n;

  private constructor(url: URL) {
    this.#url = url;
    this.#slots = new HttpConnection(url);
    this.#payments = new HttpConnection(url);
    this.#notifications = new Notifications(url);
  }

  static async meet(url: URL): Promise<User> {
    const user = new User(url);
    await airdrop(url.href, publicKeyOf(user.#secret), LAMPORTS);
    return user;
  }

  close(): void {
    this.#slots.close();
    this.#payments.close();
    this.#notifications.close();
  }

  /** Asks and pays for so long; what is under way at the end is awaited. */
  async measure(seconds: number): Promise<Sample> {
    const failures = new Map<string, number>();
    const until = performance.now() + seconds * 1_000;
    const failed = (what: string) => (error: unknown) => {
      const key = `${what}: ${systemCode(error) || (error as Error).message}`;
      failures.set(key, (failures.get(key) ?? 0) + 1);
    };
    const [getSlot, confirmation] = await Promise.all([
      this.#every(SLOT_PERIOD_MS, until, () => this.#getSlot(), failed("getSlot")),
      this.#every(PAYMENT_PERIOD_MS, until, () => this.#pay(), failed("payment")),
    ]);
    return { getSlot, confirmation, failures };
  }

  async #every(
    periodMs: number,
    until: number,
    step: () => Promise<void>,
    failed: (error: unknown) => void,
  ): Promise<Histogram> {
    const times = new Histogram();
    while (performance.now() < until) {
      const began = performance.now();
      await step().catch(failed);
      const took = performance.now() - began;
      for (let ms = took; ms > 0; ms -= periodMs) times.add(ms, 1);
      await pause(Math.max(1, periodMs - took));
    }
    return times;
  }

  async #call(connection: HttpConnection, method: string, params: readonly unknown[]): Promise<unknown> {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
    try {
      const answer = await patiently(connection.send(requestBytes("POST", this.#url, body, "application/json")));
      const { result, error }: Answer = JSON.parse(Buffer.from(answer.body).toString());
      if (error) throw new Error(`${method}: ${error.code}`);
      return result;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async #getSlot(): Promise<void> {
    const slot = await this.#call(this.#slots, "getSlot", []);
    if (typeof slot !== "number") throw new Error("no slot");
  }

  async #pay(): Promise<void> {
    if (performance.now() - this.#blockhashAt > BLOCKHASH_MS) {
      const { value } = (await this.#call(this.#payments, "getLatestBlockhash", [])) as {
        value: { blockhash: string };
      };
      this.#blockhash = decodeBase58(value.blockhash)!;
      this.#blockhashAt = performance.now();
    }
    const key = publicKeyOf(this.#secret);
    const wire = signTransaction([this.#secret], [transfer(key, key, ++this.#amount)], this.#blockhash);
    const signature = encodeBase58(wire.subarray(1, 65));
    const params = [Buffer.from(wire).toString("base64"), { encoding: "base64", skipPreflight: true }];
    const confirmed = patiently(this.#notifications.confirmed(signature));
    const sent = this.#call(this.#payments, "sendTransaction", params);
    try {
      await Promise.all([sent, confirmed]);
    } catch (error) {
      await Promise.allSettled([sent, confirmed]);
      this.#blockhashAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }
}
