/** The secp256r1 precompile as Agave runs it: what passkeys sign, and what it says of each malformed layout. */
import { p256 } from "@noble/curves/nist.js";
import { beforeEach, describe, it } from "vitest";
import { randomSource } from "../unit/crypto/compile.ts";
import { type Conformance, instruction } from "./harness.ts";
import {
  bytesOf,
  concat,
  expectPrecompile,
  flipped,
  HERE,
  INVALID_DATA_OFFSETS,
  INVALID_INSTRUCTION_DATA_SIZE,
  INVALID_PUBLIC_KEY,
  INVALID_SIGNATURE,
  offsetsAt,
  payer,
  SECP256R1,
  signSecp256r1,
  wideData,
  wideOffsets,
  world,
} from "./precompile-fixture.ts";

const FUZZ = Number(process.env.PRECOMPILE_FUZZ ?? 150);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const big = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
const ORDER = p256.Point.Fn.ORDER;
let c: Conformance;
const expectR1 = (data: Uint8Array, code: number | null): void =>
  expectPrecompile(c, [{ program: SECP256R1, data }], code);

beforeEach(async () => {
  c = await world();
});

describe("the secp256r1 precompile", () => {
  it("takes good signatures in its own data, by 0xffff and by its own number, up to eight", () => {
    expectR1(wideData([signSecp256r1(1, text("hello"))]), null);
    expectR1(wideData([signSecp256r1(2, text("hello"))], 0), null);
    expectR1(wideData([signSecp256r1(2, new Uint8Array(0))]), null);
    const one = signSecp256r1(9, text("eight times"));
    for (const [count, code] of [
      [2, null],
      [8, null],
      [9, INVALID_INSTRUCTION_DATA_SIZE],
    ] as const) {
      const offsets = wideOffsets(offsetsAt(2 + 14 * count, one, HERE));
      expectR1(concat([count, 0], ...Array<number[]>(count).fill(offsets), bytesOf(one)), code);
    }
  });

  it("takes parts from other instructions, before it and behind it", () => {
    const signed = signSecp256r1(7, text("somewhere else"));
    for (const index of [0, 1]) {
      const carrier = { program: SECP256R1, data: wideData([signed]) };
      const reader = { program: SECP256R1, data: concat([1, 0], wideOffsets(offsetsAt(16, signed, index))) };
      expectPrecompile(c, index === 0 ? [carrier, reader] : [reader, carrier], null);
    }
  });

  it("reads offsets wherever the instruction's data begins", () => {
    const signed = signSecp256r1(7, text("alignment"));
    for (let size = 0; size < 4; size++) {
      const budget = instruction(
        "ComputeBudget111111111111111111111111111111",
        [],
        concat([2, 64, 66, 15, 0], new Uint8Array(size)),
      );
      const check = instruction(SECP256R1, [], wideData([signed]));
      c.expect(c.transaction({ payer, instructions: [budget, check] }), null);
    }
  });

  it("asks for its data's size first", () => {
    expectR1(new Uint8Array(0), INVALID_INSTRUCTION_DATA_SIZE);
    expectR1(Uint8Array.of(0), INVALID_INSTRUCTION_DATA_SIZE);
    expectR1(Uint8Array.of(0, 0), INVALID_INSTRUCTION_DATA_SIZE);
    expectR1(Uint8Array.of(0, 0, 0), INVALID_INSTRUCTION_DATA_SIZE);
    expectR1(Uint8Array.of(1, 0), INVALID_INSTRUCTION_DATA_SIZE);
    const data = wideData([signSecp256r1(1, text("x"))]);
    expectR1(data.slice(0, 15), INVALID_INSTRUCTION_DATA_SIZE);
    expectR1(data.slice(0, 16), INVALID_DATA_OFFSETS);
    data[1] = 0x55;
    expectR1(concat(data, [9]), null);
  });

  it("refuses each part that is not there", () => {
    const signed = signSecp256r1(3, text("offsets"));
    const good = offsetsAt(16, signed, HERE);
    const total = 16 + bytesOf(signed).length;
    const withOffsets = (offsets: Partial<typeof good>) =>
      concat([1, 0], wideOffsets({ ...good, ...offsets }), bytesOf(signed));
    expectR1(withOffsets({}), null);
    for (const instructionIndex of [1, 255, 0xfffe]) {
      expectR1(withOffsets({ signature: [good.signature[0], instructionIndex] }), INVALID_DATA_OFFSETS);
      expectR1(withOffsets({ key: [good.key[0], instructionIndex] }), INVALID_DATA_OFFSETS);
      expectR1(withOffsets({ message: [good.message[0], 7, instructionIndex] }), INVALID_DATA_OFFSETS);
    }
    expectR1(withOffsets({ signature: [total - 63, HERE] }), INVALID_DATA_OFFSETS);
    expectR1(withOffsets({ key: [total - 32, HERE] }), INVALID_DATA_OFFSETS);
    expectR1(withOffsets({ key: [total - 33, HERE] }), INVALID_PUBLIC_KEY);
    expectR1(withOffsets({ message: [total, 1, HERE] }), INVALID_DATA_OFFSETS);
    expectR1(withOffsets({ message: [total, 0, HERE] }), INVALID_SIGNATURE);
    expectR1(withOffsets({ message: [0xffff, 0xffff, HERE] }), INVALID_DATA_OFFSETS);
  });

  it("refuses r and s out of range, and the upper half of s, before the key is looked at", () => {
    const signed = signSecp256r1(5, text("ranges"));
    const [r, s] = [signed.signature.slice(0, 32), signed.signature.slice(32)];
    const sNumber = BigInt(`0x${Buffer.from(s).toString("hex")}`);
    const expectSignature = (signature: Uint8Array, key = signed.key, code: number | null = INVALID_SIGNATURE) =>
      expectR1(wideData([{ ...signed, key, signature }]), code);
    const noPoint = concat([2], new Uint8Array(32).fill(0xff));
    for (const bad of [0n, ORDER, ORDER + 1n, 2n ** 256n - 1n]) {
      expectSignature(concat(big(bad), s), noPoint);
      expectSignature(concat(r, big(bad)), noPoint);
    }
    expectSignature(concat(r, big(ORDER - sNumber)), noPoint);
    expectSignature(concat(r, big((ORDER >> 1n) + 1n)), noPoint);
    expectSignature(concat(r, big(ORDER >> 1n)), noPoint, INVALID_PUBLIC_KEY);
    expectSignature(concat(big(ORDER - 1n), s), noPoint, INVALID_PUBLIC_KEY);
    expectSignature(concat(r, big(ORDER >> 1n)));
    for (const at of [0, 31, 32, 63]) expectSignature(flipped(signed.signature, at));
  });

  it("takes compressed keys only, of points of the curve", () => {
    const signed = signSecp256r1(5, text("keys"));
    const expectKey = (key: Uint8Array, code: number | null) => expectR1(wideData([{ ...signed, key }]), code);
    for (const first of [0, 1, 4, 5, 6, 7, 255]) expectKey(concat([first], signed.key.slice(1)), INVALID_PUBLIC_KEY);
    expectKey(flipped(signed.key, 0), INVALID_SIGNATURE); // 2 and 3: the other point
    expectKey(new Uint8Array(33), INVALID_PUBLIC_KEY);
    const p = p256.Point.Fp.ORDER;
    for (const x of [p, p + 1n, p + 5n, p - 1n, 0n, 1n, 2n, 5n, 6n])
      c.expectSame(transaction(wideData([{ ...signed, key: concat([2], big(x)) }])));
  });

  it("costs a signature's fee for each signature and no compute units", () => {
    const { ours } = c.expectSame(transaction(wideData([1, 2].map((n) => signSecp256r1(n, text("fee"))))));
    if (ours.fee !== 15_000n || ours.computeUnits !== 0 || ours.logs.length !== 0)
      throw new Error(JSON.stringify(ours.logs));
  });

  it("answers like Agave to random data", () => {
    const random = randomSource(257);
    for (let i = 0; i < FUZZ; i++) {
      const data = wideData([signSecp256r1(i, random(i % 40))]);
      const changes = random(1)[0]! % 4;
      for (let k = 0; k < changes; k++) {
        const [where, what, near] = random(3) as unknown as [number, number, number];
        data[near < 150 ? where % 16 : where % data.length] = near & 1 ? what : what & 3;
      }
      c.expectSame(transaction(data));
    }
  });
});

function transaction(data: Uint8Array): Uint8Array {
  return c.transaction({ payer, instructions: [instruction(SECP256R1, [], data)] });
}
