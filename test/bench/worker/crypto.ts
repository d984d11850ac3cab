/** wasm/crypto against the cryptography of the same runtime: rounds take turns, key import is a part of WebCrypto's side. */
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 as nobleSha256, sha512 as nobleSha512 } from "@noble/hashes/sha2.js";
import type { CryptoExports } from "../../unit/crypto/compile.ts";
import { type Side, takeTurns } from "./rounds.ts";

export interface SignatureResult {
  readonly name: string;
  readonly ourUs: number;
  readonly webCryptoUs: number;
  readonly ratio: number;
}

export interface HashResult {
  readonly name: string;
  readonly bytes: number;
  readonly ourUs: number;
  readonly webCryptoUs: number | undefined;
  readonly nobleUs: number;
}

export interface CryptoResult {
  readonly signatures: readonly SignatureResult[];
  readonly hashes: readonly HashResult[];
}

const MESSAGE = 200;
const COUNT = 1024;
const REPEATED_SIGNERS = 16;
/** Bytes in WASM memory for one signed message: key, signature, message. */
const STRIDE = 96 + MESSAGE + 8;

interface Signed {
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

async function signed(count: number, signers: number): Promise<Signed[]> {
  const pairs: { pair: CryptoKeyPair; key: Uint8Array }[] = [];
  for (let i = 0; i < signers; i++) {
    const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    pairs.push({ pair, key: new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer) });
  }
  const all: Signed[] = [];
  for (let i = 0; i < count; i++) {
    const { pair, key } = pairs[i % signers]!;
    const message = crypto.getRandomValues(new Uint8Array(MESSAGE));
    all.push({
      key,
      message,
      signature: new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message)),
    });
  }
  return all;
}

class CryptoWasm {
  readonly exports: CryptoExports;

  constructor(module: WebAssembly.Module) {
    const abort = () => {
      throw new Error("abort in wasm/crypto");
    };
    this.exports = new WebAssembly.Instance(module, { env: { abort } }).exports as unknown as CryptoExports;
  }

  put(bytes: Uint8Array): number {
    const at = this.exports.cryptoScratch(bytes.length);
    new Uint8Array(this.exports.memory.buffer).set(bytes, at);
    return at;
  }

  /** The signed messages in memory, as ed25519VerifyBatch takes them. */
  table(all: readonly Signed[]): { entries: Uint32Array; at: number; verdicts: number } {
    const entries = new Uint32Array(all.length * 4);
    all.forEach(({ key, signature, message }, i) => {
      const bytes = new Uint8Array(STRIDE);
      bytes.set(key);
      bytes.set(signature, 32);
      bytes.set(message, 96);
      const at = this.put(bytes);
      entries.set([at + 96, MESSAGE, at + 32, at], i * 4);
    });
    return {
      entries,
      at: this.put(new Uint8Array(entries.buffer)),
      verdicts: this.exports.cryptoScratch(all.length),
    };
  }
}

async function webCryptoVerify(all: readonly Signed[]): Promise<void> {
  for (const { key, signature, message } of all) {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    if (!(await crypto.subtle.verify("Ed25519", imported, signature, message))) throw new Error("WebCrypto refuses");
  }
}

async function signatures(wasm: CryptoWasm, rounds: number): Promise<SignatureResult[]> {
  const distinct = await signed(COUNT, COUNT);
  const repeated = await signed(COUNT, REPEATED_SIGNERS);
  const results: SignatureResult[] = [];
  const compare = async (name: string, ours: Side, theirs: readonly Signed[]) => {
    const reference: Side = { operations: theirs.length, run: () => webCryptoVerify(theirs) };
    const { us, ratios } = await takeTurns(rounds, [ours, reference]);
    results.push({ name, ourUs: us[0]!, webCryptoUs: us[1]!, ratio: ratios[1]! });
  };
  const batch = (all: readonly Signed[], cold: boolean): Side => {
    const { at, verdicts } = wasm.table(all);
    return {
      operations: all.length,
      run: () => {
        if (cold) wasm.exports.ed25519KeyCacheClear();
        if (wasm.exports.ed25519VerifyBatch(at, all.length, verdicts) !== all.length) throw new Error("WASM refuses");
      },
    };
  };
  for (const size of [256, COUNT]) {
    const first = distinct.slice(0, size);
    await compare(`batch of ${size}, distinct signers`, batch(first, true), first);
  }
  for (const size of [256, COUNT]) {
    const first = repeated.slice(0, size);
    await compare(`batch of ${size}, ${REPEATED_SIGNERS} signers`, batch(first, false), first);
  }
  const few = distinct.slice(0, 64);
  const { entries } = wasm.table(few);
  const one = () => {
    for (let i = 0; i < few.length; i++) {
      const [message, length, signature, key] = entries.subarray(i * 4, i * 4 + 4) as unknown as number[];
      if (!wasm.exports.ed25519Verify(message!, length!, signature!, key!)) throw new Error("WASM refuses");
    }
  };
  await compare("one signature", { operations: few.length, run: one }, few);
  return results;
}

const SMALL = 4096;

interface Digest {
  readonly name: string;
  readonly ours: (ptr: number, bytes: number, out: number) => void;
  readonly noble: (bytes: Uint8Array) => Uint8Array;
  readonly webCrypto?: string;
}

async function hash(wasm: CryptoWasm, digest: Digest, bytes: number, rounds: number): Promise<HashResult> {
  const count = bytes > SMALL ? 16 : 256;
  const input = crypto.getRandomValues(new Uint8Array(bytes));
  const at = wasm.put(input);
  const out = wasm.exports.cryptoScratch(64);
  const repeat = (work: () => void): Side => ({
    operations: count,
    run: () => {
      for (let i = 0; i < count; i++) work();
    },
  });
  const sides = [repeat(() => digest.ours(at, bytes, out)), repeat(() => digest.noble(input))];
  const { webCrypto } = digest;
  if (webCrypto) {
    const native = async () => {
      for (let i = 0; i < count; i++) await crypto.subtle.digest(webCrypto, input);
    };
    sides.push({ operations: count, run: native });
  }
  const [ourUs, nobleUs, webCryptoUs] = (await takeTurns(rounds, sides, 40)).us;
  return { name: digest.name, bytes, ourUs: ourUs!, nobleUs: nobleUs!, webCryptoUs };
}

/** blake3Many4 hashes four inputs of one length at once. */
function fourAtOnce(wasm: CryptoWasm): Digest["ours"] {
  const pointers = wasm.exports.cryptoScratch(32);
  return (ptr, bytes, out) => {
    new Uint32Array(wasm.exports.memory.buffer, pointers, 8).set([ptr, ptr, ptr, ptr, out, out, out, out]);
    wasm.exports.blake3Many4(pointers, bytes, pointers + 16);
  };
}

async function hashes(wasm: CryptoWasm, rounds: number): Promise<HashResult[]> {
  const { exports } = wasm;
  const digests: Digest[] = [
    { name: "sha256", ours: exports.sha256, noble: nobleSha256, webCrypto: "SHA-256" },
    { name: "sha512", ours: exports.sha512, noble: nobleSha512, webCrypto: "SHA-512" },
    { name: "blake3", ours: exports.blake3, noble: blake3 },
  ];
  const results: HashResult[] = [];
  for (const digest of digests) {
    for (const bytes of [32, 64, 200, 256, 65_536]) results.push(await hash(wasm, digest, bytes, rounds));
  }
  const four: Digest = { name: "blake3, four at once", ours: fourAtOnce(wasm), noble: blake3 };
  for (const bytes of [64, 256]) {
    const result = await hash(wasm, four, bytes, rounds);
    results.push({ ...result, ourUs: result.ourUs / 4 });
  }
  return results;
}

export async function benchCrypto(module: WebAssembly.Module, rounds: number): Promise<CryptoResult> {
  const wasm = new CryptoWasm(module);
  return { signatures: await signatures(wasm, rounds), hashes: await hashes(wasm, rounds) };
}
