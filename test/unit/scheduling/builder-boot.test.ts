/** What a builder that starts again reads: one proposal at a time. All of them together are gigabytes after busy minutes. */
import { expect, it } from "vitest";
import { SimulatedStorage } from "../../simulation/storage.ts";
import { HEARTBEAT_MS, Pair } from "./pair.ts";

it("a builder reads the proposals that it needs, each by itself, and goes on where it stood", () => {
  const own = new SimulatedStorage();
  const ledgers = new SimulatedStorage();
  const pair = new Pair(own, ledgers);
  for (let slot = 1; slot <= 250; slot++) pair.tick(slot * HEARTBEAT_MS);
  expect(pair.builder.tip!.slot).toBe(250);
  let read = 0;
  const again = new Pair(own, ledgers, {
    get: (table, id) => {
      if (table === "proposals") read++;
      return own.get(table, id);
    },
    list: (table) => {
      if (table === "deferred") return [];
      // One of an epoch, at most two of them.
      if (table === "epochs") return own.list(table);
      throw new Error(`all of ${table} at once`);
    },
  });
  // The rows since the chain was saved, and those of the blockhash window.
  expect(read).toBeLessThan(64 + 152 + 1);
  expect(again.builder.head(2_500)).toEqual(pair.builder.head(2_500));
  again.tick(3_000);
  expect(again.builder.tip!.slot).toBe(251);
});
