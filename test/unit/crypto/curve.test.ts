// isOnCurve must be curve25519-dalek's `decompress().is_some()`. @noble/curves with zip215 decoding accepts the same
// set of encodings (y >= p, and x = 0 with the sign bit set); so does @solana/web3.js's PublicKey.isOnCurve except for
// "minus zero", which noble decodes strictly there.
import { ed25519 } from "@noble/curves/ed25519.js";
import { PublicKey } from "@solana/web3.js";
import { beforeAll, expect, it } from "vitest";
import { hex, loadCrypto, randomSource } from "./compile";

let crypto: Awaited<ReturnType<typeof loadCrypto>>;
beforeAll(async () => {
  crypto = await loadCrypto();
});

const P = (1n << 255n) - 19n;
const encode = (y: bigint, sign: number): Uint8Array => {
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = Number((y >> BigInt(8 * i)) & 0xffn);
  bytes[31] = (bytes[31] as number) | (sign << 7);
  return bytes;
};
const isOnCurve = (bytes: Uint8Array): boolean => {
  crypto.put(crypto.scratch, bytes);
  return crypto.wasm.isOnCurve(crypto.scratch) !== 0;
};
const reference = (bytes: Uint8Array): boolean => {
  try {
    ed25519.Point.fromBytes(bytes, true);
    return true;
  } catch {
    return false;
  }
};

it("agrees with noble (zip215) on random bytes", () => {
  const random = randomSource(3);
  let on = 0;
  for (let i = 0; i < 2000; i++) {
    const bytes = random(32);
    const expected = reference(bytes);
    on += expected ? 1 : 0;
    expect(isOnCurve(bytes), hex(bytes)).toBe(expected);
  }
  expect(on).toBeGreaterThan(800); // about half of all encodings are points
  expect(on).toBeLessThan(1200);
});

it("agrees with web3.js on random bytes", () => {
  const random = randomSource(4);
  for (let i = 0; i < 300; i++) {
    const bytes = random(32);
    expect(isOnCurve(bytes), hex(bytes)).toBe(PublicKey.isOnCurve(bytes));
  }
});

it("agrees with noble at the edges: y small, y around p, non-canonical y, both signs", () => {
  const ys = [
    ...Array.from({ length: 64 }, (_, i) => BigInt(i)),
    ...Array.from({ length: 64 }, (_, i) => P - 45n + BigInt(i)), // p - 45 ... 2^255 - 1: the last 19 are not canonical
  ].filter((y) => y < 1n << 255n);
  for (const y of ys) {
    for (const sign of [0, 1])
      expect(isOnCurve(encode(y, sign)), `y ${y} sign ${sign}`).toBe(reference(encode(y, sign)));
  }
});

it("accepts minus zero, as dalek does", () => {
  for (const y of [1n, P - 1n, P + 1n]) {
    expect(isOnCurve(encode(y, 0))).toBe(true);
    expect(isOnCurve(encode(y, 1))).toBe(true);
  }
});
