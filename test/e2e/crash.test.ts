/**
 * The real runtime dies under load, again and again: what was reported confirmed is there, lamports add up, the chain
 * goes on, subscriptions work after reconnecting. CRASHES sets how often (default 20).
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { BenchClient } from "../bench/client.ts";
import { makeWallets, prng, signedBy, transferIx, type Wallet } from "../bench/wallets.ts";
import { TINY_GENERATIONS } from "./generations.ts";
import { auditBalances, auditBlocks, missing, signatureOf } from "./ledger-audit.ts";

const CRASHES = Number(process.env.CRASHES ?? 20);
const EVICTIONS = Number(process.env.EVICTIONS ?? 30);
const WALLETS = 40;
const FUNDS = 1_000_000_000n;
const SHARDS = 4;

let network: Network;
let client: BenchClient;
let genesisLamports: bigint;
const wallets = makeWallets("crash", WALLETS);

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  network = await startNetwork({ shards: SHARDS, slotMs: 20, ledger: TINY_GENERATIONS, evictable: true });
  client = new BenchClient(network.rpcUrl, network.wsUrl);
  genesisLamports = BigInt((await client.rpc<{ value: { total: number } }>("getSupply")).value.total);
  const before = await client.transactionCount();
  for (const wallet of wallets) await client.rpc("requestAirdrop", address(wallet), Number(FUNDS));
  await client.landed(before + WALLETS, performance.now());
});
afterAll(() => network?.stop());

const address = (wallet: Wallet) => signatureOf(Uint8Array.of(0, ...wallet.key));

/** Sends transfers and asks for their fate until told to stop. Requests that die with the process are simply repeated. */
class Load {
  /** Signature to the slot that a client was told. */
  readonly told = new Map<string, number>();
  sent = 0;
  #running = true;
  readonly #workers: Promise<void>[];

  constructor(workers: number, seed: number) {
    this.#workers = Array.from({ length: workers }, (_, i) => this.#work(prng(seed + i)));
  }

  async #work(below: (n: number) => number): Promise<void> {
    while (this.#running) {
      try {
        const hash = await client.blockhash();
        const batch = Array.from({ length: 10 }, () => {
          const from = wallets[below(WALLETS)]!;
          const to = wallets[below(WALLETS)]!;
          return signedBy(from, [transferIx(from.key, to.key, BigInt(1 + below(1_000_000)))], hash);
        });
        await client.ingest(batch);
        this.sent += batch.length;
        await this.#follow(batch.map(signatureOf));
      } catch {
        await sleep(20); // the network is down for a moment
      }
    }
  }

  async #follow(signatures: string[]): Promise<void> {
    for (let attempt = 0; attempt < 40 && signatures.length > 0; attempt++) {
      const { value } = await client.rpc<{ value: ({ slot: number } | null)[] }>("getSignatureStatuses", signatures);
      value.forEach((status, i) => {
        if (status) this.told.set(signatures[i]!, status.slot);
      });
      signatures = signatures.filter((_, i) => !value[i]);
      await sleep(10);
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#workers);
  }
}

async function verify(load: Load): Promise<void> {
  expect(load.told.size).toBeGreaterThan(0);
  expect(await missing(client, load.told)).toEqual([]);
  const audit = await auditBlocks(client);
  for (const [signature, slot] of load.told) expect(audit.slotOf.get(signature)).toBe(slot);
  await auditBalances(client, audit, genesisLamports);
}

/** A transfer of which a freshly opened socket hears. */
async function subscriptionWorks(nonce: number): Promise<void> {
  const socket = await client.socket();
  const [from, to] = wallets as [Wallet, Wallet];
  const transaction = signedBy(
    from,
    [transferIx(from.key, to.key, BigInt(2_000_000 + nonce))],
    await client.blockhash(),
  );
  const { notified } = await socket.confirmation(transaction.subarray(1, 65));
  await client.sendRaw(transaction);
  await notified;
  socket.close();
}

it(`keeps everything it confirmed when workerd is killed ${CRASHES} times under load`, async () => {
  const load = new Load(6, 1);
  let slot = 0;
  for (let crash = 0; crash < CRASHES; crash++) {
    await sleep(200 + ((crash * 137) % 700));
    await network.kill();
    await network.ready();
    await subscriptionWorks(crash);
    const next = await client.rpc<number>("getSlot");
    expect(next).toBeGreaterThan(slot);
    slot = next;
  }
  await load.stop();
  await verify(load);
});

it(`recovers from objects evicted in the middle of blocks, ${EVICTIONS} times`, async () => {
  const load = new Load(6, 1000);
  const below = prng(7);
  const victims: [string, string][] = [
    ["Builder", "builder"],
    ["Ledger", "ledger-0"],
    ["IngressLane", "lane-0"],
    ["Subscriptions", "subscriptions-0"],
    ...Array.from({ length: SHARDS }, (_, i): [string, string] => ["AccountShard", `shard-${i}`]),
  ];
  for (let i = 0; i < EVICTIONS; i++) {
    await sleep(30 + below(150));
    const [className, name] = victims[i < victims.length ? i : below(victims.length)]!;
    await network.evict(className, name);
  }
  await subscriptionWorks(10_000);
  await load.stop();
  await verify(load);
});
