/** Whose signature an instruction has: that of its signers, or, in its place, that of one address derived from a signer's. */
import { sha256Final, sha256Init, sha256Update } from "../../../crypto/sha256";
import { keyEquals } from "../../../memory/bytes";
import { failCustom, ixIsSigner, ixKey, ixSigned } from "../../runtime/context";

const MAX_SEED_LEN: u32 = 32;
/** AddressError (solana-sdk address/src/error.rs): Agave hands these numbers on as custom codes. */
const MAX_SEED_LENGTH_EXCEEDED: u32 = 0;
const ILLEGAL_OWNER: u32 = 2;
// "ProgramDerivedAddress"
const PDA_MARKER: usize = memory.data<u8>([
  80, 114, 111, 103, 114, 97, 109, 68, 101, 114, 105, 118, 101, 100, 65, 100, 100, 114, 101, 115, 115,
]);
const derived: usize = memory.data(32, 8);
let onlyDerived: bool = false;
let hasDerived: bool = false;

export function signersReset(): void {
  onlyDerived = false;
}

/** From now on only sha256(key of account `i` || seed || owner) has signed, if account `i` has. 0 or an error. */
export function signedBySeed(i: u32, seed: usize, len: u32, owner: usize): i32 {
  onlyDerived = true;
  hasDerived = ixIsSigner(i);
  if (!hasDerived) return 0;
  if (len > MAX_SEED_LEN) return failCustom(MAX_SEED_LENGTH_EXCEEDED);
  if (memory.compare(owner + 11, PDA_MARKER, 21) == 0) return failCustom(ILLEGAL_OWNER);
  sha256Init();
  sha256Update(ixKey(i), 32);
  sha256Update(seed, len);
  sha256Update(owner, 32);
  sha256Final(derived);
  return 0;
}

export function signed(key: usize): bool {
  return onlyDerived ? hasDerived && keyEquals(derived, key) : ixSigned(key);
}
