/** Upgrade (agave programs/bpf_loader/src/lib.rs): the program in a buffer replaces the one in programdata. */
import { keyEquals } from "../../../memory/bytes";
import { WK_CLOCK, WK_RENT } from "../../../transaction/well-known";
import {
  ERR_ACCOUNT_BORROW_FAILED,
  ERR_ACCOUNT_DATA_TOO_SMALL,
  ERR_IMMUTABLE,
  ERR_INCORRECT_AUTHORITY,
  ERR_INCORRECT_PROGRAM_ID,
  ERR_INSUFFICIENT_FUNDS,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_INVALID_ARGUMENT,
  ERR_MISSING_REQUIRED_SIGNATURE,
} from "../../errors";
import {
  accDataMut,
  accSetDataLen,
  accSetLamports,
  contextSlot,
  ixIsSigner,
  ixIsWritable,
  ixKey,
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
import { checkBuffer } from "./deploy";
import { logWithKey, refuse } from "./log";
import {
  BUFFER_METADATA,
  PROGRAM,
  PROGRAMDATA,
  PROGRAMDATA_METADATA,
  stateKey,
  stateKind,
  stateOfProgram,
  stateOfProgramdata,
  stateRead,
  stateSlot,
  stateWriteProgramdata,
} from "./state";
import { verifyProgram } from "./verify";

const PROGRAMDATA_ACCOUNT: u32 = 0;
const PROGRAM_ACCOUNT: u32 = 1;
const BUFFER_ACCOUNT: u32 = 2;
const SPILL: u32 = 3;
const RENT: u32 = 4;
const CLOCK: u32 = 5;
const AUTHORITY: u32 = 6;

function checkProgram(): i32 {
  if (!ixIsWritable(PROGRAM_ACCOUNT)) return refuse("Program account not writeable", ERR_INVALID_ARGUMENT);
  if (!ownedByLoader(PROGRAM_ACCOUNT)) return refuse("Program account not owned by loader", ERR_INCORRECT_PROGRAM_ID);
  const error = stateRead(PROGRAM_ACCOUNT, stateOfProgram());
  if (error) return error;
  if (stateKind(stateOfProgram()) != PROGRAM) return refuse("Invalid Program account", ERR_INVALID_ACCOUNT_DATA);
  if (!keyEquals(stateKey(stateOfProgram()), ixKey(PROGRAMDATA_ACCOUNT))) {
    return refuse("Program and ProgramData account mismatch", ERR_INVALID_ARGUMENT);
  }
  return 0;
}

function checkProgramdata(programLen: u32, bufferLamports: u64, required: u64): i32 {
  if (dataLenOf(PROGRAMDATA_ACCOUNT) < PROGRAMDATA_METADATA + programLen) {
    return refuse("ProgramData account not large enough", ERR_ACCOUNT_DATA_TOO_SMALL);
  }
  const held = lamportsOf(PROGRAMDATA_ACCOUNT);
  const sum = held + bufferLamports < held ? u64.MAX_VALUE : held + bufferLamports;
  if (sum < required) return refuse("Buffer account balance too low to fund upgrade", ERR_INSUFFICIENT_FUNDS);
  const state = stateOfProgramdata();
  const error = stateRead(PROGRAMDATA_ACCOUNT, state);
  if (error) return error;
  if (stateKind(state) != PROGRAMDATA) return refuse("Invalid ProgramData account", ERR_INVALID_ACCOUNT_DATA);
  if (stateSlot(state) == contextSlot()) {
    return refuse("Program was deployed in this block already", ERR_INVALID_ARGUMENT);
  }
  if (!stateKey(state)) return refuse("Program not upgradeable", ERR_IMMUTABLE);
  if (!authorityIs(stateKey(state), ixKey(AUTHORITY))) {
    return refuse("Incorrect upgrade authority provided", ERR_INCORRECT_AUTHORITY);
  }
  if (!ixIsSigner(AUTHORITY)) return refuse("Upgrade authority did not sign", ERR_MISSING_REQUIRED_SIGNATURE);
  return 0;
}

/** The new program, zeros behind it. */
function fillProgramdata(programLen: u32): i32 {
  const error = stateWriteProgramdata(PROGRAMDATA_ACCOUNT, contextSlot(), ixKey(AUTHORITY));
  if (error) return error;
  const to = accDataMut(PROGRAMDATA_ACCOUNT);
  if (!to) return lastError();
  const end = PROGRAMDATA_METADATA + programLen;
  memory.copy(to + PROGRAMDATA_METADATA, dataOf(BUFFER_ACCOUNT) + BUFFER_METADATA, programLen);
  memory.fill(to + end, 0, dataLenOf(PROGRAMDATA_ACCOUNT) - end);
  return 0;
}

/** Programdata keeps what rent exemption takes, the rest goes to the spill account. */
function settle(bufferLamports: u64, required: u64): i32 {
  if (sameAccount(BUFFER_ACCOUNT, PROGRAMDATA_ACCOUNT)) return ERR_ACCOUNT_BORROW_FAILED;
  if (sameAccount(SPILL, PROGRAMDATA_ACCOUNT) || sameAccount(SPILL, BUFFER_ACCOUNT)) return ERR_ACCOUNT_BORROW_FAILED;
  const held = lamportsOf(PROGRAMDATA_ACCOUNT);
  const sum = held + bufferLamports < held ? u64.MAX_VALUE : held + bufferLamports;
  let error = addLamports(SPILL, sum - required);
  if (!error) error = accSetLamports(BUFFER_ACCOUNT, 0);
  if (!error) error = accSetLamports(PROGRAMDATA_ACCOUNT, required);
  return error ? error : accSetDataLen(BUFFER_ACCOUNT, BUFFER_METADATA);
}

export function upgrade(): i32 {
  let error = needAccounts(3);
  if (!error) error = needSysvar(RENT, WK_RENT);
  if (!error) error = needSysvar(CLOCK, WK_CLOCK);
  if (!error) error = needAccounts(7);
  if (!error) error = checkProgram();
  if (!error) error = checkBuffer(BUFFER_ACCOUNT, AUTHORITY);
  if (error) return error;
  const bufferLamports = lamportsOf(BUFFER_ACCOUNT);
  const programLen = dataLenOf(BUFFER_ACCOUNT) - BUFFER_METADATA;
  const required = rentExemptMinimum(dataLenOf(PROGRAMDATA_ACCOUNT));
  error = checkProgramdata(programLen, bufferLamports, required);
  if (!error) error = verifyProgram(dataOf(BUFFER_ACCOUNT) + BUFFER_METADATA, programLen);
  if (!error) error = fillProgramdata(programLen);
  if (!error) error = settle(bufferLamports, required);
  if (error) return error;
  logWithKey("Upgraded program ", ixKey(PROGRAM_ACCOUNT));
  return 0;
}
