/**
 * Resolving address table lookups, as Agave's accounts-db does (load_lookup_table_addresses): a table that is deactivated is
 * not there, and addresses appended in the current slot do not count yet.
 */
import { equalBytes, viewOf } from "../protocol/bytes.ts";
import { CONTEXT } from "../protocol/layouts/context.ts";
import { CONTEXT_HEADER_SIZE } from "../protocol/limits.ts";
import { type DecodedLookup, fillLoadedAddresses, recordLookups } from "../protocol/record.ts";
import type { Account } from "./accounts.ts";
import { plainError, type TransactionErrorCode } from "./error-text.ts";
import { ADDRESS_LOOKUP_TABLE_PROGRAM, keyBytes } from "./keys.ts";

const META_SIZE = 56;
/** Of a lookup table's account data. */
const TABLE = { KIND: 0, DEACTIVATION_SLOT: 4, LAST_EXTENDED_SLOT: 12, LAST_EXTENDED_START: 20 } as const;
const KIND_LOOKUP_TABLE = 1;
const NOT_DEACTIVATED = 0xffff_ffff_ffff_ffffn;
const PROGRAM = keyBytes(ADDRESS_LOOKUP_TABLE_PROGRAM);

/** A slot is in SlotHashes while it is among the context's blockhashes: slot-1 first. */
function isRecentSlot(context: Uint8Array, slot: bigint): boolean {
  const view = viewOf(context);
  const age = view.getBigUint64(CONTEXT.SLOT, true) - slot;
  return age >= 0n && age <= BigInt(view.getUint32(CONTEXT.HASH_COUNT, true));
}

/** Addresses of the table that may be used in the context's slot. */
function activeAddresses(table: Account | null, context: Uint8Array): Uint8Array | TransactionErrorCode {
  if (table === null) return plainError("AddressLookupTableNotFound");
  if (!equalBytes(table.owner, PROGRAM)) return plainError("InvalidAddressLookupTableOwner");
  const { data } = table;
  const sound = data.length >= META_SIZE && (data.length - META_SIZE) % 32 === 0;
  if (!sound || viewOf(data).getUint32(TABLE.KIND, true) !== KIND_LOOKUP_TABLE)
    return plainError("InvalidAddressLookupTableData");
  const view = viewOf(data);
  const deactivated = view.getBigUint64(TABLE.DEACTIVATION_SLOT, true);
  if (deactivated !== NOT_DEACTIVATED && !isRecentSlot(context, deactivated))
    return plainError("AddressLookupTableNotFound");
  const isOlder = viewOf(context).getBigUint64(CONTEXT.SLOT, true) > view.getBigUint64(TABLE.LAST_EXTENDED_SLOT, true);
  const active = isOlder ? (data.length - META_SIZE) / 32 : data[TABLE.LAST_EXTENDED_START]!;
  return data.subarray(META_SIZE, META_SIZE + active * 32);
}

function pick(addresses: Uint8Array, indexes: Uint8Array, into: Uint8Array[]): boolean {
  for (const index of indexes) {
    if ((index + 1) * 32 > addresses.length) return false;
    into.push(addresses.subarray(index * 32, index * 32 + 32));
  }
  return true;
}

/** The tables that the record looks up, in order. */
export function lookupTables(record: Uint8Array): Uint8Array[] {
  return recordLookups(record).map((lookup) => lookup.table);
}

/** Fills the loaded addresses of the record from its tables. `null`: done. */
export function resolveLookups(
  record: Uint8Array,
  tables: readonly (Account | null)[],
  context: Uint8Array,
): TransactionErrorCode | null {
  if (context.length < CONTEXT_HEADER_SIZE) throw new RangeError("no slot context");
  const writable: Uint8Array[] = [];
  const readonly: Uint8Array[] = [];
  for (const [i, lookup] of (recordLookups(record) as readonly DecodedLookup[]).entries()) {
    const addresses = activeAddresses(tables[i] ?? null, context);
    if (!(addresses instanceof Uint8Array)) return addresses;
    const found =
      pick(addresses, lookup.writableIndexes, writable) && pick(addresses, lookup.readonlyIndexes, readonly);
    if (!found) return plainError("InvalidAddressLookupTableIndex");
  }
  fillLoadedAddresses(record, writable, readonly);
  return null;
}
