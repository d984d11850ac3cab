/** A client that says much at once: its calls are read in parts, its questions go together, and what is stored is one commit. */
import { describe, expect, it } from "vitest";
import { SubscriptionTable } from "../../../durable-objects/subscriptions/subscription-table.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { blockEvent } from "../../../shared/rpc/block-event.ts";
import { SubscriptionDriver } from "../../../shared/rpc/subscription-driver.ts";
import { COST } from "../../../shared/turns/costs.ts";
import { Fixture } from "../rpc/fixture.ts";

const ADDRESS = "11111111111111111111111111111111";
const call = (id: number, method: string, ...params: unknown[]) => ({ jsonrpc: "2.0", id, method, params });

/** A driver, what it sends, and the work that it says it has done; each part waits for `go`. */
function driverOf(f: Fixture, worked?: (cost: number) => Promise<void>) {
  const sent: unknown[] = [];
  const driver = new SubscriptionDriver(f.backend, f.backend.services, {
    send: (_, text) => void sent.push(JSON.parse(text)),
    drop: () => {},
    added: () => {},
    removed: () => {},
    fault: (fault) => void f.faults.push(fault),
    ...(worked && { worked }),
  });
  driver.opened("s", []);
  return { driver, sent };
}

describe("a batch", () => {
  it("is read in parts, with time for others in between, and counts all at once", async () => {
    const f = new Fixture();
    const costs: number[] = [];
    const counts: number[] = [];
    const { driver, sent } = driverOf(f, async (cost) => {
      costs.push(cost);
      counts.push(driver.machine.count);
    });
    const calls = Array.from({ length: 40 }, (_, i) =>
      i % 2 ? call(i, "logsSubscribe", { mentions: [ADDRESS] }, { n: i }) : call(i, "accountSubscribe", "no key"),
    );
    await driver.message("s", JSON.stringify(calls));
    expect(costs).toEqual([16 * COST.subscribe, 16 * COST.subscribe]);
    expect(counts).toEqual([0, 0]);
    expect(driver.machine.count).toBe(20);
    const [answers] = sent as [{ id: number; result?: number; error?: { code: number } }[]];
    expect(answers.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
    expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(20);
    expect(answers.filter(({ error }) => error?.code === -32602)).toHaveLength(20);
  });

  it("that is still being read is told of no block", async () => {
    const f = new Fixture();
    f.backend.onBlock = (block) => driver.block(blockEvent(block));
    let ticked = false;
    const { driver, sent } = driverOf(f, async () => {
      if (!ticked) await f.backend.tick();
      ticked = true;
    });
    await driver.message("s", JSON.stringify(Array.from({ length: 20 }, (_, i) => call(i, "slotSubscribe"))));
    expect(sent).toHaveLength(1);
    await f.backend.tick();
    expect(sent).toMatchObject([expect.any(Array), { method: "slotNotification" }]);
  });

  it("of a socket that is gone when it has been read subscribes to nothing", async () => {
    const f = new Fixture();
    const { driver } = driverOf(f, async () => driver.closed("s"));
    await driver.message("s", JSON.stringify(Array.from({ length: 20 }, (_, i) => call(i, "slotSubscribe"))));
    expect(driver.machine.count).toBe(0);
  });
});

it("signatures that come while others are asked for are asked for together", async () => {
  const f = new Fixture();
  const asked: number[] = [];
  f.backend.statuses = async (signatures) => {
    asked.push(signatures.length);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return signatures.map(() => ({ slot: 7n, txError: 0, errorIndex: 0, instructionError: 0, customCode: 0 }));
  };
  const { driver, sent } = driverOf(f);
  const signature = (n: number) => encodeBase58(new Uint8Array(64).fill(n + 1));
  const said = Array.from({ length: 100 }, (_, n) =>
    driver.message("s", JSON.stringify(call(n, "signatureSubscribe", signature(n)))),
  );
  await Promise.all(said);
  expect(asked).toEqual([1, 64, 35]);
  expect(sent.filter((one) => (one as { method?: string }).method === "signatureNotification")).toHaveLength(100);
  expect(driver.machine.count).toBe(0);
  expect(f.faults).toEqual([]);
});

describe("the table of subscriptions", () => {
  const stored = (id: number) => ({ id, method: "slotSubscribe", params: "[]" });

  function table() {
    const executed: unknown[][] = [];
    const later: (() => void)[] = [];
    const sql = {
      databaseSize: 0,
      exec: (query: string, ...bindings: unknown[]) => {
        executed.push([query.split(" ")[0], ...bindings]);
        return { rowsWritten: 1, toArray: () => [] };
      },
    } as unknown as SqlStorage;
    const made = new SubscriptionTable(sql, (write) => void later.push(write));
    executed.length = 0;
    return { made, executed, later };
  }

  it("writes in a later turn, all changes at once and in order", () => {
    const { made, executed, later } = table();
    made.insert("a", [stored(1), stored(2)]);
    made.remove("a", 1);
    made.forget("b");
    expect(executed).toEqual([]);
    expect(later).toHaveLength(1);
    later[0]!();
    expect(executed).toEqual([
      ["INSERT", "a", 1, "slotSubscribe", "[]"],
      ["INSERT", "a", 2, "slotSubscribe", "[]"],
      ["DELETE", "a", 1],
      ["DELETE", "b"],
    ]);
    expect(made.rowsWritten).toBe(4);
    made.forget("a");
    expect(later).toHaveLength(2);
  });

  it("is read with what it has not written yet", () => {
    const { made, executed } = table();
    made.insert("a", [stored(1)]);
    made.of("a");
    expect(executed.map(([verb]) => verb)).toEqual(["INSERT", "SELECT"]);
  });
});
