/** SetAuthority and SetAuthorityChecked (agave programs/bpf_loader/src/lib.rs). */
import {
  ERR_IMMUTABLE,
  ERR_INCORRECT_AUTHORITY,
  ERR_INVALID_ARGUMENT,
  ERR_MISSING_REQUIRED_SIGNATURE,
} from "../../errors";
import { ixIsSigner, ixKey, ixNumAccounts } from "../../runtime/context";
import { authorityIs, needAccounts } from "./accounts";
import { logOptionalKey, logWithKey, refuse } from "./log";
import {
  BUFFER,
  PROGRAMDATA,
  stateKey,
  stateKind,
  stateOfBuffer,
  stateRead,
  stateSlot,
  stateWriteBuffer,
  stateWriteProgramdata,
} from "./state";

const ACCOUNT: u32 = 0;
const PRESENT: u32 = 1;
const NEW: u32 = 2;

/** `authority`: the new one, 0 for none. */
function change(authority: usize, checked: bool): i32 {
  const state = stateOfBuffer();
  const error = stateRead(ACCOUNT, state);
  if (error) return error;
  const kind = stateKind(state);
  const isBuffer = kind == BUFFER;
  if (!isBuffer && kind != PROGRAMDATA) return refuse("Account does not support authorities", ERR_INVALID_ARGUMENT);
  if (isBuffer && !authority) return refuse("Buffer authority is not optional", ERR_INCORRECT_AUTHORITY);
  const present = stateKey(state);
  if (!present) return refuse(isBuffer ? "Buffer is immutable" : "Program not upgradeable", ERR_IMMUTABLE);
  if (!authorityIs(present, ixKey(PRESENT))) {
    const text = isBuffer ? "Incorrect buffer authority provided" : "Incorrect upgrade authority provided";
    return refuse(text, ERR_INCORRECT_AUTHORITY);
  }
  if (!ixIsSigner(PRESENT)) {
    const text = isBuffer ? "Buffer authority did not sign" : "Upgrade authority did not sign";
    return refuse(text, ERR_MISSING_REQUIRED_SIGNATURE);
  }
  if (checked && !ixIsSigner(NEW)) return refuse("New authority did not sign", ERR_MISSING_REQUIRED_SIGNATURE);
  return isBuffer ? stateWriteBuffer(ACCOUNT, authority) : stateWriteProgramdata(ACCOUNT, stateSlot(state), authority);
}

/** Without a new authority a program can never be upgraded again. */
export function setAuthority(): i32 {
  let error = needAccounts(2);
  if (error) return error;
  const authority = ixNumAccounts() > NEW ? ixKey(NEW) : 0;
  error = change(authority, false);
  if (!error) logOptionalKey("New authority ", authority);
  return error;
}

/** The new authority has to sign. */
export function setAuthorityChecked(): i32 {
  let error = needAccounts(3);
  if (!error) error = change(ixKey(NEW), true);
  if (!error) logWithKey("New authority ", ixKey(NEW));
  return error;
}
