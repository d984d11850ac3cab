/** The crypto of an isolate: what is random comes from a seed, what takes time is done at once, so that a run can be had again. */
import { createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";

const BLOCK = 32;

/** SHA-256 of seed and counter, block after block. */
export class SeededBytes {
  readonly #seed: Uint8Array;
  #counter: number;
  #block: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(seed: Uint8Array, counter = 0) {
    this.#seed = seed;
    this.#counter = counter;
  }

  fill(out: Uint8Array): void {
    for (let i = 0; i < out.length; i++) {
      if (this.#at === this.#block.length) this.#next();
      out[i] = this.#block[this.#at++]!;
    }
  }

  /** One that goes on as this one does. */
  copy(): SeededBytes {
    const copy = new SeededBytes(this.#seed, this.#counter);
    copy.#block = this.#block;
    copy.#at = this.#at;
    return copy;
  }

  #next(): void {
    const counter = new DataView(new ArrayBuffer(8));
    counter.setBigUint64(0, BigInt(this.#counter++));
    this.#block = createHash("sha256").update(this.#seed).update(new Uint8Array(counter.buffer)).digest();
    this.#at = 0;
  }
}

/** 32 bytes for one purpose. */
export function derive(seed: bigint, purpose: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`${purpose} ${seed}`).digest().subarray(0, BLOCK));
}

/** What the workers use of the web's crypto. */
export class IsolateCrypto {
  readonly #bytes: SeededBytes;

  constructor(bytes: SeededBytes) {
    this.#bytes = bytes;
  }

  getRandomValues<T extends ArrayBufferView>(array: T): T {
    this.#bytes.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  }

  randomUUID(): string {
    const bytes = this.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = Buffer.from(bytes).toString("hex");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  readonly subtle = {
    async importKey(format: string, data: Uint8Array, algorithm: string): Promise<KeyObject> {
      if (format !== "pkcs8" || algorithm !== "Ed25519") throw new TypeError(`no key of ${format} ${algorithm} here`);
      return createPrivateKey({ key: Buffer.from(data), format: "der", type: "pkcs8" });
    },
    async sign(_algorithm: string, key: KeyObject, data: Uint8Array): Promise<ArrayBuffer> {
      return new Uint8Array(sign(null, data, key)).buffer;
    },
  };
}
