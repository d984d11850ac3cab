/** What every program must pass before it is deployed (agave program-runtime/src/deploy.rs). */
import { elfErrorLength, elfErrorText, executableFree, executableLoad } from "../../sbpf/elf";
import { ERR_INVALID_ACCOUNT_DATA } from "../../errors";
import { logBegin, logBytes, logEnd } from "../../runtime/context";

/** 0, or ERR_INVALID_ACCOUNT_DATA with the reason in the log. */
export function verifyProgram(elf: usize, len: u32): i32 {
  const executable = executableLoad(elf, len, true);
  if (executable) {
    executableFree(executable);
    return 0;
  }
  logBegin();
  logBytes(elfErrorText(), elfErrorLength());
  logEnd();
  return ERR_INVALID_ACCOUNT_DATA;
}
