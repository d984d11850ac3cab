/** Parts that run single stages: cryptography, parser, planner, execution, the pipeline without I/O, litesvm. */
import { getTransactionDecoder } from "@solana/kit";
import { CARRIED } from "../carried-programs.ts";
import { wasmModule } from "../wasm-module.ts";
import { ns, perSecond, times, us, whole } from "./format.ts";
import { litesvmRates } from "./litesvm.ts";
import { median, timed } from "./measure.ts";
import { type Bench, type PartResult, type Row, SHARDS } from "./parts.ts";
import { type PipelineResult, runPipeline } from "./pipeline.ts";
import { makeWallets, randomTransfers } from "./wallets.ts";
import { inWorkerd } from "./workerd.ts";

export async function cryptoPart(bench: Bench): Promise<PartResult> {
  const detail = await inWorkerd("crypto", { rounds: Math.max(3, bench.sizes.rounds) });
  const ratio = (name: string) => {
    const found = detail.signatures.filter((result) => result.name.includes(name));
    return Math.min(...found.map((result) => result.ratio));
  };
  const rows: Row[] = detail.signatures.map(({ name, ourUs, webCryptoUs, ratio }) => ({
    name: `ed25519, ${name}`,
    value: us(ourUs),
    beside: `${times(ratio)} WebCrypto in workerd (${us(webCryptoUs)}, import included)`,
  }));
  for (const { name, bytes, ourUs, webCryptoUs, nobleUs } of detail.hashes) {
    const native = webCryptoUs === undefined ? "" : `${times(webCryptoUs / ourUs)} WebCrypto, `;
    rows.push({
      name: `${name}, ${whole(bytes)} B`,
      value: us(ourUs),
      beside: `${native}${times(nobleUs / ourUs)} @noble/hashes`,
    });
  }
  const figures = {
    ed25519BatchRatio: ratio("distinct"),
    ed25519RepeatRatio: ratio("16 signers"),
    ed25519SingleRatio: ratio("one"),
  };
  return { figures, detail, rows };
}

export async function parsePart(bench: Bench): Promise<PartResult> {
  const { rounds } = bench.sizes;
  const parsed = await inWorkerd("parse", { rounds });
  const transactions = randomTransfers(makeWallets("bench", 100), 2_000, new Uint8Array(32).fill(7), 1);
  const decoder = getTransactionDecoder();
  const decode = () => {
    for (const transaction of transactions) decoder.decode(transaction);
  };
  decode();
  const kitNs = median(Array.from({ length: rounds }, () => (timed(decode) * 1e6) / transactions.length));
  const beside = `${times(kitNs / parsed.parseNs)} @solana/kit's decoder in Node (${ns(kitNs)})`;
  const rows: Row[] = [
    { name: "parse and sanitise a transfer", value: ns(parsed.parseNs), beside: `target 300 ns; ${beside}` },
    { name: "the same with the copies in and out of WASM", value: ns(parsed.parseCopiedNs) },
    { name: "parse and sanitise a transfer of version 1", value: ns(parsed.parseV1Ns) },
  ];
  return { figures: { parseNs: parsed.parseNs }, detail: { ...parsed, kitNs }, rows };
}

export async function planPart(bench: Bench): Promise<PartResult> {
  const options = { rounds: bench.sizes.rounds, transactions: 10_000, accounts: 100_000, shards: SHARDS };
  const uniform = await inWorkerd("plan", { ...options, zipf: null });
  const zipf = await inWorkerd("plan", { ...options, zipf: 1.1 });
  const sum = (plan: typeof uniform) => plan.admitNs + plan.cutNs;
  const row = (name: string, plan: typeof uniform): Row => ({
    name: `plan 10,000 transfers, ${name}`,
    value: ns(sum(plan)),
    beside: `target 400 ns; admission ${ns(plan.admitNs)}, cut ${ns(plan.cutNs)}; ${whole(plan.groups)} groups, ${plan.blocks} blocks`,
  });
  return {
    figures: { planUniformNs: sum(uniform), planZipfNs: sum(zipf) },
    detail: { uniform, zipf },
    rows: [row("uniform", uniform), row("Zipf 1.1", zipf)],
  };
}

export async function executePart(bench: Bench): Promise<PartResult> {
  const { rounds, storeAccounts } = bench.sizes;
  const rows: Row[] = [];
  const carried = Buffer.from(CARRIED).toString("base64");
  const run = async (kind: "sol" | "token" | "v1", target: string) => {
    const options = { kind, carried, accounts: storeAccounts, rounds, transactions: 10_000 };
    const result = await inWorkerd("execute", options);
    const rate = (executeNs: number) => 1e9 / (result.admitNs + result.beginNs + executeNs);
    const off = rate(result.executeNs);
    const on = rate(result.executeDetailNs);
    rows.push(
      { name: `execute ${kind} transfers, no detail`, value: perSecond(off), beside: `target ${target}` },
      { name: `execute ${kind} transfers, logs and balances`, value: perSecond(on) },
      {
        name: "  duplicates, proposal, execution, commit",
        value: ns(result.admitNs + result.beginNs + result.executeNs + result.commitNs),
        beside: `${ns(result.admitNs)} + ${ns(result.beginNs)} + ${ns(result.executeNs)} (detail ${ns(result.executeDetailNs)}) + ${ns(result.commitNs)} (detail ${ns(result.commitDetailNs)})`,
      },
    );
    return { ...result, perSecond: off, detailPerSecond: on };
  };
  const sol = await run("sol", "1,000,000/s");
  const token = await run("token", "500,000/s");
  const v1 = await run("v1", "as of version 0");
  const figures = { solTransfersPerSecond: sol.perSecond, tokenTransfersPerSecond: token.perSecond };
  return { figures, detail: { sol, token, v1 }, rows };
}

export async function litesvmPart(bench: Bench): Promise<PartResult> {
  const rates = await litesvmRates(bench.sizes.litesvmTransfers, bench.sizes.rounds);
  return {
    figures: { litesvmUnverifiedPerSecond: rates.unverified, litesvmVerifiedPerSecond: rates.verified },
    detail: rates,
    rows: [
      {
        name: "litesvm, no signature check",
        value: perSecond(rates.unverified),
        beside: "in process, nothing durable",
      },
      { name: "litesvm, signature check", value: perSecond(rates.verified), beside: "in process, nothing durable" },
    ],
  };
}

/** Runs before the measured one: WASM and TypeScript are compiled for speed only once they have run for a while. */
const WARM_UP = 2;

/** Stages in CPU time: on a busy machine the clock also counts what the neighbours do. */
function onOwnTime(run: () => PipelineResult): PipelineResult {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = run();
  const { user, system } = process.cpuUsage(cpu);
  const share = Math.min(1, (user + system) / 1000 / (performance.now() - start));
  const stages = Object.fromEntries(Object.entries(result.stages).map(([name, each]) => [name, each * share]));
  return { ...result, stages };
}

export function pipelineStages(bench: Bench): PipelineResult {
  const wallets = makeWallets("bench", 10_000);
  const genesisHash = new Uint8Array(32).fill(7);
  const accounts = wallets.map(({ key }) => ({
    key,
    owner: new Uint8Array(32),
    lamports: 10n ** 12n,
    rentEpoch: (1n << 64n) - 1n,
    executable: false,
    data: new Uint8Array(0),
  }));
  const transactions = randomTransfers(wallets, 20_000, genesisHash, 5);
  const input = { module: wasmModule(), shardCount: SHARDS, genesisHash, accounts, transactions, batch: 1_000 };
  const runs = Array.from({ length: bench.sizes.rounds + WARM_UP }, () => onOwnTime(() => runPipeline(input))).slice(
    WARM_UP,
  );
  const names = Object.keys(runs[0]!.stages);
  const middle = Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run.stages[name] ?? 0))]));
  return { ...runs[0]!, stages: middle };
}

export async function stagesPart(bench: Bench): Promise<PartResult> {
  const detail = pipelineStages(bench);
  const total = Object.values(detail.stages).reduce((sum, each) => sum + each, 0);
  const rows: Row[] = Object.entries(detail.stages).map(([name, each]) => ({ name, value: us(each) }));
  rows.push({ name: "sum", value: us(total), beside: `${perSecond(1e6 / total)} in one thread, no I/O` });
  return { figures: {}, detail: { ...detail, totalUs: total }, rows };
}

/** What lies between the stages; `npm run model` needs it. */
export async function platformPart(bench: Bench): Promise<PartResult> {
  const detail = await inWorkerd("platform", { rounds: Math.max(3, bench.sizes.rounds) });
  return {
    figures: {},
    detail,
    rows: [
      { name: "a call of an object", value: us(detail.callUs) },
      { name: "a byte in a call", value: `${detail.callNsPerByte.toFixed(2)} ns` },
      { name: "a durable row", value: us(detail.rowUs) },
      { name: "a byte in a row", value: `${detail.rowNsPerByte.toFixed(2)} ns` },
    ],
  };
}
