/** ExtendProgram (agave programs/bpf_loader/src/lib.rs; least size SIMD-0431): room for a longer program. Nobody has to sign. */
import { keyEquals } from "../../../memory/bytes";
import {
  ERR_ACCOUNT_BORROW_FAILED,
  ERR_IMMUTABLE,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_INVALID_ACCOUNT_OWNER,
  ERR_INVALID_ARGUMENT,
  ERR_INVALID_INSTRUCTION_DATA,
  ERR_INVALID_REALLOC,
} from "../../errors";
import {
  accSetDataLen,
  contextSlot,
  ixIsWritable,
  ixKey,
  logBegin,
  logChars,
  logEnd,
  logNumber,
  rentExemptMinimum,
} from "../../runtime/context";
import { dataLenOf, dataOf, lamportsOf, needAccounts, ownedByLoader, sameAccount } from "./accounts";
import { MAX_PERMITTED_DATA_LENGTH } from "./deploy";
import { refuse } from "./log";
import {
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
import { transferLamports } from "./system-calls";
import { verifyProgram } from "./verify";

/** solana-sdk loader-v3-interface/src/instruction.rs */
const MINIMUM_EXTEND_PROGRAM_BYTES: u32 = 10_240;
const PROGRAMDATA_ACCOUNT: u32 = 0;
const PROGRAM_ACCOUNT: u32 = 1;
const PAYER: u32 = 3; // account 2, System, is not looked at

function checkAccounts(): i32 {
  let error = needAccounts(PROGRAMDATA_ACCOUNT + 1);
  if (error) return error;
  if (!ownedByLoader(PROGRAMDATA_ACCOUNT)) return refuse("ProgramData owner is invalid", ERR_INVALID_ACCOUNT_OWNER);
  if (!ixIsWritable(PROGRAMDATA_ACCOUNT)) return refuse("ProgramData is not writable", ERR_INVALID_ARGUMENT);
  error = needAccounts(PROGRAM_ACCOUNT + 1);
  if (error) return error;
  if (sameAccount(PROGRAM_ACCOUNT, PROGRAMDATA_ACCOUNT)) return ERR_ACCOUNT_BORROW_FAILED;
  if (!ixIsWritable(PROGRAM_ACCOUNT)) return refuse("Program account is not writable", ERR_INVALID_ARGUMENT);
  if (!ownedByLoader(PROGRAM_ACCOUNT)) return refuse("Program account not owned by loader", ERR_INVALID_ACCOUNT_OWNER);
  error = stateRead(PROGRAM_ACCOUNT, stateOfProgram());
  if (error) return error;
  if (stateKind(stateOfProgram()) != PROGRAM) return refuse("Invalid Program account", ERR_INVALID_ACCOUNT_DATA);
  if (!keyEquals(stateKey(stateOfProgram()), ixKey(PROGRAMDATA_ACCOUNT))) {
    return refuse("Program account does not match ProgramData account", ERR_INVALID_ARGUMENT);
  }
  return 0;
}

function checkSize(additional: u32): i32 {
  const old: u64 = dataLenOf(PROGRAMDATA_ACCOUNT);
  if (old + additional > MAX_PERMITTED_DATA_LENGTH) {
    logBegin();
    logChars("Extended ProgramData length of ");
    logNumber(old + additional);
    logChars(" bytes exceeds max account data length of ");
    logNumber(MAX_PERMITTED_DATA_LENGTH);
    logChars(" bytes");
    logEnd();
    return ERR_INVALID_REALLOC;
  }
  if (additional >= MINIMUM_EXTEND_PROGRAM_BYTES || <u64>additional == MAX_PERMITTED_DATA_LENGTH - old) return 0;
  logBegin();
  logChars("ExtendProgram requires a minimum of ");
  logNumber(MINIMUM_EXTEND_PROGRAM_BYTES);
  logChars(" additional bytes or to extend to maximum size, but only ");
  logNumber(additional);
  logChars(" were requested");
  logEnd();
  return ERR_INVALID_ARGUMENT;
}

function checkProgramdata(): i32 {
  const state = stateOfProgramdata();
  const error = stateRead(PROGRAMDATA_ACCOUNT, state);
  if (error) return error;
  if (stateKind(state) != PROGRAMDATA) return refuse("ProgramData state is invalid", ERR_INVALID_ACCOUNT_DATA);
  if (stateSlot(state) == contextSlot()) {
    return refuse("Program was extended in this block already", ERR_INVALID_ARGUMENT);
  }
  if (!stateKey(state)) {
    return refuse("Cannot extend ProgramData accounts that are not upgradeable", ERR_IMMUTABLE);
  }
  return 0;
}

/** What rent exemption of the new length takes, from the payer: needed only if something is missing. */
function pay(len: u32): i32 {
  const required = rentExemptMinimum(len);
  const held = lamportsOf(PROGRAMDATA_ACCOUNT);
  if (held >= required) return 0;
  const error = needAccounts(PAYER + 1);
  return error ? error : transferLamports(ixKey(PAYER), ixKey(PROGRAMDATA_ACCOUNT), required - held);
}

export function extendProgram(additional: u32): i32 {
  if (!additional) return refuse("Additional bytes must be greater than 0", ERR_INVALID_INSTRUCTION_DATA);
  let error = checkAccounts();
  if (!error) error = checkSize(additional);
  if (!error) error = checkProgramdata();
  if (error) return error;
  const len = dataLenOf(PROGRAMDATA_ACCOUNT) + additional;
  error = pay(len);
  if (!error) error = accSetDataLen(PROGRAMDATA_ACCOUNT, len);
  if (!error) error = verifyProgram(dataOf(PROGRAMDATA_ACCOUNT) + PROGRAMDATA_METADATA, len - PROGRAMDATA_METADATA);
  if (!error) error = stateWriteProgramdata(PROGRAMDATA_ACCOUNT, contextSlot(), stateKey(stateOfProgramdata()));
  if (error) return error;
  logBegin();
  logChars("Extended ProgramData account by ");
  logNumber(additional);
  logChars(" bytes");
  logEnd();
  return 0;
}
