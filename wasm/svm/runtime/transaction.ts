/**
 * One transaction: may it land, what does it load, run its instructions, commit or roll back, write the result.
 *
 *   lookup tables ─▶ blockhash or durable nonce ─▶ compute budget ─▶ fee payer      any error: not landed, nothing changes
 *        └▶ load accounts, size limit, programs                                   error: fee is paid, nonce advances
 *             └▶ instructions ─▶ rent states                                      error: rolled back, then the same
 *                  └▶ commit
 *
 * Order and rules: Agave 4.2 runtime/src/bank/check_transactions.rs, svm/src/{transaction_processor,account_loader,
 * message_processor,rollback_accounts,rent_calculator}.rs.
 */
import { Result, RESULT_HEADER, TOKEN_BALANCE_SIZE } from "../../layouts/result";
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER, ACC_RENT_EPOCH } from "../../state/account";
import { messageLanded, messageLands } from "../../state/tags";
import { slotAccount } from "../../state/workspace";
import { keyEquals, keyIsZero } from "../../memory/bytes";
import { outAt, outBytes, outEnsure, outLen, outU64, outZeros } from "../../memory/io";
import {
  REC_BUDGET_ERROR,
  REC_CU_LIMIT,
  REC_FEE,
  REC_HEAP_SIZE,
  REC_LOADED_DATA_LIMIT,
  REC_NUM_LOOKUPS,
  REC_OFF_BLOCKHASH,
  recordKey,
  recordNumAccounts,
  recordTx,
} from "../../transaction/record";
import { WK_INSTRUCTIONS, WK_NATIVE_LOADER, isCarried, isDemoted, replicatedIndex, wellKnownIndex, wellKnownKey } from "../../transaction/well-known";
import {
  ERR_CUSTOM,
  ERR_INVALID_INSTRUCTION_DATA,
  TX_ACCOUNT_NOT_FOUND,
  TX_ALREADY_PROCESSED,
  TX_BLOCKHASH_NOT_FOUND,
  TX_DEFERRED,
  TX_INSTRUCTION_ERROR,
  TX_INSUFFICIENT_FUNDS_FOR_FEE,
  TX_INSUFFICIENT_FUNDS_FOR_RENT,
  TX_INVALID_ACCOUNT_FOR_FEE,
  TX_INVALID_PROGRAM_FOR_EXECUTION,
  TX_MAX_LOADED_ACCOUNTS_DATA_SIZE_EXCEEDED,
  TX_OK,
  TX_PROGRAM_ACCOUNT_NOT_FOUND,
} from "../errors";
import { sbpfHeap } from "../sbpf/run";
import {
  contextDurableNonce,
  contextHashUsable,
  contextLamportsPerSignature,
  setInstructionsSysvar,
  wellKnownAccountAt,
} from "../sysvars";
import {
  accountsCount,
  accountsPush,
  accountsReset,
  txaClear,
  txaDecreed,
  txaKey,
  txaPreDataLen,
  txaPreLamports,
  txaPreOwner,
  txaRecord,
  txaRestore,
  txaSigner,
  txaTouch,
  txaTouchData,
  txaTouched,
  txaWritable,
} from "./accounts";
import { tokenBalances, tokenBalancesCount } from "./balances";
import { deferredAccount } from "./deferred";
import { IXA_FIRST, IXA_INDEX, IXA_SIGNER, IXA_SIZE, IXA_WRITABLE, customCode, framesReset } from "./frame";
import {
  invokeReset,
  isLoader,
  processTopLevel,
  returnData,
  returnDataLen,
  returnDataProgram,
  unitsLeft,
} from "./invoke";
import { logCount, logLines, logReset, logSize } from "./log";
import { checkLookups } from "./lookup";
import {
  accountSigner,
  accountWritable,
  buildInstructionsSysvar,
  durableNonceAccount,
  instructionAccount,
  instructionCount,
  instructionData,
  instructionDataLen,
  instructionNumAccounts,
  instructionProgram,
  instructionsSysvarLen,
  messageOpen,
  signsFirstInstruction,
} from "./message";
import {
  NONCE_AUTHORITY,
  NONCE_INITIALIZED,
  NONCE_SIZE,
  NONCE_STATE,
  NONCE_VALUE,
  NONCE_VERSION,
  nonceState,
  nonceWrite,
} from "./nonce";
import { programdataKey, programdataReset, programdataSize } from "./programdata";
import { rentExemptMinimum } from "./rent";
import { scratchAlloc, scratchReset } from "./scratch";
import { innerNumber, innerWrite } from "./trace";

export { runtimeSetContext, wellKnownAccount } from "../sysvars";

/** skipChecks bit 0: any blockhash will do (simulation). Bit 1: it is not deferred, whatever accounts are there. */
const SKIP_BLOCKHASH: u32 = 1;
const SKIP_DEFERRAL: u32 = 2;
/** Bytes an account or a lookup table counts beyond its data (SIMD-0186). */
const ACCOUNT_BASE_SIZE: u32 = 64;
const LOOKUP_TABLE_BASE_SIZE: u32 = 8248;
const RENT_EXEMPT_EPOCH: u64 = u64.MAX_VALUE;

// 1nc1nerator11111111111111111111111111111111
const INCINERATOR: usize = memory.data<u8>(
  [0, 51, 144, 114, 141, 52, 17, 96, 121, 189, 201, 17, 191, 255, 0, 219, 212, 77, 46, 205, 204, 247, 156, 166, 225, 0, 56, 225, 0, 0, 0, 0],
  8,
);

let fee: u64 = 0;
let nonce: i32 = -1;
/** Its message is kept from landing twice by its tag: it has a blockhash, not a nonce. */
let tagged: bool = false;
let failedAt: u32 = 0;
let instructionError: i32 = 0;
let loadedSize: u32 = 0;
/** An account of the transaction is a program of the upgradeable loader; and one that is not carried, so that its programdata may be elsewhere. */
let upgradeable: bool = false;
let borrowed: bool = false;
let units: u64 = 0;

// ── rent states ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Exempt or without lamports: neither needs to be asked what it was before. */
// @ts-ignore: decorator
@inline
function rentSettled(lamports: u64, len: u32): bool {
  return lamports == 0 || lamports >= rentExemptMinimum(len);
}

/**
 * SIMD-0392: an account below the minimum may stay so if it does not lose lamports; `kept`: neither did its data grow nor its owner change
 * (Agave 4.2 svm/src/{rent_calculator,transaction_account_state_info}.rs, feature relax_post_exec_min_balance_check).
 */
function rentAllowed(key: usize, before: u64, kept: bool, after: u64, len: u32): bool {
  if (rentSettled(after, len)) return true;
  if (before && kept && after >= before) return true;
  return keyEquals(key, INCINERATOR);
}

// ── may it land ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The blockhash is young, or the nonce of the nonce account that can be advanced; 0 or the error. */
function checkAge(record: usize, skip: u32): u32 {
  const hash = recordTx(record) + load<u16>(record, REC_OFF_BLOCKHASH);
  nonce = -1;
  if (skip & SKIP_BLOCKHASH || contextHashUsable(hash)) return TX_OK;
  const account = durableNonceAccount();
  if (account < 0 || keyEquals(hash, contextDurableNonce())) return TX_BLOCKHASH_NOT_FOUND;
  const key = recordKey(record, account);
  if (isDemoted(wellKnownIndex(key))) return TX_BLOCKHASH_NOT_FOUND;
  const state = slotAccount(key);
  if (!load<u64>(state, ACC_LAMPORTS) || !keyIsZero(state + ACC_OWNER)) return TX_BLOCKHASH_NOT_FOUND;
  if (nonceState(state) != NONCE_INITIALIZED) return TX_BLOCKHASH_NOT_FOUND;
  const data: usize = load<u32>(state, ACC_DATA);
  // A legacy nonce cannot stand for a blockhash.
  if (load<u32>(data, NONCE_VERSION) != 1 || !keyEquals(data + NONCE_VALUE, hash)) return TX_BLOCKHASH_NOT_FOUND;
  if (!signsFirstInstruction(data + NONCE_AUTHORITY)) return TX_BLOCKHASH_NOT_FOUND;
  nonce = account;
  return TX_OK;
}

function checkPayer(key: usize): u32 {
  const record = slotAccount(key);
  const lamports = load<u64>(record, ACC_LAMPORTS);
  if (!lamports) return TX_ACCOUNT_NOT_FOUND;
  if (!keyIsZero(record + ACC_OWNER)) return TX_INVALID_ACCOUNT_FOR_FEE;
  const len = load<u32>(record, ACC_DATA_LEN);
  let least: u64 = 0;
  if (len) {
    const data: usize = load<u32>(record, ACC_DATA);
    if (len != NONCE_SIZE || load<u32>(data, NONCE_VERSION) > 1 || load<u32>(data, NONCE_STATE) != 1) {
      return TX_INVALID_ACCOUNT_FOR_FEE;
    }
    least = rentExemptMinimum(NONCE_SIZE);
  }
  if (lamports < least || lamports - least < fee) return TX_INSUFFICIENT_FUNDS_FOR_FEE;
  failedAt = 0;
  return rentAllowed(key, lamports, true, lamports - fee, len) ? TX_OK : TX_INSUFFICIENT_FUNDS_FOR_RENT;
}

function checkBudget(record: usize): u32 {
  const error = load<u32>(record, REC_BUDGET_ERROR);
  if (!error) return TX_OK;
  failedAt = (error >> 8) & 0xff;
  if ((error & 0xff) == TX_INSTRUCTION_ERROR) instructionError = ERR_INVALID_INSTRUCTION_DATA;
  return error & 0xff;
}

/** Everything that keeps a transaction from landing. */
function check(record: usize, skip: u32): u32 {
  if (load<u8>(record, REC_NUM_LOOKUPS)) {
    const error = checkLookups(record);
    if (error) return error;
  }
  let error = checkAge(record, skip);
  if (!error) error = checkBudget(record);
  if (error) return error;
  const payer = recordKey(record, 0);
  if (isDemoted(wellKnownIndex(payer))) return TX_INVALID_ACCOUNT_FOR_FEE;
  tagged = nonce < 0 && !(skip & SKIP_BLOCKHASH);
  return tagged && messageLanded(record) ? TX_ALREADY_PROCESSED : checkPayer(payer);
}

// ── loading ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Adds account `i` and answers what it counts against the limit. */
function loadAccount(record: usize, i: u32): u32 {
  const key = recordKey(record, i);
  const index = replicatedIndex(key);
  if (index < 0 || (isCarried(index) && accountWritable(i))) {
    const account = slotAccount(key);
    accountsPush(account, key, accountSigner(i), accountWritable(i));
    if (programdataKey(account)) {
      upgradeable = true;
      borrowed = true;
    }
    return load<u64>(account, ACC_LAMPORTS) ? ACCOUNT_BASE_SIZE + load<u32>(account, ACC_DATA_LEN) : 0;
  }
  if (index == WK_INSTRUCTIONS) {
    const data = buildInstructionsSysvar();
    setInstructionsSysvar(data, instructionsSysvarLen());
  }
  const account = wellKnownAccountAt(index);
  accountsPush(account, key, accountSigner(i), false);
  if (!load<u64>(account, ACC_LAMPORTS)) return 0;
  if (programdataKey(account)) upgradeable = true;
  return ACCOUNT_BASE_SIZE + load<u32>(account, ACC_DATA_LEN);
}

function loadAll(record: usize, skip: u32): u32 {
  const n = recordNumAccounts(record);
  const limit = load<u32>(record, REC_LOADED_DATA_LIMIT);
  loadedSize = <u32>load<u8>(record, REC_NUM_LOOKUPS) * LOOKUP_TABLE_BASE_SIZE;
  upgradeable = false;
  borrowed = false;
  for (let i: u32 = 0; i < n; i++) loadedSize += loadAccount(record, i); // < 64 * 10 MiB
  if (borrowed && !(skip & SKIP_DEFERRAL)) {
    const deferred = deferredAccount(record);
    if (deferred >= 0) {
      failedAt = deferred;
      loadedSize = 0;
      return TX_DEFERRED;
    }
  }
  if (upgradeable) loadedSize += programdataSize(ACCOUNT_BASE_SIZE);
  return loadedSize > limit ? TX_MAX_LOADED_ACCOUNTS_DATA_SIZE_EXCEEDED : checkPrograms();
}

function checkPrograms(): u32 {
  for (let i: u32 = 0, n = instructionCount(); i < n; i++) {
    const program = txaRecord(instructionProgram(i));
    if (!load<u64>(program, ACC_LAMPORTS)) return TX_PROGRAM_ACCOUNT_NOT_FOUND;
    const owner = program + ACC_OWNER;
    if (!keyEquals(owner, wellKnownKey(WK_NATIVE_LOADER)) && !isLoader(owner)) return TX_INVALID_PROGRAM_FOR_EXECUTION;
  }
  return TX_OK;
}

// ── execution ──────────────────────────────────────────────────────────────────────────────────────────────────────

function prepareAccounts(instruction: u32): usize {
  const n = instructionNumAccounts(instruction);
  const list = scratchAlloc(n * IXA_SIZE);
  for (let i: u32 = 0; i < n; i++) {
    const index = instructionAccount(instruction, i);
    let first = i;
    for (let j: u32 = 0; j < i; j++) {
      if (instructionAccount(instruction, j) == index) {
        first = j;
        break;
      }
    }
    const a = list + i * IXA_SIZE;
    store<u8>(a, <u8>index, IXA_INDEX);
    store<u8>(a, <u8>txaSigner(index), IXA_SIGNER);
    store<u8>(a, <u8>txaWritable(index), IXA_WRITABLE);
    store<u8>(a, <u8>first, IXA_FIRST);
  }
  return list;
}

function runInstructions(): u32 {
  for (let i: u32 = 0, n = instructionCount(); i < n; i++) {
    const error = processTopLevel(
      i,
      instructionProgram(i),
      prepareAccounts(i),
      instructionNumAccounts(i),
      instructionData(i),
      instructionDataLen(i),
    );
    if (!error) continue;
    failedAt = i;
    instructionError = error;
    return TX_INSTRUCTION_ERROR;
  }
  return TX_OK;
}

function checkRent(): u32 {
  for (let i: u32 = 0, n = accountsCount(); i < n; i++) {
    if (!txaTouched(i) || txaDecreed(i)) continue; // what did not change is as allowed as it was
    const record = txaRecord(i);
    const before = i == 0 ? txaPreLamports(0) - fee : txaPreLamports(i);
    const len = load<u32>(record, ACC_DATA_LEN);
    const kept = len <= txaPreDataLen(i) && keyEquals(txaPreOwner(i), record + ACC_OWNER);
    if (rentAllowed(txaKey(i), before, kept, load<u64>(record, ACC_LAMPORTS), len)) continue;
    failedAt = i;
    return TX_INSUFFICIENT_FUNDS_FOR_RENT;
  }
  return TX_OK;
}

/** What Agave does to accounts when it stores them. */
function commit(): void {
  for (let i: u32 = 0, n = accountsCount(); i < n; i++) {
    if (!txaWritable(i)) continue;
    const record = txaRecord(i);
    if (!load<u64>(record, ACC_LAMPORTS)) {
      if (txaTouched(i)) txaClear(i);
      continue;
    }
    if (load<u64>(record, ACC_RENT_EPOCH) == RENT_EXEMPT_EPOCH || txaDecreed(i)) continue;
    const before = txaPreLamports(i);
    if (before && before < rentExemptMinimum(txaPreDataLen(i))) continue;
    txaTouch(i);
    store<u64>(record, RENT_EXEMPT_EPOCH, ACC_RENT_EPOCH);
  }
}

function payFee(): void {
  txaTouch(0);
  store<u64>(txaRecord(0), txaPreLamports(0) - fee, ACC_LAMPORTS);
}

/** Leaves of a failed transaction: the fee and the advanced nonce. */
function rollBack(): void {
  for (let i: u32 = 0, n = accountsCount(); i < n; i++) txaRestore(i);
  payFee();
  if (nonce < 0) return;
  txaTouchData(nonce);
  const data: usize = load<u32>(txaRecord(nonce), ACC_DATA);
  nonceWrite(data, data + NONCE_AUTHORITY, contextDurableNonce(), contextLamportsPerSignature());
}

// ── result (docs/interfaces.md section 4) ──────────────────────────────────────────────────────────────────────────

/** Where the result being written starts in the output. */
let start: u32 = 0;
let preBalances: usize = 0;
let preBalancesCount: u32 = 0;

function pad4(): void {
  outZeros((start - outLen()) & 3);
}

function writeDetail(): void {
  const n = accountsCount();
  for (let i: u32 = 0; i < n; i++) outU64(txaPreLamports(i));
  for (let i: u32 = 0; i < n; i++) outU64(load<u64>(txaRecord(i), ACC_LAMPORTS));
  if (preBalancesCount) outBytes(preBalances, preBalancesCount * TOKEN_BALANCE_SIZE);
  const post = tokenBalances();
  if (tokenBalancesCount()) outBytes(post, tokenBalancesCount() * TOKEN_BALANCE_SIZE);
  if (returnDataLen()) {
    outBytes(returnDataProgram(), 32);
    outBytes(returnData(), returnDataLen());
    pad4();
  }
  innerWrite();
  outBytes(logLines(), logSize());
}

function writeResult(error: u32, blockIndex: u32, landed: bool, detail: bool): void {
  start = outLen();
  outEnsure(RESULT_HEADER);
  outZeros(RESULT_HEADER);
  if (detail) writeDetail();
  pad4();
  const r = changetype<Result>(outAt(start));
  r.len = outLen() - start;
  r.blockIndex = blockIndex;
  r.landed = <u8>landed;
  r.txError = <u8>error;
  r.errorIndex = <u8>failedAt;
  if (instructionError) r.instructionError = <u8>(instructionError - 1);
  if (instructionError == ERR_CUSTOM) r.customCode = customCode();
  if (landed) r.fee = fee;
  r.computeUnits = <u32>units;
  r.loadedSize = loadedSize;
  if (!detail) return;
  r.numAccounts = <u16>accountsCount();
  r.numLogs = <u16>logCount();
  r.returnDataLen = <u16>returnDataLen();
  r.numInner = <u16>innerNumber();
  r.numTokenPre = <u16>preBalancesCount;
  r.numTokenPost = <u16>tokenBalancesCount();
  r.detail = 1;
}

/** Loads and runs what may land. */
function execute(record: usize, detail: bool, skip: u32): u32 {
  let error = loadAll(record, skip);
  if (error == TX_DEFERRED) return error;
  if (detail) {
    preBalances = tokenBalances();
    preBalancesCount = tokenBalancesCount();
  }
  if (error) {
    rollBack();
    return error;
  }
  payFee();
  const limit: u64 = load<u32>(record, REC_CU_LIMIT);
  invokeReset(limit);
  error = runInstructions();
  units = limit - unitsLeft();
  if (!error) error = checkRent();
  if (error) rollBack();
  else commit();
  return error;
}

/** Executes the transaction of a record in the slot of the context and appends one result to the output. */
export function runtimeExecute(record: usize, blockIndex: u32, detail: bool, skipChecks: u32): void {
  accountsReset();
  framesReset();
  logReset(detail);
  invokeReset(0);
  fee = load<u64>(record, REC_FEE);
  failedAt = 0;
  instructionError = 0;
  loadedSize = 0;
  units = 0;
  preBalancesCount = 0;
  programdataReset(record);
  sbpfHeap(load<u32>(record, REC_HEAP_SIZE));
  messageOpen(record);
  let error = check(record, skipChecks);
  if (error) {
    writeResult(error, blockIndex, false, false);
    return;
  }
  error = execute(record, detail, skipChecks);
  const landed = error != TX_DEFERRED;
  if (landed && tagged) messageLands();
  writeResult(error, blockIndex, landed, detail && landed);
  setInstructionsSysvar(0, 0);
  scratchReset();
}
