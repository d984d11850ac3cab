/** The secp256r1 precompile: u8 number of signatures (1 to 8), u8 unused, offsets. agave-precompiles 4.2 src/secp256r1.rs. */
import { sha256 } from "../../../crypto/sha256";
import { HOST_SECP256R1_VERIFY, hostCrypto } from "../../host-crypto";
import { ixData, ixDataLen } from "../../runtime/context";
import { invalidDataOffsets, invalidInstructionDataSize, invalidPublicKey, invalidSignature } from "./error";
import { OFFSETS_SIZE, OFFSETS_START, sliceKey, sliceMessage, sliceMessageSize, sliceSignature } from "./slice";

const MAX_SIGNATURES: u32 = 8;
const KEY_SIZE: u32 = 33;
const BAD_KEY: u32 = 2;

/** Hash, signature, key; then the answer. */
const request: usize = memory.data(136, 8);
const ANSWER: usize = 129;

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
    sha256(message, sliceMessageSize(at), request);
    memory.copy(request + 32, signature, 64);
    memory.copy(request + 96, key, KEY_SIZE);
    if (!hostCrypto(HOST_SECP256R1_VERIFY, request, 129, request + ANSWER, 1)) return invalidSignature();
    const answer: u32 = load<u8>(request, ANSWER);
    if (answer) return answer == BAD_KEY ? invalidPublicKey() : invalidSignature();
  }
  return 0;
}
