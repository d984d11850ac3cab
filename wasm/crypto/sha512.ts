/**
 * SHA-512 (FIPS 180-4, sections 4.1, 5.3 and 6.4), one message at a time.
 *
 *   message -> 128-byte blocks -> 80 words of schedule W -> 80 rounds over a..h -> state += a..h
 *
 * Two ways in: the one-shot `sha512`, and `sha512Init/Update/Final` over several slices. Both use the one
 * static state below: WASM is single-threaded, and nobody keeps a hash open across a call into other code that hashes.
 */

// FIPS 180-4, 4.2.3: fractional parts of the cube roots of the first 80 primes.
const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
  0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
  0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
  0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
  0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
  0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
  0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
  0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
  0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
  0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
  0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
  0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
  0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
  0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
  0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
  0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
  0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
], 16);

// FIPS 180-4, 5.3.5: fractional parts of the square roots of the first eight primes.
const INITIAL_STATE: usize = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
], 16);

const BLOCK: u32 = 128;
const state: usize = memory.data(64, 16);
const pending: usize = memory.data(128, 16); // the not yet full block
let pendingLength: u32 = 0;
let totalLength: u64 = 0; // bytes; 2^61 bytes are more than a WASM memory holds, so 64 bits suffice

// @ts-ignore: decorator
@inline function choose(x: u64, y: u64, z: u64): u64 { return z ^ (x & (y ^ z)); }
// @ts-ignore: decorator
@inline function majority(x: u64, y: u64, z: u64): u64 { return y ^ ((x ^ y) & (y ^ z)); } // y ^ z is the x ^ y of the round before
// @ts-ignore: decorator
@inline function bigSigma0(x: u64): u64 { return rotr(x, 28) ^ rotr(x, 34) ^ rotr(x, 39); }
// @ts-ignore: decorator
@inline function bigSigma1(x: u64): u64 { return rotr(x, 14) ^ rotr(x, 18) ^ rotr(x, 41); }
// @ts-ignore: decorator
@inline function smallSigma0(x: u64): u64 { return rotr(x, 1) ^ rotr(x, 8) ^ (x >> 7); }
// @ts-ignore: decorator
@inline function smallSigma1(x: u64): u64 { return rotr(x, 19) ^ rotr(x, 61) ^ (x >> 6); }

/** Folds one block at `block` into the state (FIPS 180-4, 6.4.2). */
function compress(block: usize): void {
  let w0 = bswap(load<u64>(block, 0)), w1 = bswap(load<u64>(block, 8)), w2 = bswap(load<u64>(block, 16)), w3 = bswap(load<u64>(block, 24));
  let w4 = bswap(load<u64>(block, 32)), w5 = bswap(load<u64>(block, 40)), w6 = bswap(load<u64>(block, 48)), w7 = bswap(load<u64>(block, 56));
  let w8 = bswap(load<u64>(block, 64)), w9 = bswap(load<u64>(block, 72)), w10 = bswap(load<u64>(block, 80)), w11 = bswap(load<u64>(block, 88));
  let w12 = bswap(load<u64>(block, 96)), w13 = bswap(load<u64>(block, 104)), w14 = bswap(load<u64>(block, 112)), w15 = bswap(load<u64>(block, 120));
  let a = load<u64>(state, 0), b = load<u64>(state, 8), c = load<u64>(state, 16), d = load<u64>(state, 24);
  let e = load<u64>(state, 32), f = load<u64>(state, 40), g = load<u64>(state, 48), h = load<u64>(state, 56);
  // Sixteen rounds a turn: the names of a..h rotate instead of the values, and w0..w15 are the last sixteen words of W.
  for (let k = ROUND_CONSTANTS, last = ROUND_CONSTANTS + 512; ; k += 128) {
    h += bigSigma1(e) + choose(e, f, g) + load<u64>(k, 0) + w0; d += h; h += bigSigma0(a) + majority(a, b, c);
    g += bigSigma1(d) + choose(d, e, f) + load<u64>(k, 8) + w1; c += g; g += bigSigma0(h) + majority(h, a, b);
    f += bigSigma1(c) + choose(c, d, e) + load<u64>(k, 16) + w2; b += f; f += bigSigma0(g) + majority(g, h, a);
    e += bigSigma1(b) + choose(b, c, d) + load<u64>(k, 24) + w3; a += e; e += bigSigma0(f) + majority(f, g, h);
    d += bigSigma1(a) + choose(a, b, c) + load<u64>(k, 32) + w4; h += d; d += bigSigma0(e) + majority(e, f, g);
    c += bigSigma1(h) + choose(h, a, b) + load<u64>(k, 40) + w5; g += c; c += bigSigma0(d) + majority(d, e, f);
    b += bigSigma1(g) + choose(g, h, a) + load<u64>(k, 48) + w6; f += b; b += bigSigma0(c) + majority(c, d, e);
    a += bigSigma1(f) + choose(f, g, h) + load<u64>(k, 56) + w7; e += a; a += bigSigma0(b) + majority(b, c, d);
    h += bigSigma1(e) + choose(e, f, g) + load<u64>(k, 64) + w8; d += h; h += bigSigma0(a) + majority(a, b, c);
    g += bigSigma1(d) + choose(d, e, f) + load<u64>(k, 72) + w9; c += g; g += bigSigma0(h) + majority(h, a, b);
    f += bigSigma1(c) + choose(c, d, e) + load<u64>(k, 80) + w10; b += f; f += bigSigma0(g) + majority(g, h, a);
    e += bigSigma1(b) + choose(b, c, d) + load<u64>(k, 88) + w11; a += e; e += bigSigma0(f) + majority(f, g, h);
    d += bigSigma1(a) + choose(a, b, c) + load<u64>(k, 96) + w12; h += d; d += bigSigma0(e) + majority(e, f, g);
    c += bigSigma1(h) + choose(h, a, b) + load<u64>(k, 104) + w13; g += c; c += bigSigma0(d) + majority(d, e, f);
    b += bigSigma1(g) + choose(g, h, a) + load<u64>(k, 112) + w14; f += b; b += bigSigma0(c) + majority(c, d, e);
    a += bigSigma1(f) + choose(f, g, h) + load<u64>(k, 120) + w15; e += a; a += bigSigma0(b) + majority(b, c, d);
    if (k == last) break;
    w0 += smallSigma1(w14) + w9 + smallSigma0(w1);
    w1 += smallSigma1(w15) + w10 + smallSigma0(w2);
    w2 += smallSigma1(w0) + w11 + smallSigma0(w3);
    w3 += smallSigma1(w1) + w12 + smallSigma0(w4);
    w4 += smallSigma1(w2) + w13 + smallSigma0(w5);
    w5 += smallSigma1(w3) + w14 + smallSigma0(w6);
    w6 += smallSigma1(w4) + w15 + smallSigma0(w7);
    w7 += smallSigma1(w5) + w0 + smallSigma0(w8);
    w8 += smallSigma1(w6) + w1 + smallSigma0(w9);
    w9 += smallSigma1(w7) + w2 + smallSigma0(w10);
    w10 += smallSigma1(w8) + w3 + smallSigma0(w11);
    w11 += smallSigma1(w9) + w4 + smallSigma0(w12);
    w12 += smallSigma1(w10) + w5 + smallSigma0(w13);
    w13 += smallSigma1(w11) + w6 + smallSigma0(w14);
    w14 += smallSigma1(w12) + w7 + smallSigma0(w15);
    w15 += smallSigma1(w13) + w8 + smallSigma0(w0);
  }
  store<u64>(state, load<u64>(state, 0) + a, 0);
  store<u64>(state, load<u64>(state, 8) + b, 8);
  store<u64>(state, load<u64>(state, 16) + c, 16);
  store<u64>(state, load<u64>(state, 24) + d, 24);
  store<u64>(state, load<u64>(state, 32) + e, 32);
  store<u64>(state, load<u64>(state, 40) + f, 40);
  store<u64>(state, load<u64>(state, 48) + g, 48);
  store<u64>(state, load<u64>(state, 56) + h, 56);
}

export function sha512Init(): void {
  memory.copy(state, INITIAL_STATE, 64);
  pendingLength = 0;
  totalLength = 0;
}

export function sha512Update(ptr: usize, len: u32): void {
  totalLength += len;
  if (pendingLength > 0) {
    const take = min(len, BLOCK - pendingLength);
    memory.copy(pending + pendingLength, ptr, take);
    pendingLength += take;
    ptr += take;
    len -= take;
    if (pendingLength < BLOCK) return;
    compress(pending);
    pendingLength = 0;
  }
  for (; len >= BLOCK; len -= BLOCK, ptr += BLOCK) compress(ptr);
  memory.copy(pending, ptr, len);
  pendingLength = len;
}

export function sha512Final(out: usize): void {
  // Padding (FIPS 180-4, 5.1.2): a one bit, zeros, the length in bits as a big-endian 128-bit number.
  store<u8>(pending + pendingLength, 0x80);
  pendingLength += 1;
  if (pendingLength > BLOCK - 16) {
    memory.fill(pending + pendingLength, 0, BLOCK - pendingLength);
    compress(pending);
    pendingLength = 0;
  }
  memory.fill(pending + pendingLength, 0, BLOCK - 8 - pendingLength);
  store<u64>(pending, bswap(totalLength << 3), BLOCK - 8);
  compress(pending);
  for (let i: usize = 0; i < 64; i += 8) store<u64>(out + i, bswap(load<u64>(state + i)));
}

/** SHA-512 of `len` bytes at `ptr`; 64 bytes to `out`. */
export function sha512(ptr: usize, len: u32, out: usize): void {
  sha512Init();
  sha512Update(ptr, len);
  sha512Final(out);
}
