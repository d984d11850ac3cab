/** Reads of one index partition. */
import type { IndexKind, IndexMachine } from "./index-machine.ts";
import type { IndexHit, IndexKey } from "./index-run.ts";
import type { IndexPort } from "./ledger-ports.ts";

/** Candidates of one key that a lookup may cost blocks: more share 64 bits only if somebody makes it so. */
const MAX_CANDIDATES = 16;

export class IndexQuery implements IndexPort {
  readonly #machine: IndexMachine;

  constructor(machine: IndexMachine) {
    this.#machine = machine;
  }

  find(kind: IndexKind, keys: readonly IndexKey[], since: number): IndexHit[][] {
    return keys.map((key) => firstOf(this.#machine.find(kind, key, { since }), MAX_CANDIDATES));
  }

  history(key: IndexKey, start: IndexHit, oldestFirst: boolean, count: number): IndexHit[] {
    const before = { slot: start.slot, index: start.index + 1 };
    const hits = oldestFirst
      ? this.#machine.findFrom("addresses", key, start)
      : this.#machine.find("addresses", key, { before });
    return firstOf(hits, count);
  }
}

/** The first `count` items. */
export function firstOf<T>(items: Iterable<T>, count: number): T[] {
  const out: T[] = [];
  for (const item of items) {
    out.push(item);
    if (out.length === count) break;
  }
  return out;
}
