/** sol_poseidon as Agave answers and charges it. */
import { beforeAll, expect, it } from "vitest";
import { randomSource } from "../unit/crypto/compile.ts";
import {
  type Answer,
  AROUND,
  BLOB,
  CryptoCall,
  concat,
  fromHex,
  NOWHERE,
  RESULT,
  returnCost,
} from "./crypto-fixture.ts";

const FUZZ = Number(process.env.CRYPTO_FUZZ ?? 60);
const BIG = 0;
const LITTLE = 1;
const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const big = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, "0"));
const filled = (n: number): Uint8Array => new Uint8Array(32).fill(n);

let poseidon: CryptoCall;
beforeAll(async () => {
  poseidon = await CryptoCall.create("sol_poseidon");
});

/** The list of slices stands before what they point to. */
function slices(inputs: readonly Uint8Array[]): Uint8Array {
  const list = new DataView(new ArrayBuffer(16 * inputs.length));
  let at = BLOB + BigInt(list.byteLength);
  for (const [i, input] of inputs.entries()) {
    list.setBigUint64(i * 16, at, true);
    list.setBigUint64(i * 16 + 8, BigInt(input.length), true);
    at += BigInt(input.length);
  }
  return concat(new Uint8Array(list.buffer), ...inputs);
}

const hashed = (endianness: number, inputs: readonly Uint8Array[]): Answer =>
  poseidon.call([0, endianness, BLOB, inputs.length, RESULT], slices(inputs), 32);

it("hashes one to twelve numbers in both endiannesses, at 61 n^2 + 542", () => {
  for (let n = 1; n <= 12; n++) {
    const inputs = Array.from({ length: n }, (_, i) => filled(i + 1));
    const got = hashed(BIG, inputs);
    expect(got).toMatchObject({ r0: 0n, units: AROUND + returnCost(32) + 61 * n * n + 542 });
    const turned = hashed(LITTLE, inputs);
    expect(turned.result).toBe(Buffer.from(got.result, "hex").reverse().toString("hex"));
  }
});

// The documentation of solana-poseidon, and circomlib's test of poseidon([1, 2]).
it("gives the known hashes", () => {
  expect(hashed(BIG, [filled(1)]).result).toBe(
    Buffer.from([
      5, 191, 172, 229, 129, 238, 97, 119, 204, 25, 198, 197, 99, 99, 166, 136, 130, 241, 30, 132, 7, 172, 99, 157, 185,
      145, 224, 210, 127, 27, 117, 230,
    ]).toString("hex"),
  );
  expect(hashed(BIG, [filled(1), filled(2)]).result).toBe(
    Buffer.from([
      13, 84, 225, 147, 143, 138, 140, 28, 125, 235, 94, 3, 85, 242, 99, 25, 32, 123, 132, 254, 156, 162, 206, 27, 38,
      231, 53, 200, 41, 130, 25, 144,
    ]).toString("hex"),
  );
  const known = 7853200120776062878684798364095072458815029376092732009249414926327459813530n;
  expect(hashed(BIG, [big(1n), big(2n)]).result).toBe(Buffer.from(big(known)).toString("hex"));
});

it("answers 1 for numbers that are not of the field, inputs that are not 32 bytes, and none", () => {
  const good = big(R - 1n);
  expect(hashed(BIG, [good]).r0).toBe(0n);
  expect(hashed(BIG, [big(0n), big(0n)]).r0).toBe(0n);
  for (const bad of [R, R + 1n, 2n ** 254n, 2n ** 256n - 1n]) {
    expect(hashed(BIG, [big(bad)])).toMatchObject({ r0: 1n, result: "00".repeat(32) });
    expect(hashed(BIG, [good, big(bad)]).r0).toBe(1n);
    expect(hashed(LITTLE, [big(bad).reverse()]).r0).toBe(1n);
  }
  for (const size of [0, 1, 31, 33, 64]) {
    expect(hashed(BIG, [new Uint8Array(size)]).r0).toBe(1n);
    expect(hashed(LITTLE, [good.slice().reverse(), new Uint8Array(size)]).r0).toBe(1n);
  }
  expect(hashed(BIG, []).r0).toBe(1n);
});

it("is stopped by parameters and endiannesses that do not exist, and by thirteen inputs, before it costs", () => {
  const bytes = slices([filled(1)]);
  for (const parameters of [1, 2n ** 63n]) {
    expect(poseidon.call([parameters, 0, BLOB, 1, RESULT], bytes, 0).r0).toBeNull();
    expect(poseidon.call([parameters, 9, BLOB, 99, RESULT], bytes, 0).r0).toBeNull();
  }
  for (const endianness of [2, 255, 2n ** 32n]) {
    expect(poseidon.call([0, endianness, BLOB, 1, RESULT], bytes, 0).r0).toBeNull();
    expect(poseidon.call([0, endianness, BLOB, 99, RESULT], bytes, 0).r0).toBeNull();
  }
  for (const count of [13, 2n ** 40n, 2n ** 64n - 1n]) {
    expect(poseidon.call([0, 0, BLOB, count, RESULT], bytes, 0).logs.join()).toContain("Poseidon hashing");
  }
});

it("is stopped by memory that is not there, in Agave's order, and by units it does not have", () => {
  const bytes = slices([filled(1), filled(2)]);
  expect(poseidon.call([0, 0, NOWHERE, 2, NOWHERE], bytes, 0).r0).toBeNull();
  expect(poseidon.call([0, 0, NOWHERE, 2, RESULT], bytes, 0).r0).toBeNull();
  expect(poseidon.call([0, 0, BLOB, 2, BLOB + 4096n * 16n], bytes, 0).r0).toBeNull();
  expect(poseidon.call([0, 0, BLOB + 4n, 1, RESULT], bytes, 0).r0).toBeNull(); // not aligned
  expect(poseidon.call([0, 0, NOWHERE, 0, RESULT], bytes, 0).r0).toBe(1n);
  const outside = slices([filled(1)]);
  new DataView(outside.buffer).setBigUint64(0, NOWHERE, true);
  expect(poseidon.call([0, 0, BLOB, 1, RESULT], outside, 0).r0).toBeNull();
  const long = slices([filled(1)]);
  new DataView(long.buffer).setBigUint64(8, 2n ** 63n, true);
  expect(poseidon.call([0, 0, BLOB, 1, RESULT], long, 0).r0).toBeNull();
  // The first input is wrong in a way that would answer 1; the second stops the program.
  const both = slices([new Uint8Array(31), filled(1)]);
  new DataView(both.buffer).setBigUint64(16, NOWHERE, true);
  expect(poseidon.call([0, 0, BLOB, 2, RESULT], both, 0).r0).toBeNull();
  expect(poseidon.call([0, 0, BLOB, 2, RESULT], bytes, 0, 900).r0).toBeNull();
});

it("answers like Agave to random numbers", () => {
  const random = randomSource(128);
  for (let i = 0; i < FUZZ; i++) {
    const inputs = Array.from({ length: 1 + (random(1)[0]! % 12) }, () => {
      const bytes = random(32);
      bytes[i & 1 ? 31 : 0]! &= bytes[1]! < 240 ? 0x1f : 0x3f;
      return bytes;
    });
    hashed(i & 1, inputs);
  }
});
