/** Comparisons and hashes of 32-byte keys. */

// @ts-ignore: decorator
@inline
export function keyEquals(a: usize, b: usize): bool {
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24))) ==
    0
  );
}

// @ts-ignore: decorator
@inline
export function keyIsZero(a: usize): bool {
  return (load<u64>(a) | load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) == 0;
}

// @ts-ignore: decorator
@inline
export function keyCopy(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
  store<u64>(to, load<u64>(from, 24), 24);
}

/** Copies `len` bytes, a multiple of 8, between places that do not overlap: for some hundreds of bytes less than a call of memory.copy. */
export function wordsCopy(to: usize, from: usize, len: u32): void {
  const end = to + (len & ~15);
  for (; to < end; to += 16, from += 16) v128.store(to, v128.load(from));
  if (len & 8) store<u64>(to, load<u64>(from));
}

/** Byte order comparison, as memcmp: negative, 0 or positive. */
export function keyCompare(a: usize, b: usize): i32 {
  for (let i: usize = 0; i < 32; i += 8) {
    const x = bswap(load<u64>(a + i));
    const y = bswap(load<u64>(b + i));
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

/**
 * Hash of a key for tables inside one instance (never part of consensus or of a format). Mixes all 32 bytes with a
 * per-instance seed, so that keys ground to collide in one table position do not collide in another instance.
 */
let hashSeed: u64 = 0x9e3779b97f4a7c15;
export function keyHashSeed(seed: u64): void {
  hashSeed = seed | 1;
}
// @ts-ignore: decorator
@inline
function mix(h: u64): u64 {
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93;
  h ^= h >> 32;
  return h;
}
export function keyHash(p: usize): u64 {
  let h = mix(load<u64>(p) ^ hashSeed);
  h = mix(h + load<u64>(p, 8));
  h = mix(h + load<u64>(p, 16));
  return mix(h + load<u64>(p, 24));
}
