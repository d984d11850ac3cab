/** Whole numbers and bytes, big-endian. */
export function numberFrom(bytes: Uint8Array): bigint {
  let text = "0x0";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return BigInt(text);
}

/** `length` bytes of a number below 256^length. */
export function bytesOf(value: bigint, length: number): Uint8Array {
  const text = value.toString(16).padStart(length * 2, "0");
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** A copy with the bytes of every chunk of `size` turned around: big-endian to little-endian and back. */
export function turned(bytes: Uint8Array, size: number): Uint8Array {
  const out = bytes.slice();
  for (let at = 0; at < out.length; at += size) out.subarray(at, at + size).reverse();
  return out;
}

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
