/** Load on a running network, and how long a client waits for its confirmation. */

import { shardSeeds } from "../../shared/protocol/context.ts";
import { decodeBase58 } from "../../shared/rpc/base58.ts";
import type { ShardSeeds } from "../../shared/state/accounts.ts";
import type { BenchClient } from "./client.ts";
import { sha256 } from "./pipeline.ts";
import { prng } from "./prng.ts";
import { Sender, type Sent } from "./sender.ts";
import type { BenchNetwork } from "./setup.ts";
import { byShard, halfAcross, randomTransfers, signedBy, transferIx, type Wallet } from "./wallets.ts";

/** Transactions of one request. */
export const BATCH = 1_000;
const CONNECTIONS = 12;

export const seedsOf = (genesisHash: string): ShardSeeds => shardSeeds(sha256, decodeBase58(genesisHash)!);

/** Makes transfers half of which cross shards. */
export function transfersOf({ network, wallets }: BenchNetwork) {
  const shards = byShard(wallets, network.shards, seedsOf(network.genesisHash));
  return (count: number, blockhash: Uint8Array, seed: number) => halfAcross(shards, count, blockhash, seed);
}

/** Sends all in batches over a few connections. */
export async function sendBatches({ url }: BenchClient, transactions: readonly Uint8Array[]): Promise<Sent> {
  const sender = new Sender(url, CONNECTIONS);
  try {
    return await sender.send(sender.pack(transactions, BATCH));
  } finally {
    sender.close();
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** From the moment a transaction is sent to its notification, one after another, milliseconds. */
export async function confirmations({ client, wallets }: BenchNetwork, count: number, seed: number): Promise<number[]> {
  const socket = await client.socket();
  const below = prng(seed);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const from = wallets[below(wallets.length)]!;
    const to = wallets[below(wallets.length)]!;
    const instruction = transferIx(from.key, to.key, BigInt(1_000_000 + i));
    const transaction = signedBy(from, [instruction], await client.blockhash());
    const { notified } = await socket.confirmation(transaction.subarray(1, 65));
    const start = performance.now();
    await client.sendRaw(transaction);
    await notified;
    times.push(performance.now() - start);
    await pause(20 + below(60));
  }
  socket.close();
  return times;
}

/** Keeps a steady load of so many transfers a second going until told to stop. */
export function steadyLoad(client: BenchClient, wallets: readonly Wallet[], perSecond: number): () => Promise<void> {
  let running = true;
  const work = (async () => {
    const chunk = Math.max(50, Math.floor(perSecond / 10));
    for (let seed = 10_000; running; seed++) {
      const start = performance.now();
      await client.ingest(randomTransfers(wallets, chunk, await client.blockhash(), seed));
      const rest = (chunk / perSecond) * 1000 - (performance.now() - start);
      if (rest > 0) await pause(rest);
    }
  })();
  return async () => {
    running = false;
    await work;
  };
}

/** One transaction a second over JSON-RPC. */
export async function trickle({ client, wallets }: BenchNetwork, seconds: number): Promise<void> {
  const before = await client.transactionCount();
  const start = performance.now();
  const transactions = randomTransfers(wallets, seconds, await client.blockhash(), 4_000);
  for (const [i, transaction] of transactions.entries()) {
    await client.sendRaw(transaction);
    const rest = start + (i + 1) * 1000 - performance.now();
    if (rest > 0) await pause(rest);
  }
  await client.landed(before + seconds, start);
}
