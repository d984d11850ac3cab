// Hashing to G2 of BLS12-381 (RFC 9380) and proofs of possession: a vector of the RFC's, and an independent library.
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { beforeAll, describe, expect, it } from "vitest";
import { compileEntry, randomSource, WebAssemblyModule } from "./compile.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 60);
const POSSESSION = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const { G2, longSignatures } = bls12_381;

interface Exports {
  memory: WebAssembly.Memory;
  scratch(size: number): number;
  blsHashToG2(out: number, message: number, length: number, tag: number, tagLength: number): void;
  blsProvesPossession(key: number, proof: number, message: number, length: number): number;
}
const entry = `
export { blsHashToG2 } from "./wasm/crypto/curves/hash-to-g2";
export { blsProvesPossession } from "./wasm/crypto/curves/bls-possession";
export function scratch(size: usize): usize { return heap.alloc(size); }
`;

let wasm: Exports;
let at: number;
beforeAll(async () => {
  const binary = await compileEntry(entry, "--enable", "bulk-memory", "--use", "abort=");
  wasm = new WebAssembly.Instance(new WebAssemblyModule(binary)).exports as unknown as Exports;
  at = wasm.scratch(8192);
});

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const put = (offset: number, bytes: Uint8Array): number => {
  new Uint8Array(wasm.memory.buffer).set(bytes, at + offset);
  return at + offset;
};
function hash(message: Uint8Array, tag: Uint8Array): string {
  wasm.blsHashToG2(at, put(192, message), message.length, put(4096, tag), tag.length);
  return hex(new Uint8Array(wasm.memory.buffer.slice(at, at + 192)));
}

describe("hash to G2", () => {
  it("gives the point of RFC 9380, J.10.1, for the empty message", () => {
    const tag = text("QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_");
    expect(hash(new Uint8Array(0), tag).slice(0, 192)).toBe(
      "05cb8437535e20ecffaef7752baddf98034139c38452458baeefab379ba13dff5bf5dd71b72418717047f5b0f37da03d" +
        "0141ebfbdca40eb85b87142e130ab689c673cf60f1a3e98d69335266f30d9b8d4ac44c1038e9dcdd5393faf5c41fb78a",
    );
  });
  it("gives what another library gives, for messages and tags of any length", () => {
    const random = randomSource(9380);
    for (let i = 0; i < RUNS; i++) {
      const message = random(i % 7 ? i * 3 : 1000 + i);
      const tag = random(1 + ((i * 37) % 255));
      expect(hash(message, tag)).toBe(hex(G2.hashToCurve(message, { DST: tag }).toBytes(false)));
    }
  });
});

describe("a proof of possession", () => {
  const secret = bls12_381.fields.Fr.toBytes(987_654_321n);
  const key = longSignatures.getPublicKey(secret).toBytes();
  const sign = (message: Uint8Array, tag = POSSESSION): Uint8Array =>
    longSignatures.sign(longSignatures.hash(message, tag), secret).toBytes();
  const proves = (proof: Uint8Array, message: Uint8Array, of: Uint8Array = key): boolean =>
    wasm.blsProvesPossession(put(0, of), put(48, proof), put(192, message), message.length) === 1;

  it("is the signature of the message by that key, and no other", () => {
    const message = text("this");
    expect(proves(sign(message), message)).toBe(true);
    expect(proves(sign(message), text("that"))).toBe(false);
    expect(proves(sign(message, POSSESSION.replace("POP_B", "SIG_B")), message)).toBe(false);
    expect(proves(sign(message), message, bls12_381.G1.Point.BASE.toBytes())).toBe(false);
  });
  it("does not exist for the key infinity", () => {
    const infinity = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i ? 0 : 0xc0));
    expect(proves(infinity(96), text("this"), infinity(48))).toBe(false);
    expect(proves(infinity(96), text("this"))).toBe(false);
  });
});
