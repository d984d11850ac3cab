/**
 * The SPL Token program, native, at its real address TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA. Behaves as the program that Solana runs there
 * since SIMD-0266 (p-token): same results, errors, order of checks and log lines; it logs nothing but its errors.
 *
 *   process -> dispatch -> { transfer, delegate, supply, initialize, set-authority, freeze, lamports, ui-amount } -> authority, state, accounts
 *      └────-> batch ───────┘
 *
 * Source: solana-program/token, tag p-token@v1.0.0, pinocchio/program/src/entrypoint.rs.
 */
import { ERR_COMPUTATIONAL_BUDGET_EXCEEDED } from "../../errors";
import { consume, ixData, ixDataLen, ixNumAccounts, unitsLeft } from "../../runtime/context";
import { batch } from "./batch";
import { EMPTY_UNITS, ERROR_LOG_UNITS, unitsReset, unitsUsed } from "./compute-units";
import { dispatch } from "./dispatch";
import { instructionError, INVALID_INSTRUCTION, logError } from "./error";
import { BATCH } from "./instruction";

export function processToken(): i32 {
  const data = ixData();
  const len = ixDataLen();
  const end = ixNumAccounts();
  // Without a single byte of data there is not even a log line.
  if (len == 0) return consume(EMPTY_UNITS) ? instructionError(INVALID_INSTRUCTION) : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  const instruction: u32 = load<u8>(data);
  unitsReset();
  const error = instruction == BATCH ? batch(0, end, data, len) : dispatch(0, end, data, len);
  // What fails for want of units leaves no trace, so it does not matter that they are counted afterwards.
  if (!consume(unitsUsed(instruction, end))) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  return error ? fail(error) : 0;
}

function fail(error: i32): i32 {
  if (unitsLeft() < ERROR_LOG_UNITS) {
    // The log call is what cannot be paid, which is an error of the call and not of the machine.
    consume(unitsLeft());
    return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  }
  consume(ERROR_LOG_UNITS);
  logError(error);
  return instructionError(error);
}
