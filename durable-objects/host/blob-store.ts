/**
 * The tables of a state machine in an object's SQLite: one SQL table a name, `id` to bytes of any length. A value takes
 * one row for every 1.9 MB (a row may have 2 MB), so the usual put is one row written and no index.
 */
import type { StorageView, StoredItem } from "../../shared/protocol/actor.ts";
import { concatBytes } from "../../shared/protocol/bytes.ts";

const CHUNK = 1_900_000;
/** Row key = id * MAX_CHUNKS + chunk. */
const MAX_CHUNKS = 1024;

export class BlobStore implements StorageView {
  readonly #sql: SqlStorage;
  readonly #known = new Set<string>();
  rowsWritten = 0;
  bytesWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(table: string, id: number): Uint8Array | undefined {
    const first = id * MAX_CHUNKS;
    const parts = [
      ...this.#sql.exec<{ bytes: ArrayBuffer }>(
        `SELECT bytes FROM ${this.#name(table)} WHERE key >= ? AND key < ? ORDER BY key`,
        first,
        first + MAX_CHUNKS,
      ),
    ].map((row) => new Uint8Array(row.bytes));
    return parts.length > 1 ? concatBytes(...parts) : parts[0];
  }

  *list(table: string, from = 0, to = Number.MAX_SAFE_INTEGER / MAX_CHUNKS - 1): Generator<StoredItem> {
    const rows = this.#sql.exec<{ key: number; bytes: ArrayBuffer }>(
      `SELECT key, bytes FROM ${this.#name(table)} WHERE key >= ? AND key < ? ORDER BY key`,
      from * MAX_CHUNKS,
      (to + 1) * MAX_CHUNKS,
    );
    let id = -1;
    let parts: Uint8Array[] = [];
    for (const row of rows) {
      const rowId = Math.floor(row.key / MAX_CHUNKS);
      if (rowId !== id) {
        if (parts.length > 0) yield { id, bytes: concatBytes(...parts) };
        id = rowId;
        parts = [];
      }
      parts.push(new Uint8Array(row.bytes));
    }
    if (parts.length > 0) yield { id, bytes: concatBytes(...parts) };
  }

  put(table: string, id: number, bytes: Uint8Array): void {
    const name = this.#name(table);
    const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK));
    if (chunks > MAX_CHUNKS) throw new RangeError(`${bytes.length} bytes are too many for one value of ${table}`);
    const first = id * MAX_CHUNKS;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const part = bytes.subarray(chunk * CHUNK, (chunk + 1) * CHUNK);
      this.#write(`INSERT OR REPLACE INTO ${name} (key, bytes) VALUES (?, ?)`, first + chunk, part);
    }
    // A longer value that stood here before leaves chunks behind.
    this.#write(`DELETE FROM ${name} WHERE key >= ? AND key < ?`, first + chunks, first + MAX_CHUNKS);
    this.bytesWritten += bytes.length;
  }

  delete(table: string, from: number, to: number): void {
    this.#write(
      `DELETE FROM ${this.#name(table)} WHERE key >= ? AND key < ?`,
      from * MAX_CHUNKS,
      (to + 1) * MAX_CHUNKS,
    );
  }

  /** The tables are gone with the object's storage. */
  forget(): void {
    this.#known.clear();
  }

  #write(query: string, ...bindings: (number | Uint8Array)[]): void {
    // A typed array's buffer may be larger than its view: SQLite is given exactly the view's bytes.
    const values = bindings.map((value) =>
      typeof value === "number" || value.byteLength === value.buffer.byteLength ? value : value.slice(),
    );
    this.rowsWritten += this.#sql.exec(query, ...(values as (number | ArrayBuffer)[])).rowsWritten;
  }

  #name(table: string): string {
    if (!this.#known.has(table)) {
      if (!/^[a-z-]+$/.test(table)) throw new Error(`not a table name: ${table}`);
      this.#sql.exec(`CREATE TABLE IF NOT EXISTS "${table}" (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL)`);
      this.#known.add(table);
    }
    return `"${table}"`;
  }
}
