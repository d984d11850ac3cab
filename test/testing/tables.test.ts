import { describe, expect, it } from "vitest";
import { Tables } from "../../testing/isolate/tables.ts";

const bytes = (...values: number[]) => Uint8Array.of(...values);
const all = (tables: Tables, table = "rows") => tables.ids(table, 0, 100).map((id) => [id, tables.get(table, id)![0]]);

describe("tables in layers", () => {
  it("list their rows by id, whatever order they came in", () => {
    const tables = new Tables();
    for (const id of [5, 1, 9, 3]) tables.put("rows", id, bytes(id));
    expect(all(tables)).toEqual([
      [1, 1],
      [3, 3],
      [5, 5],
      [9, 9],
    ]);
    expect(tables.ids("rows", 3, 5)).toEqual([3, 5]);
    expect(tables.bytes).toBe(4);
    expect(tables.delete("rows", 2, 5)).toBe(2);
    expect(tables.bytes).toBe(2);
    expect(tables.ids("rows", 0, 100)).toEqual([1, 9]);
    expect(tables.delete("rows", 2, 5)).toBe(0);
    expect(tables.ids("others", 0, 100)).toEqual([]);
  });

  it("go on from what was frozen, which stays what it was", () => {
    const tables = new Tables();
    tables.put("rows", 1, bytes(1));
    tables.put("rows", 2, bytes(2));
    const frozen = tables.freeze();
    tables.put("rows", 2, bytes(20));
    tables.delete("rows", 1, 1);
    tables.put("rows", 3, bytes(30));
    expect(all(tables)).toEqual([
      [2, 20],
      [3, 30],
    ]);
    const other = new Tables(frozen);
    other.put("rows", 1, bytes(10));
    expect(all(other)).toEqual([
      [1, 10],
      [2, 2],
    ]);
    expect(all(new Tables(frozen))).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(new Tables(frozen).freeze()).toBe(frozen);
  });

  it("forget all, also what was frozen below", () => {
    const tables = new Tables();
    tables.put("rows", 1, bytes(1));
    const frozen = tables.freeze();
    tables.clear();
    expect(all(tables)).toEqual([]);
    expect(tables.freeze()).toBeUndefined();
    expect(all(new Tables(frozen))).toEqual([[1, 1]]);
  });

  it("say the same as a map, over random changes and more layers than a read goes through", () => {
    let state = 1;
    const next = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    let tables = new Tables();
    let expected = new Map<number, number>();
    const kept: { layer: ReturnType<Tables["freeze"]>; rows: Map<number, number> }[] = [];
    for (let step = 0; step < 3_000; step++) {
      const id = next(40);
      switch (next(8)) {
        case 0:
          kept.push({ layer: tables.freeze(), rows: new Map(expected) });
          break;
        case 1: {
          const back = kept[next(kept.length + 1)];
          if (back && next(4) === 0) {
            tables = new Tables(back.layer);
            expected = new Map(back.rows);
          }
          break;
        }
        case 2:
          tables.delete("rows", id, id + 3);
          for (let one = id; one <= id + 3; one++) expected.delete(one);
          break;
        default:
          tables.put("rows", id, bytes(step & 255));
          expected.set(id, step & 255);
      }
      expect(all(tables)).toEqual([...expected].sort(([a], [b]) => a - b));
    }
    for (const { layer, rows } of kept) {
      expect(all(new Tables(layer))).toEqual([...rows].sort(([a], [b]) => a - b));
    }
  });
});
