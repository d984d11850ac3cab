/** Sizes of large accounts, which the builder counts against the limit of a block: LargeAccount each. */
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import { ENC } from "../protocol/layouts/account.ts";
import { LARGE } from "../protocol/layouts/planner.ts";
import { accountOffsets } from "./accounts.ts";

/** Bytes of data from which on an account counts as large. Not consensus. Twin: wasm/state/large.ts. */
export const LARGE_DATA = 16 << 10;
const KEY = 32;

export function sizeEntry(key: Uint8Array, bytes: number): Uint8Array {
  const entry = new Uint8Array(LARGE.SIZE);
  entry.set(key, LARGE.KEY);
  viewOf(entry).setUint32(LARGE.BYTES, bytes, true);
  return entry;
}

/** Of the large accounts of account lists. */
export function sizesOf(lists: Iterable<Uint8Array>): Uint8Array {
  const entries: Uint8Array[] = [];
  for (const list of lists) {
    const view = viewOf(list);
    for (const at of (accountOffsets(list) ?? []).slice(0, -1)) {
      const bytes = view.getUint32(at + ENC.DATA_LEN, true);
      if (bytes >= LARGE_DATA) entries.push(sizeEntry(list.subarray(at, at + KEY), bytes));
    }
  }
  return concatBytes(...entries);
}
