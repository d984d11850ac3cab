// Batches: the verdict of every signature equals that of the single function, whatever stands beside it.
import { ED25519_TORSION_SUBGROUP, ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
import { fromHex, loadCrypto, randomSource } from "./compile";
import { concat, isGood, mutate, Point, type Signed, signWithTorsion, smallOrderEncodings } from "./ed25519-reference";
import { rfc8032, speccheck } from "./ed25519-vectors";

let crypto: Awaited<ReturnType<typeof loadCrypto>>;
beforeAll(async () => {
  crypto = await loadCrypto();
});

/** Lays the batch out in memory, each signature and message at an odd address, and returns the verdicts. */
function verifyBatch(batch: Signed[]): boolean[] {
  const table = crypto.scratch;
  const verdicts = table + batch.length * 16;
  let at = verdicts + batch.length;
  for (const [i, { message, signature, publicKey }] of batch.entries()) {
    at |= 1;
    crypto.put(at, concat(publicKey, signature, message));
    new Uint32Array(crypto.wasm.memory.buffer).set([at + 96, message.length, at + 32, at], table / 4 + 4 * i);
    at += 96 + message.length;
  }
  expect(at).toBeLessThan(crypto.scratch + (1 << 20));
  crypto.put(verdicts, new Uint8Array(batch.length).fill(0xee));
  const good = crypto.wasm.ed25519VerifyBatch(table, batch.length, verdicts);
  const bytes = [...crypto.take(verdicts, batch.length)];
  expect(bytes.every((byte) => byte === 0 || byte === 1)).toBe(true);
  expect(good).toBe(bytes.filter((byte) => byte === 1).length);
  return bytes.map((byte) => byte === 1);
}

const single = ({ message, signature, publicKey }: Signed): boolean => {
  crypto.put(crypto.scratch, concat(publicKey, signature, message));
  return crypto.wasm.ed25519Verify(crypto.scratch + 96, message.length, crypto.scratch + 32, crypto.scratch) !== 0;
};

/** `count` good signatures by `signers` keys. */
function honest(count: number, signers: number, seed: number, length?: number): Signed[] {
  const random = randomSource(seed);
  const secrets = Array.from({ length: signers }, () => random(32));
  const keys = secrets.map((secret) => ed25519.getPublicKey(secret));
  return Array.from({ length: count }, (_, i) => {
    const message = random(length ?? (random(1)[0] as number));
    return {
      message,
      publicKey: keys[i % signers] as Uint8Array,
      signature: ed25519.sign(message, secrets[i % signers] as Uint8Array),
    };
  });
}

const spoil = (signed: Signed): Signed => ({ ...signed, message: concat(signed.message, Uint8Array.of(1)) });

it("takes an empty batch", () => {
  expect(verifyBatch([])).toEqual([]);
});

describe.each([1, 2, 3, 5, 8, 33])("a batch of %i", (count) => {
  const batch = honest(count, count, 100 + count);

  it("of good signatures is good", () => {
    expect(verifyBatch(batch)).toEqual(batch.map(() => true));
  });

  it("names the one bad signature at every position", () => {
    for (let bad = 0; bad < count; bad++) {
      expect(verifyBatch(batch.map((one, i) => (i === bad ? spoil(one) : one)))).toEqual(
        batch.map((_, i) => i !== bad),
      );
    }
  });

  it("names the one good signature at every position", () => {
    for (let good = 0; good < count; good += count > 8 ? 8 : 1) {
      expect(verifyBatch(batch.map((one, i) => (i === good ? one : spoil(one))))).toEqual(
        batch.map((_, i) => i === good),
      );
    }
  });

  it("of bad signatures is bad", () => {
    expect(verifyBatch(batch.map(spoil))).toEqual(batch.map(() => false));
  });
});

it("names every pair of bad signatures in a batch of ten", () => {
  const batch = honest(10, 4, 7);
  for (let a = 0; a < 10; a++) {
    for (let b = a + 1; b < 10; b++)
      expect(verifyBatch(batch.map((one, i) => (i === a || i === b ? spoil(one) : one)))).toEqual(
        batch.map((_, i) => i !== a && i !== b),
      );
  }
});

describe.each([
  [150, 150],
  [300, 300],
  [600, 600],
  [1100, 1100],
  [700, 5],
  [600, 1],
])("a large batch of %i signatures by %i signers", (count, signers) => {
  const batch = honest(count, signers, count, 40);

  it("is good twice, the second time with cached keys", () => {
    expect(verifyBatch(batch).every(Boolean)).toBe(true);
    expect(verifyBatch(batch).every(Boolean)).toBe(true);
  });

  it.each([[0], [count - 1], [count >> 1], [1, 2, 3], [0, 17, 99, 100, 101, count - 2]])(
    "names bad signatures among it (%s, ...)",
    (...bad) => {
      const set = new Set(bad);
      expect(verifyBatch(batch.map((one, i) => (set.has(i) ? spoil(one) : one)))).toEqual(
        batch.map((_, i) => !set.has(i)),
      );
    },
  );

  it("names them when every third is bad", () => {
    expect(verifyBatch(batch.map((one, i) => (i % 3 === 0 ? spoil(one) : one)))).toEqual(
      batch.map((_, i) => i % 3 !== 0),
    );
  });
});

it("gives published vectors, torsion and small-order cases the verdicts of the single function", () => {
  const torsion = ED25519_TORSION_SUBGROUP.map((bytes) => Point.fromHex(bytes));
  const vectors = [...rfc8032, ...speccheck];
  const cases: { signed: Signed; good: boolean }[] = vectors.map(({ publicKey, message, signature, accepted }) => ({
    signed: { publicKey: fromHex(publicKey), message: fromHex(message), signature: fromHex(signature) },
    good: accepted,
  }));
  for (const [i, a] of torsion.entries()) {
    for (const r of torsion)
      cases.push({ signed: signWithTorsion(99n + BigInt(i), 1234n, Uint8Array.of(i), a, r), good: true });
  }
  for (const publicKey of smallOrderEncodings()) {
    for (const r of smallOrderEncodings())
      cases.push({
        signed: { publicKey, message: Uint8Array.of(1, 2), signature: concat(r, new Uint8Array(32)) },
        good: false,
      });
  }
  expect(verifyBatch(cases.map(({ signed }) => signed))).toEqual(cases.map(({ good }) => good));
  for (const { signed, good } of cases.slice(0, 60)) {
    expect(verifyBatch([signed])).toEqual([good]);
    expect(single(signed)).toBe(good);
  }
});

it("agrees with the reference and the single function on random mixtures", () => {
  const random = randomSource(11);
  for (let run = 0; run < 12; run++) {
    const batch = honest(60, run % 2 === 0 ? 60 : 7, 500 + run).map((one) =>
      (random(1)[0] as number) < 20 * run ? mutate(one, random) : one,
    );
    const expected = batch.map(isGood);
    expect(verifyBatch(batch)).toEqual(expected);
    expect(batch.map(single)).toEqual(expected);
  }
});

it("does not let two bad signatures cancel each other", () => {
  // S + 1 and S - 1 with one key: a plain sum of the equations would hold.
  const [first, second] = honest(2, 1, 12, 10) as [Signed, Signed];
  const shift = (signed: Signed, by: number): Signed => {
    const signature = signed.signature.slice();
    signature[40] = (signature[40] as number) + by;
    return { ...signed, signature };
  };
  expect(verifyBatch([shift(first, 1), shift(second, -1)])).toEqual([false, false]);
  expect(verifyBatch([first, first, shift(first, 1), shift(first, -1), first])).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
});

it("gives a repeated signature the same verdict each time", () => {
  const [good] = honest(1, 1, 13) as [Signed];
  const bad = spoil(good);
  expect(verifyBatch([good, good, bad, good, bad, bad, good])).toEqual([true, true, false, true, false, false, true]);
});
