/**
 * One seed: a network, clients and faults from it; first safety under faults, then everything heals and liveness is demanded; then the oracle
 * judges, and judges again after every object has been restarted from what it has stored.
 */
import { EARLY_SLOTS, MAX_LANE_BYTES, PIPELINE_DEPTH } from "../../shared/protocol/limits.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { SYSTEM, TOKEN } from "../conformance/random-world.ts";
import { Clients } from "./clients.ts";
import { Cluster, type ClusterShape, type Sabotage } from "./cluster.ts";
import { Dice } from "./dice.ts";
import { demand, SimulationFailure } from "./failure.ts";
import { type FaultRates, Faults, ratesOf, WINDOW_MS } from "./faults.ts";
import { checkLookups } from "./lookups.ts";
import { Oracle, type Verdict } from "./oracle.ts";
import { programAccounts } from "./programs.ts";
import { Repeats } from "./repeats.ts";
import { type Batch, makeWorkload } from "./workload.ts";
import { COLD, HOT, LIBRARIES, NEW, NONCES, PURSES, plainAccounts, tokenLibrary } from "./world.ts";

export interface RunOptions {
  readonly seed: number;
  readonly shards?: number;
  readonly transactions?: number;
  readonly rates?: Partial<FaultRates>;
  readonly shape?: Partial<ClusterShape>;
  /** Only these faults come to pass. */
  readonly onlyFaults?: ReadonlySet<string>;
  /** Only these transactions are sent. */
  readonly onlyTransactions?: ReadonlySet<number>;
  readonly sabotage?: Sabotage;
  readonly trace?: (line: string) => void;
  /** Before the clients start: for scenarios. */
  readonly prepare?: (cluster: Cluster, clients: Clients) => void;
  /** Does not judge what is sent again; what comes of it is judged all the same. */
  readonly ignoreRepeats?: boolean;
  /** When all has come to rest, before everything is restarted. */
  readonly atRest?: (cluster: Cluster) => void;
  /** Instead of the seed's workload. */
  readonly workload?: readonly Batch[];
}

export interface RunReport {
  readonly seed: number;
  readonly failure: SimulationFailure | undefined;
  readonly verdict: Verdict | undefined;
  readonly faults: readonly string[];
  readonly transactions: readonly number[];
  readonly events: number;
  readonly crashes: number;
  readonly virtualMs: number;
}

/** After the faults are over everything must be decided in this time, milliseconds: it spans two watchdogs. */
const HEAL_MS = 60_000;
/** So often the limits are looked at, milliseconds. */
const LOOK_MS = 20;
const MAX_EVENTS = 200_000;

interface SeedShape extends ClusterShape {
  readonly tokens: number | undefined;
  readonly programs: boolean;
}

function shapeOf(dice: Dice, options: RunOptions): SeedShape {
  const tokens = dice.chance("tokens", 0.5) ? dice.below("token library", LIBRARIES) : undefined;
  const programs = dice.chance("programs", 0.5);
  const accounts: Account[] = [...plainAccounts(), ...(programs ? programAccounts() : [])];
  if (tokens !== undefined) accounts.push(...tokenLibrary(tokens).accounts);
  return {
    shards: options.shards ?? dice.pick("shards", [1, 2, 2, 3, 3, 4, 4, 5]),
    lanes: dice.between("lanes", 1, 3),
    slotMs: dice.pick("slot time", [5, 20, 50]),
    heartbeatMs: dice.pick("heartbeat", [50, 100, 400]),
    heightStride: dice.pick("height stride", [1, 1, 2, 8]),
    checkpointRows: dice.pick("checkpoint rows", [1, 2, 3, 8, 1000]),
    checkpointBytes: dice.pick("checkpoint bytes", [2_000, 20_000, 1 << 20]),
    // Nothing may stay, a few accounts, or all.
    memoryBytes: dice.pick("memory", [0, 0, 1_500, 5_000, 64 << 20]),
    pageBytes: dice.pick("page", [100, 400, 2_000, 65_536]),
    partBytes: dice.pick("part", [500, 3_000, 1 << 20]),
    mergeBytes: dice.pick("merge", [1, 500, 5_000, 1 << 20]),
    // One transaction a step, a few, or all.
    stepUnits: dice.pick("step", [1, 1, 3_000, 1 << 30]),
    ...ledgerShapeOf(dice),
    accounts,
    tokens,
    programs,
    ...options.shape,
  };
}

/** Half of the networks hand over to a new generation every few blocks, and to a wider index; some forget the old ones. */
function ledgerShapeOf(dice: Dice): Pick<ClusterShape, "ledger" | "index"> {
  const generationBytes = dice.pick("generation", [1, 3_000, 20_000, 1 << 30, 1 << 30]);
  const ledger = {
    generationBytes,
    indexBytes: dice.pick("index bytes", [1, 400, 4_000, 1 << 30, 1 << 30]),
    partitions: dice.pick("partitions", [1, 1, 2, 4]),
    feed: {
      blocks: dice.pick("batch blocks", [1, 2, 5, 64]),
      entries: dice.pick("batch entries", [4, 100, 1 << 18]),
      waiting: dice.pick("waiting entries", [8, 1 << 21]),
    },
    keep: dice.chance("keep", 0.3) ? { bytes: dice.pick("kept bytes", [1, 10_000, 60_000]) } : {},
  };
  const index = {
    pageEntries: dice.pick("index page", [1, 3, 16, 16_384]),
    fanIn: dice.pick("index fan-in", [2, 3, 8]),
    pageCacheBytes: dice.pick("index cache", [0, 500, 1 << 20]),
    filterCacheBytes: dice.pick("filter cache", [0, 100, 1 << 20]),
  };
  return { ledger, index };
}

/** Whether the chain gets old enough in the run for blockhashes to expire. */
const isLong = (dice: Dice): boolean => dice.chance("long", 0.08);

export function runSeed(options: RunOptions): RunReport {
  const dice = new Dice(options.seed);
  const { tokens, programs, ...shape } = shapeOf(dice, options);
  const rates = { ...ratesOf(dice), ...options.rates };
  const faults = new Faults(dice, rates, options.onlyFaults);
  const clients = new Clients(dice, options.ignoreRepeats ? undefined : new Repeats());
  const cluster = new Cluster(shape, faults, clients, options.sabotage, options.trace);
  const chosenMs = isLong(dice) ? 9_000 : dice.pick("active", [100, 400, 1500]);
  const activeMs = options.workload ? Math.max(...options.workload.map(({ atMs }) => atMs)) : chosenMs;
  const all =
    options.workload ??
    makeWorkload(dice, {
      transactions: options.transactions ?? dice.between("transactions", 8, 48),
      lanes: shape.lanes,
      activeMs,
      tokens: tokens === undefined ? undefined : tokenLibrary(tokens),
      programs,
    });
  const batches = all
    .map((batch) => ({
      ...batch,
      transactions: batch.transactions.filter(({ number }) => options.onlyTransactions?.has(number) ?? true),
    }))
    .filter((batch) => batch.transactions.length > 0);
  let verdict: Verdict | undefined;
  let failure: SimulationFailure | undefined;
  try {
    options.prepare?.(cluster, clients);
    clients.start(cluster, batches);
    if (!options.workload) scheduleExtras(dice, cluster, clients, activeMs);
    verdict = live(dice, cluster, clients, activeMs, options.atRest);
  } catch (error) {
    failure =
      error instanceof SimulationFailure
        ? error
        : new SimulationFailure("exception", error instanceof Error ? error.message : String(error), { cause: error });
  }
  return {
    seed: options.seed,
    failure,
    verdict,
    faults: [...faults.happened],
    transactions: batches.flatMap(({ transactions }) => transactions.map(({ number }) => number)),
    events: cluster.scheduler.count,
    crashes: [...cluster.nodes].reduce((sum, { crashes }) => sum + crashes, 0),
    virtualMs: cluster.scheduler.now,
  };
}

/** Reads of accounts, and somebody who watches the tip (which keeps an idle chain ticking). */
function scheduleExtras(dice: Dice, cluster: Cluster, clients: Clients, activeMs: number): void {
  const { scheduler, builder } = cluster;
  const keys = [...HOT, ...COLD, ...PURSES, ...NONCES];
  for (let i = 0; i < 12; i++) {
    const key = dice.pick(`read ${i}`, keys);
    scheduler.after(dice.below(`read time ${i}`, activeMs + 1000), () => clients.readAccount(key));
  }
  for (let window = 0; window * WINDOW_MS < activeMs + 1500; window++) {
    const at = window * WINDOW_MS + dice.below(`blackout time ${window}`, WINDOW_MS);
    scheduler.after(at, () => {
      const downMs = cluster.faults.blackout(window);
      if (downMs !== undefined) cluster.blackout(downMs);
    });
  }
  for (let i = 0; i < 4; i++) {
    const at = dice.below(`scan time ${i}`, activeMs + 1000);
    const shard = dice.below(`scanned shard ${i}`, cluster.shape.shards);
    scheduler.after(at, () => clients.scanShard(shard, i % 2 === 0 ? TOKEN : SYSTEM));
  }
  if (isLong(dice) || dice.chance("watched", 0.15)) {
    const at = dice.below("watch time", 300);
    scheduler.after(at, () => builder.event({ type: "watch" }));
  }
  if (dice.chance("clock", 0.2)) for (let i = 0; i < 5; i++) moveClock(dice, cluster, i, activeMs);
}

/** Further than sysvars, the ring of proposals, an epoch reach. */
const JUMPS = [2, 7, 600, 3_000, 432_000];

/** Moves the chain's clock, as on a network for development; where the builder is down nothing happens. */
function moveClock(dice: Dice, { scheduler, builder }: Cluster, i: number, activeMs: number): void {
  scheduler.after(dice.below(`clock time ${i}`, activeMs + 500), () => {
    const tip = builder.machine?.tip;
    if (!tip) return;
    const slot = tip.slot + dice.pick(`jump ${i}`, JUMPS);
    const unixTimestamp = tip.unixTimestamp + dice.below(`ahead ${i}`, 100_000);
    const command = dice.chance(`whole slots ${i}`, 0.7)
      ? ({ type: "slot", slot } as const)
      : ({ type: "time", unixTimestamp } as const);
    builder.event({ type: "clock", command });
  });
}

function live(dice: Dice, cluster: Cluster, clients: Clients, activeMs: number, atRest: RunOptions["atRest"]): Verdict {
  const { scheduler, faults } = cluster;
  const stopAt = activeMs + dice.between("faults go on", 0, 1500);
  for (let at = 0; at < stopAt; at += LOOK_MS) {
    scheduler.run(Math.min(at + LOOK_MS, stopAt), MAX_EVENTS);
    checkBounds(cluster);
  }
  faults.healed = true;
  cluster.trace?.("all faults end");
  for (const node of cluster.nodes) node.heal();
  const quiet = scheduler.run(stopAt + HEAL_MS, MAX_EVENTS);
  checkBounds(cluster);
  demand(quiet, "liveness", "the network does not come to rest");
  checkRest(cluster);
  const live = judge(cluster, clients);
  atRest?.(cluster);
  for (const node of cluster.nodes) node.kill(0);
  for (const node of cluster.nodes) node.wake();
  demand(scheduler.run(scheduler.now + HEAL_MS, MAX_EVENTS), "liveness", "no rest after the last restart");
  checkRest(cluster);
  judge(cluster, clients);
  checkLookups(cluster, [HOT[0]!, COLD[0]!, NEW[0]!]);
  return live;
}

function judge(cluster: Cluster, clients: Clients): Verdict {
  const machineOf = (key: Uint8Array) => cluster.shards[cluster.shardOf(key)]!.machine!;
  return new Oracle({
    shards: cluster.shape.shards,
    seeds: cluster.seeds,
    accounts: cluster.shape.accounts,
    realPrograms: cluster.shape.realPrograms ?? 0,
    blocks: cluster.blocks(),
    skips: cluster.builder.storage.count("clock") > 0,
    told: clients.told,
    sent: clients.sent.values(),
    laneFrames: clients.laneFrames,
    reads: clients.reads,
    scans: clients.scans,
    stateOf: (key) => machineOf(key).read(key, Number.MAX_SAFE_INTEGER).slice(8),
    changedKeys: cluster.knownKeys(),
    lamports: cluster.engines.map((engine) => engine!.lamports()),
  }).judge();
}

/** What may never happen, whenever one looks. */
function checkBounds(cluster: Cluster): void {
  for (const { machine, id } of cluster.lanes) {
    demand((machine?.heldBytes ?? 0) <= MAX_LANE_BYTES, "bound", `${id} holds more than it may`);
  }
  for (const { machine, id } of cluster.shards) {
    demand((machine?.early ?? 0) <= EARLY_SLOTS, "bound", `${id} keeps messages of ${machine?.early} slots`);
  }
  const inFlight = cluster.builder.machine?.inFlight ?? 0;
  demand(inFlight <= PIPELINE_DEPTH, "bound", `${inFlight} slots in flight`);
}

/** When nothing is left to happen nobody may wait for anything, and all must agree where the chain is. */
function checkRest(cluster: Cluster): void {
  for (const node of cluster.nodes) demand(node.wake(), "liveness", `${node.id} does not come back`);
  demand(
    cluster.scheduler.run(cluster.scheduler.now + HEAL_MS, MAX_EVENTS),
    "liveness",
    "the network does not come to rest",
  );
  for (const { machine, id } of cluster.lanes)
    demand(machine!.heldBytes === 0, "liveness", `${id} still holds something`);
  const builder = cluster.builder.machine!;
  demand(builder.waiting === 0, "liveness", "transactions wait at the builder");
  demand(builder.inFlight === 0, "liveness", `${builder.inFlight} slots are in flight`);
  demand(cluster.builder.storage.count("deferred") === 0, "bound", "rows of deferred transactions are left");
  checkLedgers(cluster);
  const head = builder.head(cluster.builder.clock);
  demand(head !== undefined, "liveness", "the builder does not know its head");
  const tip = cluster.ledger.machine!.tipSlot;
  demand(head.header.slot === tip, "liveness", `the builder is at slot ${head.header.slot}, the ledger at ${tip}`);
}

/** At rest one generation is the newest, all before it have handed over, and nothing waits to be forgotten. */
function checkLedgers({ ledgers, shape }: Cluster): void {
  const { catalog } = ledgers;
  const newest = ledgers.generations.filter(({ machine }) => machine!.isNewest);
  demand(newest.length === 1, "handover", `${newest.length} generations of the ledger take blocks`);
  demand(catalog.drops.length === 0, "liveness", `${catalog.drops.join()} are still to be forgotten`);
  for (const { number } of catalog.finished) {
    const { successor } = ledgers.generation(number).machine!;
    demand(successor === number + 1, "handover", `generation ${number} of the ledger goes on in ${successor}`);
  }
  const { generationBytes, keep } = shape.ledger ?? { generationBytes: 0, keep: {} };
  const total = catalog.finished.reduce((sum, { bytes }) => sum + bytes, 0);
  // The newest one may be full with its last block, whatever that takes.
  demand(
    keep.bytes === undefined || total <= Math.max(keep.bytes, generationBytes),
    "bound",
    `${total} bytes are kept`,
  );
}
