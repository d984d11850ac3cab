/**
 * The network as a queueing model: edges, lanes, the builder, shards, the ledger, each a server that does one thing after
 * another, with the chain's own limits (slot time, block size, pipeline, pool, lane window).
 *
 *   connections ─▶ edge ─▶ lane ─(pool has room)─▶ builder ─(slot)─▶ shards: loans ─ execute ─ returns ─ commit
 *                                                     ▲                 │
 *                                     ledger ◀── seals the block ◀──────┘
 */
import { HEIGHT_STEP_MS, LANE_WINDOW_BYTES } from "../../shared/protocol/limits.ts";
import { Clock, Server } from "./clock.ts";
import { BYTES, type Costs } from "./costs.ts";
import { KnownMessages } from "./known.ts";
import { type BlockPlan, Planner, type Workload } from "./plan.ts";

export interface Scenario extends Workload {
  readonly edges: number;
  readonly lanes: number;
  /** Transactions/s that clients try to send; connections hold back what is not answered yet. */
  readonly offeredPerSecond: number;
  readonly connections: number;
  /** Transactions of a request. */
  readonly batch: number;
  readonly slotMs: number;
  /** Transactions of the largest block. */
  readonly blockTransactions: number;
  /** Blocks between proposal and the ledger's answer. */
  readonly pipeline: number;
  /** One way between two objects, milliseconds. */
  readonly networkMs: number;
  /** All objects on one core, as in one workerd process. */
  readonly oneProcess: boolean;
  /** Share of the transactions whose outcome a client waits for over a stream. */
  readonly watchedShare: number;
  /** Messages that a shard knows at the most, and for how long each must be known, milliseconds. */
  readonly maxKnown: number;
  readonly windowMs: number;
  readonly seconds: number;
  /** Transactions to send in all; the rate is then theirs, from the first request to the last block. 0: no end. */
  readonly transactions: number;
}

export interface Outcome {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the time that the busiest server of each kind works. */
  readonly busy: Readonly<Record<string, number>>;
  readonly saturatesFirst: string;
  readonly blockSize: number;
  /** Messages known to the shard that knows most, at the most. */
  readonly known: number;
  /** Share of the block in its largest conflict group, on average. */
  readonly largestGroup: number;
}

/** Transactions the builder keeps waiting (wasm/scheduling/limits.ts). */
const POOL = 65_536;
/** Bytes a lane holds that the builder has not taken, and when a client that was turned away asks again (lane machine). */
const LANE_BYTES = 32 << 20;
const LANE_RETRY_US = 100_000;
const HEIGHT_US = HEIGHT_STEP_MS * 1000;
const WARM_UP = 0.25;
/** CPU of finding the signatures that somebody waits for, a transaction of a block that has any, microseconds: counted, not measured. */
const WATCH_US = 0.5;
/** Signature and place of a registration. */
const REGISTRATION_BYTES = 68;

interface Lane {
  readonly server: Server;
  readonly queue: Batch[];
  held: number;
  /** Bytes sent to the builder that are in no proposal yet. */
  onWire: number;
}

interface Batch {
  readonly lane: Lane;
  readonly count: number;
  readonly sentAt: number;
}

type Phase = "lending" | "executing" | "executed" | "committing";

interface Block {
  readonly count: number;
  readonly plan: BlockPlan;
  readonly sent: readonly Batch[];
  readonly loansMissing: number[];
  readonly returnsMissing: number[];
  /** Of each shard: how far it is. */
  readonly phase: Phase[];
  committed: number;
}

export class NetworkModel {
  readonly #scenario: Scenario;
  readonly #costs: Costs;
  readonly #clock = new Clock();
  readonly #planner: Planner;
  readonly #servers: Server[] = [];
  readonly #edges: Server[];
  readonly #lanes: Lane[];
  readonly #builder: Server;
  readonly #shards: { server: Server; queue: Block[]; open: Block | undefined }[];
  readonly #ledger: Server;
  readonly #subscriptions: Server;
  #pool: Batch[] = [];
  #pooled = 0;
  /** Places of the pool taken by what waits there or is on its way. */
  #reserved = 0;
  #sent = 0;
  #inFlight = 0;
  #lastCut = Number.NEGATIVE_INFINITY;
  #ticking = false;
  readonly #stored: { at: number; count: number; latencyUs: number }[] = [];
  #blocks = 0;
  #proposed = 0;
  #largest = 0;
  readonly #known: KnownMessages;
  #pumpArmed = false;

  constructor(scenario: Scenario, costs: Costs) {
    this.#scenario = scenario;
    this.#costs = costs;
    this.#planner = new Planner(scenario);
    const process = new Server(this.#clock, "process");
    const server = (name: string) => {
      const own = scenario.oneProcess ? process : new Server(this.#clock, name);
      if (!this.#servers.includes(own)) this.#servers.push(own);
      return own;
    };
    this.#edges = Array.from({ length: scenario.edges }, () => server("edge"));
    this.#lanes = Array.from({ length: scenario.lanes }, () => ({
      server: server("lane"),
      queue: [],
      held: 0,
      onWire: 0,
    }));
    this.#builder = server("builder");
    this.#shards = Array.from({ length: scenario.shards }, () => ({
      server: server("shard"),
      queue: [],
      open: undefined,
    }));
    this.#ledger = server("ledger");
    this.#subscriptions = server("subscriptions");
    this.#known = new KnownMessages(scenario);
  }

  run(): Outcome {
    const { connections, seconds } = this.#scenario;
    for (let i = 0; i < connections; i++) this.#connection(i, 0);
    const start = this.#scenario.transactions > 0 ? 0 : seconds * WARM_UP * 1e6;
    this.#clock.run(start);
    const before = this.#servers.map((server) => server.busyUs);
    this.#clock.run(seconds * 1e6);
    return this.#outcome(start, before);
  }

  #outcome(start: number, before: readonly number[]): Outcome {
    const { seconds } = this.#scenario;
    const window = seconds * 1e6 - start;
    const busy: Record<string, number> = {};
    this.#servers.forEach((server, i) => {
      // Work given but not yet done counts no more than the time there was.
      const share = Math.min(1, (server.busyUs - before[i]!) / window);
      busy[server.name] = Math.max(busy[server.name] ?? 0, share);
    });
    const { slotMs, blockTransactions, transactions } = this.#scenario;
    const done = this.#stored.filter(({ at }) => at >= start);
    const perSecond = transactions > 0 ? wholeRate(done) : rateOf(done);
    busy["block limit"] = perSecond / ((blockTransactions * 1000) / slotMs);
    const latencies = done.map(({ latencyUs }) => latencyUs / 1000).sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
    return {
      perSecond,
      p50Ms: at(0.5) ?? Number.NaN,
      p99Ms: at(0.99) ?? Number.NaN,
      busy,
      saturatesFirst: Object.entries(busy).sort(([, a], [, b]) => b - a)[0]![0],
      known: this.#known.most,
      blockSize: this.#blocks > 0 ? this.#proposed / this.#blocks : 0,
      largestGroup: this.#blocks > 0 ? this.#largest / this.#blocks : 0,
    };
  }

  /** Work at both ends of a call that carries `bytes`. */
  #call(from: Server, to: Server, bytes: number, workUs: number, done: () => void): void {
    const { callUs, callNsPerByte } = this.#costs.platform;
    const endUs = (callUs + (bytes * callNsPerByte) / 1000) / 2;
    from.work(endUs, () => this.#clock.after(this.#scenario.networkMs * 1000, () => to.work(endUs + workUs, done)));
  }

  #rowUs(bytes: number): number {
    const { rowCpuUs, rowNsPerByte } = this.#costs.platform;
    return rowCpuUs + (bytes * rowNsPerByte) / 1000;
  }

  /** Sends one batch after another, not before its time, and not before the last one is answered. */
  #connection(i: number, round: number): void {
    const { batch, offeredPerSecond, connections, transactions } = this.#scenario;
    if (transactions > 0 && this.#sent >= transactions) return;
    this.#sent += batch;
    const interval = (connections * batch * 1e6) / offeredPerSecond;
    const dueAt = (round + i / connections) * interval;
    const send = (): void => {
      const edge = this.#edges[i % this.#edges.length]!;
      const lane = this.#lanes[(i + round) % this.#lanes.length]!;
      if ((lane.held + batch) * BYTES.record > LANE_BYTES) {
        this.#clock.after(LANE_RETRY_US, send);
        return;
      }
      lane.held += batch;
      const sent = { lane, count: batch, sentAt: this.#clock.now };
      const { edgeUs, laneUs } = this.#costs.stages;
      edge.work(this.#costs.platform.requestUs + batch * edgeUs, () => {
        const bytes = batch * BYTES.record;
        this.#call(edge, lane.server, bytes, batch * laneUs + this.#rowUs(bytes), () => {
          this.#clock.after(this.#costs.platform.rowUs, () => {
            lane.queue.push(sent);
            this.#pump();
            this.#connection(i, round + 1);
          });
        });
      });
    };
    this.#clock.after(Math.max(0, dueAt - this.#clock.now), send);
  }

  /** Lanes send on what the builder has room for. */
  #pump(): void {
    for (const lane of this.#lanes) {
      const { server, queue } = lane;
      while (queue.length > 0 && this.#reserved + queue[0]!.count <= POOL) {
        const bytes = queue[0]!.count * BYTES.record;
        if (lane.onWire > 0 && lane.onWire + bytes > LANE_WINDOW_BYTES) break;
        if (!this.#known.takes(this.#clock.now)) {
          this.#pumpLater();
          return;
        }
        const batch = queue.shift()!;
        lane.onWire += bytes;
        this.#reserved += batch.count;
        lane.held -= batch.count;
        const admitUs = batch.count * this.#costs.stages.admitUs;
        this.#call(server, this.#builder, batch.count * BYTES.record, admitUs, () => {
          this.#pool.push(batch);
          this.#pooled += batch.count;
          this.#arm();
        });
      }
    }
  }

  /** While a shard is full of known messages the builder takes a frame a block height (shared/scheduling/known-book.ts). */
  #pumpLater(): void {
    if (this.#pumpArmed) return;
    this.#pumpArmed = true;
    this.#clock.after(HEIGHT_US, () => {
      this.#pumpArmed = false;
      this.#pump();
    });
  }

  #arm(): void {
    if (this.#ticking || this.#pooled === 0 || this.#inFlight >= this.#scenario.pipeline) return;
    this.#ticking = true;
    const waitUs = Math.max(0, this.#lastCut + this.#scenario.slotMs * 1000 - this.#clock.now);
    this.#clock.after(waitUs, () => this.#builder.work(0, () => this.#cut()));
  }

  #cut(): void {
    const { shards } = this.#scenario;
    this.#ticking = false;
    this.#lastCut = this.#clock.now;
    const count = Math.min(this.#pooled, this.#scenario.blockTransactions);
    const block: Block = {
      count,
      plan: this.#planner.block(count),
      sent: this.#take(count),
      loansMissing: new Array(shards).fill(0),
      returnsMissing: new Array(shards).fill(0),
      phase: new Array(shards).fill("lending"),
      committed: 0,
    };
    this.#inFlight++;
    this.#blocks++;
    this.#proposed += count;
    this.#largest += block.plan.largestGroup;
    const leased = block.plan.leases.reduce((sum, each) => sum + each, 0);
    const rowBytes = count * (BYTES.record + 4) + leased * BYTES.leaseEntries;
    const { cutUs, builderUs } = this.#costs.stages;
    const workUs = count * (cutUs + builderUs / 2) + this.#rowUs(rowBytes);
    this.#builder.work(workUs, () =>
      this.#clock.after(this.#costs.platform.rowUs, () => {
        this.#pump();
        this.#shards.forEach((shard, s) => {
          const bytes = block.plan.transactions[s]! * BYTES.proposed + (leased * BYTES.leaseEntries) / shards;
          this.#call(this.#builder, shard.server, bytes, 0, () => {
            shard.queue.push(block);
            this.#begin(s);
          });
        });
        this.#arm();
      }),
    );
  }

  #take(count: number): Batch[] {
    const sent: Batch[] = [];
    for (let left = count; left > 0; ) {
      const first = this.#pool[0]!;
      const taken = Math.min(left, first.count);
      first.lane.onWire -= taken * BYTES.record;
      sent.push({ ...first, count: taken });
      if (taken === first.count) this.#pool.shift();
      else this.#pool[0] = { ...first, count: first.count - taken };
      left -= taken;
    }
    this.#pooled -= count;
    this.#reserved -= count;
    return sent;
  }

  /** The next block of a shard: lends what others need. */
  #begin(s: number): void {
    const shard = this.#shards[s]!;
    if (shard.open || shard.queue.length === 0) return;
    const block = shard.queue.shift()!;
    shard.open = block;
    const { shards } = this.#scenario;
    for (let other = 0; other < shards; other++) {
      const lent = block.plan.leases[s * shards + other]!;
      const borrowed = block.plan.leases[other * shards + s]!;
      if (borrowed > 0) block.loansMissing[s]!++;
      if (lent > 0) {
        block.returnsMissing[s]!++;
        this.#lease(s, other, lent, () => {
          block.loansMissing[other]!--;
          this.#advance(other, block);
        });
      }
    }
    this.#advance(s, block);
  }

  /** Moves accounts: a quarter of what a lease costs, at each end. */
  #lease(from: number, to: number, accounts: number, done: () => void): void {
    const quarterUs = (accounts * this.#costs.stages.leaseUs) / 4;
    this.#shards[from]!.server.work(quarterUs, () => {
      const bytes = accounts * BYTES.account;
      this.#call(this.#shards[from]!.server, this.#shards[to]!.server, bytes, quarterUs, done);
    });
  }

  /** A loan may come before this shard has begun the block: then another one is still open, or none. */
  #advance(s: number, block: Block): void {
    if (this.#shards[s]!.open !== block) return;
    if (block.phase[s] === "lending" && block.loansMissing[s] === 0) {
      block.phase[s] = "executing";
      this.#execute(s, block);
    } else if (block.phase[s] === "executed" && block.returnsMissing[s] === 0) {
      block.phase[s] = "committing";
      this.#commit(s, block);
    }
  }

  #execute(s: number, block: Block): void {
    const { shards } = this.#scenario;
    this.#shards[s]!.server.work(block.plan.transactions[s]! * this.#costs.stages.executeUs, () => {
      block.phase[s] = "executed";
      for (let other = 0; other < shards; other++) {
        const borrowed = block.plan.leases[other * shards + s]!;
        if (borrowed === 0) continue;
        this.#lease(s, other, borrowed, () => {
          block.returnsMissing[other]!--;
          this.#advance(other, block);
        });
      }
      this.#advance(s, block);
    });
  }

  #commit(s: number, block: Block): void {
    const shard = this.#shards[s]!;
    const count = block.plan.transactions[s]!;
    this.#known.add(s, count, this.#clock.now);
    const rowBytes = count * (2 * BYTES.account + BYTES.result);
    shard.server.work(count * this.#costs.stages.commitUs + this.#rowUs(rowBytes), () => {
      shard.open = undefined;
      this.#begin(s);
      this.#clock.after(this.#costs.platform.rowUs, () =>
        this.#call(shard.server, this.#builder, count * BYTES.result, 0, () => {
          if (++block.committed === this.#scenario.shards) this.#seal(block);
        }),
      );
    });
  }

  #seal(block: Block): void {
    const { builderUs, ledgerUs } = this.#costs.stages;
    const bytes = block.count * (BYTES.record + BYTES.result);
    this.#builder.work((block.count * builderUs) / 2, () =>
      this.#call(this.#builder, this.#ledger, bytes, block.count * ledgerUs + this.#rowUs(bytes), () =>
        this.#clock.after(this.#costs.platform.rowUs, () => {
          for (const { count, sentAt } of block.sent) {
            this.#stored.push({ at: this.#clock.now, count, latencyUs: this.#clock.now - sentAt });
          }
          // The block goes on to the subscriptions; the builder hears that it is stored.
          const { watchedShare } = this.#scenario;
          const watchUs = watchedShare > 0 ? block.count * WATCH_US : 0;
          const registeredUs =
            (block.count * watchedShare * REGISTRATION_BYTES * this.#costs.platform.callNsPerByte) / 1000;
          this.#call(this.#ledger, this.#subscriptions, bytes, watchUs + registeredUs, () => {});
          this.#call(this.#ledger, this.#builder, 0, 0, () => {
            this.#inFlight--;
            this.#arm();
          });
        }),
      ),
    );
  }
}

/** From one block to the last, so that the size of blocks does not matter: the first one's transactions came before. */
function rateOf(stored: readonly { readonly at: number; readonly count: number }[]): number {
  const first = stored[0]?.at ?? 0;
  const last = stored.at(-1)?.at ?? 0;
  if (last === first) return 0;
  const count = stored.reduce((sum, each) => (each.at > first ? sum + each.count : sum), 0);
  return (count * 1e6) / (last - first);
}

function wholeRate(stored: readonly { readonly at: number; readonly count: number }[]): number {
  const last = stored.at(-1)?.at ?? 0;
  return last > 0 ? (stored.reduce((sum, { count }) => sum + count, 0) * 1e6) / last : 0;
}
