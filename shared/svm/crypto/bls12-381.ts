/**
 * The curve BLS12-381 with the encodings and checks of the crate solana-bls12-381-syscall 0.1.1 (SIMD-0388), which stands on blst.
 *
 *   Big-endian: the Zcash encoding: coordinates of 48 bytes, x of G2 as x1, x0, flags in the first byte:
 *   0x80 compressed, 0x40 infinity (everything else is 0), 0x20 y is the larger of y and -y (compressed only).
 *   Little-endian: every coordinate (48 bytes in G1, 96 in G2) turned around, so that the flags are in the last byte of x.
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bytesOf, isZero, numberFrom, turned } from "./bytes.ts";
import { orRefuse, refuseUnless } from "./refused.ts";

type Fp2 = { c0: bigint; c1: bigint };
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
type PointG1 = typeof G1.BASE;
type PointG2 = typeof G2.BASE;
const { Fp, Fp2, Fr } = bls12_381.fields;

const FLAG_COMPRESSED = 0x80;
const FLAG_INFINITY = 0x40;
const FLAG_LARGER = 0x20;

/** A number below p from 48 bytes. */
function fieldElement(bytes: Uint8Array): bigint {
  const value = numberFrom(bytes);
  refuseUnless(value < Fp.ORDER);
  return value;
}

/** x1, x0. */
const fp2Element = (bytes: Uint8Array): Fp2 => ({
  c1: fieldElement(bytes.subarray(0, 48)),
  c0: fieldElement(bytes.subarray(48, 96)),
});

/** Whether big-endian bytes are the point at infinity, which has one encoding. */
function isInfinity(bytes: Uint8Array, compressed: boolean): boolean {
  const flags = bytes[0]!;
  if (!(flags & FLAG_INFINITY)) return false;
  refuseUnless(flags === (FLAG_INFINITY | (compressed ? FLAG_COMPRESSED : 0)) && isZero(bytes.subarray(1)));
  return true;
}

/** A point of the curve with x != 0, as blst reads it; `inGroup`: of the group of order r. */
function pointG1(bytes: Uint8Array, inGroup: boolean): PointG1 {
  refuseUnless(!(bytes[0]! & (FLAG_COMPRESSED | FLAG_LARGER)));
  if (isInfinity(bytes, false)) return G1.ZERO;
  const [x, y] = [fieldElement(bytes.subarray(0, 48)), fieldElement(bytes.subarray(48))];
  refuseUnless(x !== 0n && Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(Fp.sqr(x), x), 4n)));
  const point = G1.fromAffine({ x, y });
  refuseUnless(!inGroup || point.isTorsionFree());
  return point;
}

function pointG2(bytes: Uint8Array, inGroup: boolean): PointG2 {
  refuseUnless(!(bytes[0]! & (FLAG_COMPRESSED | FLAG_LARGER)));
  if (isInfinity(bytes, false)) return G2.ZERO;
  const [x, y] = [fp2Element(bytes.subarray(0, 96)), fp2Element(bytes.subarray(96))];
  const cube = Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.CURVE().b as Fp2);
  refuseUnless((x.c0 !== 0n || x.c1 !== 0n) && Fp2.eql(Fp2.sqr(y), cube));
  const point = G2.fromAffine({ x, y });
  refuseUnless(!inGroup || point.isTorsionFree());
  return point;
}

function bytesG1(point: PointG1): Uint8Array {
  const out = new Uint8Array(96);
  if (point.is0()) {
    out[0] = FLAG_INFINITY;
    return out;
  }
  const { x, y } = point.toAffine();
  out.set(bytesOf(x, 48));
  out.set(bytesOf(y, 48), 48);
  return out;
}

function bytesG2(point: PointG2): Uint8Array {
  const out = new Uint8Array(192);
  if (point.is0()) {
    out[0] = FLAG_INFINITY;
    return out;
  }
  const { x, y } = point.toAffine();
  for (const [i, c] of [x.c1, x.c0, y.c1, y.c0].entries()) out.set(bytesOf(c, 48), i * 48);
  return out;
}

/** From the compressed encoding, in the group. */
function decompress<P extends PointG1 | PointG2>(bytes: Uint8Array, zero: P, fromBytes: (bytes: Uint8Array) => P): P {
  refuseUnless((bytes[0]! & FLAG_COMPRESSED) !== 0);
  if (isInfinity(bytes, true)) return zero;
  return orRefuse(() => {
    const point = fromBytes(bytes);
    if (!point.isTorsionFree()) throw new Error();
    return point;
  });
}

/** A number below r from 32 bytes. */
function scalar(bytes: Uint8Array): bigint {
  const value = numberFrom(bytes);
  refuseUnless(value < Fr.ORDER);
  return value;
}

/** e(P1, Q1) ... e(Pn, Qn), all P first. */
function pairing(input: Uint8Array): Uint8Array {
  const n = input.length / 288;
  refuseUnless(n <= 8);
  const pairs: { g1: PointG1; g2: PointG2 }[] = [];
  for (let i = 0; i < n; i++) {
    const g1 = pointG1(input.subarray(i * 96, i * 96 + 96), true);
    const g2 = pointG2(input.subarray(n * 96 + i * 192, n * 96 + i * 192 + 192), true);
    if (!g1.is0() && !g2.is0()) pairs.push({ g1, g2 });
  }
  const gt = bls12_381.pairingBatch(pairs);
  const out = new Uint8Array(576);
  const parts = [gt.c0, gt.c1].flatMap((six) => [six.c0, six.c1, six.c2]).flatMap((two) => [two.c0, two.c1]);
  for (const [i, c] of parts.entries()) out.set(bytesOf(c, 48), (11 - i) * 48);
  return out;
}

/** What the system calls ask for; add 8 for G2, 0x80 for big-endian (the flag is the other way round than that of bn254). */
const VALIDATE = 0;
const ADD = 1;
const SUBTRACT = 2;
const MULTIPLY = 3;
const DECOMPRESS = 4;
const PAIRING = 5;
const IN_G2 = 8;
const BIG_ENDIAN = 0x80;

function onG1(operation: number, input: Uint8Array): Uint8Array | undefined {
  const [left, right] = [input.subarray(0, 96), input.subarray(96)];
  switch (operation) {
    case VALIDATE:
      pointG1(input, true);
      return new Uint8Array(0);
    case ADD:
      return bytesG1(pointG1(left, false).add(pointG1(right, false)));
    case SUBTRACT:
      return bytesG1(pointG1(left, false).subtract(pointG1(right, false)));
    case MULTIPLY:
      return bytesG1(pointG1(left, true).multiplyUnsafe(scalar(right)));
    case DECOMPRESS:
      return bytesG1(decompress(input, G1.ZERO, G1.fromBytes));
    default:
      return undefined;
  }
}

function onG2(operation: number, input: Uint8Array): Uint8Array | undefined {
  const [left, right] = [input.subarray(0, 192), input.subarray(192)];
  switch (operation) {
    case VALIDATE:
      pointG2(input, true);
      return new Uint8Array(0);
    case ADD:
      return bytesG2(pointG2(left, false).add(pointG2(right, false)));
    case SUBTRACT:
      return bytesG2(pointG2(left, false).subtract(pointG2(right, false)));
    case MULTIPLY:
      return bytesG2(pointG2(left, true).multiplyUnsafe(scalar(right)));
    case DECOMPRESS:
      return bytesG2(decompress(input, G2.ZERO, G2.fromBytes));
    default:
      return undefined;
  }
}

/** The coordinates, turned around; a scalar (behind the point) too. */
function bigEndian(operation: number, input: Uint8Array): Uint8Array {
  const out = input.slice();
  if ((operation & ~IN_G2) === PAIRING) {
    const n = input.length / 288;
    out.set(turned(input.subarray(0, n * 96), 48));
    out.set(turned(input.subarray(n * 96), 96), n * 96);
    return out;
  }
  const coordinate = operation & IN_G2 ? 96 : 48;
  if ((operation & ~IN_G2) !== MULTIPLY) return turned(input, coordinate);
  out.set(turned(input.subarray(0, 2 * coordinate), coordinate));
  out.set(turned(input.subarray(2 * coordinate), 32), 2 * coordinate);
  return out;
}

const INPUT_SIZE: Record<number, number> = { [VALIDATE]: 2, [ADD]: 4, [SUBTRACT]: 4, [MULTIPLY]: 2, [DECOMPRESS]: 1 };

/**
 * Operations as above on points, or a point and a scalar of 32 bytes; pairing: n points of G1, then n of G2, and out comes the product,
 * 576 bytes (twelve numbers, the constant one first; big-endian: all turned around).
 */
export function bls12381(operation: number, bytes: Uint8Array): Uint8Array | undefined {
  const isBig = (operation & BIG_ENDIAN) !== 0;
  const low = operation & ~BIG_ENDIAN;
  const base = low & ~IN_G2;
  const coordinate = low & IN_G2 ? 96 : 48;
  if (base === PAIRING) {
    if (bytes.length % 288 !== 0 || low & IN_G2) return undefined;
  } else if (bytes.length !== (INPUT_SIZE[base] ?? 0) * coordinate + (base === MULTIPLY ? 32 : 0)) {
    return undefined;
  }
  const input = isBig ? bytes : bigEndian(low, bytes);
  const result = base === PAIRING ? pairing(input) : low & IN_G2 ? onG2(base, input) : onG1(base, input);
  if (result === undefined || isBig) return result;
  return base === PAIRING ? result.reverse() : turned(result, coordinate);
}
