/** Sizes of large accounts, which the builder counts against the limit of a block: LargeAccount each. */
import { concatBytes, viewOf } from "../protocol/bytes.ts";
import { ENC } from "../protocol/layouts/account.ts";
import { LARGE } from "../protocol/layouts/planner.ts";
import { ROW } from "../protocol/layouts/row.ts";
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

/** What was told with each slot that is not stable yet: a repeated answer tells it again, or a builder that died would never hear of it. */
export class ToldSizes {
  readonly #slots = new Map<number, Uint8Array>();

  told(slot: number, sizes: Uint8Array): void {
    if (sizes.length > 0) this.#slots.set(slot, sizes);
  }

  /** After a restart: of the accounts that the slot changed; those that it only used were told before. */
  logged(slot: number, row: Uint8Array): void {
    const end = ROW.HEADER + viewOf(row).getUint32(ROW.LEN_WRITES, true);
    this.told(slot, sizesOf([row.subarray(ROW.HEADER, end)]));
  }

  of(slot: number): Uint8Array | undefined {
    return this.#slots.get(slot);
  }

  stable(slot: number): void {
    for (const one of this.#slots.keys()) if (one <= slot) this.#slots.delete(one);
  }
}
