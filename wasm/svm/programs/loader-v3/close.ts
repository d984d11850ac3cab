/** Close (agave programs/bpf_loader/src/lib.rs): a buffer, a program by its programdata, or what was never initialized. */
import { keyEquals } from "../../../memory/bytes";
import {
  ERR_IMMUTABLE,
  ERR_INCORRECT_AUTHORITY,
  ERR_INCORRECT_PROGRAM_ID,
  ERR_INVALID_ARGUMENT,
  ERR_MISSING_REQUIRED_SIGNATURE,
} from "../../errors";
import { accSetDataLen, accSetLamports, contextSlot, ixIsSigner, ixIsWritable, ixKey } from "../../runtime/context";
import { addLamports, authorityIs, lamportsOf, needAccounts, ownedByLoader, sameAccount } from "./accounts";
import { logWithKey, refuse } from "./log";
import {
  BUFFER,
  PROGRAM,
  PROGRAMDATA,
  SIZE_OF_UNINITIALIZED,
  stateKey,
  stateKind,
  stateOfProgram,
  stateOfProgramdata,
  stateRead,
  stateSlot,
  stateWriteUninitialized,
  UNINITIALIZED,
} from "./state";

const ACCOUNT: u32 = 0;
const RECIPIENT: u32 = 1;
const AUTHORITY: u32 = 2;
const PROGRAM_ACCOUNT: u32 = 3;

function drain(): i32 {
  const error = addLamports(RECIPIENT, lamportsOf(ACCOUNT));
  return error ? error : accSetLamports(ACCOUNT, 0);
}

/** `authority`: the stored one, 0 for none. */
function closeWith(authority: usize): i32 {
  if (!authority) return refuse("Account is immutable", ERR_IMMUTABLE);
  if (!authorityIs(authority, ixKey(AUTHORITY))) {
    return refuse("Incorrect authority provided", ERR_INCORRECT_AUTHORITY);
  }
  if (!ixIsSigner(AUTHORITY)) return refuse("Authority did not sign", ERR_MISSING_REQUIRED_SIGNATURE);
  const error = drain();
  return error ? error : stateWriteUninitialized(ACCOUNT);
}

function closeProgram(programdata: usize): i32 {
  if (!ixIsWritable(PROGRAM_ACCOUNT)) return refuse("Program account is not writable", ERR_INVALID_ARGUMENT);
  if (!ownedByLoader(PROGRAM_ACCOUNT)) return refuse("Program account not owned by loader", ERR_INCORRECT_PROGRAM_ID);
  if (stateSlot(programdata) == contextSlot()) {
    return refuse("Program was deployed in this block already", ERR_INVALID_ARGUMENT);
  }
  const error = stateRead(PROGRAM_ACCOUNT, stateOfProgram());
  if (error) return error;
  if (stateKind(stateOfProgram()) != PROGRAM) return refuse("Invalid Program account", ERR_INVALID_ARGUMENT);
  if (!keyEquals(stateKey(stateOfProgram()), ixKey(ACCOUNT))) {
    return refuse("ProgramData account does not match ProgramData account", ERR_INVALID_ARGUMENT);
  }
  return closeWith(stateKey(programdata));
}

export function close(): i32 {
  let error = needAccounts(2);
  if (error) return error;
  if (sameAccount(ACCOUNT, RECIPIENT)) {
    return refuse("Recipient is the same as the account being closed", ERR_INVALID_ARGUMENT);
  }
  const state = stateOfProgramdata();
  error = stateRead(ACCOUNT, state);
  if (!error) error = accSetDataLen(ACCOUNT, SIZE_OF_UNINITIALIZED);
  if (error) return error;
  switch (stateKind(state)) {
    case UNINITIALIZED:
      error = drain();
      if (!error) logWithKey("Closed Uninitialized ", ixKey(ACCOUNT));
      return error;
    case BUFFER:
      error = needAccounts(3);
      if (!error) error = closeWith(stateKey(state));
      if (!error) logWithKey("Closed Buffer ", ixKey(ACCOUNT));
      return error;
    case PROGRAMDATA:
      error = needAccounts(4);
      if (!error) error = closeProgram(state);
      if (!error) logWithKey("Closed Program ", ixKey(PROGRAM_ACCOUNT));
      return error;
    default:
      return refuse("Account does not support closing", ERR_INVALID_ARGUMENT);
  }
}
