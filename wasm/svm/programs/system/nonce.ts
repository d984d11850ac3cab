/** System program, nonce accounts: Agave 4.2 programs/system/src/{system_processor,system_instruction}.rs. */
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../../state/account";
import { sha256Final, sha256Init, sha256Update } from "../../../crypto/sha256";
import { keyEquals, keyIsZero } from "../../../memory/bytes";
import { WK_RECENT_BLOCKHASHES, WK_RENT, wellKnownKey } from "../../../transaction/well-known";
import {
  ERR_ACCOUNT_DATA_TOO_SMALL,
  ERR_ARITHMETIC_OVERFLOW,
  ERR_INSUFFICIENT_FUNDS,
  ERR_INVALID_ACCOUNT_DATA,
  ERR_INVALID_ACCOUNT_OWNER,
  ERR_INVALID_ARGUMENT,
  ERR_MISSING_ACCOUNT,
  ERR_MISSING_REQUIRED_SIGNATURE,
} from "../../errors";
import {
  accDataMut,
  accSetLamports,
  failCustom,
  ixAcc,
  ixIsWritable,
  ixKey,
  ixNumAccounts,
  ixSigned,
  lastError,
  logBegin,
  logChars,
  logEnd,
  logKey,
  logNumber,
  logText,
  rentExemptMinimum,
} from "../../runtime/context";
import {
  NONCE_AUTHORITY,
  NONCE_INITIALIZED,
  NONCE_INVALID,
  NONCE_SIZE,
  NONCE_UNINITIALIZED,
  NONCE_VALUE,
  NONCE_VERSION,
  nonceState,
  nonceWrite,
} from "../../runtime/nonce";
import { contextDurableNonce, contextHashCount, contextLamportsPerSignature } from "../../sysvars";
import { SYSTEM_NONCE_BLOCKHASH_NOT_EXPIRED, SYSTEM_NONCE_NO_RECENT_BLOCKHASHES } from "./errors";

// "DURABLE_NONCE"
const NONCE_PREFIX: usize = memory.data<u8>([68, 85, 82, 65, 66, 76, 69, 95, 78, 79, 78, 67, 69]);
const upgraded: usize = memory.data(32, 8);

function logWithKey(before: string, key: usize, after: string): void {
  logBegin();
  logChars(before);
  logKey(key);
  logChars(after);
  logEnd();
}

function logTooLittle(before: string, have: u64, need: u64): void {
  logBegin();
  logChars(before);
  logNumber(have);
  logChars(", need ");
  logNumber(need);
  logEnd();
}

/** Account `i` must be this sysvar. */
function checkSysvar(i: u32, sysvar: i32): i32 {
  if (i >= ixNumAccounts()) return ERR_MISSING_ACCOUNT;
  return keyEquals(ixKey(i), wellKnownKey(sysvar)) ? 0 : ERR_INVALID_ARGUMENT;
}

function data(): usize {
  return load<u32>(ixAcc(0), ACC_DATA);
}

/** The state of account 0 with the current value; 0 or an error. */
function write(authority: usize, value: usize): i32 {
  const at = accDataMut(0);
  if (!at) return lastError();
  if (load<u32>(ixAcc(0), ACC_DATA_LEN) < NONCE_SIZE) return ERR_ACCOUNT_DATA_TOO_SMALL;
  nonceWrite(at, authority, value, contextLamportsPerSignature());
  return 0;
}

export function advanceNonce(): i32 {
  const refused = checkSysvar(1, WK_RECENT_BLOCKHASHES);
  if (refused) return refused;
  if (!contextHashCount()) {
    logText("Advance nonce account: recent blockhash list is empty");
    return failCustom(SYSTEM_NONCE_NO_RECENT_BLOCKHASHES);
  }
  if (!ixIsWritable(0)) {
    logWithKey("Advance nonce account: Account ", ixKey(0), " must be writeable");
    return ERR_INVALID_ARGUMENT;
  }
  const state = nonceState(ixAcc(0));
  if (state == NONCE_INVALID) return ERR_INVALID_ACCOUNT_DATA;
  if (state == NONCE_UNINITIALIZED) {
    logWithKey("Advance nonce account: Account ", ixKey(0), " state is invalid");
    return ERR_INVALID_ACCOUNT_DATA;
  }
  const authority = data() + NONCE_AUTHORITY;
  if (!ixSigned(authority)) {
    logWithKey("Advance nonce account: Account ", authority, " must be a signer");
    return ERR_MISSING_REQUIRED_SIGNATURE;
  }
  if (keyEquals(data() + NONCE_VALUE, contextDurableNonce())) {
    logText("Advance nonce account: nonce can only advance once per slot");
    return failCustom(SYSTEM_NONCE_BLOCKHASH_NOT_EXPIRED);
  }
  return write(authority, contextDurableNonce());
}

/** What leaves an initialised nonce account; 0 or an error. */
function checkWithdrawal(lamports: u64, balance: u64): i32 {
  if (lamports == balance) {
    if (keyEquals(data() + NONCE_VALUE, contextDurableNonce())) {
      logText("Withdraw nonce account: nonce can only advance once per slot");
      return failCustom(SYSTEM_NONCE_BLOCKHASH_NOT_EXPIRED);
    }
    const at = accDataMut(0);
    if (!at) return lastError();
    store<u64>(at, 1); // current version, uninitialised; the rest stays
    return 0;
  }
  const least = rentExemptMinimum(load<u32>(ixAcc(0), ACC_DATA_LEN));
  if (lamports + least < lamports) return ERR_INSUFFICIENT_FUNDS;
  if (lamports + least > balance) {
    logTooLittle("Withdraw nonce account: insufficient lamports ", balance, lamports + least);
    return ERR_INSUFFICIENT_FUNDS;
  }
  return 0;
}

/** Accounts: 0 nonce, 1 receiver, 2 RecentBlockhashes, 3 Rent. */
export function withdrawNonce(lamports: u64): i32 {
  let error = checkSysvar(2, WK_RECENT_BLOCKHASHES);
  if (!error) error = checkSysvar(3, WK_RENT);
  if (error) return error;
  if (!ixIsWritable(0)) {
    logWithKey("Withdraw nonce account: Account ", ixKey(0), " must be writeable");
    return ERR_INVALID_ARGUMENT;
  }
  const record = ixAcc(0);
  const balance = load<u64>(record, ACC_LAMPORTS);
  const state = nonceState(record);
  if (state == NONCE_INVALID) return ERR_INVALID_ACCOUNT_DATA;
  if (state == NONCE_INITIALIZED) {
    error = checkWithdrawal(lamports, balance);
    if (error) return error;
  } else if (lamports > balance) {
    logTooLittle("Withdraw nonce account: insufficient lamports ", balance, lamports);
    return ERR_INSUFFICIENT_FUNDS;
  }
  const signer = state == NONCE_INITIALIZED ? data() + NONCE_AUTHORITY : ixKey(0);
  if (!ixSigned(signer)) {
    logWithKey("Withdraw nonce account: Account ", signer, " must sign");
    return ERR_MISSING_REQUIRED_SIGNATURE;
  }
  error = accSetLamports(0, balance - lamports);
  if (error) return error;
  const target = load<u64>(ixAcc(1), ACC_LAMPORTS);
  if (target + lamports < target) return ERR_ARITHMETIC_OVERFLOW;
  return accSetLamports(1, target + lamports);
}

export function initializeNonce(authority: usize): i32 {
  let error = checkSysvar(1, WK_RECENT_BLOCKHASHES);
  if (error) return error;
  if (!contextHashCount()) {
    logText("Initialize nonce account: recent blockhash list is empty");
    return failCustom(SYSTEM_NONCE_NO_RECENT_BLOCKHASHES);
  }
  error = checkSysvar(2, WK_RENT);
  if (error) return error;
  if (!ixIsWritable(0)) {
    logWithKey("Initialize nonce account: Account ", ixKey(0), " must be writeable");
    return ERR_INVALID_ARGUMENT;
  }
  const record = ixAcc(0);
  const state = nonceState(record);
  if (state == NONCE_INVALID) return ERR_INVALID_ACCOUNT_DATA;
  if (state == NONCE_INITIALIZED) {
    logWithKey("Initialize nonce account: Account ", ixKey(0), " state is invalid");
    return ERR_INVALID_ACCOUNT_DATA;
  }
  const least = rentExemptMinimum(load<u32>(record, ACC_DATA_LEN));
  const balance = load<u64>(record, ACC_LAMPORTS);
  if (balance < least) {
    logTooLittle("Initialize nonce account: insufficient lamports ", balance, least);
    return ERR_INSUFFICIENT_FUNDS;
  }
  return write(authority, contextDurableNonce());
}

export function authorizeNonce(authority: usize): i32 {
  if (!ixIsWritable(0)) {
    logWithKey("Authorize nonce account: Account ", ixKey(0), " must be writeable");
    return ERR_INVALID_ARGUMENT;
  }
  const state = nonceState(ixAcc(0));
  if (state == NONCE_INVALID) return ERR_INVALID_ACCOUNT_DATA;
  if (state == NONCE_UNINITIALIZED) {
    logWithKey("Authorize nonce account: Account ", ixKey(0), " state is invalid");
    return ERR_INVALID_ACCOUNT_DATA;
  }
  const current = data() + NONCE_AUTHORITY;
  if (!ixSigned(current)) {
    logWithKey("Authorize nonce account: Account ", current, " must sign");
    return ERR_MISSING_REQUIRED_SIGNATURE;
  }
  const at = accDataMut(0);
  if (!at) return lastError();
  memory.copy(at + NONCE_AUTHORITY, authority, 32);
  return 0;
}

/** A legacy value becomes one of the durable nonce's own domain. */
export function upgradeNonce(): i32 {
  const record = ixAcc(0);
  if (!keyIsZero(record + ACC_OWNER)) return ERR_INVALID_ACCOUNT_OWNER;
  if (!ixIsWritable(0)) return ERR_INVALID_ARGUMENT;
  const state = nonceState(record);
  if (state == NONCE_INVALID) return ERR_INVALID_ACCOUNT_DATA;
  if (state == NONCE_UNINITIALIZED || load<u32>(data(), NONCE_VERSION) != 0) return ERR_INVALID_ARGUMENT;
  const at = accDataMut(0);
  if (!at) return lastError();
  sha256Init();
  sha256Update(NONCE_PREFIX, 13);
  sha256Update(at + NONCE_VALUE, 32);
  sha256Final(upgraded);
  memory.copy(at + NONCE_VALUE, upgraded, 32);
  store<u32>(at, 1, NONCE_VERSION);
  return 0;
}
