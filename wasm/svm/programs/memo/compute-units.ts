/**
 * Compute units of the two Memo programs, measured with litesvm 1.5 (the real programs are sBPF): exact for v3; for v1 exact for ASCII text with
 * an even number of accounts, within 60 units otherwise (its UTF-8 check depends on where the text lies in memory).
 */

/** Logging a text costs its length, at least this (Agave: syscall_base_cost). */
const LOG_UNITS: u32 = 100;

function digits(n: u32): u32 {
  let count: u32 = 1;
  for (; n >= 10; n /= 10) count++;
  return count;
}

/** v3, what comes after the text is logged. */
export const EXIT_UNITS: u64 = 2;

/** v3, the part that logs the text. */
export function memoUnits(len: u32): u64 {
  return (len ? 159 + 13 * digits(len) : 130) + max(LOG_UNITS, len);
}

/** v3, the part before it: different accounts that signed, that did not, accounts named again; what the last one is. */
export function signerUnits(signed: u32, missing: u32, repeated: u32, lastMissing: bool, lastRepeated: bool): u64 {
  const common = 115 * signed + 7 * repeated - (lastRepeated ? 1 : 0);
  return missing ? 110 + common + 20 * missing + (lastMissing ? 0 : 8) : 111 + common;
}

/** v1: the text is checked in blocks of 16 bytes, the rest byte by byte. */
export function memoV1Units(len: u32, accounts: u32): u64 {
  const blocks = len >> 4;
  const rest = len & 15;
  const check = !len ? 232 : !blocks ? 249 + 9 * rest : (rest ? 248 + 9 * rest : 250) + 9 * blocks;
  return check + (accounts ? 28 + 218 * accounts : 0);
}
