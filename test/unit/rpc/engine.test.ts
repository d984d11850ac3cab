import { beforeAll, describe, expect, test } from "vitest";
import { MAX_BATCH, MAX_BODY_BYTES } from "../../../shared/rpc/engine.ts";
import { type Turns, Work } from "../../../shared/turns/work.ts";
import { type Answer, Fixture } from "./fixture.ts";

let f: Fixture;
beforeAll(() => {
  f = new Fixture();
});

describe("what is no call", () => {
  test.each([
    ["no JSON", "{", -32700],
    ["no UTF-8 JSON", "\ud800", -32700],
    ["nothing", "", -32700],
    ["a number", "1", -32600],
    ["an empty object", "{}", -32600],
    ["an empty batch", "[]", -32600],
    ["another version", '{"jsonrpc":"1.0","id":1,"method":"getSlot"}', -32600],
    ["an object as id", '{"jsonrpc":"2.0","id":{},"method":"getSlot"}', -32600],
    ["a number as method", '{"jsonrpc":"2.0","id":1,"method":5}', -32600],
  ])("%s", async (_, body, code) => {
    expect(await f.raw(body)).toMatchObject({ jsonrpc: "2.0", id: null, error: { code } });
  });

  test("deep nesting", async () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect(await f.raw(`{"jsonrpc":"2.0","id":1,"method":"getSlot","params":[${deep}]}`)).toHaveProperty("error");
  });
});

test("an unknown method is named", async () => {
  const error = await f.error("getTheMoon");
  expect(error.code).toBe(-32601);
  expect(error.message).toContain("Method not found");
  expect(error.message).toContain("getTheMoon");
  for (const method of ["__proto__", "constructor", "toString"]) expect((await f.error(method)).code).toBe(-32601);
});

test("ids come back as they were", async () => {
  for (const id of [0, 1, -5, "x", "", null, 1.5]) {
    expect(await f.raw(JSON.stringify({ jsonrpc: "2.0", id, method: "getHealth" }))).toEqual({
      jsonrpc: "2.0",
      id,
      result: "ok",
    });
  }
  const text = new TextDecoder().decode(
    new TextEncoder().encode(
      (await f.rpc.handle(new TextEncoder().encode('{"jsonrpc":"2.0","id":18446744073709551615,"method":"getHealth"}')))
        .body,
    ),
  );
  expect(text).toContain('"id":18446744073709551615');
});

test("a notification is not answered", async () => {
  expect((await f.rpc.handle(new TextEncoder().encode('{"jsonrpc":"2.0","method":"getSlot"}'))).body).toBe("");
});

describe("batches", () => {
  const call = (id: unknown, method = "getHealth") => ({ jsonrpc: "2.0", id, method });

  test("are answered in order, each call by itself", async () => {
    const answers = await f.raw(
      JSON.stringify([call(1), call(2, "nope"), 7, { jsonrpc: "2.0", method: "getSlot" }, call(3)]),
    );
    expect(answers).toMatchObject([
      { id: 1, result: "ok" },
      { id: 2, error: { code: -32601 } },
      { id: null, error: { code: -32600 } },
      { id: 3, result: "ok" },
    ]);
  });

  test("of the largest size are answered, larger ones are refused as a whole", async () => {
    const many = (count: number) => JSON.stringify(Array.from({ length: count }, (_, id) => call(id)));
    expect(await f.raw(many(MAX_BATCH))).toHaveLength(MAX_BATCH);
    expect(await f.raw(many(10_000))).toMatchObject({ id: null, error: { code: -32600 } });
  });

  test("look at the tip once", async () => {
    let looks = 0;
    const { backend } = new Fixture();
    const head = backend.head.bind(backend);
    backend.head = () => {
      looks++;
      return head();
    };
    const { createRpc } = await import("../../../workers/edge/rpc/index.ts");
    const body = JSON.stringify(Array.from({ length: 50 }, (_, id) => call(id, "getSlot")));
    await createRpc(backend, backend.services).handle(new TextEncoder().encode(body));
    expect(looks).toBe(1);
  });
});

test("a body that is too large is refused", async () => {
  const answer = await f.rpc.handle(new Uint8Array(MAX_BODY_BYTES + 1));
  expect(answer.status).toBe(413);
  expect(JSON.parse(answer.body)).toMatchObject({ error: { code: -32600 } });
});

test("parameters are checked before anything is done", async () => {
  expect(await f.error("getBalance")).toMatchObject({
    code: -32602,
    message: "`params` should have at least 1 argument(s)",
  });
  expect((await f.error("getBalance", "11111111111111111111111111111111", {}, 3)).code).toBe(-32602);
  expect(await f.error("getBalance", 5)).toMatchObject({ code: -32602, message: expect.stringContaining("params[0]") });
  expect(await f.error("getSlot", { commitment: "soon" })).toMatchObject({
    code: -32602,
    message: expect.stringContaining("params[0].commitment"),
  });
  expect((await f.error("getSlot", { minContextSlot: -1 })).code).toBe(-32602);
  expect((await f.error("getHealth", 1)).code).toBe(-32602);
  expect(await f.raw('{"jsonrpc":"2.0","id":1,"method":"getSlot","params":{"a":1}}')).toMatchObject({
    error: { code: -32602 },
  });
  expect(await f.ok("getSlot", null)).toBe(0);
});

test("a fault of the chain says nothing of its inside", async () => {
  const g = new Fixture();
  g.backend.head = () => Promise.reject(new Error("secret path /x/y"));
  const error = await g.error("getSlot");
  expect(error).toEqual({ code: -32603, message: "Internal error" });
  expect(g.faults).toHaveLength(1);
});

describe("a batch with more work than one request may do", () => {
  const body = (calls: readonly unknown[]) => new TextEncoder().encode(JSON.stringify(calls));
  const health = (id: number) => ({ jsonrpc: "2.0", id, method: "getHealth" });

  test("is answered as far as its budget goes; the rest is told when to come back", async () => {
    const work = new Work({ budget: 300_000 });
    work.charge(299_000);
    const {
      status,
      body: text,
      retryAfterMs,
    } = await f.rpc.handle(body(Array.from({ length: 20 }, (_, id) => health(id))), undefined, work);
    const answers = JSON.parse(text) as Answer[];
    expect([status, retryAfterMs, answers.length]).toEqual([200, 301, 20]);
    expect(answers.slice(0, 10).map(({ id, result }) => [id, result])).toEqual(
      Array.from({ length: 10 }, (_, id) => [id, "ok"]),
    );
    expect(answers[10]).toEqual({
      jsonrpc: "2.0",
      id: 10,
      error: {
        code: -32005,
        message: "Too much work for one request; send the rest again in 300 ms",
        data: { numSlotsBehind: null, retryAfterMs: 300 },
      },
    });
    expect(answers.slice(10).map(({ error }) => error?.code)).toEqual(Array.from({ length: 10 }, () => -32005));
  });

  test("gives others a turn: statuses, simulations and walks ask for one, small calls now and then", async () => {
    const asked = async (calls: readonly unknown[]) => {
      const kinds: string[] = [];
      const turns: Turns = {
        take: async ({ kind }, run) => {
          kinds.push(kind);
          return run(async () => {});
        },
        hold: () => true,
      };
      await f.rpc.handle(body(calls), undefined, new Work({ turns }));
      return kinds;
    };
    const signature = "1".repeat(64);
    const call = (method: string, ...params: unknown[]) => ({ jsonrpc: "2.0", id: 1, method, params });
    expect(await asked([call("getSignatureStatuses", Array(256).fill(signature))])).toHaveLength(3);
    expect(await asked([call("getProgramAccounts", "11111111111111111111111111111111")])).toEqual(["bulk"]);
    expect(await asked(Array.from({ length: 200 }, (_, id) => health(id)))).toHaveLength(4);
    expect(await asked([health(1)])).toEqual([]);
  });

  test("keeps one large answer at a time in memory, and all that it answers", async () => {
    let held = 0;
    let most = 0;
    const turns: Turns = {
      take: async (_, run) => run(async () => {}),
      hold: (_client, bytes) => {
        held += bytes;
        most = Math.max(most, held);
        return true;
      },
    };
    const work = new Work({ turns });
    const scan = { jsonrpc: "2.0", id: 1, method: "getProgramAccounts", params: ["11111111111111111111111111111111"] };
    const { body: text } = await f.rpc.handle(body(Array(50).fill(scan)), undefined, work);
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThanOrEqual(text.length);
    expect(most).toBeLessThan(text.length + (16 << 10));
    work.end();
    expect(held).toBe(0);
  });
});
