/**
 * What an in-process object has stored, in memory: tables of numbered rows, in layers that share what did not change.
 *
 *   frozen ◀── frozen ◀── frozen ◀── own (written)        reading goes from right to left until the row is found
 *                 ▲
 *                 └── own of a fork, or of what went back to a snapshot
 *
 * To freeze costs nothing but what was written since the last time, to go on from a frozen layer nothing: so a snapshot can be gone back
 * to as often as wanted, and several networks can go on from one. Rows are immutable; who puts one gives its bytes away.
 */

/** Layers that a read goes through at most; one more and they become one. */
const MAX_DEPTH = 16;

/** The rows of one table in one layer, `undefined`: deleted here. */
class Sheet {
  readonly rows = new Map<number, Uint8Array | undefined>();
  #ids: number[] | undefined = [];

  set(id: number, bytes: Uint8Array | undefined): void {
    if (this.#ids && !this.rows.has(id)) {
      if (id > (this.#ids.at(-1) ?? -1)) this.#ids.push(id);
      else this.#ids = undefined;
    }
    this.rows.set(id, bytes);
  }

  remove(id: number): void {
    if (this.rows.delete(id)) this.#ids = undefined;
  }

  /** Ascending. */
  get ids(): readonly number[] {
    this.#ids ??= [...this.rows.keys()].sort((a, b) => a - b);
    return this.#ids;
  }
}

/** Written once, read by whoever goes on from it. */
export class Layer {
  readonly below: Layer | undefined;
  readonly depth: number;
  readonly sheets = new Map<string, Sheet>();

  constructor(below: Layer | undefined) {
    this.below = below;
    this.depth = below ? below.depth + 1 : 0;
  }

  get isEmpty(): boolean {
    return this.sheets.size === 0;
  }
}

/** Index of the first id that is not before `from`. */
function firstAt(ids: readonly number[], from: number): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Tables {
  #own: Layer;
  #bytes: number;

  /** `from`: what was stored by whom this one goes on from, `bytes`: of its rows. */
  constructor(from?: Layer, bytes = 0) {
    this.#own = new Layer(from);
    this.#bytes = bytes;
  }

  /** Of all rows. */
  get bytes(): number {
    return this.#bytes;
  }

  get(table: string, id: number): Uint8Array | undefined {
    for (let layer: Layer | undefined = this.#own; layer; layer = layer.below) {
      const sheet = layer.sheets.get(table);
      if (sheet?.rows.has(id)) return sheet.rows.get(id);
    }
    return undefined;
  }

  put(table: string, id: number, bytes: Uint8Array): void {
    this.#bytes += bytes.length - (this.get(table, id)?.length ?? 0);
    this.#sheet(table).set(id, bytes);
  }

  /** Ids from..to, ascending. */
  ids(table: string, from: number, to: number): number[] {
    const sheets: Sheet[] = [];
    for (let layer: Layer | undefined = this.#own; layer; layer = layer.below) {
      const sheet = layer.sheets.get(table);
      if (sheet) sheets.push(sheet);
    }
    const within = sheets.map(({ ids }) => ids.slice(firstAt(ids, from), firstAt(ids, to + 1)));
    if (within.length === 0) return [];
    const all = within.length === 1 ? within[0]! : [...new Set(within.flat())].sort((a, b) => a - b);
    return all.filter((id) => sheets.find(({ rows }) => rows.has(id))!.rows.get(id) !== undefined);
  }

  /** How many rows there were. */
  delete(table: string, from: number, to: number): number {
    const ids = this.ids(table, from, to);
    if (ids.length === 0) return 0;
    const sheet = this.#sheet(table);
    for (const id of ids) {
      this.#bytes -= this.get(table, id)!.length;
      if (this.#own.below) sheet.set(id, undefined);
      else sheet.remove(id);
    }
    return ids.length;
  }

  clear(): void {
    this.#own = new Layer(undefined);
    this.#bytes = 0;
  }

  /** All that is stored now; what is written from now on is not in it. Undefined: nothing. */
  freeze(): Layer | undefined {
    if (this.#own.isEmpty) return this.#own.below;
    const frozen = this.#own.depth < MAX_DEPTH ? this.#own : this.#flat();
    this.#own = new Layer(frozen);
    return frozen;
  }

  #flat(): Layer {
    const flat = new Layer(undefined);
    const names = new Set<string>();
    for (let layer: Layer | undefined = this.#own; layer; layer = layer.below) {
      for (const name of layer.sheets.keys()) names.add(name);
    }
    for (const name of names) {
      const sheet = new Sheet();
      for (const id of this.ids(name, 0, Number.MAX_SAFE_INTEGER - 1)) sheet.set(id, this.get(name, id));
      flat.sheets.set(name, sheet);
    }
    return flat;
  }

  #sheet(table: string): Sheet {
    let sheet = this.#own.sheets.get(table);
    if (!sheet) {
      sheet = new Sheet();
      this.#own.sheets.set(table, sheet);
    }
    return sheet;
  }
}
