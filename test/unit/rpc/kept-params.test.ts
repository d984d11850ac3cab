import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseParams } from "../../../shared/rpc/method.ts";
import { sendConfig, text } from "../../../shared/rpc/params.ts";

/** A schema that counts how often it is asked. */
function counting() {
  let asked = 0;
  const schema = z.unknown().transform((value) => {
    asked++;
    return { value };
  });
  const schemas = [schema] as const;
  // How many of them are required is asked once.
  parseParams(schemas, []);
  return { schemas, asked: () => asked };
}

describe("parameters that were seen before", () => {
  it("are parsed once: the same configuration, or none", () => {
    const { schemas, asked } = counting();
    const first = parseParams(schemas, [{ encoding: "base64", skipPreflight: true }]);
    expect(parseParams(schemas, [{ encoding: "base64", skipPreflight: true }])[0]).toBe(first[0]);
    const before = asked();
    parseParams(schemas, []);
    parseParams(schemas, []);
    expect(asked()).toBe(before);
  });

  it("differ by every member and by its type", () => {
    const configs = [{ a: 1 }, { a: "1" }, { a: true }, { b: 1 }, { a: 1, b: 1 }, {}];
    const { schemas } = counting();
    const parsed = configs.map((config) => parseParams(schemas, [config])[0]);
    expect(parsed).toEqual(configs.map((value) => ({ value })));
    expect(configs.map((config) => parseParams(schemas, [config])[0])).toEqual(parsed);
  });

  it("are not kept where they are long, deep, no objects, or beyond a double", () => {
    const { schemas, asked } = counting();
    for (const value of [{ a: "x".repeat(300) }, { a: [1] }, { a: { b: 1 } }, { a: null }, { a: 1n }, "text", 7, [1]]) {
      const before = asked();
      parseParams(schemas, [value]);
      parseParams(schemas, [value]);
      expect(asked() - before).toBe(2);
    }
  });

  it("are not kept where they are wrong: each call gets its error", () => {
    const wrong = () => parseParams([text, sendConfig], ["a", { encoding: "base65" }]);
    for (let i = 0; i < 2; i++) expect(wrong).toThrow(/params\[1\]\.encoding/);
  });

  it("cannot be changed by a method", () => {
    const [, config] = parseParams([text, sendConfig], ["a", { encoding: "base64" }]);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it("are forgotten when there are many", () => {
    const { schemas, asked } = counting();
    for (let i = 0; i < 65; i++) parseParams(schemas, [{ i }]);
    const before = asked();
    parseParams(schemas, [{ i: 0 }]);
    expect(asked() - before).toBe(1);
  });
});
