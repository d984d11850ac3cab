/** CreateLookupTable (program/src/processor.rs). */
import { keyEquals } from "../../../memory/bytes";
import {
  ERR_ACCOUNT_DATA_TOO_SMALL,
  ERR_INVALID_ARGUMENT,
  ERR_INVALID_INSTRUCTION_DATA,
  ERR_MISSING_REQUIRED_SIGNATURE,
  ERR_NOT_ENOUGH_ACCOUNT_KEYS,
} from "../../errors";
import {
  bpfDataLen,
  bpfDataMut,
  bpfLamports,
  bpfOwner,
  createProgramAddress,
  failCustom,
  ixIsSigner,
  ixKey,
  ixNumAccounts,
  ixProgramId,
  logBegin,
  logChars,
  logEnd,
  logKey,
  logNumber,
  logProgramText,
  rentExemptMinimum,
  slotHashesLookup,
} from "../../runtime/context";
import { callSystem, fieldKey, fieldU64, metaOf, pay, TABLE, AUTHORITY } from "./calls";
import * as UNITS from "./compute-units";
import { CUSTOM_INVALID_SEEDS } from "./error";
import { NEVER, TABLE_META, writeMeta } from "./state";

const PAYER: u32 = 2;
const SYSTEM_ALLOCATE: u32 = 8;
const SYSTEM_ASSIGN: u32 = 1;
const derived: usize = memory.data(32, 8);
const slotBytes: usize = memory.data(8, 8);
const bumpByte: usize = memory.data(1);
const seeds: usize = memory.data(24, 8);

function seed(i: u32, ptr: usize, len: u32): void {
  store<u32>(seeds + i * 8, <u32>ptr);
  store<u32>(seeds + i * 8, len, 4);
}

/** The slot must be in the SlotHashes sysvar, and the account at the address that authority, slot and bump give. */
function checkAddress(slot: u64, bump: u32): i32 {
  if (!slotHashesLookup(slot)) {
    logBegin();
    logChars("Program log: ");
    logNumber(slot);
    logChars(" is not a recent slot");
    logEnd();
    return ERR_INVALID_INSTRUCTION_DATA;
  }
  store<u64>(slotBytes, slot);
  store<u8>(bumpByte, <u8>bump);
  seed(0, ixKey(AUTHORITY), 32);
  seed(1, slotBytes, 8);
  seed(2, bumpByte, 1);
  if (createProgramAddress(ixProgramId(), seeds, 3, derived)) return failCustom(CUSTOM_INVALID_SEEDS);
  if (keyEquals(derived, ixKey(TABLE))) return 0;
  logBegin();
  logChars("Program log: Table address must match derived address: ");
  logKey(derived);
  logEnd();
  return ERR_INVALID_ARGUMENT;
}

export function createTable(slot: u64, bump: u32): i32 {
  if (ixNumAccounts() <= PAYER) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  if (!ixIsSigner(PAYER)) {
    logProgramText("Payer account must be a signer");
    return ERR_MISSING_REQUIRED_SIGNATURE;
  }
  let error = checkAddress(slot, bump);
  if (error) return error;
  if (keyEquals(bpfOwner(TABLE), ixProgramId())) return pay(UNITS.CREATE_EXISTING);

  const required = rentExemptMinimum(TABLE_META);
  const held = bpfLamports(TABLE);
  if (held < required) {
    error = pay(UNITS.CREATE_TO_TRANSFER);
    if (!error) error = transfer(PAYER, required - held);
    if (error) return error;
  } else {
    error = pay(UNITS.CREATE_FUNDED);
    if (error) return error;
  }
  if (ixNumAccounts() <= PAYER + 1) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  error = pay(UNITS.CREATE_TO_ALLOCATE);
  if (error) return error;
  metaOf(0, TABLE, true);
  fieldU64(0, TABLE_META);
  error = callSystem(SYSTEM_ALLOCATE, 1, 8, ixKey(TABLE));
  if (error) return error;
  error = pay(UNITS.CREATE_TO_ASSIGN);
  if (error) return error;
  metaOf(0, TABLE, true);
  fieldKey(0, ixProgramId());
  error = callSystem(SYSTEM_ASSIGN, 1, 32, ixKey(TABLE));
  if (error) return error;
  if (bpfDataLen(TABLE) < TABLE_META) return ERR_ACCOUNT_DATA_TOO_SMALL;
  writeMeta(bpfDataMut(TABLE), NEVER, 0, 0, ixKey(AUTHORITY));
  return pay(UNITS.CREATE_END);
}

const SYSTEM_TRANSFER: u32 = 2;

/** System transfer from account `from` of the instruction to the table. */
export function transfer(from: u32, lamports: u64): i32 {
  metaOf(0, from, true);
  metaOf(1, TABLE, false);
  fieldU64(0, lamports);
  return callSystem(SYSTEM_TRANSFER, 2, 8, 0);
}
