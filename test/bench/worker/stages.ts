/** The WASM stages after the signature check, one at a time, inside workerd: parse, plan, execute. */
import { resultOffsets } from "../../../shared/protocol/block.ts";
import { viewOf } from "../../../shared/protocol/bytes.ts";
import { encodeContext } from "../../../shared/protocol/context.ts";
import { LIST } from "../../../shared/protocol/layouts/account.ts";
import { PROP, PROP_FLAG_DETAIL } from "../../../shared/protocol/layouts/proposal.ts";
import { RESULT } from "../../../shared/protocol/layouts/result.ts";
import { fillProposal } from "../../../shared/scheduling/fill-proposal.ts";
import { Planner } from "../../../shared/scheduling/planner.ts";
import { ShardEngine } from "../../../shared/state/shard-engine.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { median } from "../measure.ts";
import { takeTurns } from "./rounds.ts";
import { accountList, type Choose, type Kind, transferBatch, uniform, zipf } from "./workload.ts";

const SEEDS = { seed0: 1n, seed1: 2n };
const GENESIS = new Uint8Array(32).fill(7);

const blockhash = (slot: number): Uint8Array => {
  const hash = new Uint8Array(32).fill(slot + 7);
  new DataView(hash.buffer).setUint32(0, Math.imul(slot + 1, 0x9e3779b1));
  return hash;
};

function contextOf(slot: number): Uint8Array {
  const hashes = Array.from({ length: Math.min(slot, 512) }, (_, i) => blockhash(slot - 1 - i));
  return encodeContext({ slot, view: 0, unixTimestamp: 1_700_000_000, epochStartTimestamp: 1_700_000_000, hashes });
}

/** The frame of a batch whose transactions are all good. */
function frameOf(wasm: WasmInstance, batch: Uint8Array): Uint8Array {
  const count = wasm.call("txParseBatch", batch);
  const frame = wasm.out().subarray(count * 4);
  new DataView(frame.buffer, frame.byteOffset).setUint32(0, count, true);
  return frame;
}

export interface ParseResult {
  /** Nanoseconds a transaction: the export alone, with the bytes already in its memory. */
  readonly parseNs: number;
  /** With the copies in and out. */
  readonly parseCopiedNs: number;
  /** As parseNs, of version 1. */
  readonly parseV1Ns: number;
  readonly transactions: number;
}

export async function benchParse(module: WebAssembly.Module, rounds: number): Promise<ParseResult> {
  const wasm = new WasmInstance(module);
  const count = 1_000;
  const batchOf = (kind: Kind) =>
    transferBatch({ kind, count, blockhash: GENESIS, choose: uniform(100_000, 1), first: 0 });
  /** Runs over a batch in the memory of an instance of its own. */
  const parser = (of: WasmInstance, batch: Uint8Array) => {
    const at = of.write(batch);
    const parse = () => {
      of.exports.txParseBatch!(at, batch.length);
    };
    parse();
    const codes = new Int32Array(of.out().slice(4, 4 + count * 4).buffer);
    if (codes.some((code) => code !== 0)) throw new Error("a transaction does not parse");
    return parse;
  };
  const batch = batchOf("sol");
  const parse = parser(wasm, batch);
  const parseV1 = parser(new WasmInstance(module), batchOf("v1"));
  const copied = () => {
    wasm.call("txParseBatch", batch);
    wasm.out();
  };
  const sides = [
    { operations: count, run: parse },
    { operations: count, run: copied },
    { operations: count, run: parseV1 },
  ];
  const [parseUs, copiedUs, v1Us] = (await takeTurns(rounds, sides)).us;
  return {
    parseNs: parseUs! * 1000,
    parseCopiedNs: copiedUs! * 1000,
    parseV1Ns: v1Us! * 1000,
    transactions: count,
  };
}

export interface PlanResult {
  /** Nanoseconds a transaction. */
  readonly admitNs: number;
  readonly cutNs: number;
  readonly blocks: number;
  readonly groups: number;
  readonly largestGroup: number;
  readonly crossShard: number;
}

export interface PlanOptions {
  readonly rounds: number;
  readonly transactions: number;
  readonly accounts: number;
  readonly shards: number;
  readonly zipf: number | null;
}

/** Duplicates, union-find and placement of so many transactions; fresh ones every round. */
export async function benchPlan(module: WebAssembly.Module, options: PlanOptions): Promise<PlanResult> {
  const { rounds, transactions, accounts, shards } = options;
  const choose = options.zipf === null ? uniform(accounts, 5) : zipf(accounts, options.zipf, 5);
  const edge = new WasmInstance(module);
  const planner = new Planner(module, { shardCount: shards, ...SEEDS });
  const admit: number[] = [];
  const cut: number[] = [];
  let last = { blocks: 0, groups: 0, largestGroup: 0, crossShard: 0 };
  // The clock has steps of a millisecond, which is a large part of one plan: many plans are added up to a round.
  const repeats = Math.ceil(50_000 / transactions);
  for (let round = -1, slot = 1; round < rounds; round++) {
    let admitMs = 0;
    let cutMs = 0;
    for (let repeat = 0; repeat < repeats; repeat++, slot++) {
      planner.setContext(contextOf(slot));
      const first = slot * transactions;
      const hash = blockhash(slot - 1);
      const frame = frameOf(edge, transferBatch({ kind: "sol", count: transactions, blockhash: hash, choose, first }));
      const start = performance.now();
      planner.admit(frame);
      admitMs += performance.now() - start;
      last = { blocks: 0, groups: 0, largestGroup: 0, crossShard: 0 };
      while (planner.waiting() > 0) {
        const cutStart = performance.now();
        const block = planner.cut();
        cutMs += performance.now() - cutStart;
        last = {
          blocks: last.blocks + 1,
          groups: last.groups + block.numGroups,
          largestGroup: Math.max(last.largestGroup, block.largestGroup),
          crossShard: last.crossShard + block.numCrossShard,
        };
      }
    }
    if (round < 0) continue;
    admit.push((admitMs * 1e6) / (repeats * transactions));
    cut.push((cutMs * 1e6) / (repeats * transactions));
  }
  return { admitNs: median(admit), cutNs: median(cut), ...last };
}

export interface ExecuteOptions {
  readonly kind: Kind;
  /** Account list of the carried programs, base64. */
  readonly carried: string;
  /** Accounts in the store. */
  readonly accounts: number;
  readonly rounds: number;
  readonly transactions: number;
}

export interface ExecuteResult {
  /** Nanoseconds a transaction: duplicates and age. */
  readonly admitNs: number;
  /** Proposal checked and copied. */
  readonly beginNs: number;
  /** Without and with detail in the results. */
  readonly executeNs: number;
  readonly executeDetailNs: number;
  readonly commitNs: number;
  readonly commitDetailNs: number;
  readonly rowBytes: number;
  readonly rowBytesDetail: number;
  readonly storeBytes: number;
  readonly accounts: number;
}

const LOAD_CHUNK = 50_000;

function loadStore(engine: ShardEngine, kind: Kind, accounts: number): Choose {
  const wallets = kind === "token" ? Math.floor(accounts / 2) : accounts;
  for (let at = 0; at < wallets; at += LOAD_CHUNK) {
    const to = Math.min(wallets, at + LOAD_CHUNK);
    engine.load(accountList("wallet", at, to), 0);
    if (kind === "token") engine.load(accountList("token", at, to), 0);
  }
  return uniform(wallets, 11);
}

/** How many of the slot's transactions landed without an error. */
function landed(engine: ShardEngine, slot: number, transactions: number): number {
  const results = engine.outcomeAt(slot)!.results.subarray(LIST.HEADER);
  const isGood = (at: number) => results[at + RESULT.LANDED] === 1 && results[at + RESULT.TX_ERROR] === 0;
  return resultOffsets(results, transactions).filter(isGood).length;
}

export async function benchExecute(module: WebAssembly.Module, options: ExecuteOptions): Promise<ExecuteResult> {
  const { kind, accounts, rounds, transactions } = options;
  const edge = new WasmInstance(module);
  const planner = new Planner(module, { shardCount: 1, ...SEEDS });
  const carried = new Uint8Array(Buffer.from(options.carried, "base64"));
  const engine = new ShardEngine(module, { shardIndex: 0, shardCount: 1, ...SEEDS, carried });
  const choose = loadStore(engine, kind, accounts);
  const times = {
    admit: [] as number[],
    begin: [] as number[],
    execute: [] as number[],
    executeDetail: [] as number[],
    commit: [] as number[],
    commitDetail: [] as number[],
  };
  const rowBytes = [0, 0];
  const repeats = Math.ceil(50_000 / transactions);
  let slot = 1;
  let previous = 0;
  for (let round = -2; round < rounds * 2; round++) {
    const detail = round & 1;
    const spent = { admit: 0, begin: 0, execute: 0, commit: 0 };
    const time = <T>(name: keyof typeof spent, work: () => T): T => {
      const start = performance.now();
      const value = work();
      spent[name] += performance.now() - start;
      return value;
    };
    let done = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const hash = blockhash(slot - 1);
      planner.setContext(contextOf(slot));
      const first = slot * transactions;
      const frame = frameOf(edge, transferBatch({ kind, count: transactions, blockhash: hash, choose, first }));
      time("admit", () => planner.admit(frame));
      while (planner.waiting() > 0) {
        const context = contextOf(slot);
        planner.setContext(context);
        const block = planner.cut();
        const { proposal } = block.shards[0]!;
        const fields = { view: 0, digest: blockhash(slot), prevSlot: previous, stableSlot: previous, context };
        fillProposal(proposal, { slot, ...fields });
        viewOf(proposal).setUint32(PROP.FLAGS, detail ? PROP_FLAG_DETAIL : 0, true);
        const began = time("begin", () => engine.begin(proposal));
        if (began !== 0) throw new Error(`the proposal is refused: ${began}`);
        const executed = time("execute", () => engine.execute());
        if (executed !== 0) throw new Error(`the slot does not execute: ${executed}`);
        const row = time("commit", () => engine.commit());
        rowBytes[detail] = row.length / block.numTransactions;
        engine.stable(previous);
        if (landed(engine, slot, block.numTransactions) !== block.numTransactions) throw new Error("a transfer fails");
        done += block.numTransactions;
        previous = slot++;
      }
    }
    if (round < 0) continue;
    const each = (ms: number) => (ms * 1e6) / done;
    times.admit.push(each(spent.admit));
    times.begin.push(each(spent.begin));
    times[detail ? "executeDetail" : "execute"].push(each(spent.execute));
    times[detail ? "commitDetail" : "commit"].push(each(spent.commit));
  }
  return {
    admitNs: median(times.admit),
    beginNs: median(times.begin),
    executeNs: median(times.execute),
    executeDetailNs: median(times.executeDetail),
    commitNs: median(times.commit),
    commitDetailNs: median(times.commitDetail),
    rowBytes: rowBytes[0]!,
    rowBytesDetail: rowBytes[1]!,
    storeBytes: engine.instance.memory.buffer.byteLength,
    accounts: engine.count(),
  };
}
