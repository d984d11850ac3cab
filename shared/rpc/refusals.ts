/**
 * Calls that are refused again and again. @solana/web3.js 1 asks for a refused subscription at once again, for ever: thousands of times
 * a second. Its next try comes after the answer to the last one, so the answer to the same call waits, each time twice as long.
 */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Calls of one socket that are remembered, and characters of each. */
const MAX_CALLS = 32;
const MAX_TEXT = 256;

/** Of one socket. */
export class Refusals {
  /** How often each call was refused; the longest ago first. */
  readonly #counts = new Map<string, number>();

  /** Milliseconds that the answer to a refused call waits. */
  delayOf(call: string): number {
    const key = call.length > MAX_TEXT ? `${call.slice(0, MAX_TEXT)} ${call.length}` : call;
    const count = this.#counts.get(key) ?? 0;
    this.#counts.delete(key);
    this.#counts.set(key, count + 1);
    const oldest = this.#counts.keys().next().value;
    if (this.#counts.size > MAX_CALLS && oldest !== undefined) this.#counts.delete(oldest);
    return count === 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (count - 1), LONGEST_WAIT_MS);
  }
}
