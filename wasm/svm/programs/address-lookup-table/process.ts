/**
 * The Address Lookup Table program, native, at its real address AddressLookupTab1e1111111111111111111111111.
 *
 *   process -> create (System: transfer, allocate, assign) | change (freeze, extend, deactivate, close) -> state
 *
 * Source: solana-program/address-lookup-table, program/src/{entrypoint,processor,state,error}.rs ("Core BPF": sBPF on Agave).
 */
import { ERR_INVALID_INSTRUCTION_DATA } from "../../errors";
import { ixData, ixDataLen, logProgramText } from "../../runtime/context";
import { callsBegin, callsStopped, pay } from "./calls";
import { closeTable, deactivateTable, extendTable, freezeTable } from "./change";
import * as UNITS from "./compute-units";
import { createTable } from "./create";
import { logTableError } from "./error";

// Instructions: u32, then their fields (bincode; bytes after them are ignored).
const CREATE: u32 = 0; // u64 recent slot, u8 bump
const FREEZE: u32 = 1;
const EXTEND: u32 = 2; // u64 count, keys
const DEACTIVATE: u32 = 3;
const CLOSE: u32 = 4;
/** Keys that 1,232 bytes can hold. */
const MAX_NEW_KEYS: u64 = 38;

function run(data: usize, len: u32): i32 {
  const instruction: u32 = len >= 4 ? load<u32>(data) : u32.MAX_VALUE;
  switch (instruction) {
    case CREATE:
      if (len < 13) return ERR_INVALID_INSTRUCTION_DATA;
      logProgramText("Instruction: CreateLookupTable");
      return createTable(load<u64>(data, 4), load<u8>(data, 12));
    case FREEZE:
      logProgramText("Instruction: FreezeLookupTable");
      return freezeTable();
    case EXTEND: {
      if (len < 12) return ERR_INVALID_INSTRUCTION_DATA;
      const count = load<u64>(data, 4);
      if (count > MAX_NEW_KEYS || len < 12 + (<u32>count << 5)) return ERR_INVALID_INSTRUCTION_DATA;
      logProgramText("Instruction: ExtendLookupTable");
      return extendTable(data + 12, <u32>count);
    }
    case DEACTIVATE:
      logProgramText("Instruction: DeactivateLookupTable");
      return deactivateTable();
    case CLOSE:
      logProgramText("Instruction: CloseLookupTable");
      return closeTable();
    default:
      return ERR_INVALID_INSTRUCTION_DATA;
  }
}

export function processAddressLookupTable(): i32 {
  callsBegin();
  const error = run(ixData(), ixDataLen());
  if (!error || callsStopped()) return error;
  const dry = pay(UNITS.ERROR);
  if (dry) return dry;
  logTableError(error);
  return error;
}
