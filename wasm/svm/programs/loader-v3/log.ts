/** Log lines of the upgradeable loader that hold a key. */
import { logBegin, logChars, logEnd, logKey, logText, logWanted } from "../../runtime/context";

/** Logs why an instruction fails; returns its error. */
export function refuse(text: string, error: i32): i32 {
  logText(text);
  return error;
}

export function logWithKey(text: string, key: usize): void {
  if (!logWanted()) return;
  logBegin();
  logChars(text);
  logKey(key);
  logEnd();
}

/** As Rust's Debug prints an Option; 0: none. */
export function logOptionalKey(text: string, key: usize): void {
  if (!key) {
    logBegin();
    logChars(text);
    logChars("None");
    logEnd();
    return;
  }
  logBegin();
  logChars(text);
  logChars("Some(");
  logKey(key);
  logChars(")");
  logEnd();
}
