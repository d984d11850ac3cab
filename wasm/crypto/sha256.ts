/**
 * SHA-256 (FIPS 180-4, sections 4.1, 5.3 and 6.2), one message at a time.
 *
 *   message -> 64-byte blocks -> 64 words of schedule W -> 64 rounds over a..h -> state += a..h
 *
 * Two ways in: the one-shot `sha256`, and `sha256Init/Update/Final` over several slices. Both use the one
 * static state below: WASM is single-threaded, and nobody keeps a hash open across a call into other code that hashes.
 */

// FIPS 180-4, 4.2.2: fractional parts of the cube roots of the first 64 primes.
const ROUND_CONSTANTS: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
], 16);

// FIPS 180-4, 5.3.3: fractional parts of the square roots of the first eight primes.
const INITIAL_STATE: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
], 16);

const BLOCK: u32 = 64;
const state: usize = memory.data(32, 16);
const pending: usize = memory.data(64, 16); // the not yet full block
let pendingLength: u32 = 0;
let totalLength: u64 = 0; // bytes; 2^61 bytes are more than a WASM memory holds, so 64 bits suffice

// @ts-ignore: decorator
@inline function choose(x: u32, y: u32, z: u32): u32 { return z ^ (x & (y ^ z)); }
// @ts-ignore: decorator
@inline function majority(x: u32, y: u32, z: u32): u32 { return y ^ ((x ^ y) & (y ^ z)); } // y ^ z is the x ^ y of the round before
// @ts-ignore: decorator
@inline function bigSigma0(x: u32): u32 { return rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22); }
// @ts-ignore: decorator
@inline function bigSigma1(x: u32): u32 { return rotr(x, 6) ^ rotr(x, 11) ^ rotr(x, 25); }
// @ts-ignore: decorator
@inline function smallSigma0(x: u32): u32 { return rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3); }
// @ts-ignore: decorator
@inline function smallSigma1(x: u32): u32 { return rotr(x, 17) ^ rotr(x, 19) ^ (x >> 10); }

/** Folds one block at `block` into the state (FIPS 180-4, 6.2.2). */
function compress(block: usize): void {
  let w0 = bswap(load<u32>(block, 0)), w1 = bswap(load<u32>(block, 4)), w2 = bswap(load<u32>(block, 8)), w3 = bswap(load<u32>(block, 12));
  let w4 = bswap(load<u32>(block, 16)), w5 = bswap(load<u32>(block, 20)), w6 = bswap(load<u32>(block, 24)), w7 = bswap(load<u32>(block, 28));
  let w8 = bswap(load<u32>(block, 32)), w9 = bswap(load<u32>(block, 36)), w10 = bswap(load<u32>(block, 40)), w11 = bswap(load<u32>(block, 44));
  let w12 = bswap(load<u32>(block, 48)), w13 = bswap(load<u32>(block, 52)), w14 = bswap(load<u32>(block, 56)), w15 = bswap(load<u32>(block, 60));
  let a = load<u32>(state, 0), b = load<u32>(state, 4), c = load<u32>(state, 8), d = load<u32>(state, 12);
  let e = load<u32>(state, 16), f = load<u32>(state, 20), g = load<u32>(state, 24), h = load<u32>(state, 28);
  // Sixteen rounds a turn: the names of a..h rotate instead of the values, and w0..w15 are the last sixteen words of W.
  for (let k = ROUND_CONSTANTS, last = ROUND_CONSTANTS + 192; ; k += 64) {
    h += bigSigma1(e) + choose(e, f, g) + load<u32>(k, 0) + w0; d += h; h += bigSigma0(a) + majority(a, b, c);
    g += bigSigma1(d) + choose(d, e, f) + load<u32>(k, 4) + w1; c += g; g += bigSigma0(h) + majority(h, a, b);
    f += bigSigma1(c) + choose(c, d, e) + load<u32>(k, 8) + w2; b += f; f += bigSigma0(g) + majority(g, h, a);
    e += bigSigma1(b) + choose(b, c, d) + load<u32>(k, 12) + w3; a += e; e += bigSigma0(f) + majority(f, g, h);
    d += bigSigma1(a) + choose(a, b, c) + load<u32>(k, 16) + w4; h += d; d += bigSigma0(e) + majority(e, f, g);
    c += bigSigma1(h) + choose(h, a, b) + load<u32>(k, 20) + w5; g += c; c += bigSigma0(d) + majority(d, e, f);
    b += bigSigma1(g) + choose(g, h, a) + load<u32>(k, 24) + w6; f += b; b += bigSigma0(c) + majority(c, d, e);
    a += bigSigma1(f) + choose(f, g, h) + load<u32>(k, 28) + w7; e += a; a += bigSigma0(b) + majority(b, c, d);
    h += bigSigma1(e) + choose(e, f, g) + load<u32>(k, 32) + w8; d += h; h += bigSigma0(a) + majority(a, b, c);
    g += bigSigma1(d) + choose(d, e, f) + load<u32>(k, 36) + w9; c += g; g += bigSigma0(h) + majority(h, a, b);
    f += bigSigma1(c) + choose(c, d, e) + load<u32>(k, 40) + w10; b += f; f += bigSigma0(g) + majority(g, h, a);
    e += bigSigma1(b) + choose(b, c, d) + load<u32>(k, 44) + w11; a += e; e += bigSigma0(f) + majority(f, g, h);
    d += bigSigma1(a) + choose(a, b, c) + load<u32>(k, 48) + w12; h += d; d += bigSigma0(e) + majority(e, f, g);
    c += bigSigma1(h) + choose(h, a, b) + load<u32>(k, 52) + w13; g += c; c += bigSigma0(d) + majority(d, e, f);
    b += bigSigma1(g) + choose(g, h, a) + load<u32>(k, 56) + w14; f += b; b += bigSigma0(c) + majority(c, d, e);
    a += bigSigma1(f) + choose(f, g, h) + load<u32>(k, 60) + w15; e += a; a += bigSigma0(b) + majority(b, c, d);
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
  store<u32>(state, load<u32>(state, 0) + a, 0);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}

export function sha256Init(): void {
  memory.copy(state, INITIAL_STATE, 32);
  pendingLength = 0;
  totalLength = 0;
}

export function sha256Update(ptr: usize, len: u32): void {
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

export function sha256Final(out: usize): void {
  // Padding (FIPS 180-4, 5.1.1): a one bit, zeros, the length in bits as a big-endian 64-bit number.
  store<u8>(pending + pendingLength, 0x80);
  pendingLength += 1;
  if (pendingLength > BLOCK - 8) {
    memory.fill(pending + pendingLength, 0, BLOCK - pendingLength);
    compress(pending);
    pendingLength = 0;
  }
  memory.fill(pending + pendingLength, 0, BLOCK - 8 - pendingLength);
  store<u64>(pending, bswap(totalLength << 3), BLOCK - 8);
  compress(pending);
  for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, bswap(load<u32>(state + i)));
}

/** SHA-256 of `len` bytes at `ptr`; 32 bytes to `out`. */
export function sha256(ptr: usize, len: u32, out: usize): void {
  sha256Init();
  sha256Update(ptr, len);
  sha256Final(out);
}
