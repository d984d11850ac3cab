import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { type CapnpValue, configText, Embed, VOID } from "../../../infra/network/capnp.ts";

const HEAD = 'using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = ';
const written = (value: CapnpValue) =>
  configText({ v: value }).slice(HEAD.length + "(v = ".length, -");\n".length - 1 + 1);

test.each<[CapnpValue, string]>([
  [true, "true"],
  [8899, "8899"],
  ["plain", '"plain"'],
  ["", '""'],
  ['a "quoted" \\ path', '"a \\"quoted\\" \\\\ path"'],
  ["line\nbreak\ttab\0zero\x7f", '"line\\x0abreak\\x09tab\\x00zero\\x7f"'],
  ["Übung 日本 🚀", '"Übung 日本 🚀"'],
  ["next\u0085line", '"next\u0085line"'],
  [VOID, "void"],
  [new Embed("/a b/c.js"), 'embed "/a b/c.js"'],
  [[], "[]"],
  [[1, "x", { a: 2 }], '[1, "x", (a = 2)]'],
  [{}, "()"],
  [{ a: 1, gone: undefined, b: { c: false } }, "(a = 1, b = (c = false))"],
])("%j is written as %s", (value, text) => {
  expect(written(value)).toBe(text);
});

test("the file begins with what workerd needs to read it", () => {
  expect(configText({ services: [] })).toBe(`${HEAD}(services = []);\n`);
});

test("the tests' Node has the compiler for nothing else: JSON of a text is a text of Cap'n Proto again", () => {
  const json = JSON.stringify({ secret: 'with "quotes" and \\ and \u0001' });
  const text = written(json);
  // JavaScript knows the same escapes.
  expect(execFileSync(process.execPath, ["-p", text], { encoding: "utf8" })).toBe(`${json}\n`);
});
