/**
 * What a rate means for each object besides CPU time: requests/s, bytes stored and when it is full, and the rates at which something
 * fills. Counted from the formats and the machines (docs/interfaces.md, docs/architecture.md); no simulation.
 */
import { MAX_PARTITIONS } from "../../shared/ledger/catalog.ts";
import { ledgerShape, MAX_GENERATION_BYTES, MAX_INDEX_BYTES } from "../../shared/ledger/ledger-shape.ts";
import {
  BLOCKHASH_WINDOW,
  HEIGHT_STEP_MS,
  MAX_FRAME_BYTES,
  MAX_LANE_BYTES,
  PROPOSAL_RING,
} from "../../shared/protocol/limits.ts";
import { DEFAULT_CHECKPOINT } from "../../shared/state/shard-config.ts";
import { BYTES, type LoadCosts } from "./costs.ts";
import type { Scenario } from "./network.ts";

/** Storage of an object, and the requests/s that the platform names as what one can take. */
export const OBJECT_STORAGE_BYTES = 10_000_000_000;
export const GUIDE_REQUESTS_PER_SECOND = 1_000;
/** USD a GB and month of an object's storage, list price. */
const USD_PER_GB_MONTH = 0.2;

/** Entries of the index for a transfer: signature, and the keys of both accounts and the program, with their part of the filters. */
const INDEX_ENTRIES = 4;
const INDEX_ENTRY_BYTES = 18;
export const INDEX_BYTES = INDEX_ENTRIES * INDEX_ENTRY_BYTES;
export const BLOCK_BYTES = BYTES.record + BYTES.result;
/** A lane gathers for so long before it flushes again, and keeps so many rows of what was taken (shared/scheduling/lane-machine.ts). */
const GATHER_MS = 4;
const SWEEP_ROWS = 64;
/** A row of known messages has tag and height of each (shared/state/known-rows.ts). */
const KNOWN_ROW_BYTES = 12;
/** Runs that wait to be merged, beside the merged one (shared/state/runs.ts). */
const STORE_COPIES = 4;
/** Input, output and what came meanwhile, while a partition of the index is merged. */
const INDEX_COPIES = 3;

export type ObjectName = "edge" | "lane" | "builder" | "shard" | "ledger" | "index" | "subscriptions";

export interface ObjectFlow {
  readonly object: ObjectName;
  /** Calls that one of them takes. */
  readonly requestsPerSecond: number;
  /** Bytes that one of them keeps at the most; null: it stores nothing. */
  readonly storedBytes: number | null;
  /** Seconds until one has all it ever takes and the next object follows; null: what it stores does not grow with transactions. */
  readonly secondsUntilHandover: number | null;
  /** Seconds until the object is full; null: never. */
  readonly secondsUntilFull: number | null;
}

/** Milliseconds for which a blockhash can be used, and so a message must be known. */
export const WINDOW_MS = BLOCKHASH_WINDOW * HEIGHT_STEP_MS;

export function objectFlows(scenario: Scenario, perSecond: number, blockSize: number): ObjectFlow[] {
  const { edges, lanes, shards, batch, accounts, blockTransactions, crossShare } = scenario;
  const { partitions } = ledgerShape();
  const requests = perSecond / batch;
  const blocks = blockSize > 0 ? perSecond / blockSize : 0;
  const flushes = Math.min(requests / lanes, 1_000 / GATHER_MS);
  const frames = Math.max(flushes, (perSecond * BYTES.record) / lanes / MAX_FRAME_BYTES);
  const others = shards > 1 && crossShare > 0 ? shards - 1 : 0;
  const batches = Math.max(
    blocks / ledgerShape().feed.blocks,
    (perSecond * INDEX_ENTRIES) / ledgerShape().feed.entries,
  );
  const proposalBytes = BYTES.record + 4 + crossShare * BYTES.leaseEntries;
  const flow = (
    object: ObjectName,
    requestsPerSecond: number,
    storedBytes: number | null,
    perGeneration: number | null = null,
  ): ObjectFlow => ({
    object,
    requestsPerSecond,
    storedBytes,
    secondsUntilHandover: perGeneration === null || perSecond === 0 ? null : perGeneration / perSecond,
    secondsUntilFull: storedBytes === null || storedBytes <= OBJECT_STORAGE_BYTES ? null : 0,
  });
  const generation = MAX_GENERATION_BYTES / (BLOCK_BYTES + INDEX_BYTES);
  return [
    flow("edge", requests / edges, null),
    // Submissions, and what the builder says of its frames with each block.
    flow("lane", requests / lanes + blocks, MAX_LANE_BYTES + SWEEP_ROWS * MAX_FRAME_BYTES),
    // The tip for each request, frames, a commit of each shard, the ledger's answer.
    flow(
      "builder",
      requests + frames * lanes + blocks * (shards + 1),
      PROPOSAL_RING * blockTransactions * proposalBytes,
    ),
    // Proposal, loans, returns.
    flow(
      "shard",
      blocks * (1 + 2 * others),
      (accounts / shards) * BYTES.account * STORE_COPIES +
        DEFAULT_CHECKPOINT.checkpointBytes +
        ((perSecond * WINDOW_MS) / 1_000 / shards) * KNOWN_ROW_BYTES,
    ),
    // Blocks, and what the partitions say of their batches.
    flow("ledger", blocks + batches * partitions, generation * BLOCK_BYTES, generation),
    flow("index", batches, MAX_INDEX_BYTES * INDEX_COPIES, (MAX_INDEX_BYTES * partitions) / INDEX_BYTES),
    // Blocks; registrations come over sockets, a message for each request.
    flow("subscriptions", blocks + requests * scenario.watchedShare, null),
  ];
}

export interface Limits {
  /** Messages that all shards can know, over the time for which each must be known. */
  readonly knownPerSecond: number;
  /** The least of what the model makes and what the sets allow: what can go on for ever. */
  readonly sustainedPerSecond: number;
  /** Transactions until an object is full; null: there is no such number. */
  readonly transactionsUntilFull: number | null;
  /** Ledger objects and index generations that begin in a day at the sustained rate. */
  readonly generationsPerDay: number;
  readonly historyBytesPerTransfer: number;
  /** What the history of a million transfers costs each month from then on. */
  readonly historyUsdPerMillionMonth: number;
  readonly maxIndexPartitions: number;
}

export function limitsOf(scenario: Scenario, perSecond: number, flows: readonly ObjectFlow[]): Limits {
  const knownPerSecond = (scenario.maxKnown * scenario.shards * 1_000) / scenario.windowMs;
  const sustainedPerSecond = Math.min(perSecond, knownPerSecond);
  const full = flows.some(({ secondsUntilFull }) => secondsUntilFull !== null);
  const bytes = BLOCK_BYTES + INDEX_BYTES;
  return {
    knownPerSecond,
    sustainedPerSecond,
    transactionsUntilFull: full ? 0 : null,
    generationsPerDay: (sustainedPerSecond * 86_400 * bytes) / MAX_GENERATION_BYTES,
    historyBytesPerTransfer: bytes,
    historyUsdPerMillionMonth: (bytes * 1e6 * USD_PER_GB_MONTH) / 1e9,
    maxIndexPartitions: MAX_PARTITIONS,
  };
}

export interface GeneratorCost extends LoadCosts {
  /** What two processes on two cores with the generator can make of one process on one core, at the best. */
  readonly twoProcessBound: number;
}

export function generatorCost(load: LoadCosts): GeneratorCost {
  const { loadCpuUs, oneCpuUs, twoCpuUs } = load;
  const shared = (twoCpuUs.reduce((sum, us) => sum + us, 0) + loadCpuUs) / 2;
  return { ...load, twoProcessBound: oneCpuUs / Math.max(shared, ...twoCpuUs) };
}
