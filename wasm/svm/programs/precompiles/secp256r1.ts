/** The secp256r1 precompile: u8 number of signatures (1 to 8), u8 unused, offsets. agave-precompiles 4.2 src/secp256r1.rs. */
import { ECDSA_BAD_KEY, ECDSA_GOOD, secp256r1Verify } from "../../../crypto/curves/ecdsa";
import { sha256 } from "../../../crypto/sha256";
import { ixData, ixDataLen } from "../../runtime/context";
import { invalidDataOffsets, invalidInstructionDataSize, invalidPublicKey, invalidSignature } from "./error";
import { OFFSETS_SIZE, OFFSETS_START, sliceKey, sliceMessage, sliceMessageSize, sliceSignature } from "./slice";

const MAX_SIGNATURES: u32 = 8;
const KEY_SIZE: u32 = 33;

const hash: usize = memory.data(32, 8);

export function processSecp256r1(): i32 {
  const len = ixDataLen();
  if (len < OFFSETS_START) return invalidInstructionDataSize();
  const count: u32 = load<u8>(ixData());
  if (!count || count > MAX_SIGNATURES || len < OFFSETS_START + count * OFFSETS_SIZE) return invalidInstructionDataSize();
  for (let i: u32 = 0; i < count; i++) {
    const at = ixData() + OFFSETS_START + i * OFFSETS_SIZE;
    const signature = sliceSignature(at);
    if (!signature) return invalidDataOffsets();
    const key = sliceKey(at, KEY_SIZE);
    if (!key) return invalidDataOffsets();
    const message = sliceMessage(at);
    if (!message) return invalidDataOffsets();
    sha256(message, sliceMessageSize(at), hash);
    const answer = secp256r1Verify(hash, signature, key);
    if (answer != ECDSA_GOOD) return answer == ECDSA_BAD_KEY ? invalidPublicKey() : invalidSignature();
  }
  return 0;
}
