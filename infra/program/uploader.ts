/**
 * Brings a program's bytes into a buffer account: only the chunks that the buffer does not have, many writes at once.
 *
 *   missing chunks ──▶ sign ──▶ send (at most SENDING at once) ──▶ in flight (at most IN_FLIGHT) ──▶ landed
 *        ▲                                                            │ blockhash expired
 *        └────────────────────────────────────────────────────────────┘
 *
 * An upload that was interrupted is begun again with the same buffer: what is there is compared, byte for byte, and the same
 * comparison at the end decides that all of it is there.
 */
import type { Address, KeyPairSigner } from "@solana/kit";
import type { Chain, Lifetime } from "./chain.ts";
import { ProgramError } from "./errors.ts";
import { BUFFER_HEADER, WRITE_CHUNK, WRITE_CHUNK_TWO_SIGNERS, write } from "./loader.ts";
import { type Signed, signed } from "./transaction.ts";

/** Requests under way at once. */
const SENDING = 32;
/** Writes sent and not known to have landed. */
const IN_FLIGHT = 1_024;
/** Signatures in one question. */
const STATUSES = 256;
const POLL_MS = 100;
/** A write that was not seen after this is sent again: a network may lose it, milliseconds. */
const RESEND_MS = 4_000;
/** A blockhash is used for so long, milliseconds. */
const BLOCKHASH_MS = 5_000;
/** Comparisons that may find something missing although every write had landed. */
const ROUNDS = 3;

export interface Upload {
  readonly buffer: Address;
  /** Pays. */
  readonly payer: KeyPairSigner;
  readonly authority: KeyPairSigner;
  readonly program: Uint8Array;
  /** Chunks that are there, and of how many. */
  readonly onProgress?: (there: number, all: number) => void;
}

export function chunkSize(payer: Address, authority: Address): number {
  return payer === authority ? WRITE_CHUNK : WRITE_CHUNK_TWO_SIGNERS;
}

/** Offsets of the chunks that the buffer's bytes lack. */
export function missingChunks(program: Uint8Array, there: Uint8Array, size: number): number[] {
  const missing: number[] = [];
  for (let at = 0; at < program.length; at += size) {
    const end = Math.min(at + size, program.length);
    for (let i = at; i < end; i++) {
      if (program[i] !== there[i]) {
        missing.push(at);
        break;
      }
    }
  }
  return missing;
}

interface Pending extends Signed {
  readonly offset: number;
  sentAt: number;
}

class Writer {
  readonly #chain: Chain;
  readonly #upload: Upload;
  readonly #size: number;
  readonly #now: () => number;
  readonly #inFlight = new Map<number, Pending>();
  #waiting: number[];
  #lifetime: Promise<Lifetime> | undefined;
  #lifetimeAt = 0;
  #failure: unknown;

  constructor(chain: Chain, upload: Upload, missing: readonly number[], size: number, now: () => number) {
    this.#chain = chain;
    this.#upload = upload;
    this.#waiting = [...missing];
    this.#size = size;
    this.#now = now;
  }

  get left(): number {
    return this.#waiting.length + this.#inFlight.size;
  }

  /** Back when all writes have landed. Throws when one fails, once nothing is on its way any more. */
  async run(onLanded: () => void): Promise<void> {
    const senders = new Set<Promise<void>>();
    try {
      await this.#run(senders, onLanded);
    } finally {
      await Promise.all(senders);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #run(senders: Set<Promise<void>>, onLanded: () => void): Promise<void> {
    let nextPoll = this.#now() + POLL_MS;
    while (this.left + senders.size > 0 && this.#failure === undefined) {
      while (this.#waiting.length > 0 && senders.size < SENDING && this.#inFlight.size + senders.size < IN_FLIGHT) {
        const sender: Promise<void> = this.#send(this.#waiting.shift()!)
          .catch((error: unknown) => {
            this.#failure ??= error;
          })
          .finally(() => senders.delete(sender));
        senders.add(sender);
      }
      const isPollDue = this.#now() >= nextPoll;
      if (!isPollDue && this.#waiting.length > 0 && senders.size > 0 && this.#inFlight.size < IN_FLIGHT) {
        await Promise.race(senders);
        continue;
      }
      if (!isPollDue) await this.#chain.sleep(Math.max(1, nextPoll - this.#now()));
      await this.#poll(onLanded);
      nextPoll = this.#now() + POLL_MS;
    }
  }

  #latest(): Promise<Lifetime> {
    if (this.#lifetime === undefined || this.#now() - this.#lifetimeAt > BLOCKHASH_MS) {
      this.#lifetimeAt = this.#now();
      this.#lifetime = this.#chain.latest();
    }
    return this.#lifetime;
  }

  async #send(offset: number): Promise<void> {
    const { buffer, authority, payer, program } = this.#upload;
    const bytes = program.subarray(offset, offset + this.#size);
    const signers = payer.address === authority.address ? [payer] : [payer, authority];
    const one = await signed(await this.#latest(), [write(buffer, authority.address, offset, bytes)], signers);
    if ((await this.#chain.send(one.transaction, { preflight: false })) === "expired") {
      this.#waiting.push(offset);
      this.#lifetime = undefined;
      return;
    }
    this.#inFlight.set(offset, { ...one, offset, sentAt: this.#now() });
  }

  async #poll(onLanded: () => void): Promise<void> {
    const all = [...this.#inFlight.values()];
    if (all.length === 0) return;
    // In this order: what lands between the questions is not taken for expired.
    const height = await this.#chain.blockHeight();
    for (let from = 0; from < all.length; from += STATUSES) {
      const some = all.slice(from, from + STATUSES);
      const outcomes = await this.#chain.outcomes(some.map(({ signature }) => signature));
      for (const [i, pending] of some.entries()) {
        const outcome = outcomes[i];
        if (outcome?.error) {
          const text = `writing ${pending.offset} failed (${pending.signature}): ${outcome.error}`;
          throw new ProgramError("failed", text);
        }
        if (outcome) {
          this.#inFlight.delete(pending.offset);
          onLanded();
        } else if (height > pending.lastValidBlockHeight) {
          this.#inFlight.delete(pending.offset);
          this.#waiting.push(pending.offset);
        } else if (this.#now() - pending.sentAt > RESEND_MS) {
          pending.sentAt = this.#now();
          await this.#chain.send(pending.transaction, { preflight: false });
        }
      }
    }
  }
}

/**
 * The buffer must be there, large enough, with `authority`. Back when it holds the program; tells how many writes that took.
 * `now`: milliseconds.
 */
export async function upload(chain: Chain, parts: Upload, now: () => number): Promise<{ readonly writes: number }> {
  const { buffer, program, payer, authority, onProgress } = parts;
  const size = chunkSize(payer.address, authority.address);
  const all = Math.ceil(program.length / size);
  let writes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const account = await chain.account(buffer);
    if (account === null) throw new ProgramError("no-such-account", `buffer ${buffer} is gone`);
    const missing = missingChunks(program, account.data.subarray(BUFFER_HEADER), size);
    let there = all - missing.length;
    onProgress?.(there, all);
    if (missing.length === 0) return { writes };
    await new Writer(chain, parts, missing, size, now).run(() => onProgress?.(++there, all));
    writes += missing.length;
  }
  throw new ProgramError("not-written", `buffer ${buffer} does not hold the program although every write has landed`);
}
