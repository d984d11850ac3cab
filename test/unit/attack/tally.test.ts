/** What an attacker counts of the answers that it gets. */
import { expect, it } from "vitest";
import { Tally } from "../../../infra/attack/tally.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

it("counts answered calls, and refused ones by their code", () => {
  const tally = new Tally();
  const refused = '{"jsonrpc":"2.0","id":2,"error":{"code":-32005,"message":"busy"}}';
  tally.answer(200, bytes(`[{"jsonrpc":"2.0","id":1,"result":7},${refused},${refused}]`), 3);
  tally.answer(429, bytes(""), 3);
  expect(tally.counts).toEqual({ "HTTP 200": 1, "HTTP 429": 1, "-32005": 2, answered: 1 });
});

it("counts errors of connections by their code", () => {
  const tally = new Tally();
  tally.fault(Object.assign(new Error("read"), { code: "ECONNRESET" }));
  tally.fault(new Error("no HTTP answer"));
  expect(tally.counts).toEqual({ ECONNRESET: 1, "no HTTP answer": 1 });
});

it("keeps a bounded number of labels", () => {
  const tally = new Tally();
  for (let i = 0; i < 100; i++) tally.add(`label ${i}`);
  expect(Object.keys(tally.counts)).toHaveLength(41);
  expect(tally.counts.other).toBe(60);
});
