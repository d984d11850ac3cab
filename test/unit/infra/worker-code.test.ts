import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { workerCode } from "../../../infra/network/worker-code.ts";

const LONG_AGO = new Date("2026-01-01");

function write(path: string, text: string, at: Date): void {
  writeFileSync(path, text);
  utimesSync(path, at, at);
}

test("a bundle is made again when one of its sources has changed, and only then", async () => {
  const folder = mkdtempSync(join(tmpdir(), "infinisvm-code-"));
  const entry = join(folder, "entry.ts");
  const part = join(folder, "part.ts");
  write(
    entry,
    'import { answer } from "./part.ts";\nimport bytes from "./some.bin";\nexport default [answer, bytes];\n',
    LONG_AGO,
  );
  write(join(folder, "some.bin"), "x", LONG_AGO);
  write(part, "export const answer: number = 41;\n", LONG_AGO);
  const [main, bytes, ...others] = await workerCode(entry);
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
    for (const file of [main!.path, `${main!.path}.json`]) rmSync(file, { force: true });
  });
  expect([main!.name, bytes, others]).toEqual(["index.js", { name: "some.bin", path: join(folder, "some.bin") }, []]);
  expect(readFileSync(main!.path, "utf8")).toContain("41");

  writeFileSync(main!.path, "kept");
  expect(await workerCode(entry)).toEqual([main, bytes]);
  expect(readFileSync(main!.path, "utf8")).toBe("kept");

  write(part, "export const answer: number = 42;\n", new Date("2026-01-02"));
  await workerCode(entry);
  expect(readFileSync(main!.path, "utf8")).toContain("42");

  const other = await workerCode(entry, `export { default } from ${JSON.stringify(entry)};\nexport const more = 1;\n`);
  onTestFinished(() => {
    for (const file of [other[0]!.path, `${other[0]!.path}.json`]) rmSync(file, { force: true });
  });
  expect(other[0]!.path).not.toBe(main!.path);
  expect(readFileSync(other[0]!.path, "utf8")).toContain("more");
});
