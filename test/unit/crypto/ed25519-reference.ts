// The signature rule written a second time, slowly, over @noble/curves points; and makers of signatures, good and bad.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

export const { Point } = ed25519;
export type NoblePoint = InstanceType<typeof Point>;
export const L = Point.Fn.ORDER;
export const P = Point.Fp.ORDER;

export interface Signed {
  message: Uint8Array;
  signature: Uint8Array;
  publicKey: Uint8Array;
}

export const toNumber = (bytes: Uint8Array): bigint => bytes.reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n);
export const toBytes = (value: bigint, length = 32): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
export const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const times = (point: NoblePoint, scalar: bigint): NoblePoint => point.multiplyUnsafe(scalar % L);
export const challenge = (r: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint =>
  toNumber(sha512(concat(r, publicKey, message))) % L;

function decode(bytes: Uint8Array): NoblePoint | undefined {
  try {
    const point = Point.fromBytes(bytes, false); // strict: y < p, no minus zero
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
}

/** The rule of the design: canonical A and R not of small order, S < L, [8][S]B = [8]R + [8][k]A. */
export function isGood({ message, signature, publicKey }: Signed): boolean {
  const a = decode(publicKey);
  const r = decode(signature.slice(0, 32));
  const s = toNumber(signature.slice(32));
  if (!a || !r || s >= L) return false;
  const k = challenge(signature.slice(0, 32), publicKey, message);
  return times(Point.BASE, s).subtract(r).subtract(times(a, k)).clearCofactor().is0();
}

/** Signs with a secret scalar and any torsion points added to A and R: good by the cofactored equation only. */
export function signWithTorsion(
  secret: bigint,
  nonce: bigint,
  message: Uint8Array,
  torsionA: NoblePoint,
  torsionR: NoblePoint,
): Signed {
  const publicKey = times(Point.BASE, secret).add(torsionA).toBytes();
  const r = times(Point.BASE, nonce).add(torsionR).toBytes();
  const s = (nonce + challenge(r, publicKey, message) * secret) % L;
  return { message, publicKey, signature: concat(r, toBytes(s)) };
}

/** One of many ways to break or bend a signature; some leave it good. */
export function mutate(signed: Signed, random: (length: number) => Uint8Array): Signed {
  const [kind, at, bit] = random(3) as unknown as [number, number, number];
  const flip = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, i) => (i === at % bytes.length ? byte ^ (1 << (bit & 7)) : byte));
  const r = signed.signature.slice(0, 32);
  const s = signed.signature.slice(32);
  switch (kind % 12) {
    case 0:
      return { ...signed, signature: flip(signed.signature) };
    case 1:
      return { ...signed, publicKey: flip(signed.publicKey) };
    case 2:
      return { ...signed, message: signed.message.length > 0 ? flip(signed.message) : Uint8Array.of(0) };
    case 3:
      return { ...signed, signature: concat(r, toBytes(toNumber(s) + L)) }; // the same S modulo L
    case 4:
      return { ...signed, signature: concat(r, toBytes(L - toNumber(s))) };
    case 5:
      return { ...signed, signature: concat(r, random(32)) };
    case 6:
      return { ...signed, signature: concat(random(32), s) };
    case 7:
      return { ...signed, signature: concat(toBytes(P + BigInt(at % 19)), s) }; // not canonical
    case 8:
      return { ...signed, publicKey: toBytes(P + BigInt(at % 19) + (BigInt(bit & 1) << 255n)) };
    case 9:
      return { ...signed, signature: concat(r, toBytes(0n)) };
    case 10:
      return { ...signed, publicKey: Point.fromBytes(signed.publicKey).negate().toBytes() };
    default:
      return signed;
  }
}

/** The eight torsion points in every encoding zip215 decodes: the 14 of ZIP-215's test vectors. */
export function smallOrderEncodings(): Uint8Array[] {
  const found: Uint8Array[] = [];
  const ys = new Set<bigint>([0n, 1n, P - 1n, P, P + 1n]);
  let torsion = Point.ZERO;
  const generator = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
  for (let i = 0; i < 8; i++) {
    ys.add(torsion.toAffine().y);
    torsion = torsion.add(generator);
  }
  for (const y of ys) {
    for (const sign of [0n, 1n]) found.push(toBytes(y + (sign << 255n)));
  }
  return found;
}
