/** The newest blockhashes by slot, as many as a slot context lists. */
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import { CONTEXT_HASHES, PIPELINE_DEPTH } from "../protocol/limits.ts";

const KEEP = CONTEXT_HASHES + PIPELINE_DEPTH + 1;

export class HashChain {
  /** Newest last. */
  readonly #hashes: Uint8Array[] = [];
  #tip: number;

  /** A chain that knows one hash: that of `slot`. */
  constructor(slot: number, hash: Uint8Array) {
    this.#tip = slot;
    this.#hashes.push(hash);
  }

  get tip(): number {
    return this.#tip;
  }
  get tipHash(): Uint8Array {
    return this.#hashes[this.#hashes.length - 1]!;
  }

  /** Adds the hash of the slot after the tip. */
  push(slot: number, hash: Uint8Array): void {
    if (slot !== this.#tip + 1) throw new Error(`hash of slot ${slot} after slot ${this.#tip}`);
    this.#tip = slot;
    this.#hashes.push(hash);
    if (this.#hashes.length > KEEP) this.#hashes.shift();
  }

  get(slot: number): Uint8Array | undefined {
    return this.#hashes[this.#hashes.length - 1 - (this.#tip - slot)];
  }

  /** Hashes of slot-1, slot-2, ...: newest first, for the context of `slot`. */
  before(slot: number): Uint8Array[] {
    const end = this.#hashes.length - (this.#tip - slot) - 1;
    const out: Uint8Array[] = [];
    for (let i = end - 1; i >= 0 && out.length < CONTEXT_HASHES; i--) out.push(this.#hashes[i]!);
    return out;
  }

  /** Hashes of the slots after `since` (as far back as they are kept) up to `slot`, oldest first, 32 bytes each. */
  between(since: number, slot: number): Uint8Array {
    const oldest = this.#tip - this.#hashes.length + 1;
    const from = Math.max(since + 1, oldest, slot - CONTEXT_HASHES + 1);
    return concatBytes(...this.#hashes.slice(from - oldest, Math.max(slot, from - 1) - oldest + 1));
  }

  /** u64 tip, then all hashes, oldest first. */
  encode(): Uint8Array {
    const out = new Uint8Array(8 + this.#hashes.length * 32);
    viewOf(out).setBigUint64(0, BigInt(this.#tip), true);
    this.#hashes.forEach((hash, i) => {
      out.set(hash, 8 + i * 32);
    });
    return out;
  }

  static decode(bytes: Uint8Array): HashChain {
    const view = viewOf(bytes);
    const tip = Number(view.getBigUint64(0, true));
    const count = (bytes.length - 8) / 32;
    const chain = new HashChain(tip - count + 1, bytes.slice(8, 40));
    for (let i = 1; i < count; i++) chain.push(tip - count + 1 + i, bytes.slice(8 + i * 32, 40 + i * 32));
    return chain;
  }
}
