/** The cache of the index's pages: bounded by bytes, and without the pages of runs that were merged into others. */
import { expect, it } from "vitest";
import { ByteCache, RunStore, type StoredRun } from "../../../shared/ledger/index-store.ts";
import type { StorageView } from "../../../shared/protocol/actor.ts";

const PAGE_BYTES = 64;
const run = (id: number): StoredRun => {
  return { id, level: 0, firstSlot: 1, lastSlot: 2, entries: 8, pages: 4, fences: new Uint32Array(16) };
};

it("forgets what nobody will ask for again, and counts the bytes", () => {
  const cache = new ByteCache(3 * PAGE_BYTES);
  let loads = 0;
  const storage: StorageView = {
    get: () => {
      loads++;
      return new Uint8Array(PAGE_BYTES);
    },
    list: () => [],
  };
  const store = new RunStore("addresses", 1, cache, new ByteCache(1));
  for (const page of [0, 1, 2, 0]) store.page(run(7), page, storage);
  expect([loads, cache.bytes]).toEqual([3, 3 * PAGE_BYTES]);
  store.page(run(8), 0, storage);
  expect([loads, cache.bytes]).toEqual([4, 3 * PAGE_BYTES]);

  expect(store.remove(7, 0, 3, false)).toHaveLength(2);
  expect(cache.bytes).toBe(PAGE_BYTES);
  store.page(run(8), 0, storage);
  expect(loads).toBe(4);
  store.page(run(7), 3, storage);
  store.remove(7, 3, 4, true);
  expect([loads, cache.bytes]).toEqual([5, PAGE_BYTES]);
});
