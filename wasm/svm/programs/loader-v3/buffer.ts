/** InitializeBuffer and Write (agave programs/bpf_loader/src/lib.rs). */
import {
  ERR_ACCOUNT_ALREADY_INITIALIZED,
  ERR_ACCOUNT_DATA_TOO_SMALL,
  ERR_IMMUTABLE,
  ERR_INCORRECT_AUTHORITY,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_MISSING_REQUIRED_SIGNATURE,
} from "../../errors";
import { accDataMut, ixIsSigner, ixKey, lastError, logBegin, logChars, logEnd, logNumber } from "../../runtime/context";
import { authorityIs, dataLenOf, needAccounts } from "./accounts";
import { refuse } from "./log";
import {
  BUFFER,
  BUFFER_METADATA,
  stateKey,
  stateKind,
  stateOfBuffer,
  stateRead,
  stateWriteBuffer,
  UNINITIALIZED,
} from "./state";

const ACCOUNT: u32 = 0;
const AUTHORITY: u32 = 1;

export function initializeBuffer(): i32 {
  let error = needAccounts(2);
  if (!error) error = stateRead(ACCOUNT, stateOfBuffer());
  if (error) return error;
  if (stateKind(stateOfBuffer()) != UNINITIALIZED) {
    return refuse("Buffer account already initialized", ERR_ACCOUNT_ALREADY_INITIALIZED);
  }
  return stateWriteBuffer(ACCOUNT, ixKey(AUTHORITY));
}

/** [bytes, bytes+len) go to `offset` of the program in the buffer. */
export function writeBuffer(offset: u32, bytes: usize, len: u32): i32 {
  let error = needAccounts(2);
  if (!error) error = stateRead(ACCOUNT, stateOfBuffer());
  if (error) return error;
  if (stateKind(stateOfBuffer()) != BUFFER) return refuse("Invalid Buffer account", ERR_INVALID_ACCOUNT_DATA);
  const authority = stateKey(stateOfBuffer());
  if (!authority) return refuse("Buffer is immutable", ERR_IMMUTABLE);
  if (!authorityIs(authority, ixKey(AUTHORITY))) {
    return refuse("Incorrect buffer authority provided", ERR_INCORRECT_AUTHORITY);
  }
  if (!ixIsSigner(AUTHORITY)) return refuse("Buffer authority did not sign", ERR_MISSING_REQUIRED_SIGNATURE);
  const data = accDataMut(ACCOUNT);
  if (!data) return lastError();
  const end: u64 = <u64>BUFFER_METADATA + offset + len;
  const room = dataLenOf(ACCOUNT);
  if (room < end) {
    logBegin();
    logChars("Write overflow: ");
    logNumber(room);
    logChars(" < ");
    logNumber(end);
    logEnd();
    return ERR_ACCOUNT_DATA_TOO_SMALL;
  }
  memory.copy(data + BUFFER_METADATA + offset, bytes, len);
  return 0;
}
