/** Rent of an account that no transaction pays for: it is there from the genesis on, or was set. */

/** Bytes that every account counts beyond its data, and lamports a byte for two years (twin: wasm/svm/runtime/rent.ts). */
const OVERHEAD = 128;
const LAMPORTS_PER_BYTE = 6_960n;

/** As Agave: rent is never collected from a rent-exempt account. */
export const RENT_EPOCH_EXEMPT = (1n << 64n) - 1n;

/** Lamports without which an account with so many bytes of data cannot be. */
export function rentExemptLamports(dataLength: number): bigint {
  return BigInt(OVERHEAD + dataLength) * LAMPORTS_PER_BYTE;
}
