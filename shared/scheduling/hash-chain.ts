/**
 * The newest blockhashes: of all slots, as many as the SlotHashes sysvar lists, and those that raised the block height,
 * as many as transactions can use.
 *
 *   slot    ... 96   97   98   99  100  101  102  103  104 ...
 *   raises       x                                 x          a busy chain: every eighth slot
 *   height      41   41   41   41   41   41   41   42   42
 *
 * Where the clock of a development network is moved, slots are skipped: they have no block. Blocks are numbered without gaps:
 *
 *   slot         8    9   10   500  501 ...
 *   number       8    9   10    11   12 ...       a gap before slot 500, 489 slots skipped in all
 */
import { ByteReader, ByteWriter, concatBytes } from "../protocol/bytes.ts";
import { BLOCKHASH_WINDOW, CONTEXT_HASHES, KEEP_GAPS } from "../protocol/limits.ts";

/** For the contexts of the newest slots: those in flight, and those that are told of a little late. */
const LATE = 64;
const KEEP_HASHES = CONTEXT_HASHES + LATE;
const KEEP_STEPS = BLOCKHASH_WINDOW + LATE;
/** In a context's list of hashes: there is no block in that slot. */
const SKIPPED = new Uint8Array(32);

/** A slot that raised the height. */
export interface HeightStep {
  readonly slot: number;
  readonly height: number;
  readonly hash: Uint8Array;
}

/** A block whose slot is not the one after its parent's. */
export interface Gap {
  readonly slot: number;
  /** Slots skipped up to it, all gaps together. */
  readonly skipped: number;
}

/** What one chain knows more than another. */
export interface ChainPart {
  /** Hashes of the blocks up to `slot`, the newest last, 32 bytes each. */
  readonly slot: number;
  readonly hashes: Uint8Array;
  /** Oldest first; so are the gaps. */
  readonly steps: readonly HeightStep[];
  readonly gaps: readonly Gap[];
}

export class HashChain {
  /** Newest last; of blocks that follow each other up to the tip. */
  #hashes: Uint8Array[];
  #tip: number;
  /** Oldest first. */
  readonly #steps: HeightStep[];
  /** Oldest first; those of the newest KEEP_GAPS blocks. */
  readonly #gaps: Gap[] = [];

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

  /** Number of the block in `slot`, which must have one or come after the tip. */
  numberOf(slot: number): number {
    if (this.#gaps.length === 0) return slot;
    const gap = this.#gaps.findLast((one) => one.slot <= slot);
    return gap ? slot - gap.skipped : slot;
  }

  /** Slot of block `number`. */
  slotOf(number: number): number {
    if (this.#gaps.length === 0) return number;
    const gap = this.#gaps.findLast((one) => one.slot - one.skipped <= number);
    return gap ? number + gap.skipped : number;
  }

  /** Slot of the block after the one in `slot`; undefined after the tip. */
  slotAfter(slot: number): number | undefined {
    return slot < this.#tip ? this.slotOf(this.numberOf(slot) + 1) : undefined;
  }

  /** Adds the hash of a slot after the tip; slots between are skipped. */
  push(slot: number, hash: Uint8Array, raises: boolean): void {
    if (slot <= this.#tip) throw new Error(`hash of slot ${slot} after slot ${this.#tip}`);
    if (slot > this.#tip + 1) this.#gap({ slot, skipped: (this.#gaps.at(-1)?.skipped ?? 0) + slot - this.#tip - 1 });
    this.#tip = slot;
    this.#hashes.push(hash);
    if (this.#hashes.length > KEEP_HASHES) this.#hashes.shift();
    if (raises) this.#step({ slot, height: this.#steps.at(-1)!.height + 1, hash });
  }

  #gap(gap: Gap): void {
    this.#gaps.push(gap);
    const oldest = gap.slot - gap.skipped - KEEP_GAPS;
    while (this.#gaps.length > 1 && this.#gaps[1]!.slot - this.#gaps[1]!.skipped < oldest) this.#gaps.shift();
  }

  #step(step: HeightStep): void {
    this.#steps.push(step);
    if (this.#steps.length > KEEP_STEPS) this.#steps.shift();
  }

  /** Hash of block `number`, if it is one of the newest. */
  #hash(number: number): Uint8Array | undefined {
    return this.#hashes[this.#hashes.length - 1 - (this.numberOf(this.#tip) - number)];
  }

  get(slot: number): Uint8Array | undefined {
    const number = this.numberOf(slot);
    return this.slotOf(number) === slot ? this.#hash(number) : undefined;
  }

  /** Number of the newest block before `slot`. */
  #numberBefore(slot: number): number {
    if (slot > this.#tip) return this.numberOf(this.#tip);
    const number = this.numberOf(slot);
    if (this.slotOf(number) === slot) return number - 1;
    const gap = this.#gaps.find((one) => one.slot > slot)!;
    return gap.slot - gap.skipped - 1;
  }

  /** Slot of the newest block before `slot`. */
  slotBefore(slot: number): number {
    return this.slotOf(this.#numberBefore(slot));
  }

  /** Hash of the newest block before `slot`. */
  parentOf(slot: number): Uint8Array | undefined {
    return this.#hash(this.#numberBefore(slot));
  }

  /** Hashes of slot-1, slot-2, ...: newest first, for the context of `slot`; zeros for skipped slots. */
  before(slot: number): Uint8Array[] {
    const out: Uint8Array[] = [];
    let number = this.#numberBefore(slot);
    for (let at = slot - 1; at >= 0 && out.length < CONTEXT_HASHES; at--) {
      if (this.slotOf(number) !== at) {
        out.push(SKIPPED);
        continue;
      }
      const hash = this.#hash(number--);
      if (!hash) break;
      out.push(hash);
    }
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

  /** What is known here up to `slot`, and not to somebody who knows the chain up to slot `since` (-1: nothing). */
  between(since: number, slot: number): ChainPart {
    const last = this.numberOf(slot);
    const oldest = this.numberOf(this.#tip) - this.#hashes.length + 1;
    const gap = this.#gaps[0];
    // Gaps before the oldest one may be forgotten; then all hashes that are kept are newer.
    const known = gap && since < gap.slot ? Math.min(since, gap.slot - gap.skipped - 1) : this.numberOf(since);
    const from = Math.max(known + 1, oldest);
    const hashes = concatBytes(...this.#hashes.slice(from - oldest, Math.max(last, from - 1) - oldest + 1));
    const steps = this.#steps.filter((step) => step.slot > since && step.slot <= slot);
    return { slot, hashes, steps, gaps: this.#gaps.filter((gap) => gap.slot > since && gap.slot <= slot) };
  }

  /** Takes in what `between` gave. Parts may come twice or overtake each other. */
  absorb({ slot, hashes, steps, gaps }: ChainPart): void {
    for (const gap of gaps) if (gap.slot > this.#tip && gap.slot > (this.#gaps.at(-1)?.slot ?? 0)) this.#gap(gap);
    const count = hashes.length / 32;
    const last = this.numberOf(slot);
    for (let i = 0; i < count; i++) {
      const number = last - count + 1 + i;
      const of = this.slotOf(number);
      if (of <= this.#tip) continue;
      // After so long that what is known here is out of the window.
      if (number > this.numberOf(this.#tip) + 1) this.#hashes = [];
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
    for (const { slot, skipped } of this.#gaps) writer.u64(slot).u64(skipped);
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
    while (!reader.done) chain.#gaps.push({ slot: Number(reader.u64()), skipped: Number(reader.u64()) });
    return chain;
  }
}
