/**
 * The tables of a state machine in an object's SQLite: one SQL table a name, `id` to bytes of any length. A value takes
 * one row for every 1.9 MB (a row may have 2 MB), so the usual put is one row written and no index.
 *
 * Every row has a checksum over its bytes, its table, its key and whether it is the last of its value, and is checked whenever it is read:
 * a flipped bit, a row of somewhere else or a missing part of a value is StoreDamage, never another value.
 */
import { StoreDamage } from "../../shared/errors/damage.ts";
import type { StorageView, StoredItem } from "../../shared/protocol/actor.ts";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { checksum } from "./checksum.ts";

const CHUNK = 1_900_000;
/** Row key = id * MAX_CHUNKS + chunk. */
const MAX_CHUNKS = 1024;
/** An odd number: keys that differ give seeds that differ. */
const SPREAD = 0x9e3779b1;

interface Row extends Record<string, SqlStorageValue> {
  readonly key: number;
  readonly bytes: ArrayBuffer;
  readonly sum: number;
}

export class BlobStore implements StorageView {
  readonly #sql: SqlStorage;
  readonly #object: string;
  /** By table: what its rows' checksums begin with. */
  readonly #seeds = new Map<string, number>();
  rowsWritten = 0;
  bytesWritten = 0;

  /** `object`: its name, for those who are told what is damaged. */
  constructor(sql: SqlStorage, object: string) {
    this.#sql = sql;
    this.#object = object;
  }

  /** Throws StoreDamage where the stored value is not what was put. */
  get(table: string, id: number): Uint8Array | undefined {
    const first = id * MAX_CHUNKS;
    const rows = this.#sql.exec<Row>(
      `SELECT key, bytes, sum FROM ${this.#name(table)} WHERE key >= ? AND key < ? ORDER BY key`,
      first,
      first + MAX_CHUNKS,
    );
    return this.#value(table, id, rows.toArray());
  }

  *list(table: string, from = 0, to = Number.MAX_SAFE_INTEGER / MAX_CHUNKS - 1): Generator<StoredItem> {
    const rows = this.#sql.exec<Row>(
      `SELECT key, bytes, sum FROM ${this.#name(table)} WHERE key >= ? AND key < ? ORDER BY key`,
      from * MAX_CHUNKS,
      (to + 1) * MAX_CHUNKS,
    );
    let id = -1;
    let parts: Row[] = [];
    for (const row of rows) {
      const rowId = Math.floor(row.key / MAX_CHUNKS);
      if (rowId !== id) {
        if (parts.length > 0) yield { id, bytes: this.#value(table, id, parts)! };
        id = rowId;
        parts = [];
      }
      parts.push(row);
    }
    if (parts.length > 0) yield { id, bytes: this.#value(table, id, parts)! };
  }

  #value(table: string, id: number, rows: readonly Row[]): Uint8Array | undefined {
    const parts = rows.map(({ key, bytes, sum }, i) => {
      const part = new Uint8Array(bytes);
      const isRight = key === id * MAX_CHUNKS + i && this.#sum(table, key, i === rows.length - 1, part) === sum;
      if (!isRight) throw new StoreDamage({ object: this.#object, table, id });
      return part;
    });
    return parts.length > 1 ? concatBytes(...parts) : parts[0];
  }

  put(table: string, id: number, bytes: Uint8Array): void {
    const name = this.#name(table);
    const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK));
    if (chunks > MAX_CHUNKS) throw new RangeError(`${bytes.length} bytes are too many for one value of ${table}`);
    const first = id * MAX_CHUNKS;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const part = bytes.subarray(chunk * CHUNK, (chunk + 1) * CHUNK);
      const sum = this.#sum(table, first + chunk, chunk === chunks - 1, part);
      this.#write(`INSERT OR REPLACE INTO ${name} (key, bytes, sum) VALUES (?, ?, ?)`, first + chunk, part, sum);
    }
    // A longer value that stood here before leaves chunks behind.
    this.#write(`DELETE FROM ${name} WHERE key >= ? AND key < ?`, first + chunks, first + MAX_CHUNKS);
    this.bytesWritten += bytes.length;
  }

  #sum(table: string, key: number, isLast: boolean, bytes: Uint8Array): number {
    const place = Math.imul(key >>> 0, SPREAD) ^ Math.floor(key / 2 ** 32);
    return checksum(bytes, (this.#seedOf(table) ^ place) + (isLast ? 1 : 0));
  }

  #seedOf(table: string): number {
    let seed = this.#seeds.get(table);
    if (seed === undefined) {
      seed = checksum(new TextEncoder().encode(table), 0);
      this.#seeds.set(table, seed);
    }
    return seed;
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

  /** Reads everything; what is damaged, at most `most` of it. Stops in a table whose pages SQLite itself cannot read. */
  check(most: number): { readonly rows: number; readonly bytes: number; readonly problems: string[] } {
    const problems: string[] = [];
    let [rows, bytes] = [0, 0];
    const tables = this.#sql.exec<{ name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_master WHERE type = 'table'",
    );
    for (const { name, sql } of tables.toArray()) {
      // The subscriptions of sockets have a table of another kind.
      if (!TABLE_NAME.test(name) || !HAS_SUM.test(sql)) continue;
      try {
        const ids = this.#sql.exec<{ id: number }>(
          `SELECT DISTINCT key / ${MAX_CHUNKS} AS id FROM "${name}" ORDER BY id`,
        );
        for (const { id } of ids.toArray()) {
          try {
            bytes += this.get(name, id)?.length ?? 0;
            rows++;
          } catch (error) {
            problems.push(error instanceof Error ? error.message : String(error));
          }
          if (problems.length >= most) return { rows, bytes, problems };
        }
      } catch (error) {
        problems.push(`${this.#object} ${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return { rows, bytes, problems };
  }

  /** Whether a former version, without checksums, has stored something here. */
  get hasOtherFormat(): boolean {
    const tables = this.#sql.exec<{ sql: string }>("SELECT sql FROM sqlite_master WHERE name = 'genesis'").toArray();
    return tables.some(({ sql }) => !HAS_SUM.test(sql));
  }

  #write(query: string, ...bindings: (number | Uint8Array)[]): void {
    // A typed array's buffer may be larger than its view: SQLite is given exactly the view's bytes.
    const values = bindings.map((value) =>
      typeof value === "number" || value.byteLength === value.buffer.byteLength ? value : value.slice(),
    );
    this.rowsWritten += this.#sql.exec(query, ...(values as (number | ArrayBuffer)[])).rowsWritten;
  }

  readonly #known = new Set<string>();

  #name(table: string): string {
    if (!this.#known.has(table)) {
      if (!TABLE_NAME.test(table)) throw new Error(`not a table name: ${table}`);
      const columns = "key INTEGER PRIMARY KEY, bytes BLOB NOT NULL, sum INTEGER NOT NULL";
      this.#sql.exec(`CREATE TABLE IF NOT EXISTS "${table}" (${columns})`);
      this.#known.add(table);
    }
    return `"${table}"`;
  }
}

const TABLE_NAME = /^[a-z-]+$/;
const HAS_SUM = /\bsum INTEGER\b/;
