/** What the faucet has given within one slice of time, by name: an address, or all together. */
import type { Given } from "../../shared/faucet/limits.ts";

export class GivenTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS given (name TEXT PRIMARY KEY, slice INTEGER NOT NULL, lamports TEXT NOT NULL) WITHOUT ROWID",
    );
  }

  /** `slice` -1: nothing is stored. */
  read(): { readonly slice: number; readonly given: Given[] } {
    const rows = this.#sql.exec<{ name: string; slice: number; lamports: string }>("SELECT * FROM given").toArray();
    return { slice: rows[0]?.slice ?? -1, given: rows.map(({ name, lamports }): Given => [name, BigInt(lamports)]) };
  }

  /** Replaces what is there by these names. */
  store(slice: number, given: readonly Given[]): void {
    for (const [name, lamports] of given) {
      this.#sql.exec("INSERT OR REPLACE INTO given VALUES (?, ?, ?)", name, slice, String(lamports));
    }
  }

  forget(): void {
    this.#sql.exec("DELETE FROM given");
  }
}
