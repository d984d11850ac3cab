/**
 * The Memo program, native, at all of its addresses.
 *
 *   v4  Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH   the same at the address that @solana-program/memo uses since 0.15
 *   v3  MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr   solana-program/memo, program/src/entrypoint.rs (p-memo 4.0): logs who signed, and the text
 *   v1  Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo   spl-memo 1.0: only checks that the text is UTF-8
 */
import { ERR_COMPUTATIONAL_BUDGET_EXCEEDED, ERR_INVALID_INSTRUCTION_DATA, ERR_MISSING_REQUIRED_SIGNATURE } from "../../errors";
import {
  consume,
  isUtf8,
  ixAcc,
  ixData,
  ixDataLen,
  ixIsSigner,
  ixKey,
  ixNumAccounts,
  logBegin,
  logBytes,
  logChars,
  logEnd,
  logKey,
  logNumber,
  logProgramText,
  logWanted,
  unitsLeft,
} from "../../runtime/context";
import { machineFault } from "../../runtime/invoke";
import { EXIT_UNITS, memoUnits, memoV1Units, signerUnits } from "./compute-units";
import { utf8ErrorText, utf8TextLength } from "./utf8";

/** Takes units that are nearly all of log calls: what cannot be paid is an error of the call, not of the machine. */
function payLogs(units: u64): bool {
  if (unitsLeft() >= units) return consume(units);
  consume(unitsLeft());
  return false;
}

/** Whether account `i` is named by an earlier account of the instruction. */
function isRepeated(i: u32): bool {
  for (let j: u32 = 0; j < i; j++) if (ixAcc(j) == ixAcc(i)) return true;
  return false;
}

/** Every account must have signed; those that have are logged. 0 or an error. */
function checkSigners(n: u32): i32 {
  let signed: u32 = 0;
  let missing: u32 = 0;
  let repeated: u32 = 0;
  let last: u32 = 0; // 1: the last account has not signed, 2: it was named before
  logProgramText("Signed by:");
  for (let i: u32 = 0; i < n; i++) {
    last = 0;
    if (isRepeated(i)) {
      repeated++;
      last = 2;
    } else if (ixIsSigner(i)) {
      signed++;
      logBegin();
      logChars("Program log: ");
      logKey(ixKey(i));
      logEnd();
    } else {
      missing++;
      last = 1;
    }
  }
  if (!payLogs(signerUnits(signed, missing, repeated, last == 1, last == 2))) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  return missing ? ERR_MISSING_REQUIRED_SIGNATURE : 0;
}

export function processMemo(): i32 {
  const text = ixData();
  const len = ixDataLen();
  const n = ixNumAccounts();
  if (n) {
    const error = checkSigners(n);
    if (error) return error;
  }
  if (!payLogs(memoUnits(len))) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  logBegin();
  logChars("Program log: Memo (len ");
  logNumber(len);
  logChars(")");
  logEnd();
  // The log system call stops the machine when the text is none.
  if (!isUtf8(text, len)) return logWanted() ? machineFault(utf8ErrorText(text, len), utf8TextLength()) : machineFault(0, 0);
  logBegin();
  logChars("Program log: ");
  logBytes(text, len);
  logEnd();
  return consume(EXIT_UNITS) ? 0 : ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
}

export function processMemoV1(): i32 {
  const len = ixDataLen();
  if (!consume(memoV1Units(len, ixNumAccounts()))) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  return isUtf8(ixData(), len) ? 0 : ERR_INVALID_INSTRUCTION_DATA;
}
