/**
 * The accounts that one slot (or one simulation) works on, as execution sees them.
 *
 *   slotAccount(key) ─▶ leased here or temporary?  ─▶ slot table     (lives for the slot)
 *                    ─▶ own?                       ─▶ store          (pre-image kept at the first slotTouch)
 *                    ─▶ own key, does not exist    ─▶ new temporary record, stored if it ends with lamports
 *                    ─▶ anything else              ─▶ the plan is broken: noted here, engineExecute answers it
 */
import { keyCopy, keyHash } from "../memory/bytes";
import { ACC_DATA, ACC_DATA_LEN, ACC_EPOCH, ACC_STATE, ACC_UNDO, ACC_USED, ENC_DATA_LEN, ENC_HEADER, ST_LEASED, ST_LENT, ST_READONLY, ST_SHARED, ST_TEMPORARY } from "./account";
import { coldAsked } from "./cold-keys";
import { bytesEqual, dataDrop } from "./data";
import { decodeInto } from "./encoding";
import { LARGE_DATA, largeNote, largeTurn } from "./large";
import { recordFree, recordNew } from "./records";
import { shardOf, shardSelf } from "./shard";
import { SMALL_TABLE, smallAt, smallClear, smallCount, smallFind, smallInsert, smallPlaces } from "./small-table";
import { tableFind } from "./table";
import { imageKeep, imageKeepData } from "./undo";

/** Why a plan is broken. */
export const FAULT_FOREIGN: u32 = 1;
export const FAULT_LENT: u32 = 2;
export const FAULT_READONLY: u32 = 3;
/** Not in memory, and storage was never asked for it. */
export const FAULT_COLD: u32 = 4;
/** The fee payer is lent by another shard, which has not said whether the message is known. */
export const FAULT_TAG: u32 = 5;

/** Records of keys that execution is about to ask for, by the address of the key: {u32 key, u32 record}. */
const HINTS: i32 = 1024;
/** A hint: u32 key, u32 record, both pointers. */
const HINT_RECORD: usize = 4;
const HINT_SHIFT: u32 = 22;
const hints: usize = memory.data(8192, 16);

const slotTable: usize = memory.data(SMALL_TABLE, 16);
const simulationTable: usize = memory.data(SMALL_TABLE, 16);
let simulating: bool = false;
/** The open slot (wasm/state/undo.ts), or 0. */
let slot: usize = 0;
let epoch: u32 = 0;
/** Low half of the open slot's number: when an account was last used. */
let number: u32 = 0;
let fault: u32 = 0;
const faultKeyAt: usize = memory.data(32, 16);

function faultNote(reason: u32, key: usize): void {
  if (fault) return;
  fault = reason;
  keyCopy(faultKeyAt, key);
}
export function workspaceFaultTag(payer: usize): void {
  faultNote(FAULT_TAG, payer);
}
/** The open slot; 0 while simulating or when none is open. */
export function workspaceSlot(): usize {
  return simulating ? 0 : slot;
}
export function workspaceFault(): u32 {
  return fault;
}
export function workspaceFaultKey(): usize {
  return faultKeyAt;
}

/** Opens the workspace for a slot. */
export function workspaceOpen(forSlot: usize): void {
  slot = forSlot;
  epoch += 1;
  number = <u32>load<u64>(forSlot);
  fault = 0;
  largeTurn();
  memory.fill(hints, 0, HINTS << 3);
}

// @ts-ignore: decorator
@inline
function hintOf(key: usize): usize {
  return hints + ((((<u32>key) * 0x9e3779b1) >> HINT_SHIFT) << 3);
}
/** Notes the record of an own account for a key whose bytes stay where they are until the slot closes. */
export function workspaceHint(key: usize, record: usize): void {
  const hint = hintOf(key);
  store<u32>(hint, <u32>key);
  store<u32>(hint, <u32>record, HINT_RECORD);
}

/** Drops leased and temporary records. Those that became own accounts have left the table's care: their state says so. */
export function workspaceClose(): void {
  dropAll(slotTable);
  slot = 0;
}

function dropAll(t: usize): void {
  for (let i: u32 = 0, n = smallPlaces(t); i < n; i++) {
    const record = smallAt(t, i);
    if (!record || !(load<u8>(record, ACC_STATE) & (ST_LEASED | ST_TEMPORARY))) continue;
    dataDrop(record);
    recordFree(record);
  }
  smallClear(t);
}

function temporary(t: usize, key: usize, hash: u64): usize {
  const record = recordNew(key, ST_TEMPORARY);
  smallInsert(t, record, hash);
  return record;
}

/** The own account of a key in this slot, a temporary record when it does not exist. No questions asked. */
export function workspaceOwn(key: usize): usize {
  const hash = keyHash(key);
  let record = tableFind(key, hash);
  if (!record) record = smallFind(slotTable, key, hash);
  if (!record) record = temporary(slotTable, key, hash);
  store<u32>(record, number, ACC_USED);
  return record;
}

/** Adds a leased account from its checked encoding. */
export function workspaceLease(p: usize, writable: bool): void {
  const record = recordNew(p, ST_LEASED | (writable ? 0 : ST_READONLY));
  decodeInto(record, p);
  smallInsert(slotTable, record, keyHash(p));
}
/** Adds a record for an account that is borrowed read-only, whose other fields the caller fills. */
export function workspaceBorrow(key: usize): usize {
  const record = recordNew(key, ST_LEASED | ST_READONLY);
  smallInsert(slotTable, record, keyHash(key));
  return record;
}
/** The leased account of a key. */
export function workspaceLeased(key: usize): usize {
  return smallFind(slotTable, key, keyHash(key));
}

// @ts-ignore: decorator
@inline
function used(key: usize, record: usize): usize {
  if (load<u8>(record, ACC_STATE) & ST_LENT) faultNote(FAULT_LENT, key);
  store<u32>(record, number, ACC_USED);
  if (load<u32>(record, ACC_DATA_LEN) >= LARGE_DATA) largeNote(record, load<u32>(record, ACC_DATA_LEN));
  return record;
}

/** For the runtime: the record of an account in the slot being executed. */
export function slotAccount(key: usize): usize {
  const hint = hintOf(key);
  if (load<u32>(hint) == <u32>key && !simulating) {
    return used(key, load<u32>(hint, HINT_RECORD));
  }
  const hash = keyHash(key);
  if (simulating) {
    let found = smallFind(simulationTable, key, hash);
    if (!found) {
      found = temporary(simulationTable, key, hash);
      store<u32>(found, epoch, ACC_EPOCH);
    }
    return found;
  }
  let record: usize = 0;
  if (smallCount(slotTable)) record = smallFind(slotTable, key, hash);
  if (!record) record = tableFind(key, hash);
  if (record) return used(key, record);
  if (shardOf(key) != shardSelf()) faultNote(FAULT_FOREIGN, key);
  else if (!coldAsked(key, hash)) faultNote(FAULT_COLD, key);
  return temporary(slotTable, key, hash);
}

function keep(record: usize): void {
  store<u32>(record, epoch, ACC_EPOCH);
  // Leased and temporary records go when the slot closes: their image only serves sums and comparisons.
  imageKeep(slot, record, !(load<u8>(record, ACC_STATE) & (ST_LEASED | ST_TEMPORARY)));
}

/** For the runtime: called before a record may first be changed in a slot; keeps its pre-image once. */
export function slotTouch(record: usize): void {
  if (load<u32>(record, ACC_EPOCH) == epoch) return;
  if (load<u8>(record, ACC_STATE) & (ST_READONLY | ST_SHARED | ST_LENT)) faultNote(FAULT_READONLY, record);
  keep(record);
}

/** For the runtime: called before the data of a touched record are changed. The copy that was made for it now, or 0: there is one, or none is needed. */
export function slotTouchData(record: usize): usize {
  if (load<u8>(record, ACC_STATE) & (ST_LEASED | ST_TEMPORARY)) return 0;
  return imageKeepData(slot, load<u32>(record, ACC_UNDO));
}

/** An own account becomes what a checked encoding of it says: what it lent comes back, or a log row is replayed. */
export function workspaceReplace(encoded: usize): void {
  const record = workspaceOwn(encoded);
  if (load<u32>(record, ACC_EPOCH) != epoch) keep(record);
  const len = load<u32>(encoded, ENC_DATA_LEN);
  const same = len == load<u32>(record, ACC_DATA_LEN) && bytesEqual(load<u32>(record, ACC_DATA), encoded + ENC_HEADER, len);
  if (!same) slotTouchData(record);
  decodeInto(record, encoded);
}

/** Starts a simulation: from now on slotAccount sees only what simulationAdd adds. */
export function simulationBegin(): void {
  simulating = true;
}
/** The record of an account, which the caller fills; 0 when the key was added before. */
export function simulationAdd(key: usize): usize {
  const hash = keyHash(key);
  if (smallFind(simulationTable, key, hash)) return 0;
  const record = temporary(simulationTable, key, hash);
  store<u32>(record, epoch, ACC_EPOCH);
  return record;
}
export function simulationRecord(key: usize): usize {
  return smallFind(simulationTable, key, keyHash(key));
}
export function simulationEnd(): void {
  dropAll(simulationTable);
  simulating = false;
}
