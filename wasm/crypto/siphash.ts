/**
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, section 2), 64-bit output.
 * Keyed: without (k0, k1) nobody can choose inputs that collide in a table.
 */

let v0: u64 = 0;
let v1: u64 = 0;
let v2: u64 = 0;
let v3: u64 = 0;

// @ts-ignore: decorator
@inline
function sipRound(): void {
  v0 += v1; v1 = rotl(v1, 13); v1 ^= v0; v0 = rotl(v0, 32);
  v2 += v3; v3 = rotl(v3, 16); v3 ^= v2;
  v0 += v3; v3 = rotl(v3, 21); v3 ^= v0;
  v2 += v1; v1 = rotl(v1, 17); v1 ^= v2; v2 = rotl(v2, 32);
}

export function siphash24(k0: u64, k1: u64, ptr: usize, len: u32): u64 {
  // "somepseudorandomlygeneratedbytes" (section 2.1)
  v0 = k0 ^ 0x736f6d6570736575;
  v1 = k1 ^ 0x646f72616e646f6d;
  v2 = k0 ^ 0x6c7967656e657261;
  v3 = k1 ^ 0x7465646279746573;
  const end = ptr + (len & ~7);
  for (; ptr < end; ptr += 8) {
    const word = load<u64>(ptr);
    v3 ^= word;
    sipRound();
    sipRound();
    v0 ^= word;
  }
  // The last word: what is left, and the length modulo 256 in its top byte.
  let last = (<u64>len) << 56;
  for (let i: u32 = 0, rest = len & 7; i < rest; i++) last |= (<u64>load<u8>(ptr + i)) << (i << 3);
  v3 ^= last;
  sipRound();
  sipRound();
  v0 ^= last;
  v2 ^= 0xff;
  sipRound();
  sipRound();
  sipRound();
  sipRound();
  return v0 ^ v1 ^ v2 ^ v3;
}
