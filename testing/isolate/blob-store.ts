/**
 * Stands for durable-objects/host/blob-store.ts in an in-process network: the same interface over tables in memory. No checksums: what is
 * in memory is not damaged one by one, and a machine that changed bytes which it had put would be found by them nowhere else either.
 */
import type { BlobStore as StoredBlobs } from "../../durable-objects/host/blob-store.ts";
import type { StoredItem } from "../../shared/protocol/actor.ts";
import type { ObjectTables } from "./storage.ts";

/** As SQLite counts them: a value takes a row for every 1.9 MB. */
const ROW = 1_900_000;

export class BlobStore implements Pick<StoredBlobs, keyof StoredBlobs> {
  readonly #tables: ObjectTables;
  rowsWritten = 0;
  bytesWritten = 0;

  /** `sql`: what an in-process object has in the place of SQLite. */
  constructor(sql: unknown) {
    this.#tables = sql as ObjectTables;
  }

  get(table: string, id: number): Uint8Array | undefined {
    return this.#tables.open.get(table, id);
  }

  *list(table: string, from = 0, to = Number.MAX_SAFE_INTEGER - 1): Generator<StoredItem> {
    for (const id of this.#tables.open.ids(table, from, to)) {
      const bytes = this.#tables.open.get(table, id);
      if (bytes) yield { id, bytes };
    }
  }

  put(table: string, id: number, bytes: Uint8Array): void {
    // A part of a larger buffer would keep all of it.
    this.#tables.open.put(table, id, bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes));
    this.rowsWritten += Math.max(1, Math.ceil(bytes.length / ROW));
    this.bytesWritten += bytes.length;
  }

  delete(table: string, from: number, to: number): void {
    this.rowsWritten += this.#tables.open.delete(table, from, to);
  }

  forget(): void {}

  check(): { readonly rows: number; readonly bytes: number; readonly problems: string[] } {
    return { rows: 0, bytes: 0, problems: [] };
  }

  get hasOtherFormat(): boolean {
    return false;
  }
}
