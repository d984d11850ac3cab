/**
 * The curve bn254 (alt_bn128) with the encodings and checks of the crate solana-bn254 3.2.1, which reads and writes by arkworks'
 * ark-serialize. Both endiannesses; inside, everything is little-endian:
 *
 *   G1  x, y                 32 bytes each         big-endian: each number turned around (EIP-196)
 *   G2  x0, x1, y0, y1       x = x0 + x1 u         big-endian: x and y turned around as 64 bytes each, so x1 comes first (EIP-197)
 *   the top two bits of y (of x where compressed): 0x80 y is the larger of y and -y, 0x40 the point at infinity, both: malformed
 */
import { bn254 } from "@noble/curves/bn254.js";
import { bytesOf, isZero, numberFrom, turned } from "./bytes.ts";
import { Refused, refuseUnless } from "./refused.ts";

type Fp2 = { c0: bigint; c1: bigint };
const G1 = bn254.G1.Point;
const G2 = bn254.G2.Point;
type PointG1 = typeof G1.BASE;
type PointG2 = typeof G2.BASE;
const { Fp, Fp2 } = bn254.fields;

const LITTLE_ENDIAN = 0x80;
const FLAG_NEGATIVE = 0x80;
const FLAG_INFINITY = 0x40;

const little = (bytes: Uint8Array): bigint => numberFrom(bytes.slice().reverse());
const littleBytes = (value: bigint): Uint8Array => bytesOf(value, 32).reverse();

/** A number below p from 32 bytes, little-endian. */
function fieldElement(bytes: Uint8Array): bigint {
  const value = little(bytes);
  refuseUnless(value < Fp.ORDER);
  return value;
}

/** The same where flags may sit on top. */
function flagged(bytes: Uint8Array): { value: bigint; flags: number } {
  const flags = bytes[31]! & (FLAG_NEGATIVE | FLAG_INFINITY);
  refuseUnless(flags !== (FLAG_NEGATIVE | FLAG_INFINITY));
  const plain = bytes.slice();
  plain[31]! &= 0x3f;
  return { value: fieldElement(plain), flags };
}

function flaggedFp2(bytes: Uint8Array): { value: Fp2; flags: number } {
  const c0 = fieldElement(bytes.subarray(0, 32));
  const { value: c1, flags } = flagged(bytes.subarray(32, 64));
  return { value: { c0, c1 }, flags };
}

const fp2Bytes = ({ c0, c1 }: Fp2): Uint8Array => concat(littleBytes(c0), littleBytes(c1));

function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** y > -y, the larger one: by c1, then by c0. */
const isLarger = (y: bigint): boolean => y > Fp.neg(y);
function isLargerFp2(y: Fp2): boolean {
  const negative = Fp2.neg(y);
  return y.c1 === negative.c1 ? y.c0 > negative.c0 : y.c1 > negative.c1;
}

/** x and y as they are written; undefined: the point at infinity. Nothing is checked but the encoding. */
function affineG1(bytes: Uint8Array): { x: bigint; y: bigint } | undefined {
  if (isZero(bytes)) return undefined;
  const x = fieldElement(bytes.subarray(0, 32));
  const { value: y, flags } = flagged(bytes.subarray(32));
  return flags & FLAG_INFINITY ? undefined : { x, y };
}

function affineG2(bytes: Uint8Array): { x: Fp2; y: Fp2 } | undefined {
  if (isZero(bytes)) return undefined;
  const x = { c0: fieldElement(bytes.subarray(0, 32)), c1: fieldElement(bytes.subarray(32, 64)) };
  const { value: y, flags } = flaggedFp2(bytes.subarray(64));
  return flags & FLAG_INFINITY ? undefined : { x, y };
}

const cubeG1 = (x: bigint): bigint => Fp.add(Fp.mul(Fp.sqr(x), x), 3n);
const cubeG2 = (x: Fp2): Fp2 => Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.CURVE().b as Fp2);

/** A point of the curve; its order is the group's. */
function pointG1(bytes: Uint8Array): PointG1 {
  const affine = affineG1(bytes);
  if (!affine) return G1.ZERO;
  refuseUnless(Fp.eql(Fp.sqr(affine.y), cubeG1(affine.x)));
  return G1.fromAffine(affine);
}

/** A point of the twist; `inGroup`: of the group of order r. */
function pointG2(bytes: Uint8Array, inGroup: boolean): PointG2 {
  const affine = affineG2(bytes);
  if (!affine) return G2.ZERO;
  refuseUnless(Fp2.eql(Fp2.sqr(affine.y), cubeG2(affine.x)));
  const point = G2.fromAffine(affine);
  refuseUnless(!inGroup || point.isTorsionFree());
  return point;
}

function bytesG1(point: PointG1): Uint8Array {
  if (point.is0()) return new Uint8Array(64);
  const { x, y } = point.toAffine();
  return concat(littleBytes(x), littleBytes(y));
}

function bytesG2(point: PointG2): Uint8Array {
  if (point.is0()) return new Uint8Array(128);
  const { x, y } = point.toAffine();
  return concat(fp2Bytes(x), fp2Bytes(y));
}

/** A whole number of 256 bits, not reduced by the caller. */
const scalar = (bytes: Uint8Array): bigint => little(bytes) % bn254.fields.Fr.ORDER;

function pairingIsOne(input: Uint8Array): Uint8Array {
  const pairs: { g1: PointG1; g2: PointG2 }[] = [];
  for (let at = 0; at < input.length; at += 192) {
    const g1 = pointG1(input.subarray(at, at + 64));
    const g2 = pointG2(input.subarray(at + 64, at + 192), true);
    if (!g1.is0() && !g2.is0()) pairs.push({ g1, g2 });
  }
  const { Fp12 } = bn254.fields;
  return littleBytes(Fp12.eql(bn254.pairingBatch(pairs), Fp12.ONE) ? 1n : 0n);
}

/** Little-endian operations on whole inputs, by the numbers of sol_alt_bn128_group_op. */
function group(operation: number, input: Uint8Array): Uint8Array | undefined {
  switch (operation) {
    case 0:
      return bytesG1(pointG1(input.subarray(0, 64)).add(pointG1(input.subarray(64))));
    case 2:
      return bytesG1(pointG1(input.subarray(0, 64)).multiplyUnsafe(scalar(input.subarray(64))));
    case 3:
      return pairingIsOne(input);
    case 4:
      return bytesG2(pointG2(input.subarray(0, 128), false).add(pointG2(input.subarray(128), false)));
    case 6:
      return bytesG2(pointG2(input.subarray(0, 128), true).multiplyUnsafe(scalar(input.subarray(128))));
    default:
      return undefined;
  }
}

/** Bytes of an input, by operation; of pairings a multiple. */
const INPUT_SIZE: Record<number, number> = { 0: 128, 2: 96, 3: 192, 4: 256, 6: 160 };

/**
 * sol_alt_bn128_group_op: 0 G1 add, 2 G1 multiply, 3 pairing check, 4 G2 add, 6 G2 multiply, | 0x80 little-endian. A shorter big-endian
 * input of operations 0 and 2 is filled up with zeros.
 */
export function bn254Group(operation: number, bytes: Uint8Array): Uint8Array | undefined {
  const isLittle = (operation & LITTLE_ENDIAN) !== 0;
  const base = operation & ~LITTLE_ENDIAN;
  const size = INPUT_SIZE[base];
  if (size === undefined) return undefined;
  let input = bytes;
  if (base === 3) refuseUnless(bytes.length % size === 0);
  else if (isLittle || base > 3) refuseUnless(bytes.length === size);
  else refuseUnless(bytes.length <= size);
  if (!isLittle) {
    input = new Uint8Array(base === 3 ? bytes.length : size);
    input.set(bytes);
    input = littleEndian(base, input);
  }
  const result = group(base, input);
  if (result === undefined || isLittle) return result;
  return turned(result, base >= 4 ? 64 : 32);
}

/** Coordinates of G2 are turned around as 64 bytes, all other numbers as 32. */
function littleEndian(operation: number, input: Uint8Array): Uint8Array {
  if (operation < 3) return turned(input, 32);
  if (operation === 4) return turned(input, 64);
  if (operation === 6) return concat(turned(input.subarray(0, 128), 64), turned(input.subarray(128), 32));
  const parts: Uint8Array[] = [];
  for (let at = 0; at < input.length; at += 192) {
    parts.push(turned(input.subarray(at, at + 64), 32), turned(input.subarray(at + 64, at + 192), 64));
  }
  return concat(...parts);
}

/** The bytes of x, with the flags of y on top; undefined: the point at infinity, whose flag is written. */
function withFlags(x: Uint8Array | undefined, larger: boolean, size: number): Uint8Array {
  const out = x ?? new Uint8Array(size);
  if (x === undefined) out[size - 1]! |= FLAG_INFINITY;
  else if (larger) out[size - 1]! |= FLAG_NEGATIVE;
  return out;
}

/** Neither compression nor its reverse asks for a point of the group; compression not even for one of the curve. */
function compression(operation: number, input: Uint8Array): Uint8Array | undefined {
  switch (operation) {
    case 0: {
      const affine = affineG1(input);
      return withFlags(affine && littleBytes(affine.x), affine !== undefined && isLarger(affine.y), 32);
    }
    case 1: {
      const { value: x, flags } = flagged(input);
      if (flags & FLAG_INFINITY) return new Uint8Array(64);
      const y = squareRoot(() => Fp.sqrt(cubeG1(x)));
      return concat(littleBytes(x), littleBytes(isLarger(y) === (flags & FLAG_NEGATIVE) > 0 ? y : Fp.neg(y)));
    }
    case 2: {
      const affine = affineG2(input);
      return withFlags(affine && fp2Bytes(affine.x), affine !== undefined && isLargerFp2(affine.y), 64);
    }
    case 3: {
      const { value: x, flags } = flaggedFp2(input);
      if (flags & FLAG_INFINITY) return new Uint8Array(128);
      const y = squareRoot(() => Fp2.sqrt(cubeG2(x)));
      return concat(fp2Bytes(x), fp2Bytes(isLargerFp2(y) === (flags & FLAG_NEGATIVE) > 0 ? y : Fp2.neg(y)));
    }
    default:
      return undefined;
  }
}

function squareRoot<T>(root: () => T): T {
  try {
    return root();
  } catch {
    throw new Refused();
  }
}

/** Bytes in and out. */
const COMPRESSION_SIZE: Record<number, [number, number]> = { 0: [64, 32], 1: [32, 64], 2: [128, 64], 3: [64, 128] };

/** sol_alt_bn128_compression: 0 compress G1, 1 decompress G1, 2 compress G2, 3 decompress G2, | 0x80 little-endian. Zeros stay zeros. */
export function bn254Compression(operation: number, bytes: Uint8Array): Uint8Array | undefined {
  const isLittle = (operation & LITTLE_ENDIAN) !== 0;
  const base = operation & ~LITTLE_ENDIAN;
  const sizes = COMPRESSION_SIZE[base];
  if (sizes === undefined) return undefined;
  refuseUnless(bytes.length === sizes[0]);
  if (isZero(bytes)) return new Uint8Array(sizes[1]);
  const chunk = base >= 2 ? 64 : 32;
  const result = compression(base, isLittle ? bytes : turned(bytes, chunk));
  if (result === undefined || isLittle) return result;
  return turned(result, chunk);
}
