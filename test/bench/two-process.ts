/**
 * The end-to-end load on a network in one workerd process and on one split over two, taking turns: how much of a second
 * core the split makes use of. The load generator, and whatever else the machine does, shares the cores with both.
 */
import { perSecond, times, us } from "./format.ts";
import { sendBatches, transfersOf } from "./load.ts";
import { median } from "./measure.ts";
import { Bench, FULL, type PartResult, SHARDS, type Sizes } from "./parts.ts";
import type { BenchNetwork } from "./setup.ts";
import { cpuMs } from "./usage.ts";

export interface TwoProcessFigures {
  /** Median of the rounds' ratios: neighbours in time, because what else the machine does changes. */
  readonly twoProcessRatio: number;
  readonly onePerSecond: number;
  readonly twoPerSecond: number;
  /** CPU a transfer, microseconds: of the one process; of the one with the edge and the one with builder and shards. */
  readonly oneCpuUs: number;
  readonly twoCpuUs: readonly number[];
  /** Of the load generator, which the cores have to bear beside them. */
  readonly loadCpuUs: number;
  /** The ratio that the CPU time of the busier process allows when it has a core to itself and never waits. */
  readonly cpuBound: number;
}

interface Round {
  readonly perSecond: number;
  readonly cpuUs: readonly number[];
  readonly loadCpuUs: number;
}

async function runRound({ network, client }: BenchNetwork, transactions: readonly Uint8Array[]): Promise<Round> {
  const before = network.workerdPids.map(cpuMs);
  const sent = await sendBatches(client, transactions);
  const after = network.workerdPids.map(cpuMs);
  const count = transactions.length;
  return {
    perSecond: (count / sent.ms) * 1000,
    cpuUs: after.map((ms, i) => ((ms - before[i]!) * 1000) / count),
    loadCpuUs: sent.cpuUs,
  };
}

async function measure(bench: Bench): Promise<TwoProcessFigures> {
  const { rounds, networkAccounts, transfers } = bench.sizes;
  const networks: BenchNetwork[] = [];
  for (const processes of [1, 2]) networks.push(await bench.startNetwork(SHARDS, networkAccounts, processes));
  const makers = networks.map(transfersOf);
  const [one, two]: [Round[], Round[]] = [[], []];
  const warmUp = 1;
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const [i, network] of networks.entries()) {
      const transactions = makers[i]!(transfers, await network.client.blockhash(), round + 1);
      const result = await runRound(network, transactions);
      const cpu = result.cpuUs.map((each) => us(each)).join(" and ");
      bench.say(`${i + 1}: ${perSecond(result.perSecond)}, CPU ${cpu} a transfer`);
      if (round >= warmUp) (i === 0 ? one : two).push(result);
    }
  }
  for (const { network } of networks) await network.stop();
  const rate = (of: readonly Round[]) => median(of.map((round) => round.perSecond));
  const cpu = (of: readonly Round[], i: number) => median(of.map(({ cpuUs }) => cpuUs[i]!));
  const oneCpuUs = cpu(one, 0);
  const twoCpuUs = [cpu(two, 0), cpu(two, 1)];
  return {
    twoProcessRatio: median(two.map((round, i) => round.perSecond / one[i]!.perSecond)),
    onePerSecond: rate(one),
    twoPerSecond: rate(two),
    oneCpuUs,
    twoCpuUs,
    loadCpuUs: median(two.map(({ loadCpuUs }) => loadCpuUs)),
    cpuBound: oneCpuUs / Math.max(...twoCpuUs),
  };
}

/** The figures alone. */
export async function benchTwoProcess(
  sizes: Sizes = FULL,
  say: (line: string) => void = () => {},
): Promise<TwoProcessFigures> {
  const bench = new Bench(sizes, say);
  try {
    return await measure(bench);
  } finally {
    await bench.stop();
  }
}

export async function twoProcessPart(bench: Bench): Promise<PartResult> {
  const detail = await measure(bench);
  const { twoProcessRatio, onePerSecond, twoPerSecond, oneCpuUs, twoCpuUs, loadCpuUs, cpuBound } = detail;
  const beside = `${times(twoProcessRatio)} one process (${perSecond(onePerSecond)}); target 1.60x`;
  const cpu = `one process ${us(oneCpuUs)}; allows ${times(cpuBound)}`;
  return {
    figures: { twoProcessRatio, loadCpuUs },
    detail,
    rows: [
      { name: "SOL transfers, two processes", value: perSecond(twoPerSecond), beside },
      { name: "CPU of edge and lanes, a transfer", value: us(twoCpuUs[0]!), beside: cpu },
      { name: "CPU of builder, shards and ledger, a transfer", value: us(twoCpuUs[1]!) },
      { name: "CPU of the load generator, a transfer", value: us(loadCpuUs), beside: "target 2 us" },
    ],
  };
}
