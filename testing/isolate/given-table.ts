/** Stands for durable-objects/faucet/given-table.ts in an in-process network: the same in one row, which goes with the chain. */
import type { GivenTable as StoredGiven } from "../../durable-objects/faucet/given-table.ts";
import type { Given } from "../../shared/faucet/limits.ts";
import type { ObjectTables } from "./storage.ts";

const TABLE = "given";

interface Stored {
  readonly slice: number;
  readonly given: readonly (readonly [string, string])[];
}

export class GivenTable implements Pick<StoredGiven, keyof StoredGiven> {
  readonly #tables: ObjectTables;

  /** `sql`: what an in-process object has in the place of SQLite. */
  constructor(sql: unknown) {
    this.#tables = sql as ObjectTables;
  }

  read(): { readonly slice: number; readonly given: Given[] } {
    const bytes = this.#tables.open.get(TABLE, 0);
    if (!bytes) return { slice: -1, given: [] };
    const { slice, given } = JSON.parse(new TextDecoder().decode(bytes)) as Stored;
    return { slice, given: given.map(([name, lamports]): Given => [name, BigInt(lamports)]) };
  }

  store(slice: number, given: readonly Given[]): void {
    const all = new Map([...this.read().given, ...given]);
    const stored: Stored = { slice, given: [...all].map(([name, lamports]) => [name, String(lamports)]) };
    this.#tables.open.put(TABLE, 0, new TextEncoder().encode(JSON.stringify(stored)));
  }

  forget(): void {
    this.#tables.open.delete(TABLE, 0, 0);
  }
}
