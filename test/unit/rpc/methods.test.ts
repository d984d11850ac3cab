/** The methods there are, against those that the installed kit knows and against the table of docs/rpc.md. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SUBSCRIBE_METHODS } from "../../../shared/rpc/subscription-params.ts";
import { devMethods } from "../../../workers/edge/rpc/dev.ts";
import { rpcMethods } from "../../../workers/edge/rpc/index.ts";

const root = join(import.meta.dirname, "../../..");

/** Members of the API types that a package of kit declares. */
function declared(name: string, member: RegExp): string[] {
  const types = join(root, "node_modules/@solana", name, "dist/types");
  const files = readdirSync(types).filter((file) => file.endsWith(".d.ts"));
  const names = files.flatMap((file) =>
    [...readFileSync(join(types, file), "utf8").matchAll(member)].map(([, one]) => one!),
  );
  return [...new Set(names)].sort();
}

const served = Object.keys(rpcMethods()).filter((name) => !Object.hasOwn(devMethods, name));

test("every HTTP method of the installed kit is served", () => {
  const known = declared("rpc-api", /^ {4}(\w+)(?:<.*>)?\(/gm);
  expect(known.length).toBeGreaterThanOrEqual(54);
  expect(known.filter((name) => !served.includes(name))).toEqual([]);
});

test("every subscription of the installed kit is served", () => {
  const known = declared("rpc-subscriptions-api", /^ {4}(\w+)Notifications(?:<.*>)?\(/gm);
  expect(known.length).toBeGreaterThanOrEqual(9);
  expect(known.filter((name) => !SUBSCRIBE_METHODS.includes(`${name}Subscribe`))).toEqual([]);
});

test("docs/rpc.md has a row for each method, in order, and no other", () => {
  const text = readFileSync(join(root, "docs/rpc.md"), "utf8");
  const [http, pubsub] = text.split("## PubSub");
  const rows = (part: string) => [...part.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(rows(http!)).toEqual(served.toSorted());
  expect(rows(pubsub!)).toEqual(SUBSCRIBE_METHODS.toSorted());
});
