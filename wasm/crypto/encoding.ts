/**
 * What the signature rule asks of the bytes of A and R: the one canonical encoding of a point that is not of small order.
 *
 * A canonical encoding has y < p. (The other non-canonical form, x = 0 with the sign bit set, exists only for the
 * points (0, 1) and (0, -1), which are of small order anyway.) The eight points of small order have five values of y
 * between them; whatever their sign bit, they are refused by comparing the 255 bits. The values are facts of the
 * curve: 1 (order 1), -1 (order 2), 0 (order 4), and the two of order 8, as listed in "Taming the many EdDSAs"
 * (Chalkias, Garillot, Nikolaenko, 2020), table 6.
 */

const MASK: u64 = 0x7fffffffffffffff;
const P0: u64 = 0xffffffffffffffed; // p, lowest word; the middle words are all ones, the highest is MASK

/** Whether 32 bytes are the canonical encoding of something that is not a point of small order; on the curve or not. */
export function isAcceptableEncoding(bytes: usize): bool {
  const a = load<u64>(bytes), b = load<u64>(bytes, 8), c = load<u64>(bytes, 16), d = load<u64>(bytes, 24) & MASK;
  if (d == MASK && (b & c) == u64.MAX_VALUE) return a < P0 - 1; // y >= p, and y = -1
  if ((b | c | d) == 0) return a > 1; // 0 and 1
  if (a == 0xb027b2c28f95e826 && b == 0xf098eff289f4c345 && c == 0x3933c6d305acdfd5 && d == 0x05fc536d880238b1) return false;
  return !(a == 0x4fd84d3d706a17c7 && b == 0x0f67100d760b3cba && c == 0xc6cc392cfa53202a && d == 0x7a03ac9277fdc74e);
}
