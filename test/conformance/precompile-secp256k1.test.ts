/** The secp256k1 precompile as Agave runs it: Ethereum signatures, and what it says of each malformed layout. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeEach, describe, it } from "vitest";
import { randomSource } from "../unit/crypto/compile.ts";
import { type Conformance, instruction } from "./harness.ts";
import {
  bytesOf,
  concat,
  ED25519,
  expectPrecompile,
  flipped,
  INVALID_DATA_OFFSETS,
  INVALID_INSTRUCTION_DATA_SIZE,
  INVALID_RECOVERY_ID,
  INVALID_SIGNATURE,
  narrowData,
  narrowOffsets,
  offsetsAt,
  payer,
  SECP256K1,
  signEd25519,
  signSecp256k1,
  wideData,
  world,
} from "./precompile-fixture.ts";

const FUZZ = Number(process.env.PRECOMPILE_FUZZ ?? 150);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const big = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
let c: Conformance;
const expectK1 = (data: Uint8Array, code: number | null): void =>
  expectPrecompile(c, [{ program: SECP256K1, data }], code);

beforeEach(async () => {
  c = await world();
});

describe("the secp256k1 precompile", () => {
  it("takes good signatures, low or high S, of any message", () => {
    for (let n = 0; n < 6; n++) expectK1(narrowData([signSecp256k1(n, text(`hello ${n}`))]), null);
    expectK1(narrowData([signSecp256k1(1, new Uint8Array(0))]), null);
    for (let n = 0; n < 6; n++) expectK1(narrowData([signSecp256k1(n, text("high"), false)]), null);
    const { key, signature, message } = signSecp256k1(3, text("other half"));
    const s = secp256k1.Point.Fn.ORDER - BigInt(`0x${Buffer.from(signature.slice(32, 64)).toString("hex")}`);
    const turned = concat(signature.slice(0, 32), big(s), [signature[64]! ^ 1]);
    expectK1(narrowData([{ key, signature: turned, message }]), null);
  });

  it("takes several, and refuses them when one is bad", () => {
    const signed = [1, 2, 3].map((n) => signSecp256k1(n, text(`message ${n}`)));
    expectK1(narrowData(signed), null);
    signed[2] = { ...signed[2]!, message: text("another 3") };
    expectK1(narrowData(signed), INVALID_SIGNATURE);
  });

  it("takes parts from other instructions, before it and behind it", () => {
    const signed = signSecp256k1(7, text("somewhere else"));
    for (const index of [0, 1]) {
      const carrier = { program: SECP256K1, data: narrowData([signed], index) };
      const data = concat([1], narrowOffsets(offsetsAt(12, signed, index)));
      const reader = { program: SECP256K1, data };
      expectPrecompile(c, index === 0 ? [carrier, reader] : [reader, carrier], null);
    }
    const carrier = { program: ED25519, data: concat(wideData([signEd25519(1, text("e"))]), bytesOf(signed)) };
    const start = carrier.data.length - bytesOf(signed).length;
    const reader = { program: SECP256K1, data: concat([1], narrowOffsets(offsetsAt(start, signed, 0))) };
    expectPrecompile(c, [carrier, reader], null);
  });

  it("has no number for its own instruction", () => {
    expectK1(narrowData([signSecp256k1(1, text("x"))], 0xff), INVALID_INSTRUCTION_DATA_SIZE);
  });

  it("asks for its data's size first", () => {
    expectK1(new Uint8Array(0), INVALID_INSTRUCTION_DATA_SIZE);
    expectK1(Uint8Array.of(0), null);
    expectK1(Uint8Array.of(0, 0), INVALID_INSTRUCTION_DATA_SIZE);
    expectK1(Uint8Array.of(1), INVALID_INSTRUCTION_DATA_SIZE);
    const data = narrowData([signSecp256k1(1, text("x"))]);
    expectK1(data.slice(0, 11), INVALID_INSTRUCTION_DATA_SIZE);
    expectK1(data.slice(0, 12), INVALID_SIGNATURE);
    data[0] = 200;
    expectK1(data, INVALID_INSTRUCTION_DATA_SIZE);
    data[0] = 0;
    expectK1(data, INVALID_INSTRUCTION_DATA_SIZE);
  });

  it("says of bytes behind its parts, and of parts left unused, what Agave says", () => {
    const signed = signSecp256k1(1, text("tail"));
    const data = narrowData([signed]);
    c.expectSame(transaction(concat(data, text("more"))));
    const elsewhere = { program: SECP256K1, data };
    const reader = concat([1], narrowOffsets(offsetsAt(12, signed, 0)), text("unused"));
    c.expectSame(
      c.transaction({
        payer,
        instructions: [elsewhere, { program: SECP256K1, data: reader }].map(({ program, data }) =>
          instruction(program, [], data),
        ),
      }),
    );
  });

  it("refuses each part that is not there", () => {
    const signed = signSecp256k1(3, text("offsets"));
    const good = offsetsAt(12, signed, 0);
    const total = 12 + bytesOf(signed).length;
    const withOffsets = (offsets: Partial<typeof good>) =>
      concat([1], narrowOffsets({ ...good, ...offsets }), bytesOf(signed));
    expectK1(withOffsets({}), null);
    for (const instructionIndex of [1, 255]) {
      expectK1(withOffsets({ signature: [good.signature[0], instructionIndex] }), INVALID_INSTRUCTION_DATA_SIZE);
      expectK1(withOffsets({ key: [good.key[0], instructionIndex] }), INVALID_DATA_OFFSETS);
      expectK1(withOffsets({ message: [good.message[0], 7, instructionIndex] }), INVALID_DATA_OFFSETS);
    }
    expectK1(withOffsets({ signature: [total - 65, 0] }), INVALID_RECOVERY_ID); // the last byte of the message is no id
    for (const offset of [total - 64, total - 63, 0xffff])
      expectK1(withOffsets({ signature: [offset, 0] }), INVALID_SIGNATURE);
    for (const offset of [total - 20, total - 19, 0xffff])
      expectK1(withOffsets({ key: [offset, 0] }), INVALID_SIGNATURE);
    expectK1(withOffsets({ message: [total, 0, 0] }), INVALID_SIGNATURE);
    expectK1(withOffsets({ message: [total, 1, 0] }), INVALID_SIGNATURE);
    expectK1(withOffsets({ message: [total - 1, 2, 0] }), INVALID_SIGNATURE);
    expectK1(withOffsets({ message: [0xffff, 0xffff, 0] }), INVALID_SIGNATURE);
  });

  it("refuses r and s out of range before the recovery id, and that before the other parts", () => {
    const signed = signSecp256k1(5, text("ranges"));
    const order = secp256k1.Point.Fn.ORDER;
    const [r, s, id] = [signed.signature.slice(0, 32), signed.signature.slice(32, 64), signed.signature[64]!];
    const expectSignature = (signature: Uint8Array, code: number | null, key = signed.key) =>
      expectK1(narrowData([{ ...signed, key, signature }]), code);
    for (const bad of [0n, order, order + 1n, 2n ** 256n - 1n]) {
      expectSignature(concat(big(bad), s, [id]), INVALID_SIGNATURE);
      expectSignature(concat(r, big(bad), [id]), INVALID_SIGNATURE);
    }
    for (const bad of [4, 27, 255]) {
      expectSignature(concat(r, s, [bad]), INVALID_RECOVERY_ID);
      expectSignature(concat(big(0n), s, [bad]), INVALID_RECOVERY_ID);
      expectSignature(concat(big(order), s, [bad]), INVALID_SIGNATURE);
    }
    for (const other of [id ^ 1, 2, 3]) expectSignature(concat(r, s, [other]), INVALID_SIGNATURE);
    const good = offsetsAt(12, signed, 0);
    const noKey = concat([1], narrowOffsets({ ...good, key: [0, 9] }), signed.key, r, s, [4], signed.message);
    expectK1(noKey, INVALID_RECOVERY_ID);
    for (let at = 0; at < 20; at += 5) expectSignature(signed.signature, INVALID_SIGNATURE, flipped(signed.key, at));
  });

  it("recovers from r + n where the recovery id says so", () => {
    // r = 1 .. below p - n: x = r + n is a coordinate for some of them; s is any number. The address is what comes out.
    const message = text("large x");
    let taken = 0;
    for (let r = 1n; r < 12n; r++) {
      for (const id of [2, 3]) {
        const signature = concat(big(r), big(7n), [id]);
        c.expectSame(transaction(narrowData([{ key: new Uint8Array(20), signature, message }])));
        taken += 1;
      }
    }
    const tooLarge = secp256k1.Point.Fp.ORDER - secp256k1.Point.Fn.ORDER;
    for (const r of [tooLarge - 1n, tooLarge, tooLarge + 1n]) {
      c.expectSame(
        transaction(narrowData([{ key: new Uint8Array(20), signature: concat(big(r), big(7n), [2]), message }])),
      );
    }
    if (taken !== 22) throw new Error();
  });

  it("costs a signature's fee for each signature and no compute units", () => {
    const { ours } = c.expectSame(transaction(narrowData([1, 2].map((n) => signSecp256k1(n, text("fee"))))));
    if (ours.fee !== 15_000n || ours.computeUnits !== 0 || ours.logs.length !== 0)
      throw new Error(JSON.stringify(ours.logs));
  });

  it("answers like Agave to random data", () => {
    const random = randomSource(256);
    for (let i = 0; i < FUZZ; i++) {
      const data = narrowData([signSecp256k1(i, random(i % 40))]);
      const changes = random(1)[0]! % 4;
      for (let k = 0; k < changes; k++) {
        const [where, what, near] = random(3) as unknown as [number, number, number];
        data[near < 150 ? where % 12 : where % data.length] = near & 1 ? what : what & 3;
      }
      c.expectSame(transaction(data));
    }
  });
});

function transaction(data: Uint8Array): Uint8Array {
  return c.transaction({ payer, instructions: [instruction(SECP256K1, [], data)] });
}
