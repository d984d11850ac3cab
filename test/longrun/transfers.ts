/**
 * Transfers by the million, as records, the form in which the edge hands them on: everything about one follows from its number, so that nothing
 * has to be remembered. Not signed: nobody behind the edge looks at signatures.
 */
import { concatBytes, viewOf } from "../../shared/protocol/bytes.ts";
import { FRAME, REC } from "../../shared/protocol/layouts/record.ts";
import { REC_FLAG_VERIFIED } from "../../shared/protocol/record.ts";
import { WasmInstance } from "../../shared/svm/wasm-instance.ts";
import { sha256 } from "../bench/pipeline.ts";
import { makeWallets, signedBy, transferIx } from "../bench/wallets.ts";
import { wasmModule } from "../wasm-module.ts";

const KEY = 32;
const SIGNATURE = 64;
/** Lamports of the transfer are its number and the last bytes of the wire transaction. */
const LAMPORTS = 8;
/** Every so many transfers one goes to an address that no other has. */
export const RARE_EVERY = 9_973;

/** Finalizer of MurmurHash3. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export class Transfers {
  readonly keys: readonly Uint8Array[];
  /** Gets every RARE_EVERY-th transfer. */
  readonly rare = sha256(new TextEncoder().encode("rare"));
  readonly #template: Uint8Array;
  readonly #wire: number;
  readonly #payerAt: number;
  readonly #blockhashAt: number;
  readonly #lamportsAt: number;

  /** `wallets`: how many accounts pay each other. */
  constructor(wallets: number) {
    this.keys = Array.from({ length: wallets }, (_, i) => sha256(new TextEncoder().encode(`wallet ${i}`)));
    const [payer] = makeWallets("template", 1);
    const parser = new WasmInstance(wasmModule());
    const wire = signedBy(payer!, [transferIx(payer!.key, this.keys[0]!, 1n)], this.keys[0]!);
    if (parser.call("txParse", wire) !== 0) throw new Error("a transfer that does not parse");
    const record = parser.out();
    const view = viewOf(record);
    record[REC.FLAGS]! |= REC_FLAG_VERIFIED;
    this.#template = record;
    this.#wire = REC.HEADER;
    this.#payerAt = this.#wire + view.getUint16(REC.OFF_KEYS, true);
    this.#blockhashAt = this.#wire + view.getUint16(REC.OFF_BLOCKHASH, true);
    this.#lamportsAt = this.#wire + view.getUint16(REC.TX_LEN, true) - LAMPORTS;
  }

  get recordBytes(): number {
    return this.#template.length;
  }

  /** Who pays transfer `number`, as a place among the keys. */
  payer(number: number): number {
    return mix(number) % this.keys.length;
  }

  payee(number: number): Uint8Array {
    if (number % RARE_EVERY === 0) return this.rare;
    const others = this.keys.length - 1;
    return this.keys[(this.payer(number) + 1 + (mix(number ^ 0x5bd1e995) % others)) % this.keys.length]!;
  }

  /** Also of numbers that nobody has sent. */
  signature(number: number): Uint8Array {
    const signature = new Uint8Array(SIGNATURE);
    this.#sign(viewOf(signature), 0, number);
    return signature;
  }

  #sign(view: DataView, at: number, number: number): void {
    view.setUint32(at, mix(number), true);
    view.setUint32(at + 4, mix(number + 0x9e3779b9), true);
    for (let i = 8; i < SIGNATURE; i += 4) view.setUint32(at + i, mix(number ^ Math.imul(i, 0x27d4eb2f)), true);
    // A signature has one number: 64 bits of hashes may be those of two.
    view.setUint32(at + SIGNATURE - 4, number, true);
  }

  /** The transfers with these numbers, 1 or greater, on this blockhash. */
  frame(numbers: readonly number[], blockhash: Uint8Array): Uint8Array {
    const size = this.#template.length;
    const frame = new Uint8Array(FRAME.HEADER + numbers.length * size);
    const view = viewOf(frame);
    view.setUint32(FRAME.COUNT, numbers.length, true);
    for (const [i, number] of numbers.entries()) {
      const at = FRAME.HEADER + i * size;
      frame.set(this.#template, at);
      this.#sign(view, at + this.#wire + 1, number);
      frame.set(this.keys[this.payer(number)]!, at + this.#payerAt);
      frame.set(this.payee(number), at + this.#payerAt + KEY);
      frame.set(blockhash, at + this.#blockhashAt);
      view.setUint32(at + this.#lamportsAt, number, true);
      view.setUint32(at + this.#lamportsAt + 4, 0, true);
    }
    return frame;
  }

  /** The number of the transfer whose record begins at `at`. */
  numberAt(view: DataView, at: number): number {
    return view.getUint32(at + REC.HEADER + view.getUint16(at + REC.TX_LEN, true) - LAMPORTS, true);
  }

  /** Numbers of the first `count` transfers that name the rare address, oldest first. */
  rareOf(count: number): number[] {
    return Array.from({ length: Math.floor(count / RARE_EVERY) }, (_, i) => (i + 1) * RARE_EVERY);
  }

  /** All keys behind each other. */
  get allKeys(): Uint8Array {
    return concatBytes(...this.keys);
  }
}
