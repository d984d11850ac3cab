/** A running network under load: batches over HTTP, single transactions over JSON-RPC, latency as a client sees it. */
import type { Network } from "../../infra/network/index.ts";
import { BenchClient } from "./client.ts";
import { median, percentile } from "./measure.ts";
import { setUpAccounts, tokenTransfers } from "./setup.ts";
import { prng, randomTransfers, signedBy, transferIx, type Wallet } from "./wallets.ts";

export interface EndToEnd {
  readonly solPerSecond: number;
  readonly tokenPerSecond: number;
  readonly jsonRpcPerSecond: number;
  readonly confirmIdleP50Ms: number;
  readonly confirmIdleP99Ms: number;
  readonly confirmLoadP50Ms: number;
  readonly confirmLoadP99Ms: number;
  /** Over the SOL transfers in batches. */
  readonly rowsPerTransaction: number;
  readonly bytesPerTransaction: number;
  readonly objectCallsPerTransaction: number;
  readonly crossShardShare: number;
  readonly blocks: number;
}

export interface Plan {
  readonly accounts: number;
  readonly transfers: number;
  readonly runs: number;
  readonly jsonRpcTransfers: number;
  readonly confirmations: number;
}

const BATCH = 1_000;
const CONNECTIONS = 4;

async function load(client: BenchClient, transactions: readonly Uint8Array[]): Promise<number> {
  const before = await client.transactionCount();
  const batches: Uint8Array[][] = [];
  for (let at = 0; at < transactions.length; at += BATCH) batches.push(transactions.slice(at, at + BATCH));
  const start = performance.now();
  const worker = async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) await client.ingest(batch);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return await client.landed(before + transactions.length, start);
}

async function rate(plan: Plan, client: BenchClient, make: (run: number, blockhash: Uint8Array) => Uint8Array[]) {
  const rates: number[] = [];
  for (let run = 0; run < plan.runs; run++) {
    const transactions = make(run, await client.blockhash());
    const ms = await load(client, transactions);
    rates.push((transactions.length / ms) * 1000);
  }
  return median(rates);
}

async function jsonRpc(client: BenchClient, transactions: readonly Uint8Array[]): Promise<number> {
  const before = await client.transactionCount();
  const queue = [...transactions];
  const start = performance.now();
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await client.sendRaw(next);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return (transactions.length / (await client.landed(before + transactions.length, start))) * 1000;
}

/** From the moment a transaction is sent to its notification, one after another. */
async function confirmations(
  client: BenchClient,
  wallets: readonly Wallet[],
  count: number,
  seed: number,
): Promise<number[]> {
  const socket = await client.socket();
  const below = prng(seed);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const from = below(wallets.length);
    const instruction = transferIx(
      wallets[from]!.key,
      wallets[(from + 1) % wallets.length]!.key,
      BigInt(1_000_000 + i),
    );
    const transaction = signedBy(wallets[from]!, [instruction], await client.blockhash());
    const { notified } = await socket.confirmation(transaction.subarray(1, 65));
    const start = performance.now();
    await client.sendRaw(transaction);
    await notified;
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 20 + below(60)));
  }
  socket.close();
  return times;
}

export async function benchEndToEnd(network: Network, plan: Plan, say: (line: string) => void): Promise<EndToEnd> {
  const client = new BenchClient(network.rpcUrl, network.wsUrl);
  say(`funding ${plan.accounts} accounts and their token accounts`);
  const setup = await setUpAccounts(network, client, plan.accounts);
  const { wallets } = setup;
  say("confirmation on an idle network");
  const idle = await confirmations(client, wallets, plan.confirmations, 1);
  say("SOL transfers in batches");
  const before = await client.stats();
  const solPerSecond = await rate(plan, client, (run, hash) => randomTransfers(wallets, plan.transfers, hash, run + 1));
  const after = await client.stats();
  say("token transfers in batches");
  const tokenPerSecond = await rate(plan, client, (run, hash) => tokenTransfers(setup, plan.transfers, hash, run + 1));
  say("SOL transfers over JSON-RPC");
  const single = randomTransfers(wallets, plan.jsonRpcTransfers, await client.blockhash(), 99);
  const jsonRpcPerSecond = await jsonRpc(client, single);
  say("confirmation under half load");
  const stop = halfLoad(client, wallets, solPerSecond / 2);
  const loaded = await confirmations(client, wallets, plan.confirmations, 2);
  await stop();
  const actors = (stats: typeof before) => [stats.builder, stats.ledger, ...stats.lanes, ...stats.shards];
  const sum = (stats: typeof before, name: "rowsWritten" | "bytesWritten" | "messagesSent") =>
    actors(stats).reduce((total, actor) => total + actor[name], 0);
  const landed = after.builder.proposed - before.builder.proposed;
  const requests = Math.ceil(plan.transfers / BATCH) * plan.runs;
  const each = (name: "rowsWritten" | "bytesWritten" | "messagesSent") =>
    (sum(after, name) - sum(before, name)) / landed;
  return {
    solPerSecond,
    tokenPerSecond,
    jsonRpcPerSecond,
    confirmIdleP50Ms: percentile(idle, 50),
    confirmIdleP99Ms: percentile(idle, 99),
    confirmLoadP50Ms: percentile(loaded, 50),
    confirmLoadP99Ms: percentile(loaded, 99),
    rowsPerTransaction: each("rowsWritten"),
    bytesPerTransaction: each("bytesWritten"),
    objectCallsPerTransaction: each("messagesSent") + requests / landed,
    crossShardShare: (after.builder.crossShard - before.builder.crossShard) / landed,
    blocks: after.builder.blocks - before.builder.blocks,
  };
}

/** Keeps a steady load of so many transfers a second going until told to stop. */
function halfLoad(client: BenchClient, wallets: readonly Wallet[], perSecond: number): () => Promise<void> {
  let running = true;
  const work = (async () => {
    const chunk = Math.max(50, Math.floor(perSecond / 10));
    for (let seed = 10_000; running; seed++) {
      const start = performance.now();
      await client.ingest(randomTransfers(wallets, chunk, await client.blockhash(), seed));
      const pause = (chunk / perSecond) * 1000 - (performance.now() - start);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  })();
  return async () => {
    running = false;
    await work;
  };
}
