/** Everything a program is written against (docs/interfaces.md section 9). A program imports from here, errors from ../../errors. */
export {
  accDataMut,
  accSetDataLen,
  accSetExecutable,
  accSetLamports,
  accSetOwner,
  allZero,
  failCustom,
  ixAcc,
  ixData,
  ixDataLen,
  ixIsSigner,
  ixIsWritable,
  ixKey,
  ixNumAccounts,
  ixProgramId,
  ixSigned,
  ixStackHeight,
  lastError,
} from "./frame";
export {
  logBase64,
  logBegin,
  logBool,
  logBytes,
  logChars,
  logEnd,
  logHex,
  logKey,
  logNumber,
  logProgramText,
  logText,
  logWanted,
} from "./log";
export { consume, returnData, returnDataLen, returnDataProgram, unitsLeft } from "./invoke";
export { invoke } from "./call";
export { decree, decreeData, decreeExecutable, decreeLamports, decreeOwner, decreeRentEpoch } from "./decree";
export { createProgramAddress, findProgramAddress } from "./address";
export { rentExemptMinimum } from "./rent";
export { scratchAlloc } from "./scratch";
export { invalidLength, isUtf8, validUpTo } from "./utf8";
export { contextDeveloper, contextEpoch, contextIsDevelopment, contextSlot, contextUnixTimestamp, slotHashesLookup } from "../sysvars";
import { ixProgramId } from "./frame";
import { setReturnData as setReturnDataOf } from "./invoke";

/** At most 1,024 bytes. */
export function setReturnData(ptr: usize, len: u32): void {
  setReturnDataOf(ixProgramId(), ptr, len);
}
