/** What a program says by its answer (r0): solana-sdk program-error/src/lib.rs, instruction-error/src/lib.rs (From<T> for InstructionError). */
import * as ERR from "../errors";
import { failCustom } from "../runtime/frame";

/** By the number in the upper half of an answer whose lower half is 0. */
function builtinError(number: u32): i32 {
  switch (number) {
    case 1:
      return failCustom(0);
    case 2:
      return ERR.ERR_INVALID_ARGUMENT;
    case 3:
      return ERR.ERR_INVALID_INSTRUCTION_DATA;
    case 4:
      return ERR.ERR_INVALID_ACCOUNT_DATA;
    case 5:
      return ERR.ERR_ACCOUNT_DATA_TOO_SMALL;
    case 6:
      return ERR.ERR_INSUFFICIENT_FUNDS;
    case 7:
      return ERR.ERR_INCORRECT_PROGRAM_ID;
    case 8:
      return ERR.ERR_MISSING_REQUIRED_SIGNATURE;
    case 9:
      return ERR.ERR_ACCOUNT_ALREADY_INITIALIZED;
    case 10:
      return ERR.ERR_UNINITIALIZED_ACCOUNT;
    case 11:
      return ERR.ERR_NOT_ENOUGH_ACCOUNT_KEYS;
    case 12:
      return ERR.ERR_ACCOUNT_BORROW_FAILED;
    case 13:
      return ERR.ERR_MAX_SEED_LENGTH_EXCEEDED;
    case 14:
      return ERR.ERR_INVALID_SEEDS;
    case 15:
      return ERR.ERR_BORSH_IO_ERROR;
    case 16:
      return ERR.ERR_ACCOUNT_NOT_RENT_EXEMPT;
    case 17:
      return ERR.ERR_UNSUPPORTED_SYSVAR;
    case 18:
      return ERR.ERR_ILLEGAL_OWNER;
    case 19:
      return ERR.ERR_MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED;
    case 20:
      return ERR.ERR_INVALID_REALLOC;
    case 21:
      return ERR.ERR_MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED;
    case 22:
      return ERR.ERR_BUILTIN_PROGRAMS_MUST_CONSUME_COMPUTE_UNITS;
    case 23:
      return ERR.ERR_INVALID_ACCOUNT_OWNER;
    case 24:
      return ERR.ERR_ARITHMETIC_OVERFLOW;
    case 25:
      return ERR.ERR_IMMUTABLE;
    case 26:
      return ERR.ERR_INCORRECT_AUTHORITY;
    default:
      return ERR.ERR_INVALID_ERROR;
  }
}

/** ERR_... of an answer that is not 0. */
export function returnedError(answer: u64): i32 {
  const high = <u32>(answer >> 32);
  if (!high) return failCustom(<u32>answer);
  return <u32>answer ? ERR.ERR_INVALID_ERROR : builtinError(high);
}
