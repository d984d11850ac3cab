/**
 * Performance samples (getRecentPerformanceSamples): how many transactions and slots there were in each minute of the chain.
 *
 *   blocks    | | | | | | | |            | | | |
 *   samples   [ 60 s ][ 60 s ]   idle    [ 60 s ...        a minute without a block has no sample
 *
 * Derived from the headers: the time is the blocks' own.
 */
import type { Effect, StorageView } from "../protocol/actor.ts";
import type { BlockHeader } from "../protocol/header.ts";
import {
  readSample,
  readSampleStart,
  SAMPLE,
  SAMPLE_START,
  writeSample,
  writeSampleStart,
} from "../protocol/layouts/ledger.ts";

/** Seconds of a sample (Agave: SAMPLE_INTERVAL of core/src/sample_performance_service.rs). */
const MINUTE_SECONDS = 60;
/** Samples kept: 12 hours; as many as one call may ask for (Agave: PERFORMANCE_SAMPLES_LIMIT). */
export const MAX_SAMPLES = 720;
const TABLE = "samples";
/** One row: the samples of the generations before. */
const BEFORE = "samples-before";
/** In it: u8 whether a minute has begun, where, then the samples. */
const BEFORE_START = 1;
const BEFORE_SAMPLES = BEFORE_START + SAMPLE_START.SIZE;

export interface PerformanceSample {
  /** Its newest slot. */
  readonly slot: number;
  readonly slots: number;
  readonly transactions: number;
  readonly seconds: number;
}

/** Where a sample begins: its first second, and slot and number of transactions of the block before it. */
interface Start {
  readonly time: number;
  readonly slot: number;
  readonly transactions: number;
}

type Header = Pick<BlockHeader, "slot" | "unixTimestamp" | "transactionCount">;

export class PerformanceSamples {
  /** Oldest first. */
  readonly #samples: PerformanceSample[] = [];
  #start: Start | undefined;
  #nextId = 0;

  boot(storage: StorageView): void {
    const before = storage.get(BEFORE, 0);
    if (before) this.#decode(before);
    for (const { id, bytes } of storage.list(TABLE)) {
      this.#samples.push(readSample(bytes));
      this.#start = readSampleStart(bytes, SAMPLE.SIZE);
      this.#nextId = id + 1;
    }
    this.#samples.splice(0, Math.max(0, this.#samples.length - MAX_SAMPLES));
  }

  /** What the next generation of the ledger begins with. */
  encode(): Uint8Array {
    const out = new Uint8Array(BEFORE_SAMPLES + this.#samples.length * SAMPLE.SIZE);
    out[0] = this.#start ? 1 : 0;
    if (this.#start) writeSampleStart(out, this.#start, BEFORE_START);
    for (const [i, sample] of this.#samples.entries()) writeSample(out, sample, BEFORE_SAMPLES + i * SAMPLE.SIZE);
    return out;
  }

  /** Goes on where the generation before ended. */
  begin(before: Uint8Array): Effect[] {
    this.#decode(before);
    return [{ type: "put", table: BEFORE, id: 0, bytes: before }];
  }

  #decode(before: Uint8Array): void {
    if (before[0] === 1) this.#start = readSampleStart(before, BEFORE_START);
    for (let at = BEFORE_SAMPLES; at < before.length; at += SAMPLE.SIZE) this.#samples.push(readSample(before, at));
  }

  /** A block and the one before it. */
  add(before: Header, block: Header): Effect[] {
    const start = this.#start;
    const skipped = block.slot !== before.slot + 1;
    const startAt = (time: number): Start => ({
      time,
      slot: block.slot - 1,
      transactions: Number(before.transactionCount),
    });
    if (!start) {
      this.#start = startAt(block.unixTimestamp);
      return [];
    }
    const end = start.time + MINUTE_SECONDS;
    if (!skipped && block.unixTimestamp < end) return [];
    // The next minute follows at once, unless nothing happened in it.
    this.#start = startAt(!skipped && block.unixTimestamp < end + MINUTE_SECONDS ? end : block.unixTimestamp);
    if (before.slot === start.slot) return [];
    const sample = sampleOf(start, before, skipped ? Math.min(elapsed(start, before), MINUTE_SECONDS) : MINUTE_SECONDS);
    this.#samples.push(sample);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    const id = this.#nextId++;
    const old = id - MAX_SAMPLES;
    const put: Effect = { type: "put", table: TABLE, id, bytes: encode(sample, this.#start) };
    return old < 0 ? [put] : [put, { type: "delete", table: TABLE, from: old, to: old }];
  }

  /** Newest first, at most `limit`. A chain that is not a minute old has one: of the time so far. */
  newest(limit: number, tip: Header): PerformanceSample[] {
    const start = this.#start;
    if (this.#samples.length === 0 && start && tip.slot > start.slot && limit > 0) {
      return [sampleOf(start, tip, elapsed(start, tip))];
    }
    return limit === 0 ? [] : this.#samples.slice(-limit).reverse();
  }
}

/** At least 1: clients divide by it. */
const elapsed = (start: Start, last: Header): number => Math.max(1, last.unixTimestamp - start.time);

function sampleOf(start: Start, last: Header, seconds: number): PerformanceSample {
  return {
    slot: last.slot,
    slots: last.slot - start.slot,
    transactions: Number(last.transactionCount) - start.transactions,
    seconds,
  };
}

function encode(sample: PerformanceSample, next: Start): Uint8Array {
  const out = new Uint8Array(SAMPLE.SIZE + SAMPLE_START.SIZE);
  writeSample(out, sample);
  writeSampleStart(out, next, SAMPLE.SIZE);
  return out;
}
