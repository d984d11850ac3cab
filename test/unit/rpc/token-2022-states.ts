/** Token-2022 account data with extensions, as the program writes them. */
import { concatBytes } from "../../../shared/protocol/bytes.ts";

/** u16 type, u16 length, value. */
export function entry(type: number, ...parts: readonly (number | ArrayLike<number>)[]): Uint8Array {
  const value = Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : Array.from(part))));
  const head = new DataView(new ArrayBuffer(4));
  head.setUint16(0, type, true);
  head.setUint16(2, value.length, true);
  return concatBytes(new Uint8Array(head.buffer), value);
}

/** The base padded to an account's 165 bytes, the type (1 mint, 2 account), entries. */
export function extended(base: Uint8Array, type: number, ...entries: readonly Uint8Array[]): Uint8Array {
  const padded = new Uint8Array(166);
  padded.set(base);
  padded[165] = type;
  return concatBytes(padded, ...entries);
}

function number(size: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  write(view);
  return new Uint8Array(view.buffer);
}
export const u16 = (value: number) => number(2, (view) => view.setUint16(0, value, true));
export const i16 = (value: number) => number(2, (view) => view.setInt16(0, value, true));
export const u32 = (value: number) => number(4, (view) => view.setUint32(0, value, true));
export const u64 = (value: bigint | number) => number(8, (view) => view.setBigUint64(0, BigInt(value), true));
export const i64 = (value: bigint | number) => number(8, (view) => view.setBigInt64(0, BigInt(value), true));
export const f64 = (value: number) => number(8, (view) => view.setFloat64(0, value, true));
export const key = (fill: number) => new Uint8Array(32).fill(fill);
export const borshText = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return concatBytes(u32(bytes.length), bytes);
};

export const interestBearing = (initialized: bigint, before: number, updated: bigint, now: number) =>
  entry(10, key(4), i64(initialized), i16(before), i64(updated), i16(now));
export const scaledUiAmount = (multiplier: number, effective: bigint, next: number) =>
  entry(25, key(4), f64(multiplier), i64(effective), f64(next));
