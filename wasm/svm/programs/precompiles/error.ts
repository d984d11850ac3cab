/** PrecompileError: the custom code of a precompile's error (solana-sdk precompile-error/src/lib.rs). */
import { failCustom } from "../../runtime/context";

const INVALID_PUBLIC_KEY: u32 = 0;
const INVALID_RECOVERY_ID: u32 = 1;
const INVALID_SIGNATURE: u32 = 2;
const INVALID_DATA_OFFSETS: u32 = 3;
const INVALID_INSTRUCTION_DATA_SIZE: u32 = 4;

export function invalidPublicKey(): i32 {
  return failCustom(INVALID_PUBLIC_KEY);
}
export function invalidRecoveryId(): i32 {
  return failCustom(INVALID_RECOVERY_ID);
}
export function invalidSignature(): i32 {
  return failCustom(INVALID_SIGNATURE);
}
export function invalidDataOffsets(): i32 {
  return failCustom(INVALID_DATA_OFFSETS);
}
export function invalidInstructionDataSize(): i32 {
  return failCustom(INVALID_INSTRUCTION_DATA_SIZE);
}
