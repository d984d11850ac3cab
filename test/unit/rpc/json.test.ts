/** JSON as the RPC writes it. */
import { expect, test } from "vitest";
import { Float, type Json, JsonText, stringify } from "../../../shared/rpc/json.ts";

test.each<[string, Json, string]>([
  [
    "integers of any width",
    { a: 18_446_744_073_709_551_615n, b: 5, c: -1.5 },
    '{"a":18446744073709551615,"b":5,"c":-1.5}',
  ],
  ["floats as Rust has them", [new Float(1), new Float(0.5), new Float(Number.NaN)], "[1.0,0.5,null]"],
  ["members without a value are left out", { a: undefined, b: null, c: undefined }, '{"b":null}'],
  ["nothing in it", { a: {}, b: [], c: { d: undefined } }, '{"a":{},"b":[],"c":{}}'],
  ["text that is written already", { a: new JsonText("[1]"), b: [new JsonText('"x"')] }, '{"a":[1],"b":["x"]}'],
  ["strings that need escapes", ['"', "\n", "\u2028"], '["\\"","\\n","\u2028"]'],
  ["what no number is", [Number.NaN, Number.POSITIVE_INFINITY, -0], "[null,null,0]"],
  ["what is no object", true, "true"],
  ["null", null, "null"],
  ["written text alone", new JsonText("[ ]"), "[ ]"],
  ["a float alone", new Float(3), "3.0"],
])("%s", (_, value, text) => {
  expect(stringify(value)).toBe(text);
});

test("what is nested too deep to be written is a RangeError", () => {
  let deep: Json = null;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  expect(() => stringify(deep)).toThrow(RangeError);
});
