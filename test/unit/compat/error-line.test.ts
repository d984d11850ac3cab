import { expect, test } from "vitest";
import { errorLine } from "../../../infra/compat/error-line.ts";
import { Failure } from "../../../infra/network/failure.ts";

test("a network that is not there is one line, with the address", async () => {
  const error = await fetch("http://127.0.0.1:1").catch((caught: unknown) => caught);
  expect(errorLine(error)).toMatch(/^Error: no network answers.* \(.+\); npm start starts one$/);
  const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED", address: "127.0.0.1", port: 8899 });
  expect(errorLine(new TypeError("fetch failed", { cause }))).toBe(
    "Error: no network answers at 127.0.0.1:8899 (ECONNREFUSED); npm start starts one",
  );
});

test("what the RPC answered, and refusals, are their text", () => {
  expect(errorLine(new Error("getBalance: Internal error (-32603)"))).toBe(
    "Error: getBalance: Internal error (-32603)",
  );
  expect(errorLine(new Failure("bad-key", "no key"))).toBe("Error: no key");
});

test("faults of the program are none", () => {
  for (const fault of [new TypeError("x is no function"), new RangeError("offset"), "text"]) {
    expect(errorLine(fault)).toBe(null);
  }
});
