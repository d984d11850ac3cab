/**
 * What a system call's name becomes in the immediate of `call`: MurmurHash3 x86_32, seed 0 (solana-sbpf src/ebpf.rs
 * hash_symbol_name, crate hash32). 32 bits unsigned.
 */
export function symbolHash(name: string): number {
  const bytes = new TextEncoder().encode(name);
  const view = new DataView(bytes.buffer);
  const mix = (k: number) => {
    const product = Math.imul(k, 0xcc9e2d51);
    return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
  };
  let hash = 0;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    hash ^= mix(view.getUint32(i, true));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let j = bytes.length - 1; j >= i; j--) tail = (tail << 8) | bytes[j]!;
  if (i < bytes.length) hash ^= mix(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
