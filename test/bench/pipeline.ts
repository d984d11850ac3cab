/**
 * The chain's own code in one thread with nothing around it: the real state machines and the real WASM, messages handed
 * over at once, storage a Map. Every stage is timed where it happens, so that the sum is the CPU a transaction costs
 * before HTTP, object calls and SQLite.
 */
import { createHash } from "node:crypto";
import { IndexMachine } from "../../shared/ledger/index-machine.ts";
import { LedgerMachine } from "../../shared/ledger/ledger-machine.ts";
import { ledgerShape } from "../../shared/ledger/ledger-shape.ts";
import type {
  Effect,
  Machine,
  MessageEvent,
  StorageView,
  StoredItem,
  TimerEvent,
} from "../../shared/protocol/actor.ts";
import { shardSeeds } from "../../shared/protocol/context.ts";
import type { NodeId } from "../../shared/protocol/messages.ts";
import { BuilderMachine } from "../../shared/scheduling/builder-machine.ts";
import { LaneMachine, type SubmitEvent } from "../../shared/scheduling/lane-machine.ts";
import { Planner } from "../../shared/scheduling/planner.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { encodeAccountList, shardOf } from "../../shared/state/accounts.ts";
import { DEFAULT_CHECKPOINT } from "../../shared/state/shard-config.ts";
import { ShardEngine } from "../../shared/state/shard-engine.ts";
import { ShardMachine } from "../../shared/state/shard-machine.ts";
import { WasmInstance } from "../../shared/svm/wasm-instance.ts";
import { ingestBody } from "./wallets.ts";

export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** Microseconds spent, by stage. */
export type Stages = Record<string, number>;

export class MemoryStorage implements StorageView {
  readonly #tables = new Map<string, Map<number, Uint8Array>>();
  rows = 0;
  #table(name: string): Map<number, Uint8Array> {
    let table = this.#tables.get(name);
    if (!table) {
      table = new Map();
      this.#tables.set(name, table);
    }
    return table;
  }
  get(name: string, id: number): Uint8Array | undefined {
    return this.#table(name).get(id);
  }
  *list(name: string, from = 0, to = Number.MAX_SAFE_INTEGER): Generator<StoredItem> {
    for (const id of [...this.#table(name).keys()].sort((a, b) => a - b)) {
      if (id >= from && id <= to) yield { id, bytes: this.#table(name).get(id)! };
    }
  }
  put(name: string, id: number, bytes: Uint8Array): void {
    this.rows++;
    this.#table(name).set(id, bytes.slice());
  }
  delete(name: string, from: number, to: number): void {
    for (const id of this.#table(name).keys()) if (id >= from && id <= to) this.#table(name).delete(id);
  }
}

type AnyMachine = Machine<SubmitEvent | TimerEvent | MessageEvent>;

/** Wraps every method of `target` so that its time goes to a stage. */
function timedPort<T extends object>(target: T, stageOf: Record<string, string>, stages: Stages): T {
  return new Proxy(target, {
    get(object, name) {
      const value = Reflect.get(object, name, object);
      if (typeof value !== "function") return value;
      const stage = stageOf[String(name)];
      if (!stage) return value.bind(object);
      return (...args: unknown[]) => {
        const start = performance.now();
        try {
          return value.apply(object, args);
        } finally {
          stages[stage] = (stages[stage] ?? 0) + (performance.now() - start) * 1000;
        }
      };
    },
  });
}

export interface PipelineResult {
  /** Microseconds a transaction, by stage. */
  readonly stages: Stages;
  readonly transactions: number;
  readonly blocks: number;
  readonly crossShardShare: number;
}

export interface PipelineInput {
  readonly module: WebAssembly.Module;
  readonly shardCount: number;
  readonly genesisHash: Uint8Array;
  readonly accounts: readonly Account[];
  /** Wire transactions on the genesis blockhash. */
  readonly transactions: readonly Uint8Array[];
  readonly batch: number;
}

export function runPipeline(input: PipelineInput): PipelineResult {
  const { module, shardCount, genesisHash } = input;
  const stages: Stages = {};
  const seeds = shardSeeds(sha256, genesisHash);
  const byShard = Array.from({ length: shardCount }, (_, shard) =>
    input.accounts.filter((account) => shardOf(account.key, shardCount, seeds) === shard),
  );
  const planner = timedPort(
    new Planner(module, { shardCount, ...seeds }),
    { admit: "order", cut: "plan", setContext: "order" },
    stages,
  );
  const builder = new BuilderMachine(planner, sha256, {
    shardCount,
    slotMs: 1,
    heartbeatMs: 1000,
    heightStride: 8,
    genesisHash,
    genesisTimestamp: 1_700_000_000,
  });
  const machines = new Map<NodeId, AnyMachine>([
    ["builder", builder as AnyMachine],
    ["index-0", new IndexMachine() as AnyMachine],
    ["lane-0", new LaneMachine(sha256) as AnyMachine],
    [
      "ledger-0",
      new LedgerMachine({
        ...ledgerShape(),
        generation: 0,
        genesisHash,
        genesisTimestamp: 1_700_000_000,
        genesisLamports: byShard.map((own) => own.reduce((sum, account) => sum + account.lamports, 0n)),
      }) as AnyMachine,
    ],
  ]);
  const engineStages = {
    begin: "lease",
    loan: "lease",
    receiveLoan: "lease",
    returned: "lease",
    receiveReturn: "lease",
    executeSome: "execute",
    commit: "commit",
  };
  for (let shard = 0; shard < shardCount; shard++) {
    const engine = timedPort(
      new ShardEngine(module, { shardIndex: shard, shardCount, ...seeds }),
      engineStages,
      stages,
    );
    const genesis = encodeAccountList(byShard[shard]!);
    machines.set(
      `shard-${shard}`,
      new ShardMachine(engine, { shard, ...DEFAULT_CHECKPOINT }, () => genesis) as AnyMachine,
    );
  }
  const storages = new Map([...machines.keys()].map((id) => [id, new MemoryStorage()]));
  const queue: { to: NodeId; event: SubmitEvent | TimerEvent | MessageEvent }[] = [];
  let now = 1_700_000_000_000;
  const self = (id: NodeId) => (id.startsWith("shard") ? "shard machine" : `${id.split("-")[0]} machine`);
  const apply = (id: NodeId, effects: readonly Effect[]) => {
    const storage = storages.get(id)!;
    for (const effect of effects) {
      if (effect.type === "put") storage.put(effect.table, effect.id, effect.bytes);
      else if (effect.type === "delete") storage.delete(effect.table, effect.from, effect.to);
      else if (effect.type === "send" && machines.has(effect.to)) {
        queue.push({ to: effect.to, event: { type: "message", from: id, message: effect.message } });
      } else if (effect.type === "timer" && effect.name !== "retry") {
        queue.push({ to: id, event: { type: "timer", name: effect.name } });
      }
    }
  };
  const total = () => Object.values(stages).reduce((sum, value) => sum + value, 0);
  const drain = () => {
    for (let item = queue.shift(); item; item = queue.shift()) {
      now += 2;
      const start = performance.now();
      const inner = total();
      const effects = machines.get(item.to)!.step(item.event, now);
      const own = (performance.now() - start) * 1000 - (total() - inner);
      stages[self(item.to)] = (stages[self(item.to)] ?? 0) + own;
      apply(item.to, effects);
    }
  };
  for (const [id, machine] of machines) apply(id, machine.boot(storages.get(id)!, now));
  drain();
  const edge = timedPort(new WasmInstance(module), {}, stages);
  const stage = <T>(name: string, work: () => T): T => {
    const start = performance.now();
    const value = work();
    stages[name] = (stages[name] ?? 0) + (performance.now() - start) * 1000;
    return value;
  };
  let token = 0;
  for (let at = 0; at < input.transactions.length; at += input.batch) {
    const batch = ingestBody(input.transactions.slice(at, at + input.batch));
    const parsed = stage("parse", () => {
      edge.call("txParseBatch", batch);
      return edge.out();
    });
    const count = new DataView(parsed.buffer).getUint32(0, true);
    const frame = parsed.slice(count * 4);
    new DataView(frame.buffer).setUint32(0, count, true);
    const verified = stage("verify", () => {
      edge.call("txVerifyFrame", frame);
      return edge.out();
    });
    const good = verified.slice(4 + count - 4);
    new DataView(good.buffer).setUint32(0, count, true);
    apply("lane-0", machines.get("lane-0")!.step({ type: "submit", token: token++, frame: good }, now));
    drain();
  }
  drain();
  const { proposed, crossShard, blocks } = builder.totals;
  const each = Object.fromEntries(Object.entries(stages).map(([name, us]) => [name, us / proposed]));
  return { stages: each, transactions: proposed, blocks, crossShardShare: crossShard / proposed };
}
