/** The error of a result (docs/interfaces.md section 4). */
import type { TransactionErrorCode } from "../errors/transaction-error.ts";
import { viewOf } from "./bytes.ts";
import { RESULT } from "./layouts/result.ts";

export function errorFields(result: Uint8Array): TransactionErrorCode {
  return {
    txError: result[RESULT.TX_ERROR]!,
    errorIndex: result[RESULT.ERROR_INDEX]!,
    instructionError: result[RESULT.INSTRUCTION_ERROR]!,
    customCode: viewOf(result).getUint32(RESULT.CUSTOM_CODE, true),
  };
}
