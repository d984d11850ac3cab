/**
 * What a call of JSON-RPC costs, beside a bare Hono worker in workerd that gets the same bodies and gives answers of the same size:
 * one that makes no object call and one that makes one (bare-worker.ts). All take turns within a round.
 */
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { type BareWorker, startBareWorker } from "./bare-worker.ts";
import { ClosedLoop, callBytes, type LoopResult } from "./closed-loop.ts";
import { ms, perSecond, times, us } from "./format.ts";
import { KitPayments } from "./kit-payments.ts";
import { sendBatches, transfersOf } from "./load.ts";
import { median } from "./measure.ts";
import { type Bench, type PartResult, type Row, SHARDS } from "./parts.ts";
import type { BenchNetwork } from "./setup.ts";
import { randomTransfers } from "./wallets.ts";

const CONNECTIONS = [32, 128] as const;
const KIT_PAYMENTS = 200;
/** Transactions of history that are signed and sent at a time. */
const HISTORY_STEP = 20_000;

/** A subject of the measurement: requests to a server, and what counts as an answer. */
interface Subject {
  readonly name: string;
  readonly url: string;
  readonly pids: () => readonly (number | undefined)[];
  requests(count: number): Promise<Uint8Array[]>;
}

type CallName = "getSlot" | "getLatestBlockhash" | "getBalance" | "send" | "sendPreflight";
/** Object calls that a bare worker makes in the place of each. */
const CALLS: Readonly<Record<CallName, { readonly method: string; readonly objectCalls: 0 | 1 }>> = {
  getSlot: { method: "getSlot", objectCalls: 0 },
  getLatestBlockhash: { method: "getLatestBlockhash", objectCalls: 0 },
  getBalance: { method: "getBalance", objectCalls: 1 },
  send: { method: "sendTransaction", objectCalls: 1 },
  sendPreflight: { method: "sendTransaction", objectCalls: 1 },
};
const NAMES = Object.keys(CALLS) as CallName[];

/** Bytes of the answer to each call, which the bare worker's have too. */
const ANSWER_BYTES: Readonly<Record<CallName, number>> = {
  getSlot: 36,
  getLatestBlockhash: 177,
  getBalance: 103,
  send: 125,
  sendPreflight: 125,
};

/** Parameters of calls: every transaction is another one. */
class CallMaker {
  readonly #bench: BenchNetwork;
  #seed = 0;

  constructor(bench: BenchNetwork) {
    this.#bench = bench;
  }

  async params(name: CallName, count: number): Promise<unknown[][]> {
    const { client, wallets } = this.#bench;
    if (name === "getBalance") {
      return Array.from({ length: count }, (_, i) => [encodeBase58(wallets[i % wallets.length]!.key)]);
    }
    if (name !== "send" && name !== "sendPreflight") return Array.from({ length: count }, () => []);
    const config = { encoding: "base64", skipPreflight: name === "send" };
    const transactions = randomTransfers(wallets, count, await client.blockhash(), 50_000 + this.#seed++);
    return transactions.map((transaction) => [Buffer.from(transaction).toString("base64"), config]);
  }

  async requests(name: CallName, count: number): Promise<Uint8Array[]> {
    const params = await this.params(name, count);
    return params.map((each) => callBytes(this.#bench.client.url, CALLS[name].method, each));
  }
}

/** Throws for an error: what is measured is what works. */
function checkAnswer(body: Uint8Array): void {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
  if (text.includes('"error"')) throw new Error(text);
}

function subjectOf(bench: BenchNetwork, maker: CallMaker, name: CallName, label: string): Subject {
  return {
    name: `${name}${label}`,
    url: bench.client.url,
    pids: () => bench.network.workerdPids,
    requests: (count) => maker.requests(name, count),
  };
}

/** The bare worker with the bodies and the sizes of answers of a call. */
function bareSubject(bare: BareWorker, maker: CallMaker, name: CallName): Subject {
  const { method, objectCalls } = CALLS[name];
  const url = bare.url(objectCalls, ANSWER_BYTES[name]);
  return {
    name: `bare ${name}`,
    url,
    pids: () => [bare.pid],
    requests: async (count) => (await maker.params(name, count)).map((each) => callBytes(url, method, each)),
  };
}

type Measured = Map<string, LoopResult[]>;

async function measure(subject: Subject, connections: number, count: number, into: Measured): Promise<LoopResult> {
  const requests = await subject.requests(count);
  const loop = new ClosedLoop(subject.url, connections);
  const result = await loop.run(requests, subject.pids(), checkAnswer).finally(() => loop.close());
  const key = `${subject.name} ${connections}`;
  into.set(key, [...(into.get(key) ?? []), result]);
  return result;
}

/** Fills a network with transactions, in batches. */
async function makeHistory(bench: Bench, network: BenchNetwork, count: number): Promise<void> {
  const make = transfersOf(network);
  bench.say(`a history of ${count} transactions`);
  for (let done = 0, seed = 1; done < count; done += HISTORY_STEP, seed++) {
    const transactions = make(Math.min(HISTORY_STEP, count - done), await network.client.blockhash(), 1_000_000 + seed);
    await sendBatches(network.client, transactions);
  }
}

const rateOf = (all: readonly LoopResult[]) => median(all.map((each) => each.perSecond));
const cpuOf = (all: readonly LoopResult[]) => median(all.map((each) => each.cpuUs));
/** The median of the rounds' ratios: neighbours in time. */
const ratioOf = (of: readonly LoopResult[], to: readonly LoopResult[]) =>
  median(of.map((each, i) => each.perSecond / to[i]!.perSecond));

export async function rpcPart(bench: Bench): Promise<PartResult> {
  const { rounds, networkAccounts, rpcCalls, rpcHistory } = bench.sizes;
  const accounts = Math.min(networkAccounts, 10_000);
  const fresh = await bench.startNetwork(SHARDS, accounts);
  const old = await bench.startNetwork(SHARDS, accounts);
  const two = await bench.startNetwork(SHARDS, accounts, 2);
  const bare = await startBareWorker();
  try {
    await makeHistory(bench, old, rpcHistory);
    const maker = new CallMaker(fresh);
    const subjects: Subject[] = [
      ...NAMES.flatMap((name) => [bareSubject(bare, maker, name), subjectOf(fresh, maker, name, "")]),
      subjectOf(old, new CallMaker(old), "send", " after history"),
      subjectOf(two, new CallMaker(two), "send", " two processes"),
      subjectOf(two, new CallMaker(two), "getBalance", " two processes"),
    ];
    const measured: Measured = new Map();
    for (const subject of subjects) await measure(subject, CONNECTIONS[0], rpcCalls, new Map());
    for (let round = 0; round < rounds; round++) {
      for (const connections of CONNECTIONS) {
        for (const subject of subjects) {
          const { perSecond: rate, cpuUs } = await measure(subject, connections, rpcCalls, measured);
          bench.say(`${subject.name}, ${connections} connections: ${perSecond(rate)}, CPU ${us(cpuUs)}`);
        }
      }
    }
    bench.say(`${KIT_PAYMENTS} payments at once through kit`);
    const kit = await KitPayments.open(fresh.network);
    await kit.run(KIT_PAYMENTS);
    const kitMs: number[] = [];
    for (let round = 0; round < rounds; round++) kitMs.push(await kit.run(KIT_PAYMENTS));
    return report(measured, kitMs, rpcHistory);
  } finally {
    await bare.stop();
    for (const { network } of [fresh, old, two]) await network.stop();
  }
}

const TARGETS: Readonly<Record<CallName, { readonly perSecond?: number; readonly ofBare: number }>> = {
  getSlot: { ofBare: 0.8 },
  getLatestBlockhash: { ofBare: 0.8 },
  getBalance: { ofBare: 0.8 },
  send: { perSecond: 5_000, ofBare: 0.45 },
  sendPreflight: { perSecond: 3_000, ofBare: 0.45 },
};

function report(measured: Measured, kitMs: readonly number[], history: number): PartResult {
  const of = (name: string, connections: number) => measured.get(`${name} ${connections}`)!;
  const rows: Row[] = [];
  const bareText = (objectCalls: number) => `bare, ${objectCalls} object call${objectCalls === 1 ? "" : "s"}`;
  for (const connections of CONNECTIONS) {
    for (const name of NAMES) {
      const all = of(name, connections);
      const bare = of(`bare ${name}`, connections);
      const target = TARGETS[name];
      const wanted = target.perSecond === undefined ? "" : `${perSecond(target.perSecond)}, `;
      rows.push({
        name: `${name}, ${connections} connections, CPU ${us(cpuOf(all))}`,
        value: perSecond(rateOf(all)),
        beside:
          `${times(ratioOf(all, bare))} ${bareText(CALLS[name].objectCalls)} (${perSecond(rateOf(bare))}, ` +
          `CPU ${us(cpuOf(bare))}); target ${wanted}${target.ofBare.toFixed(2)}x`,
      });
    }
    for (const [label, name] of [
      ["send after history", "send"],
      ["send two processes", "send"],
      ["getBalance two processes", "getBalance"],
    ] as const) {
      const all = of(label, connections);
      const beside = `${times(ratioOf(all, of(name, connections)))} the fresh network in one process`;
      const what = label.endsWith("history") ? `${beside}; ${history} transactions before; target 0.95x` : beside;
      const text = `${label}, ${connections} connections, CPU ${us(cpuOf(all))}`;
      rows.push({ name: text, value: perSecond(rateOf(all)), beside: what });
    }
  }
  const kit200Ms = median(kitMs);
  rows.push({
    name: `${KIT_PAYMENTS} payments at once through kit, last confirmed`,
    value: ms(kit200Ms),
    beside: "target 250 ms",
  });
  /** Of the number of connections with which it is slower. */
  const lowest = (name: string) => Math.min(...CONNECTIONS.map((connections) => rateOf(of(name, connections))));
  const historyRatios = CONNECTIONS.map((n) => ratioOf(of("send after history", n), of("send", n)));
  return {
    figures: {
      sendPerSecond: lowest("send"),
      sendPreflightPerSecond: lowest("sendPreflight"),
      sendAfterHistoryRatio: Math.min(...historyRatios),
      getSlotPerSecond: lowest("getSlot"),
      getLatestBlockhashPerSecond: lowest("getLatestBlockhash"),
      getBalancePerSecond: lowest("getBalance"),
      bareNoCallPerSecond: lowest("bare getSlot"),
      bareOneCallPerSecond: lowest("bare send"),
      kit200Ms,
    },
    detail: Object.fromEntries(
      [...measured].map(([name, all]) => [name, { perSecond: rateOf(all), cpuUs: cpuOf(all) }]),
    ),
    rows,
  };
}
