/** ECDSA over secp256k1 (recovery of the key) and secp256r1 (verification), by Agave's rules on which signatures are accepted. */
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { numberFrom } from "./bytes.ts";
import { orRefuse } from "./refused.ts";

/**
 * In: hash 32, signature 64 (r, s), recovery id 1 (0..3). Out: the key, x and y, 64 bytes. libsecp256k1 0.7.2 `recover`: r and s are
 * canonical and not zero, s may be high.
 */
export function secp256k1Recover(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== 97) return undefined;
  const signature = new Uint8Array(65);
  signature[0] = input[96]!;
  signature.set(input.subarray(32, 96), 1);
  return orRefuse(() => {
    const recovered = secp256k1.Signature.fromBytes(signature, "recovered");
    return recovered.recoverPublicKey(input.subarray(0, 32)).toBytes(false).slice(1);
  });
}

/**
 * In: hash 32, signature 64 (r, s), compressed key 33. Out: 1 byte: 0 good, 1 the signature is bad, 2 the key is. Order of the checks:
 * agave-precompiles src/secp256r1.rs: r in 1..n-1 and s in 1..n/2 before the key is looked at.
 */
export function secp256r1Verify(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== 129) return undefined;
  const [hash, signature, key] = [input.subarray(0, 32), input.subarray(32, 96), input.subarray(96)];
  const order = p256.Point.Fn.ORDER;
  const [r, s] = [numberFrom(signature.subarray(0, 32)), numberFrom(signature.subarray(32))];
  if (r < 1n || r >= order || s < 1n || s > order >> 1n) return Uint8Array.of(1);
  try {
    p256.Point.fromBytes(key);
  } catch {
    return Uint8Array.of(2);
  }
  return Uint8Array.of(p256.verify(signature, hash, key, { prehash: false, lowS: true }) ? 0 : 1);
}
