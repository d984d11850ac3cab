/** What Agave prints for an instruction error: Display of InstructionError (solana-sdk instruction-error/src/lib.rs). */
import * as ERR from "../errors";
import { logChars, logHex } from "./log";

function textOf(code: i32): string {
  switch (code) {
    case ERR.ERR_GENERIC_ERROR:
      return "generic instruction error";
    case ERR.ERR_INVALID_ARGUMENT:
      return "invalid program argument";
    case ERR.ERR_INVALID_INSTRUCTION_DATA:
      return "invalid instruction data";
    case ERR.ERR_INVALID_ACCOUNT_DATA:
      return "invalid account data for instruction";
    case ERR.ERR_ACCOUNT_DATA_TOO_SMALL:
      return "account data too small for instruction";
    case ERR.ERR_INSUFFICIENT_FUNDS:
      return "insufficient funds for instruction";
    case ERR.ERR_INCORRECT_PROGRAM_ID:
      return "incorrect program id for instruction";
    case ERR.ERR_MISSING_REQUIRED_SIGNATURE:
      return "missing required signature for instruction";
    case ERR.ERR_ACCOUNT_ALREADY_INITIALIZED:
      return "instruction requires an uninitialized account";
    case ERR.ERR_UNINITIALIZED_ACCOUNT:
      return "instruction requires an initialized account";
    case ERR.ERR_UNBALANCED_INSTRUCTION:
      return "sum of account balances before and after instruction do not match";
    case ERR.ERR_MODIFIED_PROGRAM_ID:
      return "instruction illegally modified the program id of an account";
    case ERR.ERR_EXTERNAL_ACCOUNT_LAMPORT_SPEND:
      return "instruction spent from the balance of an account it does not own";
    case ERR.ERR_EXTERNAL_ACCOUNT_DATA_MODIFIED:
      return "instruction modified data of an account it does not own";
    case ERR.ERR_READONLY_LAMPORT_CHANGE:
      return "instruction changed the balance of a read-only account";
    case ERR.ERR_READONLY_DATA_MODIFIED:
      return "instruction modified data of a read-only account";
    case ERR.ERR_DUPLICATE_ACCOUNT_INDEX:
      return "instruction contains duplicate accounts";
    case ERR.ERR_EXECUTABLE_MODIFIED:
      return "instruction changed executable bit of an account";
    case ERR.ERR_RENT_EPOCH_MODIFIED:
      return "instruction modified rent epoch of an account";
    case ERR.ERR_NOT_ENOUGH_ACCOUNT_KEYS:
      return "insufficient account keys for instruction";
    case ERR.ERR_ACCOUNT_DATA_SIZE_CHANGED:
      return "program other than the account's owner changed the size of the account data";
    case ERR.ERR_ACCOUNT_NOT_EXECUTABLE:
      return "instruction expected an executable account";
    case ERR.ERR_ACCOUNT_BORROW_FAILED:
      return "instruction tries to borrow reference for an account which is already borrowed";
    case ERR.ERR_ACCOUNT_BORROW_OUTSTANDING:
      return "instruction left account with an outstanding borrowed reference";
    case ERR.ERR_DUPLICATE_ACCOUNT_OUT_OF_SYNC:
      return "instruction modifications of multiply-passed account differ";
    case ERR.ERR_INVALID_ERROR:
      return "program returned invalid error code";
    case ERR.ERR_EXECUTABLE_DATA_MODIFIED:
      return "instruction changed executable accounts data";
    case ERR.ERR_EXECUTABLE_LAMPORT_CHANGE:
      return "instruction changed the balance of an executable account";
    case ERR.ERR_EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT:
      return "executable accounts must be rent exempt";
    case ERR.ERR_UNSUPPORTED_PROGRAM_ID:
      return "Unsupported program id";
    case ERR.ERR_CALL_DEPTH:
      return "Cross-program invocation call depth too deep";
    case ERR.ERR_MISSING_ACCOUNT:
      return "An account required by the instruction is missing";
    case ERR.ERR_REENTRANCY_NOT_ALLOWED:
      return "Cross-program invocation reentrancy not allowed for this instruction";
    case ERR.ERR_MAX_SEED_LENGTH_EXCEEDED:
      return "Length of the seed is too long for address generation";
    case ERR.ERR_INVALID_SEEDS:
      return "Provided seeds do not result in a valid address";
    case ERR.ERR_INVALID_REALLOC:
      return "Failed to reallocate account data";
    case ERR.ERR_COMPUTATIONAL_BUDGET_EXCEEDED:
      return "Computational budget exceeded";
    case ERR.ERR_PRIVILEGE_ESCALATION:
      return "Cross-program invocation with unauthorized signer or writable account";
    case ERR.ERR_PROGRAM_ENVIRONMENT_SETUP_FAILURE:
      return "Failed to create program execution environment";
    case ERR.ERR_PROGRAM_FAILED_TO_COMPLETE:
      return "Program failed to complete";
    case ERR.ERR_PROGRAM_FAILED_TO_COMPILE:
      return "Program failed to compile";
    case ERR.ERR_IMMUTABLE:
      return "Account is immutable";
    case ERR.ERR_INCORRECT_AUTHORITY:
      return "Incorrect authority provided";
    case ERR.ERR_BORSH_IO_ERROR:
      return "Failed to serialize or deserialize account data";
    case ERR.ERR_ACCOUNT_NOT_RENT_EXEMPT:
      return "An account does not have enough lamports to be rent-exempt";
    case ERR.ERR_INVALID_ACCOUNT_OWNER:
      return "Invalid account owner";
    case ERR.ERR_ARITHMETIC_OVERFLOW:
      return "Program arithmetic overflowed";
    case ERR.ERR_UNSUPPORTED_SYSVAR:
      return "Unsupported sysvar";
    case ERR.ERR_ILLEGAL_OWNER:
      return "Provided owner is not allowed";
    case ERR.ERR_MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED:
      return "Accounts data allocations exceeded the maximum allowed per transaction";
    case ERR.ERR_MAX_ACCOUNTS_EXCEEDED:
      return "Max accounts exceeded";
    case ERR.ERR_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED:
      return "Max instruction trace length exceeded";
    case ERR.ERR_BUILTIN_PROGRAMS_MUST_CONSUME_COMPUTE_UNITS:
      return "Builtin programs must consume compute units";
    default:
      return "";
  }
}

/** Appends the text of an error to the open log line. */
export function logError(code: i32, custom: u32): void {
  if (code == ERR.ERR_CUSTOM) {
    logChars("custom program error: 0x");
    logHex(custom);
  } else {
    logChars(textOf(code));
  }
}
