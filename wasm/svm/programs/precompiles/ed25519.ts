/** The ed25519 precompile: u8 number of signatures, u8 unused, offsets. agave-precompiles 4.2 src/ed25519.rs, ed25519-dalek 1.0 verify_strict. */
import { isOnCurve } from "../../../crypto/curve";
import { ed25519VerifyStrict } from "../../../crypto/ed25519";
import { ixData, ixDataLen } from "../../runtime/context";
import { invalidDataOffsets, invalidInstructionDataSize, invalidPublicKey, invalidSignature } from "./error";
import { OFFSETS_SIZE, OFFSETS_START, sliceKey, sliceMessage, sliceMessageSize, sliceSignature } from "./slice";

export function processEd25519(): i32 {
  const len = ixDataLen();
  if (len < OFFSETS_START) return invalidInstructionDataSize();
  const count: u32 = load<u8>(ixData());
  if (!count && len > OFFSETS_START) return invalidInstructionDataSize();
  if (len < OFFSETS_START + count * OFFSETS_SIZE) return invalidInstructionDataSize();
  for (let i: u32 = 0; i < count; i++) {
    const at = ixData() + OFFSETS_START + i * OFFSETS_SIZE;
    const signature = sliceSignature(at);
    if (!signature) return invalidDataOffsets();
    // An S of 2^253 or more is seen when the signature is read (ed25519 1.x); from L to there only when it is verified.
    if (load<u8>(signature, 63) & 0xe0) return invalidSignature();
    const key = sliceKey(at, 32);
    if (!key) return invalidDataOffsets();
    if (!isOnCurve(key)) return invalidPublicKey();
    const message = sliceMessage(at);
    if (!message) return invalidDataOffsets();
    if (!ed25519VerifyStrict(message, sliceMessageSize(at), signature, key)) return invalidSignature();
  }
  return 0;
}
