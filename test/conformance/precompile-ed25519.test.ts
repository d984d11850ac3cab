/** The ed25519 precompile as Agave runs it: which signatures it takes, and what it says of each malformed layout. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { beforeEach, describe, it } from "vitest";
import { randomSource } from "../unit/crypto/compile.ts";
import { type Conformance, instruction, SYSTEM, testKey } from "./harness.ts";
import {
  bytesOf,
  concat,
  ED25519,
  expectPrecompile,
  flipped,
  HERE,
  INVALID_DATA_OFFSETS,
  INVALID_INSTRUCTION_DATA_SIZE,
  INVALID_PUBLIC_KEY,
  INVALID_SIGNATURE,
  offsetsAt,
  payer,
  type Signed,
  signEd25519,
  wideData,
  wideOffsets,
  world,
} from "./precompile-fixture.ts";

const FUZZ = Number(process.env.PRECOMPILE_FUZZ ?? 150);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
let c: Conformance;
const expectEd25519 = (data: Uint8Array, code: number | null): void =>
  expectPrecompile(c, [{ program: ED25519, data }], code);

beforeEach(async () => {
  c = await world();
});

describe("the ed25519 precompile", () => {
  it("takes a good signature in its own data, by 0xffff and by its own number", () => {
    expectEd25519(wideData([signEd25519(1, text("hello"))]), null);
    expectEd25519(wideData([signEd25519(1, text("hello"))], 0), null);
    expectEd25519(wideData([signEd25519(1, new Uint8Array(0))]), null);
  });

  it("takes several, and refuses them when one is bad", () => {
    const signed = [1, 2, 3, 4].map((n) => signEd25519(n, text(`message ${n}`)));
    expectEd25519(wideData(signed), null);
    signed[3] = { ...signed[3]!, message: text("another 4") };
    expectEd25519(wideData(signed), INVALID_SIGNATURE);
  });

  it("takes parts from other instructions, before it and behind it", () => {
    const signed = signEd25519(7, text("somewhere else"));
    const first = wideData([signed]);
    const offsets = wideOffsets(offsetsAt(16, signed, 0));
    expectPrecompile(
      c,
      [
        { program: ED25519, data: first },
        { program: ED25519, data: concat([1, 0], offsets) },
      ],
      null,
    );
    const behind = wideOffsets(offsetsAt(16, signed, 1));
    expectPrecompile(
      c,
      [
        { program: ED25519, data: concat([1, 0], behind) },
        { program: ED25519, data: first },
      ],
      null,
    );
  });

  it("does not care about the second byte, nor about bytes behind", () => {
    const data = wideData([signEd25519(1, text("hello"))]);
    data[1] = 0x77;
    expectEd25519(concat(data, [1, 2, 3]), null);
  });

  it("asks for its data's size first", () => {
    expectEd25519(new Uint8Array(0), INVALID_INSTRUCTION_DATA_SIZE);
    expectEd25519(Uint8Array.of(0), INVALID_INSTRUCTION_DATA_SIZE);
    expectEd25519(Uint8Array.of(1), INVALID_INSTRUCTION_DATA_SIZE);
    expectEd25519(Uint8Array.of(0, 0), null);
    expectEd25519(Uint8Array.of(0, 9), null);
    expectEd25519(Uint8Array.of(0, 0, 0), INVALID_INSTRUCTION_DATA_SIZE);
    expectEd25519(Uint8Array.of(1, 0), INVALID_INSTRUCTION_DATA_SIZE);
    expectEd25519(new Uint8Array(15).fill(1, 0, 1), INVALID_INSTRUCTION_DATA_SIZE);
    expectEd25519(wideData([signEd25519(1, text("x"))]).slice(0, 100), INVALID_DATA_OFFSETS);
    const two = wideData([signEd25519(1, text("x"))]).slice(0, 29);
    two[0] = 2;
    expectEd25519(two, INVALID_INSTRUCTION_DATA_SIZE);
  });

  it("refuses each part that is not there", () => {
    const signed = signEd25519(3, text("offsets"));
    const good = offsetsAt(16, signed, HERE);
    const total = 16 + bytesOf(signed).length;
    const withOffsets = (offsets: Partial<typeof good>) =>
      concat([1, 0], wideOffsets({ ...good, ...offsets }), bytesOf(signed));
    expectEd25519(withOffsets({}), null);
    for (const instructionIndex of [1, 255, 0xfffe]) {
      expectEd25519(withOffsets({ signature: [good.signature[0], instructionIndex] }), INVALID_DATA_OFFSETS);
      expectEd25519(withOffsets({ key: [good.key[0], instructionIndex] }), INVALID_DATA_OFFSETS);
      expectEd25519(withOffsets({ message: [good.message[0], 7, instructionIndex] }), INVALID_DATA_OFFSETS);
    }
    expectEd25519(withOffsets({ signature: [total - 63, HERE] }), INVALID_DATA_OFFSETS);
    expectEd25519(withOffsets({ signature: [total - 64, HERE] }), INVALID_SIGNATURE);
    expectEd25519(withOffsets({ signature: [0xffff, HERE] }), INVALID_DATA_OFFSETS);
    expectEd25519(withOffsets({ key: [total - 31, HERE] }), INVALID_DATA_OFFSETS);
    expectEd25519(withOffsets({ key: [0xffff, HERE] }), INVALID_DATA_OFFSETS);
    expectEd25519(withOffsets({ message: [total, 1, HERE] }), INVALID_DATA_OFFSETS);
    expectEd25519(withOffsets({ message: [total, 0, HERE] }), INVALID_SIGNATURE);
    expectEd25519(withOffsets({ message: [total - 1, 2, HERE] }), INVALID_DATA_OFFSETS);
    expectEd25519(withOffsets({ message: [0xffff, 0xffff, HERE] }), INVALID_DATA_OFFSETS);
  });

  it("looks at the key before the message, and at the signature last", () => {
    const signed = signEd25519(3, text("order"));
    const offPoint = { ...signed, key: new Uint8Array(32).fill(2) }; // y = 0x0202...: no point
    expectEd25519(wideData([offPoint]), INVALID_PUBLIC_KEY);
    const good = offsetsAt(16, signed, HERE);
    const data = concat([1, 0], wideOffsets({ ...good, message: [0, 9999, HERE] }), bytesOf(offPoint));
    expectEd25519(data, INVALID_PUBLIC_KEY);
    for (const at of [0, 31, 32, 63]) {
      expectEd25519(wideData([{ ...signed, signature: flipped(signed.signature, at) }]), INVALID_SIGNATURE);
    }
    expectEd25519(wideData([{ ...signed, message: flipped(signed.message, 0) }]), INVALID_SIGNATURE);
  });

  it("sees an S of 2^253 or more before it looks for the key, a smaller one that is no scalar after the message", () => {
    const signed = signEd25519(4, text("early"));
    const good = offsetsAt(16, signed, HERE);
    const withS = (top: number, offsets: Partial<typeof good>) =>
      concat(
        [1, 0],
        wideOffsets({ ...good, ...offsets }),
        bytesOf({ ...signed, signature: concat(signed.signature.slice(0, 63), [top]) }),
      );
    for (const top of [0x20, 0x80, 0xff]) expectEd25519(withS(top, { key: [0, 77] }), INVALID_SIGNATURE);
    expectEd25519(withS(0x1f, { key: [0, 77] }), INVALID_DATA_OFFSETS);
    expectEd25519(withS(0x1f, { message: [0, 9, 77] }), INVALID_DATA_OFFSETS);
    expectEd25519(withS(0x1f, {}), INVALID_SIGNATURE);
  });

  it("refuses S + L, points of small order, and what only the cofactored equation takes", () => {
    const order = ed25519.Point.Fn.ORDER;
    const signed = signEd25519(4, text("strict"));
    const s = BigInt(`0x${Buffer.from(signed.signature.slice(32).reverse()).toString("hex")}`) + order;
    const high = concat(signed.signature.slice(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse());
    expectEd25519(wideData([{ ...signed, signature: high }]), INVALID_SIGNATURE);

    const identity = concat([1], new Uint8Array(31));
    const zeros = new Uint8Array(32);
    expectEd25519(
      wideData([{ key: identity, signature: concat(identity, zeros), message: text("m") }]),
      INVALID_SIGNATURE,
    );
    for (const [i, key] of smallOrder().entries()) {
      expectEd25519(
        wideData([{ key, signature: concat(identity, zeros), message: text(`m ${i}`) }]),
        INVALID_SIGNATURE,
      );
      expectEd25519(wideData([{ ...signed, signature: concat(key, signed.signature.slice(32)) }]), INVALID_SIGNATURE);
    }
    expectEd25519(wideData([torsionSigned()]), INVALID_SIGNATURE);
  });

  it("reads keys as curve25519-dalek does: y beyond p and a sign without x are points", () => {
    const keys = [
      concat([0xee], new Uint8Array(30).fill(0xff), [0x7f]), // p + 1: the identity
      concat([0xed], new Uint8Array(30).fill(0xff), [0x7f]), // p: y = 0
      concat([1], new Uint8Array(30), [0x80]), // x = 0, "negative"
      ...[2, 3, 4, 5, 6, 9, 10, 13].map((n) => concat([0xed + n], new Uint8Array(30).fill(0xff), [0x7f])),
    ];
    const signed = signEd25519(4, text("odd keys"));
    for (const key of keys) {
      const isPoint = isDalekPoint(key);
      expectEd25519(wideData([{ ...signed, key }]), isPoint ? INVALID_SIGNATURE : INVALID_PUBLIC_KEY);
    }
  });

  it("costs a signature's fee for each signature, no compute units, no log line, whatever stands in its accounts", () => {
    const data = wideData([1, 2, 3].map((n) => signEd25519(n, text("fee"))));
    const extra = instruction(ED25519, [[testKey(99), "w"]], data);
    const { ours } = c.expect(c.transaction({ payer, instructions: [extra] }), null);
    if (ours.fee !== 20_000n || ours.computeUnits !== 0 || ours.logs.length !== 0)
      throw new Error(JSON.stringify(ours.logs));
  });

  it("stops the transaction where it stands: what came before is undone, what comes behind does not run", () => {
    const to = testKey(50);
    const transfer = instruction(
      SYSTEM,
      [
        [payer, "ws"],
        [to, "w"],
      ],
      concat([2, 0, 0, 0], [0, 202, 154, 59, 0, 0, 0, 0]),
    );
    const bad = instruction(ED25519, [], wideData([{ ...signEd25519(1, text("a")), message: text("b") }]));
    c.expect(c.transaction({ payer, instructions: [transfer, bad] }), {
      InstructionError: [1, { Custom: INVALID_SIGNATURE }],
    });
    c.expect(c.transaction({ payer, instructions: [bad, transfer] }), {
      InstructionError: [0, { Custom: INVALID_SIGNATURE }],
    });
  });

  it("answers like Agave to random data", () => {
    const random = randomSource(25519);
    for (let i = 0; i < FUZZ; i++) {
      const data = wideData([signEd25519(i, random(i % 40)), signEd25519(i + 1, random(5))]);
      const changes = random(1)[0]! % 4;
      for (let k = 0; k < changes; k++) {
        const [where, what, near] = random(3) as unknown as [number, number, number];
        data[near < 200 ? where % 30 : where % data.length] = what;
      }
      c.expectSame(c.transaction({ payer, instructions: [instruction(ED25519, [], data)] }));
    }
  });
});

/** The eight points of small order. */
function smallOrder(): Uint8Array[] {
  const torsion = ed25519.Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
  return Array.from({ length: 8 }, (_, i) => (i ? torsion.multiplyUnsafe(BigInt(i)) : ed25519.Point.ZERO).toBytes());
}

/** Good by the cofactored equation only: the key has a part of order 8. */
function torsionSigned(): Signed {
  const message = new TextEncoder().encode("torsion");
  const torsion = ed25519.Point.fromBytes(smallOrder()[1]!);
  const secret = 123_456_789n;
  const key = ed25519.Point.BASE.multiply(secret).add(torsion).toBytes();
  for (let r = 5n; ; r++) {
    const commitment = ed25519.Point.BASE.multiply(r).toBytes();
    const digest = sha512(concat(commitment, key, message)).reverse();
    const k = BigInt(`0x${Buffer.from(digest).toString("hex")}`) % ed25519.Point.Fn.ORDER;
    if (k % 8n === 0n) continue;
    const s = (r + k * secret) % ed25519.Point.Fn.ORDER;
    const bytes = Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse();
    return { key, signature: concat(commitment, bytes), message };
  }
}

/** Whether curve25519-dalek decompresses it, by the square root alone. */
function isDalekPoint(bytes: Uint8Array): boolean {
  const { Fp } = ed25519.Point;
  const masked = bytes.slice();
  masked[31]! &= 0x7f;
  const y = Fp.create(BigInt(`0x${Buffer.from(masked.reverse()).toString("hex")}`));
  const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
  const y2 = Fp.sqr(y);
  try {
    Fp.sqrt(Fp.div(Fp.sub(y2, 1n), Fp.add(Fp.mul(y2, d), 1n)));
    return true;
  } catch {
    return false;
  }
}
