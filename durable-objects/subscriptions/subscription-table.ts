/**
 * Subscriptions of sockets, where they no longer fit into the socket's attachment. What changes is written a turn of the event loop later, all of
 * it in one commit: of thousands of subscriptions at once each would be one of its own. Meanwhile the object cannot hibernate, and nothing
 * else reads the rows.
 */
import type { SocketId, StoredSubscription } from "../../shared/rpc/subscriptions.ts";

type Statement = readonly [query: string, ...bindings: (string | number)[]];

export class SubscriptionTable {
  readonly #sql: SqlStorage;
  readonly #later: (write: () => void) => void;
  #unwritten: Statement[] = [];
  rowsWritten = 0;

  /** `later`: runs what it is given in a later turn of the event loop. */
  constructor(sql: SqlStorage, later: (write: () => void) => void) {
    this.#sql = sql;
    this.#later = later;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS subscriptions (socket TEXT, id INTEGER, method TEXT, params TEXT, PRIMARY KEY (socket, id)) WITHOUT ROWID",
    );
  }

  insert(socket: SocketId, subscriptions: readonly StoredSubscription[]): void {
    for (const { id, method, params } of subscriptions) {
      this.#write("INSERT INTO subscriptions VALUES (?, ?, ?, ?)", socket, id, method, params);
    }
  }

  remove(socket: SocketId, id: number): void {
    this.#write("DELETE FROM subscriptions WHERE socket = ? AND id = ?", socket, id);
  }

  /** All of a socket. */
  forget(socket: SocketId): void {
    this.#write("DELETE FROM subscriptions WHERE socket = ?", socket);
  }

  /** In the order in which they were made. */
  of(socket: SocketId): StoredSubscription[] {
    this.#writeAll();
    return this.#sql
      .exec<{ id: number; method: string; params: string }>(
        "SELECT id, method, params FROM subscriptions WHERE socket = ? ORDER BY id",
        socket,
      )
      .toArray();
  }

  /** Those that have subscriptions here. */
  sockets(): SocketId[] {
    this.#writeAll();
    const rows = this.#sql.exec<{ socket: string }>("SELECT DISTINCT socket FROM subscriptions").toArray();
    return rows.map(({ socket }) => socket);
  }

  get databaseBytes(): number {
    return this.#sql.databaseSize;
  }

  #write(...statement: Statement): void {
    if (this.#unwritten.push(statement) === 1) this.#later(() => this.#writeAll());
  }

  #writeAll(): void {
    const statements = this.#unwritten;
    this.#unwritten = [];
    for (const [query, ...bindings] of statements) this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }
}
