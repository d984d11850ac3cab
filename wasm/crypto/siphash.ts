/**
 * SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, section 2), 64-bit output.
 * Keyed: without (k0, k1) nobody can choose inputs that collide in a table.
 */

/** 2 rounds a word and 4 at the end. */
export function siphash24(k0: u64, k1: u64, ptr: usize, len: u32): u64 {
  return siphash(k0, k1, ptr, len, true);
}

/** 1 round a word and 3 at the end: for tables inside one instance. */
export function siphash13(k0: u64, k1: u64, ptr: usize, len: u32): u64 {
  return siphash(k0, k1, ptr, len, false);
}

/** The rounds are written out over local variables: globals would be loaded and stored at every step. `more` is constant where it is inlined. */
// @ts-ignore: decorator
@inline
function siphash(k0: u64, k1: u64, ptr: usize, len: u32, more: bool): u64 {
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
    if (more) {
      v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32);
      v2 += v3; v3 = rotl(v3, 16) ^ v2;
      v0 += v3; v3 = rotl(v3, 21) ^ v0;
      v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32);
    }
    v0 ^= word;
    if (ptr >= end) break;
    ptr += 8;
  }
  v2 ^= 0xff;
  for (let i = more ? 4 : 3; i; i--) {
    v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32);
    v2 += v3; v3 = rotl(v3, 16) ^ v2;
    v0 += v3; v3 = rotl(v3, 21) ^ v0;
    v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32);
  }
  return v0 ^ v1 ^ v2 ^ v3;
}

/** Hash of the second key of the last siphash24Pair. */
let second: u64 = 0;
export function siphash24Second(): u64 {
  return second;
}

/** siphash24 of two keys of 32 bytes side by side: each waits for itself only, so two take little longer than one. */
export function siphash24Pair(k0: u64, k1: u64, a: usize, b: usize): u64 {
  let v0: u64 = k0 ^ 0x736f6d6570736575;
  let v1: u64 = k1 ^ 0x646f72616e646f6d;
  let v2: u64 = k0 ^ 0x6c7967656e657261;
  let v3: u64 = k1 ^ 0x7465646279746573;
  let w0 = v0;
  let w1 = v1;
  let w2 = v2;
  let w3 = v3;
  for (let at: usize = 0; at <= 32; at += 8) {
    const x = at < 32 ? load<u64>(a + at) : <u64>32 << 56;
    const y = at < 32 ? load<u64>(b + at) : <u64>32 << 56;
    v3 ^= x;
    w3 ^= y;
    v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32); w0 += w1; w1 = rotl(w1, 13) ^ w0; w0 = rotl(w0, 32);
    v2 += v3; v3 = rotl(v3, 16) ^ v2; w2 += w3; w3 = rotl(w3, 16) ^ w2;
    v0 += v3; v3 = rotl(v3, 21) ^ v0; w0 += w3; w3 = rotl(w3, 21) ^ w0;
    v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32); w2 += w1; w1 = rotl(w1, 17) ^ w2; w2 = rotl(w2, 32);
    v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32); w0 += w1; w1 = rotl(w1, 13) ^ w0; w0 = rotl(w0, 32);
    v2 += v3; v3 = rotl(v3, 16) ^ v2; w2 += w3; w3 = rotl(w3, 16) ^ w2;
    v0 += v3; v3 = rotl(v3, 21) ^ v0; w0 += w3; w3 = rotl(w3, 21) ^ w0;
    v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32); w2 += w1; w1 = rotl(w1, 17) ^ w2; w2 = rotl(w2, 32);
    v0 ^= x;
    w0 ^= y;
  }
  v2 ^= 0xff;
  w2 ^= 0xff;
  for (let i = 4; i; i--) {
    v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32); w0 += w1; w1 = rotl(w1, 13) ^ w0; w0 = rotl(w0, 32);
    v2 += v3; v3 = rotl(v3, 16) ^ v2; w2 += w3; w3 = rotl(w3, 16) ^ w2;
    v0 += v3; v3 = rotl(v3, 21) ^ v0; w0 += w3; w3 = rotl(w3, 21) ^ w0;
    v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32); w2 += w1; w1 = rotl(w1, 17) ^ w2; w2 = rotl(w2, 32);
  }
  second = w0 ^ w1 ^ w2 ^ w3;
  return v0 ^ v1 ^ v2 ^ v3;
}
