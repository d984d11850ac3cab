/**
 * Errors inside the Token program, as one i32: 0 = none; 1..255 = an ERR_* code; TOKEN_ERROR + n = custom error n. Each has its log line.
 *
 * Source of codes and texts: solana-program/token, tag p-token@v1.0.0, pinocchio/interface/src/error.rs; texts of the program errors: the strings
 * of the ELF that litesvm 1.5 carries (sha256 53e587ee...31cc).
 */
import {
  ERR_INCORRECT_PROGRAM_ID,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_INVALID_ARGUMENT,
  ERR_MISSING_REQUIRED_SIGNATURE,
  ERR_NOT_ENOUGH_ACCOUNT_KEYS,
  ERR_UNINITIALIZED_ACCOUNT,
} from "../../errors";
import { failCustom, logProgramText } from "../../runtime/context";

export const TOKEN_ERROR: i32 = 0x100;
export const NOT_RENT_EXEMPT: i32 = TOKEN_ERROR + 0;
export const INSUFFICIENT_FUNDS: i32 = TOKEN_ERROR + 1;
export const INVALID_MINT: i32 = TOKEN_ERROR + 2;
export const MINT_MISMATCH: i32 = TOKEN_ERROR + 3;
export const OWNER_MISMATCH: i32 = TOKEN_ERROR + 4;
export const FIXED_SUPPLY: i32 = TOKEN_ERROR + 5;
export const ALREADY_IN_USE: i32 = TOKEN_ERROR + 6;
export const INVALID_NUMBER_OF_PROVIDED_SIGNERS: i32 = TOKEN_ERROR + 7;
export const INVALID_NUMBER_OF_REQUIRED_SIGNERS: i32 = TOKEN_ERROR + 8;
export const NATIVE_NOT_SUPPORTED: i32 = TOKEN_ERROR + 10;
export const NON_NATIVE_HAS_BALANCE: i32 = TOKEN_ERROR + 11;
export const INVALID_INSTRUCTION: i32 = TOKEN_ERROR + 12;
export const INVALID_STATE: i32 = TOKEN_ERROR + 13;
export const OVERFLOW: i32 = TOKEN_ERROR + 14;
export const AUTHORITY_TYPE_NOT_SUPPORTED: i32 = TOKEN_ERROR + 15;
export const MINT_CANNOT_FREEZE: i32 = TOKEN_ERROR + 16;
export const ACCOUNT_FROZEN: i32 = TOKEN_ERROR + 17;
export const MINT_DECIMALS_MISMATCH: i32 = TOKEN_ERROR + 18;
export const NON_NATIVE_NOT_SUPPORTED: i32 = TOKEN_ERROR + 19;

/** Turns an internal error into the instruction's error. */
export function instructionError(error: i32): i32 {
  return error >= TOKEN_ERROR ? failCustom(<u32>(error - TOKEN_ERROR)) : error;
}

/** The line that the real program logs before it fails. */
export function logError(error: i32): void {
  if (error >= TOKEN_ERROR) logTokenError(error);
  else logProgramError(error);
}

function logProgramError(error: i32): void {
  if (error == ERR_NOT_ENOUGH_ACCOUNT_KEYS) logProgramText("Error: NotEnoughAccountKeys");
  else if (error == ERR_INVALID_ACCOUNT_DATA) logProgramText("Error: InvalidAccountData");
  else if (error == ERR_UNINITIALIZED_ACCOUNT) logProgramText("Error: UninitializedAccount");
  else if (error == ERR_MISSING_REQUIRED_SIGNATURE) logProgramText("Error: MissingRequiredSignature");
  else if (error == ERR_INCORRECT_PROGRAM_ID) logProgramText("Error: IncorrectProgramId");
  else if (error == ERR_INVALID_ARGUMENT) logProgramText("Error: InvalidArgument");
}

function logTokenError(error: i32): void {
  switch (error) {
    case NOT_RENT_EXEMPT: return logProgramText("Error: Lamport balance below rent-exempt threshold");
    case INSUFFICIENT_FUNDS: return logProgramText("Error: insufficient funds");
    case INVALID_MINT: return logProgramText("Error: Invalid Mint");
    case MINT_MISMATCH: return logProgramText("Error: Account not associated with this Mint");
    case OWNER_MISMATCH: return logProgramText("Error: owner does not match");
    case FIXED_SUPPLY: return logProgramText("Error: the total supply of this token is fixed");
    case ALREADY_IN_USE: return logProgramText("Error: account or token already in use");
    case INVALID_NUMBER_OF_PROVIDED_SIGNERS: return logProgramText("Error: Invalid number of provided signers");
    case INVALID_NUMBER_OF_REQUIRED_SIGNERS: return logProgramText("Error: Invalid number of required signers");
    case NATIVE_NOT_SUPPORTED: return logProgramText("Error: Instruction does not support native tokens");
    case NON_NATIVE_HAS_BALANCE: return logProgramText("Error: Non-native account can only be closed if its balance is zero");
    case INVALID_INSTRUCTION: return logProgramText("Error: Invalid instruction");
    case INVALID_STATE: return logProgramText("Error: Invalid account state for operation");
    case OVERFLOW: return logProgramText("Error: Operation overflowed");
    case AUTHORITY_TYPE_NOT_SUPPORTED: return logProgramText("Error: Account does not support specified authority type");
    case MINT_CANNOT_FREEZE: return logProgramText("Error: This token mint cannot freeze accounts");
    case ACCOUNT_FROZEN: return logProgramText("Error: Account is frozen");
    case MINT_DECIMALS_MISMATCH: return logProgramText("Error: decimals different from the Mint decimals");
    default: return logProgramText("Error: Instruction does not support non-native tokens");
  }
}
