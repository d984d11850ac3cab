/**
 * The secp256k1 precompile: u8 number of signatures, offsets of 11 bytes each:
 *
 *   u16 signature offset, u8 instruction, u16 address offset, u8 instruction, u16 message offset, u16 message size, u8 instruction
 *
 * The signature is 64 bytes and a recovery id; the address the last 20 bytes of Keccak-256 of the key (Ethereum's). There is no number for
 * the instruction that runs. agave-precompiles 4.2 src/secp256k1.rs.
 */
import { secp256k1InRange, secp256k1Recover } from "../../../crypto/curves/ecdsa";
import { keccak256Final, keccak256Init, keccak256Update } from "../../../crypto/keccak256";
import { ixData, ixDataLen } from "../../runtime/context";
import { instructionCount, instructionData, instructionDataLen } from "../../runtime/message";
import { invalidDataOffsets, invalidInstructionDataSize, invalidRecoveryId, invalidSignature } from "./error";

const OFFSETS_START: u32 = 1;
const OFFSETS_SIZE: u32 = 11;
const ADDRESS_SIZE: u32 = 20;

const hash: usize = memory.data(32, 8);
const key: usize = memory.data(64, 8);
const keyHash: usize = memory.data(32, 8);

function keccak256(ptr: usize, len: u32, out: usize): void {
  keccak256Init();
  keccak256Update(ptr, len);
  keccak256Final(out);
}

function equal20(a: usize, b: usize): bool {
  return memory.compare(a, b, ADDRESS_SIZE) == 0;
}

/** One signature with the offsets at `at`. */
function verify(at: usize): i32 {
  const from: u32 = load<u8>(at, 2);
  if (from >= instructionCount()) return invalidInstructionDataSize();
  const start: u32 = load<u16>(at);
  // The recovery id stands behind the signature.
  if (start + 64 >= instructionDataLen(from)) return invalidSignature();
  const signature = instructionData(from) + start;
  if (!secp256k1InRange(signature)) return invalidSignature();
  if (load<u8>(signature, 64) > 3) return invalidRecoveryId();

  const addressFrom: u32 = load<u8>(at, 5);
  if (addressFrom >= instructionCount()) return invalidDataOffsets();
  const addressStart: u32 = load<u16>(at, 3);
  if (addressStart + ADDRESS_SIZE > instructionDataLen(addressFrom)) return invalidSignature();

  const messageFrom: u32 = load<u8>(at, 10);
  if (messageFrom >= instructionCount()) return invalidDataOffsets();
  const messageStart: u32 = load<u16>(at, 6), messageSize: u32 = load<u16>(at, 8);
  if (messageStart + messageSize > instructionDataLen(messageFrom)) return invalidSignature();

  keccak256(instructionData(messageFrom) + messageStart, messageSize, hash);
  if (!secp256k1Recover(key, hash, signature, load<u8>(signature, 64))) return invalidSignature();
  keccak256(key, 64, keyHash);
  return equal20(keyHash + 12, instructionData(addressFrom) + addressStart) ? 0 : invalidSignature();
}

export function processSecp256k1(): i32 {
  const len = ixDataLen();
  if (!len) return invalidInstructionDataSize();
  const count: u32 = load<u8>(ixData());
  if (!count && len > OFFSETS_START) return invalidInstructionDataSize();
  if (len < OFFSETS_START + count * OFFSETS_SIZE) return invalidInstructionDataSize();
  for (let i: u32 = 0; i < count; i++) {
    const error = verify(ixData() + OFFSETS_START + i * OFFSETS_SIZE);
    if (error) return error;
  }
  return 0;
}
