/**
 * Cryptography that the host does for this module (shared/svm/host-crypto.ts): pure functions of the bytes. Operations are numbered by
 * family in the high byte; the low byte is the number that a system call uses, where there is one.
 */
// @ts-ignore: decorator
@external("host", "crypto")
declare function hostCryptoImport(op: u32, input: usize, inputLen: u32, output: usize, outputLen: u32): i32;

/** In: hash 32, signature 64, recovery id 1 (0..3). Out: key 64. */
export const HOST_SECP256K1_RECOVER: u32 = 0x000;
/** In: hash 32, signature 64, compressed key 33. Out: 1 byte: 0 good, 1 the signature is bad, 2 the key is. */
export const HOST_SECP256R1_VERIFY: u32 = 0x001;
/** | operation of sol_alt_bn128_group_op; in and out as it has them. */
export const HOST_BN254_GROUP: u32 = 0x100;
/** | operation of sol_alt_bn128_compression. */
export const HOST_BN254_COMPRESSION: u32 = 0x200;
/** | HOST_BLS_..., | HOST_BLS_G2 for the other group, | HOST_BLS_BIG_ENDIAN. Points, and scalars of 32 bytes behind them. */
export const HOST_BLS12_381: u32 = 0x300;
export const HOST_BLS_VALIDATE: u32 = 0;
/** Subtraction and multiplication are the next two numbers. */
export const HOST_BLS_ADD: u32 = 1;
export const HOST_BLS_MULTIPLY: u32 = 3;
export const HOST_BLS_DECOMPRESS: u32 = 4;
export const HOST_BLS_PAIRING: u32 = 5;
export const HOST_BLS_G2: u32 = 8;
export const HOST_BLS_BIG_ENDIAN: u32 = 0x80;

/** Whether the operation could be done; if not, `out` is untouched. */
export function hostCrypto(op: u32, input: usize, inputLen: u32, out: usize, outLen: u32): bool {
  return hostCryptoImport(op, input, inputLen, out, outLen) == 0;
}
