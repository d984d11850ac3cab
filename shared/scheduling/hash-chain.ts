/**
 * The newest blockhashes: of all slots, as many as the SlotHashes sysvar lists, and those that raised the block height,
 * as many as transactions can use.
 *
 *   slot    ... 96   97   98   99  100  101  102  103  104 ...
 *   raises       x                                 x          a busy chain: every eighth slot
 *   height      41   41   41   41   41   41   41   42   42
 */
import { ByteReader, ByteWriter, concatBytes } from "../protocol/bytes.ts";
import { BLOCKHASH_WINDOW, CONTEXT_HASHES, PIPELINE_DEPTH } from "../protocol/limits.ts";

const KEEP_HASHES = CONTEXT_HASHES + PIPELINE_DEPTH + 1;
const KEEP_STEPS = BLOCKHASH_WINDOW + PIPELINE_DEPTH + 1;

/** A slot that raised the height. */
export interface HeightStep {
  readonly slot: number;
  readonly height: number;
  readonly hash: Uint8Array;
}

/** What one chain knows more than another. */
export interface ChainPart {
  /** Hashes of the slots up to `slot`, the newest last, 32 bytes each. */
  readonly slot: number;
  readonly hashes: Uint8Array;
  /** Oldest first. */
  readonly steps: readonly HeightStep[];
}

export class HashChain {
  /** Newest last; without gaps up to the tip. */
  #hashes: Uint8Array[];
  #tip: number;
  /** Oldest first. */
  readonly #steps: HeightStep[];

  /** The chain of a genesis: slot 0, height 0. */
  constructor(genesisHash: Uint8Array) {
    this.#tip = 0;
    this.#hashes = [genesisHash];
    this.#steps = [{ slot: 0, height: 0, hash: genesisHash }];
  }

  get tip(): number {
    return this.#tip;
  }
  get tipHash(): Uint8Array {
    return this.#hashes[this.#hashes.length - 1]!;
  }

  /** Adds the hash of the slot after the tip. */
  push(slot: number, hash: Uint8Array, raises: boolean): void {
    if (slot !== this.#tip + 1) throw new Error(`hash of slot ${slot} after slot ${this.#tip}`);
    this.#tip = slot;
    this.#hashes.push(hash);
    if (this.#hashes.length > KEEP_HASHES) this.#hashes.shift();
    if (raises) this.#step({ slot, height: this.#steps.at(-1)!.height + 1, hash });
  }

  #step(step: HeightStep): void {
    this.#steps.push(step);
    if (this.#steps.length > KEEP_STEPS) this.#steps.shift();
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

  /** The newest slot up to `slot` that raised the height. */
  stepAt(slot: number): HeightStep {
    for (let i = this.#steps.length - 1; i >= 0; i--) if (this.#steps[i]!.slot <= slot) return this.#steps[i]!;
    throw new Error(`the height at slot ${slot} is forgotten`);
  }

  /** Blockhashes that transactions in the block of `slot` can use, newest first, and the height of the newest. */
  recentBefore(slot: number): { readonly hashes: Uint8Array[]; readonly height: number } {
    const { height } = this.stepAt(slot - 1);
    const steps = this.#steps.filter((step) => step.height <= height && step.height > height - BLOCKHASH_WINDOW);
    return { hashes: steps.map((step) => step.hash).reverse(), height };
  }

  /** The slot of the oldest blockhash that the block after the tip can use. */
  get oldestUsableSlot(): number {
    const newest = this.#steps.at(-1)!.height;
    return this.#steps.find((step) => step.height > newest - BLOCKHASH_WINDOW)!.slot;
  }

  /** What is known here up to `slot`, and not to somebody who knows the chain up to slot `since` (-1: nothing). */
  between(since: number, slot: number): ChainPart {
    const oldest = this.#tip - this.#hashes.length + 1;
    const from = Math.max(since + 1, oldest, slot - CONTEXT_HASHES + 1);
    const hashes = concatBytes(...this.#hashes.slice(from - oldest, Math.max(slot, from - 1) - oldest + 1));
    const { height } = this.stepAt(slot);
    const steps = this.#steps.filter(
      (step) => step.slot > since && step.slot <= slot && step.height > height - BLOCKHASH_WINDOW,
    );
    return { slot, hashes, steps };
  }

  /** Takes in what `between` gave. Parts may come twice or overtake each other. */
  absorb({ slot, hashes, steps }: ChainPart): void {
    const count = hashes.length / 32;
    for (let i = 0; i < count; i++) {
      const of = slot - count + 1 + i;
      if (of <= this.#tip) continue;
      // After so long that what is known here is out of the window.
      if (of > this.#tip + 1) this.#hashes = [];
      this.#tip = of;
      this.#hashes.push(hashes.slice(i * 32, (i + 1) * 32));
      if (this.#hashes.length > KEEP_HASHES) this.#hashes.shift();
    }
    for (const step of steps) if (step.height > this.#steps.at(-1)!.height) this.#step(step);
  }

  encode(): Uint8Array {
    const writer = new ByteWriter().u64(this.#tip).u32(this.#hashes.length).u32(this.#steps.length);
    for (const hash of this.#hashes) writer.raw(hash);
    for (const { slot, height, hash } of this.#steps) writer.u64(slot).u64(height).raw(hash);
    return writer.bytes();
  }

  static decode(bytes: Uint8Array): HashChain {
    const reader = new ByteReader(bytes);
    const tip = Number(reader.u64());
    const numHashes = reader.u32();
    const numSteps = reader.u32();
    const chain = new HashChain(new Uint8Array(32));
    chain.#tip = tip;
    chain.#hashes = Array.from({ length: numHashes }, () => reader.raw(32).slice());
    chain.#steps.length = 0;
    for (let i = 0; i < numSteps; i++) {
      chain.#steps.push({ slot: Number(reader.u64()), height: Number(reader.u64()), hash: reader.raw(32).slice() });
    }
    return chain;
  }
}
