/** Keys as people read them. */
const ALPHABET: usize = memory.data<u8>([
  49, 50, 51, 52, 53, 54, 55, 56, 57, 65, 66, 67, 68, 69, 70, 71, 72, 74, 75, 76, 77, 78, 80, 81, 82, 83, 84, 85, 86, 87,
  88, 89, 90, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119,
  120, 121, 122,
]);
/** Characters of a key, at most. */
export const BASE58_KEY: u32 = 44;
const limbs: usize = memory.data(48, 8);

/** Writes the key at `ptr` to `out` (BASE58_KEY bytes); how many characters. Nine limbs of base 58^5, most significant first (32 bytes < 58^45). */
export function base58Key(ptr: usize, out: usize): u32 {
  let length: u32 = 0;
  while (length < 32 && !load<u8>(ptr + length)) {
    store<u8>(out + length, 49);
    length += 1;
  }
  for (let i: usize = 0; i < 36; i += 4) store<u32>(limbs + i, 0);
  for (let i: usize = 0; i < 32; i += 4) {
    let carry: u64 = bswap(load<u32>(ptr + i));
    for (let j: usize = 36; j > 0; ) {
      j -= 4;
      carry += <u64>load<u32>(limbs + j) << 32;
      store<u32>(limbs + j, <u32>(carry % 656356768));
      carry /= 656356768; // 58^5
    }
  }
  let started = false;
  for (let j: usize = 0; j < 36; j += 4) {
    let limb: u32 = load<u32>(limbs + j);
    let power: u32 = 11316496; // 58^4
    for (let k = 0; k < 5; k++) {
      const d = limb / power;
      limb -= d * power;
      power /= 58;
      if (d) started = true;
      if (!started) continue;
      store<u8>(out + length, load<u8>(ALPHABET + d));
      length += 1;
    }
  }
  return length;
}
