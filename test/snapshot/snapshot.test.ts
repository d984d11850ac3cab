/** Networks as files: saved from one that runs, listed, checked, loaded into another shard count, written out. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { type Address, getAddressDecoder } from "@solana/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAccountFile } from "../../infra/genesis/account-file.ts";
import { startNetwork as startWorkerd } from "../../infra/network/index.ts";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { snapshotCommand } from "../../infra/snapshot/command.ts";
import { pagesOf } from "../../infra/snapshot/source.ts";
import type { Manifest } from "../../infra/snapshot/store.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import { startNetwork, type TestNetwork } from "../../testing/index.ts";
import { SOL } from "../testing/contract.ts";
import { sharedBytes } from "./shared-bytes.ts";

const at = (fill: number): Address => getAddressDecoder().decode(new Uint8Array(32).fill(fill));
const folder = mkdtempSync(join(tmpdir(), "infinisvm-snapshot-"));
const dir = join(folder, "snapshots");
let net: TestNetwork;
let url: string;
const idOf = (name: string) => JSON.parse(readFileSync(join(dir, "names.json"), "utf8"))[name] as string;
const manifestOf = (name: string) =>
  JSON.parse(readFileSync(join(dir, "manifests", `${idOf(name)}.json`), "utf8")) as Manifest;
const run = (...args: string[]) => snapshotCommand([...args, "--dir", dir]);

beforeAll(async () => {
  net = await startNetwork({
    shards: 2,
    programs: [{ address: at(40), elf: assemble("entrypoint:\n  mov64 r0, 0\n  exit\n") }],
  });
  url = await net.url;
  for (let i = 1; i < 30; i++)
    await net.setAccount(at(i), { lamports: BigInt(i) * SOL, data: new Uint8Array(50_000).fill(i) });
});
afterAll(async () => {
  await net?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a snapshot", () => {
  it("has every account, and shares the pages of those that did not change", async () => {
    const first = (await run("save", "first", "--url", url)).split("\n");
    expect(first[0]).toMatch(/^[0-9a-f]{64}$/);
    const pages = readdirSync(join(dir, "pages"));
    expect(await run("save", "--url", url)).toContain(`${pages.length} pages`);
    expect(readdirSync(join(dir, "pages"))).toEqual(pages);
    await net.setAccount(at(7), { lamports: SOL });
    await run("save", "second", "--url", url);
    // The account's own page, and the builder's: nothing else is written again.
    const added = readdirSync(join(dir, "pages")).filter((page) => !pages.includes(page));
    expect(added.length).toBeGreaterThan(0);
    expect(added.length).toBeLessThanOrEqual(2);
    const list = (await run("list")).trim().split("\n");
    expect(list.map((line) => line.split(/\s+/)[1])).toEqual(expect.arrayContaining(["first", "second"]));
    const raw = manifestOf("first").pages.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(raw).toBeGreaterThan(29 * 50_000);
    expect(sharedBytes(join(dir, "pages"))).toBeLessThan(raw / 2);
  });

  it("begins a network with another number of shards", async () => {
    const state = join(folder, "state");
    expect(await run("load", "first", "--state", state, "--shards", "3")).toContain("on 3 shards");
    await expect(run("load", "first", "--state", state, "--shards", "3")).rejects.toMatchObject({
      code: "state-in-use",
    });
    const loaded = await startWorkerd({ state, guarded: true });
    try {
      expect(loaded.shards).toBe(3);
      for (const i of [1, 7, 29]) {
        const { value } = await rpcCall<{ value: { lamports: number; data: [string] } }>(
          loaded.rpcUrl,
          "getAccountInfo",
          [at(i), { encoding: "base64" }],
        );
        expect(value.lamports).toBe(i * 1e9);
        expect(Buffer.from(value.data[0], "base64").equals(Buffer.alloc(50_000, i))).toBe(true);
      }
      const { value } = await rpcCall<{ value: { executable: boolean } }>(loaded.rpcUrl, "getAccountInfo", [at(40)]);
      expect(value.executable).toBe(true);
    } finally {
      await loaded.stop();
    }
  });

  it("is not loaded where a page is not what it was, or is not there", async () => {
    const page = manifestOf("first").pages[0]!;
    const path = join(dir, "pages", `${page.hash}.zst`);
    const before = readFileSync(path);
    const state = join(folder, "damaged");
    for (const content of [before.subarray(0, 10), zstdCompressSync(new Uint8Array(page.bytes)), undefined]) {
      if (content) writeFileSync(path, content);
      else rmSync(path);
      await expect(run("accounts", "first", join(folder, "out"))).rejects.toMatchObject({ code: "bad-snapshot" });
      await expect(run("load", "first", "--state", state)).rejects.toMatchObject({ code: "bad-snapshot" });
      expect(existsSync(state)).toBe(false);
    }
    writeFileSync(path, before);
    const manifest = join(dir, "manifests", `${idOf("second")}.json`);
    const text = readFileSync(manifest, "utf8");
    writeFileSync(manifest, text.replace('"slot":', '"slot":1'));
    await expect(run("load", "second", "--state", state)).rejects.toThrow("is not what was written");
    writeFileSync(manifest, text);
  });

  it("is written out as files of the Solana CLI, and blocks as lines", async () => {
    const out = join(folder, "accounts");
    await run("accounts", "first", out);
    const account = readAccountFile(join(out, `${at(7)}.json`));
    expect(account).toMatchObject({ lamports: 7n * SOL, data: new Uint8Array(50_000).fill(7) });
    const file = join(folder, "blocks.ndjson");
    const said = await run("blocks", file, "--url", url, "--from", "1");
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(said).toBe(`${lines.length} blocks in ${file}\n`);
    const blocks = lines.map(
      (line) => JSON.parse(line) as { slot: number; parentSlot: number; transactions: unknown[] },
    );
    expect(blocks.length).toBeGreaterThan(5);
    for (const [i, { slot, parentSlot }] of blocks.entries())
      if (i > 0) expect([slot > blocks[i - 1]!.slot, parentSlot]).toEqual([true, blocks[i - 1]!.slot]);
    expect(blocks.reduce((sum, { transactions }) => sum + transactions.length, 0)).toBeGreaterThan(29);
  });

  it("refuses what makes no sense", async () => {
    for (const [args, code] of [
      [["load", "none"], "bad-snapshot"],
      [["load"], "bad-option"],
      [["forget"], "bad-option"],
      [["save", "a/b", "--url", url], "bad-option"],
      [["save", "--url", "http://127.0.0.1:1"], "network-unreachable"],
      [["list", "a", "b", "c"], "bad-option"],
    ] as const) {
      await expect(run(...args)).rejects.toMatchObject({ code });
    }
    expect(await run("--help")).toContain("Usage: npm run snapshot");
  });

  it("is asked of the edge by who may use the faucet, in ranges that make sense", async () => {
    const ask = (body: string, type = "application/json") =>
      fetch(`${url}/v1/accounts`, { method: "POST", headers: { "content-type": type }, body });
    expect((await ask('{"first":0,"last":65535}', "text/plain")).status).toBe(403);
    for (const body of ["", "{}", '{"first":2,"last":1}', '{"first":0,"last":65536}', "[1]"]) {
      const answer = await ask(body);
      expect([answer.status, ((await answer.json()) as { code: number }).code]).toEqual([400, 4009]);
    }
  });
});

it("pages are the same for the same accounts, whatever the others are", () => {
  const account = (first: number, size: number) => ({
    key: Uint8Array.of(first, ...new Uint8Array(31)),
    owner: new Uint8Array(32),
    lamports: 1n,
    rentEpoch: 0n,
    executable: false,
    data: new Uint8Array(size),
  });
  const large = [1, 2, 3, 200, 201].map((first) => account(first, 200_000));
  const keys = (pages: Iterable<readonly { key: Uint8Array }[]>) =>
    [...pages].map((page) => page.map(({ key }) => key[0]));
  expect(keys(pagesOf(large))).toEqual([[1], [2], [3], [200], [201]]);
  expect(keys(pagesOf([account(0, 10), ...large.slice(0, 1), account(250, 5)]))).toEqual([[0, 1, 250]]);
  expect(keys(pagesOf([]))).toEqual([]);
});
