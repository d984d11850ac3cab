/** The line that the program logs for its own error (program/src/entrypoint.rs, ProgramError::to_str). */
import * as ERR from "../../errors";
import { customCode } from "../../runtime/frame";
import { logProgramText } from "../../runtime/context";

export const CUSTOM_INVALID_SEEDS: u32 = 1;
export const CUSTOM_READONLY_DATA_MODIFIED: u32 = 10;
export const CUSTOM_READONLY_LAMPORTS_CHANGED: u32 = 11;

function textOf(error: i32): string {
  switch (error) {
    case ERR.ERR_INVALID_ARGUMENT:
      return "Error: InvalidArgument";
    case ERR.ERR_INVALID_INSTRUCTION_DATA:
      return "Error: InvalidInstructionData";
    case ERR.ERR_INVALID_ACCOUNT_DATA:
      return "Error: InvalidAccountData";
    case ERR.ERR_ACCOUNT_DATA_TOO_SMALL:
      return "Error: AccountDataTooSmall";
    case ERR.ERR_MISSING_REQUIRED_SIGNATURE:
      return "Error: MissingRequiredSignature";
    case ERR.ERR_UNINITIALIZED_ACCOUNT:
      return "Error: UninitializedAccount";
    case ERR.ERR_NOT_ENOUGH_ACCOUNT_KEYS:
      return "Error: NotEnoughAccountKeys";
    case ERR.ERR_INVALID_REALLOC:
      return "Error: InvalidRealloc";
    case ERR.ERR_INVALID_ACCOUNT_OWNER:
      return "Error: InvalidAccountOwner";
    case ERR.ERR_ARITHMETIC_OVERFLOW:
      return "Error: ArithmeticOverflow";
    case ERR.ERR_IMMUTABLE:
      return "Error: Immutable";
    case ERR.ERR_INCORRECT_AUTHORITY:
      return "Error: IncorrectAuthority";
    default:
      return "Error: Unknown";
  }
}

function customText(): string {
  switch (customCode()) {
    case CUSTOM_INVALID_SEEDS:
      return "Provided seeds do not result in a valid address";
    case CUSTOM_READONLY_DATA_MODIFIED:
      return "Instruction modified data of a read-only account";
    default:
      return "Instruction changed the balance of a read-only account";
  }
}

export function logTableError(error: i32): void {
  logProgramText(error == ERR.ERR_CUSTOM ? customText() : textOf(error));
}
