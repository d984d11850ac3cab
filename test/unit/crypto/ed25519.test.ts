// One signature at a time: published vectors, small-order and torsion cases, and differential runs against the rule
// written over @noble/curves.
import { ED25519_TORSION_SUBGROUP, ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
import { fromHex, hex, loadCrypto, randomSource } from "./compile";
import {
  concat,
  isGood,
  L,
  mutate,
  P,
  Point,
  type Signed,
  signWithTorsion,
  smallOrderEncodings,
  toBytes,
  toNumber,
} from "./ed25519-reference";
import { rfc8032, speccheck } from "./ed25519-vectors";

let crypto: Awaited<ReturnType<typeof loadCrypto>>;
beforeAll(async () => {
  crypto = await loadCrypto();
});

const verify = ({ message, signature, publicKey }: Signed): boolean => {
  crypto.put(crypto.scratch, concat(publicKey, signature, message));
  return crypto.wasm.ed25519Verify(crypto.scratch + 96, message.length, crypto.scratch + 32, crypto.scratch) !== 0;
};
const describeSigned = (s: Signed): string => `A ${hex(s.publicKey)} sig ${hex(s.signature)} msg ${hex(s.message)}`;

describe.each([
  ["RFC 8032", rfc8032],
  ["Taming the many EdDSAs", speccheck],
])("%s", (_, vectors) => {
  it.each(vectors)("$name", ({ publicKey, message, signature, accepted }) => {
    const signed = { publicKey: fromHex(publicKey), message: fromHex(message), signature: fromHex(signature) };
    expect(isGood(signed)).toBe(accepted);
    expect(verify(signed)).toBe(accepted);
  });
});

it("refuses all 196 combinations of small-order A and R (ZIP-215's cases: S = 0)", () => {
  const encodings = smallOrderEncodings();
  expect(new Set(encodings.map(hex)).size).toBe(14);
  for (const publicKey of encodings) {
    for (const r of encodings) {
      expect(
        verify({ publicKey, message: new TextEncoder().encode("Zcash"), signature: concat(r, new Uint8Array(32)) }),
      ).toBe(false);
    }
  }
});

it("accepts torsion added to A and R, unless it makes them small", () => {
  const torsion = ED25519_TORSION_SUBGROUP.map((bytes) => Point.fromHex(bytes));
  for (const [i, a] of torsion.entries()) {
    for (const r of torsion) {
      const signed = signWithTorsion(12345n + BigInt(i), 6789n, Uint8Array.of(i), a, r);
      expect(isGood(signed)).toBe(true);
      expect(verify(signed), describeSigned(signed)).toBe(true);
    }
  }
  expect(
    verify(
      signWithTorsion(
        0n,
        6789n,
        Uint8Array.of(1),
        torsion[1] as (typeof torsion)[0],
        torsion[0] as (typeof torsion)[0],
      ),
    ),
  ).toBe(false);
  expect(
    verify(
      signWithTorsion(5n, 0n, Uint8Array.of(1), torsion[0] as (typeof torsion)[0], torsion[1] as (typeof torsion)[0]),
    ),
  ).toBe(false);
});

it("takes S in [0, L) and nothing else", () => {
  for (let nonce = 1n; nonce <= 8n; nonce++) {
    const signed = signWithTorsion(77n, nonce, Uint8Array.of(3), Point.ZERO, Point.ZERO);
    const r = signed.signature.slice(0, 32);
    const s = toNumber(signed.signature.slice(32));
    expect(verify(signed)).toBe(true);
    // Every other number below 2^256 that is S modulo L satisfies the equation, and is refused all the same.
    for (let other = s + L; other < 1n << 256n; other += L) {
      expect(verify({ ...signed, signature: concat(r, toBytes(other)) })).toBe(false);
    }
    for (const other of [0n, L - 1n, L, L + 1n, (1n << 255n) - 1n, (1n << 256n) - 1n]) {
      expect(verify({ ...signed, signature: concat(r, toBytes(other)) })).toBe(false);
    }
  }
});

it("agrees with the reference on messages of many lengths, and on mutations", () => {
  const random = randomSource(6);
  let good = 0;
  let bad = 0;
  for (let run = 0; run < 600; run++) {
    const secret = random(32);
    const message = random(run < 150 ? run * 2 : (random(1)[0] as number));
    const honest: Signed = {
      message,
      publicKey: ed25519.getPublicKey(secret),
      signature: ed25519.sign(message, secret),
    };
    const signed = run < 150 ? honest : mutate(honest, random);
    const expected = run < 150 ? true : isGood(signed);
    if (expected) good++;
    else bad++;
    expect(verify(signed), describeSigned(signed)).toBe(expected);
  }
  expect(good).toBeGreaterThan(150);
  expect(bad).toBeGreaterThan(300);
});

it("agrees with the reference on keys and R with y near 0 and near p", () => {
  const random = randomSource(7);
  for (let i = 0n; i < 40n; i++) {
    for (const y of [i, P - 20n + i].filter((value) => value < 1n << 255n)) {
      const encoding = toBytes(y + ((i & 1n) << 255n));
      const signature = concat(random(32), toBytes(i));
      for (const signed of [
        { message: random(5), publicKey: encoding, signature },
        {
          message: random(5),
          publicKey: signWithTorsion(3n, 4n, Uint8Array.of(), Point.ZERO, Point.ZERO).publicKey,
          signature: concat(encoding, toBytes(i)),
        },
      ]) {
        expect(verify(signed), describeSigned(signed)).toBe(isGood(signed));
      }
    }
  }
});
