/** Subscriptions of sockets, where they no longer fit into the socket's attachment. */
import type { SocketId, StoredSubscription } from "../../shared/rpc/subscriptions.ts";

export class SubscriptionTable {
  readonly #sql: SqlStorage;
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
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
    return this.#sql
      .exec<{ id: number; method: string; params: string }>(
        "SELECT id, method, params FROM subscriptions WHERE socket = ? ORDER BY id",
        socket,
      )
      .toArray();
  }

  /** Those that have subscriptions here. */
  sockets(): SocketId[] {
    const rows = this.#sql.exec<{ socket: string }>("SELECT DISTINCT socket FROM subscriptions").toArray();
    return rows.map(({ socket }) => socket);
  }

  get databaseBytes(): number {
    return this.#sql.databaseSize;
  }

  #write(query: string, ...bindings: (string | number)[]): void {
    this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }
}
