import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readDeployable } from "../../../infra/network/deployable.ts";
import { Failure } from "../../../infra/network/failure.ts";

const ROOT = join(import.meta.dirname, "../../..");

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "infinisvm-deployable-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "wrangler.toml"), text);
  return join(folder, "wrangler.toml");
}

const LEAST = 'name = "a"\nmain = "b.ts"\ncompatibility_date = "2026-11-01"\n';

test("the project's wrangler.toml: its worker, and every class of objects with its binding", () => {
  const { name, main, compatibilityDate, compatibilityFlags, objects } = readDeployable(join(ROOT, "wrangler.toml"));
  expect({ name, main, compatibilityDate, compatibilityFlags }).toEqual({
    name: "infinisvm-edge",
    main: join(ROOT, "workers/index.ts"),
    compatibilityDate: "2026-11-01",
    compatibilityFlags: [],
  });
  expect(Object.fromEntries(objects.map(({ binding, className }) => [binding, className]))).toEqual({
    LANE: "IngressLane",
    BUILDER: "Builder",
    SHARD: "AccountShard",
    LEDGER: "Ledger",
    INDEX: "IndexPartition",
    SUBSCRIPTIONS: "Subscriptions",
    FAUCET: "Faucet",
  });
});

test("what only a deployment needs is left out", () => {
  const text = `${LEAST}workers_dev = true\n[build]\ncommand = "x"\n[env.staging]\nname = "s"\n`;
  expect(readDeployable(file(text)).objects).toEqual([]);
});

test.each([
  [
    "a binding that this machine would not have",
    `${LEAST}[[kv_namespaces]]\nbinding = "K"\nid = "1"\n`,
    "kv_namespaces",
  ],
  [
    "objects of another script",
    `${LEAST}[[durable_objects.bindings]]\nname = "A"\nclass_name = "B"\nscript_name = "c"\n`,
    "script_name",
  ],
  ["no main module", 'name = "a"\ncompatibility_date = "2026-11-01"\n', "main"],
  ["no date", 'name = "a"\nmain = "b.ts"\n', "compatibility_date"],
])("%s: refused, by its name", (_, text, named) => {
  const path = file(text);
  expect(() => readDeployable(path)).toThrow(Failure);
  expect(() => readDeployable(path)).toThrow(named);
});
