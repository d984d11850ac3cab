/** What all objects of an in-process network have stored: what survives when they are started again, is snapshotted, forked. */
import type { SocketId, StoredSubscription } from "../../shared/rpc/subscriptions.ts";
import { type Layer, Tables } from "./tables.ts";

export interface StoredObject {
  readonly className: string;
  readonly name: string;
  readonly rows: Layer | undefined;
  /** Of all rows. */
  readonly bytes: number;
  /** When it is to be woken, milliseconds; undefined: never. */
  readonly alarmAt: number | undefined;
}
export type FrozenStorage = readonly StoredObject[];

/** One object's part. A new incarnation gets a new handle; with the old one nothing can be read or written any more. */
export class ObjectTables {
  #tables: Tables;
  #revoked: string | undefined;
  readonly stored: ObjectStorage;

  constructor(stored: ObjectStorage) {
    this.stored = stored;
    this.#tables = stored.tables;
  }

  get open(): Tables {
    if (this.#revoked !== undefined) throw new Error(this.#revoked);
    return this.#tables;
  }

  /** Bytes of all rows; as SQLite's, for stats. */
  get databaseSize(): number {
    return this.#tables.bytes;
  }

  revoke(reason: string): void {
    this.#revoked = reason;
    this.#tables = new Tables();
  }
}

export class ObjectStorage {
  readonly className: string;
  readonly name: string;
  readonly tables: Tables;
  alarmAt: number | undefined;
  /** Of its sockets (subscription-table.ts). */
  subscriptions = new Map<SocketId, Map<number, StoredSubscription>>();

  constructor(className: string, name: string, from?: StoredObject) {
    this.className = className;
    this.name = name;
    this.tables = new Tables(from?.rows, from?.bytes);
    this.alarmAt = from?.alarmAt;
  }
}

export class NetworkStorage {
  readonly #objects = new Map<string, ObjectStorage>();

  /** `before`: whose sockets stay, and what they have subscribed to. */
  constructor(from: FrozenStorage = [], before?: NetworkStorage) {
    for (const one of from) {
      this.#objects.set(`${one.className} ${one.name}`, new ObjectStorage(one.className, one.name, one));
    }
    for (const { className, name, subscriptions } of before?.all ?? []) {
      this.of(className, name).subscriptions = subscriptions;
    }
  }

  of(className: string, name: string): ObjectStorage {
    const key = `${className} ${name}`;
    let stored = this.#objects.get(key);
    if (!stored) {
      stored = new ObjectStorage(className, name);
      this.#objects.set(key, stored);
    }
    return stored;
  }

  get all(): Iterable<ObjectStorage> {
    return this.#objects.values();
  }

  freeze(): FrozenStorage {
    return [...this.#objects.values()].map(({ className, name, tables, alarmAt }) => ({
      className,
      name,
      rows: tables.freeze(),
      bytes: tables.bytes,
      alarmAt,
    }));
  }
}
