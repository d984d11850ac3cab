/**
 * Reads bincode, little-endian, from a range of bytes. What would be read beyond its end is zero, and the range is then `broken`;
 * so is one whose tags or numbers are not well-formed.
 */
import { isUtf8 } from "../../runtime/context";

const zeros: usize = memory.data(256, 8);
let at: usize = 0;
let end: usize = 0;
let broken: bool = false;

export function readerOpen(from: usize, len: u32): void {
  at = from;
  end = from + len;
  broken = false;
}
export function readerBroken(): bool {
  return broken;
}

/** `n` bytes (at most 256 where the range may be too short), as a pointer into the range. */
export function take(n: u32): usize {
  if (<usize>n > end - at) {
    broken = true;
    at = end;
    return zeros;
  }
  const p = at;
  at += n;
  return p;
}
export function takeU8(): u32 {
  return load<u8>(take(1));
}
export function takeU16(): u32 {
  return load<u16>(take(2));
}
export function takeU32(): u32 {
  return load<u32>(take(4));
}
export function takeU64(): u64 {
  return load<u64>(take(8));
}

/** The tag of an Option, or a bool. */
export function takeBool(): bool {
  const tag = takeU8();
  if (tag > 1) broken = true;
  return tag == 1;
}

/** The u64 length of a list with elements of `size` bytes, which are all there, or 0. */
export function takeCount(size: u32): u32 {
  const n = takeU64();
  if (n > <u64>(end - at) / <u64>size) {
    broken = true;
    return 0;
  }
  return <u32>n;
}

/** Length of a string, whose bytes are then taken with `take`; they are UTF-8. */
export function takeStringLength(): u32 {
  const n = takeCount(1);
  if (!isUtf8(at, n)) broken = true;
  return broken ? 0 : n;
}

/** solana-sdk short-vec/src/lib.rs: at most three bytes of 7 bits, no needless zero byte, at most 65,535. */
export function takeShortLength(): u32 {
  let value: u32 = 0;
  for (let i: u32 = 0; i < 3; i++) {
    const byte = takeU8();
    if (!byte && i) broken = true;
    value |= (byte & 0x7f) << (7 * i);
    if (!(byte & 0x80)) {
      if (value > 0xffff) broken = true;
      return broken ? 0 : value;
    }
  }
  broken = true;
  return 0;
}

/** solana-sdk serde-varint/src/lib.rs: 7 bits a byte, lowest first, no needless zero byte, no bit beyond 64. */
export function takeVarint(): u64 {
  let value: u64 = 0;
  for (let shift: u64 = 0; shift < 64; shift += 7) {
    const byte: u64 = takeU8();
    value |= (byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    if (value >> shift != byte || (!byte && shift)) broken = true;
    return value;
  }
  broken = true;
  return 0;
}

/** The bytes say what cannot be. */
export function readerBreak(): void {
  broken = true;
}
