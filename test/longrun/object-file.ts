/** An object's store in a SQLite file of its own, in Node: the tables and checksums that a Durable Object has. */
import { rmSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { BlobStore } from "../../durable-objects/host/blob-store.ts";

type Value = number | string | Uint8Array;

/** What is lost here is the memory of a machine, never the machine's host: nothing is flushed, and nothing has to be taken back. */
const PRAGMAS = ["journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -8000"];

export class ObjectFile {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #isWriting = false;
  readonly store: BlobStore;

  constructor(path: string, object: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path);
    for (const pragma of PRAGMAS) this.#database.exec(`PRAGMA ${pragma}`);
    this.store = new BlobStore({ exec: this.#exec } as unknown as SqlStorage, object);
  }

  /** As `SqlStorage.exec`: rows come one by one where they are iterated. */
  readonly #exec = (query: string, ...bindings: Value[]) => {
    if (query.startsWith("SELECT")) {
      return {
        toArray: () => this.#prepared(query).all(...bindings),
        // One of its own: whoever iterates may ask the same again meanwhile.
        [Symbol.iterator]: () => this.#database.prepare(query).iterate(...bindings),
      };
    }
    this.#begin();
    this.#prepared(query).run(...bindings);
    return { rowsWritten: 1 };
  };

  #prepared(query: string): StatementSync {
    const statement = this.#statements.get(query) ?? this.#database.prepare(query);
    this.#statements.set(query, statement);
    return statement;
  }

  #begin(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#database.exec("BEGIN");
  }

  /** Writes that wait go to the file, many steps together. */
  commit(): void {
    if (!this.#isWriting) return;
    this.#isWriting = false;
    this.#database.exec("COMMIT");
  }

  /** Everything goes, as with `deleteAll` of an object's storage. */
  clear(): void {
    const tables = this.#database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    this.#begin();
    this.#statements.clear();
    for (const { name } of tables) this.#database.exec(`DROP TABLE "${name}"`);
    this.store.forget();
  }

  /** Bytes of the database, free pages included. */
  get bytes(): number {
    const page = this.#database.prepare("PRAGMA page_size").get() as { page_size: number };
    const pages = this.#database.prepare("PRAGMA page_count").get() as { page_count: number };
    return page.page_size * pages.page_count;
  }

  close(): void {
    this.commit();
    this.#database.close();
    rmSync(this.#path, { force: true });
  }
}
