/** Numbers as people read them. */

/** Characters of a u64, at most. */
export const NUMBER_TEXT: u32 = 20;

/** Writes `v` in decimal to `out` (NUMBER_TEXT bytes); how many characters. */
export function decimalText(v: u64, out: usize): u32 {
  let length: u32 = 1;
  for (let rest = v / 10; rest; rest /= 10) length += 1;
  for (let at = out + length; at > out; v /= 10) {
    at -= 1;
    store<u8>(at, <u8>(48 + <u32>(v % 10)));
  }
  return length;
}

/** The same in lower-case hexadecimal, without leading zeros and without prefix. */
export function hexText(v: u64, out: usize): u32 {
  const length: u32 = v ? (67 - <u32>clz(v)) >> 2 : 1;
  for (let at = out + length; at > out; v >>= 4) {
    at -= 1;
    const d = <u32>(v & 15);
    store<u8>(at, <u8>(d < 10 ? 48 + d : 87 + d));
  }
  return length;
}
