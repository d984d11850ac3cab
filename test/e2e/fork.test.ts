/** A forked network on workerd: killed, restarted without its upstream, in two processes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { upgradeableElf } from "../../infra/genesis/program-accounts.ts";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { RecordedUpstream } from "../fork/recorded-upstream.ts";

const key = (fill: number) => new Uint8Array(32).fill(fill);
const at = (fill: number) => encodeBase58(key(fill));
const wallet = (fill: number, lamports: bigint): Account => ({
  key: key(fill),
  owner: new Uint8Array(32),
  lamports,
  rentEpoch: 0xffff_ffff_ffff_ffffn,
  executable: false,
  data: new Uint8Array(0),
});
/** Of no sense but its size: read, not run. */
const program = upgradeableElf(key(4), new Uint8Array(700_000).fill(7), "test", null);

let upstream: RecordedUpstream;
let network: Network;
const lines: string[] = [];
const state = mkdtempSync(join(tmpdir(), "infinisvm-fork-"));
const call = <T>(method: string, ...params: unknown[]) => rpcCall<T>(network.rpcUrl, method, params);
const balance = async (of: number) => (await call<{ value: number }>("getBalance", at(of))).value;
const start = (processes: number) =>
  startNetwork({
    state,
    dev: true,
    processes,
    guarded: true,
    shards: 4,
    fork: { url: upstream.url },
    log: (level, line) => level !== "info" && lines.push(line),
  });

beforeAll(async () => {
  upstream = await RecordedUpstream.open([wallet(1, 5_000_000_000n), wallet(2, 7_000_000_000n), ...program]);
  network = await start(1);
});
afterAll(async () => {
  await network?.stop();
  await upstream?.close();
  rmSync(state, { recursive: true, force: true });
});

test("a forked network needs its upstream once: not after a crash, not after a restart", async () => {
  expect(network.forkedAt).toMatchObject({ slot: upstream.slot });
  expect(network.fork!.from).toBe(new URL(upstream.url).host);
  expect(await balance(1)).toBe(5_000_000_000);
  const { value } = await call<{ value: { data: [string, string] } }>("getAccountInfo", encodeBase58(program[1]!.key), {
    encoding: "base64",
  });
  expect(Buffer.from(value.data[0], "base64").equals(program[1]!.data)).toBe(true);
  await call("requestAirdrop", at(1), 1_000_000_000);
  expect(await balance(9)).toBe(0);
  while ((await balance(1)) !== 6_000_000_000);
  const asked = upstream.asked.flat();
  expect(asked.filter((address) => address === at(1))).toHaveLength(1);

  await upstream.close();
  await network.restart();
  expect(await balance(1)).toBe(6_000_000_000);
  expect(await balance(9)).toBe(0);
  await network.stop();
  network = await start(2);
  expect(network.forkedAt).toMatchObject({ slot: upstream.slot });
  expect(await balance(1)).toBe(6_000_000_000);
  expect(await balance(9)).toBe(0);
  // Never asked before, and nobody is there to ask: as if it were not there.
  expect(await balance(2)).toBe(0);
  expect(lines.filter((line) => line.includes("getMultipleAccounts"))).toHaveLength(1);
});

test("a fork needs --dev", async () => {
  await expect(startNetwork({ fork: { url: "http://127.0.0.1:1" } })).rejects.toMatchObject({ code: "bad-option" });
});

test("what others ask of the binding through a page is not fetched", async () => {
  const before = upstream.calls.length;
  const response = await fetch(network.rpcUrl, {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getBalance", params: [at(7)] }),
  });
  expect(((await response.json()) as { result: { value: number } }).result.value).toBe(0);
  expect(lines.join()).not.toContain(at(7));
  expect(upstream.calls.length).toBe(before);
});
