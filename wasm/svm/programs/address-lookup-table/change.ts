/** Freeze, extend, deactivate and close (program/src/processor.rs). */
import { keyEquals } from "../../../memory/bytes";
import {
  ERR_ARITHMETIC_OVERFLOW,
  ERR_IMMUTABLE,
  ERR_INCORRECT_AUTHORITY,
  ERR_INVALID_ACCOUNT_OWNER,
  ERR_INVALID_ARGUMENT,
  ERR_INVALID_INSTRUCTION_DATA,
  ERR_MISSING_REQUIRED_SIGNATURE,
  ERR_NOT_ENOUGH_ACCOUNT_KEYS,
} from "../../errors";
import {
  bpfData,
  bpfDataLen,
  bpfDataMut,
  bpfLamports,
  bpfOwner,
  bpfRealloc,
  bpfSetLamports,
  contextSlot,
  failCustom,
  ixIsSigner,
  ixIsWritable,
  ixKey,
  ixNumAccounts,
  ixProgramId,
  logBegin,
  logChars,
  logEnd,
  logNumber,
  logProgramText,
  rentExemptMinimum,
  slotHashesLookup,
} from "../../runtime/context";
import { AUTHORITY, pay, TABLE } from "./calls";
import * as UNITS from "./compute-units";
import { transfer } from "./create";
import { CUSTOM_READONLY_DATA_MODIFIED, CUSTOM_READONLY_LAMPORTS_CHANGED } from "./error";
import {
  hasAuthority,
  NEVER,
  readTable,
  TABLE_AUTHORITY,
  TABLE_DEACTIVATION_SLOT,
  TABLE_LAST_EXTENDED_SLOT,
  TABLE_LAST_EXTENDED_START,
  TABLE_MAX_ADDRESSES,
  TABLE_META,
  writeMeta,
} from "./state";

const RECIPIENT: u32 = 2;
const PAYER: u32 = 2;
/** Slots in the SlotHashes sysvar: as long a deactivated table can still be used. */
const COOL_DOWN: u64 = 512;

function refuse(text: string, error: i32): i32 {
  logProgramText(text);
  return error;
}

/** Owner of the table and signature of the authority, in the order in which the program takes its accounts. */
function checkAccounts(): i32 {
  if (ixNumAccounts() <= TABLE) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  if (!keyEquals(bpfOwner(TABLE), ixProgramId())) {
    return refuse("Lookup table owner should be the Address Lookup Table program", ERR_INVALID_ACCOUNT_OWNER);
  }
  if (ixNumAccounts() <= AUTHORITY) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  if (!ixIsSigner(AUTHORITY)) return refuse("Authority account must be a signer", ERR_MISSING_REQUIRED_SIGNATURE);
  return 0;
}

/** The table is one, is not frozen, and the authority is its own. */
function checkTable(frozen: string): i32 {
  const data = bpfData(TABLE);
  const error = readTable(data, bpfDataLen(TABLE));
  if (error) return error;
  if (!hasAuthority(data)) return refuse(frozen, ERR_IMMUTABLE);
  if (!keyEquals(data + TABLE_AUTHORITY, ixKey(AUTHORITY))) return refuse("Incorrect lookup table authority", ERR_INCORRECT_AUTHORITY);
  return 0;
}

// @ts-ignore: decorator
@inline
function isDeactivated(data: usize): bool {
  return load<u64>(data, TABLE_DEACTIVATION_SLOT) != NEVER;
}

function rewriteMeta(deactivation: u64, lastExtended: u64, lastStart: u32, authority: usize): void {
  writeMeta(bpfDataMut(TABLE), deactivation, lastExtended, lastStart, authority);
}

export function freezeTable(): i32 {
  let error = checkAccounts();
  if (!error) error = checkTable("Lookup table is already frozen");
  if (error) return error;
  const data = bpfData(TABLE);
  if (isDeactivated(data)) return refuse("Deactivated tables cannot be frozen", ERR_INVALID_ARGUMENT);
  if (bpfDataLen(TABLE) == TABLE_META) return refuse("Empty lookup tables cannot be frozen", ERR_INVALID_INSTRUCTION_DATA);
  error = pay(UNITS.FREEZE);
  if (error) return error;
  rewriteMeta(NEVER, load<u64>(data, TABLE_LAST_EXTENDED_SLOT), load<u8>(data, TABLE_LAST_EXTENDED_START), 0);
  return 0;
}

/** Whether `count` addresses can be appended to the `old` ones. */
function checkExtension(old: u32, count: u32): i32 {
  if (isDeactivated(bpfData(TABLE))) return refuse("Deactivated tables cannot be extended", ERR_INVALID_ARGUMENT);
  if (old >= TABLE_MAX_ADDRESSES) return refuse("Lookup table is full and cannot contain more addresses", ERR_INVALID_ARGUMENT);
  if (!count) return refuse("Must extend with at least one address", ERR_INVALID_INSTRUCTION_DATA);
  if (old + count > TABLE_MAX_ADDRESSES) {
    logBegin();
    logChars("Program log: Extended lookup table length ");
    logNumber(old + count);
    logChars(" would exceed max capacity of ");
    logNumber(TABLE_MAX_ADDRESSES);
    logEnd();
    return ERR_INVALID_INSTRUCTION_DATA;
  }
  return ixIsWritable(TABLE) ? 0 : failCustom(CUSTOM_READONLY_DATA_MODIFIED);
}

/** Lamports that the larger table lacks come from the payer. */
function fund(len: u32): i32 {
  const required = rentExemptMinimum(len);
  const held = bpfLamports(TABLE);
  if (held >= required) return pay(UNITS.EXTEND_FUNDED);
  if (ixNumAccounts() <= PAYER) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  if (!ixIsSigner(PAYER)) return refuse("Payer account must be a signer", ERR_MISSING_REQUIRED_SIGNATURE);
  if (ixNumAccounts() <= PAYER + 1) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  let error = pay(UNITS.EXTEND_TO_TRANSFER);
  if (!error) error = transfer(PAYER, required - held);
  return error ? error : pay(UNITS.EXTEND_END);
}

/** `addresses`: `count` keys, within the instruction's data. */
export function extendTable(addresses: usize, count: u32): i32 {
  let error = checkAccounts();
  if (!error) error = checkTable("Lookup table is frozen");
  if (error) return error;
  const old = (bpfDataLen(TABLE) - TABLE_META) >> 5;
  error = checkExtension(old, count);
  if (error) return error;
  const data = bpfData(TABLE);
  const fresh = load<u64>(data, TABLE_LAST_EXTENDED_SLOT) != contextSlot();
  error = pay(UNITS.extendUnits(count, ixNumAccounts(), fresh));
  if (error) return error;
  rewriteMeta(NEVER, contextSlot(), fresh ? old : load<u8>(data, TABLE_LAST_EXTENDED_START), ixKey(AUTHORITY));
  const len = TABLE_META + ((old + count) << 5);
  error = bpfRealloc(TABLE, len);
  if (error) return error;
  memory.copy(bpfDataMut(TABLE) + TABLE_META + (old << 5), addresses, count << 5);
  return fund(len);
}

export function deactivateTable(): i32 {
  let error = checkAccounts();
  if (!error) error = checkTable("Lookup table is frozen");
  if (error) return error;
  const data = bpfData(TABLE);
  if (isDeactivated(data)) return refuse("Lookup table is already deactivated", ERR_INVALID_ARGUMENT);
  error = pay(UNITS.DEACTIVATE);
  if (error) return error;
  rewriteMeta(contextSlot(), load<u64>(data, TABLE_LAST_EXTENDED_SLOT), load<u8>(data, TABLE_LAST_EXTENDED_START), ixKey(AUTHORITY));
  return 0;
}

/** A table can go once its deactivation slot has left the SlotHashes sysvar. */
function checkCoolDown(): i32 {
  const slot = load<u64>(bpfData(TABLE), TABLE_DEACTIVATION_SLOT);
  if (slot == NEVER) return refuse("Lookup table is not deactivated", ERR_INVALID_ARGUMENT);
  if (slot != contextSlot() && !slotHashesLookup(slot)) return 0;
  logBegin();
  logChars("Program log: Table cannot be closed until it's fully deactivated in ");
  logNumber(COOL_DOWN + 1 - (contextSlot() - slot));
  logChars(" blocks");
  logEnd();
  return ERR_INVALID_ARGUMENT;
}

export function closeTable(): i32 {
  let error = checkAccounts();
  if (error) return error;
  if (ixNumAccounts() <= RECIPIENT) return ERR_NOT_ENOUGH_ACCOUNT_KEYS;
  if (keyEquals(ixKey(TABLE), ixKey(RECIPIENT))) {
    return refuse("Lookup table cannot be the recipient of reclaimed lamports", ERR_INVALID_ARGUMENT);
  }
  error = checkTable("Lookup table is frozen");
  if (!error) error = checkCoolDown();
  if (error) return error;
  const lamports = bpfLamports(TABLE);
  if (lamports > u64.MAX_VALUE - bpfLamports(RECIPIENT)) return ERR_ARITHMETIC_OVERFLOW;
  if (!ixIsWritable(RECIPIENT)) return failCustom(CUSTOM_READONLY_LAMPORTS_CHANGED);
  if (!ixIsWritable(TABLE)) return failCustom(CUSTOM_READONLY_DATA_MODIFIED);
  error = pay(UNITS.CLOSE);
  if (error) return error;
  bpfSetLamports(RECIPIENT, bpfLamports(RECIPIENT) + lamports);
  error = bpfRealloc(TABLE, 0);
  bpfSetLamports(TABLE, 0);
  return error;
}
