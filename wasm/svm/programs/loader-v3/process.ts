/**
 * The upgradeable loader (loader v3), BPFLoaderUpgradeab1e11111111111111111111111: puts programs on the chain and changes them.
 *
 *   buffer ──Write──▶ buffer ──Deploy──▶ program ─▶ programdata ◀──Upgrade── buffer
 *                                                   programdata ◀──Extend, SetAuthority, Close
 *
 * A program runs from the slot after the one that its programdata names: programdata says when it changed last, and it changes once a slot.
 * Source: Agave 4.2 programs/bpf_loader/src/lib.rs; instructions: solana-sdk loader-v3-interface/src/instruction.rs.
 */
import { ERR_COMPUTATIONAL_BUDGET_EXCEEDED, ERR_INVALID_INSTRUCTION_DATA } from "../../errors";
import { consume, ixData, ixDataLen } from "../../runtime/context";
import { setAuthority, setAuthorityChecked } from "./authority";
import { initializeBuffer, writeBuffer } from "./buffer";
import { close } from "./close";
import { deployWithMaxDataLen } from "./deploy";
import { extendProgram } from "./extend";
import { upgrade } from "./upgrade";

const COMPUTE_UNITS: u64 = 2_370;
/** Bytes of instruction data that are read at most (PACKET_DATA_SIZE). */
const DATA_LIMIT: u32 = 1232;

// Instructions: u32, then their fields; bytes after them are ignored.
const INITIALIZE_BUFFER: u32 = 0;
const WRITE: u32 = 1; // u32 offset, u64 length, bytes
const DEPLOY_WITH_MAX_DATA_LEN: u32 = 2; // u64 most bytes the program may get
const UPGRADE: u32 = 3;
const SET_AUTHORITY: u32 = 4;
const CLOSE: u32 = 5;
const EXTEND_PROGRAM: u32 = 6; // u32 additional bytes
const SET_AUTHORITY_CHECKED: u32 = 7;

function write(data: usize, len: u32): i32 {
  if (len < 16) return ERR_INVALID_INSTRUCTION_DATA;
  const bytes = load<u64>(data, 8);
  if (bytes > <u64>(len - 16)) return ERR_INVALID_INSTRUCTION_DATA;
  return writeBuffer(load<u32>(data, 4), data + 16, <u32>bytes);
}

export function processLoaderV3(): i32 {
  if (!consume(COMPUTE_UNITS)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  const data = ixData();
  const len = min(ixDataLen(), DATA_LIMIT);
  if (len < 4) return ERR_INVALID_INSTRUCTION_DATA;
  switch (load<u32>(data)) {
    case INITIALIZE_BUFFER:
      return initializeBuffer();
    case WRITE:
      return write(data, len);
    case DEPLOY_WITH_MAX_DATA_LEN:
      return len < 12 ? ERR_INVALID_INSTRUCTION_DATA : deployWithMaxDataLen(load<u64>(data, 4));
    case UPGRADE:
      return upgrade();
    case SET_AUTHORITY:
      return setAuthority();
    case CLOSE:
      return close();
    case EXTEND_PROGRAM:
      return len < 8 ? ERR_INVALID_INSTRUCTION_DATA : extendProgram(load<u32>(data, 4));
    case SET_AUTHORITY_CHECKED:
      return setAuthorityChecked();
    default:
      return ERR_INVALID_INSTRUCTION_DATA;
  }
}
