/**
 * A network split over two workerd processes: transfers are confirmed across them, either may die at any time, and the
 * state is the same as that of one process. CRASHES sets how often each is killed (default 5).
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { isAlive } from "../../infra/network/process.ts";
import { BenchClient } from "../bench/client.ts";
import { makeWallets, prng, signedBy, transferIx, type Wallet } from "../bench/wallets.ts";
import { TINY_GENERATIONS } from "./generations.ts";
import { auditBalances, auditBlocks, missing, signatureOf } from "./ledger-audit.ts";

const CRASHES = Number(process.env.CRASHES ?? 5);
const WALLETS = 40;
const FUNDS = 1_000_000_000n;
const FRONT = 0;
const BACK = 1;

let network: Network;
let client: BenchClient;
let genesisLamports: bigint;
const state = mkdtempSync(join(tmpdir(), "infinisvm-two-"));
const wallets = makeWallets("two", WALLETS);
/** Signature to the slot that a client was told. */
const told = new Map<string, number>();

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const address = (wallet: Wallet) => signatureOf(Uint8Array.of(0, ...wallet.key));

async function start(processes: number): Promise<void> {
  network = await startNetwork({ processes, shards: 4, slotMs: 20, state, ledger: TINY_GENERATIONS, evictable: true });
  client = new BenchClient(network.rpcUrl, network.wsUrl);
}

beforeAll(async () => {
  await start(2);
  genesisLamports = BigInt((await client.rpc<{ value: { total: number } }>("getSupply")).value.total);
  const before = await client.transactionCount();
  for (const wallet of wallets) await client.rpc("requestAirdrop", address(wallet), Number(FUNDS));
  await client.landed(before + WALLETS, performance.now());
});
afterAll(async () => {
  await network?.stop();
  rmSync(state, { recursive: true, force: true });
});

/** Sends transfers and asks for their fate until told to stop. What dies with a process is repeated. */
function load(seed: number): () => Promise<void> {
  let running = true;
  const follow = async (signatures: string[]) => {
    for (let left = signatures, attempt = 0; attempt < 100 && left.length > 0; attempt++) {
      const { value } = await client.rpc<{ value: ({ slot: number } | null)[] }>("getSignatureStatuses", left);
      value.forEach((status, i) => {
        if (status) told.set(left[i]!, status.slot);
      });
      left = left.filter((_, i) => !value[i]);
      await sleep(10);
    }
  };
  const work = async (below: (n: number) => number) => {
    while (running) {
      try {
        const hash = await client.blockhash();
        const batch = Array.from({ length: 10 }, () => {
          const from = wallets[below(WALLETS)]!;
          const to = wallets[below(WALLETS)]!;
          return signedBy(from, [transferIx(from.key, to.key, BigInt(1 + below(1_000_000)))], hash);
        });
        await client.ingest(batch);
        await follow(batch.map(signatureOf));
      } catch {
        await sleep(20); // one of the processes is down for a moment
      }
    }
  };
  const workers = [0, 1, 2, 3].map((i) => work(prng(seed + i)));
  return async () => {
    running = false;
    await Promise.all(workers);
  };
}

async function verify(): Promise<void> {
  expect(told.size).toBeGreaterThan(0);
  expect(await missing(client, told)).toEqual([]);
  const audit = await auditBlocks(client);
  for (const [signature, slot] of told) expect(audit.slotOf.get(signature)).toBe(slot);
  await auditBalances(client, audit, genesisLamports);
}

/** Over JSON-RPC with preflight and over a WebSocket: requests, reads and notifications cross the processes. */
async function transferIsNotified(nonce: number): Promise<void> {
  const socket = await client.socket();
  const [from, to] = wallets as [Wallet, Wallet];
  const transfer = transferIx(from.key, to.key, BigInt(2_000_000 + nonce));
  const transaction = signedBy(from, [transfer], await client.blockhash());
  const { notified } = await socket.confirmation(transaction.subarray(1, 65));
  const encoded = Buffer.from(transaction).toString("base64");
  await client.rpc("sendTransaction", encoded, { encoding: "base64" });
  await notified;
  told.set(signatureOf(transaction), await slotOf(signatureOf(transaction)));
  socket.close();
}

async function slotOf(signature: string): Promise<number> {
  const { value } = await client.rpc<{ value: ({ slot: number } | null)[] }>("getSignatureStatuses", [signature]);
  return value[0]!.slot;
}

it("confirms transfers across two processes, each with its own objects", async () => {
  const [front, back] = network.workerdPids;
  expect(front).not.toBe(back);
  await transferIsNotified(1);
  const { lanes, shards } = await client.stats();
  expect(lanes[0]!.messagesSent).toBeGreaterThan(0);
  expect(shards.every(({ callsReceived }) => callsReceived > 0)).toBe(true);
  expect(shards.every(({ messagesFailed }) => messagesFailed === 0)).toBe(true);
});

it(`keeps everything it confirmed when each process is killed ${CRASHES} times under load`, async () => {
  const stop = load(1);
  for (let crash = 0; crash < 2 * CRASHES; crash++) {
    await sleep(200 + ((crash * 137) % 500));
    const which = crash % 2 === 0 ? FRONT : BACK;
    const pids = [...network.workerdPids];
    await network.kill(which);
    await network.ready();
    expect(network.workerdPids[which]).not.toBe(pids[which]);
    expect(network.workerdPids[1 - which]).toBe(pids[1 - which]);
    await transferIsNotified(100 + crash);
  }
  await network.restart();
  await transferIsNotified(1000);
  await stop();
  await verify();
});

it("recovers from objects that are evicted in either process", async () => {
  const stop = load(100);
  const victims: [string, string][] = [
    ["IngressLane", "lane-0"],
    ["Builder", "builder"],
    ["AccountShard", "shard-2"],
    ["Ledger", "ledger-0"],
    ["Subscriptions", "subscriptions-0"],
  ];
  for (const [className, name] of victims) {
    await sleep(100);
    await network.evict(className, name);
  }
  await transferIsNotified(2000);
  await stop();
  await verify();
});

it("stops both processes, and one process goes on with the same state, and two again", async () => {
  const pids = network.workerdPids.map((pid) => pid!);
  const noted = JSON.parse(readFileSync(join(state, "lock.json"), "utf8")).workerd as { pid: number }[];
  expect(noted.map(({ pid }) => pid).sort()).toEqual([...pids].sort());
  await network.stop();
  expect(pids.filter(isAlive)).toEqual([]);
  for (const processes of [1, 2]) {
    await start(processes);
    expect(network.workerdPids.length).toBe(processes);
    await transferIsNotified(3000 + processes);
    await verify();
    await network.stop();
  }
});
