/** Addresses that programs derive: no point of the curve, so that nobody has their key (solana-sdk address/src/lib.rs). */
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Sha256 } from "../protocol/actor.ts";

const MARKER = new TextEncoder().encode("ProgramDerivedAddress");
const MAX_SEEDS = 16;
const MAX_SEED_LENGTH = 32;
const HIGHEST_BUMP = 255;

/** As curve25519-dalek decompresses points: y is taken modulo p, the sign of a zero x may be set. */
function isOnCurve(bytes: Uint8Array): boolean {
  try {
    ed25519.Point.fromBytes(bytes, true);
    return true;
  } catch {
    return false;
  }
}

/** The address with the highest bump, which is the last seed. At most 15 seeds of at most 32 bytes. */
export function findProgramAddress(
  sha256: Sha256,
  seeds: readonly Uint8Array[],
  programId: Uint8Array,
): { readonly address: Uint8Array; readonly bump: number } {
  if (seeds.length >= MAX_SEEDS || seeds.some(({ length }) => length > MAX_SEED_LENGTH)) {
    throw new RangeError("at most 15 seeds of at most 32 bytes");
  }
  for (let bump = HIGHEST_BUMP; bump >= 0; bump--) {
    const address = sha256(...seeds, Uint8Array.of(bump), programId, MARKER).slice();
    if (!isOnCurve(address)) return { address, bump };
  }
  throw new RangeError("no bump gives an address off the curve");
}
