/** Who signed what in a transaction's wire bytes, for those who check it themselves. */

const V0_PREFIX = 0x80;
const V1_PREFIX = 0x81;
/** SIMD-0385: prefix, header, config mask, blockhash, counts of instructions and of addresses; then the addresses, and signatures last. */
const V1_COUNT_OF_KEYS = 41;
const V1_KEYS = 42;
const SIGNATURE = 64;
const KEY = 32;
/** Of a compact number of two bytes: what the first one adds. */
const MORE = 0x80;

export interface Signed {
  readonly message: Uint8Array;
  /** One for each signature, in order. */
  readonly signers: readonly { readonly key: Uint8Array; readonly signature: Uint8Array }[];
}

function part(bytes: Uint8Array, from: number, length: number): Uint8Array {
  if (from < 0 || from + length > bytes.length) throw new RangeError("a transaction is cut short");
  return bytes.subarray(from, from + length);
}

function pairs(bytes: Uint8Array, count: number, keys: number, signatures: number): Signed["signers"] {
  if (count === 0) throw new RangeError("a transaction has no signature");
  return Array.from({ length: count }, (_, i) => ({
    key: part(bytes, keys + i * KEY, KEY),
    signature: part(bytes, signatures + i * SIGNATURE, SIGNATURE),
  }));
}

/** Throws RangeError where the bytes are no transaction. */
export function signedParts(wire: Uint8Array): Signed {
  if (wire[0] === V1_PREFIX) {
    const count = wire[1]!;
    const end = wire.length - count * SIGNATURE;
    if (wire[V1_COUNT_OF_KEYS]! < count) throw new RangeError("a transaction has fewer keys than signatures");
    return { message: part(wire, 0, end), signers: pairs(wire, count, V1_KEYS, end) };
  }
  const count = wire[0]!;
  const start = 1 + count * SIGNATURE;
  const header = start + ((wire[start]! & V0_PREFIX) === 0 ? 0 : 1);
  if (wire[header] !== count) throw new RangeError("a transaction has not as many signatures as its message asks for");
  const ofKeys = header + 3;
  const keys = ofKeys + ((wire[ofKeys]! & MORE) === 0 ? 1 : 2);
  return { message: part(wire, start, wire.length - start), signers: pairs(wire, count, keys, 1) };
}
