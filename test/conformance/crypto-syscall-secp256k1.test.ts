/** sol_secp256k1_recover as Agave answers and charges it. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
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

const FUZZ = Number(process.env.CRYPTO_FUZZ ?? 40);
const N = secp256k1.Point.Fn.ORDER;
const P = secp256k1.Point.Fp.ORDER;
const INVALID_RECOVERY_ID = 2n;
const INVALID_SIGNATURE = 3n;
const big = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, "0"));
const UNITS = AROUND + 25_000 + returnCost(64);

let recover: CryptoCall;
beforeAll(async () => {
  recover = await CryptoCall.create("sol_secp256k1_recover");
});

const recovered = (hash: Uint8Array, id: bigint | number, signature: Uint8Array): Answer =>
  recover.call([BLOB, id, BLOB + 32n, RESULT], concat(hash, signature), 64);

function signed(n: number, lowS = true) {
  const secret = keccak_256(Uint8Array.of(n));
  const hash = keccak_256(Uint8Array.of(n, 1));
  const bytes = secp256k1.sign(hash, secret, { prehash: false, format: "recovered", lowS });
  const key = secp256k1.getPublicKey(secret, false).slice(1);
  return { hash, id: bytes[0]!, signature: bytes.slice(1), key: Buffer.from(key).toString("hex") };
}

it("recovers keys, at its price", () => {
  for (let n = 0; n < 8; n++) {
    const { hash, id, signature, key } = signed(n, n % 2 === 0);
    expect(recovered(hash, id, signature)).toMatchObject({ r0: 0n, result: key, units: UNITS });
    const other = recovered(hash, id ^ 1, signature);
    expect(other.r0).toBe(0n);
    expect(other.result).not.toBe(key);
  }
});

it("answers 2 for a recovery id above 3, whatever the signature", () => {
  const { hash, signature } = signed(1);
  for (const id of [4, 27, 255, 256, 257, 2n ** 32n, 2n ** 64n - 1n]) {
    expect(recovered(hash, id, signature)).toMatchObject({
      r0: INVALID_RECOVERY_ID,
      units: UNITS,
      result: "00".repeat(64),
    });
    expect(recovered(hash, id, new Uint8Array(64)).r0).toBe(INVALID_RECOVERY_ID);
  }
});

it("answers 3 for r or s of zero or of the order and more, and for an r that is no coordinate", () => {
  const { hash, id, signature } = signed(1);
  const [r, s] = [signature.slice(0, 32), signature.slice(32)];
  for (const bad of [0n, N, N + 1n, P, 2n ** 256n - 1n]) {
    expect(recovered(hash, id, concat(big(bad), s)).r0).toBe(INVALID_SIGNATURE);
    expect(recovered(hash, id, concat(r, big(bad))).r0).toBe(INVALID_SIGNATURE);
  }
  expect(recovered(hash, 0, concat(big(5n), s)).r0).toBe(INVALID_SIGNATURE); // x = 5: no point
  for (const large of [2, 3]) expect(recovered(hash, large, signature).r0).toBe(INVALID_SIGNATURE);
  for (let x = 1n; x < 12n; x++) for (let k = 0; k < 4; k++) recovered(hash, k, concat(big(x), s));
  for (const x of [P - N - 1n, P - N, P - N + 1n]) for (let k = 0; k < 4; k++) recovered(hash, k, concat(big(x), s));
  recovered(hash, id, concat(r, big(N - 1n)));
});

it("takes hashes of the order and more modulo the order, and refuses what comes to infinity", () => {
  const { id, signature } = signed(1);
  for (const hash of [0n, 1n, N - 1n, N, N + 1n, 2n ** 256n - 1n]) recovered(big(hash), id, signature);
  // R = G, r = x of G: the key is r^-1 (s G - h G), which is infinity for s = h.
  const { x, y } = secp256k1.Point.BASE.toAffine();
  const r = big(x % N);
  expect(recovered(big(7n), Number(y & 1n), concat(r, big(7n))).r0).toBe(INVALID_SIGNATURE);
  expect(recovered(big(7n), Number(y & 1n), concat(r, big(8n))).r0).toBe(0n);
});

it("is stopped by memory that is not there, the result's place first, and by units it does not have", () => {
  const { hash, id, signature } = signed(1);
  const bytes = concat(hash, signature);
  expect(recover.call([NOWHERE, id, BLOB, NOWHERE + 7n], bytes, 0).r0).toBeNull();
  expect(recover.call([NOWHERE, id, NOWHERE + 1n, RESULT], bytes, 0).r0).toBeNull();
  expect(recover.call([BLOB, id, NOWHERE, RESULT], bytes, 0).r0).toBeNull();
  expect(recover.call([NOWHERE, 9, BLOB, RESULT], bytes, 0).r0).toBeNull();
  expect(recover.call([BLOB, id, BLOB + 32n, RESULT], bytes, 0, 20_000).r0).toBeNull();
  expect(recover.call([BLOB, id, BLOB + 32n, BLOB], bytes, 0).r0).toBe(0n);
});

it("answers like Agave to random hashes, ids and signatures", () => {
  const random = randomSource(25_000);
  for (let i = 0; i < FUZZ; i++) {
    const { id, signature } = signed(i % 200);
    const bytes = i % 3 ? signature : random(64);
    recovered(random(32), i % 5 ? id : i % 7, bytes);
  }
});
