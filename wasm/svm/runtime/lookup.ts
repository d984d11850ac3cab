/**
 * Whether the loaded addresses of a record are what the lookup tables say now: solana-sdk address-lookup-table-interface/src/state.rs,
 * Agave runtime/src/bank/address_lookup_table.rs.
 *
 *   data of a table: u32 1 | u64 deactivation slot | u64 last extended slot | u8 its first index | u8 0/1 [authority] | u16 ; addresses from 56
 */
import { ACC_DATA, ACC_DATA_LEN, ACC_LAMPORTS, ACC_OWNER } from "../../state/account";
import { slotAccount } from "../../state/workspace";
import { keyEquals } from "../../memory/bytes";
import {
  REC_NUM_LOOKUPS,
  REC_NUM_STATIC,
  REC_NUM_WRITABLE_LOADED,
  REC_OFF_LOOKUPS,
  recordKey,
  recordLoaded,
  recordNumAccounts,
  recordTx,
} from "../../transaction/record";
import {
  TX_ACCOUNT_LOADED_TWICE,
  TX_ADDRESS_LOOKUP_TABLE_NOT_FOUND,
  TX_INVALID_ADDRESS_LOOKUP_TABLE_DATA,
  TX_INVALID_ADDRESS_LOOKUP_TABLE_INDEX,
  TX_INVALID_ADDRESS_LOOKUP_TABLE_OWNER,
  TX_RESANITIZATION_NEEDED,
} from "../errors";
import { WK_ADDRESS_LOOKUP_TABLE, wellKnownKey } from "../../transaction/well-known";
import { contextSlot, slotHashesLookup, wellKnownAccount } from "../sysvars";
import { compactAt, compactEnd } from "./message";

const TABLE_DEACTIVATION_SLOT: usize = 4;
const TABLE_LAST_EXTENDED_SLOT: usize = 12;
const TABLE_LAST_EXTENDED_START: usize = 20;
const TABLE_HAS_AUTHORITY: usize = 21;
const META_SIZE: u32 = 56;

let addresses: usize = 0;
let active: u32 = 0;

/** Opens the table: 0 and its active addresses, or the transaction's error. */
function open(key: usize): u32 {
  let record = wellKnownAccount(key);
  if (!record) record = slotAccount(key);
  if (!load<u64>(record, ACC_LAMPORTS)) return TX_ADDRESS_LOOKUP_TABLE_NOT_FOUND;
  if (!keyEquals(record + ACC_OWNER, wellKnownKey(WK_ADDRESS_LOOKUP_TABLE))) return TX_INVALID_ADDRESS_LOOKUP_TABLE_OWNER;
  const len = load<u32>(record, ACC_DATA_LEN);
  const data: usize = load<u32>(record, ACC_DATA);
  if (len < META_SIZE || load<u32>(data) != 1 || load<u8>(data, TABLE_HAS_AUTHORITY) > 1 || (len - META_SIZE) % 32 != 0) {
    return TX_INVALID_ADDRESS_LOOKUP_TABLE_DATA;
  }
  const slot = contextSlot();
  const deactivated = load<u64>(data, TABLE_DEACTIVATION_SLOT);
  if (deactivated != u64.MAX_VALUE && deactivated != slot && !slotHashesLookup(deactivated)) {
    return TX_ADDRESS_LOOKUP_TABLE_NOT_FOUND;
  }
  const all = (len - META_SIZE) / 32;
  addresses = data + META_SIZE;
  active = slot > load<u64>(data, TABLE_LAST_EXTENDED_SLOT) ? all : <u32>load<u8>(data, TABLE_LAST_EXTENDED_START);
  return active > all ? TX_INVALID_ADDRESS_LOOKUP_TABLE_DATA : 0;
}

/** `n` indices against the resolved addresses. */
function compare(indices: usize, n: u32, resolved: usize): u32 {
  for (let i: u32 = 0; i < n; i++) {
    const index: u32 = load<u8>(indices + i);
    if (index >= active) return TX_INVALID_ADDRESS_LOOKUP_TABLE_INDEX;
    if (!keyEquals(addresses + index * 32, resolved + i * 32)) return TX_RESANITIZATION_NEEDED;
  }
  return 0;
}

/** 0, or the error of the transaction. */
export function checkLookups(record: usize): u32 {
  const lookups: u32 = load<u8>(record, REC_NUM_LOOKUPS);
  let at = recordTx(record) + load<u16>(record, REC_OFF_LOOKUPS);
  let writable = recordLoaded(record);
  let readonly = writable + <usize>load<u8>(record, REC_NUM_WRITABLE_LOADED) * 32;
  for (let i: u32 = 0; i < lookups; i++) {
    let error = open(at);
    if (error) return error;
    for (let part = 0; part < 2; part++) {
      const n = compactAt(part ? at : at + 32);
      const indices = compactEnd();
      error = compare(indices, n, part ? readonly : writable);
      if (error) return error;
      if (part) readonly += <usize>n * 32;
      else writable += <usize>n * 32;
      at = indices + n;
    }
  }
  const n = recordNumAccounts(record);
  for (let i: u32 = load<u8>(record, REC_NUM_STATIC); i < n; i++) {
    for (let j: u32 = 0; j < i; j++) if (keyEquals(recordKey(record, i), recordKey(record, j))) return TX_ACCOUNT_LOADED_TWICE;
  }
  return 0;
}
