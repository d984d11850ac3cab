/** What the instructions ask of their accounts. */
import { keyEquals } from "../../../memory/bytes";
import { wellKnownKey } from "../../../transaction/well-known";
import { ERR_INVALID_ARGUMENT, ERR_MISSING_ACCOUNT, ERR_MISSING_REQUIRED_SIGNATURE } from "../../errors";
import { ixIsSigner, ixKey, ixNumAccounts } from "../../runtime/context";

/** There must be `n` accounts. */
export function needAccounts(n: u32): i32 {
  return ixNumAccounts() < n ? ERR_MISSING_ACCOUNT : 0;
}

/** Account `i` must be this sysvar (WK_...). */
export function needSysvar(i: u32, sysvar: i32): i32 {
  if (i >= ixNumAccounts()) return ERR_MISSING_ACCOUNT;
  return keyEquals(ixKey(i), wellKnownKey(sysvar)) ? 0 : ERR_INVALID_ARGUMENT;
}

/** There must be four accounts, of which the last, the new authority, has signed. */
export function needNewAuthority(): i32 {
  const error = needAccounts(4);
  if (error) return error;
  return ixIsSigner(3) ? 0 : ERR_MISSING_REQUIRED_SIGNATURE;
}
