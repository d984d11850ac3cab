/** Parts that run a whole network in workerd: throughput, cost, confirmations, shards. */
import { billPerMillion } from "./bill.ts";
import { ms, perSecond, times, us, usd, whole } from "./format.ts";
import { litesvmRate } from "./litesvm.ts";
import { BATCH, confirmations, sendBatches, steadyLoad, transfersOf, trickle } from "./load.ts";
import { median, percentile } from "./measure.ts";
import type { Bench, PartResult, Row } from "./parts.ts";
import { type BenchNetwork, setUpTokens, tokenTransfers } from "./setup.ts";
import { addUp, type Counters, counters, used } from "./usage.ts";
import { randomTransfers } from "./wallets.ts";

interface Bulk {
  readonly rates: readonly number[];
  /** CPU of the load generator a transfer, by round, microseconds. */
  readonly loadCpuUs: readonly number[];
  readonly use: Counters;
}

/** Sends the transfers of every round, made beforehand, and counts what they used. `between` runs before each round. */
async function bulk(
  bench: BenchNetwork,
  rounds: number,
  make: (round: number, blockhash: Uint8Array) => Uint8Array[],
  between: (round: number) => void = () => {},
): Promise<Bulk> {
  const rates: number[] = [];
  const loadCpuUs: number[] = [];
  const uses: Counters[] = [];
  for (let round = 0; round < rounds; round++) {
    between(round);
    const transactions = make(round, await bench.client.blockhash());
    const before = await counters(bench);
    const sent = await sendBatches(bench.client, transactions);
    uses.push(used(before, await counters(bench)));
    rates.push((transactions.length / sent.ms) * 1000);
    loadCpuUs.push(sent.cpuUs);
  }
  return { rates, loadCpuUs, use: addUp(uses) };
}

/** Object calls a request to the edge makes: the tip, the submission. */
const CALLS_PER_REQUEST = 2;

function bulkBill(use: Counters) {
  const requests = use.proposed / BATCH;
  return billPerMillion({
    transactions: use.proposed,
    rows: use.rows,
    objectRequests: use.messages + requests * CALLS_PER_REQUEST,
    workerRequests: requests,
    cpuMs: use.cpuMs,
    objectSeconds: (use.at / 1000) * use.objects,
  });
}

export async function endToEndPart(bench: Bench): Promise<PartResult> {
  const { rounds, transfers, tokenAccounts, litesvmTransfers } = bench.sizes;
  const network = await bench.network();
  const make = transfersOf(network);
  bench.say("SOL transfers in batches, taking turns with litesvm");
  const reference: number[] = [];
  const warmUp = 1;
  const sol = await bulk(
    network,
    rounds + warmUp,
    (round, hash) => make(transfers, hash, round + 1),
    (round) => reference.push(litesvmRate(true, litesvmTransfers, round)),
  );
  const solRate = median(sol.rates.slice(warmUp));
  const litesvm = median(reference.slice(warmUp));
  bench.say(`token accounts for ${tokenAccounts} of them`);
  const tokens = await setUpTokens(network, tokenAccounts);
  const token = await bulk(network, rounds, (round, hash) => tokenTransfers(tokens, transfers / 2, hash, round + 1));
  const { use } = sol;
  const each = (value: number) => value / use.proposed;
  const bill = bulkBill(use);
  const detail = {
    solPerSecond: solRate,
    tokenPerSecond: median(token.rates),
    litesvmVerifiedPerSecond: litesvm,
    cpuUsPerTransaction: each(use.cpuMs) * 1000,
    tokenCpuUsPerTransaction: (token.use.cpuMs * 1000) / token.use.proposed,
    rowsPerTransaction: each(use.rows),
    bytesWrittenPerTransfer: each(use.bytes),
    loadCpuUs: median(sol.loadCpuUs.slice(warmUp)),
    objectCallsPerTransaction: each(use.messages) + CALLS_PER_REQUEST / BATCH,
    crossShardShare: each(use.crossShard),
    transactionsPerBlock: use.proposed / use.blocks,
    bill,
  };
  const rows: Row[] = [
    {
      name: "SOL transfers, socket to durable",
      value: perSecond(solRate),
      beside: `${times(solRate / litesvm)} litesvm with signature check (${perSecond(litesvm)}); target 1.50x`,
    },
    { name: "token transfers, socket to durable", value: perSecond(detail.tokenPerSecond) },
    { name: "CPU of workerd, a SOL transfer", value: us(detail.cpuUsPerTransaction) },
    { name: "CPU of workerd, a token transfer", value: us(detail.tokenCpuUsPerTransaction) },
    { name: "cross-shard transactions", value: `${(detail.crossShardShare * 100).toFixed(1)} %` },
    { name: "transactions a block", value: whole(detail.transactionsPerBlock) },
    { name: "object rows written", value: detail.rowsPerTransaction.toFixed(4), beside: "target 0.05" },
    { name: "bytes written", value: whole(detail.bytesWrittenPerTransfer) },
    { name: "CPU of the load generator, a transfer", value: us(detail.loadCpuUs), beside: "target 2 us" },
    { name: "object calls", value: detail.objectCallsPerTransaction.toFixed(4) },
    {
      name: "bill of a million",
      value: usd(bill.totalUsd),
      beside: `target 0.10 USD; rows ${bill.rowsUsd.toFixed(4)}, requests ${bill.requestsUsd.toFixed(4)}, CPU ${bill.cpuUsd.toFixed(4)}, duration ${bill.durationUsd.toFixed(4)}`,
    },
  ];
  const figures = {
    endToEndPerSecond: solRate,
    endToEndRatio: solRate / litesvm,
    rowsPerTransaction: detail.rowsPerTransaction,
    bytesWrittenPerTransfer: detail.bytesWrittenPerTransfer,
    loadCpuUs: detail.loadCpuUs,
    usdPerMillionTransfers: bill.totalUsd,
  };
  return { figures, detail, rows };
}

export async function confirmPart(bench: Bench): Promise<PartResult> {
  const network = await bench.network();
  const { client, wallets } = network;
  const { confirmations: count, transfers } = bench.sizes;
  await confirmations(network, Math.ceil(count / 10), 7);
  const idle = await confirmations(network, count, 1);
  const all = randomTransfers(wallets, transfers / 2, await client.blockhash(), 700);
  const rate = (all.length / (await sendBatches(client, all)).ms) * 1000;
  const stop = steadyLoad(client, wallets, rate / 2);
  const loaded = await confirmations(network, count, 2);
  await stop();
  const detail = {
    idleP50Ms: percentile(idle, 50),
    idleP99Ms: percentile(idle, 99),
    halfLoadP50Ms: percentile(loaded, 50),
    halfLoadP99Ms: percentile(loaded, 99),
    halfLoadPerSecond: rate / 2,
  };
  const both = (p50: number, p99: number) => `${ms(p50)} / ${ms(p99)}`;
  return {
    figures: { confirmIdleP50Ms: detail.idleP50Ms, confirmIdleP99Ms: detail.idleP99Ms },
    detail,
    rows: [
      { name: "idle, p50 / p99", value: both(detail.idleP50Ms, detail.idleP99Ms), beside: "target 10 / 60 ms" },
      {
        name: "half load, p50 / p99",
        value: both(detail.halfLoadP50Ms, detail.halfLoadP99Ms),
        beside: `beside ${perSecond(detail.halfLoadPerSecond)}`,
      },
    ],
  };
}

/** Requests and calls a transaction over JSON-RPC makes: one request; the tip for its age, the submission. */
const TRICKLE_CALLS = 2;

export async function tricklePart(bench: Bench): Promise<PartResult> {
  const network = await bench.network();
  const before = await counters(network);
  await trickle(network, bench.sizes.trickleSeconds);
  const use = used(before, await counters(network));
  const usage = {
    transactions: use.proposed,
    rows: use.rows,
    objectRequests: use.messages + use.proposed * TRICKLE_CALLS,
    workerRequests: use.proposed,
    cpuMs: use.cpuMs,
    objectSeconds: use.cpuMs / 1000,
  };
  // An object whose timers are armed stays in memory: at one transaction a second none of them ever leaves it.
  const awake = billPerMillion({ ...usage, objectSeconds: (use.at / 1000) * use.objects });
  const bill = billPerMillion(usage);
  const each = (value: number) => value / use.proposed;
  const detail = { rowsPerTransaction: each(use.rows), callsPerTransaction: each(usage.objectRequests), bill, awake };
  return {
    figures: {},
    detail,
    rows: [
      { name: "one transaction a second: rows each", value: detail.rowsPerTransaction.toFixed(2) },
      { name: "object calls each", value: detail.callsPerTransaction.toFixed(2) },
      { name: "bill of a million, objects charged while they work", value: usd(bill.totalUsd) },
      { name: "bill of a million, all objects in memory all the time", value: usd(awake.totalUsd) },
    ],
  };
}

/** The same load on 1, 2, 4 and 8 shards in one process: what more shards cost; `npm run model` is held against it. */
export async function scalePart(bench: Bench): Promise<PartResult> {
  const { rounds, scaleAccounts, transfers } = bench.sizes;
  const detail: { shards: number; perSecond: number; cpuUs: number; crossShardShare: number; blockSize: number }[] = [];
  for (const shards of [1, 2, 4, 8]) {
    const network = await bench.startNetwork(shards, scaleAccounts);
    const make = transfersOf(network);
    const warmUp = 1;
    const { rates, use } = await bulk(network, rounds + warmUp, (round, hash) => make(transfers / 2, hash, round + 1));
    detail.push({
      shards,
      perSecond: median(rates.slice(warmUp)),
      cpuUs: (use.cpuMs * 1000) / use.proposed,
      crossShardShare: use.crossShard / use.proposed,
      blockSize: use.proposed / use.blocks,
    });
    await network.network.stop();
  }
  const rows = detail.map(({ shards, perSecond: rate, cpuUs, crossShardShare }) => ({
    name: `${shards} shard${shards > 1 ? "s" : ""}, one process`,
    value: perSecond(rate),
    beside: `${us(cpuUs)} of CPU each, ${(crossShardShare * 100).toFixed(0)} % across shards`,
  }));
  return { figures: {}, detail: { runs: detail }, rows };
}
