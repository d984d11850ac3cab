/** murmur3 (x86, 32 bit, seed 0): how sBPF before v3 names system calls and functions. solana-sbpf src/ebpf.rs hash_symbol_name. */
// @ts-ignore: decorator
@inline
function scramble(k: u32): u32 {
  return rotl<u32>(k * 0xcc9e2d51, 15) * 0x1b873593;
}

export function murmur3(ptr: usize, len: u32): u32 {
  let h: u32 = 0;
  const blocks = len & ~3;
  for (let i: u32 = 0; i < blocks; i += 4) h = rotl<u32>(h ^ scramble(load<u32>(ptr + i)), 13) * 5 + 0xe6546b64;
  let tail: u32 = 0;
  for (let i = len; i > blocks; i--) tail = (tail << 8) | load<u8>(ptr + i - 1);
  if (len & 3) h ^= scramble(tail);
  h ^= len;
  h ^= h >> 16;
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >> 16);
}

const bytes: usize = memory.data(8, 8);
/** Name of the function that begins at this instruction: the hash of the number as 8 bytes. */
export function murmur3OfTarget(pc: u32): u32 {
  store<u64>(bytes, pc);
  return murmur3(bytes, 8);
}

/** The number that has this hash: every step of murmur3 of one block can be undone (the multipliers' inverses mod 2^32). */
export function murmur3Target(hash: u32): u32 {
  let h = (hash ^ (hash >> 16)) * 0x7ed1b41d;
  h = (h ^ (h >> 13) ^ (h >> 26)) * 0xa5cb9243;
  h ^= (h >> 16) ^ 8;
  h = rotr<u32>((h - 0xe6546b64) * 0xcccccccd, 13); // the block of the upper half, which is 0
  h = rotr<u32>((h - 0xe6546b64) * 0xcccccccd, 13);
  return rotr<u32>(h * 0x56ed309b, 15) * 0xdee13bb1;
}
