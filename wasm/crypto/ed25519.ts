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
import { decompress } from "./curve";
import { isAcceptableEncoding } from "./encoding";
import {
  POINT_SIZE, pointAddCached, pointBase, pointDouble, pointFromAffine, pointIdentity, pointIsTorsion, pointOddMultiples, pointToCached,
} from "./point";
import { nonAdjacentForm, scalarIsCanonical, scalarReduce } from "./scalar";
import { sha512Final, sha512Init, sha512Update } from "./sha512";

// Widths of the non-adjacent forms: the key's table is made for every verification, the base point's once.
const KEY_WIDTH: u32 = 5;
const BASE_WIDTH: u32 = 8;
const keyTable: usize = memory.data(320 * 8, 16); // A, 3A, ... 15A
const baseTable: usize = memory.data(320 * 64, 16); // B, 3B, ... 127B
let baseTableReady: bool = false;

const x: usize = memory.data(80, 16);
const y: usize = memory.data(80, 16);
const key: usize = memory.data(320, 16);
const commitment: usize = memory.data(320, 16);
const commitmentCached: usize = memory.data(320, 16);
const accumulator: usize = memory.data(320, 16);
const digest: usize = memory.data(64, 16);
const challenge: usize = memory.data(32, 16);
const keyDigits: usize = memory.data(256, 16);
const baseDigits: usize = memory.data(256, 16);

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

// @ts-ignore: decorator
@inline
function addDigit(table: usize, digit: i32): void {
  if (digit == 0) return;
  const magnitude = digit < 0 ? -digit : digit;
  pointAddCached(accumulator, accumulator, table + <usize>(magnitude >> 1) * POINT_SIZE, digit < 0);
}

/** Whether the signature is good; `sig` is 64 bytes, `pubkey` 32. */
export function ed25519Verify(msg: usize, msgLen: u32, sig: usize, pubkey: usize): bool {
  if (!hasAcceptableForm(sig, pubkey)) return false;
  if (!decompress(x, y, pubkey)) return false;
  pointFromAffine(key, x, y);
  if (!decompress(x, y, sig)) return false;
  pointFromAffine(commitment, x, y);
  challengeScalar(challenge, msg, msgLen, sig, pubkey);

  if (!baseTableReady) {
    pointBase(accumulator);
    pointOddMultiples(baseTable, accumulator, 64);
    baseTableReady = true;
  }
  pointOddMultiples(keyTable, key, 8);
  nonAdjacentForm(keyDigits, challenge, KEY_WIDTH);
  nonAdjacentForm(baseDigits, sig + 32, BASE_WIDTH);
  // [S]B - [k]A by Straus's interleaving: both forms share the doublings.
  pointIdentity(accumulator);
  for (let i: i32 = 255; i >= 0; i--) {
    pointDouble(accumulator, accumulator);
    addDigit(keyTable, -<i32>load<i8>(keyDigits + i));
    addDigit(baseTable, load<i8>(baseDigits + i));
  }
  pointToCached(commitmentCached, commitment);
  pointAddCached(accumulator, accumulator, commitmentCached, true);
  return pointIsTorsion(accumulator);
}
