/**
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, section 2), 64-bit output.
 * Keyed: without (k0, k1) nobody can choose inputs that collide in a table.
 */

/** The rounds are written out over local variables: globals would be loaded and stored at every step. */
export function siphash24(k0: u64, k1: u64, ptr: usize, len: u32): u64 {
  // "somepseudorandomlygeneratedbytes" (section 2.1)
  let v0: u64 = k0 ^ 0x736f6d6570736575;
  let v1: u64 = k1 ^ 0x646f72616e646f6d;
  let v2: u64 = k0 ^ 0x6c7967656e657261;
  let v3: u64 = k1 ^ 0x7465646279746573;
  // The last word: what is left, and the length modulo 256 in its top byte.
  const end = ptr + (len & ~7);
  let last = (<u64>len) << 56;
  for (let i: u32 = 0, rest = len & 7; i < rest; i++) last |= (<u64>load<u8>(end + i)) << (i << 3);
  while (true) {
    const word = ptr < end ? load<u64>(ptr) : last;
    v3 ^= word;
    v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32);
    v2 += v3; v3 = rotl(v3, 16) ^ v2;
    v0 += v3; v3 = rotl(v3, 21) ^ v0;
    v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32);
    v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32);
    v2 += v3; v3 = rotl(v3, 16) ^ v2;
    v0 += v3; v3 = rotl(v3, 21) ^ v0;
    v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32);
    v0 ^= word;
    if (ptr >= end) break;
    ptr += 8;
  }
  v2 ^= 0xff;
  for (let i = 0; i < 2; i++) {
    v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32);
    v2 += v3; v3 = rotl(v3, 16) ^ v2;
    v0 += v3; v3 = rotl(v3, 21) ^ v0;
    v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32);
    v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32);
    v2 += v3; v3 = rotl(v3, 16) ^ v2;
    v0 += v3; v3 = rotl(v3, 21) ^ v0;
    v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32);
  }
  return v0 ^ v1 ^ v2 ^ v3;
}
