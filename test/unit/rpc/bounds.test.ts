/** What one call can make the edge do has a limit, whatever a client sends. */
import { describe, expect, test } from "vitest";
import type { DevBackend } from "../../../shared/rpc/backend.ts";
import { createEngine } from "../../../shared/rpc/engine.ts";
import { JsonText } from "../../../shared/rpc/json.ts";
import { method } from "../../../shared/rpc/method.ts";
import { uiExtensions } from "../../../shared/rpc/token-extensions.ts";
import { TYPE_ACCOUNT } from "../../../shared/rpc/token-state.ts";
import { Fixture } from "./fixture.ts";

describe("surfnet_setAccount", () => {
  const ADDRESS = "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T";

  test("takes data in base58 up to 8,192 characters: decoding takes their square", async () => {
    const f = new Fixture();
    const set: unknown[] = [];
    const dev: DevBackend = {
      setAccount: async ({ data }) => void set.push(data?.length),
      setClock: async () => {},
      setAccounts: async () => {},
      genesisAccounts: () => [],
      everyAccount: async () => null,
    };
    Object.assign(f.backend, { dev });
    await f.ok("surfnet_setAccount", ADDRESS, { lamports: 1, data: ["1".repeat(8_192), "base58"] });
    expect(await f.error("surfnet_setAccount", ADDRESS, { data: ["z".repeat(8_193), "base58"] })).toEqual({
      code: -32602,
      message: "base58 data have at most 8192 characters here: use base64 or hexadecimal",
    });
    expect(set).toEqual([8_192]);
  });
});

describe("a batch", () => {
  test("has at most 32 MiB of answers, those that are run at once included", async () => {
    const f = new Fixture();
    let runs = 0;
    const text = new JsonText(JSON.stringify("x".repeat(5 << 20)));
    const methods = {
      long: method([], () => {
        runs++;
        return text;
      }),
    };
    const rpc = createEngine(methods, f.backend, f.backend.services);
    const calls = Array.from({ length: 40 }, (_, id) => ({ jsonrpc: "2.0", id, method: "long" }));
    const { body } = await rpc.handle(new TextEncoder().encode(JSON.stringify(calls)));
    expect(body.length).toBeLessThan((32 << 20) + 40 * 200);
    const answers = JSON.parse(body) as { id: number; error?: { code: number } }[];
    expect(answers.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
    expect(answers.map(({ error }) => error?.code)).toEqual(calls.map(({ id }) => (id < 6 ? undefined : -32600)));
    expect(runs).toBe(16);
  });
});

describe("extensions of a token account", () => {
  /** Empty entries, half of one type and half of another. */
  function data(entries: number): Uint8Array {
    const bytes = new Uint8Array(166 + entries * 4);
    bytes[165] = TYPE_ACCOUNT;
    for (let i = 0; i < entries; i++) bytes[166 + i * 4] = i < entries / 2 ? 7 : 13;
    return bytes;
  }

  test("are shown up to 1,024; an account that has more has none", () => {
    expect(uiExtensions(data(1_024), TYPE_ACCOUNT)).toEqual([
      ...new Array(512).fill({ extension: "immutableOwner" }),
      ...new Array(512).fill({ extension: "nonTransferableAccount" }),
    ]);
    expect(uiExtensions(data(1_026), TYPE_ACCOUNT)).toBeUndefined();
    expect(uiExtensions(data(2_000_000), TYPE_ACCOUNT)).toBeUndefined();
  });
});
