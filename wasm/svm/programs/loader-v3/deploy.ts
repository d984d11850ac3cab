/** DeployWithMaxDataLen (agave programs/bpf_loader/src/lib.rs): a program and its programdata out of a buffer. */
import { keyEquals } from "../../../memory/bytes";
import { WK_CLOCK, WK_RENT } from "../../../transaction/well-known";
import {
  ERR_ACCOUNT_ALREADY_INITIALIZED,
  ERR_ACCOUNT_BORROW_FAILED,
  ERR_ACCOUNT_DATA_TOO_SMALL,
  ERR_EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT,
  ERR_INCORRECT_AUTHORITY,
  ERR_INCORRECT_PROGRAM_ID,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_INVALID_ARGUMENT,
  ERR_MISSING_REQUIRED_SIGNATURE,
} from "../../errors";
import {
  accDataMut,
  accSetDataLen,
  accSetExecutable,
  accSetLamports,
  contextSlot,
  findProgramAddress,
  ixIsSigner,
  ixIsWritable,
  ixKey,
  ixProgramId,
  lastError,
  rentExemptMinimum,
} from "../../runtime/context";
import {
  addLamports,
  authorityIs,
  dataLenOf,
  dataOf,
  lamportsOf,
  needAccounts,
  needSysvar,
  ownedByLoader,
  sameAccount,
} from "./accounts";
import { logWithKey, refuse } from "./log";
import {
  BUFFER,
  BUFFER_METADATA,
  PROGRAMDATA_METADATA,
  SIZE_OF_PROGRAM,
  stateKey,
  stateKind,
  stateOfBuffer,
  stateOfProgram,
  stateRead,
  stateWriteProgram,
  stateWriteProgramdata,
  UNINITIALIZED,
} from "./state";
import { createProgramdata } from "./system-calls";
import { verifyProgram } from "./verify";

/** Bytes of data an account may have. */
export const MAX_PERMITTED_DATA_LENGTH: u64 = 10 * 1024 * 1024;

const PAYER: u32 = 0;
const PROGRAMDATA_ACCOUNT: u32 = 1;
const PROGRAM_ACCOUNT: u32 = 2;
const BUFFER_ACCOUNT: u32 = 3;
const RENT: u32 = 4;
const CLOCK: u32 = 5;
const AUTHORITY: u32 = 7;

const derived: usize = memory.data(32, 8);
const seeds: usize = memory.data(8, 8);

function checkProgram(): i32 {
  const error = stateRead(PROGRAM_ACCOUNT, stateOfProgram());
  if (error) return error;
  if (stateKind(stateOfProgram()) != UNINITIALIZED) {
    return refuse("Program account already initialized", ERR_ACCOUNT_ALREADY_INITIALIZED);
  }
  const len = dataLenOf(PROGRAM_ACCOUNT);
  if (len < SIZE_OF_PROGRAM) return refuse("Program account too small", ERR_ACCOUNT_DATA_TOO_SMALL);
  if (lamportsOf(PROGRAM_ACCOUNT) < rentExemptMinimum(len)) {
    return refuse("Program account not rent-exempt", ERR_EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT);
  }
  return 0;
}

/** A buffer of account `authority`, which signs, with a program in it. */
export function checkBuffer(account: u32, authority: u32): i32 {
  if (!ixIsWritable(account)) return refuse("Buffer account not writeable", ERR_INVALID_ARGUMENT);
  if (!ownedByLoader(account)) return refuse("Buffer account not owned by loader", ERR_INCORRECT_PROGRAM_ID);
  const error = stateRead(account, stateOfBuffer());
  if (error) return error;
  if (stateKind(stateOfBuffer()) != BUFFER) return refuse("Invalid Buffer account", ERR_INVALID_ARGUMENT);
  if (!authorityIs(stateKey(stateOfBuffer()), ixKey(authority))) {
    return refuse("Buffer and upgrade authority don't match", ERR_INCORRECT_AUTHORITY);
  }
  if (!ixIsSigner(authority)) return refuse("Upgrade authority did not sign", ERR_MISSING_REQUIRED_SIGNATURE);
  if (dataLenOf(account) <= BUFFER_METADATA) return refuse("Buffer account too small", ERR_INVALID_ACCOUNT_DATA);
  return 0;
}

function checkSize(maxDataLen: u64, programLen: u32): i32 {
  if (maxDataLen < programLen) {
    return refuse("Max data length is too small to hold Buffer data", ERR_ACCOUNT_DATA_TOO_SMALL);
  }
  if (maxDataLen > MAX_PERMITTED_DATA_LENGTH - PROGRAMDATA_METADATA) {
    return refuse("Max data length is too large", ERR_INVALID_ARGUMENT);
  }
  return 0;
}

/** The programdata account, paid with what the buffer holds and the payer's lamports. */
function create(space: u32): i32 {
  store<u32>(seeds, <u32>ixKey(PROGRAM_ACCOUNT));
  store<u32>(seeds, 32, 4);
  if (
    findProgramAddress(ixProgramId(), seeds, 1, derived) < 0 ||
    !keyEquals(derived, ixKey(PROGRAMDATA_ACCOUNT))
  ) {
    return refuse("ProgramData address is not derived", ERR_INVALID_ARGUMENT);
  }
  if (sameAccount(BUFFER_ACCOUNT, PAYER)) return ERR_ACCOUNT_BORROW_FAILED;
  let error = addLamports(PAYER, lamportsOf(BUFFER_ACCOUNT));
  if (!error) error = accSetLamports(BUFFER_ACCOUNT, 0);
  if (error) return error;
  return createProgramdata(
    ixKey(PAYER),
    ixKey(PROGRAMDATA_ACCOUNT),
    ixKey(BUFFER_ACCOUNT),
    rentExemptMinimum(space),
    space,
    ixProgramId(),
  );
}

function fillProgramdata(programLen: u32): i32 {
  const error = stateWriteProgramdata(PROGRAMDATA_ACCOUNT, contextSlot(), ixKey(AUTHORITY));
  if (error) return error;
  const to = accDataMut(PROGRAMDATA_ACCOUNT);
  if (!to) return lastError();
  memory.copy(to + PROGRAMDATA_METADATA, dataOf(BUFFER_ACCOUNT) + BUFFER_METADATA, programLen);
  return accSetDataLen(BUFFER_ACCOUNT, BUFFER_METADATA);
}

export function deployWithMaxDataLen(maxDataLen: u64): i32 {
  let error = needAccounts(4);
  if (!error) error = needSysvar(RENT, WK_RENT);
  if (!error) error = needSysvar(CLOCK, WK_CLOCK);
  if (!error) error = needAccounts(8);
  if (!error) error = checkProgram();
  if (!error) error = checkBuffer(BUFFER_ACCOUNT, AUTHORITY);
  if (error) return error;
  const programLen = dataLenOf(BUFFER_ACCOUNT) - BUFFER_METADATA;
  error = checkSize(maxDataLen, programLen);
  if (!error) error = create(PROGRAMDATA_METADATA + <u32>maxDataLen);
  if (!error) error = verifyProgram(dataOf(BUFFER_ACCOUNT) + BUFFER_METADATA, programLen);
  if (!error) error = fillProgramdata(programLen);
  if (!error) error = stateWriteProgram(PROGRAM_ACCOUNT, ixKey(PROGRAMDATA_ACCOUNT));
  if (!error) error = accSetExecutable(PROGRAM_ACCOUNT);
  if (error) return error;
  logWithKey("Deployed program ", ixKey(PROGRAM_ACCOUNT));
  return 0;
}
