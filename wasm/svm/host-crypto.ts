/**
 * Cryptography that the host does for this module (shared/svm/host-crypto.ts): pure functions of the bytes.
 */
// @ts-ignore: decorator
@external("host", "crypto")
declare function hostCryptoImport(op: u32, input: usize, inputLen: u32, output: usize, outputLen: u32): i32;

/** In: hash 32, signature 64, recovery id 1 (0..3). Out: key 64. */
export const HOST_SECP256K1_RECOVER: u32 = 0;
/** In: hash 32, signature 64, compressed key 33. Out: 1 byte: 0 good, 1 the signature is bad, 2 the key is. */
export const HOST_SECP256R1_VERIFY: u32 = 1;
/** Whether the operation could be done; if not, `out` is untouched. */
export function hostCrypto(op: u32, input: usize, inputLen: u32, out: usize, outLen: u32): bool {
  return hostCryptoImport(op, input, inputLen, out, outLen) == 0;
}
