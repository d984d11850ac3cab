/**
 * The sorted runs of a shard's accounts in storage, and the manifest that names them.
 *
 *   runs, oldest first:  [ A ────────────── ] [ B ──── ] [ C ── ] [ D ]     a run: parts ascending by key, none overlaps
 *
 * Each checkpoint adds a run. Of a key the newest run that has it tells. A run is merged with all newer ones once they are
 * together three times its size, so that an account is rewritten O(log n) times and a key is looked for in few filters.
 */
import { ByteReader, ByteWriter } from "../protocol/bytes.ts";
import type { Part } from "./part.ts";

export interface Run {
  readonly parts: readonly Part[];
  readonly bytes: number;
}

/** A merge under way: the runs from..to-1 are being written as `output`, up to and with `after`. */
export interface MergeJob {
  readonly from: number;
  readonly to: number;
  readonly output: readonly Part[];
  readonly after: Uint8Array | undefined;
}

/** What storage holds, as of one moment. */
export interface StoredState {
  /** Everything is as of the end of this slot. */
  readonly upTo: number;
  /** Totals of the shard as of then. */
  readonly lamports: bigint;
  readonly count: number;
  readonly nextPart: number;
  readonly runs: readonly Run[];
  readonly job: MergeJob | undefined;
  /** Parts that nobody needs any more. */
  readonly garbage: readonly number[];
}

const MERGE_RATIO = 3;
/** More runs than this are merged whatever their sizes. */
const MAX_RUNS = 24;

export function runOf(parts: readonly Part[]): Run {
  return { parts, bytes: parts.reduce((sum, part) => sum + part.bytes, 0) };
}

/** From which run on to merge; undefined when nothing is due. */
export function mergeFrom(runs: readonly Run[]): number | undefined {
  let newer = runs.reduce((sum, run) => sum + run.bytes, 0);
  for (let i = 0; i < runs.length - 1; i++) {
    newer -= runs[i]!.bytes;
    if (newer >= runs[i]!.bytes * MERGE_RATIO) return i;
  }
  return runs.length > MAX_RUNS ? runs.length >> 1 : undefined;
}

const MAGIC = 0x314e414d; // "MAN1"

export function encodeManifest(state: StoredState): Uint8Array {
  const out = new ByteWriter();
  const ids = (list: readonly number[]): void => {
    out.u32(list.length);
    for (const id of list) out.u64(id);
  };
  out.u32(MAGIC).u64(state.upTo).u64(state.lamports).u32(state.count).u64(state.nextPart);
  out.u32(state.runs.length);
  for (const run of state.runs) ids(run.parts.map(({ id }) => id));
  const { job } = state;
  out.u8(job ? 1 : 0);
  if (job) {
    out
      .u32(job.from)
      .u32(job.to)
      .blob(job.after ?? new Uint8Array(0));
    ids(job.output.map(({ id }) => id));
  }
  ids(state.garbage);
  return out.bytes();
}

export function decodeManifest(bytes: Uint8Array, partOf: (id: number) => Part): StoredState {
  const from = new ByteReader(bytes);
  const ids = (): number[] => Array.from({ length: from.u32() }, () => Number(from.u64()));
  if (from.u32() !== MAGIC) throw new Error("the manifest of the accounts is in an unknown format");
  const upTo = Number(from.u64());
  const lamports = from.u64();
  const count = from.u32();
  const nextPart = Number(from.u64());
  const runs = Array.from({ length: from.u32() }, () => runOf(ids().map(partOf)));
  let job: MergeJob | undefined;
  if (from.u8() === 1) {
    const first = from.u32();
    const to = from.u32();
    const after = from.blob();
    job = { from: first, to, after: after.length > 0 ? after.slice() : undefined, output: ids().map(partOf) };
  }
  return { upTo, lamports, count, nextPart, runs, job, garbage: ids() };
}
