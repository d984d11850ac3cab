/** What a client hears when stored data are not what was written. */
import { beforeEach, describe, expect, it } from "vitest";
import { damageIn, StoreDamage } from "../../../shared/errors/damage.ts";
import { Fixture } from "./fixture.ts";

let f: Fixture;
beforeEach(() => {
  f = new Fixture();
});

describe("a damaged row", () => {
  it("of a block: the object and the slot, and no content", async () => {
    f.backend.block = async () => {
      throw new StoreDamage({ object: "ledger-3", table: "blocks", id: 1 });
    };
    await f.backend.tick(2);
    expect(await f.error("getBlock", 1)).toMatchObject({
      code: -32603,
      message: "Stored data are damaged: ledger-3, table blocks, slot 1",
      data: { code: 5001, object: "ledger-3", table: "blocks", slot: 1 },
    });
  });

  it("of an index: the object and the row, also where only the text of the error is left", async () => {
    const { message } = new StoreDamage({ object: "index-12", table: "signatures-pages", id: 1_048_577 });
    f.backend.transaction = async () => {
      throw new Error(message);
    };
    expect(await f.error("getTransaction", "1".repeat(64))).toMatchObject({
      data: { code: 5001, object: "index-12", table: "signatures-pages", row: 1_048_577 },
    });
  });

  it("other errors are not taken for it", () => {
    expect(damageIn("ledger-0: a state machine stopped")).toBeUndefined();
    expect(damageIn('{"problem":"shard-1: STORE_DAMAGED shard-1 log 17: x"}')).toEqual({
      object: "shard-1",
      table: "log",
      id: 17,
    });
  });
});
