/**
 * Calls that are refused again and again. @solana/web3.js 1 asks for a refused subscription at once again, for ever: thousands of times
 * a second. Its next try comes after the answer to the last one, so the answer to the same call waits, each time twice as long.
 */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Calls of one socket that are remembered. */
const MAX_CALLS = 32;

/** FNV-1a, 32 bits: of a call's text, which may be a megabyte, nothing else is kept. Who makes two calls collide waits for the wrong one. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** Of one socket. */
export class Refusals {
  /** How often each call was refused; the longest ago first. */
  readonly #counts = new Map<number, number>();

  /** Milliseconds that the answer to a refused call waits. */
  delayOf(call: string): number {
    const key = hashOf(call);
    const count = this.#counts.get(key) ?? 0;
    this.#counts.delete(key);
    this.#counts.set(key, count + 1);
    const oldest = this.#counts.keys().next().value;
    if (this.#counts.size > MAX_CALLS && oldest !== undefined) this.#counts.delete(oldest);
    return count === 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (count - 1), LONGEST_WAIT_MS);
  }
}

/** Of one object's answers that wait. */
export interface PostponedLimits {
  /** Of one socket, and its characters: an answer is as long as the id of the call. */
  readonly answers: number;
  readonly characters: number;
  readonly charactersOfAll: number;
}

/** Answers that wait until they go out. What a socket left waiting counts until its time has come, whether or not it is still there. */
export class Postponed {
  readonly #limits: PostponedLimits;
  readonly #bySocket = new Map<string, { answers: number; characters: number }>();
  #characters = 0;

  constructor(limits: PostponedLimits) {
    this.#limits = limits;
  }

  /** Sockets with answers that wait. */
  get sockets(): number {
    return this.#bySocket.size;
  }

  /** Of all answers that wait. */
  get characters(): number {
    return this.#characters;
  }

  /** False: there is no room, and the answer must not wait. */
  take(socket: string, characters: number): boolean {
    const own = this.#bySocket.get(socket) ?? { answers: 0, characters: 0 };
    const all = this.#characters + characters;
    if (own.answers >= this.#limits.answers || all > this.#limits.charactersOfAll) return false;
    if (own.characters + characters > this.#limits.characters) return false;
    own.answers++;
    own.characters += characters;
    this.#characters = all;
    this.#bySocket.set(socket, own);
    return true;
  }

  /** An answer that was taken goes out. */
  done(socket: string, characters: number): void {
    const own = this.#bySocket.get(socket)!;
    own.answers--;
    own.characters -= characters;
    this.#characters -= characters;
    if (own.answers === 0) this.#bySocket.delete(socket);
  }
}
