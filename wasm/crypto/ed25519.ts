/**
 * Ed25519 verification (RFC 8032, 5.1.7) by the project's signature rule, the same for one signature and for a batch:
 *
 *   1. A and R are canonical encodings of points not of small order      (encoding.ts, curve.ts)
 *   2. S < L                                                             (scalar.ts)
 *   3. k = SHA-512(R || A || M) mod L
 *   4. [8][S]B = [8]R + [8][k]A                                          (cofactored)
 *
 * Policy: RFC 8032 allows both the cofactored equation and the stricter one without the 8. The cofactored one is what
 * a random linear combination can decide, so that a batch and a single verification never differ (Chalkias, Garillot,
 * Nikolaenko, "Taming the many EdDSAs", 2020). The two differ only for keys or R with a torsion component, which only
 * the holder of the key can make.
 */
import { decompress4 } from "./decompress-lanes";
import { isAcceptableEncoding } from "./encoding";
import { laneAdd, laneIsIdentity, laneIsTorsion } from "./lane-point";
import { scalarIsCanonical, scalarNegate, scalarReduce } from "./scalar";
import { sha512Final, sha512Init, sha512Update } from "./sha512";
import { straus } from "./straus";

const keyPoint: usize = memory.data(160, 16);
const commitment: usize = memory.data(160, 16);
const encodings: usize = memory.data(16, 16);
const outputs: usize = memory.data(16, 16);
const accumulator: usize = memory.data(160, 16);
const digest: usize = memory.data(64, 16);
const challenge: usize = memory.data(32, 16);
const minusS: usize = memory.data(32, 16);
const keyAddress: usize = memory.data(16, 16);

/** Steps 1 and 2, as far as bytes alone can tell. */
export function hasAcceptableForm(sig: usize, pubkey: usize): bool {
  return isAcceptableEncoding(pubkey) && isAcceptableEncoding(sig) && scalarIsCanonical(sig + 32);
}

/** Step 3: k to 32 bytes at `out`. */
export function challengeScalar(out: usize, msg: usize, msgLen: u32, sig: usize, pubkey: usize): void {
  sha512Init();
  sha512Update(sig, 32);
  sha512Update(pubkey, 32);
  sha512Update(msg, msgLen);
  sha512Final(digest);
  scalarReduce(out, digest);
}

/** accumulator = R + [k]A - [S]B for cached points A and R (lane-point.ts). */
function combine(a: usize, r: usize, k: usize, s: usize): void {
  scalarNegate(minusS, s);
  store<u32>(keyAddress, <u32>a);
  straus(accumulator, minusS, keyAddress, k, 1);
  laneAdd(accumulator, accumulator, r);
}

/** Step 4: whether R + [k]A - [S]B is of small order. */
export function equationHolds(a: usize, r: usize, k: usize, s: usize): bool {
  combine(a, r, k, s);
  return laneIsTorsion(accumulator);
}

/** Steps 1 to 3: keyPoint, commitment and challenge of a signature that is good as far as they can tell. */
function prepare(msg: usize, msgLen: u32, sig: usize, pubkey: usize): bool {
  if (!hasAcceptableForm(sig, pubkey)) return false;
  // The four lanes have two free places; they repeat the commitment.
  store<u32>(encodings, <u32>pubkey);
  store<u32>(outputs, <u32>keyPoint);
  for (let i: usize = 4; i < 16; i += 4) {
    store<u32>(encodings + i, <u32>sig);
    store<u32>(outputs + i, <u32>commitment);
  }
  if (decompress4(encodings, outputs) != 15) return false;
  challengeScalar(challenge, msg, msgLen, sig, pubkey);
  return true;
}

/** Whether the signature is good; `sig` is 64 bytes, `pubkey` 32. */
export function ed25519Verify(msg: usize, msgLen: u32, sig: usize, pubkey: usize): bool {
  return prepare(msg, msgLen, sig, pubkey) && equationHolds(keyPoint, commitment, challenge, sig + 32);
}

/**
 * The rule of the ed25519 precompile: the equation without the cofactor, [S]B = R + [k]A (ed25519-dalek `verify_strict`). dalek would read
 * non-canonical encodings of A and R that are not of small order; nobody can sign for those.
 */
export function ed25519VerifyStrict(msg: usize, msgLen: u32, sig: usize, pubkey: usize): bool {
  if (!prepare(msg, msgLen, sig, pubkey)) return false;
  combine(keyPoint, commitment, challenge, sig + 32);
  return laneIsIdentity(accumulator);
}
