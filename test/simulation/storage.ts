/** An object's storage as the machines see it: tables of ids to bytes. Nothing is shared with the machine: bytes are copied both ways. */
import type { Effect, StorageView, StoredItem } from "../../shared/protocol/actor.ts";

export type Write = Extract<Effect, { type: "put" | "delete" }>;

export const isWrite = (effect: Effect): effect is Write => effect.type === "put" || effect.type === "delete";

export class SimulatedStorage implements StorageView {
  readonly #tables = new Map<string, Map<number, Uint8Array>>();

  #table(name: string): Map<number, Uint8Array> {
    let table = this.#tables.get(name);
    if (!table) {
      table = new Map();
      this.#tables.set(name, table);
    }
    return table;
  }

  get(table: string, id: number): Uint8Array | undefined {
    return this.#table(table).get(id)?.slice();
  }

  *list(table: string, from = 0, to = Number.MAX_SAFE_INTEGER): Generator<StoredItem> {
    const rows = this.#table(table);
    const ids = [...rows.keys()].filter((id) => id >= from && id <= to).sort((a, b) => a - b);
    for (const id of ids) yield { id, bytes: rows.get(id)!.slice() };
  }

  /** All writes of a step, or none: the caller never applies a part. */
  apply(writes: readonly Write[]): void {
    for (const write of writes) {
      const table = this.#table(write.table);
      if (write.type === "put") table.set(write.id, write.bytes.slice());
      else for (const id of [...table.keys()]) if (id >= write.from && id <= write.to) table.delete(id);
    }
  }

  clear(): void {
    this.#tables.clear();
  }

  count(table: string): number {
    return this.#table(table).size;
  }
}
