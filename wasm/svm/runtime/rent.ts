/** Rent exemption: 6,960 lamports a byte, 128 bytes of overhead an account (solana-sdk rent/src/lib.rs, SIMD-0194 values). */
const LAMPORTS_PER_BYTE: u64 = 6960;
const ACCOUNT_OVERHEAD: u64 = 128;

export function rentExemptMinimum(dataLen: u32): u64 {
  return (ACCOUNT_OVERHEAD + <u64>dataLen) * LAMPORTS_PER_BYTE;
}
