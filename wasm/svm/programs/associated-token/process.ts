/**
 * The Associated Token Account program, native, at its real address ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL.
 *
 *   process -> create (System: create or transfer + allocate + assign; Token: size, immutable owner, initialise) | recover (Token: transfer, close)
 *
 * Source: solana-program/associated-token-account, tag program@v1.1.2, program/src/processor.rs; litesvm has 1.1.1.
 */
import { ERR_COMPUTATIONAL_BUDGET_EXCEEDED, ERR_INVALID_INSTRUCTION_DATA } from "../../errors";
import { consume, ixData, ixDataLen, logProgramText } from "../../runtime/context";
import * as UNITS from "./compute-units";
import { create } from "./create";
import { CREATE, CREATE_IDEMPOTENT, RECOVER_NESTED } from "./instruction";
import { recoverNested } from "./recover";

export function processAssociatedToken(): i32 {
  const len = ixDataLen();
  const instruction: u32 = len ? load<u8>(ixData()) : CREATE;
  if (!consume(len ? UNITS.START : UNITS.START_WITHOUT_DATA)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  if (len > 1 || instruction > RECOVER_NESTED) {
    return consume(UNITS.BAD_INSTRUCTION) ? ERR_INVALID_INSTRUCTION_DATA : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  }
  if (instruction == RECOVER_NESTED) {
    logProgramText("RecoverNested");
    return recoverNested();
  }
  logProgramText(instruction == CREATE ? "Create" : "CreateIdempotent");
  return create(instruction == CREATE_IDEMPOTENT);
}
