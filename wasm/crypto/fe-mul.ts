/**
 * Multiplication and squaring modulo p = 2^255 - 19 in ten signed limbs of 26 and 25 bits by turns (radix 2^25.5,
 * Bernstein, "Curve25519: new Diffie-Hellman speed records", 2006, section 4).
 *
 *   value = h0 + 2^26 h1 + 2^51 h2 + 2^77 h3 + ... + 2^230 h9       limb i has weight 2^ceil(25.5 i)
 *
 * The product of two odd limbs weighs 2 times its column; a product past column 9 wraps with 2^255 = 19. Capital F is
 * a doubled limb, capital G one times 19. Inputs: |limb| < 2^27 (the sum of two results is allowed); results:
 * |limb| <= 2^25 and 2^24 plus a carry. Every column then stays below 2^62. The text of the columns is unrolled because
 * the compiler keeps no array in registers.
 */

/** out = f * g; out may be f or g. */
export function feMul(out: usize, f: usize, g: usize): void {
  const f0 = load<i64>(f, 0), f1 = load<i64>(f, 8), f2 = load<i64>(f, 16), f3 = load<i64>(f, 24), f4 = load<i64>(f, 32);
  const f5 = load<i64>(f, 40), f6 = load<i64>(f, 48), f7 = load<i64>(f, 56), f8 = load<i64>(f, 64), f9 = load<i64>(f, 72);
  const g0 = load<i64>(g, 0), g1 = load<i64>(g, 8), g2 = load<i64>(g, 16), g3 = load<i64>(g, 24), g4 = load<i64>(g, 32);
  const g5 = load<i64>(g, 40), g6 = load<i64>(g, 48), g7 = load<i64>(g, 56), g8 = load<i64>(g, 64), g9 = load<i64>(g, 72);
  const F1 = f1 << 1, F3 = f3 << 1, F5 = f5 << 1, F7 = f7 << 1, F9 = f9 << 1;
  const G1 = g1 * 19, G2 = g2 * 19, G3 = g3 * 19, G4 = g4 * 19, G5 = g5 * 19;
  const G6 = g6 * 19, G7 = g7 * 19, G8 = g8 * 19, G9 = g9 * 19;
  let h0 = f0 * g0 + F1 * G9 + f2 * G8 + F3 * G7 + f4 * G6
    + F5 * G5 + f6 * G4 + F7 * G3 + f8 * G2 + F9 * G1;
  let h1 = f0 * g1 + f1 * g0 + f2 * G9 + f3 * G8 + f4 * G7
    + f5 * G6 + f6 * G5 + f7 * G4 + f8 * G3 + f9 * G2;
  let h2 = f0 * g2 + F1 * g1 + f2 * g0 + F3 * G9 + f4 * G8
    + F5 * G7 + f6 * G6 + F7 * G5 + f8 * G4 + F9 * G3;
  let h3 = f0 * g3 + f1 * g2 + f2 * g1 + f3 * g0 + f4 * G9
    + f5 * G8 + f6 * G7 + f7 * G6 + f8 * G5 + f9 * G4;
  let h4 = f0 * g4 + F1 * g3 + f2 * g2 + F3 * g1 + f4 * g0
    + F5 * G9 + f6 * G8 + F7 * G7 + f8 * G6 + F9 * G5;
  let h5 = f0 * g5 + f1 * g4 + f2 * g3 + f3 * g2 + f4 * g1
    + f5 * g0 + f6 * G9 + f7 * G8 + f8 * G7 + f9 * G6;
  let h6 = f0 * g6 + F1 * g5 + f2 * g4 + F3 * g3 + f4 * g2
    + F5 * g1 + f6 * g0 + F7 * G9 + f8 * G8 + F9 * G7;
  let h7 = f0 * g7 + f1 * g6 + f2 * g5 + f3 * g4 + f4 * g3
    + f5 * g2 + f6 * g1 + f7 * g0 + f8 * G9 + f9 * G8;
  let h8 = f0 * g8 + F1 * g7 + f2 * g6 + F3 * g5 + f4 * g4
    + F5 * g3 + f6 * g2 + F7 * g1 + f8 * g0 + F9 * G9;
  let h9 = f0 * g9 + f1 * g8 + f2 * g7 + f3 * g6 + f4 * g5
    + f5 * g4 + f6 * g3 + f7 * g2 + f8 * g1 + f9 * g0;
  let c: i64;
  // Two carry chains side by side, from limb 0 and from limb 5, shorten the dependency; rounding keeps limbs centred.
  c = (h0 + (1 << 25)) >> 26; h1 += c; h0 -= c << 26;
  c = (h5 + (1 << 24)) >> 25; h6 += c; h5 -= c << 25;
  c = (h1 + (1 << 24)) >> 25; h2 += c; h1 -= c << 25;
  c = (h6 + (1 << 25)) >> 26; h7 += c; h6 -= c << 26;
  c = (h2 + (1 << 25)) >> 26; h3 += c; h2 -= c << 26;
  c = (h7 + (1 << 24)) >> 25; h8 += c; h7 -= c << 25;
  c = (h3 + (1 << 24)) >> 25; h4 += c; h3 -= c << 25;
  c = (h8 + (1 << 25)) >> 26; h9 += c; h8 -= c << 26;
  c = (h4 + (1 << 25)) >> 26; h5 += c; h4 -= c << 26;
  c = (h9 + (1 << 24)) >> 25; h0 += 19 * c; h9 -= c << 25;
  c = (h5 + (1 << 24)) >> 25; h6 += c; h5 -= c << 25;
  c = (h0 + (1 << 25)) >> 26; h1 += c; h0 -= c << 26;
  store<i64>(out, h0, 0);
  store<i64>(out, h1, 8);
  store<i64>(out, h2, 16);
  store<i64>(out, h3, 24);
  store<i64>(out, h4, 32);
  store<i64>(out, h5, 40);
  store<i64>(out, h6, 48);
  store<i64>(out, h7, 56);
  store<i64>(out, h8, 64);
  store<i64>(out, h9, 72);
}

/** out = f^2. d, q and n are limbs times 2, 4 and 19. */
export function feSquare(out: usize, f: usize): void {
  const f0 = load<i64>(f, 0), f1 = load<i64>(f, 8), f2 = load<i64>(f, 16), f3 = load<i64>(f, 24), f4 = load<i64>(f, 32);
  const f5 = load<i64>(f, 40), f6 = load<i64>(f, 48), f7 = load<i64>(f, 56), f8 = load<i64>(f, 64), f9 = load<i64>(f, 72);
  const d0 = f0 << 1, d1 = f1 << 1, d2 = f2 << 1, d3 = f3 << 1, d4 = f4 << 1, d5 = f5 << 1, d6 = f6 << 1, d7 = f7 << 1, d8 = f8 << 1, d9 = f9 << 1;
  const q1 = f1 << 2, q3 = f3 << 2, q5 = f5 << 2, q7 = f7 << 2;
  const n5 = f5 * 19, n6 = f6 * 19, n7 = f7 * 19, n8 = f8 * 19, n9 = f9 * 19;
  let h0 = f0 * f0 + q1 * n9 + d2 * n8 + q3 * n7 + d4 * n6 + d5 * n5;
  let h1 = d0 * f1 + d2 * n9 + d3 * n8 + d4 * n7 + d5 * n6;
  let h2 = d0 * f2 + d1 * f1 + q3 * n9 + d4 * n8 + q5 * n7 + f6 * n6;
  let h3 = d0 * f3 + d1 * f2 + d4 * n9 + d5 * n8 + d6 * n7;
  let h4 = d0 * f4 + q1 * f3 + f2 * f2 + q5 * n9 + d6 * n8 + d7 * n7;
  let h5 = d0 * f5 + d1 * f4 + d2 * f3 + d6 * n9 + d7 * n8;
  let h6 = d0 * f6 + q1 * f5 + d2 * f4 + d3 * f3 + q7 * n9 + f8 * n8;
  let h7 = d0 * f7 + d1 * f6 + d2 * f5 + d3 * f4 + d8 * n9;
  let h8 = d0 * f8 + q1 * f7 + d2 * f6 + q3 * f5 + f4 * f4 + d9 * n9;
  let h9 = d0 * f9 + d1 * f8 + d2 * f7 + d3 * f6 + d4 * f5;
  let c: i64;
  // Two carry chains side by side, from limb 0 and from limb 5, shorten the dependency; rounding keeps limbs centred.
  c = (h0 + (1 << 25)) >> 26; h1 += c; h0 -= c << 26;
  c = (h5 + (1 << 24)) >> 25; h6 += c; h5 -= c << 25;
  c = (h1 + (1 << 24)) >> 25; h2 += c; h1 -= c << 25;
  c = (h6 + (1 << 25)) >> 26; h7 += c; h6 -= c << 26;
  c = (h2 + (1 << 25)) >> 26; h3 += c; h2 -= c << 26;
  c = (h7 + (1 << 24)) >> 25; h8 += c; h7 -= c << 25;
  c = (h3 + (1 << 24)) >> 25; h4 += c; h3 -= c << 25;
  c = (h8 + (1 << 25)) >> 26; h9 += c; h8 -= c << 26;
  c = (h4 + (1 << 25)) >> 26; h5 += c; h4 -= c << 26;
  c = (h9 + (1 << 24)) >> 25; h0 += 19 * c; h9 -= c << 25;
  c = (h5 + (1 << 24)) >> 25; h6 += c; h5 -= c << 25;
  c = (h0 + (1 << 25)) >> 26; h1 += c; h0 -= c << 26;
  store<i64>(out, h0, 0);
  store<i64>(out, h1, 8);
  store<i64>(out, h2, 16);
  store<i64>(out, h3, 24);
  store<i64>(out, h4, 32);
  store<i64>(out, h5, 40);
  store<i64>(out, h6, 48);
  store<i64>(out, h7, 56);
  store<i64>(out, h8, 64);
  store<i64>(out, h9, 72);
}
