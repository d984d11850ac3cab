/** Bytes of the encodings: chunks turned around (big-endian to little-endian and back), zeros. */

/** out = the `len` bytes at `from`, the bytes of every chunk of `size` turned around; the two do not overlap. */
export function turned(out: usize, from: usize, len: u32, size: u32): void {
  for (let at: u32 = 0; at < len; at += size) {
    for (let i: u32 = 0; i < size; i++) store<u8>(out + at + i, load<u8>(from + at + size - 1 - i));
  }
}

export function allZero(at: usize, len: u32): bool {
  for (let i: u32 = 0; i < len; i++) if (load<u8>(at + i)) return false;
  return true;
}
