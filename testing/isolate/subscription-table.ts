/**
 * Stands for durable-objects/subscriptions/subscription-table.ts in an in-process network. What clients have subscribed to goes with their
 * sockets, not with the chain: a snapshot has none of it, and going back to one takes nobody's subscriptions away.
 */
import type { SubscriptionTable as StoredSubscriptions } from "../../durable-objects/subscriptions/subscription-table.ts";
import type { SocketId, StoredSubscription } from "../../shared/rpc/subscriptions.ts";
import type { ObjectTables } from "./storage.ts";

export class SubscriptionTable implements Pick<StoredSubscriptions, keyof StoredSubscriptions> {
  readonly #bySocket: Map<SocketId, Map<number, StoredSubscription>>;
  readonly #tables: ObjectTables;
  rowsWritten = 0;

  /** `sql`: what an in-process object has in the place of SQLite. */
  constructor(sql: unknown) {
    this.#tables = sql as ObjectTables;
    this.#bySocket = this.#tables.stored.subscriptions;
  }

  insert(socket: SocketId, subscriptions: readonly StoredSubscription[]): void {
    const own = this.#bySocket.get(socket) ?? new Map<number, StoredSubscription>();
    for (const one of subscriptions) own.set(one.id, one);
    this.#bySocket.set(socket, own);
    this.rowsWritten += subscriptions.length;
  }

  remove(socket: SocketId, id: number): void {
    if (this.#bySocket.get(socket)?.delete(id)) this.rowsWritten++;
  }

  forget(socket: SocketId): void {
    this.rowsWritten += this.#bySocket.get(socket)?.size ?? 0;
    this.#bySocket.delete(socket);
  }

  of(socket: SocketId): StoredSubscription[] {
    return [...(this.#bySocket.get(socket)?.values() ?? [])].sort((a, b) => a.id - b.id);
  }

  get databaseBytes(): number {
    return this.#tables.databaseSize;
  }

  sockets(): SocketId[] {
    return [...this.#bySocket.keys()];
  }
}
