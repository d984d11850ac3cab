/**
 * What the offsets of the ed25519 and secp256r1 precompiles refer to (14 bytes):
 *
 *   u16 signature offset, u16 instruction, u16 key offset, u16 instruction, u16 message offset, u16 message size, u16 instruction
 *
 * An instruction is a number in the transaction, or 0xffff for the one that runs. agave-precompiles src/{ed25519,secp256r1}.rs get_data_slice.
 */
import { ixData, ixDataLen } from "../../runtime/context";
import { instructionCount, instructionData, instructionDataLen } from "../../runtime/message";

export const OFFSETS_START: u32 = 2;
export const OFFSETS_SIZE: u32 = 14;
const THIS_INSTRUCTION: u32 = 0xffff;

/** Address of `size` bytes at `offset` of an instruction's data, or 0: not there. */
function slice(instruction: u32, offset: u32, size: u32): usize {
  let data: usize = 0;
  let len: u32 = 0;
  if (instruction == THIS_INSTRUCTION) {
    data = ixData();
    len = ixDataLen();
  } else if (instruction < instructionCount()) {
    data = instructionData(instruction);
    len = instructionDataLen(instruction);
  } else {
    return 0;
  }
  return offset + size > len ? 0 : data + offset;
}

/** The parts that the offsets at `at` name, or 0: InvalidDataOffsets. */
export function sliceSignature(at: usize): usize {
  return slice(load<u16>(at, 2), load<u16>(at), 64);
}
export function sliceKey(at: usize, size: u32): usize {
  return slice(load<u16>(at, 6), load<u16>(at, 4), size);
}
export function sliceMessage(at: usize): usize {
  return slice(load<u16>(at, 12), load<u16>(at, 8), sliceMessageSize(at));
}
export function sliceMessageSize(at: usize): u32 {
  return load<u16>(at, 10);
}
