// SipHash-2-4 vectors: the example of the paper's appendix A, and the first and last of the reference implementation's
// `vectors_sip64` (github.com/veorq/SipHash, vectors.h; key 00..0f, message 00, 01, 02, ...).
import { beforeAll, expect, it } from "vitest";
import { loadCrypto } from "./compile";

let crypto: Awaited<ReturnType<typeof loadCrypto>>;
beforeAll(async () => {
  crypto = await loadCrypto();
});

const k0 = 0x0706050403020100n;
const k1 = 0x0f0e0d0c0b0a0908n;

it.each([
  [0, 0x726fdb47dd0e0e31n],
  [1, 0x74f839c593dc67fdn],
  [2, 0x0d6c8009d9a94f5an],
  [7, 0xab0200f58b01d137n],
  [8, 0x93f5f5799a932462n],
  [15, 0xa129ca6149be45e5n],
  [63, 0x958a324ceb064572n],
])("hashes the message of %i counting bytes", (length, expected) => {
  crypto.put(
    crypto.scratch,
    Uint8Array.from({ length }, (_, i) => i),
  );
  expect(BigInt.asUintN(64, crypto.wasm.siphash24(k0, k1, crypto.scratch, length))).toBe(expected);
});

it("hashes with one round a word and three at the end as Rust's SipHasher13", () => {
  // library/core/tests/hash/sip.rs, test_siphash_1_3: the empty message
  expect(BigInt.asUintN(64, crypto.wasm.siphash13(k0, k1, crypto.scratch, 0))).toBe(0xabac0158050fc4dcn);
});

it("hashes two keys side by side as each by itself", () => {
  const one = (at: number) => BigInt.asUintN(64, crypto.wasm.siphash24(k0, k1, at, 32));
  for (let round = 0; round < 50; round++) {
    crypto.put(
      crypto.scratch,
      Uint8Array.from({ length: 64 }, (_, i) => Math.imul(i + round * 64, 0x9e3779b1) >>> 24),
    );
    const first = BigInt.asUintN(64, crypto.wasm.siphash24Pair(k0, k1, crypto.scratch, crypto.scratch + 32));
    expect(first).toBe(one(crypto.scratch));
    expect(BigInt.asUintN(64, crypto.wasm.siphash24Second())).toBe(one(crypto.scratch + 32));
  }
});
