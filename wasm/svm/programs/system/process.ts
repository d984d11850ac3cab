/** System program, accounts: Agave 4.2 programs/system/src/system_processor.rs. Nonce accounts are in nonce.ts. */
import { ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../../state/account";
import { sha256Final, sha256Init, sha256Update } from "../../../crypto/sha256";
import { keyEquals, keyIsZero } from "../../../memory/bytes";
import {
  ERR_ARITHMETIC_OVERFLOW,
  ERR_COMPUTATIONAL_BUDGET_EXCEEDED,
  ERR_INVALID_ARGUMENT,
  ERR_INVALID_INSTRUCTION_DATA,
  ERR_MISSING_ACCOUNT,
  ERR_MISSING_REQUIRED_SIGNATURE,
} from "../../errors";
import {
  accSetDataLen,
  accSetLamports,
  accSetOwner,
  consume,
  failCustom,
  ixAcc,
  ixIsSigner,
  ixKey,
  ixNumAccounts,
  ixSigned,
  logBegin,
  logChars,
  logEnd,
  logKey,
  logNumber,
  logText,
} from "../../runtime/context";
import {
  ADDRESS_ILLEGAL_OWNER,
  ADDRESS_MAX_SEED_LENGTH_EXCEEDED,
  SYSTEM_ACCOUNT_ALREADY_IN_USE,
  SYSTEM_ADDRESS_WITH_SEED_MISMATCH,
  SYSTEM_INVALID_ACCOUNT_DATA_LENGTH,
  SYSTEM_RESULT_WITH_NEGATIVE_LAMPORTS,
} from "./errors";
import {
  SYS_ADVANCE_NONCE,
  SYS_ALLOCATE,
  SYS_ALLOCATE_WITH_SEED,
  SYS_ASSIGN,
  SYS_ASSIGN_WITH_SEED,
  SYS_AUTHORIZE_NONCE,
  SYS_CREATE_ACCOUNT,
  SYS_CREATE_ACCOUNT_ALLOW_PREFUND,
  SYS_CREATE_ACCOUNT_WITH_SEED,
  SYS_INITIALIZE_NONCE,
  SYS_TRANSFER,
  SYS_TRANSFER_WITH_SEED,
  SYS_UPGRADE_NONCE,
  SYS_WITHDRAW_NONCE,
  base,
  decodeSystemInstruction,
  lamports,
  owner,
  seed,
  seedLen,
  space,
  variant,
} from "./instruction";
import { advanceNonce, authorizeNonce, initializeNonce, upgradeNonce, withdrawNonce } from "./nonce";

const COMPUTE_UNITS: u64 = 150;
/** Bytes of data an account may have. */
const MAX_PERMITTED_DATA_LENGTH: u64 = 10 * 1024 * 1024;
const MAX_SEED_LEN: u32 = 32;
// "ProgramDerivedAddress"
const PDA_MARKER: usize = memory.data<u8>([
  80, 114, 111, 103, 114, 97, 109, 68, 101, 114, 105, 118, 101, 100, 65, 100, 100, 114, 101, 115, 115,
]);
const derived: usize = memory.data(32, 8);

/** The base an address was derived from (its signature counts), 0: the address itself signs. */
let addressBase: usize = 0;

/** sha256(base || seed || owner) into `derived`; 0 or an error (solana-sdk address/src/lib.rs create_with_seed). */
function deriveWithSeed(from: usize): i32 {
  if (seedLen > MAX_SEED_LEN) return failCustom(ADDRESS_MAX_SEED_LENGTH_EXCEEDED);
  if (memory.compare(owner + 11, PDA_MARKER, 21) == 0) return failCustom(ADDRESS_ILLEGAL_OWNER);
  sha256Init();
  sha256Update(from, 32);
  sha256Update(seed, seedLen);
  sha256Update(owner, 32);
  sha256Final(derived);
  return 0;
}

/** Checks that account `i` is at the address the instruction derives. */
function checkDerived(i: u32): i32 {
  const error = deriveWithSeed(base);
  if (error) return error;
  if (!keyEquals(ixKey(i), derived)) {
    logBegin();
    logChars("Create: address ");
    logKey(ixKey(i));
    logChars(" does not match derived address ");
    logKey(derived);
    logEnd();
    return failCustom(SYSTEM_ADDRESS_WITH_SEED_MISMATCH);
  }
  addressBase = base;
  return 0;
}

function addressSigned(i: u32): bool {
  return ixSigned(addressBase ? addressBase : ixKey(i));
}

/** The address as Rust's Debug prints it. */
function logAddress(i: u32): void {
  logChars("Address { address: ");
  logKey(ixKey(i));
  if (addressBase) {
    logChars(", base: Some(");
    logKey(addressBase);
    logChars(") }");
  } else {
    logChars(", base: None }");
  }
}

function logAbout(before: string, i: u32, after: string): void {
  logBegin();
  logChars(before);
  logAddress(i);
  logChars(after);
  logEnd();
}

function allocate(i: u32): i32 {
  if (!addressSigned(i)) {
    logAbout("Allocate: 'to' account ", i, " must sign");
    return ERR_MISSING_REQUIRED_SIGNATURE;
  }
  const record = ixAcc(i);
  if (load<u32>(record, ACC_DATA_LEN) || !keyIsZero(record + ACC_OWNER)) {
    logAbout("Allocate: account ", i, " already in use");
    return failCustom(SYSTEM_ACCOUNT_ALREADY_IN_USE);
  }
  if (space > MAX_PERMITTED_DATA_LENGTH) {
    logBegin();
    logChars("Allocate: requested ");
    logNumber(space);
    logChars(", max allowed ");
    logNumber(MAX_PERMITTED_DATA_LENGTH);
    logEnd();
    return failCustom(SYSTEM_INVALID_ACCOUNT_DATA_LENGTH);
  }
  return accSetDataLen(i, <u32>space);
}

function assign(i: u32): i32 {
  if (keyEquals(ixAcc(i) + ACC_OWNER, owner)) return 0;
  if (!addressSigned(i)) {
    logAbout("Assign: account ", i, " must sign");
    return ERR_MISSING_REQUIRED_SIGNATURE;
  }
  return accSetOwner(i, owner);
}

function allocateAndAssign(i: u32): i32 {
  const error = allocate(i);
  return error ? error : assign(i);
}

function transferVerified(from: u32, to: u32): i32 {
  const record = ixAcc(from);
  if (load<u32>(record, ACC_DATA_LEN)) {
    logText("Transfer: `from` must not carry data");
    return ERR_INVALID_ARGUMENT;
  }
  const balance = load<u64>(record, ACC_LAMPORTS);
  if (lamports > balance) {
    logBegin();
    logChars("Transfer: insufficient lamports ");
    logNumber(balance);
    logChars(", need ");
    logNumber(lamports);
    logEnd();
    return failCustom(SYSTEM_RESULT_WITH_NEGATIVE_LAMPORTS);
  }
  const error = accSetLamports(from, balance - lamports);
  if (error) return error;
  const target = load<u64>(ixAcc(to), ACC_LAMPORTS);
  if (target + lamports < target) return ERR_ARITHMETIC_OVERFLOW;
  return accSetLamports(to, target + lamports);
}

function transfer(from: u32, to: u32): i32 {
  if (!ixIsSigner(from)) {
    logBegin();
    logChars("Transfer: `from` account ");
    logKey(ixKey(from));
    logChars(" must sign");
    logEnd();
    return ERR_MISSING_REQUIRED_SIGNATURE;
  }
  return transferVerified(from, to);
}

/** Accounts: 0 from (derived), 1 its base, 2 to. */
function transferWithSeed(): i32 {
  if (!ixIsSigner(1)) {
    logBegin();
    logChars("Transfer: 'from' account ");
    logKey(ixKey(1));
    logChars(" must sign");
    logEnd();
    return ERR_MISSING_REQUIRED_SIGNATURE;
  }
  const error = deriveWithSeed(ixKey(1));
  if (error) return error;
  if (!keyEquals(ixKey(0), derived)) {
    logBegin();
    logChars("Transfer: 'from' address ");
    logKey(ixKey(0));
    logChars(" does not match derived address ");
    logKey(derived);
    logEnd();
    return failCustom(SYSTEM_ADDRESS_WITH_SEED_MISMATCH);
  }
  return transferVerified(0, 2);
}

function createAccount(): i32 {
  if (load<u64>(ixAcc(1), ACC_LAMPORTS)) {
    logAbout("Create Account: account ", 1, " already in use");
    return failCustom(SYSTEM_ACCOUNT_ALREADY_IN_USE);
  }
  const error = allocateAndAssign(1);
  return error ? error : transfer(0, 1);
}

/** Accounts: 0 the new account, 1 who pays (only where lamports are wanted). */
function createAccountAllowPrefund(): i32 {
  const error = allocateAndAssign(0);
  if (error || !lamports) return error;
  return transfer(1, 0);
}

function needed(): u32 {
  switch (variant) {
    case SYS_CREATE_ACCOUNT:
    case SYS_CREATE_ACCOUNT_WITH_SEED:
    case SYS_TRANSFER:
    case SYS_WITHDRAW_NONCE:
      return 2;
    case SYS_TRANSFER_WITH_SEED:
      return 3;
    case SYS_CREATE_ACCOUNT_ALLOW_PREFUND:
      return lamports ? 2 : 1;
    default:
      return 1;
  }
}


function dispatch(): i32 {
  let error: i32 = 0;
  switch (variant) {
    case SYS_CREATE_ACCOUNT:
      return createAccount();
    case SYS_CREATE_ACCOUNT_WITH_SEED:
      error = checkDerived(1);
      return error ? error : createAccount();
    case SYS_CREATE_ACCOUNT_ALLOW_PREFUND:
      return createAccountAllowPrefund();
    case SYS_ASSIGN:
      return assign(0);
    case SYS_ASSIGN_WITH_SEED:
      error = checkDerived(0);
      return error ? error : assign(0);
    case SYS_ALLOCATE:
      return allocate(0);
    case SYS_ALLOCATE_WITH_SEED:
      error = checkDerived(0);
      return error ? error : allocateAndAssign(0);
    case SYS_TRANSFER:
      return transfer(0, 1);
    case SYS_TRANSFER_WITH_SEED:
      return transferWithSeed();
    case SYS_ADVANCE_NONCE:
      return advanceNonce();
    case SYS_WITHDRAW_NONCE:
      return withdrawNonce(lamports);
    case SYS_INITIALIZE_NONCE:
      return initializeNonce(owner);
    case SYS_AUTHORIZE_NONCE:
      return authorizeNonce(owner);
    case SYS_UPGRADE_NONCE:
      return upgradeNonce();
    default:
      return ERR_INVALID_INSTRUCTION_DATA;
  }
}

export function processSystem(): i32 {
  if (!consume(COMPUTE_UNITS)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  if (!decodeSystemInstruction()) return ERR_INVALID_INSTRUCTION_DATA;
  addressBase = 0;
  if (ixNumAccounts() < needed()) return ERR_MISSING_ACCOUNT;
  return dispatch();
}
