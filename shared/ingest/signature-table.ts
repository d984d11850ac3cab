/**
 * Signatures in flat arrays: a hash table with chains, and a list by age. Four words of the user's go with each.
 *
 *   buckets ─▶ entry ─▶ entry          oldest ◀─▶ entry ◀─▶ … ◀─▶ newest
 *
 * No object, string or Map entry a signature; adding and removing touch a few words. A bucket is chosen by a keyed mix of the first
 * eight bytes, so that nobody can fill one bucket on purpose; equal are two signatures only when all 64 bytes are.
 */
import { viewOf } from "../protocol/bytes.ts";
import { SIGNATURE_SIZE } from "./protocol.ts";

const WORDS = SIGNATURE_SIZE / 4;
/** Words of the user's with each signature. */
export const FIELDS = 4;
const NONE = -1;
const FIRST_CAPACITY = 1_024;

export class SignatureTable {
  readonly max: number;
  readonly #seed: number;
  #capacity = 0;
  #size = 0;
  #used = 0;
  #free = NONE;
  #oldest = NONE;
  #newest = NONE;
  #buckets = new Int32Array(0);
  #next = new Int32Array(0);
  #older = new Int32Array(0);
  #newer = new Int32Array(0);
  #signatures = new Uint8Array(0);
  #view = viewOf(this.#signatures);
  #fields = new Uint32Array(0);

  /** At most `max` signatures. `seed`: a secret of the host against signatures made to collide. */
  constructor(max: number, seed: number) {
    this.max = max;
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }
  /** The entry that was added first, -1 when there is none. */
  get oldest(): number {
    return this.#oldest;
  }
  /** The entry added after this one, -1 for the newest. */
  newer(entry: number): number {
    return this.#newer[entry]!;
  }
  field(entry: number, i: number): number {
    return this.#fields[entry * FIELDS + i]!;
  }
  setField(entry: number, i: number, value: number): void {
    this.#fields[entry * FIELDS + i] = value;
  }
  /** A view of the table: good until the next `add`. */
  signature(entry: number): Uint8Array {
    return this.#signatures.subarray(entry * SIGNATURE_SIZE, (entry + 1) * SIGNATURE_SIZE);
  }

  /** The new entry, or -1 when the table is full. The same signature may be in it several times. */
  add(bytes: DataView, at: number): number {
    if (this.#size === this.max) return NONE;
    if (this.#free === NONE && this.#used === this.#capacity) this.#grow();
    let entry = this.#free;
    if (entry === NONE) entry = this.#used++;
    else this.#free = this.#next[entry]!;
    const to = entry * SIGNATURE_SIZE;
    for (let i = 0; i < SIGNATURE_SIZE; i += 4) this.#view.setUint32(to + i, bytes.getUint32(at + i));
    this.#link(entry);
    this.#older[entry] = this.#newest;
    this.#newer[entry] = NONE;
    if (this.#newest === NONE) this.#oldest = entry;
    else this.#newer[this.#newest] = entry;
    this.#newest = entry;
    this.#size++;
    return entry;
  }

  /** An entry with the signature at `at`, -1 when there is none. */
  find(bytes: DataView, at: number): number {
    if (this.#size === 0) return NONE;
    return this.#matching(this.#buckets[this.#bucket(bytes, at)]!, bytes, at);
  }
  /** A further one. */
  findNext(entry: number, bytes: DataView, at: number): number {
    return this.#matching(this.#next[entry]!, bytes, at);
  }

  remove(entry: number): void {
    const bucket = this.#bucket(this.#view, entry * SIGNATURE_SIZE);
    let before = NONE;
    for (let i = this.#buckets[bucket]!; i !== entry; i = this.#next[i]!) before = i;
    if (before === NONE) this.#buckets[bucket] = this.#next[entry]!;
    else this.#next[before] = this.#next[entry]!;
    const older = this.#older[entry]!;
    const newer = this.#newer[entry]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    this.#next[entry] = this.#free;
    this.#free = entry;
    this.#size--;
  }

  #matching(from: number, bytes: DataView, at: number): number {
    for (let entry = from; entry !== NONE; entry = this.#next[entry]!) {
      const to = entry * SIGNATURE_SIZE;
      let i = 0;
      while (i < WORDS && this.#view.getUint32(to + i * 4) === bytes.getUint32(at + i * 4)) i++;
      if (i === WORDS) return entry;
    }
    return NONE;
  }

  #bucket(bytes: DataView, at: number): number {
    let mixed = Math.imul(bytes.getUint32(at) ^ this.#seed, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 15) ^ bytes.getUint32(at + 4), 0x85ebca6b);
    mixed ^= mixed >>> 13;
    return mixed & (this.#buckets.length - 1);
  }

  #link(entry: number): void {
    const bucket = this.#bucket(this.#view, entry * SIGNATURE_SIZE);
    this.#next[entry] = this.#buckets[bucket]!;
    this.#buckets[bucket] = entry;
  }

  /** Twice the room. Only called when every entry is in use. */
  #grow(): void {
    this.#capacity = Math.max(FIRST_CAPACITY, this.#capacity * 2);
    const words = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(this.#capacity);
      larger.set(old);
      return larger;
    };
    this.#next = words(this.#next);
    this.#older = words(this.#older);
    this.#newer = words(this.#newer);
    const fields = new Uint32Array(this.#capacity * FIELDS);
    fields.set(this.#fields);
    this.#fields = fields;
    const signatures = new Uint8Array(this.#capacity * SIGNATURE_SIZE);
    signatures.set(this.#signatures);
    this.#signatures = signatures;
    this.#view = viewOf(signatures);
    this.#buckets = new Int32Array(this.#capacity * 2).fill(NONE);
    for (let entry = 0; entry < this.#used; entry++) this.#link(entry);
  }
}
