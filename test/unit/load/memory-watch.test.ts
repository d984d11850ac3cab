/** The memory that `npm run load -- --soak` prints is the sum of what all objects account for. */
import { expect, it } from "vitest";
import { memoryLine } from "../../../infra/load/memory-watch.ts";

const object = (memory: Record<string, number>) => ({ memory }) as never;

it("resident, WASM and every cache of a megabyte or more, over all objects", () => {
  const stats = {
    memory: { wasmBytes: 2e6, wasmLiveBytes: 1e6, residentBytes: 276e6 },
    builder: object({ wasmBytes: 3e6, wasmLiveBytes: 2e6, databaseBytes: 4e6, waiting: 7 }),
    lanes: [object({ heldBytes: 400_000, databaseBytes: 1e6 })],
    shards: [object({ wasmBytes: 10e6, wasmLiveBytes: 5e6, accountsBytes: 1.5e6 }), object({ accountsBytes: 2e6 })],
    ledger: object({ waitingBytes: 999_999 }),
    indexes: [object({ pagesBytes: 16e6 })],
    subscriptions: object({ sockets: 3 }),
  };
  expect(memoryLine(stats)).toBe(
    "resident 276.0 MB  wasm 15.0 MB, 8.0 MB in use  accounts 3.5 MB  pages 16.0 MB  databases 5.0 MB",
  );
  const { residentBytes: _, ...edge } = stats.memory;
  expect(memoryLine({ ...stats, memory: edge as never })).toMatch(/^resident unknown {2}wasm/);
});
