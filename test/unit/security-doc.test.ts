/** docs/security.md names the tests of each threat: they exist, and every row has one. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "docs/security.md"), "utf8");
const table = text
  .slice(text.indexOf("## Threats"))
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .slice(2);

it("every threat is tested by files that exist", () => {
  expect(table.length).toBeGreaterThan(10);
  const named = table.map((row) => row.split("|")[3]!.trim().split(", "));
  expect(named.filter((files) => files.some((file) => !/^test\/[\w/.-]+\.test\.ts$/.test(file)))).toEqual([]);
  expect(named.flat().filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
