/** What a network keeps of its past, and what becomes of stored rows that are not what was written: on a real network. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { withObjects } from "../../infra/check/read.ts";
import { Failure, type Network, startNetwork } from "../../infra/network/index.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import type { Stored } from "./breaker-worker.ts";

const ROOT = join(import.meta.dirname, "../..");
const BREAKER = join(import.meta.dirname, "breaker-worker.ts");
const state = mkdtempSync(join(tmpdir(), "infinisvm-history-"));
let network: Network | undefined;

afterAll(async () => {
  await network?.stop();
  rmSync(state, { recursive: true, force: true });
});

const ledger = { generationBytes: 12_000, indexBytes: 3_000 };
const start = async (keepBytes?: number): Promise<Network> => {
  network = await startNetwork({
    shards: 1,
    slotMs: 20,
    state,
    ledger: { ...ledger, ...(keepBytes && { keepBytes }) },
  });
  return network;
};
const call = <T>(method: string, ...params: unknown[]) => rpcCall<T>(network!.rpcUrl, method, params);

async function airdrops(count: number): Promise<string[]> {
  const signatures: string[] = [];
  for (let i = 0; i < count; i++) {
    const signature = await call<string>("requestAirdrop", network!.identity.address, 1_000_000 + i);
    signatures.push(signature);
    while ((await call<{ value: unknown[] }>("getSignatureStatuses", [signature])).value[0] === null) await sleep(20);
  }
  return signatures;
}

/** The process's exit code and what it printed. */
function check(): Promise<{ readonly code: number | null; readonly text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, "infra/check/main.ts"), "--state", state], { cwd: ROOT });
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
    });
    child.stderr.on("data", (data) => {
      text += data;
    });
    child.once("exit", (code) => resolve({ code, text }));
  });
}

/** Flips a bit of a row in every object that has it; the names of the objects. */
async function flip(table: string, id: number): Promise<string[]> {
  const names: string[] = [];
  await withObjects(join(state, "objects"), BREAKER, async (objects) => {
    for (const { ask } of objects) {
      const response = await ask(`?table=${table}&id=${id}`);
      const name = (await response.json()) as Awaited<ReturnType<Stored["flip"]>>;
      if (name !== null) names.push(name);
    }
  });
  return names;
}

it("forgets the oldest generations, and says so as Agave does", async () => {
  await start(60_000);
  const [first] = await airdrops(1);
  const slot = (await call<{ slot: number }>("getTransaction", first)).slot;
  let firstBlock = 0;
  for (let round = 0; firstBlock <= slot && round < 20; round++) {
    await airdrops(5);
    firstBlock = await call<number>("getFirstAvailableBlock");
  }
  expect(firstBlock).toBeGreaterThan(slot);
  expect(await call("minimumLedgerSlot")).toBeGreaterThanOrEqual(firstBlock);
  await expect(call("getBlock", slot)).rejects.toThrow("cleaned up, does not exist on node. First available block:");
  expect(await call("getTransaction", first)).toBeNull();
  const statuses = await call<{ value: unknown[] }>("getSignatureStatuses", [first], {
    searchTransactionHistory: true,
  });
  expect(statuses.value).toEqual([null]);
  const [newest] = await airdrops(1);
  expect(await call("getTransaction", newest)).toMatchObject({ meta: { err: null } });
  await network!.stop();
  network = undefined;
});

it("check reads all of a stopped network; a flipped bit in a block is named and never served", async () => {
  await start();
  const [signature] = await airdrops(1);
  const slot = (await call<{ slot: number }>("getTransaction", signature)).slot;
  await airdrops(8);
  await network!.stop();
  network = undefined;
  const before = await check();
  expect(before.text).toMatch(/objects, [\d,]+ rows, [\d.]+ MB: all as it was written\n$/);
  expect(before.code).toBe(0);

  const [object] = await flip("blocks", slot);
  const after = await check();
  expect(after.text).toContain(`damaged: ${object}, table blocks, slot ${slot}\n`);
  expect(after.code).toBe(1);

  await start();
  for (const method of ["getBlock", "getBlockTime"]) {
    await expect(call(method, slot)).rejects.toThrow(`Stored data are damaged: ${object}, table blocks, slot ${slot}`);
  }
  await expect(call("getTransaction", signature)).rejects.toThrow("Stored data are damaged");
  await airdrops(1);
  await network!.stop();
  network = undefined;
});

it("a network that cannot start because of what it has stored says what is damaged, and the way out", async () => {
  expect(await flip("manifest", 0)).toContain("shard-0");
  const refused = await start().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Failure);
  expect(refused).toMatchObject({ code: "state-corrupt" });
  expect((refused as Failure).message).toMatch(/is damaged: (shard|index)-\d+, table manifest, row 0 \(npm run check/);
});
