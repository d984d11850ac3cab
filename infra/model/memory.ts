/**
 * Bytes that each object keeps in memory at the most, one row for each set: what has a limit in the code stands with that limit, what follows
 * from the load with full blocks of SOL transfers in every place of the pipeline, all of them on one shard. An object has 128 MB; 28 of
 * them are for the engine, the code and what is in the hands of a single event.
 */
import { MAX_WATCHED } from "../../shared/ingest/outcome-watch.ts";
import { INDEX_CONFIG } from "../../shared/ledger/index-machine.ts";
import { CACHED_BYTES } from "../../shared/ledger/ledger-query.ts";
import { ledgerShape, MAX_INDEX_BYTES } from "../../shared/ledger/ledger-shape.ts";
import {
  CONTEXT_SIZE,
  LANE_WINDOW_BYTES,
  MAX_FRAME_BYTES,
  MAX_KNOWN,
  MAX_LANE_BYTES,
  MAX_UNVERIFIED_BYTES,
} from "../../shared/protocol/limits.ts";
import { DEFAULT_CHECKPOINT } from "../../shared/state/shard-config.ts";
import { OUTBOX_LIMITS } from "../../shared/turns/outbox.ts";
import { BYTES } from "./costs.ts";
import type { Scenario } from "./network.ts";

export const MEMORY_LIMIT_BYTES = 128_000_000;
export const MEMORY_TARGET_BYTES = 100_000_000;

/** Of a hash set that is as empty as it can be (wasm/memory/hash-set.ts): 3/5 full. */
const SET_BYTES = 8 / (3 / 5);
/** Limits of the planner (wasm/scheduling/limits.ts, pool.ts), which is compiled for another machine. */
export const PLANNER = {
  waiting: 65_536,
  entryBytes: 32,
  poolBytes: 108 * 262_144,
  cutAccountBytes: 32,
  sizeBytes: 16_384 * 40,
} as const;
/** Of a transfer: the two and the System program. */
const ACCOUNTS = 3;
/** The two buffers between host and instance are kept up to this size each (wasm/memory/io.ts). */
const IO_BYTES = 2 * (4 << 20);
/** A pre-image with its links (wasm/state/undo.ts), of an account without data. */
const IMAGE_BYTES = 96;
/** An entry of what landed, and one of the list in the proposal (wasm/state/known.ts, docs/interfaces.md section 7). */
const LANDED_BYTES = 12;
const TAG_BYTES = 16;
/** First key and filter of a page of accounts, an account: 10 bits and a part of 40 bytes (shared/state/part.ts). */
const DIRECTORY_BYTES = 1.3;
/** Signature, fields, links and two places in the table (shared/ingest/signature-table.ts). */
const WATCHED_BYTES = 64 + 16 + 12 + 8;
/** Outcomes kept for registrations that come late (shared/ingest/outcome-watch.ts), and sockets with their attachments. */
const RECENT_OUTCOMES = 65_536;
const SOCKETS = 10_000;
const SOCKET_BYTES = 2_048;
/** High of a page's first and last entry, its first slot and index (shared/ledger/index-store.ts). */
const FENCE_BYTES = 16;
const ENTRY_BYTES = 16;

export interface MemoryRow {
  readonly what: string;
  readonly bytes: number;
}
export interface ObjectMemory {
  readonly object: "lane" | "builder" | "shard" | "ledger" | "index" | "subscriptions";
  readonly rows: readonly MemoryRow[];
  readonly totalBytes: number;
}

export function memoryTable(scenario: Scenario): ObjectMemory[] {
  const { blockTransactions, pipeline, lanes, shards, accounts } = scenario;
  const flow = blockTransactions * pipeline;
  const blockBytes = blockTransactions * (BYTES.record + BYTES.result);
  const proposal = BYTES.proposed + BYTES.leaseEntries + TAG_BYTES;
  const feed = ledgerShape().feed;
  const table = (object: ObjectMemory["object"], rows: Readonly<Record<string, number>>): ObjectMemory => ({
    object,
    rows: Object.entries(rows).map(([what, bytes]) => ({ what, bytes: Math.round(bytes) })),
    totalBytes: Math.round(Object.values(rows).reduce((sum, bytes) => sum + bytes, 0)),
  });
  return [
    table("lane", {
      "frames held": MAX_LANE_BYTES,
      "the frame being put together": 2 * MAX_FRAME_BYTES,
      "records without a verdict": MAX_UNVERIFIED_BYTES,
    }),
    table("builder", {
      // What a lane has on the wire counts until it is in a proposal: pool and frames on the way share the lanes' windows.
      "pool and frames on the way": Math.max(PLANNER.poolBytes, lanes * LANE_WINDOW_BYTES),
      "entries and tags of the pool": PLANNER.waiting * (PLANNER.entryBytes + SET_BYTES),
      "accounts of a cut": blockTransactions * ACCOUNTS * PLANNER.cutAccountBytes,
      "sizes of large accounts": PLANNER.sizeBytes,
      // A sealed block takes less: frame, proposals and results go for it (shared/scheduling/in-flight.ts).
      "proposals in flight": flow * (BYTES.record + proposal) + pipeline * shards * CONTEXT_SIZE,
      "results in flight": flow * BYTES.result,
      "buffers of the instance": IO_BYTES,
    }),
    table("shard", {
      "accounts, and programs of other shards": DEFAULT_CHECKPOINT.memoryBytes,
      "known messages": MAX_KNOWN * SET_BYTES,
      "undo of slots in flight": flow * (2 * IMAGE_BYTES + BYTES.result + LANDED_BYTES + TAG_BYTES),
      "proposal of the open slot": blockTransactions * proposal,
      "directories of the store": (accounts / shards) * DIRECTORY_BYTES,
      "log row": blockTransactions * (2 * BYTES.account + BYTES.result + LANDED_BYTES),
      "buffers of the instance": IO_BYTES,
    }),
    table("ledger", {
      "entries on their way to the index": feed.waiting * ENTRY_BYTES,
      "blocks kept open": CACHED_BYTES,
      "the newest block, and the next": 2 * blockBytes,
    }),
    table("index", {
      pages: INDEX_CONFIG.pageCacheBytes,
      filters: INDEX_CONFIG.filterCacheBytes,
      "first keys of pages": (MAX_INDEX_BYTES / (INDEX_CONFIG.pageEntries * ENTRY_BYTES)) * FENCE_BYTES * 3,
      "a batch": feed.entries * ENTRY_BYTES * 2,
      "pages of a merge": (INDEX_CONFIG.fanIn + 1) * INDEX_CONFIG.pageEntries * ENTRY_BYTES,
    }),
    table("subscriptions", {
      "watched signatures": MAX_WATCHED * WATCHED_BYTES,
      "recent outcomes": RECENT_OUTCOMES * WATCHED_BYTES,
      sockets: SOCKETS * SOCKET_BYTES,
      "messages on the way": OUTBOX_LIMITS.charactersOfAll,
      "blocks on the way": pipeline * blockBytes,
    }),
  ];
}
